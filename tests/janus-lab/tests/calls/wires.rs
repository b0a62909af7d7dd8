//! What befalls the wire: media, signalling or both vanish without a word.

use std::time::Duration;

use exeunt_janus::JanusConfig;
use exeunt_janus_lab::{LabError, Link, Settings, Traffic, Way};
use exeunt_requirements::{Told, check};
use exeunt_runtime::Reason;
use libtest_mimic::Failed;

use crate::Scene;
use crate::person::Person;
use crate::stage::{Stage, alice};

/// The socket is half-open: we speak, nobody hears.
pub(crate) async fn signalling_cut_before_an_exit(scene: Scene) -> Told {
    leaves_over(scene, |link| link.cut(Traffic::Signalling)).await
}

/// Only the answers are lost: the others are told, and the report does not claim that it knows. TCP, which
/// hears no acknowledgement, may hand over the leave and nothing after it.
pub(crate) async fn answers_cut_before_an_exit(scene: Scene) -> Told {
    leaves_over(scene, |link| {
        link.cut_one_way(Traffic::Signalling, Way::FromServer)
    })
    .await
}

pub(crate) async fn everything_cut_before_an_exit(scene: Scene) -> Told {
    leaves_over(scene, |link| {
        link.cut(Traffic::Media)?;
        link.cut(Traffic::Signalling)
    })
    .await
}

/// Alice leaves over a link that was cut before. Nobody confirms that, and the others may hear of her end
/// from the server's own vigilance alone.
async fn leaves_over(scene: Scene, cut: impl FnOnce(&Link) -> Result<(), LabError>) -> Told {
    let settings = Settings {
        pingpong_trigger: Some(2),
        ..Settings::default()
    };
    let mut stage = Stage::set(scene.network, settings).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    cut(stage.server.link())?;
    let (ending, _) = person.leaves().await?;
    ending.was_unconfirmed()?;
    stage.guest.sees_leave(&alice()).await?;
    stage.server_is_as_before().await
}

pub(crate) async fn signalling_cut_in_a_call(scene: Scene) -> Told {
    let settings = Settings {
        session_timeout: 6,
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.link().cut(Traffic::Signalling)?;
    let ending = person.ends().await?;
    ending.was_lost()
}

pub(crate) async fn media_cut_in_a_call(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    bob.hears("alice", 10).await?;
    stage.server.link().cut(Traffic::Media)?;
    // The room is what signalling says it is: she is in it, and leaves it properly.
    let (ending, _) = person.leaves().await?;
    ending.was_for(Reason::LocalExit)?;
    ending.was_confirmed()?;
    stage.guest.sees_leave(&alice()).await?;
    bob.leaves().await?.0.was_confirmed()?;
    stage.server_is_as_before().await
}

pub(crate) async fn media_mended(scene: Scene) -> Told {
    let stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    bob.hears("alice", 10).await?;
    stage.server.link().cut(Traffic::Media)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.server.link().mend(Traffic::Media)?;
    bob.hears("alice", 25).await?;
    person.hears("bob", 25).await?;
    person.leaves().await?.0.was_confirmed()?;
    bob.leaves().await?.0.was_confirmed()?;
    stage.server_is_as_before().await
}

/// The server keeps a session whose socket is lost, so the stay goes on: nobody sees her leave.
pub(crate) async fn claimed(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, claimable()).await?;
    let mut person = impatient(&stage)?.enters().await?;
    stage.server.link().cut(Traffic::Signalling)?;
    person.loses_link().await?;
    stage.server.link().mend(Traffic::Signalling)?;
    person.recovers_link().await?;
    stage.was_told_of_ends([0, 0]).await?;
    check(stage.has_alice()?, || "she is not in the room".to_owned())?;
    // A kick finds her on the new socket.
    stage.kick().await?;
    person.ends().await?.was_for(Reason::Kicked)?;
    stage.server_is_as_before().await
}

/// What the server said meanwhile is not said again, and is found out all the same.
pub(crate) async fn kicked_meanwhile(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, claimable()).await?;
    let mut person = impatient(&stage)?.enters().await?;
    stage.server.link().cut(Traffic::Signalling)?;
    person.loses_link().await?;
    stage.kick().await?;
    stage.server.link().mend(Traffic::Signalling)?;
    let ending = person.ends().await?;
    ending.was_for(Reason::Kicked)?;
    stage.server_is_as_before().await
}

/// A session that outlives its socket, and hears from whoever has it every four seconds.
fn claimable() -> Settings {
    Settings {
        session_timeout: 12,
        reclaim_session_timeout: 60,
        ..Settings::default()
    }
}

/// Alice, who takes a second without an answer for a lost link: long before the server gives her up.
fn impatient(stage: &Stage) -> Result<Person, Failed> {
    let config = JanusConfig::new(&stage.server.signalling_url())?;
    Ok(Person::with(
        "alice",
        config.answering_within(Duration::from_secs(1)),
        None,
    ))
}
