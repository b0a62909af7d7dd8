//! `exeunt join`: one person in a room, in a process of its own.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exeunt_janus::JanusTransport;
use exeunt_port::{DeviceKind, EnterRequest, UserId};
use exeunt_room_service::user_sig::{self, Claims};
use exeunt_runtime::{Client, ExitReport, Policy, Reason, RoomHandle, Transcript};
use exeunt_websocket::without_secrets;

use crate::arguments::{Join, WayIn};
use crate::attending::{Lacking, Say, attend, begin, speaking};
use crate::failure::Failure;
use crate::janus_section::JanusSection;
use crate::line::{Line, What, unix_micros};
use crate::output;
use crate::settings::Settings;
use crate::signals::Asked;

/// How long a signature that is made here lets somebody in, in seconds: a day.
const VALID: u64 = 86_400;
/// What can be typed in a room.
const WAY_OUT: &str = "q and Enter, or Ctrl-C, leaves";

pub(crate) async fn run(
    join: &Join,
    settings: &Settings,
    file: &JanusSection,
    mut asked: Asked,
    json: bool,
) -> Result<(), Failure> {
    join.devices.make_sense()?;
    let client = client(join, settings, file)?;
    // A driver may be slow to answer; nothing is owed yet.
    let (chosen, described) = tokio::select! {
        settled = join.devices.settled() => settled,
        () = asked.end() => return Err(Failure::Stopped),
    };
    let client = chosen.equip(client);
    let screen = Screen::new(join, json, client.policy())?;
    let client = speaking(client, &join.user, &screen.say());
    if !json {
        greet(join, settings, file, &described);
    }
    let room = begin(client, request(join, settings), &screen.say());
    listen(room.handle(), asked, join.leave_at_end_of_input);
    let insisted_on = join.devices.insisted_on();
    let (report, lacking) = attend(room, join.user.clone(), &insisted_on, screen.say()).await;
    verdict(join.transport, &report, lacking)?;
    screen.complete()
}

/// Somebody who enters over the transport that was asked for. All that differs between them is here.
fn client(join: &Join, settings: &Settings, file: &JanusSection) -> Result<Client, Failure> {
    match join.transport {
        WayIn::Websocket if join.janus.is_typed => Err(Failure::Mistyped(
            "what --janus… says is for --transport janus only, which was not asked for".to_owned(),
        )),
        WayIn::Websocket => Ok(Client::new(settings.transport()?)),
        WayIn::Janus => Ok(Client::new(JanusTransport::new(
            join.janus.config(file, &join.room)?,
        ))),
    }
}

fn greet(join: &Join, settings: &Settings, file: &JanusSection, devices: &[(DeviceKind, String)]) {
    let known = settings.development_user_sig_key && join.keys.user_sig.is_none();
    let key = if known {
        ", with the development key"
    } else {
        ""
    };
    let Join { user, room, .. } = join;
    match join.transport {
        WayIn::Websocket => output::line(format_args!(
            "{user} enters room {room} at {}{key}",
            without_secrets(&settings.service)
        )),
        WayIn::Janus => output::line(format_args!(
            "{user} enters room {room} of the Janus at {}",
            without_secrets(join.janus.url(file))
        )),
    }
    for (kind, words) in devices {
        output::line(format_args!("  {kind:11} {words}"));
    }
    output::line(WAY_OUT);
}

/// A stay that ended as somebody wanted it to is a success; every other one says what happened.
fn verdict(over: WayIn, report: &ExitReport, lacking: Option<Lacking>) -> Result<(), Failure> {
    let (user, room) = (report.user.clone(), report.room.clone());
    match (report.reason, lacking) {
        (Reason::LocalExit, Some(Lacking { kind, error })) => Err(Failure::Device {
            user,
            room,
            kind,
            error,
        }),
        (Reason::LocalExit | Reason::Kicked | Reason::Dismissed, _) => Ok(()),
        (Reason::EnterFailed, _) => Err(Failure::NotEntered {
            user,
            room,
            over,
            refused: report.enter_refused.is_some(),
            detail: report
                .enter_error
                .clone()
                .unwrap_or_else(|| "no answer in time".to_owned()),
        }),
        (reason @ (Reason::ConnectionLost | Reason::Replaced | Reason::ServerStopped), _) => {
            Err(Failure::TakenOut { user, room, reason })
        }
    }
}

