//! What happens in a run, and when: data, made from a seed.

mod acts;
mod casting;
mod plots;

pub(crate) use acts::{Act, Leaving, Mishap};
pub(crate) use casting::LONGEST_ENTERING;

use std::time::Duration;

use exeunt_loopback::{OpenFault, ReleaseFault};
use exeunt_port::{DeviceError, DeviceKind, RoomId, UserId};
use exeunt_runtime::Policy;

use crate::dice::{Dice, Purpose};

/// Everything that a seed decides before the run begins.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) lease: Duration,
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) people: Vec<Part>,
    /// In the order of time.
    pub(crate) acts: Vec<(Duration, Act)>,
    pub(crate) ending: Ending,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything is healed, everybody finds his way back or out, and then leaves.
    Farewell,
    /// The process dies at this time, with everything in it.
    ProcessDies(Duration),
}

/// Somebody who enters rooms, from a host of his own.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As the transcript calls him: the user's name, with a mark if he is the same user elsewhere.
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) policy: Policy,
    pub(crate) devices: Vec<Equipment>,
    /// Whether his application listens to events and takes frames.
    pub(crate) listens: bool,
    pub(crate) farewell: Leaving,
}

/// A device, and what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Equipment {
    pub(crate) kind: DeviceKind,
    /// Made of real sound (a tone, a decoding speaker) rather than of stamped frames.
    pub(crate) sounds: bool,
    /// Milliseconds between two frames.
    pub(crate) period: u64,
    pub(crate) frame_bytes: usize,
    pub(crate) open: Option<OpenFault>,
    pub(crate) release: Option<ReleaseFault>,
}

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug)]
struct Hazards {
    network: bool,
    server: bool,
    devices: bool,
}

impl Scenario {
    /// The scenario of this seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, Purpose::Scenario);
        let dice = &mut dice;
        // A quarter of the worlds is well: there the exits have to be exact.
        let hazards = match dice.number(0..=7) {
            0 | 1 => [false, false, false],
            2 => [false, false, true],
            3 => [true, false, false],
            4 => [true, true, false],
            _ => [true, true, true],
        };
        let [network, server, devices] = hazards;
        let hazards = Hazards {
            network,
            server,
            devices,
        };
        let rooms = casting::rooms(dice);
        let people = casting::people(dice, hazards);
        let length = dice.millis(2_000..=20_000);
        let acts = acts::plan(dice, hazards, length, &rooms, &people);
        let ending = if dice.one_in(16) {
            Ending::ProcessDies(dice.millis(1..=length.as_secs() * 1000))
        } else {
            Ending::Farewell
        };
        Self {
            lease: Duration::from_secs(dice.pick(&[1, 2, 2, 4, 8])),
            rooms,
            people,
            acts,
            ending,
        }
    }
}

/// What a device complains of when it was told to.
pub(crate) fn complaint() -> DeviceError {
    DeviceError::Backend {
        name: "simulated device".to_owned(),
        detail: "it was told to fail".to_owned(),
    }
}
