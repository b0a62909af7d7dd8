//! Leaving: announced, closed, dropped.

use std::pin::pin;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, UserId};
use tokio::task::spawn_blocking;

use super::Stage;
use super::media::is_heard;
use super::member::Member;
use crate::duty::{ANNOUNCE, CLOSE, CLOSED, DROP};
use crate::finding::{Finding, Outcome, demand};
use crate::moments::until_it_waits;
use crate::patience::Patience;

pub(super) async fn told(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?, stage.enter("carol").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let receipt = alice.leaves().await?;
    if let Some(told) = receipt.peers_told {
        demand(&ANNOUNCE, told == 2, || {
            format!("the receipt says that {told} were told, and 2 others are in the room")
        })?;
    }
    for other in &mut others {
        other
            .sees_leave(&alice.user, RemoteLeaveReason::Left)
            .await?;
    }
    // Whoever is told twice is told before the next guest comes.
    let dave = stage.enter("dave").await?;
    for other in &mut others {
        other.sees_enter(&dave.user).await?;
        other.heard_whole_stays_of(&alice.user)?;
    }
    Ok(())
}

pub(super) async fn twice(stage: &Stage) -> Outcome {
    let mut others = [stage.enter("bob").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let (first, second) = tokio::join!(alice.announces(), alice.announces());
    let answers = [first?, second?];
    demand(&ANNOUNCE, answers.iter().any(Result::is_ok), || {
        format!("neither of two departures at once was confirmed: {answers:?}")
    })?;
    // Whatever the third says, it answers; the others were told once.
    let _ = alice.announces().await?;
    let [bob] = &mut others;
    let carol = stage.enter("carol").await?;
    bob.sees_enter(&carol.user).await?;
    bob.sees_leave(&alice.user, RemoteLeaveReason::Left).await
}

pub(super) async fn closed_twice(stage: &Stage) -> Outcome {
    let alice = stage.enter("alice").await?;
    alice.leaves().await?;
    let (first, second) = tokio::join!(alice.closes_well(), alice.closes());
    let _ = (first?, second?);
    let _ = alice.closes().await?;
    // A departure after the close has nothing to go by, and says so.
    let _ = alice.announces().await?;
    Ok(())
}

pub(super) async fn closed_while_leaving(stage: &Stage) -> Outcome {
    for moment in 0..4 {
        let user = format!("guest-{moment}");
        let member = stage.enter(&user).await?;
        let mut announcing = pin!(member.connection.announce_departure());
        let held = until_it_waits(announcing.as_mut(), moment);
        let what = format!("{user}'s announce_departure()");
        let answered = stage.patience.answers(&ANNOUNCE, what, held).await?;
        let closing = member.closes();
        if answered.is_some() {
            let _ = closing.await?;
            break;
        }
        let what = format!("{user}'s announce_departure(), closed at its await {moment},");
        let leaving = stage.patience.answers(&ANNOUNCE, what, announcing);
        let (left, closed) = tokio::join!(leaving, closing);
        let _ = (left?, closed?);
    }
    Ok(())
}

pub(super) async fn closed_while_frozen(stage: &Stage) -> Outcome {
    let alice = stage.enter("alice").await?;
    stage.world.freeze(&alice.user).await?;
    let mut announcing = pin!(alice.connection.announce_departure());
    let held = until_it_waits(announcing.as_mut(), 1);
    let what = "alice's announce_departure(), on a frozen link,";
    let answered = stage.patience.answers(&ANNOUNCE, what, held).await?;
    let closing = alice.closes();
    if answered.is_some() {
        // A transport without confirmations may say Ok once it has handed the departure over.
        let _ = closing.await?;
        return Ok(());
    }
    let what = "alice's announce_departure(), given up by close(),";
    let leaving = stage.patience.answers(&CLOSE, what, announcing);
    let (left, closed) = tokio::join!(leaving, closing);
    let _ = (left?, closed?);
    Ok(())
}

pub(super) async fn silent_after_closing(stage: &Stage) -> Outcome {
    /// How long she is listened to; who is told nothing takes all of it.
    const LISTENED: Duration = Duration::from_millis(500);
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    alice.leaves().await?;
    alice.closes_well().await?;
    alice.catch_up();
    while alice.side.inbound.try_next().is_some() {}
    let told = alice.heard.len();
    // Things go on in the room; who has closed hears nothing of it.
    let [bob] = &mut others;
    let mut carol = stage.enter("carol").await?;
    bob.sees_enter(&carol.user).await?;
    carol.sees_enter(&bob.user).await?;
    is_heard(stage, bob, &carol, 0).await?;
    // What reaches carol now may reach alice a moment later.
    alice.overhears(LISTENED).await;
    let late = &alice.heard[told..];
    demand(&CLOSED, late.is_empty(), || {
        format!("after alice's close() had answered she was told {late:?}")
    })?;
    let frame = alice.side.inbound.try_next();
    demand(&CLOSED, frame.is_none(), || {
        "after alice's close() had answered she received a frame".to_owned()
    })
}

pub(super) async fn holds_nothing_after_closing(stage: &Stage) -> Outcome {
    let alice = stage.enter("alice").await?;
    alice.leaves().await?;
    alice.closes_well().await?;
    let Member {
        connection,
        mut side,
        ..
    } = alice;
    drop(connection);
    // The signals end when the last clone of the room link has gone.
    let ended = async { while side.signals.recv().await.is_some() {} };
    let what = "the end of alice's RoomLink, whose connection was closed and dropped,";
    stage.patience.answers(&CLOSED, what, ended).await
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    let lease = stage.world.lease()?;
    let mut others = [stage.enter("bob").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let Member {
        user,
        connection,
        side: _side,
        ..
    } = alice;
    drops(stage, &user, connection).await?;
    let [bob] = &mut others;
    let reason = stage.world.reason_of_silence();
    bob.sees_leave_within(&DROP, &user, reason, lease).await
}

/// Drops a connection where blocking would not hold up the suite, and demands that it does not block.
async fn drops(stage: &Stage, user: &UserId, connection: impl Send + 'static) -> Outcome {
    /// Long for a destructor, even on a busy machine.
    const AT_ONCE: Duration = Duration::from_secs(1);
    let at_once = Patience::new(AT_ONCE.min(stage.patience.bound()));
    let what = format!("dropping {user}'s connection");
    let dropping = spawn_blocking(move || drop(connection));
    at_once
        .answers(&DROP, what, dropping)
        .await?
        .map_err(|panicked| Finding::broken(&DROP, format!("dropping it panicked: {panicked}")))
}

/// Somebody enters, and the others know of it.
pub(super) async fn enters_and_is_seen(
    stage: &Stage,
    name: &str,
    others: &mut [Member],
) -> Result<Member, Finding> {
    let member = stage.enter(name).await?;
    for other in others {
        other.sees_enter(&member.user).await?;
    }
    Ok(member)
}
