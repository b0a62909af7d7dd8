//! Histories that nobody would write down: any event, any stay, at any time.

use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Session, Slot, State, Wait};
use proptest::prelude::*;

fn slots() -> impl Strategy<Value = Slot> {
    (0_u8..3).prop_filter_map("a slot", Slot::new)
}

fn events() -> impl Strategy<Value = Event> {
    let plain = prop::sample::select(vec![
        Event::EnterRequested,
        Event::ExitRequested,
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
        Event::DeadlineReached(Wait::Departure),
    ]);
    let device = (0_usize..8, slots()).prop_map(|(which, slot)| {
        [
            Event::DeviceRequested(slot),
            Event::DeviceAdopted(slot),
            Event::DeviceLent(slot),
            Event::DeviceStopRequested(slot),
            Event::DeviceOpened(slot),
            Event::DeviceFailed(slot),
            Event::DeviceReleased(slot),
            Event::DeviceVanished(slot),
        ][which]
    });
    prop_oneof![3 => plain, 2 => device]
}

/// What happens, how many stays ago, and how many milliseconds after the last thing.
fn histories() -> impl Strategy<Value = Vec<(Event, u32, u64)>> {
    prop::collection::vec(
        (
            events(),
            prop_oneof![4 => Just(0_u32), 1 => 0_u32..3],
            0_u64..700,
        ),
        0..120,
    )
}

proptest! {
    #[test]
    fn every_stay_is_reported_exactly_once_and_within_the_bound(history in histories()) {
        let mut session = Session::new(Policy::default());
        let mut now = 0;
        let mut reported = Vec::new();
        let mut begun = Vec::new();
        for (event, ago, pause) in history {
            now += pause;
            reach(&mut session, now, &mut reported);
            let epoch = if event == Event::EnterRequested {
                session.next_epoch()
            } else {
                Epoch::from_number(session.epoch().number().saturating_sub(ago))
            };
            let reaction = session.handle(epoch, event, Instant::from_millis(now));
            if reaction.effects.contains(&Effect::Connect) {
                begun.push(reaction.epoch);
            }
            note(&session, &reaction, &mut reported);
        }
        // However it stands, asking to leave ends it within the bound, with nobody answering.
        let epoch = session.epoch();
        let reaction = session.handle(epoch, Event::ExitRequested, Instant::from_millis(now));
        note(&session, &reaction, &mut reported);
        let bound = u64::try_from(Policy::default().total().as_millis()).expect("milliseconds");
        reach(&mut session, now + bound, &mut reported);
        prop_assert!(matches!(session.state(), State::Idle | State::Exited(_)));
        prop_assert_eq!(reported, begun);
    }
}

/// Reaches every deadline up to this millisecond.
fn reach(session: &mut Session, now: u64, reported: &mut Vec<Epoch>) {
    while let Some(due) = session
        .poll_timeout()
        .filter(|due| due.at <= Instant::from_millis(now))
    {
        let reaction = session.handle(session.epoch(), Event::DeadlineReached(due.wait), due.at);
        note(session, &reaction, reported);
        assert_ne!(
            session.poll_timeout(),
            Some(due),
            "a deadline that is reached moves (G-17)"
        );
    }
}

fn note(session: &Session, reaction: &exeunt_core::Reaction, reported: &mut Vec<Epoch>) {
    if reaction.effects.contains(&Effect::ReportExit) {
        let report = session.report().expect("what is reported is there");
        assert!(report.took <= Policy::default().total(), "{report:?}");
        reported.push(reaction.epoch);
    }
}
