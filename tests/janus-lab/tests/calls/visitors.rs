//! Somebody foreign in the room: a browser with Janus's own library.

use exeunt_janus_lab::{JanusServer, Settings, Visitor};
use exeunt_requirements::{Told, check, same};
use exeunt_runtime::{Outcome, Reason, RemoteLeaveReason, RoomEvent};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Scene;
use crate::person::{InRoom, Person};
use crate::stage::{ROOM, SECRET, Stage, alice};

/// The visitor's number.
const VISITOR: u64 = 33;
/// What we call him, since he shows his number for a name.
const NAME: &str = "33";

/// A visitor in the room, and alice after him, whom he sees come.
async fn both(scene: Scene) -> Result<(Stage, Visitor, InRoom), Failed> {
    let stage = Stage::set(scene.network, Settings::default()).await?;
    let mut visitor = arrives(scene, &stage.server).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    visitor.sees_come(&alice()).await?;
    Ok((stage, visitor, person))
}

async fn arrives(scene: Scene, server: &JanusServer) -> Result<Visitor, Failed> {
    let mut visitor = Visitor::start(scene.temporary).await?;
    let (url, room) = (server.signalling_url(), ROOM.into());
    visitor
        .enters(&url, &room, &VISITOR.into(), &Value::Null)
        .await?;
    Ok(visitor)
}

/// He sees us come, hears and sees us, and sees us leave; we hear and see him.
pub(crate) async fn hears_and_sees(scene: Scene) -> Told {
    let (_stage, mut visitor, mut person) = both(scene).await?;
    person
        .until(
            "the visitor",
            |event| matches!(event, RoomEvent::RemoteUserEntered(user) if user.as_str() == NAME),
        )
        .await?;
    // A tone of 440 Hz, and a test picture of 320 by 240 whose middle bar is green.
    // What is shown comes after what is decoded.
    let is_there =
        "got.frames > 10 && got.audio_energy > 0.001 && got.width > 0 && got.colour !== null";
    let received = visitor.receives(&alice(), is_there).await?;
    visitor
        .picture(&scene.temporary.join("visitor-of-ours.png"))
        .await?;
    same(
        "the picture",
        &(received.width, received.height),
        &(320, 240),
    )?;
    let [red, green, blue] = received.colour.unwrap_or_default();
    check(green > 100 && red < 60 && blue < 60, || {
        format!("the middle bar is not green: {received:?}")
    })?;
    person.hears(NAME, 25).await?;
    let picture = person.sees(NAME, 5).await?;
    check(picture.starts_with(&[0xff, 0xd8]), || {
        "the picture is no JPEG".to_owned()
    })?;
    let (ending, _) = person.leaves().await?;
    ending.was_for(Reason::LocalExit)?;
    ending.was_confirmed()?;
    Ok(visitor.sees_leave(&alice()).await?)
}

/// He leaves, and we see it.
pub(crate) async fn leaves(scene: Scene) -> Told {
    let (_stage, mut visitor, mut person) = both(scene).await?;
    visitor.leaves().await?;
    person
        .until("the visitor's leaving", |event| {
            matches!(event, RoomEvent::RemoteUserLeft(user, RemoteLeaveReason::Left) if user.as_str() == NAME)
        })
        .await?;
    person.leaves().await?.0.was_confirmed()
}

pub(crate) async fn kicks(scene: Scene) -> Told {
    let (stage, mut visitor, person) = both(scene).await?;
    visitor.kicks(&alice(), &SECRET.into()).await?;
    let ending = person.ends().await?;
    ending.was_for(Reason::Kicked)?;
    ending.was_clean()?;
    ending.departure_was(&[Outcome::NotOwed])?;
    visitor
        .is_told(&format!("said => said.kicked === {}", alice()))
        .await?;
    check(!stage.has_alice()?, || {
        "she is still in the room".to_owned()
    })
}

pub(crate) async fn destroys(scene: Scene) -> Told {
    let (mut stage, mut visitor, person) = both(scene).await?;
    let destroyed = visitor.destroys(&SECRET.into()).await;
    let ending = person.ends().await?;
    ending.was_for(Reason::Dismissed)?;
    ending.was_clean()?;
    ending.departure_was(&[Outcome::NotOwed])?;
    if destroyed.is_err() && stage.has_crashed()? {
        return Ok(());
    }
    Ok(destroyed?)
}
