//! Somebody asks the process to end, in every phase.

use exeunt_port::DeviceKind;
use exeunt_requirements::check;
use exeunt_runtime::{Outcome, Reason};
use exeunt_stories::{Line, Person, Service, Signal, SilentDoor};
use libtest_mimic::Failed;

pub(crate) fn while_entering() -> Result<(), Failed> {
    for signal in Signal::ASKING {
        let door = SilentDoor::open()?;
        let alice = Person::named("alice")?
            .with_microphone("tone")
            .enter(&door.url())?;
        let _at_the_door = door.knock()?;
        alice.signal(signal)?;
        let ending = alice.exited(Reason::LocalExit)?;
        ending.device_was(DeviceKind::Microphone, Outcome::Done)?;
        let entered = ending.line(|line| line.callback("onEnterRoom").is_some());
        check(entered.is_none(), || "nobody let alice in".to_owned())?;
    }
    Ok(())
}

/// Before anything is begun a signal may kill the process, or stop it, and nothing is owed. From the
/// moment it says that it has begun, an exit is owed and comes.
pub(crate) fn right_after_the_start() -> Result<(), Failed> {
    /// What is right after the start is a matter of luck, so it is tried again.
    const TRIALS: usize = 4;
    let service = Service::start()?;
    for signal in Signal::ASKING.repeat(TRIALS) {
        let alice = Person::named("alice")?.enter(&service.url())?;
        alice.signal(signal)?;
        begun_or_not(alice)?;

        let mut alice = Person::named("alice")?.enter(&service.url())?;
        alice.until("its beginning", |line| line.kind() == "began")?;
        alice.signal(signal)?;
        alice.exited(Reason::LocalExit)?.was_clean()?;
    }
    Ok(())
}

fn begun_or_not(person: Person) -> Result<(), Failed> {
    let (said, status) = person.end_of_process()?;
    if said.iter().all(|line| line.kind() != "began") {
        // Killed before it listened, or stopped in good order before it began.
        let kinds: Vec<_> = said.iter().map(Line::kind).collect();
        let has_ended = matches!((&kinds[..], status), ([], None) | (["failure"], Some(130)));
        return check(has_ended, || {
            format!("status {status:?} of somebody who has not begun: {said:?}")
        });
    }
    let exits = said
        .iter()
        .filter(|line| line.callback("onExitRoom").is_some())
        .count();
    check((exits, status) == (1, Some(0)), || {
        format!("{exits} exits, status {status:?}: {said:?}")
    })
}

pub(crate) fn in_the_room() -> Result<(), Failed> {
    let service = Service::start()?;
    for signal in Signal::ASKING {
        let alice = in_room(&service)?;
        alice.signal(signal)?;
        let ending = alice.exited(Reason::LocalExit)?;
        ending.departure_was(Outcome::Done)?;
        ending.was_clean()?;
    }
    Ok(())
}

/// The service does not answer, so that there is an exit to ask into.
pub(crate) fn while_exiting() -> Result<(), Failed> {
    let service = Service::start_with_lease(Service::LONG_LEASE)?;
    let mut alice = in_room(&service)?;
    service.signal(Signal::Stop)?;
    alice.signal(Signal::Interrupt)?;
    alice.until_exiting()?;
    for signal in Signal::ASKING {
        alice.signal(signal)?;
    }
    alice.type_in("q")?;
    alice.close_input();
    let ending = alice.exited(Reason::LocalExit)?;
    ending.departure_was(Outcome::TimedOut)?;
    Ok(ending.device_was(DeviceKind::Microphone, Outcome::Done)?)
}

pub(crate) fn by_the_end_of_the_input() -> Result<(), Failed> {
    let service = Service::start()?;
    let mut alice = in_room(&service)?;
    alice.close_input();
    let ending = alice.exited(Reason::LocalExit)?;
    ending.departure_was(Outcome::Done)?;
    Ok(ending.was_clean()?)
}

fn in_room(service: &Service) -> Result<Person, Failed> {
    let mut alice = Person::named("alice")?
        .with_microphone("tone")
        .enter(&service.url())?;
    alice.until_entered()?;
    alice.until("an open microphone", |line| {
        line.says_device(DeviceKind::Microphone, "open")
    })?;
    Ok(alice)
}
