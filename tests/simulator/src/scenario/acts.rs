//! What is done to the world, one act at a time.

use std::fmt;
use std::time::Duration;

use exeunt_port::RoomId;

use super::{Equipment, Hazards, Part, casting, plots};
use crate::dice::Dice;
use crate::network::{Condition, End};

/// One thing that is done at one time. People and hosts are numbers: everybody has his own host.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Enter {
        person: usize,
        room: usize,
    },
    Leave {
        person: usize,
        how: Leaving,
    },
    StartDevice {
        person: usize,
        device: Equipment,
    },
    StopDevice {
        person: usize,
        slot: usize,
    },
    /// Something befalls the devices of this person.
    Befall {
        person: usize,
        device: usize,
        what: Mishap,
    },
    /// An operator removes the person's user from a room.
    Kick {
        person: usize,
        room: usize,
    },
    /// An operator dismisses a room.
    Dismiss {
        room: usize,
    },
    /// The person's connections break.
    Cut {
        person: usize,
    },
    /// They break, and only one end knows it.
    CutHalf {
        person: usize,
        knows: End,
    },
    /// Nothing gets through, for a while or until the end.
    Hold {
        person: usize,
        towards: Vec<End>,
    },
    /// The person's path becomes slow.
    Slow {
        person: usize,
        condition: Condition,
    },
    /// The person's path is well again.
    Heal {
        person: usize,
    },
    /// The person's machine is gone for good.
    HostDies {
        person: usize,
        server_knows: bool,
    },
    /// The service stops, and tells everybody.
    StopServer,
    /// The service's process dies; its system closes the sockets.
    KillServer,
    /// The service's machine loses its power.
    DarkenServer,
    /// A new service starts in the old one's place.
    StartServer,
}

/// What befalls a device.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    Vanishes,
    Fails,
    Stalls,
    LetsGo,
}

/// How somebody leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaving {
    /// `room.exit().await`.
    Exit,
    /// Asks by a handle, and listens until the end.
    AskAndListen,
    /// Three exits at once, from the room and two handles.
    Thrice,
    /// Gives the future of the exit up after a while.
    DropTheExit(Duration),
    /// Drops the room.
    DropTheRoom,
}

impl Leaving {
    pub(super) fn any(dice: &mut Dice) -> Self {
        match dice.number(0..=5) {
            0 | 1 => Self::Exit,
            2 => Self::AskAndListen,
            3 => Self::Thrice,
            4 => Self::DropTheExit(dice.millis(0..=400)),
            _ => Self::DropTheRoom,
        }
    }
}

/// Everybody enters at the beginning, then this and that happens.
pub(super) fn plan(
    dice: &mut Dice,
    hazards: Hazards,
    length: Duration,
    rooms: &[RoomId],
    people: &[Part],
) -> Vec<(Duration, Act)> {
    let mut acts = Vec::new();
    for person in 0..people.len() {
        let room = dice.count(0..=rooms.len() - 1);
        acts.push((dice.millis(0..=2_000), Act::Enter { person, room }));
    }
    let millis = u64::try_from(length.as_millis()).unwrap_or(0);
    for _ in 0..dice.count(2..=24) {
        let at = dice.millis(0..=millis);
        let person = dice.count(0..=people.len() - 1);
        let room = dice.count(0..=rooms.len() - 1);
        match dice.number(0..=11) {
            0..=2 => acts.push((at, Act::Enter { person, room })),
            3 | 4 => {
                let how = Leaving::any(dice);
                acts.push((at, Act::Leave { person, how }));
                if dice.one_in(2) {
                    // Too early for comfort: at once, or while the old stay is still ending.
                    let again = at + dice.millis(0..=800);
                    acts.push((again, Act::Enter { person, room }));
                }
            }
            5 => acts.push((at, Act::Kick { person, room })),
            6 if dice.one_in(3) => acts.push((at, Act::Dismiss { room })),
            6 | 7 => acts.push((at, of_devices(dice, hazards, person))),
            8 if hazards.server => of_the_server(dice, at, &mut acts),
            8 | 9 if hazards.network => of_the_network(dice, at, person, &mut acts),
            10 if hazards.network => plots::thicken(dice, at, person, room, &mut acts),
            _ => {
                // Two causes at once.
                let how = Leaving::any(dice);
                acts.push((at, Act::Leave { person, how }));
                let act = if dice.one_in(4) {
                    Act::Dismiss { room }
                } else {
                    Act::Kick { person, room }
                };
                acts.push((
                    (at + dice.millis(0..=60)).saturating_sub(dice.millis(0..=60)),
                    act,
                ));
            }
        }
    }
    acts.sort_by_key(|(at, _)| *at);
    acts
}

