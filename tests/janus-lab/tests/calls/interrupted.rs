//! A socket that is cut, and whose session is claimed: what was said meanwhile is lost, and media come all the
//! same.

use std::time::Duration;

use exeunt_conformance::TcpWire;
use exeunt_janus::JanusConfig;
use exeunt_janus_lab::Settings;
use exeunt_requirements::Told;
use exeunt_runtime::Reason;
use libtest_mimic::Failed;

use crate::Scene;
use crate::person::Person;
use crate::stage::{Stage, alice};

/// Alice's socket is cut so many times, each time a bit later in the setting up of media.
const MOMENTS: u32 = 16;

/// Wherever in the setting up it is cut: no request in flight is waited for in vain, and none of what Janus
/// told nobody is missed for good.
pub(crate) async fn at_every_moment(scene: Scene) -> Told {
    let (mut stage, wire) = set(scene).await?;
    let mut bob = Person::at(&stage.server, "bob")?;
    let mut person = on_the_wire(&stage, &wire)?;
    for step in 0..MOMENTS {
        let mut there = person.begins()?;
        there.is_let_in().await?;
        // What he sends is set up at the same time.
        let other = bob.enters().await?;
        let moment = Duration::from_millis(12) * step;
        tokio::time::sleep(moment).await;
        wire.cut();
        there.loses_link().await?;
        wire.mend();
        there.recovers_link().await?;
        let when = |failed: Failed| format!("cut {moment:?} after entering: {failed:?}");
        there.hears("bob", 10).await.map_err(when)?;
        other.hears("alice", 10).await.map_err(when)?;
        stage.was_told_of_ends([0, 0]).await?;
        let (ending, client) = there.leaves().await?;
        ending.was_for(Reason::LocalExit)?;
        ending.was_confirmed()?;
        stage.guest.sees_leave(&alice()).await?;
        person = client;
        let (ending, client) = other.leaves().await?;
        ending.was_confirmed()?;
        bob = client;
        let _ = stage.told_of_ends().await?;
    }
    stage.server_is_as_before().await
}

/// A socket that is cut in a call, as by a machine between us that restarts: the stay goes on, and so do media.
pub(crate) async fn again_and_again(scene: Scene) -> Told {
    let (mut stage, wire) = set(scene).await?;
    let mut person = on_the_wire(&stage, &wire)?.enters().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    person.hears("bob", 10).await?;
    bob.hears("alice", 10).await?;
    for _ in 0..3 {
        wire.cut();
        person.loses_link().await?;
        bob.hears("alice", 10).await?;
        wire.mend();
        person.recovers_link().await?;
    }
    stage.was_told_of_ends([0, 0]).await?;
    person.hears("bob", 10).await?;
    let (ending, _) = person.leaves().await?;
    ending.was_for(Reason::LocalExit)?;
    ending.was_confirmed()?;
    stage.guest.sees_leave(&alice()).await?;
    bob.leaves().await?.0.was_confirmed()?;
    stage.server_is_as_before().await
}

/// That bob sends is told once, and not to her.
pub(crate) async fn begun_meanwhile(scene: Scene) -> Told {
    let (stage, wire) = set(scene).await?;
    let mut person = on_the_wire(&stage, &wire)?.enters().await?;
    wire.cut();
    person.loses_link().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    let carol = Person::at(&stage.server, "carol")?.enters().await?;
    // So he sends.
    carol.hears("bob", 10).await?;
    wire.mend();
    person.recovers_link().await?;
    person.hears("bob", 10).await?;
    person.hears("carol", 10).await?;
    for one in [person, bob, carol] {
        one.leaves().await?.0.was_confirmed()?;
    }
    stage.server_is_as_before().await
}

/// She has received bob before; what she had of him ended without a word, and he is there anew.
pub(crate) async fn begun_anew_meanwhile(scene: Scene) -> Told {
    let (stage, wire) = set(scene).await?;
    let mut person = on_the_wire(&stage, &wire)?.enters().await?;
    let bob = Person::at(&stage.server, "bob")?.enters().await?;
    let carol = Person::at(&stage.server, "carol")?.enters().await?;
    person.hears("bob", 10).await?;
    carol.hears("bob", 10).await?;
    wire.cut();
    person.loses_link().await?;
    let (ending, bob) = bob.leaves().await?;
    ending.was_confirmed()?;
    let bob = bob.enters().await?;
    carol.hears("bob", 10).await?;
    wire.mend();
    person.recovers_link().await?;
    person.hears("bob", 10).await?;
    for one in [person, bob, carol] {
        one.leaves().await?.0.was_confirmed()?;
    }
    stage.server_is_as_before().await
}

/// A server that keeps a session whose socket is lost, and a wire before it.
async fn set(scene: Scene) -> Result<(Stage, TcpWire), Failed> {
    let settings = Settings {
        reclaim_session_timeout: 60,
        ..Settings::default()
    };
    let stage = Stage::set(scene.network, settings).await?;
    let wire = TcpWire::before((stage.server.address(), 8188).into()).await?;
    Ok((stage, wire))
}

/// Alice, whose signalling goes over the wire, and whose media do not.
fn on_the_wire(stage: &Stage, wire: &TcpWire) -> Result<Person, Failed> {
    let config = JanusConfig::new(&format!("ws://{}", wire.address()))?
        .with_media_at(stage.server.link().ours().into());
    Ok(Person::with("alice", config, None))
}
