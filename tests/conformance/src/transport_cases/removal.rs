//! Being removed: kicked, dismissed, replaced.

use exeunt_port::{RemoteLeaveReason, RoomSignal};

use super::Stage;
use super::leaving::enters_and_is_seen;
use crate::duty::{DISMISSED, KICKED, REPLACED};
use crate::finding::{Outcome, demand};

pub(super) async fn kicked(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?, stage.enter("carol").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    stage.world.kick(&stage.room, &alice.user).await?;
    alice.hears(&KICKED, &RoomSignal::Kicked).await?;
    for other in &mut others {
        other
            .sees_leave(&alice.user, RemoteLeaveReason::Kicked)
            .await?;
        demand(&KICKED, !other.heard.contains(&RoomSignal::Kicked), || {
            format!("{} was told to be kicked, and alice was", other.user)
        })?;
    }
    Ok(())
}

pub(super) async fn after_a_kick(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    stage.world.kick(&stage.room, &alice.user).await?;
    alice.hears(&KICKED, &RoomSignal::Kicked).await?;
    // A departure that lost the race answers something, and at once.
    let _ = alice.announces().await?;
    let _ = alice.closes().await?;
    let [bob] = &mut others;
    bob.sees_leave(&alice.user, RemoteLeaveReason::Kicked)
        .await?;
    let again = stage.enter("alice").await?;
    bob.sees_enter(&again.user).await?;
    again.leaves().await?;
    let twice = |bob: &super::member::Member| bob.reasons(&again.user).len() == 2;
    bob.until(&KICKED, "hears that alice left once more", twice)
        .await?;
    bob.heard_whole_stays_of(&again.user)
}

pub(super) async fn dismissed(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?, stage.enter("carol").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    stage.world.dismiss(&stage.room).await?;
    for mut member in others.into_iter().chain([alice]) {
        member.hears(&DISMISSED, &RoomSignal::Dismissed).await?;
        let _ = member.announces().await?;
        let _ = member.closes().await?;
    }
    // The room is gone, not closed for ever: who enters makes it anew and is alone there.
    let mut dave = stage.enter("dave").await?;
    let erin = stage.enter("erin").await?;
    dave.sees_enter(&erin.user).await?;
    demand(&DISMISSED, dave.present().len() == 1, || {
        format!("in the room that was dismissed {:?} are", dave.present())
    })
}

pub(super) async fn replaced(stage: &Stage) -> Outcome {
    stage.world.replaces()?;
    let mut others = [stage.enter("bob").await?];
    let mut earlier = enters_and_is_seen(stage, "alice", &mut others).await?;
    let later = stage.enter("alice").await?;
    earlier.hears(&REPLACED, &RoomSignal::Replaced).await?;
    let [bob] = &mut others;
    bob.sees_leave(&later.user, RemoteLeaveReason::Kicked)
        .await?;
    // What the earlier stay still says does not end the later one (G-10).
    let _ = earlier.announces().await?;
    let _ = earlier.closes().await?;
    let carol = stage.enter("carol").await?;
    bob.sees_enter(&carol.user).await?;
    demand(&REPLACED, bob.present().contains(&later.user), || {
        format!(
            "alice's later stay did not outlive her earlier one: bob heard {:?}",
            bob.heard
        )
    })?;
    later.leaves().await?;
    let twice = |bob: &super::member::Member| bob.reasons(&later.user).len() == 2;
    bob.until(&REPLACED, "hears that alice left once more", twice)
        .await?;
    bob.heard_whole_stays_of(&later.user)
}
