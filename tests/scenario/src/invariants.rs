//! What has to hold about every event, guarantee by guarantee.
//!
//! Each invariant sees what was done and what the [`Reference`] would have done, and answers with what
//! it found wrong. The first one that finds something names the guarantee.

use exeunt_core::{Effect, Epoch, Event, Reason, Slot, Timeout};

use crate::{Guarantee, Reference};

/// One event, and what was done about it.
pub(crate) struct Scene<'run> {
    pub(crate) epoch: Epoch,
    pub(crate) event: Event,
    pub(crate) before: &'run Reference,
    pub(crate) after: &'run Reference,
    pub(crate) expected: &'run [(Epoch, Effect)],
    pub(crate) done: &'run [(Epoch, Effect)],
    pub(crate) due_before: Option<Timeout>,
    pub(crate) due_after: Option<Timeout>,
    pub(crate) exit_reason: Option<Reason>,
}

type Invariant = fn(&Scene<'_>) -> Result<(), String>;

/// Every invariant, in the order in which they are looked at.
pub(crate) const INVARIANTS: [(Guarantee, Invariant); 15] = [
    (Guarantee::Numbered, numbered),
    (Guarantee::Once, reported_once),
    (Guarantee::OneWayOut, nothing_is_owed_when_it_is_reported),
    (Guarantee::Silence, gate_before_everything),
    (Guarantee::OnlyItsOwn, lent_is_not_released),
    (Guarantee::LateIsUndone, late_is_undone),
    (Guarantee::OneWayOut, released_when_the_exit_begins),
    (Guarantee::ReallyOff, released_when_asked),
    (Guarantee::Told, told_before_closed),
    (Guarantee::Bounded, local_before_remote),
    (Guarantee::NoResurrection, nothing_comes_back),
    (Guarantee::CleanReentry, entered_anew_only_after_the_end),
    (Guarantee::ThroughToTheEnd, closed_once_told),
    (Guarantee::Why, the_first_cause_stands),
    (Guarantee::Progress, every_wait_has_an_end),
];

fn numbered(scene: &Scene<'_>) -> Result<(), String> {
    if let Some((epoch, effect)) = scene.done.iter().find(|(epoch, _)| *epoch != scene.epoch) {
        return Err(format!(
            "{effect:?} is done for stay {epoch} about an event of stay {}",
            scene.epoch
        ));
    }
    let is_foreign = scene.epoch != scene.after.epoch();
    hold(
        !is_foreign || scene.due_before == scene.due_after,
        "an event of another stay changes what is waited for",
    )?;
    let surplus = scene
        .done
        .iter()
        .find(|(_, effect)| scene.surplus(*effect) > 0);
    match surplus {
        Some((_, effect)) if is_foreign => Err(format!(
            "an event of stay {}, which is not under way, leads to {effect:?}",
            scene.epoch
        )),
        Some(_) | None => Ok(()),
    }
}

fn reported_once(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.missing(Effect::ReportExit) == 0,
        "nothing is owed any more, and onExitRoom is not called",
    )?;
    let is_outside = !scene.after.is_in_room() && !scene.after.is_exiting();
    hold(
        scene.surplus(Effect::ReportExit) == 0 || !is_outside,
        "onExitRoom is called again for a stay whose end was reported, or for none",
    )
}

fn nothing_is_owed_when_it_is_reported(scene: &Scene<'_>) -> Result<(), String> {
    if scene.surplus(Effect::ReportExit) == 0 {
        return Ok(());
    }
    let owed = scene.after.owed().join("; ");
    Err(format!(
        "onExitRoom is called while something is owed: {owed}"
    ))
}

fn gate_before_everything(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.missing(Effect::GateMedia) == 0,
        "the exit begins, and the gate is not closed in the same step",
    )?;
    hold(
        scene.surplus(Effect::GateMedia) == 0,
        "the gate is closed although no exit begins here",
    )?;
    let gates = scene
        .expected
        .iter()
        .any(|(_, effect)| *effect == Effect::GateMedia);
    hold(
        !gates || scene.done.first().map(|(_, effect)| *effect) == Some(Effect::GateMedia),
        "something else is done before the gate is closed",
    )
}

fn lent_is_not_released(scene: &Scene<'_>) -> Result<(), String> {
    each_slot(|slot| {
        let released = scene.surplus(Effect::ReleaseDevice(slot)) > 0;
        hold(
            !released || !scene.before.is_lent(slot),
            &format!("device {slot} was lent, and is released"),
        )
    })
}

fn late_is_undone(scene: &Scene<'_>) -> Result<(), String> {
    if let Event::DeviceOpened(slot) = scene.event {
        return hold(
            scene.missing(Effect::ReleaseDevice(slot)) == 0,
            &format!("device {slot} opened too late, and is not released at once"),
        );
    }
    let lacking = scene.missing(Effect::AnnounceDeparture) + scene.missing(Effect::CloseTransport);
    hold(
        scene.event != Event::Entered || lacking == 0,
        "the connect succeeded too late, and is not announced and closed",
    )
}

fn released_when_the_exit_begins(scene: &Scene<'_>) -> Result<(), String> {
    let begins = scene.before.is_in_room() && !scene.after.is_in_room();
    each_slot(|slot| {
        hold(
            !begins || scene.missing(Effect::ReleaseDevice(slot)) == 0,
            &format!(
                "the exit begins, and the release of device {slot} is not asked for in the same step"
            ),
        )
    })
}

