//! What holds for a session, with its clock and its numbers, in every configuration.
//!
//! A session is led into a configuration along the shortest path. The path's deadlines are reached
//! when they are due; everything else on it happens at once.

use core::time::Duration;
use std::collections::BTreeMap;

use exeunt_core::{
    DeviceStage, Disposition, Effect, Epoch, Event, Instant, Membership, Policy, Rejected, Session,
    Slot, State, Timeout, Wait,
};

use crate::alphabet::waits;

/// Every wait equally long, so that the deadlines of a path are due in whatever order it has them.
pub(crate) const POLICY: Policy = Policy {
    entering: Duration::from_secs(1),
    recovering: Duration::from_secs(1),
    opening: Duration::from_secs(1),
    departure: Duration::from_secs(1),
    device: Duration::from_secs(1),
    transport: Duration::from_secs(1),
};

/// Where something else takes longest in each: devices, the announcement, closing, nothing.
pub(crate) const UNEQUAL: [Policy; 4] = [
    Policy {
        device: Duration::from_secs(9),
        ..POLICY
    },
    Policy {
        departure: Duration::from_secs(9),
        ..POLICY
    },
    Policy {
        transport: Duration::from_secs(9),
        ..POLICY
    },
    POLICY,
];

/// The stay that a path is told to; there is room for older ones below it.
pub(crate) const STAY: Epoch = Epoch::from_number(7);

/// A session and what is known about it from outside.
#[derive(Clone)]
pub(crate) struct Led {
    pub(crate) session: Session,
    policy: Policy,
    now: Instant,
    /// When each wait under way began.
    began: BTreeMap<Wait, Instant>,
    exit_began: Option<Instant>,
    stay: Epoch,
}

impl Led {
    /// A session that is led along this path.
    pub(crate) fn along(path: &[Event]) -> Self {
        Self::along_with(path, POLICY)
    }

    /// With deadlines of another length some may be due on the way and are not told: what is checked of
    /// the way back to rest does not hold then, what is checked of an exit that begins here does.
    pub(crate) fn along_with(path: &[Event], policy: Policy) -> Self {
        let mut led = Self {
            session: Session::new(policy),
            policy,
            now: Instant::ZERO,
            began: BTreeMap::new(),
            exit_began: None,
            stay: STAY,
        };
        for event in path {
            if let Event::DeadlineReached(wait) = event {
                let due = led.began[wait].after(policy.bound(*wait));
                led.now = led.now.max(due);
            }
            led.happens(*event);
        }
        led
    }

    fn happens(&mut self, event: Event) -> Vec<Effect> {
        let reaction = self.session.handle(self.stay, event, self.now);
        let waits = waits(self.session.state());
        self.began.retain(|wait, _| waits.contains(wait));
        for wait in waits {
            self.began.entry(wait).or_insert(self.now);
        }
        if matches!(self.session.state(), State::Exiting(_) | State::Exited(_)) {
            self.exit_began.get_or_insert(self.now);
        }
        reaction.effects.to_vec()
    }
}

/// G-17: the deadline that a session asks for is that of the wait that is due first, counted from
/// when the wait began.
pub(crate) fn deadlines_count_from_the_beginning(led: &Led) -> Result<(), String> {
    let due = |(wait, began): (&Wait, &Instant)| Timeout {
        at: began.after(led.policy.bound(*wait)),
        wait: *wait,
    };
    let expected = led
        .began
        .iter()
        .map(due)
        .min_by_key(|due| (due.at, due.wait));
    match led.session.poll_timeout() {
        asked if asked == expected => Ok(()),
        asked => Err(format!("it asks for {asked:?}, and {expected:?} is next")),
    }
}

