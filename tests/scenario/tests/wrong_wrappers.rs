//! Every guarantee can be broken, and then the suite says which it was.

use exeunt_core::{Effect, Epoch, Event, Instant, Reason, Session, Timeout};
use exeunt_scenario::{Guarantee, Wrapper, check, histories};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

type Effects = Vec<(Epoch, Effect)>;

/// A session whose effects are spoilt on the way out.
struct Spoilt {
    session: Session,
    spoil: fn(&mut Effects, Epoch, Event),
    wait: fn(Option<Timeout>) -> Option<Timeout>,
    reason: fn(Option<Reason>) -> Option<Reason>,
}

impl Wrapper for Spoilt {
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Effects {
        let mut effects = Wrapper::handle(&mut self.session, epoch, event, now);
        (self.spoil)(&mut effects, epoch, event);
        effects
    }

    fn poll_timeout(&self) -> Option<Timeout> {
        (self.wait)(self.session.poll_timeout())
    }

    fn exit_reason(&self) -> Option<Reason> {
        (self.reason)(self.session.exit_reason())
    }
}

fn effects_spoilt(spoil: fn(&mut Effects, Epoch, Event)) -> impl Fn(Session) -> Spoilt {
    move |session| Spoilt {
        session,
        spoil,
        wait: |due| due,
        reason: |reason| reason,
    }
}

/// What is found wrong, history by history.
fn findings(wrong: impl Fn(Session) -> Spoilt) -> impl Iterator<Item = (Guarantee, String)> {
    let mut runner = TestRunner::deterministic();
    (0..2000).filter_map(move |_| {
        let tree = histories().new_tree(&mut runner);
        let history = tree.expect("the strategy rejects nothing").current();
        let violation = check(&history, wrong(Session::new(history.policy))).err()?;
        Some((violation.guarantee, violation.to_string()))
    })
}

#[track_caller]
fn is_caught(as_breaking: Guarantee, wrong: impl Fn(Session) -> Spoilt) {
    let (guarantee, message) = findings(wrong)
        .next()
        .expect("the suite finds nothing wrong with it");
    assert_eq!(guarantee, as_breaking, "{message}");
    assert!(
        message.contains(" -> "),
        "a transcript goes along: {message}"
    );
}

fn drop_effect(effects: &mut Effects, dropped: Effect) {
    effects.retain(|(_, effect)| *effect != dropped);
}

fn is_release(effect: Effect) -> bool {
    matches!(effect, Effect::ReleaseDevice(_))
}

#[test]
fn an_exit_that_is_not_reported_is_caught() {
    is_caught(
        Guarantee::Once,
        effects_spoilt(|effects, _, _| drop_effect(effects, Effect::ReportExit)),
    );
}

#[test]
fn an_exit_that_is_reported_twice_is_caught() {
    is_caught(
        Guarantee::Once,
        effects_spoilt(|effects, epoch, _| {
            if effects.contains(&(epoch, Effect::ReportExit)) {
                effects.push((epoch, Effect::ReportExit));
            }
        }),
    );
}

#[test]
fn an_exit_that_is_reported_before_its_end_is_caught() {
    is_caught(
        Guarantee::OneWayOut,
        effects_spoilt(|effects, epoch, _| {
            if effects.contains(&(epoch, Effect::AnnounceDeparture)) {
                effects.push((epoch, Effect::ReportExit));
            }
        }),
    );
}

#[test]
fn a_gate_that_closes_late_or_never_is_caught() {
    is_caught(
        Guarantee::Silence,
        effects_spoilt(|effects, _, _| drop_effect(effects, Effect::GateMedia)),
    );
    is_caught(
        Guarantee::Silence,
        effects_spoilt(|effects, _, _| effects.reverse()),
    );
}

#[test]
fn a_device_that_stays_on_when_the_exit_begins_is_caught() {
    is_caught(
        Guarantee::OneWayOut,
        effects_spoilt(|effects, epoch, _| {
            if effects.contains(&(epoch, Effect::GateMedia)) {
                effects.retain(|(_, effect)| !is_release(*effect));
            }
        }),
    );
}

#[test]
fn a_device_that_opens_late_and_stays_on_is_caught() {
    is_caught(
        Guarantee::LateIsUndone,
        effects_spoilt(|effects, _, event| {
            if matches!(event, Event::DeviceOpened(_)) {
                effects.clear();
            }
        }),
    );
}

