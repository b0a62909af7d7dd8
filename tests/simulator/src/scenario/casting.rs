//! Who takes part, in which rooms, with which devices.

use std::time::Duration;

use exeunt_loopback::{OpenFault, ReleaseFault};
use exeunt_port::{DeviceKind, RoomId, UserId};
use exeunt_runtime::Policy;

use super::{Equipment, Hazards, Leaving, Part, complaint};
use crate::dice::Dice;

/// User names, all valid.
const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// One room or two; the second has the other's name as a string, which makes it another room.
pub(super) fn rooms(dice: &mut Dice) -> Vec<RoomId> {
    let two = dice.one_in(3);
    let rooms = [RoomId::number(101), RoomId::string("101")];
    rooms
        .into_iter()
        .flatten()
        .take(if two { 2 } else { 1 })
        .collect()
}

/// One to four people, and now and then one of them twice.
pub(super) fn people(dice: &mut Dice, hazards: Hazards) -> Vec<Part> {
    let count = dice.pick(&[1, 2, 2, 3, 3, 4]);
    // Real sound takes a thousand times as long to make as a stamped frame.
    let sounds = dice.one_in(64);
    let mut people: Vec<Part> = NAMES[..count]
        .iter()
        .filter_map(|name| Some(part(dice, hazards, sounds, name, name.parse().ok()?)))
        .collect();
    if dice.one_in(3) {
        let user = people[0].user.clone();
        let name = format!("{user}'");
        people.push(part(dice, hazards, sounds, &name, user));
    }
    people
}

fn part(dice: &mut Dice, hazards: Hazards, sounds: bool, name: &str, user: UserId) -> Part {
    let devices = dice.count(0..=3);
    let devices = (0..devices)
        .map(|_| equipment(dice, hazards, sounds))
        .collect();
    Part {
        name: name.to_owned(),
        user,
        policy: policy(dice),
        devices,
        listens: !dice.one_in(8),
        farewell: Leaving::any(dice),
    }
}

fn policy(dice: &mut Dice) -> Policy {
    if dice.one_in(2) {
        return Policy::default();
    }
    Policy {
        entering: dice.millis(1_000..=10_000),
        recovering: dice.millis(500..=30_000),
        opening: dice.millis(500..=10_000),
        departure: dice.millis(200..=2_000),
        device: dice.millis(200..=3_000),
        // A goodbye between healthy ends takes 250 ms at most.
        transport: dice.millis(300..=1_500),
    }
}

/// A device that may be broken from the beginning, where devices may.
pub(super) fn equipment_in_mid_room(dice: &mut Dice, devices_may_fail: bool) -> Equipment {
    let hazards = Hazards {
        network: false,
        server: false,
        devices: devices_may_fail,
    };
    equipment(dice, hazards, false)
}

fn equipment(dice: &mut Dice, hazards: Hazards, sounds: bool) -> Equipment {
    use DeviceKind::{Camera, Microphone, Speaker};
    let kind = dice.pick(&[Microphone, Microphone, Camera, Speaker]);
    let (open, release) = if hazards.devices {
        (open_fault(dice), release_fault(dice))
    } else {
        (None, None)
    };
    Equipment {
        kind,
        sounds: sounds && kind != Camera,
        period: dice.number(100..=500),
        frame_bytes: dice.pick(&[20, 60, 200, 1_000, 20_000]),
        open,
        release,
    }
}

fn open_fault(dice: &mut Dice) -> Option<OpenFault> {
    match dice.number(0..=11) {
        0 => Some(OpenFault::Fails(complaint())),
        1 => Some(OpenFault::Hangs),
        2 => Some(OpenFault::OpensLate),
        3 => Some(OpenFault::Panics),
        _ => None,
    }
}

fn release_fault(dice: &mut Dice) -> Option<ReleaseFault> {
    match dice.number(0..=9) {
        0 => Some(ReleaseFault::Fails(complaint())),
        1 | 2 => Some(ReleaseFault::Hangs),
        3 => Some(ReleaseFault::Panics),
        _ => None,
    }
}

/// The longest that entering may take with any of these policies.
pub(crate) const LONGEST_ENTERING: Duration = Duration::from_secs(10);
