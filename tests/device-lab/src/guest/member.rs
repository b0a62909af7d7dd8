//! The member: the process under test. It enters and leaves rooms with the machine's devices as it is
//! told on its input, and says what its application hears.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_loopback::{AnnounceFault, ConnectFault, Hub, TransportFaults};
use exeunt_nokhwa::NokhwaCamera;
use exeunt_port::{Codec, EnterRequest, RoomId, UserId};
use exeunt_runtime::{Client, DeviceError, Policy, Room, RoomEvent, RoomHandle};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::JoinHandle;

use super::failure::{LabFailure, Outcome};
use super::line::{now_micros, tell, tell_at};
use super::sound;

const ROOM: &str = "lab";
const USER: &str = "alice";
/// An emulated machine takes many times as long as a real one, so the exit's deadlines are this many
/// times the defaults; they bound it all the same.
const SLOWER: u32 = 2;

/// With which devices, and how patient.
#[derive(Clone, Debug, Args)]
pub(crate) struct Devices {
    /// The camera's node.
    #[arg(long)]
    camera: Option<String>,
    /// The microphone's identifier.
    #[arg(long)]
    microphone: Option<String>,
    /// The speaker's identifier.
    #[arg(long)]
    speaker: Option<String>,
    /// How long the room may take to let it in, in milliseconds.
    #[arg(long, default_value_t = 10_000)]
    entering: u64,
    /// How long the room may take to confirm that it left, in milliseconds.
    #[arg(long, default_value_t = 3_000)]
    departure: u64,
    /// How long the camera may deliver nothing, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    watchdog: u64,
}

impl Devices {
    fn client(&self, hub: &Hub) -> (Client, TransportFaults) {
        let transport = hub.transport();
        let faults = transport.faults().clone();
        let policy = Policy {
            entering: Duration::from_millis(self.entering),
            departure: Duration::from_millis(self.departure),
            device: SLOWER * Policy::DEFAULT.device,
            transport: SLOWER * Policy::DEFAULT.transport,
            ..Policy::default()
        };
        let mut client = Client::new(transport).with_policy(policy);
        if let Some(node) = &self.camera {
            client = client.with_device(camera(node, Duration::from_millis(self.watchdog)));
        }
        if let Some(name) = &self.microphone {
            client = client.with_device(microphone(name));
        }
        if let Some(name) = &self.speaker {
            client = client.with_device(speaker(name));
        }
        (client, faults)
    }
}

/// A camera whose pictures an emulated machine can encode.
pub(crate) fn camera(node: &str, watchdog: Duration) -> NokhwaCamera {
    NokhwaCamera::named(node)
        .size(320, 180)
        .rate(15)
        .watchdog(watchdog)
}

pub(crate) fn microphone(name: &str) -> CpalMicrophone {
    CpalMicrophone::named(name).with_period(sound::PERIOD)
}

pub(crate) fn speaker(name: &str) -> CpalSpeaker {
    CpalSpeaker::named(name).with_period(sound::PERIOD)
}

/// The member's process.
pub(crate) fn run(devices: &Devices) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(LabFailure::system("tokio's runtime"))?;
    let ended = runtime.block_on(obey(devices));
    // What is stuck in a driver must not keep the process.
    runtime.shutdown_background();
    ended
}

/// One who enters and leaves.
struct Member {
    hub: Hub,
    faults: TransportFaults,
    room: RoomId,
    user: UserId,
    /// Somebody else in the room, who hears what we send.
    listener: Room,
    /// Whether to stand still at the next `onExitRoom`.
    freezes: Arc<AtomicBool>,
    /// Outside of every room.
    client: Option<Client>,
    /// In a room: the task that listens to it, which answers the client when it is over.
    stay: Option<(RoomHandle, JoinHandle<Client>)>,
}

/// Obeys until its input ends.
async fn obey(devices: &Devices) -> Outcome {
    let wrong = |error: &dyn std::error::Error| LabFailure::Wrong(error.to_string());
    let room: RoomId = ROOM.parse().map_err(|error| wrong(&error))?;
    let user: UserId = USER.parse().map_err(|error| wrong(&error))?;
    let hub = Hub::new();
    let bob = EnterRequest::unsigned("bob", ROOM).map_err(|error| wrong(&error))?;
    let mut listener = Client::new(hub.transport()).enter(bob);
    listener.entered().await;
    let (client, faults) = devices.client(&hub);
    let mut member = Member {
        hub,
        faults,
        room,
        user,
        listener,
        freezes: Arc::default(),
        client: Some(client),
        stay: None,
    };
    tell("ready", json!({}));
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(command)) = commands.next_line().await {
        let words: Vec<&str> = command.split(' ').collect();
        member.obey(&words).await?;
    }
    Ok(())
}

