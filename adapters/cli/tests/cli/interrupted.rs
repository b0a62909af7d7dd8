//! Ctrl-C in the middle of the demo, and the moment that somebody listens to it.

use std::path::Path;

use serde_json::Value;

use crate::program::Exeunt;

#[test]
fn an_interrupted_demo_leaves_nobody_and_nothing_behind() {
    for transport in ["websocket", "loopback"] {
        let folder = tempfile::tempdir().expect("a folder");
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).expect("a folder");
        let transport = format!("--transport={transport}");
        let words = ["--json", "demo", "--devices=files", &transport];
        let mut running = Exeunt::typed(&words)
            .within(folder.path())
            .with_env("TMPDIR", temporary.to_str().expect("a plain name"))
            .start();
        running.until("everybody inside", |line| line.contains("everybody is in"));
        running.interrupt();
        running.interrupt();
        let ended = running.end();
        assert_eq!(ended.status, Some(130), "{ended:#?}");
        let [failure] = &ended.of_type("failure")[..] else {
            panic!("{ended:#?}")
        };
        assert_eq!(failure["status"], 130);
        // Everybody left in the end, and properly.
        assert_eq!(ended.of_type("report").len(), 3);
        for began in ended.of_type("began") {
            is_gone(&began["process"]);
        }
        assert_eq!(entries(&temporary), [] as [String; 0]);
        assert_eq!(entries(folder.path()), ["temporary"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_is_asked_to_end_the_moment_that_it_listens_ends() {
    use nix::sys::signal::{SIGHUP, SIGINT, SIGTERM};

    // Which of the two is quicker is a matter of luck, so it is tried again.
    const TRIALS: usize = 10;
    // Whoever knocks here waits longer than anybody needs to be heard.
    let door = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let service = format!("ws://{}", door.local_addr().expect("bound"));
    let devices = ["--microphone=none", "--speaker=none", "--camera=none"];
    let join = ["join", "--room=1", "--user=alice", "--service", &service];
    for signal in [SIGINT, SIGTERM, SIGHUP].repeat(TRIALS) {
        let alice = Exeunt::typed(&[&join[..], &devices].concat()).start();
        alice.until_it_listens_to(signal);
        alice.signal(signal);
        let ended = alice.end();
        // It left, or had not begun to enter; whoever was not heard is never let in.
        let heard = [Some(0), Some(130)];
        assert!(heard.contains(&ended.status), "{signal}: {ended:#?}");
    }
}

/// Nothing is left to be seen of this process.
fn is_gone(process: &Value) {
    let folder = format!("/proc/{process}");
    assert!(!Path::new(&folder).exists(), "{folder} is still there");
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be read");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.collect()
}
