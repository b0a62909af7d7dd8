//! What people do in a call: another default device, a headset plugged in and out.
//!
//! A sound server moves a stream to another device where it can, without a word to whoever records or
//! plays. So either the stay goes on: bob hears alice, or is heard at her new speaker. Or the device is
//! reported as vanished, and the server has nothing of it. What is never seen is a hang.

use std::time::Duration;

use exeunt_cpal::CpalMicrophone;
use exeunt_pulse_server::Stream;
use exeunt_requirements::{Told, check};
use exeunt_runtime::{DeviceKind, Outcome, Policy, Reason};
use libtest_mimic::Failed;

use crate::alice::{Alice, DEVICES, InRoom};
use crate::bob::Bob;
use crate::outside::{NOTHING, looked_at_from_outside};
use crate::stage::{Stage, until};

pub(crate) const HEADSET: &str = "headset";
/// More than the patience of a device whose server says nothing.
const THREE_SECONDS: Duration = Duration::from_secs(3);

pub(crate) fn default_microphone(stage: &mut Stage) -> Told {
    let (bob, mut alice) = in_a_call(stage)?;
    let _headset = stage.server.plug_in_microphone(HEADSET)?;
    stage.server.set_default_microphone(HEADSET)?;
    is_used(stage, HEADSET)?;
    goes_on_or_has_vanished(stage, DeviceKind::Microphone, &bob, &mut alice)?;
    leaves_well(stage, alice)
}

pub(crate) fn default_speaker(stage: &mut Stage) -> Told {
    let (bob, mut alice) = in_a_call(stage)?;
    let _headset = stage.server.plug_in_speaker(HEADSET)?;
    is_not_heard(stage, HEADSET)?;
    stage.server.set_default_speaker(HEADSET)?;
    is_used(stage, HEADSET)?;
    goes_on_or_has_vanished(stage, DeviceKind::Speaker, &bob, &mut alice)?;
    leaves_well(stage, alice)
}

pub(crate) fn microphone_pulled_out(stage: &mut Stage) -> Told {
    let headset = stage.server.plug_in_microphone(HEADSET)?;
    stage.server.set_default_microphone(HEADSET)?;
    let (bob, mut alice) = in_a_call(stage)?;
    is_used(stage, HEADSET)?;
    stage.server.unplug(&headset)?;
    goes_on_or_has_vanished(stage, DeviceKind::Microphone, &bob, &mut alice)?;
    leaves_well(stage, alice)
}

pub(crate) fn speaker_pulled_out(stage: &mut Stage) -> Told {
    let headset = stage.server.plug_in_speaker(HEADSET)?;
    stage.server.set_default_speaker(HEADSET)?;
    let (bob, mut alice) = in_a_call(stage)?;
    is_used(stage, HEADSET)?;
    is_not_heard(stage, "speaker")?;
    stage.server.unplug(&headset)?;
    goes_on_or_has_vanished(stage, DeviceKind::Speaker, &bob, &mut alice)?;
    leaves_well(stage, alice)
}

pub(crate) fn plugged_in_again(stage: &mut Stage) -> Told {
    let headset = stage.server.plug_in_microphone(HEADSET)?;
    let (bob, mut alice) = in_a_call(stage)?;
    let handle = alice.room.handle();
    // A second microphone beside the default one, by its name.
    let starts = |stage: &Stage| {
        let starting = handle.start(CpalMicrophone::named(HEADSET));
        stage.wait("the headset's start", starting)
    };
    let slot = starts(stage)??;
    alice.until_open(stage, &[DeviceKind::Microphone])?;
    is_used(stage, HEADSET)?;
    stage.server.unplug(&headset)?;
    // It may have vanished by itself, and then there is nothing to stop.
    let _ = stage.wait("the headset's stop", handle.stop(slot))?;

    let _headset = stage.server.plug_in_microphone(HEADSET)?;
    starts(stage)??;
    alice.until_open(stage, &[DeviceKind::Microphone])?;
    is_used(stage, HEADSET)?;
    bob.hears(stage, 5)?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    check(ending.report.is_clean(), || format!("{}", ending.report))?;
    stage.nothing_is_left()
}

