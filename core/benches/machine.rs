//! What a stay costs: the machine alone, and the session with its numbers and deadlines.
//!
//! The story is a whole stay with camera and microphone, eleven events from entering to Exited.

use exeunt_core::{Effect, Epoch, Event, Instant, Machine, Policy, Session, Slot};

fn main() {
    println!(
        "one session takes {} bytes, of which the machine {}; nothing is allocated",
        size_of::<Session>(),
        size_of::<Machine>()
    );
    divan::main();
}

fn story() -> [Event; 11] {
    let slot = |number| Slot::new(number).expect("a slot");
    let (camera, microphone) = (slot(0), slot(1));
    [
        Event::EnterRequested,
        Event::DeviceRequested(camera),
        Event::DeviceRequested(microphone),
        Event::Entered,
        Event::DeviceOpened(camera),
        Event::DeviceOpened(microphone),
        Event::ExitRequested,
        Event::DeviceReleased(camera),
        Event::DepartureConfirmed,
        Event::DeviceReleased(microphone),
        Event::TransportClosed,
    ]
}

/// The same story through a bare `match` that does what these eleven events need and nothing else:
/// no answer to anything else, no deadline, no number. The floor.
#[divan::bench]
fn bare_match(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(11_u32).bench_local(|| {
        let (mut open, mut owed, mut effects) = (0_u8, 0_u8, 0_u32);
        for event in divan::black_box(story()) {
            effects += match event {
                Event::DeviceOpened(_) => {
                    open += 1;
                    0
                }
                Event::ExitRequested => {
                    owed = open + 2;
                    u32::from(owed)
                }
                Event::DeviceReleased(_) | Event::DepartureConfirmed | Event::TransportClosed => {
                    owed -= 1;
                    u32::from(owed == 0)
                }
                Event::EnterRequested
                | Event::DeviceRequested(_)
                | Event::DeviceAdopted(_)
                | Event::DeviceLent(_)
                | Event::DeviceStopRequested(_)
                | Event::Entered
                | Event::EnterFailed
                | Event::Kicked
                | Event::Dismissed
                | Event::Replaced
                | Event::ServerStopped
                | Event::LinkLost
                | Event::LinkRecovered
                | Event::LinkDead
                | Event::DepartureFailed
                | Event::AlreadyOut
                | Event::CloseFailed
                | Event::DeviceFailed(_)
                | Event::ReleaseFailed(_)
                | Event::DeviceVanished(_)
                | Event::DeadlineReached(_) => 1,
            };
        }
        effects
    });
}

#[divan::bench]
fn machine(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(11_u32).bench_local(|| {
        let mut machine = Machine::new();
        let mut last = None;
        for event in divan::black_box(story()) {
            last = machine.handle(Epoch::FIRST, event).effects.last().copied();
        }
        assert_eq!(last, Some(Effect::ReportExit));
    });
}

#[divan::bench]
fn session(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(11_u32).bench_local(|| {
        let mut session = Session::new(Policy::DEFAULT);
        let mut last = None;
        for (millis, event) in (0..).zip(divan::black_box(story())) {
            let reaction = session.handle(Epoch::FIRST, event, Instant::from_millis(millis));
            last = reaction.effects.last().copied();
        }
        assert_eq!(last, Some(Effect::ReportExit));
    });
}
