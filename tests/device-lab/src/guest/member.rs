//! The member: the process under test. It enters and leaves rooms with the machine's devices as it is
//! told on its input, and says what its application hears.

mod devices;
mod equipment;
mod person;
mod standstill;
mod told;

use std::io::BufRead;
use std::time::Duration;

use exeunt_loopback::{AnnounceFault, ConnectFault, Hub};
use exeunt_port::{Codec, EnterRequest, RoomId};
use exeunt_runtime::{Client, Preview, Room};
use serde_json::json;
use tokio::sync::mpsc;

pub(crate) use self::devices::{Devices, camera, microphone, speaker};
use self::equipment::{Ownership, let_go};
use self::person::Person;
use self::standstill::Standstill;
use super::failure::{LabFailure, Outcome};
use super::line::tell;

const ROOM: &str = "lab";

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

/// The process: one or two who enter and leave, and the room.
struct Member {
    hub: Hub,
    room: RoomId,
    /// Somebody else in the room, who hears what we send.
    listener: Room,
    /// The second one is there only where devices are shared.
    people: Vec<Person>,
    /// The devices that were lent.
    lent: Vec<Preview>,
    standstill: Standstill,
}

/// Obeys until its input ends.
async fn obey(devices: &Devices) -> Outcome {
    let mut member = Member::new(devices).await?;
    tell("ready", json!({}));
    let mut commands = commands()?;
    while let Some(command) = commands.recv().await {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["other", words @ ..] => member.obey(1, words).await?,
            words => member.obey(0, words).await?,
        }
    }
    Ok(())
}

/// What it is told, read on a thread of its own: tokio's would come and go while threads are counted.
fn commands() -> Result<mpsc::Receiver<String>, LabFailure> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::Builder::new()
        .name("commands".to_owned())
        .spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        })
        .map(|_| receiver)
        .map_err(LabFailure::system("a thread"))
}

impl Member {
    async fn new(devices: &Devices) -> Result<Self, LabFailure> {
        let hub = Hub::new();
        let mut listener = Client::new(hub.transport())
            .enter(EnterRequest::unsigned("bob", ROOM).map_err(|error| wrong(&error))?);
        listener.entered().await;
        let users: &[&str] = match devices.ownership {
            Ownership::Shared => &["alice", "carol"],
            Ownership::Owned | Ownership::HandedOver | Ownership::Lent => &["alice"],
        };
        let transports: Vec<_> = users.iter().map(|_| hub.transport()).collect();
        let faults: Vec<_> = transports
            .iter()
            .map(|transport| transport.faults().clone())
            .collect();
        let standstill = Standstill::default();
        let equipment = devices.clients(transports, &standstill);
        for preview in &equipment.lent {
            preview.opened().await.map_err(|error| wrong(&error))?;
        }
        let mut people = Vec::new();
        for ((user, client), faults) in users.iter().zip(equipment.clients).zip(faults) {
            let user = user.parse().map_err(|error| wrong(&error))?;
            people.push(Person::new(user, client, faults, standstill.clone()));
        }
        Ok(Self {
            hub,
            room: ROOM.parse().map_err(|error| wrong(&error))?,
            listener,
            people,
            lent: equipment.lent,
            standstill,
        })
    }

    async fn obey(&mut self, person: usize, words: &[&str]) -> Outcome {
        let Some(person) = self.people.get_mut(person) else {
            return Err(LabFailure::Wrong("nobody else is here".to_owned()));
        };
        match words {
            ["enter"] => person.enter(ROOM).await?,
            ["exit"] => person.exit(),
            // Waits for the end of the stay.
            ["out"] => {
                person.is_out().await?;
                tell("out", json!({}));
            }
            // Enters, and leaves so many microseconds later, whatever happens meanwhile.
            ["visit", micros] => {
                person.enter(ROOM).await?;
                let micros = micros.parse().unwrap_or_default();
                tokio::time::sleep(Duration::from_micros(micros)).await;
                person.exit();
            }
            // Enters, waits until the room has sound and pictures, and leaves; so many times.
            ["cycle", times] => {
                for _ in 0..times.parse().unwrap_or(0_u32) {
                    forget(&self.listener);
                    person.enter(ROOM).await?;
                    is_heard(&self.listener, &[Codec::Jpeg, Codec::Opus]).await;
                    person.exit();
                    person.is_out().await?;
                }
                tell("cycled", json!({}));
            }
            ["kick"] => {
                tell("kicking", json!({}));
                let kicked = self.hub.kick(&self.room, &person.user);
                kicked.map_err(|error| wrong(&error))?;
            }
            ["dismiss"] => {
                let dismissed = self.hub.dismiss(&self.room);
                dismissed.map_err(|error| wrong(&error))?;
            }
            ["lose"] => drop(person.faults.kill_link()),
            ["cut"] => drop(person.faults.lose_link()),
            // From now on the server does not answer when it is asked to let somebody in.
            ["never", "enter"] => person.faults.break_connect(ConnectFault::Hangs),
            // From now on the server does not answer when somebody says that he leaves.
            ["never", "confirm"] => person.faults.break_announce(AnnounceFault::Hangs),
            ["freeze"] => self.standstill.is_wanted(),
            // The other one in the room hears us, from now on.
            ["heard", codec] => {
                let codec = if *codec == "sound" {
                    Codec::Opus
                } else {
                    Codec::Jpeg
                };
                forget(&self.listener);
                is_heard(&self.listener, &[codec]).await;
                tell("heard", json!({ "codec": codec }));
            }
            // The application lets go of what it lent.
            ["let", "go"] => {
                let let_go = let_go(std::mem::take(&mut self.lent)).await;
                let error = let_go.err().map(|error| error.to_string());
                tell("let go", json!({ "error": error }));
            }
            _ => tell("unknown", json!({ "command": words })),
        }
        Ok(())
    }
}

/// What the listener was sent before is not meant.
fn forget(listener: &Room) {
    while listener.remote_frames().try_next().is_some() {}
}

/// Waits until the listener has received each of these.
async fn is_heard(listener: &Room, codecs: &[Codec]) {
    let frames = listener.remote_frames();
    let mut missing = codecs.to_vec();
    while !missing.is_empty() {
        let Some(frame) = frames.next().await else {
            return;
        };
        missing.retain(|codec| *codec != frame.frame.codec);
    }
}

fn wrong(error: &dyn std::error::Error) -> LabFailure {
    LabFailure::Wrong(error.to_string())
}
