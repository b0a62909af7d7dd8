//! A member that is suddenly not there any more.

use exeunt_requirements::{check, same};
use exeunt_runtime::Reason;
use exeunt_stories::{Person, Service, Signal, now_micros};
use libtest_mimic::Failed;

/// What a busy machine may add to a bound that only a clock outside of the process can see.
const BUSY_MICROS: u64 = 1_000_000;

/// `onRemoteUserLeaveRoom`'s number for somebody whose lease ran out.
const TIMED_OUT: u64 = 1;

pub(crate) fn killed() -> Result<(), Failed> {
    let service = Service::start()?;
    let (mut alice, bob) = two(&service)?;
    let user = bob.user().clone();
    let killed_at = now_micros();
    bob.signal(Signal::Kill)?;
    let (said, status) = bob.end_of_process()?;
    same("bob's exit status", &status, &None)?;
    check(said.iter().all(|line| line.report().is_none()), || {
        "bob had time for a report".to_owned()
    })?;

    let left = alice.until("bob's leaving", |line| line.says_left(&user).is_some())?;
    same("why bob left", &left.says_left(&user), &Some(TIMED_OUT))?;
    let after = left.at_micros().saturating_sub(killed_at);
    let lease = u64::try_from(service.lease().as_micros())?;
    check(after <= lease + BUSY_MICROS, || {
        format!("alice was told {after} us later; the lease is {lease} us (G-12)")
    })?;
    alice.type_in("q")?;
    Ok(alice.exited(Reason::LocalExit)?.was_clean()?)
}

/// Its socket stays open, so only the lease tells.
pub(crate) fn stopped() -> Result<(), Failed> {
    let service = Service::start()?;
    let (mut alice, bob) = two(&service)?;
    let user = bob.user().clone();
    bob.signal(Signal::Stop)?;
    let left = alice.until("bob's leaving", |line| line.says_left(&user).is_some())?;
    same("why bob left", &left.says_left(&user), &Some(TIMED_OUT))?;
    // The others were told that bob is out; so he is, and does not come back by himself (G-5).
    bob.signal(Signal::Continue)?;
    bob.exited(Reason::ConnectionLost)?;
    alice.type_in("q")?;
    let ending = alice.exited(Reason::LocalExit)?;
    ending.was_clean()?;
    let entered = ending.said.iter().filter(|line| line.says_entered(&user));
    same("how often bob came", &entered.count(), &1)
}

/// Two in the room, who know of each other.
fn two(service: &Service) -> Result<(Person, Person), Failed> {
    let enter = |name| {
        Person::named(name)?
            .with_microphone("tone")
            .enter(&service.url())
    };
    let (mut alice, mut bob) = (enter("alice")?, enter("bob")?);
    for (one, other) in [
        (&mut alice, bob.user().clone()),
        (&mut bob, "alice".parse()?),
    ] {
        one.until("the other's coming", |line| line.says_entered(&other))?;
    }
    Ok((alice, bob))
}
