//! `exeunt serve`: what it says, and where it refuses to listen.

use std::net::TcpListener;

use serde_json::Value;

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
