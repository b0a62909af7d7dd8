//! Releasing: answered, dropped, hung.

use std::pin::pin;
use std::time::{Duration, Instant};

use exeunt_port::DeviceKind;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::Stage;
use super::opening::opens_again;
use super::running::silence;
use super::stage::Opened;
use crate::duty::{CAPTURED, DROP_DEVICE, RELEASE, RELEASE_DROPPED, RELEASED};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::{MOMENTS, until_it_waits};
use crate::patience::Patience;

pub(super) async fn released(stage: &Stage) -> Outcome {
    let Opened { device, mut side } = runs(stage).await?;
    // The link is not silenced: it is the release that has to end the capture.
    stage.releases(device).await?;
    while side.captured.try_next().is_some() {}
    let (packet, _) = silence(0);
    side.playback.push(packet);
    stage.is_let_go(&RELEASED, "release()", &mut side).await?;
    let late = side.captured.try_next();
    demand(&RELEASED, late.is_none(), || {
        let sequence = late.map(|frame| frame.sequence);
        format!("after release() had answered frame {sequence:?} was captured")
    })?;
    let untaken = side.playback.try_next().is_some();
    demand(&RELEASED, untaken, || {
        "after release() had answered a packet was taken to be played".to_owned()
    })
}

pub(super) async fn silenced_and_released(stage: &Stage) -> Outcome {
    let Opened { device, mut side } = runs(stage).await?;
    side.silence();
    stage.releases(device).await?;
    stage.is_let_go(&RELEASED, "release()", &mut side).await
}

pub(super) async fn not_held(stage: &Stage) -> Outcome {
    let before = stage.lab.held().await?;
    let Opened {
        device,
        side: _side,
    } = runs(stage).await?;
    // A system may show a moment later what runs already.
    let deadline = Instant::now() + stage.patience.bound();
    let mut open = stage.lab.held().await?;
    while open <= before && Instant::now() < deadline {
        sleep(Duration::from_millis(5)).await;
        open = stage.lab.held().await?;
    }
    if open <= before {
        let seen = format!("the lab shows {open} handles of an open device, and {before} before");
        return Err(crate::Obstacle::failed(seen).into());
    }
    stage.releases(device).await?;
    let after = stage.lab.held().await?;
    demand(&RELEASE, after <= before, || {
        format!("release() answered Ok, and the system shows {after} handles, {before} before")
    })
}

pub(super) async fn release_dropped(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let Opened { device, mut side } = runs(stage).await?;
        let answer = {
            let mut releasing = pin!(device.release());
            let held = until_it_waits(releasing.as_mut(), moment);
            stage.patience.answers(&RELEASE, "release()", held).await?
        };
        if answer.is_some() {
            break;
        }
        let after = format!("release() was dropped at its await {moment}");
        stage.is_let_go(&RELEASE_DROPPED, &after, &mut side).await?;
    }
    opens_again(stage).await
}

pub(super) async fn hung(stage: &Stage) -> Outcome {
    let Opened { device, mut side } = runs(stage).await?;
    stage.lab.hold_release().await?;
    side.silence();
    let answer = {
        let mut releasing = pin!(device.release());
        let held = until_it_waits(releasing.as_mut(), 1);
        stage.patience.answers(&RELEASE, "release()", held).await?
    };
    if let Some(answer) = answer {
        let seen = format!("the driver was held, and release() answered {answer:?}");
        return Err(Finding::broken(&RELEASE, seen));
    }
    stage.lab.let_go().await?;
    let after = "the driver came back from a release that was given up";
    stage.is_let_go(&RELEASE_DROPPED, after, &mut side).await?;
    opens_again(stage).await
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    /// Long for a destructor, even on a busy machine.
    const AT_ONCE: Duration = Duration::from_secs(1);
    let Opened { device, mut side } = runs(stage).await?;
    let at_once = Patience::new(AT_ONCE.min(stage.patience.bound()));
    // Where blocking does not hold up the suite.
    let dropping = spawn_blocking(move || drop(device));
    at_once
        .answers(&DROP_DEVICE, "dropping the open device", dropping)
        .await?
        .map_err(|panicked| {
            Finding::broken(&DROP_DEVICE, format!("dropping it panicked: {panicked}"))
        })?;
    let after = "the open device was dropped";
    stage.is_let_go(&DROP_DEVICE, after, &mut side).await?;
    opens_again(stage).await
}

/// Opens the device; one that captures has captured something then.
async fn runs(stage: &Stage) -> Result<Opened, Finding> {
    let opened = stage.opens().await?;
    match stage.kind() {
        DeviceKind::Microphone | DeviceKind::Camera => {
            let first = opened.side.captured.next();
            stage
                .patience
                .answers(&CAPTURED, "the first frame", first)
                .await?;
        }
        DeviceKind::Speaker => {}
    }
    Ok(opened)
}
