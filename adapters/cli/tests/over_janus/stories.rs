//! The stories.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use exeunt_janus_lab::{JanusServer, Network, Settings, VideoRoom};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::program::{Ended, Exeunt};

/// What a run with files shows; the others need something to go wrong.
const SHOWN: [u8; 10] = [1, 2, 3, 5, 6, 9, 12, 13, 14, 18];

pub(crate) fn own_janus() {
    let folder = Folder::make();
    let ended = folder
        .typed(&["demo", "--transport=janus"])
        .run()
        .succeeded();
    plays(&ended);
    let stood = headings(&ended).join("\n");
    assert!(
        stood.contains("a Janus of its own at ws://127.0.0.1:"),
        "{stood}"
    );
    assert!(stood.contains("media at 10.77.0.1"), "{stood}");
    assert!(folder.path("exeunt-demo.svg").exists(), "the picture");
    nothing_is_left(&folder, &["exeunt-demo.svg", "temporary"]);
}

pub(crate) fn interrupted() {
    let folder = Folder::make();
    let mut running = folder.typed(&["demo", "--transport=janus"]).start();
    running.until_it_says("everybody is in");
    assert_eq!(januses().len(), 1);
    running.interrupt();
    running.interrupt();
    let ended = running.end();
    assert_eq!(ended.status, Some(130), "{ended:#?}");
    assert_eq!(
        ended.of_type("report").len(),
        3,
        "everybody left: {ended:#?}"
    );
    nothing_is_left(&folder, &["temporary"]);
}

pub(crate) fn killed() {
    let folder = Folder::make();
    let mut running = folder.typed(&["demo", "--transport=janus"]).start();
    running.until_it_says("everybody is in");
    // Dropping it kills it on the spot.
    drop(running);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !januses().is_empty() {
        assert!(Instant::now() < deadline, "Janus lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn loopback_alone() -> Result<(), Failed> {
    let exeunt = env!("CARGO_BIN_EXE_exeunt");
    let ended = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && exec \"$0\" \"$@\"",
            exeunt,
        ])
        .args(["demo", "--transport=janus", "--devices=files"])
        .current_dir(Folder::make().path("."))
        .output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for words in ["takes no loopback address for media", "ip link add"] {
        assert!(said.contains(words), "{said}");
    }
    Ok(())
}

