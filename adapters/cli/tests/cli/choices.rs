//! What is chosen for a room service: a flag beats the environment, which beats the config file.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Exeunt, PATIENCE, Running};

/// A service that was told some of it by its file, some by its environment, and some by flags.
struct Chosen {
    running: Running,
    address: String,
    _folder: TempDir,
}

impl Chosen {
    fn by(file: &str, environment: &[(&str, &str)], flags: &[&str]) -> Self {
        let (folder, path) = written(file);
        let config = path.to_str().expect("a plain name");
        let words = [
            "--json",
            "serve",
            "--listen=127.0.0.1:0",
            "--config",
            config,
        ];
        let mut program = Exeunt::typed(&[&words[..], flags].concat());
        for (name, value) in environment {
            program = program.with_env(name, value);
        }
        let mut running = program.start();
        let line: Value = serde_json::from_str(&running.until_it_says("serving")).expect("JSON");
        let address = line["address"].as_str().expect("an address").to_owned();
        Self {
            running,
            address,
            _folder: folder,
        }
    }

    /// What the service answers to a request, as far as it does.
    fn answers(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let request = format!("{head}\r\nHost: {}\r\n\r\n", self.address);
        let _ = stream.write_all(request.as_bytes());
        let mut answer = [0; 12];
        match stream.read_exact(&mut answer) {
            Ok(()) => String::from_utf8_lossy(&answer).into_owned(),
            Err(_) => String::new(),
        }
    }

    /// Whether a page of this origin may bring its user in.
    fn lets_in(&self, origin: &str) -> bool {
        let answer = self.answers(&format!(
            "GET /ws HTTP/1.1\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        ));
        assert!(
            ["HTTP/1.1 101", "HTTP/1.1 403"].contains(&&*answer),
            "{answer}"
        );
        answer.ends_with("101")
    }

    fn join(&self, user: &str) -> Running {
        let service = format!("ws://{}", self.address);
        let words = ["join", "--room=1", "--user", user, "--service", &service];
        let devices = ["--microphone=none", "--speaker=none", "--camera=none"];
        Exeunt::typed(&[&words[..], &devices[..]].concat()).start()
    }
}

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exeunt.toml");
    fs::write(&path, text).expect("writable");
    (folder, path)
}

#[test]
fn pages_may_bring_their_users_in_by_flag_before_environment_before_file() {
    let origins = [
        "https://file.example",
        "https://env.example",
        "https://flag.example",
    ];
    let [by_file, by_environment, by_flag] = origins;
    let file = format!("[serve.rooms]\nallowed_origins = ['{by_file}']");
    let environment = [("EXEUNT_ALLOWED_ORIGINS", by_environment)];
    let flag = ["--allowed-origin", by_flag];
    for (chosen, expected) in [
        (Chosen::by("", &[], &[]), ""),
        (Chosen::by(&file, &[], &[]), by_file),
        (Chosen::by(&file, &environment, &[]), by_environment),
        (Chosen::by(&file, &environment, &flag), by_flag),
    ] {
        for origin in origins {
            assert_eq!(chosen.lets_in(origin), origin == expected, "{origin}");
        }
    }
    let slash = ["serve", "--allowed-origin", "https://app.example/"];
    Exeunt::typed(&slash).run().failed(2, &["no path"]);
}

#[test]
fn webhooks_are_told_by_flag_before_environment_before_file() {
    let receivers: Vec<TcpListener> = (0..3)
        .map(|_| {
            let receiver = TcpListener::bind("127.0.0.1:0").expect("a free port");
            receiver.set_nonblocking(true).expect("a socket");
            receiver
        })
        .collect();
    let url = |number: usize| {
        let address = receivers[number].local_addr().expect("it listens");
        format!("http://{address}/")
    };
    let file = format!(
        "[serve.webhooks]\nurls = ['{}']\nkey = 'key'\nreach = 'private'",
        url(0)
    );
    let (environment, flag) = (url(1), url(2));
    let environment = [("EXEUNT_WEBHOOKS", &*environment)];
    let flag = ["--webhook", &*flag];
    for (chosen, expected) in [
        (Chosen::by(&file, &[], &[]), 0),
        (Chosen::by(&file, &environment, &[]), 1),
        (Chosen::by(&file, &environment, &flag), 2),
    ] {
        let mut alice = chosen.join("alice");
        alice.until_it_says("onEnterRoom");
        let began = Instant::now();
        let told = loop {
            let told = receivers.iter().position(|one| one.accept().is_ok());
            assert!(began.elapsed() < PATIENCE, "nobody is told");
            if let Some(told) = told {
                break told;
            }
            std::thread::yield_now();
        };
        assert_eq!(told, expected);
        // Whoever is tried again is not taken for the next one's.
        drop(chosen);
        while receivers.iter().any(|one| one.accept().is_ok()) {}
    }
}

#[test]
fn requests_of_one_address_are_bounded_by_flag_before_environment_before_file() {
    let file = "[serve.limits]\nrequests_per_address = 1";
    let environment = [("EXEUNT_LIMITS", "requests_per_address=2")];
    let flag = ["--limit=requests_per_address=1"];
    for (chosen, has_room) in [
        (Chosen::by(file, &[], &[]), false),
        (Chosen::by(file, &environment, &[]), true),
        (Chosen::by(file, &environment, &flag), false),
    ] {
        // One who never asks takes the first place.
        let _idle = TcpStream::connect(&chosen.address).expect("it listens");
        let answer = chosen.answers("GET /health HTTP/1.1");
        assert_eq!(answer == "HTTP/1.1 200", has_room, "{answer:?}");
    }
}

#[test]
fn a_stay_may_be_as_long_as_the_flag_says_and_not_as_the_file_does() {
    let file = "[serve.rooms]\nlongest_stay_s = 3600\nscene = 'live'";
    let environment = [("EXEUNT_LONGEST_STAY", "1800"), ("EXEUNT_SCENE", "call")];
    let chosen = Chosen::by(file, &environment, &["--longest-stay=1"]);
    let ended = chosen.join("alice").end().succeeded();
    assert!(ended.text().contains("onExitRoom(1)"), "{ended:#?}");
    drop(chosen.running);
}

#[test]
fn what_is_wrong_in_the_file_is_said_with_its_line_and_what_is_allowed() {
    for (text, said) in [
        ("[serve.webhooks]\nurl = 'x'", ["line 2", "`urls`"]),
        ("[serve.rooms]\nscene = 'film'", ["line 2", "`live`"]),
        (
            "[serve.webhooks]\nretry_pause_s = 0",
            ["line 2", "1 to 3600"],
        ),
        (
            "[serve.webhooks]\nurls = ['http://127.0.0.1:9']",
            ["no key", "--webhook-key"],
        ),
        (
            "[serve.webhooks]\nurls = ['https://127.0.0.1']\nkey = 'k'",
            ["127.0.0.1", "reach"],
        ),
    ] {
        let (_folder, path) = written(text);
        let config = path.to_str().expect("a plain name");
        let words = ["serve", "--listen=127.0.0.1:0", "--config", config];
        let words_said = [said[0], said[1], "exeunt.toml"];
        Exeunt::typed(&words).run().failed(1, &words_said);
    }
}
