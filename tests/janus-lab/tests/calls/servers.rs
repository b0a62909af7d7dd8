//! What befalls the server, in a call and during the exit.

use exeunt_janus_lab::Settings;
use exeunt_requirements::Told;

use crate::Scene;
use crate::person::{Person, UNCONFIRMED};
use crate::stage::{Stage, alice};

pub(crate) async fn killed_in_a_call(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.kill();
    let ending = person.ends().await?;
    ending.was_lost()?;
    ending.departure_was(&UNCONFIRMED)
}

pub(crate) async fn killed_during_an_exit(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    // Stopped first: a server that lives would have answered before it could be killed.
    stage.server.stop()?;
    person.room.handle().request_exit();
    stage.server.kill();
    let ending = person.ends().await?;
    ending.was_unconfirmed()
}

pub(crate) async fn stopped_before_an_exit(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.stop()?;
    let (ending, person) = person.leaves().await?;
    ending.was_unconfirmed()?;
    // What it was told and did not do, it does when it goes on.
    stage.server.go_on()?;
    stage.guest.sees_leave(&alice()).await?;
    stage.server_is_as_before().await?;
    let (ending, _) = person.enters().await?.leaves().await?;
    ending.was_confirmed()
}

pub(crate) async fn stopped_for_a_moment(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    bob.hears("alice", 10).await?;
    stage.server.stop()?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    stage.server.go_on()?;
    bob.hears("alice", 25).await?;
    person.hears("bob", 25).await?;
    person.leaves().await?.0.was_confirmed()?;
    bob.leaves().await?.0.was_confirmed()?;
    stage.guest.sees_leave(&alice()).await?;
    stage.server_is_as_before().await
}

/// A server that is silent for ever is noticed by its silence.
pub(crate) async fn stopped_in_a_call(scene: Scene) -> Told {
    let settings = Settings {
        session_timeout: 6,
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.stop()?;
    let ending = person.ends().await?;
    ending.was_lost()
}

pub(crate) async fn restarted_in_a_call(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.restart()?;
    let ending = person.ends().await?;
    ending.was_lost()?;
    stage.set_again().await?;
    let (ending, _) = Person::at(&stage.server, "alice")?
        .enters()
        .await?
        .leaves()
        .await?;
    ending.was_confirmed()?;
    stage.server_is_as_before().await
}

pub(crate) async fn restarted_during_an_exit(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.stop()?;
    person.room.handle().request_exit();
    stage.server.restart()?;
    let (ending, person) = person.leaves().await?;
    ending.was_unconfirmed()?;
    // The next stay finds the new server (G-11).
    stage.set_again().await?;
    let (ending, _) = person.enters().await?.leaves().await?;
    ending.was_confirmed()?;
    stage.server_is_as_before().await
}

/// An operator who shuts Janus down: its sockets close in good order.
pub(crate) async fn shut_down(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let person = Person::at(&stage.server, "alice")?.enters().await?;
    stage.server.shut_down()?;
    let ending = person.ends().await?;
    ending.was_lost()
}
