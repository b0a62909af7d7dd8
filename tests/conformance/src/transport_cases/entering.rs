//! Entering a room.

use exeunt_port::{EnterRequest, RemoteLeaveReason, RoomLink, RoomSignal, Transport};

use super::Stage;
use super::stage::{fresh_room, user};
use crate::duty::{CONNECT, CONNECT_MANY, ENTERED};
use crate::finding::{Outcome, demand};

pub(super) async fn seen_by_the_others(stage: &Stage) -> Outcome {
    let mut alice = stage.enter("alice").await?;
    let mut bob = stage.enter("bob").await?;
    alice.sees_enter(&bob.user).await?;
    bob.sees_enter(&alice.user).await?;
    let mut carol = stage.enter("carol").await?;
    for member in [&mut alice, &mut bob] {
        member.sees_enter(&carol.user).await?;
    }
    carol.sees_enter(&alice.user).await?;
    carol.sees_enter(&bob.user).await?;
    let everybody = [&alice.user, &bob.user, &carol.user];
    for member in [&alice, &bob, &carol] {
        let others = everybody.into_iter().filter(|user| **user != member.user);
        let once = others.map(|user| RoomSignal::RemoteUserEntered(user.clone()));
        let told_once = once.clone().all(|entered| member.heard.contains(&entered))
            && member.heard.len() == once.count();
        demand(&ENTERED, told_once, || {
            format!(
                "{} is to hear of the two others once: {:?}",
                member.user, member.heard
            )
        })?;
    }
    Ok(())
}

pub(super) async fn rooms_are_apart(stage: &Stage) -> Outcome {
    let elsewhere = fresh_room();
    let mut outsider = stage.enter_room("outsider", &elsewhere).await?;
    let mut alice = stage.enter("alice").await?;
    let bob = stage.enter("bob").await?;
    alice.sees_enter(&bob.user).await?;
    bob.leaves().await?;
    alice.sees_leave(&bob.user, RemoteLeaveReason::Left).await?;
    // What the outsider might have heard of it he would have heard before his own room's next guest.
    let guest = stage.enter_room("guest", &elsewhere).await?;
    outsider.sees_enter(&guest.user).await?;
    let only = [RoomSignal::RemoteUserEntered(guest.user)];
    demand(&CONNECT_MANY, outsider.heard == only, || {
        format!(
            "somebody in another room heard {:?}, not only {only:?}",
            outsider.heard
        )
    })
}

pub(super) async fn two_over_one_transport(stage: &Stage) -> Outcome {
    let (alice, bob) = (user("alice"), user("bob"));
    let transport = stage.transport(&alice).await?;
    let mut witness = stage.enter("witness").await?;
    let alice = stage.enter_over(&*transport, &alice, &stage.room).await?;
    let mut bob = stage.enter_over(&*transport, &bob, &stage.room).await?;
    witness.sees_enter(&alice.user).await?;
    witness.sees_enter(&bob.user).await?;
    bob.sees_enter(&alice.user).await?;
    alice.leaves().await?;
    alice.closes_well().await?;
    bob.sees_leave(&alice.user, RemoteLeaveReason::Left).await?;
    // Only one of the two has gone: the other is still heard of and still hears.
    let carol = stage.enter("carol").await?;
    bob.sees_enter(&carol.user).await?;
    witness.sees_enter(&carol.user).await?;
    demand(&CONNECT_MANY, witness.present().contains(&bob.user), || {
        let heard = &witness.heard;
        format!("when alice closed, bob's stay over the same transport ended as well: {heard:?}")
    })?;
    bob.leaves().await?;
    witness.sees_leave(&bob.user, RemoteLeaveReason::Left).await
}

pub(super) async fn unreachable(stage: &Stage) -> Outcome {
    let transport = stage.world.unreachable().await?;
    let request = stage.request(&user("alice"))?;
    fails(stage, &*transport, request, "no server is there").await
}

pub(super) async fn refused(stage: &Stage) -> Outcome {
    let (transport, request) = stage.world.refused(&user("alice"), &stage.room).await?;
    fails(stage, &*transport, request, "the server refuses").await
}

async fn fails(
    stage: &Stage,
    transport: &dyn Transport,
    request: EnterRequest,
    why: &str,
) -> Outcome {
    let (link, _side) = RoomLink::pair();
    let connecting = transport.connect(request, link);
    let what = format!("alice's connect(), where {why},");
    let connected = stage.patience.answers(&CONNECT, what, connecting).await?;
    demand(&CONNECT, connected.is_err(), || {
        format!("connect() answered Ok although {why}")
    })
}
