//! A sound server that speaks, a room, and somebody in it who listens.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use exeunt_loopback::{Heard, SilentSpeaker, SoundMeter};
use exeunt_port::{EnterRequest, RemoteLeaveReason, UserId};
use exeunt_pulse_server::{PulseServer, ServerError};
use exeunt_requirements::check;
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY, RoomService, RunningService,
};
use exeunt_runtime::{Client, ExitReport, Room, RoomEvent};
use exeunt_stories::{Entering, PATIENCE, Person, ROOM, now_micros};
use exeunt_websocket::WebSocketTransport;
use libtest_mimic::Failed;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// What is said into the microphone: words with pauses between them.
const SAID: &str = "Exeunt. They leave the stage, one by one, and the lights go out.";

/// The room service, in this process, and somebody in the room, in this process as well.
pub(crate) struct Scene {
    pub(crate) service: RunningService,
    listener: Listener,
    runtime: Runtime,
}

/// Somebody who listens and says nothing.
struct Listener {
    room: Room,
    meter: SoundMeter,
}

impl Scene {
    /// Starts the service, and lets the listener enter.
    pub(crate) fn set() -> Result<Self, Failed> {
        let runtime = Runtime::new()?;
        let (service, listener) = runtime.block_on(async {
            let service = RoomService::bind(Config::development()).await?.spawn();
            let speaker = SilentSpeaker::new();
            let meter = speaker.meter();
            let client = Client::new(WebSocketTransport::new(service.url())?).with_device(speaker);
            let mut room = client.enter(request("listener")?);
            let entered = timeout(PATIENCE, room.entered()).await?;
            check(entered, || "the listener did not get in".to_owned())?;
            Ok::<_, Failed>((service, Listener { room, meter }))
        })?;
        Ok(Self {
            service,
            listener,
            runtime,
        })
    }

    /// Where the room is.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.service.local_addr())
    }

    /// Listens to somebody, packet by packet, until it is enough; answers what the meter said after
    /// each of them.
    pub(crate) fn hear(
        &self,
        user: &UserId,
        enough: impl Fn(&[Heard]) -> bool,
    ) -> Result<Vec<Heard>, Failed> {
        let meter = &self.listener.meter;
        let mut steps: Vec<Heard> = Vec::new();
        let hearing = async {
            while !enough(&steps) {
                let before = steps.last().map_or(0, |heard| heard.packets);
                steps.push(meter.until(user, |heard| heard.packets > before).await);
            }
        };
        match self
            .runtime
            .block_on(async { timeout(PATIENCE, hearing).await })
        {
            Ok(()) => Ok(steps),
            Err(_) => Err(format!("not enough was heard of {user}: {:?}", steps.last()).into()),
        }
    }

    /// Waits until the listener was told that somebody has left; answers why.
    pub(crate) fn hear_leave(&mut self, user: &UserId) -> Result<RemoteLeaveReason, Failed> {
        let room = &mut self.listener.room;
        let leaving = async {
            while let Some(event) = room.next_event().await {
                if let RoomEvent::RemoteUserLeft(who, reason) = event
                    && who == *user
                {
                    return Ok(reason);
                }
            }
            Err(Failed::from("the listener heard of no leave"))
        };
        self.runtime
            .block_on(async { timeout(PATIENCE, leaving).await })?
    }

    /// Waits for the end of the listener's own stay.
    pub(crate) fn listener_exited(&self) -> Result<Arc<ExitReport>, Failed> {
        let handle = self.listener.room.handle();
        Ok(self
            .runtime
            .block_on(async { timeout(PATIENCE, handle.report()).await })?)
    }
}

/// Somebody who is about to enter with the microphone of this sound server.
pub(crate) fn with_microphone_of(server: &PulseServer, user: &str) -> Result<Entering, Failed> {
    Ok(Person::named(user)?
        .with_microphone("default")
        .with_env(server.env()))
}

/// A text, spoken into a WAV file.
pub(crate) struct Speech(TempDir);

impl Speech {
    /// Has this text spoken. Needs `espeak-ng`.
    pub(crate) fn of(text: &str) -> Result<Self, Failed> {
        let speech = Self(tempfile::tempdir()?);
        let status = Command::new("espeak-ng")
            .arg("-w")
            .arg(speech.wav())
            .arg(text)
            .status()?;
        check(status.success(), || format!("espeak-ng: {status}"))?;
        Ok(speech)
    }

    /// Where the file is, as long as this lives.
    pub(crate) fn wav(&self) -> PathBuf {
        self.0.path().join("speech.wav")
    }
}

/// A sound server whose microphone is spoken into, again and again, and what is said.
pub(crate) fn speaking() -> Result<(PulseServer, Speech), Failed> {
    let speech = Speech::of(SAID)?;
    let mut server = PulseServer::start()?;
    server.feed(&speech.wav())?;
    Ok((server, speech))
}

/// Whether this process records, by the sound server's word.
pub(crate) fn is_recording(server: &PulseServer, process: u32) -> Result<bool, ServerError> {
    let streams = server.source_outputs()?;
    Ok(streams.iter().any(|stream| stream.process == Some(process)))
}

fn request(user: &str) -> Result<EnterRequest, Failed> {
    let user: UserId = user.parse()?;
    let claims = Claims::new(
        DEVELOPMENT_SDK_APP_ID,
        user.clone(),
        now_micros() / 1_000_000,
        3600,
    );
    Ok(EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user,
        room: ROOM.parse()?,
        user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
    })
}
