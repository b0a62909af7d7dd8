//! What is said is heard.

use exeunt_pulse_server::PulseServer;
use exeunt_requirements::check;
use exeunt_runtime::Reason;
use libtest_mimic::Failed;

use crate::envelope::Envelope;
use crate::scene::{Scene, Speech, speaking, with_microphone_of};

/// What the meter counts in.
const RATE: u32 = 48_000;
/// Packets of 20 ms.
const EVERY_SECOND: usize = 50;

/// How much two recordings of one sentence are alike at least; 0.96 was the least that was measured.
const SAME: f64 = 0.85;
/// How much two sentences are alike at most; 0.56 was the most that was measured.
const OTHER: f64 = 0.7;

/// Alice's microphone is spoken into, bob's is as real but nobody speaks. The listener hears alice's
/// sentence and no other, and of bob as much, but silence.
pub(crate) fn heard() -> Result<(), Failed> {
    let (loud, speech) = speaking()?;
    let quiet = PulseServer::start()?;
    let scene = Scene::set()?;
    let mut alice = with_microphone_of(&loud, "alice")?.enter(&scene.url())?;
    let mut bob = with_microphone_of(&quiet, "bob")?.enter(&scene.url())?;

    // The sentence is said again and again. It is listened to until it was heard.
    let said = Envelope::of_file(&speech.wav())?;
    let alice_heard = scene.hear(alice.user(), |steps| {
        steps.len().is_multiple_of(EVERY_SECOND)
            && said.is_within(&Envelope::of_steps(steps, RATE)) > SAME
    })?;
    let bob_heard = scene.hear(bob.user(), |steps| steps.len() >= alice_heard.len())?;

    let sound = Envelope::of_steps(&alice_heard, RATE);
    check(sound.peak() > 0.05, || {
        format!("that is no speech: {}", sound.peak())
    })?;
    check(sound.pauses() >= 4, || {
        format!("speech has pauses; this has {}", sound.pauses())
    })?;
    let not_said =
        Speech::of("Somebody else says something else here, and goes on without a pause.")?;
    let likeness = Envelope::of_file(&not_said.wav())?.is_within(&sound);
    check(likeness < OTHER, || {
        format!("another sentence is as much like it: {likeness}")
    })?;

    let silence = Envelope::of_steps(&bob_heard, RATE);
    check(silence.peak() < 0.001, || {
        format!("nobody spoke to bob: {}", silence.peak())
    })?;
    let likeness = said.is_within(&silence);
    check(likeness < OTHER, || {
        format!("silence is no sentence: {likeness}")
    })?;

    for person in [&mut alice, &mut bob] {
        person.type_in("q")?;
    }
    alice.exited(Reason::LocalExit)?.was_clean()?;
    bob.exited(Reason::LocalExit)?.was_clean()?;
    Ok(())
}
