//! The same device, opened before the room: handed over, dropped, lent, shared.

use std::pin::pin;
use std::sync::Arc;

use exeunt_port::{DeviceKind, FrameQueue, MediaFrame};
use exeunt_runtime::{
    Client, Departures, ExitReport, Outcome as Settled, Policy, Preview, RoomEvent, Shared,
};

use super::Stage;
use super::opening::opens_again;
use super::runtime::{ended, enters, enters_heard, is_open};
use crate::Obstacle;
use crate::borrowed::Borrowed;
use crate::duty::{CAPTURED, CLEAN, LENT, OPEN, OPEN_ABANDONED, RELEASE, SHARED};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::{MOMENTS, until_it_waits};

pub(super) async fn handed_over(stage: &Stage) -> Outcome {
    let preview = previews(stage).await?;
    shows(stage, &preview).await?;
    let mut room = enters(|client| client.with_preview(preview), Policy::default())?;
    is_open(stage, &mut room).await?;
    room.handle().request_exit();
    let (events, report) = ended(stage, room).await?;
    let is_released = |event: &RoomEvent| matches!(event, RoomEvent::DeviceReleased { .. });
    demand(&CLEAN, events.iter().any(is_released), || {
        format!("the exit was reported, and the preview was not released before: {events:?}")
    })?;
    demand(&CLEAN, outcomes(&report) == [Settled::Done], || {
        format!("{report}")
    })?;
    opens_again(stage).await
}

pub(super) async fn handed_over_while_opening(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let (held, tripwire) = stage.held_at(moment);
        let preview = Preview::open(held);
        stage.reaches(&tripwire).await?;
        let room = enters(|client| client.with_preview(preview), Policy::default())?;
        room.handle().request_exit();
        let (_, report) = ended(stage, room).await?;
        demand(&OPEN_ABANDONED, report.is_clean(), || {
            format!("handed over and left at await {moment} of open(): {report}")
        })?;
        if tripwire.answered_before() {
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let (held, tripwire) = stage.held_at(moment);
        let departures = Departures::new();
        let preview = Preview::open(held).tracked_by(&departures);
        stage.reaches(&tripwire).await?;
        drop(preview);
        let after = format!("a preview was dropped at await {moment} of open()");
        settles(stage, &departures, &after).await?;
        if tripwire.answered_before() {
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn release_dropped(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let departures = Departures::new();
        let preview = previews(stage).await?.tracked_by(&departures);
        let answer = {
            let mut releasing = pin!(preview.release());
            let held = until_it_waits(releasing.as_mut(), moment);
            stage.patience.answers(&RELEASE, "release()", held).await?
        };
        let after = format!("release() of a preview was dropped at its await {moment}");
        settles(stage, &departures, &after).await?;
        if let Some(answer) = answer {
            answer.map_err(|error| {
                Finding::broken(&RELEASE, format!("releasing a preview answered: {error}"))
            })?;
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn lent(stage: &Stage) -> Outcome {
    let preview = previews(stage).await?;
    for _ in 0..2 {
        let lent = preview.lend();
        let mut room = enters(|client| client.with_lent(lent), Policy::default())?;
        is_open(stage, &mut room).await?;
        room.handle().request_exit();
        let (_, report) = ended(stage, room).await?;
        demand(&LENT, outcomes(&report) == [Settled::NotOwed], || {
            format!("{report}")
        })?;
        shows(stage, &preview).await?;
    }
    let releasing = preview.release();
    let released = stage.patience.answers(&RELEASE, "release()", releasing);
    released.await?.map_err(|error| {
        Finding::broken(
            &RELEASE,
            format!("after it was lent release() answered: {error}"),
        )
    })?;
    opens_again(stage).await
}

pub(super) async fn shared(stage: &Stage) -> Outcome {
    /// Frames after the first has left: more than are under way.
    const ENOUGH: usize = 10;
    let device = Shared::new(Borrowed(Arc::clone(&stage.device)));
    let mut rooms = Vec::new();
    for _ in 0..2 {
        let device = device.clone();
        let bringing = |client: Client| client.with_device(device);
        let (mut room, sent) = enters_heard(bringing, Policy::default())?;
        is_open(stage, &mut room).await?;
        goes_on(stage, &sent, 1, "for one of two sessions").await?;
        rooms.push((room, sent));
    }
    let mut rooms = rooms.into_iter();
    let mut expected = [Settled::NotOwed, Settled::Done].into_iter();
    while let (Some((room, _)), Some(expected)) = (rooms.next(), expected.next()) {
        room.handle().request_exit();
        let (_, report) = ended(stage, room).await?;
        demand(&SHARED, outcomes(&report) == [expected], || {
            format!("the line of the device was to be {expected}: {report}")
        })?;
        // The report says so; whoever is still there has to have it.
        if let Some((_, sent)) = rooms.as_slice().first() {
            is_held(stage).await?;
            goes_on(stage, sent, ENOUGH, "for the one that stayed").await?;
        }
    }
    opens_again(stage).await
}

/// The system shows that somebody holds the device, where it shows anything.
async fn is_held(stage: &Stage) -> Outcome {
    match stage.lab.held().await {
        Ok(held) => demand(&SHARED, held > 0, || {
            "one of two sessions left, and the system shows that nobody holds the device".to_owned()
        }),
        // Then there is only what it captures.
        Err(Obstacle::NotOffered { .. }) => Ok(()),
        Err(obstacle) => Err(obstacle.into()),
    }
}

/// So many frames more are sent into the room, if it is a device that captures.
async fn goes_on(
    stage: &Stage,
    sent: &FrameQueue<MediaFrame>,
    frames: usize,
    whose: &str,
) -> Outcome {
    if stage.kind() == DeviceKind::Speaker {
        return Ok(());
    }
    while sent.try_next().is_some() {}
    for number in 1..=frames {
        let what = format!("frame {number} of {frames} {whose}");
        let frame = stage.patience.answers(&SHARED, &what, sent.next()).await?;
        demand(&SHARED, frame.is_some(), || {
            format!("before {what} the room was cut off")
        })?;
    }
    Ok(())
}

/// The device, open before any room.
async fn previews(stage: &Stage) -> Result<Preview, Finding> {
    let preview = Preview::open(Borrowed(Arc::clone(&stage.device)));
    let opened = stage
        .patience
        .answers(&OPEN, "open()", preview.opened())
        .await?;
    opened.map_err(|error| super::stage::could_not_open(&error))?;
    Ok(preview)
}

/// One that captures shows what it captures.
async fn shows(stage: &Stage, preview: &Preview) -> Outcome {
    match preview.kind() {
        DeviceKind::Microphone | DeviceKind::Camera => {
            let mirror = preview.frames();
            while mirror.try_next().is_some() {}
            let what = "a frame of the preview";
            let frame = stage
                .patience
                .answers(&CAPTURED, what, mirror.next())
                .await?;
            demand(&CAPTURED, frame.is_some(), || {
                "the preview ended".to_owned()
            })
        }
        DeviceKind::Speaker => Ok(()),
    }
}

/// What became of each device.
fn outcomes(report: &ExitReport) -> Vec<Settled> {
    let lines = report.devices.iter();
    lines.map(|line| line.line.outcome).collect()
}

/// Waits until what nobody waits for any more has been released.
async fn settles(stage: &Stage, departures: &Departures, after: &str) -> Outcome {
    let settled = departures.settled(stage.patience.bound()).await;
    demand(&RELEASE, settled, || {
        format!("{after}, and its device was not released")
    })
}