fn released_when_asked(scene: &Scene<'_>) -> Result<(), String> {
    each_slot(|slot| {
        hold(
            scene.missing(Effect::ReleaseDevice(slot)) == 0,
            &format!("device {slot} is to be released, and that is not asked for"),
        )?;
        hold(
            scene.surplus(Effect::ReleaseDevice(slot)) == 0,
            &format!("the release of device {slot} is asked for without need"),
        )
    })
}

fn told_before_closed(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.missing(Effect::AnnounceDeparture) == 0,
        "the others are to be told, and they are not",
    )?;
    hold(
        scene.surplus(Effect::AnnounceDeparture) == 0,
        "a departure is announced that is not owed, or was announced already",
    )?;
    hold(
        scene.surplus(Effect::CloseTransport) == 0 || !scene.after.is_telling(),
        "the transport is closed while the others are still to be told",
    )
}

fn local_before_remote(scene: &Scene<'_>) -> Result<(), String> {
    let is_remote = |effect: &Effect| {
        matches!(
            effect,
            Effect::AbandonConnect | Effect::AnnounceDeparture | Effect::CloseTransport
        )
    };
    let effects = scene.done.iter().map(|(_, effect)| effect);
    let mut rest = effects.skip_while(|effect| !is_remote(effect));
    hold(
        !rest.any(|effect| matches!(effect, Effect::GateMedia | Effect::ReleaseDevice(_))),
        "something local comes after something that goes over the network",
    )?;
    let due = scene.due_after.map(|due| due.at);
    let began = scene.after.exit_began();
    match (due, began) {
        (Some(due), Some(began)) if scene.after.is_exiting() => hold(
            due <= began.after(scene.after.policy().total()),
            "it waits for longer than the exit may take",
        ),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn nothing_comes_back(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.missing(Effect::AbandonConnect) == 0,
        "the exit begins, and what is connecting is not abandoned",
    )?;
    hold(
        scene.surplus(Effect::AbandonConnect) == 0,
        "a connect is abandoned where none is under way",
    )?;
    each_slot(|slot| {
        hold(
            scene.surplus(Effect::OpenDevice(slot)) == 0,
            &format!("device {slot} is opened although nobody may want it now"),
        )?;
        hold(
            scene.missing(Effect::OpenDevice(slot)) == 0,
            &format!("device {slot} was asked for in the room, and is not opened"),
        )
    })?;
    hold(
        scene.surplus(Effect::ReportEntered) == 0,
        "onEnterRoom is called for somebody who is not entering",
    )?;
    hold(
        scene.missing(Effect::ReportEntered) == 0,
        "the server let us in, and onEnterRoom is not called",
    )
}

fn entered_anew_only_after_the_end(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.surplus(Effect::Connect) == 0,
        "a connect begins although the old stay is not over, or nobody asked for it",
    )?;
    hold(
        scene.missing(Effect::Connect) == 0,
        "nobody is in a room, and entering one begins nothing",
    )
}

fn closed_once_told(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        scene.missing(Effect::CloseTransport) == 0,
        "the announcement is settled, and the transport is not asked to close",
    )?;
    hold(
        scene.surplus(Effect::CloseTransport) == 0,
        "the transport is asked to close without need",
    )
}

fn the_first_cause_stands(scene: &Scene<'_>) -> Result<(), String> {
    let should = scene.after.verdict().map(|verdict| verdict.cause.reason());
    if scene.exit_reason == should {
        return Ok(());
    }
    Err(format!(
        "the reason of the exit is {:?}; by what came first it is {should:?}",
        scene.exit_reason
    ))
}

fn every_wait_has_an_end(scene: &Scene<'_>) -> Result<(), String> {
    hold(
        !scene.after.is_exiting() || scene.due_after.is_some(),
        "it waits for its exit without a deadline",
    )?;
    let is_waiting = scene.after.is_exiting() || scene.after.is_in_room();
    hold(
        is_waiting || scene.due_after.is_none(),
        "it asks to be called back although it is not in a room",
    )?;
    let reached = scene.before.poll_timeout().map(|due| due.wait);
    let is_reached = reached.is_some_and(|wait| scene.event == Event::DeadlineReached(wait));
    let moved = scene.before.poll_timeout() != scene.after.poll_timeout();
    hold(
        !is_reached || !moved || scene.due_before != scene.due_after,
        "a deadline was reached, and it is waited for again",
    )
}

impl Scene<'_> {
    /// How much oftener an effect should have been asked for than it was.
    fn missing(&self, effect: Effect) -> usize {
        count(self.expected, effect).saturating_sub(count(self.done, effect))
    }

    /// How much oftener an effect was asked for than it should have been.
    fn surplus(&self, effect: Effect) -> usize {
        count(self.done, effect).saturating_sub(count(self.expected, effect))
    }
}

fn each_slot(check: impl FnMut(Slot) -> Result<(), String>) -> Result<(), String> {
    Slot::all().try_for_each(check)
}

fn count(effects: &[(Epoch, Effect)], effect: Effect) -> usize {
    effects.iter().filter(|(_, one)| *one == effect).count()
}

fn hold(holds: bool, found: &str) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| found.to_owned())
}