fn of_devices(dice: &mut Dice, hazards: Hazards, person: usize) -> Act {
    let mishap = if hazards.devices {
        dice.pick(&[
            Mishap::Vanishes,
            Mishap::Vanishes,
            Mishap::Fails,
            Mishap::Stalls,
            Mishap::LetsGo,
        ])
    } else {
        Mishap::LetsGo
    };
    match dice.number(0..=3) {
        0 => Act::StopDevice {
            person,
            slot: dice.count(0..=3),
        },
        1 => Act::StartDevice {
            person,
            device: casting::equipment_in_mid_room(dice, hazards.devices),
        },
        _ => Act::Befall {
            person,
            device: dice.count(0..=2),
            what: mishap,
        },
    }
}

fn of_the_network(dice: &mut Dice, at: Duration, person: usize, acts: &mut Vec<(Duration, Act)>) {
    let act = match dice.number(0..=9) {
        0..=2 => Act::Cut { person },
        3 | 4 => Act::CutHalf {
            person,
            knows: dice.pick(&End::BOTH),
        },
        5..=7 => Act::Hold {
            person,
            towards: dice
                .pick(&[&End::BOTH[..], &End::BOTH, &End::BOTH[..1], &End::BOTH[1..]])
                .to_vec(),
        },
        8 => Act::Slow {
            person,
            condition: Condition {
                latency_millis: dice.pick(&[(50, 200), (100, 700), (300, 2_500)]),
                bytes_per_milli: dice.pick(&[1, 10, 10_000]),
            },
        },
        _ => Act::HostDies {
            person,
            server_knows: dice.one_in(2),
        },
    };
    let heals = matches!(act, Act::Hold { .. } | Act::Slow { .. }) && !dice.one_in(4);
    acts.push((at, act));
    if heals {
        acts.push((at + dice.millis(50..=12_000), Act::Heal { person }));
    }
}

fn of_the_server(dice: &mut Dice, at: Duration, acts: &mut Vec<(Duration, Act)>) {
    let act = match dice.number(0..=2) {
        0 => Act::StopServer,
        1 => Act::KillServer,
        _ => Act::DarkenServer,
    };
    acts.push((at, act));
    acts.push((at + dice.millis(10..=6_000), Act::StartServer));
}

impl Act {
    /// Whom it concerns.
    pub(crate) fn person(&self) -> Option<usize> {
        match self {
            Self::Enter { person, .. }
            | Self::Leave { person, .. }
            | Self::StartDevice { person, .. }
            | Self::StopDevice { person, .. }
            | Self::Befall { person, .. }
            | Self::Kick { person, .. }
            | Self::Cut { person }
            | Self::CutHalf { person, .. }
            | Self::Hold { person, .. }
            | Self::Slow { person, .. }
            | Self::Heal { person }
            | Self::HostDies { person, .. } => Some(*person),
            Self::Dismiss { .. }
            | Self::StopServer
            | Self::KillServer
            | Self::DarkenServer
            | Self::StartServer => None,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { .. } => formatter.write_str("the connections break"),
            Self::CutHalf { knows, .. } => {
                write!(
                    formatter,
                    "the connections break, only the {knows:?} end knows"
                )
            }
            Self::Hold { towards, .. } => write!(formatter, "nothing gets through to {towards:?}"),
            Self::Slow { condition, .. } => {
                let (least, most) = condition.latency_millis;
                let rate = condition.bytes_per_milli;
                write!(
                    formatter,
                    "the path is slow: {least} to {most} ms, {rate} kB/s"
                )
            }
            Self::Heal { .. } => formatter.write_str("the path is well"),
            Self::HostDies { server_knows, .. } => {
                let learns = if *server_knows { "" } else { " not" };
                write!(
                    formatter,
                    "the machine is gone; the server does{learns} learn of it"
                )
            }
            Self::Befall { device, what, .. } => write!(formatter, "device {device} {what:?}"),
            Self::StopServer => formatter.write_str("the service stops"),
            Self::KillServer => formatter.write_str("the service's process dies"),
            Self::DarkenServer => formatter.write_str("the service's machine loses its power"),
            Self::StartServer => formatter.write_str("a service starts"),
            Self::Enter { room, .. } => write!(formatter, "to enter room {room}"),
            Self::Leave { how, .. } => write!(formatter, "to leave: {how:?}"),
            Self::StartDevice { device, .. } => write!(formatter, "to start a {}", device.kind),
            Self::StopDevice { slot, .. } => write!(formatter, "to stop the device in slot {slot}"),
            Self::Kick { room, .. } => write!(formatter, "to be kicked from room {room}"),
            Self::Dismiss { room } => write!(formatter, "room {room} is to be dismissed"),
        }
    }
}