pub(crate) fn running_janus(network: Network) -> Result<(), Failed> {
    let settings = Settings {
        admin_key: Some("of whoever makes rooms".to_owned()),
        api_secret: Some("everybody's".to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    // Somebody else's, which the demo would take in a Janus of its own.
    server.create_room(&VideoRoom::new(123))?;
    let folder = Folder::make();
    let url = format!("{}?token=not-to-be-seen", server.signalling_url());
    let demo = folder.typed(&["demo", "--transport=janus", "--janus", &url]);
    let demo = demo
        .with_env("EXEUNT_JANUS_ADMIN_KEY", "of whoever makes rooms")
        .with_env("EXEUNT_JANUS_API_SECRET", "everybody's");
    let ended = demo.run().succeeded();
    plays(&ended);
    assert!(!format!("{ended:?}").contains("not-to-be-seen"));
    for report in ended.of_type("report") {
        assert_ne!(report["report"]["room"], 123, "{report:#}");
    }
    let answer = server
        .admin()
        .video_room(&json!({ "request": "exists", "room": 123 }))?;
    assert_eq!(answer["exists"], true, "that room is somebody else's");
    Ok(())
}

pub(crate) fn joined(network: Network) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    let url = server.signalling_url();
    let folder = Folder::make();
    let mut join = enters(&folder, &url, &["--janus-make-rooms"]).start();
    join.until_it_says("onEnterRoom");
    join.type_in("q");
    let ended = join.end().succeeded();
    let [report] = &ended.of_type("report")[..] else {
        return Err(format!("{ended:#?}").into());
    };
    let report = &report["report"];
    assert_eq!(report["reason"], "local_exit", "{report:#}");
    assert_eq!(report["transport_name"], "janus");
    assert_eq!(report["departure"]["outcome"], "done", "{report:#}");
    assert_eq!(server.admin().sessions()?.len(), 0, "no session is left");
    Ok(())
}

pub(crate) fn described_by_a_file(network: Network) -> Result<(), Failed> {
    let settings = Settings {
        admin_key: Some("of whoever makes rooms".to_owned()),
        api_secret: Some("everybody's".to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    let folder = Folder::make();
    let url = server.signalling_url();
    let text = format!(
        "[serve.janus]\nurl = \"{url}\"\nadmin_key = \"of whoever makes rooms\"\n\
         api_secret = \"everybody's\"\ndefault_secret = \"another room's\"\n\
         [serve.janus.room_secrets]\n4242 = \"this room's\"\n"
    );
    std::fs::write(folder.path("exeunt.toml"), text)?;
    let words = ["--config=exeunt.toml", "--janus-make-rooms"];
    let mut alice = folder.typed(&[&ALICE[..], &words].concat()).start();
    alice.until_it_says("onEnterRoom");
    let answer = server.admin().video_room(&json!({
        "request": "destroy", "room": 4242, "secret": "this room's",
    }))?;
    assert_eq!(answer["videoroom"], "destroyed", "{answer:#}");
    let ended = alice.end().succeeded();
    let [report] = &ended.of_type("report")[..] else {
        return Err(format!("{ended:#?}").into());
    };
    assert_eq!(report["report"]["reason"], "dismissed", "{report:#}");
    // A flag beats the file.
    let elsewhere = enters(&folder, "ws://127.0.0.1:1", &words).run();
    assert_eq!(elsewhere.status, Some(1), "nobody there: {elsewhere:#?}");
    Ok(())
}

pub(crate) fn refused(network: Network) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    let url = server.signalling_url();
    let folder = Folder::make();
    let ended = enters(&folder, &url, &[]).run();
    assert_eq!(ended.status, Some(3), "no such room: {ended:#?}");
    let text = ended.text();
    for words in ["426", "--janus-make-rooms"] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    let nowhere = "ws://127.0.0.1:1";
    let ended = enters(&folder, nowhere, &[]).run();
    assert_eq!(ended.status, Some(1), "nobody there: {ended:#?}");
    assert!(
        ended.text().contains("does a Janus listen there"),
        "{}",
        ended.text()
    );
    Ok(())
}

// ---- what they have in common -----------------------------------------------------------------

/// A place to run in, with one for temporary files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("temporary")).expect("a folder");
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn typed(&self, words: &[&str]) -> Exeunt {
        let files: &[&str] = if words.first() == Some(&"demo") {
            &["--devices=files"]
        } else {
            &[]
        };
        let words = [&["--json"], words, files].concat();
        let temporary = self.path("temporary");
        Exeunt::typed(&words)
            .within(self.0.path())
            .with_env("TMPDIR", temporary.to_str().expect("a plain name"))
    }
}

/// Alice, with nothing that a machine might lack.
const ALICE: [&str; 7] = [
    "join",
    "--transport=janus",
    "--room=4242",
    "--user=alice",
    "--microphone=tone",
    "--speaker=silent",
    "--camera=none",
];

fn enters(folder: &Folder, url: &str, words: &[&str]) -> Exeunt {
    folder.typed(&[&ALICE[..], &["--janus", url], words].concat())
}

/// Three people got out, and all that a run shows held.
fn plays(ended: &Ended) {
    let mut rows = ended.of_type("guarantee");
    rows.retain(|row| row["verdict"] == "held");
    let number = |row: &Value| row["guarantee"].as_str()?.strip_prefix("G-")?.parse().ok();
    let held: Vec<u8> = rows.iter().filter_map(number).collect();
    assert_eq!(held, SHOWN, "{ended:#?}");
    let reports = ended.of_type("report");
    let reasons = reports.iter().map(|line| line["report"]["reason"].clone());
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        ["local_exit", "kicked", "dismissed"].map(Value::from)
    );
    for report in reports {
        assert_eq!(report["report"]["transport_name"], "janus", "{report:#}");
    }
}

fn headings(ended: &Ended) -> Vec<String> {
    let headings = ended.of_type("heading").into_iter();
    let text = |heading: Value| heading["text"].as_str().unwrap_or_default().to_owned();
    headings.map(text).collect()
}

/// No process of Janus's, no temporary file, and of the rest these only.
fn nothing_is_left(folder: &Folder, but: &[&str]) {
    assert_eq!(januses(), [] as [String; 0]);
    assert_eq!(entries(&folder.path("temporary")), [] as [String; 0]);
    assert_eq!(entries(folder.0.path()), but);
}

/// The processes of that name, in the namespace of these tests.
fn januses() -> Vec<String> {
    let mut processes = entries(Path::new("/proc"));
    processes.retain(|process| {
        let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
        let state = exeunt_requirements::state(&Path::new("/proc").join(process));
        let dead = state.is_ok_and(|state| state == 'Z');
        name.is_ok_and(|name| name.trim() == "janus") && !dead
    });
    processes
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be read");
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
