//! Somebody in a room: enters, says what happens, leaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{Codec, EnterRequest, FrameQueue, RemoteFrame, UserId};
use exeunt_runtime::{Client, ExitReport, Room, RoomEvent};
use serde_json::json;

use crate::line::{DeviceState, Line, What};

/// Where somebody's lines go.
pub(crate) type Say = Arc<dyn Fn(Line) + Send + Sync>;

/// How often is said what was heard of whom.
const HEARD_EVERY: Duration = Duration::from_millis(200);

/// A client whose every step is said.
pub(crate) fn speaking(client: Client, user: &UserId, say: &Say) -> Client {
    let (user, say) = (user.clone(), Arc::clone(say));
    client.with_observer(move |step| say(Line::now(&user, What::Step { step: step.clone() })))
}

/// Begins to enter; [`attend`] goes on from there.
pub(crate) fn begin(client: Client, request: EnterRequest, say: &Say) -> Room {
    let process = std::process::id();
    let user = request.user.clone();
    say(Line::now(
        &user,
        What::Began {
            policy: client.policy(),
            process,
        },
    ));
    client.enter(request)
}

/// Says everything until the stay is over.
pub(crate) async fn attend(mut room: Room, user: UserId, say: Say) -> Arc<ExitReport> {
    let listening = tokio::spawn(listen(room.remote_frames(), user.clone(), Arc::clone(&say)));
    while let Some(event) = room.next_event().await {
        tell(&user, &say, event);
    }
    listening.abort();
    // The stay is over; this only fetches what is there.
    let (report, client) = room.exit().await;
    drop(client);
    report
}

/// Says an event in TRTC's words where there are some.
fn tell(user: &UserId, say: &Say, event: RoomEvent) {
    let callback = |name: &str, arguments| say(Line::callback(user, name, arguments));
    let device = |kind, state, detail: String| {
        say(Line::now(
            user,
            What::Device {
                kind,
                state,
                detail,
            },
        ));
    };
    match event {
        RoomEvent::Entered(took) => {
            // TRTC gives the milliseconds, and a positive number is what says that it went well.
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
            callback("onEnterRoom", vec![json!(millis)]);
        }
        RoomEvent::RemoteUserEntered(other) => {
            callback("onRemoteUserEnterRoom", vec![json!(other)]);
        }
        RoomEvent::RemoteUserLeft(other, reason) => {
            callback("onRemoteUserLeaveRoom", vec![json!(other), json!(reason)]);
        }
        RoomEvent::ConnectionLost => callback("onConnectionLost", vec![]),
        RoomEvent::ConnectionRecovered => callback("onConnectionRecovery", vec![]),
        RoomEvent::DeviceOpened {
            kind, description, ..
        } => {
            device(kind, DeviceState::Open, description);
        }
        RoomEvent::DeviceFailed { kind, error, .. } => {
            device(kind, DeviceState::Failed, error.to_string());
        }
        RoomEvent::DeviceVanished { kind, error, .. } => {
            device(kind, DeviceState::Vanished, error.to_string());
        }
        RoomEvent::DeviceReleased { kind, .. } => {
            device(kind, DeviceState::Released, "the handle is gone".to_owned());
        }
        RoomEvent::Exited(report) => {
            callback("onExitRoom", vec![json!(report.reason.number())]);
            say(Line::now(
                user,
                What::Report {
                    report: (*report).clone(),
                },
            ));
        }
        // What a later runtime may tell is in the steps as well.
        _ => {}
    }
}

/// Counts what the others send, and says so from time to time.
async fn listen(frames: FrameQueue<RemoteFrame>, user: UserId, say: Say) {
    let mut heard: BTreeMap<UserId, (u64, u64)> = BTreeMap::new();
    let mut said = tokio::time::Instant::now();
    while let Some(RemoteFrame { user: from, frame }) = frames.next().await {
        let counts = heard.entry(from).or_default();
        match frame.codec {
            Codec::Opus => counts.0 += 1,
            Codec::Jpeg => counts.1 += 1,
            _ => {}
        }
        if said.elapsed() >= HEARD_EVERY {
            said = tokio::time::Instant::now();
            for (from, (sound_packets, pictures)) in heard.clone() {
                say(Line::now(
                    &user,
                    What::Heard {
                        from,
                        sound_packets,
                        pictures,
                    },
                ));
            }
        }
    }
}