impl Member {
    async fn obey(&mut self, words: &[&str]) -> Outcome {
        match words {
            ["enter"] => self.enter().await?,
            ["exit"] => self.exit(),
            // Enters, and leaves so many microseconds later, whatever happens meanwhile.
            ["visit", micros] => {
                self.enter().await?;
                let micros = micros.parse().unwrap_or_default();
                tokio::time::sleep(Duration::from_micros(micros)).await;
                self.exit();
            }
            // Enters, waits for every device and for a picture and a sound of it, and leaves.
            ["cycle", times] => {
                for _ in 0..times.parse().unwrap_or(0_u32) {
                    self.enter().await?;
                    self.is_heard(&[Codec::Jpeg, Codec::Opus]).await;
                    self.exit();
                    self.is_out().await?;
                }
                tell("cycled", json!({}));
            }
            // Waits for the end of the stay.
            ["out"] => {
                self.is_out().await?;
                tell("out", json!({}));
            }
            ["kick"] => {
                tell("kicking", json!({}));
                let kicked = self.hub.kick(&self.room, &self.user);
                kicked.map_err(|error| LabFailure::Wrong(error.to_string()))?;
            }
            ["dismiss"] => {
                let dismissed = self.hub.dismiss(&self.room);
                dismissed.map_err(|error| LabFailure::Wrong(error.to_string()))?;
            }
            ["lose"] => drop(self.faults.kill_link()),
            // From now on the server does not answer when it is asked to let somebody in.
            ["never", "enter"] => self.faults.break_connect(ConnectFault::Hangs),
            // From now on the server does not answer when somebody says that he leaves.
            ["never", "confirm"] => self.faults.break_announce(AnnounceFault::Hangs),
            ["cut"] => drop(self.faults.lose_link()),
            ["freeze"] => self.freezes.store(true, Ordering::SeqCst),
            ["heard", codec] => {
                let codec = if *codec == "sound" {
                    Codec::Opus
                } else {
                    Codec::Jpeg
                };
                self.is_heard(&[codec]).await;
                tell("heard", json!({ "codec": codec }));
            }
            _ => tell("unknown", json!({ "command": words })),
        }
        Ok(())
    }

    async fn enter(&mut self) -> Outcome {
        if self.stay.is_some() {
            self.is_out().await?;
        }
        let Some(client) = self.client.take() else {
            return Err(LabFailure::Wrong(
                "there is no client to enter with".to_owned(),
            ));
        };
        let request = EnterRequest::unsigned(USER, ROOM)
            .map_err(|error| LabFailure::Wrong(error.to_string()))?;
        // What the others sent in an earlier stay.
        while self.listener.remote_frames().try_next().is_some() {}
        tell("entering", json!({}));
        let room = client.enter(request);
        let handle = room.handle();
        let listening = tokio::spawn(listen(room, Arc::clone(&self.freezes)));
        self.stay = Some((handle, listening));
        Ok(())
    }

    fn exit(&self) {
        if let Some((handle, _)) = &self.stay {
            let at = now_micros();
            handle.request_exit();
            tell_at(at, "exiting", json!({}));
        }
    }

    /// Waits for the end of the stay.
    async fn is_out(&mut self) -> Outcome {
        if let Some((_, listening)) = self.stay.take() {
            let client = listening.await;
            self.client = Some(client.map_err(|error| LabFailure::Wrong(error.to_string()))?);
        }
        Ok(())
    }

    /// Waits until the other one in the room has received each of these from us.
    async fn is_heard(&self, codecs: &[Codec]) {
        let frames = self.listener.remote_frames();
        let mut missing = codecs.to_vec();
        while !missing.is_empty() {
            let Some(frame) = frames.next().await else {
                return;
            };
            missing.retain(|codec| *codec != frame.frame.codec);
        }
    }
}

/// Says what the application hears; answers the client when the stay is over.
async fn listen(mut room: Room, freezes: Arc<AtomicBool>) -> Client {
    while let Some(event) = room.next_event().await {
        let at = now_micros();
        let is_last = matches!(event, RoomEvent::Exited(_));
        let (name, detail) = told(&event);
        tell_at(at, name, detail);
        if is_last && freezes.swap(false, Ordering::SeqCst) {
            // The whole process stands still here, in its onExitRoom.
            let _ = kill_process(getpid(), Signal::STOP);
        }
    }
    room.exit().await.1
}

fn told(event: &RoomEvent) -> (&'static str, Value) {
    match event {
        RoomEvent::Entered(_) => ("entered", json!({})),
        RoomEvent::DeviceOpened {
            kind, description, ..
        } => ("opened", json!({ "kind": kind, "what": description })),
        RoomEvent::DeviceFailed { kind, error, .. } => ("failed", lost(*kind, error)),
        RoomEvent::DeviceVanished { kind, error, .. } => ("vanished", lost(*kind, error)),
        RoomEvent::DeviceReleased { kind, .. } => ("released", json!({ "kind": kind })),
        RoomEvent::Exited(report) => (
            "exited",
            json!({
                "reason": report.reason.number(),
                "clean": report.is_clean(),
                "given_up": report.given_up(),
                "took_ms": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
                "bound_ms": u64::try_from(report.bound.as_millis()).unwrap_or(u64::MAX),
                "report": report.to_string(),
            }),
        ),
        RoomEvent::RemoteUserEntered(_)
        | RoomEvent::RemoteUserLeft(..)
        | RoomEvent::ConnectionLost
        | RoomEvent::ConnectionRecovered
        | RoomEvent::DeviceRefused { .. }
        | _ => ("other", json!({ "what": format!("{event:?}") })),
    }
}

fn lost(kind: exeunt_port::DeviceKind, error: &DeviceError) -> Value {
    let debug = format!("{error:?}");
    let name = debug.split([' ', '{', '(']).next().unwrap_or_default();
    json!({ "kind": kind, "error": name, "detail": error.to_string() })
}
