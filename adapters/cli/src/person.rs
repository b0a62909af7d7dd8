//! `exeunt join`: one person in a room, in a process of its own.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use exeunt_port::EnterRequest;
use exeunt_room_service::user_sig::{self, Claims};
use exeunt_runtime::{Client, Reason, RoomHandle, Transcript};
use exeunt_websocket::WebSocketTransport;

use crate::arguments::Join;
use crate::device_choice::Machine;
use crate::failure::Failure;
use crate::join::{Say, attend, begin, speaking};
use crate::line::{Line, What, unix_micros};
use crate::settings::Settings;
use crate::signals;

/// How long a signature that is made here lets somebody in, in seconds: a day.
const VALID: u64 = 86_400;

pub(crate) async fn run(join: &Join, settings: Settings, json: bool) -> Result<(), Failure> {
    let transport = WebSocketTransport::new(&settings.websocket()?)?;
    let request = request(join, &settings);
    let mut chosen = join.devices.clone();
    if chosen.ask_the_machine() {
        chosen = chosen.settled(Machine::look().await);
    }
    let client = chosen.equip(Client::new(transport));
    let say = speaker(join, json, client.policy())?;
    let client = speaking(client, &join.user, &say);
    if !json {
        println!(
            "{} enters room {} of {}{}",
            join.user,
            join.room,
            settings.service,
            if settings.development {
                " with the development keys"
            } else {
                ""
            }
        );
        println!(
            "microphone {}, speaker {}, camera {}",
            chosen.microphone, chosen.speaker, chosen.camera
        );
        println!("q and Enter, or Ctrl-C, leaves");
    }
    let room = begin(client, request, &say);
    listen(room.handle(), join.leave_at_end_of_input);
    let report = attend(room, join.user.clone(), say).await;
    match report.reason {
        Reason::LocalExit | Reason::Kicked | Reason::Dismissed => Ok(()),
        // The room was left, and properly; but not because anybody wanted it.
        Reason::EnterFailed => Err(Failure::NotEntered(format!(
            "{} did not get into room {}: {}",
            report.user,
            report.room,
            report
                .enter_error
                .clone()
                .unwrap_or_else(|| "no answer in time".to_owned())
        ))),
        Reason::ConnectionLost | Reason::Replaced | Reason::ServerStopped => {
            Err(Failure::NotEntered(format!(
                "{} was taken out of room {}: {:?}",
                report.user, report.room, report.reason
            )))
        }
    }
}

fn request(join: &Join, settings: &Settings) -> EnterRequest {
    let user_sig = join.user_sig.clone().unwrap_or_else(|| {
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
fn listen(room: RoomHandle, at_end_of_input: bool) {
    let for_signal = room.clone();
    tokio::spawn(async move {
        signals::asked_to_end().await;
        for_signal.request_exit();
    });
    // Reading standard input blocks, so it has a thread of its own, which the process's end ends.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            match line {
                Ok(line) if line.trim() == "q" => room.request_exit(),
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
fn speaker(join: &Join, json: bool, policy: exeunt_runtime::Policy) -> Result<Say, Failure> {
    let transcript = join
        .transcript
        .as_deref()
        .map(|path| Recorder::create(path, policy))
        .transpose()?;
    Ok(Arc::new(move |line: Line| {
        if let (Some(recorder), What::Step { step }) = (&transcript, &line.what) {
            recorder.write(&Transcript::line(step));
        }
        let text = if json { Some(line.json()) } else { line.text() };
        if let Some(text) = text {
            // A reader that has gone must not stop the exit.
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }))
}

/// A transcript that is written while it happens, a line at a time, so that a process that is killed
/// leaves what it had.
struct Recorder(Mutex<BufWriter<File>>);

impl Recorder {
    fn create(path: &Path, policy: exeunt_runtime::Policy) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| Failure::File {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        let recorder = Self(Mutex::new(BufWriter::new(file)));
        recorder.write(&Transcript::header(policy));
        Ok(recorder)
    }

    fn write(&self, line: &str) {
        if let Ok(mut file) = self.0.lock()
            && let Err(error) = writeln!(file, "{line}").and_then(|()| file.flush())
        {
            tracing::warn!(%error, "the transcript is not written any further");
        }
    }
}
