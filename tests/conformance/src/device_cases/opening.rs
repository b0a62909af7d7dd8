//! Opening that is given up, or meets another one.

use std::pin::pin;

use exeunt_port::{DeviceError, DeviceKind, DeviceSide, OpenDevice};

use super::Stage;
use super::running::silence;
use super::stage::{Opened, could_not_open};
use crate::duty::{OPEN, OPEN_ABANDONED, OPEN_DROPPED, OPEN_HELD, OTHERS, RELEASE, RELEASE_SHARED};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::{MOMENTS, until_it_waits};

pub(super) async fn abandoned(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let mut opening = abandon(stage, moment).await?;
        let what = opening.what;
        match opening.answer {
            Ok(device) => stage.releases(device).await?,
            Err(DeviceError::Abandoned) => {}
            Err(error) => {
                let seen = format!("{what} answered: {error}");
                return Err(Finding::broken(&OPEN_ABANDONED, seen));
            }
        }
        let side = &mut opening.side;
        stage.is_let_go(&OPEN_ABANDONED, &what, side).await?;
        if opening.had_answered {
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn not_held(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let opening = abandon(stage, moment).await?;
        if let Ok(device) = opening.answer {
            stage.releases(device).await?;
        }
        let held = stage.lab.held().await?;
        demand(&OPEN_HELD, held == 0, || {
            let what = opening.what;
            format!("{what} has answered, and the system shows {held} handle(s)")
        })?;
        if opening.had_answered {
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn says_that_it_is_held(stage: &Stage) -> Outcome {
    stage.lab.stay_held().await?;
    let opening = abandon(stage, 1).await?;
    let answer = match opening.answer {
        // Whoever hands the device over says so when it is released.
        Ok(device) => {
            let releasing = device.release();
            stage
                .patience
                .answers(&RELEASE, "release()", releasing)
                .await?
                .err()
        }
        Err(error) => Some(error).filter(DeviceError::may_be_held),
    };
    demand(&OPEN_HELD, answer.is_some(), || {
        let what = opening.what;
        format!("the driver kept the device, and {what} says that nothing is held")
    })?;
    stage.lab.let_go().await?;
    opens_again(stage).await
}

/// An opening that was abandoned.
struct Abandoned {
    answer: Result<Box<dyn OpenDevice>, DeviceError>,
    /// Before it was abandoned: later moments there are none.
    had_answered: bool,
    what: String,
    side: DeviceSide,
}

async fn abandon(stage: &Stage, moment: usize) -> Result<Abandoned, Finding> {
    let (link, side) = Stage::link();
    let mut opening = pin!(stage.device.open(link));
    let held = until_it_waits(opening.as_mut(), moment);
    let answer = stage.patience.answers(&OPEN, "open()", held).await?;
    side.silence();
    let what = format!("open(), abandoned at its await {moment},");
    let had_answered = answer.is_some();
    let answer = match answer {
        Some(answer) => answer,
        None => {
            stage
                .patience
                .answers(&OPEN_ABANDONED, what.as_str(), opening)
                .await?
        }
    };
    Ok(Abandoned {
        answer,
        had_answered,
        what,
        side,
    })
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let (link, mut side) = Stage::link();
        let answer = {
            let mut opening = pin!(stage.device.open(link));
            let held = until_it_waits(opening.as_mut(), moment);
            stage.patience.answers(&OPEN, "open()", held).await?
        };
        if let Some(answer) = answer {
            // It answered before, so nothing was dropped; later moments there are none.
            let device = answer.map_err(|error| could_not_open(&error))?;
            stage.releases(device).await?;
            break;
        }
        let after = format!("open() was dropped at its await {moment}");
        stage.is_let_go(&OPEN_DROPPED, &after, &mut side).await?;
    }
    opens_again(stage).await
}

pub(super) async fn hung(stage: &Stage) -> Outcome {
    stage.lab.hold_opening().await?;
    let (link, mut side) = Stage::link();
    let answer = {
        let mut opening = pin!(stage.device.open(link));
        let held = until_it_waits(opening.as_mut(), 1);
        stage.patience.answers(&OPEN, "open()", held).await?
    };
    if let Some(answer) = answer {
        let seen = format!(
            "the driver was held, and open() answered {:?}",
            answer.err()
        );
        return Err(Finding::broken(&OPEN, seen));
    }
    // The runtime silences the link as well when it gives an opening up (G-4).
    side.silence();
    stage.lab.let_go().await?;
    let after = "the driver came back from an opening that was given up";
    stage.is_let_go(&OPEN_DROPPED, after, &mut side).await?;
    opens_again(stage).await
}

pub(super) async fn twice_at_once(stage: &Stage) -> Outcome {
    let ((first_link, first_side), (second_link, second_side)) = (Stage::link(), Stage::link());
    let first = stage.device.open(first_link);
    let second = stage.device.open(second_link);
    let both = async { tokio::join!(first, second) };
    let (first, second) = stage
        .patience
        .answers(&OPEN, "one of two open() at once", both)
        .await?;
    if let (Err(first), Err(second)) = (&first, &second) {
        let seen = format!("neither of two openings at once worked: {first}; {second}");
        return Err(Finding::broken(&OPEN, seen));
    }
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => {
            is_left_to_the_other(stage, first).await?;
            goes_on(stage, &second_side).await?;
            stage.releases(second).await?;
            return opens_again(stage).await;
        }
        one_at_most => one_at_most,
    };
    for (opened, side) in [(first, first_side), (second, second_side)] {
        is_open_or_busy(stage, opened, side).await?;
    }
    opens_again(stage).await
}

/// Releases the first of two that are open. One that is shared stays open for the other, and says so;
/// where each opening has a handle of its own, this one's is gone.
async fn is_left_to_the_other(stage: &Stage, device: Box<dyn OpenDevice>) -> Outcome {
    let released = stage
        .patience
        .answers(&RELEASE, "release()", device.release())
        .await?;
    match (released, stage.device.is_shared()) {
        (Ok(()), false) | (Err(DeviceError::StillShared { others: 1, .. }), true) => Ok(()),
        (Ok(()), true) => Err(Finding::broken(
            &RELEASE_SHARED,
            "is_shared() is true and another opening has it, and release() answered Ok",
        )),
        (Err(error @ DeviceError::StillShared { .. }), false) => {
            let seen = format!("is_shared() is false, and release() answered: {error}");
            Err(Finding::broken(&RELEASE_SHARED, seen))
        }
        (Err(error), _) => {
            let seen = format!("release() answered: {error}");
            Err(Finding::broken(&RELEASE, seen))
        }
    }
}

/// The other one captures, or plays, as if nothing had happened.
async fn goes_on(stage: &Stage, side: &DeviceSide) -> Outcome {
    match stage.kind() {
        DeviceKind::Microphone | DeviceKind::Camera => {
            while side.captured.try_next().is_some() {}
            let what = "after one of two openings was released, the other's next frame";
            let frame = side.captured.next();
            let frame = stage.patience.answers(&OTHERS, what, frame).await?;
            demand(&OTHERS, frame.is_some(), || "it was cut off".to_owned())
        }
        DeviceKind::Speaker => {
            let (packet, taken) = silence(0);
            side.playback.push(packet);
            let what = "after one of two openings was released, the other speaker";
            stage
                .patience
                .answers(&OTHERS, what, taken.cancelled())
                .await
        }
    }
}

async fn is_open_or_busy(
    stage: &Stage,
    opened: Result<Box<dyn OpenDevice>, DeviceError>,
    mut side: DeviceSide,
) -> Outcome {
    match opened {
        Ok(device) => stage.releases(device).await,
        Err(DeviceError::Busy { .. }) => {
            let after = "open() answered Busy";
            stage.is_let_go(&OPEN, after, &mut side).await
        }
        Err(error) => {
            let seen = format!("the other of two openings at once was not Busy: {error}");
            Err(Finding::broken(&OPEN, seen))
        }
    }
}

/// Whatever became of the openings before, the device can be opened and released.
pub(super) async fn opens_again(stage: &Stage) -> Outcome {
    let Opened {
        device,
        side: _side,
    } = stage.opens().await?;
    stage.releases(device).await
}
