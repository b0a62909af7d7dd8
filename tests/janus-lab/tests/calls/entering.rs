//! Doors that stay shut, and exits that begin before they open.

use std::time::Duration;

use exeunt_janus::JanusConfig;
use exeunt_janus_lab::{JanusServer, Settings, VideoRoom};
use exeunt_requirements::{Told, check, same};
use exeunt_runtime::Reason;

use crate::Scene;
use crate::person::{Person, short};
use crate::stage::{ROOM, Stage, alice};

/// Somebody has her number; the camera runs meanwhile, and does not stay on.
pub(crate) async fn identity_taken(scene: Scene) -> Told {
    let stage = Stage::set(scene.network, Settings::default()).await?;
    let mut other =
        exeunt_janus_lab::Guest::connect(&stage.server.onlookers_url(), serde_json::json!({}))
            .await?;
    other.joins(&ROOM.into(), &alice()).await?;
    let config = JanusConfig::new(&stage.server.signalling_url())?;
    is_refused(Person::with("alice", config, None), 436).await?;
    check(stage.has_alice()?, || {
        "the one who was there has gone".to_owned()
    })
}

pub(crate) async fn wrong_pin(scene: Scene) -> Told {
    let server = JanusServer::start(scene.network, Settings::default())?;
    server.create_room(&VideoRoom {
        pin: Some("1-2-3".to_owned()),
        ..VideoRoom::new(ROOM)
    })?;
    let config = || JanusConfig::new(&server.signalling_url());
    is_refused(Person::with("alice", config()?, None), 429).await?;
    is_refused(
        Person::with("alice", config()?.with_pin("3-2-1"), None),
        433,
    )
    .await?;
    let person = Person::with("alice", config()?.with_pin("1-2-3"), None);
    let (ending, _) = person.enters().await?.leaves().await?;
    ending.was_confirmed()
}

pub(crate) async fn absent_room(scene: Scene) -> Told {
    let server = JanusServer::start(scene.network, Settings::default())?;
    is_refused(Person::at(&server, "alice")?, 426).await
}

pub(crate) async fn wrong_secret(scene: Scene) -> Told {
    let settings = Settings {
        api_secret: Some("hush".to_owned()),
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let config = || JanusConfig::new(&stage.server.signalling_url());
    is_refused(Person::with("alice", config()?, None), 403).await?;
    let person = Person::with("alice", config()?.with_api_secret("hush"), None);
    person.enters().await?.leaves().await?.0.was_confirmed()
}

pub(crate) async fn wrong_token(scene: Scene) -> Told {
    let settings = Settings {
        tokens: vec!["one".to_owned()],
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let config = || JanusConfig::new(&stage.server.signalling_url());
    is_refused(
        Person::with("alice", config()?.with_token("two"), None),
        403,
    )
    .await?;
    let person = Person::with("alice", config()?.with_token("one"), None);
    person.enters().await?.leaves().await?.0.was_confirmed()
}

async fn is_refused(person: Person, code: i32) -> Told {
    let ending = person.begins()?.ends().await?;
    ending.was_for(Reason::EnterFailed)?;
    same("the refusal", &ending.report.enter_refused, &Some(code))?;
    ending.devices_were_released()?;
    ending.stays_off()
}

/// Wherever in the entering an exit begins, nothing of her is left on the server (G-4).
pub(crate) async fn at_every_moment(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    for step in 0..40_u32 {
        let mut person = Person::at(&stage.server, "alice")?.begins()?;
        let moment = Duration::from_micros(400) * step;
        // Whichever comes first: the moment, or being let in.
        let _ = tokio::time::timeout(moment, person.room.entered()).await;
        let (ending, _) = person.leaves().await?;
        ending.was_for(Reason::LocalExit)?;
        ending.devices_were_released()?;
        let gone = stage.server_is_as_before().await;
        check(gone.is_ok(), || {
            format!("left after {moment:?}: {gone:?}; {}", ending.report)
        })?;
        check(!stage.has_alice()?, || {
            format!("after {moment:?} she is in the room")
        })?;
    }
    let _ = stage.told_of_ends().await?;
    Ok(())
}

/// A server that stopped lets nobody in; what it does when it goes on is undone.
pub(crate) async fn stopped_server(scene: Scene) -> Told {
    let stage = Stage::set(scene.network, Settings::default()).await?;
    stage.server.stop()?;
    let ending = Person::at(&stage.server, "alice")?
        .within(short())
        .begins()?
        .ends()
        .await?;
    ending.was_for(Reason::EnterFailed)?;
    ending.stays_off()?;
    let person = Person::at(&stage.server, "alice")?.begins()?;
    let (ending, _) = person.leaves().await?;
    ending.was_for(Reason::LocalExit)?;
    stage.server.go_on()?;
    stage.server_is_as_before().await
}
