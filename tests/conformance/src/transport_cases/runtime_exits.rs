//! The same transport under the runtime: exits that the application asks for.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, UserId};
use exeunt_requirements::LATENESS;
use exeunt_runtime::{Client, ExitReport, Policy, Reason, Room, RoomEvent};

use super::Stage;
use super::giving_up::guest;
use super::member::Member;
use super::stage::user;
use crate::borrowed::Held;
use crate::duty::{CLEAN, CONNECT, CONNECT_ABANDONED, REASON, REPORTED};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::{MOMENTS, Tripwire};

pub(super) async fn in_the_room(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let room = enters(stage, "alice", &mut others).await?;
    let handle = room.handle();
    handle.request_exit();
    handle.request_exit();
    let report = reported(stage, room).await?;
    is_for(&report, Reason::LocalExit)?;
    demand(&CLEAN, report.is_clean(), || format!("{report}"))?;
    let [bob] = &mut others;
    bob.sees_leave(&report.user, RemoteLeaveReason::Left).await
}

pub(super) async fn while_entering(stage: &Stage) -> Outcome {
    let mut witness = stage.enter("witness").await?;
    let mut guests = Vec::new();
    for moment in 0..=MOMENTS {
        let guest = guest(moment);
        guests.push(guest.clone());
        let tripwire = Arc::new(Tripwire::at(moment));
        let held = Held {
            inner: stage.transport(&guest).await?,
            tripwire: Arc::clone(&tripwire),
        };
        let room = Client::new(held).enter(stage.request(&guest)?);
        let what = format!("{guest}'s connect()");
        stage
            .patience
            .answers(&CONNECT, what, tripwire.reached())
            .await?;
        room.handle().request_exit();
        let report = reported(stage, room).await?;
        is_for(&report, Reason::LocalExit)?;
        demand(&CLEAN, report.transport.outcome.is_clean(), || {
            format!("left at await {moment} of connect(): {report}")
        })?;
        if tripwire.answered_before() {
            break;
        }
    }
    stage
        .is_left_by(&mut witness, &guests, &CONNECT_ABANDONED)
        .await
}

pub(super) async fn frozen(stage: &Stage) -> Outcome {
    // Short, so that the case does not wait for what is not going to answer.
    let policy = Policy {
        departure: Duration::from_millis(500),
        transport: Duration::from_millis(500),
        device: Duration::from_millis(500),
        ..Policy::default()
    };
    let alice = user("alice");
    let client = stage.client(&alice).await?.with_policy(policy);
    let room = enters_with(stage, client, &alice, &mut []).await?;
    stage.world.freeze(&alice).await?;
    room.handle().request_exit();
    let report = reported(stage, room).await?;
    is_for(&report, Reason::LocalExit)
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let room = enters(stage, "alice", &mut others).await?;
    drop(room);
    let [bob] = &mut others;
    bob.sees_leave(&user("alice"), RemoteLeaveReason::Left)
        .await
}

pub(super) async fn anew(stage: &Stage) -> Outcome {
    const STAYS: usize = 3;
    let mut bob = stage.enter("bob").await?;
    let alice = user("alice");
    let mut client = stage.client(&alice).await?;
    for stay in 1..=STAYS {
        let mut room = client.enter(stage.request(&alice)?);
        is_let_in(stage, &mut room, &alice).await?;
        bob.sees_enter(&alice).await?;
        let what = format!("alice's exit, in her stay {stay},");
        let bound = stage.patience.and(Policy::default().total());
        let (report, back) = bound.answers(&REPORTED, what, room.exit()).await?;
        is_for(&report, Reason::LocalExit)?;
        client = back;
        let left = |bob: &Member| bob.reasons(&alice).len() == stay;
        bob.until(&CLEAN, "hears that alice left", left).await?;
    }
    bob.heard_whole_stays_of(&alice)
}

// ---- what the other stories through the runtime use as well -----------------------------------

/// Somebody enters through the runtime, and the others know of it.
pub(super) async fn enters(
    stage: &Stage,
    name: &str,
    others: &mut [Member],
) -> Result<Room, Finding> {
    let user = user(name);
    let client = stage.client(&user).await?;
    enters_with(stage, client, &user, others).await
}

/// The same with a client that is set up already.
pub(super) async fn enters_with(
    stage: &Stage,
    client: Client,
    user: &UserId,
    others: &mut [Member],
) -> Result<Room, Finding> {
    let mut room = client.enter(stage.request(user)?);
    is_let_in(stage, &mut room, user).await?;
    for other in others {
        other.sees_enter(user).await?;
    }
    Ok(room)
}

async fn is_let_in(stage: &Stage, room: &mut Room, user: &UserId) -> Outcome {
    let what = format!("{user}'s entry through the runtime");
    let entered = stage
        .patience
        .answers(&CONNECT, what, room.entered())
        .await?;
    demand(&CONNECT, entered, || {
        let report = room.handle().report_now();
        format!("{user} was not let in: {report:?}")
    })
}

/// Waits for the end of a stay that is over or about to be, and demands that it is told exactly once.
pub(super) async fn reported(stage: &Stage, mut room: Room) -> Result<Arc<ExitReport>, Finding> {
    let user = format!("{:?}", room.handle());
    let bound = stage
        .patience
        .and(Policy::default().total() + stage.world.lease().unwrap_or_default());
    let what = format!("the exit report of {user}");
    let listening = async {
        let mut reports = Vec::new();
        while let Some(event) = room.next_event().await {
            if let RoomEvent::Exited(report) = event {
                reports.push(report);
            }
        }
        reports
    };
    let reports = bound.answers(&REPORTED, what, listening).await?;
    let [report] = reports.as_slice() else {
        let seen = format!("{} exits were reported for {user}", reports.len());
        return Err(Finding::broken(&REPORTED, seen));
    };
    demand(&REPORTED, report.took <= report.bound + LATENESS, || {
        format!("the exit took longer than its bound: {report}")
    })?;
    Ok(Arc::clone(report))
}

/// Demands that a stay ended for this reason.
pub(super) fn is_for(report: &ExitReport, reason: Reason) -> Outcome {
    demand(&REASON, report.reason == reason, || {
        format!("the reason was to be {reason:?}: {report}")
    })
}
