//! The same device under the runtime.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{EnterRequest, FrameQueue, MediaFrame};
use exeunt_runtime::{Client, ExitReport, Outcome as Settled, Policy, Reason, Room, RoomEvent};

use super::Stage;
use super::empty_room::EmptyRoom;
use super::opening::opens_again;
use crate::borrowed::Borrowed;
use crate::duty::{CLEAN, OPEN, OPEN_ABANDONED, OPEN_HELD, REASON, REPORTED};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::MOMENTS;

pub(super) async fn released_first(stage: &Stage) -> Outcome {
    let device = Borrowed(Arc::clone(&stage.device));
    let mut room = enters(|client| client.with_device(device), Policy::default())?;
    is_open(stage, &mut room).await?;
    room.handle().request_exit();
    let (events, report) = ended(stage, room).await?;
    let is_released = |event: &RoomEvent| matches!(event, RoomEvent::DeviceReleased { .. });
    demand(&CLEAN, events.iter().any(is_released), || {
        format!("the exit was reported, and the device was not released before: {events:?}")
    })?;
    demand(
        &CLEAN,
        report.is_clean() && report.devices.len() == 1,
        || format!("{report}"),
    )
}

pub(super) async fn exit_while_opening(stage: &Stage) -> Outcome {
    for moment in 0..=MOMENTS {
        let (held, tripwire) = stage.held_at(moment);
        let room = enters(|client| client.with_device(held), Policy::default())?;
        stage.reaches(&tripwire).await?;
        room.handle().request_exit();
        let (_, report) = ended(stage, room).await?;
        demand(&OPEN_ABANDONED, report.is_clean(), || {
            format!("left at await {moment} of open(): {report}")
        })?;
        if tripwire.answered_before() {
            break;
        }
    }
    opens_again(stage).await
}

pub(super) async fn exit_leaving_it_held(stage: &Stage) -> Outcome {
    stage.lab.stay_held().await?;
    let (held, tripwire) = stage.held_at(1);
    let room = enters(|client| client.with_device(held), Policy::default())?;
    stage.reaches(&tripwire).await?;
    room.handle().request_exit();
    let (events, report) = ended(stage, room).await?;
    stage.lab.let_go().await?;
    let lines = report.devices.iter().map(|device| &device.line);
    let said = lines.filter(|line| line.outcome == Settled::Failed && line.error.is_some());
    demand(&OPEN_HELD, said.count() == 1, || {
        format!("the driver kept the device, and the report says otherwise: {report}")
    })?;
    let is_released = |event: &RoomEvent| matches!(event, RoomEvent::DeviceReleased { .. });
    demand(&OPEN_HELD, !events.iter().any(is_released), || {
        format!("the driver kept the device, and it was told to be released: {events:?}")
    })?;
    opens_again(stage).await
}

pub(super) async fn exit_while_hung(stage: &Stage) -> Outcome {
    // Short, so that the case does not wait for what is not going to answer.
    let policy = Policy {
        device: Duration::from_millis(300),
        ..Policy::default()
    };
    let device = Borrowed(Arc::clone(&stage.device));
    let mut room = enters(|client| client.with_device(device), policy)?;
    is_open(stage, &mut room).await?;
    stage.lab.hold_release().await?;
    room.handle().request_exit();
    let (_, report) = ended(stage, room).await?;
    stage.lab.let_go().await?;
    let [device] = report.devices.as_slice() else {
        return Err(Finding::broken(&CLEAN, format!("{report}")));
    };
    demand(&CLEAN, device.line.outcome == Settled::TimedOut, || {
        format!("the driver was held, and the report says otherwise: {report}")
    })?;
    opens_again(stage).await
}

/// Enters with what is brought.
pub(super) fn enters(
    bringing: impl FnOnce(Client) -> Client,
    policy: Policy,
) -> Result<Room, Finding> {
    enters_heard(bringing, policy).map(|(room, _)| room)
}

/// The same, with what is sent into the room.
pub(super) fn enters_heard(
    bringing: impl FnOnce(Client) -> Client,
    policy: Policy,
) -> Result<(Room, FrameQueue<MediaFrame>), Finding> {
    let request = EnterRequest::unsigned("alice", "empty").map_err(crate::Obstacle::failed)?;
    let (transport, sent) = EmptyRoom::heard();
    let client = Client::new(transport).with_policy(policy);
    Ok((bringing(client).enter(request), sent))
}

pub(super) async fn is_open(stage: &Stage, room: &mut Room) -> Outcome {
    let opening = async {
        while let Some(event) = room.next_event().await {
            if let RoomEvent::DeviceOpened { .. } = event {
                return Ok(());
            }
            if let RoomEvent::DeviceFailed { error, .. } = event {
                return Err(error.to_string());
            }
        }
        Err("the stay was over before".to_owned())
    };
    let opened = stage
        .patience
        .answers(&OPEN, "open(), through the runtime,", opening)
        .await?;
    opened.map_err(|why| Finding::broken(&OPEN, format!("the device did not open: {why}")))
}

/// Waits for the end of the stay, and demands that it is reported exactly once and last.
pub(super) async fn ended(
    stage: &Stage,
    mut room: Room,
) -> Result<(Vec<RoomEvent>, Arc<ExitReport>), Finding> {
    let bound = stage.patience.and(Policy::default().total());
    let listening = async {
        let (mut events, mut reports) = (Vec::new(), Vec::new());
        while let Some(event) = room.next_event().await {
            if let RoomEvent::Exited(report) = event {
                reports.push(report);
            } else {
                events.push(event);
            }
        }
        (events, reports)
    };
    let (events, reports) = bound
        .answers(&REPORTED, "the exit report", listening)
        .await?;
    let [report] = reports.as_slice() else {
        let seen = format!("{} exits were reported", reports.len());
        return Err(Finding::broken(&REPORTED, seen));
    };
    demand(&REASON, report.reason == Reason::LocalExit, || {
        format!("{report}")
    })?;
    Ok((events, Arc::clone(report)))
}