pub(crate) fn stopped_and_continued(stage: &mut Stage) -> Told {
    let (bob, mut alice) = in_a_call(stage)?;
    stage.shows(2)?;
    let seen = looked_at_from_outside()?;
    check(seen != NOTHING, || {
        "a process that stands still in a call has let go".to_owned()
    })?;
    for kind in DEVICES {
        goes_on_or_has_vanished(stage, kind, &bob, &mut alice)?;
    }
    leaves_well(stage, alice)
}

pub(crate) fn in_a_call(stage: &Stage) -> Result<(Bob, InRoom), Failed> {
    let bob = Bob::enters(stage)?;
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    bob.hears(stage, 5)?;
    Ok((bob, alice))
}

pub(crate) fn is_used(stage: &Stage, name: &str) -> Told {
    let uses_it = |streams: &Vec<Stream>| streams.iter().any(|stream| stream.device == name);
    until(&format!("a stream on {name}"), || stage.ours(), uses_it)
}

/// Bob is heard elsewhere, so that what is heard here later is her speaker that went on.
fn is_not_heard(stage: &Stage, speaker: &str) -> Told {
    let loudness = Bob::loudness_at(stage, speaker)?;
    check(loudness < Bob::LOUD, || {
        format!("bob is heard at the {speaker} already: {loudness}")
    })
}

/// Three seconds pass, with sound where it is the microphone; or the device is told to have vanished
/// meanwhile.
fn goes_on_or_has_vanished(stage: &Stage, kind: DeviceKind, bob: &Bob, alice: &mut InRoom) -> Told {
    let make = stage.server.make();
    let going_on = async {
        match kind {
            DeviceKind::Microphone | DeviceKind::Camera => bob.packets(150).await,
            // Her microphone may be gone by now. How her speaker sounds is looked at afterwards.
            DeviceKind::Speaker => tokio::time::sleep(THREE_SECONDS).await,
        }
    };
    let either = async {
        tokio::select! {
            () = going_on => true,
            () = alice.vanishes(kind) => false,
        }
    };
    let went_on = stage.wait("an end of the waiting", either)?;
    let onlooker = stage.server.onlooker();
    let streams = || -> Result<Vec<Stream>, Failed> {
        let mut streams = match kind {
            DeviceKind::Speaker => onlooker.sink_inputs()?,
            DeviceKind::Microphone | DeviceKind::Camera => onlooker.source_outputs()?,
        };
        // Not those of a player that feeds the microphone and has just begun anew.
        streams.retain(|stream| stream.process == Some(std::process::id()));
        Ok(streams)
    };
    if went_on {
        let streams = streams()?;
        println!("{make}: the {kind} went on with {streams:?}");
        let used: Vec<_> = streams.iter().map(|stream| &stream.device).collect();
        let [device] = used.as_slice() else {
            return Err(format!("the {kind} went on with {streams:?}").into());
        };
        match kind {
            // Bob has heard her.
            DeviceKind::Microphone | DeviceKind::Camera => check(!device.is_empty(), || {
                format!("the {kind} went on with {streams:?}")
            }),
            DeviceKind::Speaker => {
                let loudness = || Bob::loudness_at(stage, device);
                let is_heard = |loudness: &f64| *loudness > Bob::LOUD;
                until(&format!("bob at the {device}"), loudness, is_heard)
            }
        }
    } else {
        println!("{make}: the {kind} has vanished");
        until("an end of its stream", streams, Vec::is_empty)
    }
}

pub(crate) fn leaves_well(stage: &Stage, alice: InRoom) -> Told {
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    ending.each_was(&[Outcome::Done, Outcome::Vanished])?;
    stage.nothing_is_left()
}
