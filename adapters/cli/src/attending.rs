//! Somebody in a room: enters, says what happens, leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{Codec, DeviceError, DeviceKind, EnterRequest, FrameQueue, RemoteFrame, UserId};
use exeunt_runtime::{Client, ExitReport, Room, RoomEvent, Slot};
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

/// A device without which the stay made no sense.
pub(crate) struct Lacking {
    pub(crate) kind: DeviceKind,
    pub(crate) error: DeviceError,
}

/// Says everything until the stay is over. Leaves if a device that was insisted on does not open.
pub(crate) async fn attend(
    mut room: Room,
    user: UserId,
    insisted_on: &[DeviceKind],
    say: Say,
) -> (Arc<ExitReport>, Option<Lacking>) {
    let mut listening = tokio::spawn(listen(room.remote_frames(), user.clone(), Arc::clone(&say)));
    let mut opened: BTreeSet<Slot> = BTreeSet::new();
    let mut lacking = None;
    while let Some(event) = room.next_event().await {
        if let RoomEvent::DeviceOpened { slot, .. } = event {
            opened.insert(slot);
        }
        // What breaks later is told and borne, as by anybody in a call.
        if let RoomEvent::DeviceFailed { slot, kind, error } = &event
            && insisted_on.contains(kind)
            && !opened.contains(slot)
            // Whoever leaves lacks nothing: then it failed to let go.
            && !room.handle().is_leaving()
        {
            lacking.get_or_insert(Lacking {
                kind: *kind,
                error: error.clone(),
            });
            room.handle().request_exit();
        }
        if let RoomEvent::Exited(_) = event {
            // What was heard is not told after the end (G-14).
            listening.abort();
            let _ = (&mut listening).await;
        }
        tell(&user, &say, event);
    }
    // The stay is over; this only fetches what is there.
    let (report, client) = room.exit().await;
    drop(client);
    (report, lacking)
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
        RoomEvent::DeviceRefused { kind, why, .. } => {
            device(kind, DeviceState::Failed, why.to_string());
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
                    report: Box::new((*report).clone()),
                },
            ));
        }
        // Lent devices come back; whoever attends a call from here lends none. What a later runtime may
        // tell is in the steps as well.
        RoomEvent::DeviceReturned { .. } | _ => {}
    }
}

/// Counts what the others send, and says so from time to time.
async fn listen(frames: FrameQueue<RemoteFrame>, user: UserId, say: Say) {
    let mut heard: BTreeMap<UserId, (u64, u64)> = BTreeMap::new();
    let mut said = tokio::time::Instant::now();
    while let Some(RemoteFrame { user: from, frame }) = frames.next().await {
        let counts = heard.entry(from).or_default();
        let count = match frame.codec {
            Codec::Opus => &mut counts.0,
            Codec::Jpeg => &mut counts.1,
            _ => continue,
        };
        *count += 1;
        // The first of everything at once: that is what somebody waits for who tries a microphone.
        if *count == 1 || said.elapsed() >= HEARD_EVERY {
            said = tokio::time::Instant::now();
            for (from, (sound_packets, pictures)) in &heard {
                say(Line::now(
                    &user,
                    What::Heard {
                        from: from.clone(),
                        sound_packets: *sound_packets,
                        pictures: *pictures,
                    },
                ));
            }
        }
    }
}
