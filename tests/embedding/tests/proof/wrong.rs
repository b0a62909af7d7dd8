//! Exits as they are really written, and what the suite says of them.

use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Reason, Timeout};
use exeunt_scenario::{Wrapper, check, histories};
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::proved::Proved;

/// Turns the camera off when the server has confirmed the goodbye: "first things first".
struct CameraLast {
    sdk: Proved,
    held_back: Vec<(Epoch, Effect)>,
}

impl Wrapper for CameraLast {
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)> {
        let mut effects = self.sdk.handle(epoch, event, now);
        if effects.contains(&(epoch, Effect::AnnounceDeparture)) {
            let is_release = |effect: &Effect| matches!(effect, Effect::ReleaseDevice(_));
            let releases = effects.iter().filter(|(_, effect)| is_release(effect));
            self.held_back.extend(releases.copied());
            effects.retain(|(_, effect)| !is_release(effect));
        }
        if event == Event::DepartureConfirmed {
            effects.append(&mut self.held_back);
        }
        effects
    }

    fn poll_timeout(&self) -> Option<Timeout> {
        self.sdk.poll_timeout()
    }

    fn exit_reason(&self) -> Option<Reason> {
        self.sdk.exit_reason()
    }
}

/// Calls back when it is kicked, and again when the leaving that was under way is done.
struct CallsTwice(Proved);

impl Wrapper for CallsTwice {
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)> {
        let mut effects = self.0.handle(epoch, event, now);
        let is_news = effects.contains(&(epoch, Effect::CloseTransport));
        if event == Event::Kicked && is_news {
            effects.push((epoch, Effect::ReportExit));
        }
        effects
    }

    fn poll_timeout(&self) -> Option<Timeout> {
        self.0.poll_timeout()
    }

    fn exit_reason(&self) -> Option<Reason> {
        self.0.exit_reason()
    }
}

/// What a developer of it would read: the message of the failure, after shrinking.
fn message<W: Wrapper>(wrong: impl Fn(Policy) -> W) -> String {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(2000)
    };
    let mut runner = TestRunner::new(config);
    let histories = histories().prop_map(|history| history.on_slots(&crate::SLOTS));
    let found = runner.run(&histories, |history| {
        check(&history, wrong(history.policy)).map_err(Into::into)
    });
    match found {
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => reason.message().to_owned(),
        Ok(()) => String::new(),
    }
}

#[test]
fn a_camera_that_waits_for_the_server_is_caught() {
    let message = message(|policy| CameraLast {
        sdk: Proved::new(policy),
        held_back: Vec::new(),
    });
    assert!(message.starts_with("G-3 One way out"), "{message}");
    assert!(
        message.contains("the release of device") && message.contains("ExitRequested"),
        "{message}"
    );
}

#[test]
fn a_callback_too_many_is_caught() {
    let message = message(|policy| CallsTwice(Proved::new(policy)));
    assert!(
        message.contains("onExitRoom is called while something is owed"),
        "{message}"
    );
    assert!(message.contains("Kicked"), "{message}");
}

/// The shortest history that shows it is short enough to be read.
#[test]
fn what_is_caught_is_told_in_few_lines() {
    let message = message(|policy| CallsTwice(Proved::new(policy)));
    let steps = message.lines().filter(|line| line.contains(" -> ")).count();
    assert!((1..=12).contains(&steps), "{steps} lines:\n{message}");
}
