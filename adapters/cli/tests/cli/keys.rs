//! Flags, environment, config file, development default: which of them counts.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{ALICE, Exeunt};
use crate::serving::Served;

struct Config {
    path: PathBuf,
    _folder: TempDir,
}

impl Config {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exeunt.toml");
        std::fs::write(&path, text).expect("written");
        Self {
            path,
            _folder: folder,
        }
    }

    fn path(&self) -> &str {
        self.path.to_str().expect("a plain name")
    }
}

/// Nobody listens at ports 1 to 3 of a machine of today; the failure says where was looked.
#[track_caller]
fn looked_at(exeunt: Exeunt, port: u16) {
    let place = format!("http://127.0.0.1:{port}/");
    exeunt.run().failed(1, &[&place, "exeunt serve"]);
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_config_file() {
    let config = Config::of("service = 'ws://127.0.0.1:1'\n");
    let words = ["rooms", "--config", config.path()];
    looked_at(Exeunt::typed(&words), 1);
    let env = |exeunt: Exeunt| exeunt.with_env("EXEUNT_SERVICE", "ws://127.0.0.1:2");
    looked_at(env(Exeunt::typed(&words)), 2);
    let words = [
        "rooms",
        "--config",
        config.path(),
        "--service",
        "ws://127.0.0.1:3",
    ];
    looked_at(env(Exeunt::typed(&words)), 3);
}

#[test]
fn the_config_file_can_be_named_by_the_environment() {
    let config = Config::of("service = 'http://127.0.0.1:1/'\n");
    let exeunt = Exeunt::typed(&["rooms"]).with_env("EXEUNT_CONFIG", config.path());
    looked_at(exeunt, 1);
}

#[test]
fn a_token_in_an_address_is_shown_nowhere() {
    // Where nobody listens.
    let place = "ws://127.0.0.1:1";
    for (name, transport) in [
        ("EXEUNT_SERVICE", "--transport=websocket"),
        ("EXEUNT_JANUS", "--transport=janus"),
    ] {
        for json in [&[][..], &["--json"]] {
            let typed = [json, &ALICE, &[transport]].concat();
            let address = format!("{place}?token=not-to-be-seen");
            let ended = Exeunt::typed(&typed).with_env(name, &address).run();
            let words = format!("{ended:?}");
            assert_eq!(ended.status, Some(1), "{words}");
            assert!(words.contains(place), "{words}");
            assert!(!words.contains("not-to-be-seen"), "{words}");
            let help = Exeunt::typed(&[&typed[..], &["--help"]].concat());
            let help = help.with_env(name, &address).run().succeeded().text();
            assert!(help.contains(name), "{help}");
            assert!(!help.contains("not-to-be-seen"), "{help}");
        }
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    for command in [&["rooms"][..], &ALICE, &["--json", "rooms"]] {
        for address in [
            "ws://user:not-to-be-seen@rooms.example",
            "http://user:1/not-to-be-seen@rooms.example",
        ] {
            let ended = Exeunt::typed(command).with_env("EXEUNT_SERVICE", address);
            let ended = ended.run();
            let words = format!("{ended:?}");
            assert_eq!(ended.status, Some(1), "{words}");
            assert!(words.contains("no address of a room service"), "{words}");
            assert!(!words.contains("not-to-be-seen"), "{words}");
        }
    }
    let config = Config::of("service = 'ws://user:not-to-be-seen@rooms.example'\n");
    let ended = Exeunt::typed(&["rooms", "--config", config.path()]).run();
    let ended = ended.failed(1, &["ws://rooms.example", "no address of a room service"]);
    assert!(!ended.complaints.contains("not-to-be-seen"), "{ended:?}");
}

#[test]
fn one_config_file_serves_the_service_its_operator_and_its_users() {
    let config = Config::of(
        "sdk_app_id = 7\nuser_sig_key = 'u'\nsecret_id = 'operator'\nsecret_key = 's'\n",
    );
    let served = Served::with(&["--config", config.path()]);
    let own = ["--config", config.path()];
    let mut alice = served.join("alice", &own);
    alice.until_it_says("onEnterRoom");
    let rooms = served.typed(&[&["rooms"], &own[..]].concat()).run();
    assert!(rooms.succeeded().text().contains("alice"));
    let wrong = [&["rooms", "--secret-key=wrong"], &own[..]].concat();
    served.typed(&wrong).run().failed(3, &["AuthFailure"]);
    let strangers = served.typed(&["rooms"]).run();
    strangers.failed(3, &["exeunt-development", "--secret-id"]);
    let kick = ["kick", "--room=123", "alice"];
    served.typed(&[&kick, &own[..]].concat()).run().succeeded();
    alice.end().succeeded();
}

#[test]
fn a_config_file_that_is_not_there_is_named() {
    let ended = Exeunt::typed(&["rooms", "--config", "/nowhere/exeunt.toml"]).run();
    ended.failed(1, &["/nowhere/exeunt.toml", "No such file"]);
}

#[test]
fn a_config_file_that_makes_no_sense_is_told_what_would() {
    for (text, said) in [
        ("servce = 'x'", &["servce", "`service`", "line 1"][..]),
        ("sdk_app_id = 'many'", &["many", "u32"]),
        ("sdk_app_id = -1", &["-1", "u32"]),
        ("nonsense", &["line 1"]),
    ] {
        let config = Config::of(text);
        let words = ["serve", "--config", config.path()];
        let ended = Exeunt::typed(&words).run().failed(1, said);
        assert!(ended.complaints.contains(config.path()), "{ended:#?}");
        assert_eq!(ended.said, [] as [&str; 0]);
    }
}
