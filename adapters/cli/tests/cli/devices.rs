//! Devices that were asked for and are not to be had.

use std::path::Path;

use crate::program::Exeunt;
use crate::serving::Served;

/// Somebody with this one device, who stays as long as it goes well.
#[track_caller]
fn leaves_for_want_of(kind: &str, device: &str, words: &[&str]) {
    let served = Served::start();
    let mut arguments = vec!["join", "--room=123", "--user=alice"];
    let device = format!("--{kind}={device}");
    arguments.push(&device);
    for other in ["--microphone=none", "--speaker=none", "--camera=none"] {
        if !other.contains(kind) {
            arguments.push(other);
        }
    }
    let ended = served.typed(&arguments).start().end();
    let asked = format!("the {kind} that was asked for");
    let ended = ended.failed(1, &[&asked, "exeunt devices", "auto"]);
    for word in words {
        assert!(ended.complaints.contains(word), "no {word:?}: {ended:#?}");
    }
    assert!(ended.text().contains("onExitRoom(0)"), "{ended:#?}");
    assert!(served.rooms().contains("no rooms"));
}

#[test]
fn a_device_that_is_not_there_ends_the_stay() {
    leaves_for_want_of("microphone", "no such microphone", &["no such microphone"]);
    leaves_for_want_of("camera", "no such camera", &["no such camera"]);
}

#[test]
fn a_file_that_is_not_there_or_none_of_its_kind_ends_the_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let no_wav = folder.path().join("no.wav");
    std::fs::write(&no_wav, "this is no sound").expect("written");
    let file = |path: &Path| format!("file:{}", path.display());
    let absent = folder.path().join("absent.wav");
    leaves_for_want_of(
        "microphone",
        &file(&absent),
        &["absent.wav", "No such file"],
    );
    leaves_for_want_of("microphone", &file(&no_wav), &["no.wav", "RIFF"]);
    leaves_for_want_of("camera", &file(&no_wav), &["no.wav"]);
    let nowhere = folder.path().join("nowhere/out.wav");
    leaves_for_want_of("speaker", &file(&nowhere), &["nowhere/out.wav"]);
}

#[test]
fn what_the_machine_has_is_listed_one_object_a_device() {
    let listed = Exeunt::typed(&["devices", "--json"]).run().succeeded();
    for device in listed.objects() {
        match device["type"].as_str() {
            Some("device") => {
                let kind = device["kind"].as_str();
                assert!(matches!(kind, Some("microphone" | "speaker" | "camera")));
                assert!(
                    device["name"].is_string() && device["id"].is_string(),
                    "{device}"
                );
                assert!(
                    device["free"].is_boolean() || device["free"].is_null(),
                    "{device}"
                );
                assert!(
                    device["held_by"].is_array() || device["held_by"].is_null(),
                    "{device}"
                );
                assert!(device["formats"].is_array() && device["default"].is_boolean());
            }
            Some("unknown") => assert!(device["why"].is_string(), "{device}"),
            _ => panic!("{device}"),
        }
    }
    let text = Exeunt::typed(&["devices"]).run().succeeded().text();
    for kind in ["microphone", "speaker", "camera", "--microphone tone"] {
        assert!(text.contains(kind), "{text}");
    }
}

#[test]
fn sound_and_pictures_from_files_are_heard_and_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = folder.path().join("sound.wav");
    let pictures = folder.path().join("pictures.y4m");
    let heard = folder.path().join("heard.wav");
    exeunt_loopback::write_melody_wav(&sound, 1).expect("written");
    exeunt_loopback::write_test_y4m(&pictures, 1).expect("written");
    let served = Served::start();
    let file = |kind: &str, path: &Path| format!("--{kind}=file:{}", path.display());
    let enter = |user: &str, devices: [String; 3]| {
        let user = format!("--user={user}");
        let mut words = vec!["join", "--room=1", &user];
        words.extend(devices.iter().map(String::as_str));
        served.typed(&words).start()
    };
    let mut listener = enter(
        "bob",
        [
            "--microphone=none".to_owned(),
            "--camera=none".to_owned(),
            file("speaker", &heard),
        ],
    );
    listener.until_it_says("onEnterRoom");
    let mut talker = enter(
        "alice",
        [
            file("microphone", &sound),
            file("camera", &pictures),
            "--speaker=silent".to_owned(),
        ],
    );
    talker.until_it_says("onEnterRoom");
    listener.until_it_says("first sound from alice");
    talker.type_in("q");
    talker.end().succeeded();
    listener.type_in("q");
    let ended = listener.end().succeeded();
    assert!(ended.text().contains("speaker released"), "{ended:#?}");
    assert!(
        heard.metadata().expect("written").len() > 44,
        "only a header"
    );
}
