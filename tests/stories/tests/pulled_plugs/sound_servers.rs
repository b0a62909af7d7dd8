//! The sound server is a process like any other, and ends like one.

use exeunt_port::DeviceKind;
use exeunt_pulse_server::{PulseServer, Stream};
use exeunt_requirements::{check, nothing, same};
use exeunt_runtime::{Outcome, Reason};
use exeunt_stories::{Entering, Person, Service, Signal, now_micros, until};
use libtest_mimic::Failed;

const DEVICES: [DeviceKind; 2] = [DeviceKind::Microphone, DeviceKind::Speaker];

pub(crate) fn killed_in_mid_call() -> Result<(), Failed> {
    let (server, service) = (PulseServer::start()?, Service::start()?);
    let mut alice = entered_with_sound(&server, &service)?;
    server.kill()?;
    for kind in DEVICES {
        alice.until("a device that vanished", |line| {
            line.says_device(kind, "vanished")
        })?;
        alice.until("a device that is off", |line| {
            line.says_device(kind, "released")
        })?;
    }
    // The stay goes on: alice still hears who comes and goes.
    let mut bob = Person::named("bob")?.enter(&service.url())?;
    let user = bob.user().clone();
    alice.until("bob's coming", |line| line.says_entered(&user))?;
    bob.type_in("q")?;
    bob.exited(Reason::LocalExit)?.was_clean()?;
    alice.until("bob's leaving", |line| line.says_left(&user) == Some(0))?;

    alice.type_in("q")?;
    let ending = alice.exited(Reason::LocalExit)?;
    for kind in DEVICES {
        ending.device_was(kind, Outcome::Vanished)?;
    }
    Ok(ending.was_clean()?)
}

pub(crate) fn stopped_during_the_exit() -> Result<(), Failed> {
    let (server, service) = (PulseServer::start()?, Service::start()?);
    let mut alice = entered_with_sound(&server, &service)?;
    server.stop()?;
    alice.type_in("q")?;
    let ending = alice.exited(Reason::LocalExit)?;
    ending.device_was(DeviceKind::Microphone, Outcome::TimedOut)?;
    // Whoever lives is told all the same.
    ending.departure_was(Outcome::Done)?;
    // The process has ended, whatever its threads waited for. The server learns that when it goes on.
    server.cont()?;
    nobody_is_left(&server)
}

/// The exit begins before the microphone and the speaker are open, and nobody answers.
pub(crate) fn stopped_while_opening() -> Result<(), Failed> {
    let (server, service) = (PulseServer::start()?, Service::start()?);
    server.stop()?;
    let mut alice = with_sound(&server)?.enter(&service.url())?;
    alice.until_entered()?;
    alice.type_in("q")?;
    let ending = alice.exited(Reason::LocalExit)?;
    // Whoever connects gives up after as long as the exit waits; either may be the first to say so.
    let microphone = ending.device(DeviceKind::Microphone)?.line.outcome;
    check(
        matches!(microphone, Outcome::TimedOut | Outcome::NotOwed),
        || format!("a microphone that never opened was let go of: {microphone}"),
    )?;
    ending.departure_was(Outcome::Done)?;
    let opened = ending.line(|line| line.says_device(DeviceKind::Microphone, "open"));
    check(opened.is_none(), || {
        "a stopped server opened a microphone".to_owned()
    })?;
    server.cont()?;
    nobody_is_left(&server)
}

pub(crate) fn process_killed() -> Result<(), Failed> {
    let (server, service) = (PulseServer::start()?, Service::start()?);
    let alice = entered_with_sound(&server, &service)?;
    alice.signal(Signal::Kill)?;
    alice.end_of_process()?;
    nobody_is_left(&server)
}

/// Releasing waits for nothing remote (G-6): the sound server has the microphone back while the
/// departure still waits for an answer.
pub(crate) fn microphone_before_the_departure() -> Result<(), Failed> {
    let server = PulseServer::start()?;
    let service = Service::start_with_lease(Service::LONG_LEASE)?;
    let mut alice = entered_with_sound(&server, &service)?;
    service.signal(Signal::Stop)?;
    alice.type_in("q")?;
    nobody_is_left(&server)?;
    let seen = now_micros();
    let ending = alice.exited(Reason::LocalExit)?;
    ending.departure_was(Outcome::TimedOut)?;
    for kind in DEVICES {
        ending.device_was(kind, Outcome::Done)?;
    }
    let exit = ending.line(|line| line.callback("onExitRoom").is_some());
    let exit = exit.ok_or("no onExitRoom")?.at_micros();
    check(seen < exit, || {
        format!(
            "the devices were seen off {} us after onExitRoom",
            seen - exit
        )
    })
}

fn with_sound(server: &PulseServer) -> Result<Entering, Failed> {
    Ok(Person::named("alice")?
        .with_microphone("default")
        .with_speaker("default")
        .with_env(server.env()))
}

/// Somebody in the room, with a microphone and a speaker that the server knows of.
fn entered_with_sound(server: &PulseServer, service: &Service) -> Result<Person, Failed> {
    let mut alice = with_sound(server)?.enter(&service.url())?;
    alice.until_entered()?;
    for kind in DEVICES {
        alice.until("an open device", |line| line.says_device(kind, "open"))?;
    }
    let of = |streams: Vec<Stream>| streams.into_iter().map(|stream| stream.process);
    let expected = [Some(alice.process())];
    same(
        "who records",
        &of(server.source_outputs()?).collect::<Vec<_>>()[..],
        &expected[..],
    )?;
    same(
        "who plays",
        &of(server.sink_inputs()?).collect::<Vec<_>>()[..],
        &expected[..],
    )?;
    Ok(alice)
}

/// Nobody records or plays any more; a server learns of a process's end a little later.
fn nobody_is_left(server: &PulseServer) -> Result<(), Failed> {
    let look = || {
        let (recording, playing) = (server.source_outputs()?, server.sink_inputs()?);
        Ok::<_, Failed>([recording, playing].concat())
    };
    let left = until("a sound server that nobody uses", look, Vec::is_empty)?;
    nothing("streams", &left)
}