fn request(join: &Join, settings: &Settings) -> EnterRequest {
    let user_sig = join.keys.user_sig.clone().unwrap_or_else(|| {
        let now = unix_micros() / 1_000_000;
        let claims = Claims::new(settings.sdk_app_id, join.user.clone(), now, VALID);
        user_sig::sign(settings.user_sig_key.expose(), &claims)
    });
    EnterRequest {
        sdk_app_id: settings.sdk_app_id,
        user: join.user.clone(),
        room: join.room.clone(),
        user_sig,
    }
}

/// Leaves on q, on a signal, and if wanted at the end of standard input.
fn listen(room: RoomHandle, mut asked: Asked, at_end_of_input: bool) {
    let for_signal = room.clone();
    tokio::spawn(async move {
        asked.end().await;
        for_signal.request_exit();
        // Held until the process ends: nobody else may answer a further Ctrl-C.
        std::future::pending::<()>().await;
        drop(asked);
    });
    // Reading standard input blocks, so it has a thread of its own, which the process's end ends.
    std::thread::spawn(move || {
        let somebody_types = std::io::stdin().is_terminal();
        for line in std::io::stdin().lines() {
            match line {
                Ok(line) if line.trim() == "q" => room.request_exit(),
                Ok(_) if somebody_types => output::aside(WAY_OUT),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        if at_end_of_input {
            room.request_exit();
        }
    });
}

/// Where this person's lines go: to standard output, and the steps to the transcript.
#[derive(Clone)]
struct Screen(Arc<Shown>);

struct Shown {
    json: bool,
    transcript: Option<Recorder>,
    /// Of whom the first sound, and the first picture, was shown.
    first: Mutex<BTreeSet<(UserId, &'static str)>>,
}

impl Screen {
    fn new(join: &Join, json: bool, policy: Policy) -> Result<Self, Failure> {
        let path = join.transcript.as_deref();
        let transcript = path
            .map(|path| Recorder::create(path, policy))
            .transpose()?;
        Ok(Self(Arc::new(Shown {
            json,
            transcript,
            first: Mutex::default(),
        })))
    }

    fn say(&self) -> Say {
        let screen = self.clone();
        Arc::new(move |line| screen.show(&line))
    }

    fn show(&self, line: &Line) {
        if let (Some(recorder), What::Step { step }) = (&self.0.transcript, &line.what) {
            recorder.write(&Transcript::line(step));
        }
        if self.0.json {
            return output::line(line.json());
        }
        match &line.what {
            // The report that follows says so in its first line.
            What::Callback { name, .. } if name == "onExitRoom" => {}
            What::Heard {
                from,
                sound_packets,
                pictures,
            } => {
                for (count, what) in [(sound_packets, "sound"), (pictures, "picture")] {
                    if *count > 0 && locked(&self.0.first).insert((from.clone(), what)) {
                        output::line(format_args!("first {what} from {from}"));
                    }
                }
            }
            What::Began { .. }
            | What::Callback { .. }
            | What::Device { .. }
            | What::Step { .. }
            | What::Report { .. } => {
                if let Some(text) = line.text() {
                    output::line(text);
                }
            }
        }
    }

    /// Whether everything that was to be recorded is.
    fn complete(&self) -> Result<(), Failure> {
        match &self.0.transcript {
            Some(recorder) => recorder.complete(),
            None => Ok(()),
        }
    }
}

/// A transcript that is written while it happens, a line at a time, so that a process that is killed
/// leaves what it had.
struct Recorder {
    path: PathBuf,
    /// Until something could not be written; from then on, why.
    file: Mutex<Result<File, std::io::Error>>,
}

impl Recorder {
    fn create(path: &Path, policy: Policy) -> Result<Self, Failure> {
        let recorder = Self {
            path: path.to_owned(),
            file: Mutex::new(File::create(path)),
        };
        recorder.write(&Transcript::header(policy));
        recorder.complete()?;
        Ok(recorder)
    }

    fn write(&self, line: &str) {
        let mut recording = locked(&self.file);
        if let Ok(file) = &mut *recording
            && let Err(error) = file.write_all(format!("{line}\n").as_bytes())
        {
            *recording = Err(error);
        }
    }

    fn complete(&self) -> Result<(), Failure> {
        match &*locked(&self.file) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::File {
                path: self.path.clone(),
                detail: format!("the transcript cannot be written: {error}"),
            }),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left behind is still a file, or a set.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