/// G-6, G-17: with a world that answers nothing from here on, deadlines alone bring the end, within
/// the bound after the exit began; somebody who is in a room has to ask for it.
/// Answers with how long that took.
pub(crate) fn silence_ends_the_exit(led: &Led) -> Result<Duration, String> {
    let mut led = led.clone();
    if matches!(led.session.state(), State::Idle) {
        return Ok(Duration::ZERO);
    }
    let bound = led.policy.total();
    led.happens(Event::ExitRequested);
    let mut reported = u32::from(matches!(led.session.state(), State::Exited(_)));
    while let Some(due) = led.session.poll_timeout() {
        led.now = led.now.max(due.at);
        let effects = led.happens(Event::DeadlineReached(due.wait));
        reported += u32::from(effects.contains(&Effect::ReportExit));
        if led.session.poll_timeout() == Some(due) {
            return Err(format!("{due:?} was reached and is still waited for"));
        }
    }
    let Some(report) = led.session.report() else {
        return Err(format!(
            "nothing is waited for in {:?}",
            led.session.state()
        ));
    };
    let took = led.exit_began.map(|began| led.now.since(began));
    if reported != 1 || took > Some(bound) || report.took > bound {
        return Err(format!(
            "{reported} reports, {took:?} after the exit began, {:?} by its own account; \
             the bound is {bound:?}",
            report.took,
        ));
    }
    Ok(report.took)
}

/// G-17: silence leads a stay to rest. Only somebody who is in, with every device at rest, may stay
/// for as long as he likes.
pub(crate) fn only_rest_lasts(led: &Led) -> Result<(), String> {
    let mut led = led.clone();
    // Each device can time out opening and releasing, the connection three times.
    for _ in 0..=3 + 2 * 3 {
        let Some(due) = led.session.poll_timeout() else {
            break;
        };
        led.now = led.now.max(due.at);
        led.happens(Event::DeadlineReached(due.wait));
    }
    let at_rest = match led.session.state() {
        State::Idle | State::Exited(_) => true,
        State::Exiting(_) => false,
        State::InRoom(stay) => {
            stay.membership == Membership::Entered
                && Slot::all().all(|slot| match led.session.state().device(slot) {
                    DeviceStage::Absent
                    | DeviceStage::Lent
                    | DeviceStage::Open
                    | DeviceStage::Settled(_) => true,
                    DeviceStage::Opening | DeviceStage::Releasing { .. } => false,
                })
        }
    };
    if at_rest && led.session.poll_timeout().is_none() {
        Ok(())
    } else {
        Err(format!("silence leads to {:?}", led.session.state()))
    }
}

/// G-4, G-10: whatever is told of an older stay changes nothing, and what it acquires is undone under
/// its own number; whatever is told of a stay to come is rejected.
pub(crate) fn other_stays_change_nothing(led: &mut Led, events: &[Event]) -> Result<(), String> {
    let visible = |session: &Session| {
        (
            *session.state(),
            session.epoch(),
            session.poll_timeout(),
            session.report(),
        )
    };
    // Late enough that every deadline would be due.
    let late = Instant::from_millis(3_600_000);
    let before = visible(&led.session);
    let older = Epoch::from_number(led.session.epoch().number().saturating_sub(1));
    let newer = led.session.next_epoch();
    for event in events {
        if older < led.session.epoch() {
            let reaction = led.session.handle(older, *event, late);
            let undone = if let Event::DeviceOpened(slot) = event {
                vec![Effect::ReleaseDevice(*slot)]
            } else if *event == Event::Entered {
                vec![Effect::AnnounceDeparture, Effect::CloseTransport]
            } else {
                Vec::new()
            };
            if reaction.effects.as_slice() != undone || reaction.epoch != older {
                return Err(format!("{event:?} of an older stay leads to {reaction:?}"));
            }
            if *event == Event::EnterRequested
                && reaction.disposition != Disposition::Rejected(Rejected::WrongEpoch)
            {
                return Err(format!("a stay began under an old number: {reaction:?}"));
            }
        }
        if *event != Event::EnterRequested {
            let reaction = led.session.handle(newer, *event, late);
            if reaction.disposition != Disposition::Rejected(Rejected::WrongEpoch)
                || !reaction.effects.is_empty()
            {
                return Err(format!(
                    "{event:?} of a stay that has not begun leads to {reaction:?}"
                ));
            }
        }
        if visible(&led.session) != before {
            return Err(format!("{event:?} of another stay changed this one"));
        }
    }
    Ok(())
}
