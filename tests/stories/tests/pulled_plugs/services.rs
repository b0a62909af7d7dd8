//! The service is suddenly not there any more.

use std::time::Duration;

use exeunt_port::DeviceKind;
use exeunt_requirements::{LATENESS, check, same};
use exeunt_runtime::{Outcome, Reason};
use exeunt_stories::{Ending, Person, Service, Signal};
use libtest_mimic::Failed;

pub(crate) fn killed() -> Result<(), Failed> {
    let service = Service::start()?;
    let people = two(&service)?;
    service.signal(Signal::Kill)?;
    for person in people {
        let ending = person.exited(Reason::ConnectionLost)?;
        lost_within_the_lease(&ending, service.lease())?;
        ending.device_was(DeviceKind::Microphone, Outcome::Done)?;
    }
    Ok(())
}

pub(crate) fn asked_to_end() -> Result<(), Failed> {
    let service = Service::start()?;
    let people = two(&service)?;
    service.signal(Signal::Terminate)?;
    for person in people {
        let ending = person.exited(Reason::ServerStopped)?;
        ending.departure_was(Outcome::NotOwed)?;
        ending.was_clean()?;
    }
    let status = service.end()?;
    check(status.success(), || {
        format!("the service ended with {status}")
    })
}

/// Alice leaves, and nobody answers; bob stays, and is told that he cannot.
pub(crate) fn stopped() -> Result<(), Failed> {
    let service = Service::start_with_lease(Service::LONG_LEASE)?;
    let [mut alice, bob] = two(&service)?;
    service.signal(Signal::Stop)?;
    alice.type_in("q")?;
    let ending = alice.exited(Reason::LocalExit)?;
    ending.departure_was(Outcome::TimedOut)?;
    ending.device_was(DeviceKind::Microphone, Outcome::Done)?;

    let ending = bob.exited(Reason::ConnectionLost)?;
    lost_within_the_lease(&ending, service.lease())?;
    ending.device_was(DeviceKind::Microphone, Outcome::Done)?;

    service.signal(Signal::Continue)?;
    service.signal(Signal::Terminate)?;
    let status = service.end()?;
    check(status.success(), || {
        format!("the service ended with {status}")
    })
}

/// Two in the room, who know of each other and have microphones.
fn two(service: &Service) -> Result<[Person; 2], Failed> {
    let enter = |name| {
        Person::named(name)?
            .with_microphone("tone")
            .enter(&service.url())
    };
    let mut people = [enter("alice")?, enter("bob")?];
    let [alice, bob] = &people;
    let others = [bob.user().clone(), alice.user().clone()];
    for (person, other) in people.iter_mut().zip(others) {
        person.until("the other's coming", |line| line.says_entered(&other))?;
        person.until("an open microphone", |line| {
            line.says_device(DeviceKind::Microphone, "open")
        })?;
    }
    Ok(people)
}

/// From `onConnectionLost` to `onExitRoom(100)` it is at most the rest of the lease, and the exit.
fn lost_within_the_lease(ending: &Ending, lease: Duration) -> Result<(), Failed> {
    let at = |name: &str| {
        let line = ending.line(|line| line.callback(name).is_some());
        line.map(exeunt_stories::Line::at_micros)
            .ok_or_else(|| Failed::from(format!("there was no {name}")))
    };
    let (lost, exit) = (at("onConnectionLost")?, at("onExitRoom")?);
    same("lost before the exit", &(lost <= exit), &true)?;
    let bound = u64::try_from((lease + ending.report.bound + LATENESS).as_micros())?;
    check(exit - lost <= bound, || {
        format!("it took {} us; {bound} us are allowed (G-17)", exit - lost)
    })
}