#[test]
fn a_connect_that_succeeds_late_and_is_kept_is_caught() {
    is_caught(
        Guarantee::LateIsUndone,
        effects_spoilt(|effects, _, event| {
            if event == Event::Entered {
                effects.retain(|(_, effect)| *effect == Effect::ReportEntered);
            }
        }),
    );
}

#[test]
fn a_device_that_is_not_released_when_that_is_asked_is_caught() {
    is_caught(
        Guarantee::ReallyOff,
        effects_spoilt(|effects, _, event| {
            if matches!(event, Event::DeviceStopRequested(_)) {
                effects.clear();
            }
        }),
    );
}

#[test]
fn releasing_what_was_lent_is_caught() {
    let wrong = effects_spoilt(|effects, epoch, event| {
        // The wrapper of somebody who releases whatever is in the slot, and if there is nothing in it.
        if let Event::DeviceStopRequested(slot) = event
            && effects.is_empty()
        {
            effects.push((epoch, Effect::ReleaseDevice(slot)));
        }
    });
    let mut findings = findings(wrong).map(|(guarantee, _)| guarantee);
    assert!(findings.any(|guarantee| guarantee == Guarantee::OnlyItsOwn));
}

#[test]
fn leaving_without_a_word_is_caught() {
    is_caught(
        Guarantee::Told,
        effects_spoilt(|effects, epoch, _| {
            if effects.contains(&(epoch, Effect::GateMedia)) {
                drop_effect(effects, Effect::AnnounceDeparture);
            }
        }),
    );
}

#[test]
fn hanging_up_before_the_others_are_told_is_caught() {
    is_caught(
        Guarantee::Told,
        effects_spoilt(|effects, epoch, _| {
            if effects.contains(&(epoch, Effect::GateMedia))
                && effects.contains(&(epoch, Effect::AnnounceDeparture))
            {
                effects.push((epoch, Effect::CloseTransport));
            }
        }),
    );
}

#[test]
fn a_transport_that_is_never_closed_is_caught() {
    is_caught(
        Guarantee::ThroughToTheEnd,
        effects_spoilt(|effects, _, event| {
            if event == Event::DepartureFailed {
                drop_effect(effects, Effect::CloseTransport);
            }
        }),
    );
}

#[test]
fn the_network_before_the_camera_is_caught() {
    is_caught(
        Guarantee::Bounded,
        effects_spoilt(|effects, _, _| {
            // The gate stays first.
            if let Some(rest) = effects.get_mut(1..) {
                rest.reverse();
            }
        }),
    );
}

#[test]
fn a_connect_that_goes_on_is_caught() {
    is_caught(
        Guarantee::NoResurrection,
        effects_spoilt(|effects, _, _| drop_effect(effects, Effect::AbandonConnect)),
    );
}

#[test]
fn entering_beside_a_stay_is_caught() {
    is_caught(
        Guarantee::CleanReentry,
        effects_spoilt(|effects, epoch, event| {
            if event == Event::ExitRequested {
                effects.push((epoch, Effect::Connect));
            }
        }),
    );
}

#[test]
fn doing_for_one_stay_what_another_needs_is_caught() {
    is_caught(
        Guarantee::Numbered,
        effects_spoilt(|effects, _, _| {
            for (epoch, _) in effects {
                *epoch = epoch.next();
            }
        }),
    );
    is_caught(
        Guarantee::Numbered,
        effects_spoilt(|effects, epoch, event| {
            // Whichever stay was kicked.
            if event == Event::Kicked && effects.is_empty() {
                effects.push((epoch, Effect::GateMedia));
            }
        }),
    );
}

#[test]
fn a_wrong_reason_is_caught() {
    is_caught(Guarantee::Why, |session| Spoilt {
        session,
        spoil: |_, _, _| {},
        wait: |due| due,
        reason: |reason| reason.map(|_| Reason::LocalExit),
    });
}

#[test]
fn waiting_without_a_deadline_is_caught() {
    is_caught(Guarantee::Progress, |session| Spoilt {
        session,
        spoil: |_, _, _| {},
        wait: |_| None,
        reason: |reason| reason,
    });
}

#[test]
fn waiting_for_too_long_is_caught() {
    is_caught(Guarantee::Bounded, |session| Spoilt {
        session,
        spoil: |_, _, _| {},
        wait: |due| {
            due.map(|due| Timeout {
                at: Instant::from_micros(due.at.as_micros() + 60_000_000),
                ..due
            })
        },
        reason: |reason| reason,
    });
}

#[test]
fn with_a_machine_that_is_not_spoilt_nothing_is_found() {
    assert_eq!(findings(effects_spoilt(|_, _, _| {})).next(), None);
}
