//! The same transport under the runtime: stays that others end.

use std::time::Duration;

use exeunt_port::RemoteLeaveReason;
use exeunt_runtime::{Client, Policy, Reason};
use tokio::task::yield_now;

use super::Stage;
use super::runtime_exits::{enters, enters_with, is_for, reported};
use super::stage::user;
use crate::borrowed::Borrowed;
use crate::duty::{CLEAN, KICKED, REASON, REPORTED};
use crate::finding::{Finding, Outcome, demand};

pub(super) async fn kicked(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let room = enters(stage, "alice", &mut others).await?;
    stage.world.kick(&stage.room, &user("alice")).await?;
    let report = reported(stage, room).await?;
    is_for(&report, Reason::Kicked)?;
    demand(&CLEAN, report.is_clean(), || format!("{report}"))?;
    let [bob] = &mut others;
    bob.sees_leave(&report.user, RemoteLeaveReason::Kicked)
        .await
}

pub(super) async fn dismissed(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let room = enters(stage, "alice", &mut others).await?;
    stage.world.dismiss(&stage.room).await?;
    let report = reported(stage, room).await?;
    is_for(&report, Reason::Dismissed)?;
    demand(&CLEAN, report.is_clean(), || format!("{report}"))
}

/// Exit and kick meet at different places, from "the exit first" to "the kick first".
pub(super) async fn kick_crosses_exit(stage: &Stage) -> Outcome {
    const ROUNDS: usize = 8;
    let mut bob = stage.enter("bob").await?;
    for round in 0..ROUNDS {
        let alice = user(&format!("alice-{round}"));
        // Short, as only the reason counts here, and there are some rounds.
        let policy = Policy {
            transport: Duration::from_millis(100),
            ..Policy::default()
        };
        let client = stage.client(&alice).await?.with_policy(policy);
        let others = std::slice::from_mut(&mut bob);
        let room = enters_with(stage, client, &alice, others).await?;
        let handle = room.handle();
        let kick = async {
            wait(ROUNDS.saturating_sub(2 * round)).await;
            stage.world.kick(&stage.room, &alice).await
        };
        let exit = async {
            wait((2 * round).saturating_sub(ROUNDS)).await;
            handle.exit().await
        };
        let both = async { tokio::join!(kick, exit) };
        let what = format!("{alice}'s exit, crossed by a kick,");
        let bound = stage.patience.and(Policy::default().total());
        let (kicked, first) = bound.answers(&REPORTED, what, both).await?;
        kicked?;
        let report = reported(stage, room).await?;
        demand(&REPORTED, *report == *first, || {
            format!("two exits of one stay got two reports: {first} and {report}")
        })?;
        let fits = matches!(report.reason, Reason::LocalExit | Reason::Kicked);
        demand(&REASON, fits, || format!("{report}"))?;
        // What the others hear may differ from the report, for the two ends decide by what they see
        // first; but they hear it once.
        let what = format!("hears that {alice} left");
        let left = |bob: &super::member::Member| !bob.reasons(&alice).is_empty();
        bob.until(&KICKED, &what, left).await?;
    }
    let carol = stage.enter("carol").await?;
    bob.sees_enter(&carol.user).await?;
    for round in 0..ROUNDS {
        let alice = user(&format!("alice-{round}"));
        bob.heard_whole_stays_of(&alice)?;
        let [RemoteLeaveReason::Left | RemoteLeaveReason::Kicked] = bob.reasons(&alice)[..] else {
            let seen = format!("bob heard that {alice} left for {:?}", bob.reasons(&alice));
            return Err(Finding::broken(&KICKED, seen));
        };
    }
    Ok(())
}

/// Lets the other tasks run so often.
async fn wait(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
}

pub(super) async fn server_is_gone(stage: &Stage) -> Outcome {
    let room = enters(stage, "alice", &mut []).await?;
    stage.world.kill_server().await?;
    let report = reported(stage, room).await?;
    is_for(&report, Reason::ConnectionLost)
}

pub(super) async fn enter_fails(stage: &Stage) -> Outcome {
    let transport = stage.world.unreachable().await?;
    let client = Client::new(Borrowed(transport.into()));
    let room = client.enter(stage.request(&user("alice"))?);
    let report = reported(stage, room).await?;
    is_for(&report, Reason::EnterFailed)?;
    demand(&REASON, report.enter_error.is_some(), || {
        format!("the report does not say why: {report}")
    })
}
