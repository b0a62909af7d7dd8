//! `exeunt serve`: what it says, and where it refuses to listen.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Exeunt, Running};

/// A room service on a free port, for the other stories.
pub(crate) struct Served {
    pub(crate) running: Running,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn with(words: &[&str]) -> Self {
        let mut arguments = vec!["--json", "serve", "--listen", "127.0.0.1:0"];
        arguments.extend(words);
        let mut running = Exeunt::typed(&arguments).start();
        let line = running.until_it_says("serving");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let url = line["service"].as_str().expect("an address").to_owned();
        Self { running, url }
    }

    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A command that finds this service.
    pub(crate) fn typed(&self, words: &[&str]) -> Exeunt {
        Exeunt::typed(words).with_env("EXEUNT_SERVICE", &self.url)
    }

    /// Somebody who enters without devices.
    pub(crate) fn join(&self, user: &str, more: &[&str]) -> Running {
        let mut words = vec!["join", "--room", "123", "--user", user];
        words.extend(["--microphone=none", "--speaker=none", "--camera=none"]);
        words.extend(more);
        self.typed(&words).start()
    }

    /// Who is in which room, as `exeunt rooms` says.
    pub(crate) fn rooms(&self) -> String {
        self.typed(&["rooms"]).run().succeeded().text()
    }
}

#[test]
fn what_it_tells_to_type_next_can_be_typed() {
    let mut served = Exeunt::typed(&["serve", "--listen", "127.0.0.1:0"]).start();
    let line = served.until_it_says(" join ");
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    let mut words = words;
    words.extend(["--microphone=none", "--speaker=none", "--camera=none"]);
    let mut alice = Exeunt::typed(&words).start();
    alice.until_it_says("onEnterRoom");
    alice.type_in("q");
    alice.end().succeeded();
}

#[test]
fn asked_to_end_it_tells_everybody_and_ends() {
    let served = Served::start();
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    served.running.interrupt();
    let ended = served.running.end().succeeded();
    assert_eq!(ended.of_type("stopped").len(), 1);
    let ended = alice
        .end()
        .failed(4, &["alice", "the room service stopped"]);
    assert!(ended.text().contains("onExitRoom(103)"), "{ended:#?}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let ended = Exeunt::typed(&["serve", "--listen", &address]).run();
    ended.failed(1, &[&address, "is taken", "0 for a free one"]);
}

#[test]
fn development_keys_are_for_this_machine_only() {
    let ended = Exeunt::typed(&["serve", "--listen", "0.0.0.0:0"]).run();
    ended.failed(
        1,
        &[
            "development keys",
            "127.0.0.1",
            "--user-sig-key",
            "--secret-key",
        ],
    );
    // One key of one's own is not enough.
    let half = ["serve", "--listen", "0.0.0.0:0", "--user-sig-key", "k"];
    Exeunt::typed(&half).run().failed(1, &["development keys"]);
}

#[test]
fn an_empty_key_is_none() {
    let ended = Exeunt::typed(&["serve", "--listen", "127.0.0.1:0", "--user-sig-key", ""]).run();
    ended.failed(1, &["UserSig key is empty"]);
}

/// A certificate for 127.0.0.1 and its key, in a folder that goes with it.
fn identity() -> (TempDir, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let written = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("writable");
        path.to_str().expect("a plain name").to_owned()
    };
    let certificate = written("certificate.pem", made.cert.pem());
    let key = written("key.pem", made.signing_key.serialize_pem());
    (folder, certificate, key)
}

#[test]
fn with_a_certificate_everything_goes_over_tls() {
    let (_folder, certificate, key) = identity();
    let served = Served::with(&["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(served.url.starts_with("wss://"), "{}", served.url);
    let mut alice = served.join("alice", &["--authorities", &certificate]);
    alice.until_it_says("onEnterRoom");
    let known = |words: &[&str]| {
        served
            .typed(words)
            .with_env("EXEUNT_AUTHORITIES", &certificate)
    };
    known(&["kick", "--room", "123", "alice"]).run().succeeded();
    let ended = alice.end().succeeded();
    assert!(ended.text().contains("onExitRoom(1)"), "{ended:#?}");
    // Who does not know the certificate does not talk to it.
    served.typed(&["rooms"]).run().failed(1, &["certificate"]);
}

#[test]
fn half_an_identity_is_none_and_neither_is_a_file_without_one() {
    let (_folder, certificate, key) = identity();
    let typed = |words: &[&str]| {
        let all = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
        Exeunt::typed(&all).run()
    };
    typed(&["--tls-cert", &certificate]).failed(1, &["--tls-key is missing"]);
    typed(&["--tls-key", &key]).failed(1, &["--tls-cert is missing"]);
    typed(&["--tls-cert", &key, "--tls-key", &key]).failed(1, &[&key, "BEGIN CERTIFICATE"]);
    typed(&["--tls-cert", "/nowhere", "--tls-key", &key]).failed(1, &["/nowhere", "No such file"]);
}

#[test]
fn the_config_file_that_is_printed_is_taken_and_flags_go_over_it() {
    let printed = Exeunt::typed(&["serve", "--print-config"])
        .run()
        .succeeded();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exeunt.toml");
    let text = printed
        .text()
        .replace("members_per_room = 300", "members_per_room = 1");
    fs::write(&path, text).expect("writable");
    let config = ["--config", path.to_str().expect("a plain name")];
    let served = Served::with(&config);
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    served.join("bob", &[]).end().failed(3, &["full"]);
    let more = [&config[..], &["--limit", "members_per_room=2"]].concat();
    let served = Served::with(&more);
    for name in ["alice", "bob"] {
        served.join(name, &[]).until_it_says("onEnterRoom");
    }
}

#[test]
fn the_log_is_json_where_that_is_asked_for() {
    let words = ["serve", "--listen", "127.0.0.1:0", "--log", "json"];
    let mut served = Exeunt::typed(&words).start();
    served.until_it_says("rooms at");
    served.interrupt();
    let ended = served.end().succeeded();
    let said: Vec<Value> = ended
        .complaints
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let listens = said
        .iter()
        .find(|line| line["fields"]["message"] == "room service listens");
    assert!(
        listens.is_some_and(|line| line["fields"]["address"].is_string()),
        "{said:#?}"
    );
}

#[test]
fn a_webhook_to_this_machine_has_to_be_meant_and_has_a_key() {
    let serve = |words: &[&str]| {
        let words = [&["serve", "--listen=127.0.0.1:0"], words].concat();
        Exeunt::typed(&words).run()
    };
    let here = "--webhook=http://127.0.0.1:9/";
    serve(&[here]).failed(2, &["--webhook-key"]);
    serve(&[here, "--webhook-key=k"]).failed(2, &["may not be sent to 127.0.0.1"]);
    serve(&["--webhook=ftp://x", "--webhook-key=k"]).failed(2, &["expected https://HOST"]);
    let served = Served::with(&[here, "--webhook-key=k", "--webhook-reach=private"]);
    served.running.interrupt();
    served.running.end().succeeded();
}

#[test]
fn a_stay_that_lasts_too_long_ends_as_after_a_kick() {
    let served = Served::with(&["--longest-stay=1"]);
    let alice = served.join("alice", &[]);
    let ended = alice.end().succeeded();
    assert!(ended.text().contains("onExitRoom(1)"), "{ended:#?}");
}
