//! Every way out of a room of Janus's.

use exeunt_janus::JanusConfig;
use exeunt_janus_lab::{Settings, Tap, Traffic, Way};
use exeunt_requirements::{Told, check};
use exeunt_runtime::{Outcome, Reason, RoomEvent};

use crate::Scene;
use crate::person::Person;
use crate::stage::{Stage, alice, until};

/// Alice and bob in a call, who hear and see each other, and a guest.
pub(crate) async fn call(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let alice = Person::at(&stage.server, "alice")?.enters().await?;
    let mut bob = Person::at(&stage.server, "bob")?.enters().await?;
    stage.guest.sees_come(&crate::stage::alice()).await?;
    bob.until(
        "alice",
        |event| matches!(event, RoomEvent::RemoteUserEntered(user) if user.as_str() == "alice"),
    )
    .await?;
    alice.hears("bob", 25).await?;
    bob.hears("alice", 25).await?;
    alice.sees("bob", 3).await?;
    bob.sees("alice", 3).await?;
    let (ending, _) = alice.leaves().await?;
    ending.was_for(Reason::LocalExit)?;
    ending.was_confirmed()?;
    stage.guest.sees_leave(&crate::stage::alice()).await?;
    bob.until(
        "alice's leaving",
        |event| matches!(event, RoomEvent::RemoteUserLeft(user, _) if user.as_str() == "alice"),
    )
    .await?;
    let (ending, _) = bob.leaves().await?;
    ending.was_confirmed()?;
    stage.server_is_as_before().await
}

/// What leaves the machine: media until the exit begins, and none after it (G-14).
pub(crate) async fn silence(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let tap = Tap::on(stage.server.link())?;
    let config = JanusConfig::new(&stage.server.signalling_url())?;
    let person = Person::with("alice", config, Some(tap.marker()))
        .enters()
        .await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    bob.hears("alice", 25).await?;
    bob.sees("alice", 3).await?;
    // Hers alone: what bob sends leaves from the same address.
    bob.leaves().await?.0.was_confirmed()?;
    let ending = {
        person.room.handle().request_exit();
        person.ends().await?
    };
    ending.was_for(Reason::LocalExit)?;
    ending.was_confirmed()?;
    stage.guest.sees_leave(&alice()).await?;
    let media = tap.media()?;
    check(media.first().is_some_and(|before| *before > 50), || {
        format!("media before the exit: {media:?}")
    })?;
    check(media.iter().skip(1).all(|after| *after == 0), || {
        format!("media before the exit began, while it ran, after it: {media:?}")
    })?;
    stage.server_is_as_before().await
}

pub(crate) async fn kicked(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.kick().await?;
    let ending = person.ends().await?;
    ending.was_for(Reason::Kicked)?;
    ending.was_clean()?;
    ending.departure_was(&[Outcome::NotOwed])?;
    stage.was_told_of_ends([0, 1]).await?;
    stage.server_is_as_before().await
}

pub(crate) async fn dismissed(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    let destroyed = stage.destroy().await;
    let ending = person.ends().await?;
    ending.was_for(Reason::Dismissed)?;
    ending.was_clean()?;
    ending.departure_was(&[Outcome::NotOwed])?;
    if destroyed.is_err() && stage.has_crashed()? {
        return Ok(());
    }
    destroyed?;
    stage.server_is_as_before().await
}

/// Janus hears nothing of us any more, gives the session up and says so.
pub(crate) async fn session_timeout(scene: Scene) -> Told {
    let settings = Settings {
        session_timeout: 4,
        ..Settings::default()
    };
    let mut stage = Stage::set(scene.network, settings).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage
        .server
        .link()
        .cut_one_way(Traffic::Signalling, Way::ToServer)?;
    // The guest's own session would time out as well.
    let server = &stage.server;
    let admin = server.admin();
    until("the session's end", || Ok(admin.load()?.sessions < 2)).await?;
    let ending = person.ends().await?;
    ending.was_lost()?;
    let _ = stage.told_of_ends().await;
    Ok(())
}

/// An admin ends the session, which Janus tells nobody; the next sign of life is refused.
pub(crate) async fn session_destroyed(scene: Scene) -> Told {
    let settings = Settings {
        session_timeout: 6,
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    let admin = stage.server.admin();
    for session in admin.sessions()? {
        if session != stage.guest.session() {
            admin.destroy_session(session)?;
        }
    }
    let ending = person.ends().await?;
    ending.was_lost()?;
    check(!stage.has_alice()?, || {
        "she is still in the room".to_owned()
    })
}

/// The same client goes in and out, and finds nothing of the stay before (G-11).
pub(crate) async fn again(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let mut person = Person::at(&stage.server, "alice")?;
    for _ in 0..5 {
        let room = person.enters().await?;
        stage.guest.sees_come(&alice()).await?;
        let (ending, client) = room.leaves().await?;
        ending.was_confirmed()?;
        stage.guest.sees_leave(&alice()).await?;
        person = client;
    }
    stage.was_told_of_ends([0, 0]).await?;
    stage.server_is_as_before().await
}
