//! `exeunt serve --back-end janus` as an operator types it, over a real Janus.

#![allow(
    clippy::panic,
    dead_code,
    reason = "a story that cannot go on says why; the other stories use more of what they share"
)]

#[path = "../cli/program.rs"]
mod program;

use exeunt_janus_lab::{Guest, JanusServer, Network, Settings, VideoRoom, trial};
use libtest_mimic::{Arguments, Failed, run};
use serde_json::{Value, json};

use program::Exeunt;

fn main() {
    let network = Network::own();
    let name = "who is in Janus's rooms is listed, kicked and dismissed from the command line";
    let stories = vec![trial(name, &network, &[], operates)];
    run(&Arguments::from_args(), stories).exit();
}

const SECRETS: [&str; 3] = ["of-room-1-only", "of-all-the-others", "the-admins-key"];

fn operates(network: Network) -> Result<(), Failed> {
    let [own, others, admin_key] = SECRETS;
    let settings = Settings {
        admin_key: Some(admin_key.to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    for (room, secret) in [(1, own), (2, others)] {
        server.create_room(&VideoRoom {
            secret: Some(secret.to_owned()),
            ..VideoRoom::new(room)
        })?;
    }
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("exeunt.toml");
    // A part stands in the file, a part in the environment, and a flag beats the file.
    std::fs::write(
        &config,
        format!(
            "[serve]\nback_end = 'janus'\n[serve.janus]\nurl = 'ws://127.0.0.1:1'\n\
             default_secret = '{others}'\n[serve.janus.room_secrets]\n1 = '{own}'\n"
        ),
    )?;
    let config = config.to_str().ok_or("a plain name")?;
    let url = server.signalling_url();
    let words = [
        "--json",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        config,
        "--janus",
        &url,
    ];
    let mut running = Exeunt::typed(&words)
        .with_env("EXEUNT_JANUS_ADMIN_KEY", admin_key)
        .with_env("RUST_LOG", "exeunt=trace,exeunt_janus=trace")
        .start();
    let serving: Value = serde_json::from_str(&running.until_it_says("serving"))?;
    assert_eq!(serving["janus"], url.as_str());
    let service = serving["service"].as_str().ok_or("an address")?;
    let typed = |words: &[&str]| Exeunt::typed(words).with_env("EXEUNT_SERVICE", service);

    let runtime = tokio::runtime::Runtime::new()?;
    let (mut alice, mut bob) = runtime.block_on(async {
        let mut guests = Vec::new();
        for (room, id, name) in [(1, 11, "alice"), (2, 22, "bob")] {
            let mut guest = Guest::connect(&url, json!({})).await?;
            let join = json!({
                "request": "join", "ptype": "publisher", "room": room, "id": id, "display": name,
            });
            guest.says(join).await?;
            guests.push(guest);
        }
        let bob = guests.pop().ok_or("two")?;
        let alice = guests.pop().ok_or("two")?;
        Ok::<_, Failed>((alice, bob))
    })?;
    let listed = typed(&["rooms"]).run().succeeded().text();
    assert!(
        listed.contains("alice") && listed.contains("bob"),
        "{listed}"
    );
    typed(&["kick", "--room=1", "alice"]).run().succeeded();
    let told = alice.hears("being kicked", |told| told["leaving"] == "ok");
    assert_eq!(runtime.block_on(told)?["reason"], "kicked");
    typed(&["dismiss", "--room=2"]).run().succeeded();
    let told = bob.hears("the room's end", |told| told["videoroom"] == "destroyed");
    runtime.block_on(told)?;
    let banned = typed(&["kick", "--room=1", "alice", "--ban-for=60"]).run();
    banned.failed(3, &["UnsupportedOperation", "no bans"]);
    let entered = typed(&[
        "join",
        "--room=1",
        "--user=eve",
        "--microphone=none",
        "--speaker=none",
        "--camera=none",
    ]);
    entered.run().failed(1, &["eve did not get into room 1"]);

    running.interrupt();
    let ended = running.end().succeeded();
    assert_eq!(ended.of_type("stopped").len(), 1);
    for secret in SECRETS {
        let said = ended.text().contains(secret) || ended.complaints.contains(secret);
        assert!(!said, "{secret} is told: {ended:#?}");
    }
    Ok(())
}
