//! The generator: bytes to histories, for proptest and for a fuzzer.

use core::time::Duration;

use arbitrary::Unstructured;
use exeunt_core::{Event, Policy, Slot, Wait};
use proptest::prelude::{Just, Strategy, any};
use proptest::{collection, prop_oneof};

use crate::{Answer, History, Step};

/// How many bytes one step is made of. All zeros is the simplest step, and steps do not depend on each
/// other, so that what a shrinker removes or lowers leaves a sensible history.
pub const ROLL: usize = 4;

const MAX_STEPS: usize = 160;

/// Plays: makes a history of the bytes that there are, one step of each [`ROLL`].
///
/// ```
/// let mut bytes = arbitrary::Unstructured::new(&[0; 40]);
/// let history = exeunt_scenario::play(&mut bytes)?;
/// assert!(!history.steps.is_empty());
/// # Ok::<(), arbitrary::Error>(())
/// ```
pub fn play(bytes: &mut Unstructured<'_>) -> arbitrary::Result<History> {
    let [policy, enters, ..]: [u8; ROLL] = bytes.arbitrary()?;
    let mut steps = Vec::new();
    // Little happens to somebody who never enters; but that is tried as well.
    if enters < 250 {
        steps.push(Step::Ask(Event::EnterRequested));
    }
    while bytes.len() >= ROLL && steps.len() < MAX_STEPS {
        steps.push(step(bytes.arbitrary()?));
    }
    Ok(History {
        policy: POLICIES[usize::from(policy) % POLICIES.len()],
        steps,
    })
}

/// Histories of up to 160 steps, which shrink to few and simple ones.
pub fn histories() -> impl Strategy<Value = History> {
    let roll = prop_oneof![
        3 => any::<[u8; ROLL]>(),
        // Answers as they should be, so that some histories get far.
        2 => any::<u8>().prop_map(|which| [ANSWERS, which, 0, 0]),
        1 => Just([ANSWERS, 0, 0, 0]),
    ];
    collection::vec(roll, 1..MAX_STEPS).prop_map(|rolls| {
        let bytes = rolls.concat();
        // A whole number of rolls never runs out within one.
        play(&mut Unstructured::new(&bytes)).unwrap_or(History {
            policy: Policy::DEFAULT,
            steps: Vec::new(),
        })
    })
}

const fn policy(millis: [u64; 6]) -> Policy {
    let [entering, recovering, opening, departure, device, transport] = millis;
    Policy {
        entering: Duration::from_millis(entering),
        recovering: Duration::from_millis(recovering),
        opening: Duration::from_millis(opening),
        departure: Duration::from_millis(departure),
        device: Duration::from_millis(device),
        transport: Duration::from_millis(transport),
    }
}

/// The default; devices slower than the network; everything equal; no time at all.
const POLICIES: [Policy; 4] = [
    Policy::DEFAULT,
    policy([500, 700, 300, 200, 1000, 100]),
    policy([100, 100, 100, 100, 100, 100]),
    policy([0, 0, 0, 0, 0, 0]),
];

const PAUSES: [u64; 8] = [1, 0, 10, 100, 700, 1500, 2500, 30_000];

/// The first byte of a roll that answers.
const ANSWERS: u8 = 6;

fn step([kind, first, second, third]: [u8; ROLL]) -> Step {
    match kind % 16 {
        0..=2 => Step::Pass(pause(first, second)),
        3..=5 => Step::Ask(pick(&requests(slot(second)), first)),
        6..=10 => Step::Answer {
            which: first,
            answer: pick(&ANSWER_WEIGHTS, second),
        },
        11 | 12 => Step::Happen(pick(&happenings(slot(second)), first)),
        13 => Step::Again { which: first },
        14.. => Step::Stray {
            newer: pick(&[0, 0, -1, -1, -2, 1], third),
            event: pick(&all_events(slot(second)), first),
        },
    }
}

const ANSWER_WEIGHTS: [Answer; 8] = [
    Answer::Done,
    Answer::Done,
    Answer::Done,
    Answer::Done,
    Answer::Failed,
    Answer::Failed,
    Answer::Unheard,
    Answer::Lost,
];

fn pause(first: u8, second: u8) -> Duration {
    let millis = PAUSES[usize::from(first) % PAUSES.len()];
    // Some pauses end just beside a deadline.
    Duration::from_millis(millis.saturating_sub(u64::from(second % 3)))
}

fn pick<T: Copy>(from: &[T], which: u8) -> T {
    from[usize::from(which) % from.len()]
}

/// Three slots, and the last one there is.
fn slot(which: u8) -> Slot {
    const SLOTS: [Slot; 8] = {
        let numbers = [0, 0, 0, 1, 1, 2, 2, 7];
        let mut slots = [FIRST; 8];
        let mut place = 0;
        while place < slots.len() {
            if let Some(slot) = Slot::new(numbers[place]) {
                slots[place] = slot;
            }
            place += 1;
        }
        slots
    };
    pick(&SLOTS, which)
}

const FIRST: Slot = match Slot::new(0) {
    Some(slot) => slot,
    None => unreachable!(),
};

fn requests(slot: Slot) -> [Event; 10] {
    [
        Event::DeviceRequested(slot),
        Event::ExitRequested,
        Event::DeviceRequested(slot),
        Event::EnterRequested,
        Event::DeviceAdopted(slot),
        Event::DeviceLent(slot),
        Event::DeviceStopRequested(slot),
        Event::DeviceRequested(slot),
        Event::DeviceStopRequested(slot),
        Event::EnterRequested,
    ]
}

fn happenings(slot: Slot) -> [Event; 10] {
    [
        Event::LinkLost,
        Event::LinkRecovered,
        Event::DeviceFailed(slot),
        Event::DeviceVanished(slot),
        Event::Kicked,
        Event::Dismissed,
        Event::Replaced,
        Event::ServerStopped,
        Event::LinkDead,
        Event::TransportClosed,
    ]
}

fn all_events(slot: Slot) -> [Event; 31] {
    [
        Event::Entered,
        Event::EnterFailed,
        Event::Kicked,
        Event::Dismissed,
        Event::Replaced,
        Event::ServerStopped,
        Event::LinkLost,
        Event::LinkRecovered,
        Event::LinkDead,
        Event::DepartureConfirmed,
        Event::DepartureFailed,
        Event::TransportClosed,
        Event::DeviceOpened(slot),
        Event::DeviceFailed(slot),
        Event::DeviceReleased(slot),
        Event::DeviceVanished(slot),
        Event::EnterRequested,
        Event::ExitRequested,
        Event::DeviceRequested(slot),
        Event::DeviceAdopted(slot),
        Event::DeviceLent(slot),
        Event::DeviceStopRequested(slot),
        Event::DeadlineReached(Wait::Entering),
        Event::DeadlineReached(Wait::Recovering),
        Event::DeadlineReached(Wait::Departure),
        Event::DeadlineReached(Wait::Transport),
        Event::DeadlineReached(Wait::Opening(slot)),
        Event::DeadlineReached(Wait::Releasing(slot)),
        Event::AlreadyOut,
        Event::CloseFailed,
        Event::ReleaseFailed(slot),
    ]
}
