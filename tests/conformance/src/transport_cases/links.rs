//! The link and the server: stopped, gone, cut and mended.

use exeunt_port::{RemoteLeaveReason, RoomSignal};

use super::Stage;
use super::leaving::enters_and_is_seen;
use super::member::Member;
use crate::duty::{GONE, KICKED, NOT_RECOVERED, RECOVERED, STOPPED};
use crate::finding::{Outcome, demand};

pub(super) async fn server_stops(stage: &Stage) -> Outcome {
    let mut alice = stage.enter("alice").await?;
    let mut bob = stage.enter("bob").await?;
    stage.world.stop_server().await?;
    for member in [&mut alice, &mut bob] {
        member.hears(&STOPPED, &RoomSignal::ServerStopped).await?;
        let _ = member.announces().await?;
        let _ = member.closes().await?;
    }
    Ok(())
}

pub(super) async fn server_is_gone(stage: &Stage) -> Outcome {
    let mut alice = stage.enter("alice").await?;
    stage.world.kill_server().await?;
    let lease = stage.world.lease().unwrap_or_default();
    let what = "hears LinkDead or Closed after the server is gone";
    let told = |alice: &Member| {
        let mut words = alice.heard.iter();
        words.any(|word| matches!(word, RoomSignal::LinkDead | RoomSignal::Closed))
    };
    alice.until_within(&GONE, what, lease, told).await?;
    let announced = alice.announces().await?;
    demand(&GONE, announced.is_err(), || {
        "a departure was confirmed by a server that is gone".to_owned()
    })?;
    let _ = alice.closes().await?;
    Ok(())
}

pub(super) async fn comes_back(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let [bob] = &mut others;
    loses_link(stage, &mut alice).await?;
    stage.world.mend(&alice.user).await?;
    let lease = stage.world.lease().unwrap_or_default();
    let is_back = |alice: &Member| alice.heard.contains(&RoomSignal::LinkRecovered);
    let what = "hears LinkRecovered";
    alice.until_within(&RECOVERED, what, lease, is_back).await?;
    let carol = stage.enter("carol").await?;
    alice.sees_enter(&carol.user).await?;
    bob.sees_enter(&carol.user).await?;
    demand(&RECOVERED, bob.reasons(&alice.user).is_empty(), || {
        format!(
            "alice's link was down for a moment, and bob heard {:?}",
            bob.heard
        )
    })?;
    alice.leaves().await?;
    bob.sees_leave(&alice.user, RemoteLeaveReason::Left).await
}

pub(super) async fn kicked_while_down(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let [bob] = &mut others;
    loses_link(stage, &mut alice).await?;
    stage.world.kick(&stage.room, &alice.user).await?;
    bob.sees_leave(&alice.user, RemoteLeaveReason::Kicked)
        .await?;
    stage.world.mend(&alice.user).await?;
    let lease = stage.world.lease().unwrap_or_default();
    let told = |alice: &Member| alice.heard.contains(&RoomSignal::Kicked);
    let what = "hears Kicked once the link is back";
    alice.until_within(&KICKED, what, lease, told).await
}

pub(super) async fn not_recovered_during_an_exit(stage: &Stage) -> Outcome {
    let lease = stage.world.lease()?;
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let [bob] = &mut others;
    loses_link(stage, &mut alice).await?;
    alice.side.abandon.cancel();
    let _ = alice.announces().await?;
    stage.world.mend(&alice.user).await?;
    // The link would work again, yet nobody takes the stay up, and so its lease ends it.
    let reason = stage.world.reason_of_silence();
    bob.sees_leave_within(&NOT_RECOVERED, &alice.user, reason, lease)
        .await?;
    let _ = alice.closes().await?;
    alice.catch_up();
    let recovered = alice.heard.contains(&RoomSignal::LinkRecovered);
    demand(&NOT_RECOVERED, !recovered, || {
        format!(
            "the link was recovered after the stay was abandoned: {:?}",
            alice.heard
        )
    })
}

async fn loses_link(stage: &Stage, member: &mut Member) -> Outcome {
    stage.world.cut(&member.user).await?;
    let lease = stage.world.lease().unwrap_or_default();
    let lost = |member: &Member| member.heard.contains(&RoomSignal::LinkLost);
    let what = "hears LinkLost after the link was cut";
    member.until_within(&GONE, what, lease, lost).await
}
