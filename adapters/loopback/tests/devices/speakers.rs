//! Speakers that measure and write what they hear.

use bytes::Bytes;
use exeunt_loopback::{Heard, SilentSpeaker, SoundMeter, ToneMicrophone, WavSpeaker};
use exeunt_port::{Codec, Device, DeviceError, DeviceSide, MediaFrame, RemoteFrame, UserId};

use crate::lab::{frames, link};

fn user(name: &str) -> UserId {
    name.parse().expect("a valid id")
}

/// Packets of a tone, as another member sends them.
async fn tone(hertz: u16, packets: usize) -> Vec<MediaFrame> {
    let (link, side) = link();
    let open = ToneMicrophone::new(hertz).open(link).await.expect("opens");
    let frames = frames(&side, packets).await;
    open.release().await.expect("released");
    frames
}

fn play(side: &DeviceSide, name: &str, frame: &MediaFrame) {
    assert!(side.playback.push(RemoteFrame {
        user: user(name),
        frame: frame.clone()
    }));
}

/// Plays frames as they would come, one after the other has been heard.
async fn play_all(
    side: &DeviceSide,
    meter: &SoundMeter,
    name: &str,
    frames: &[MediaFrame],
) -> Heard {
    let before = meter.heard(&user(name)).map_or(0, |heard| heard.packets);
    for (number, frame) in (1..).zip(frames) {
        play(side, name, frame);
        meter
            .until(&user(name), |heard| heard.packets == before + number)
            .await;
    }
    meter.heard(&user(name)).expect("heard")
}

#[tokio::test(start_paused = true)]
async fn the_meter_counts_what_each_user_said_and_how_loud() {
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let (link, side) = link();
    let open = speaker.open(link).await.expect("opens");
    let loud = play_all(&side, &meter, "alice", &tone(440, 20).await).await;
    assert_eq!((loud.packets, loud.lost, loud.undecodable), (20, 0, 0));
    assert_eq!(loud.sound().as_millis(), 400);
    assert!(
        (0.15..0.3).contains(&loud.last_rms),
        "a sine of 0.3 has 0.21: {}",
        loud.last_rms
    );
    assert!((0.1..0.3).contains(&loud.rms()), "{}", loud.rms());
    assert_eq!(meter.heard(&user("bob")), None);
    open.release().await.expect("released");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_and_what_is_no_sound_are_told_apart() {
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let (link, side) = link();
    let open = speaker.open(link).await.expect("opens");
    let mut frames = tone(440, 10).await;
    frames.drain(3..5);
    play_all(&side, &meter, "alice", &frames).await;
    let noise = MediaFrame {
        payload: Bytes::from_static(&[0xff; 3000]),
        ..frames[0].clone()
    };
    let empty = MediaFrame {
        payload: Bytes::new(),
        ..frames[0].clone()
    };
    play(
        &side,
        "alice",
        &MediaFrame {
            codec: Codec::Jpeg,
            ..noise.clone()
        },
    );
    play(&side, "alice", &noise);
    play(&side, "alice", &empty);
    let heard = meter
        .until(&user("alice"), |heard| heard.undecodable == 2)
        .await;
    assert_eq!((heard.packets, heard.lost), (8, 2));
    open.release().await.expect("released");
}

#[tokio::test(start_paused = true)]
async fn a_released_speaker_hears_nothing() {
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let (link, side) = link();
    let open = speaker.open(link).await.expect("opens");
    let frames = tone(440, 2).await;
    play_all(&side, &meter, "alice", &frames[..1]).await;
    side.silence();
    open.release().await.expect("released");
    assert!(!side.playback.push(RemoteFrame {
        user: user("alice"),
        frame: frames[1].clone()
    }));
    assert_eq!(
        meter.heard(&user("alice")).map(|heard| heard.packets),
        Some(1)
    );
}

#[tokio::test]
async fn what_is_heard_is_in_a_file_that_is_valid_after_the_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heard.wav");
    let speaker = WavSpeaker::new(&path);
    let meter = speaker.meter();
    let (link, side) = link();
    let open = speaker.open(link).await.expect("opens");
    #[cfg(target_os = "linux")]
    assert_eq!(crate::lab::descriptors_of(&path), 1);
    // Many more packets than the mixer waits for, so that some of them have been played.
    let heard = play_all(&side, &meter, "alice", &tone(1_000, 40).await).await;
    assert_eq!(heard.packets, 40);
    side.silence();
    open.release().await.expect("released");
    #[cfg(target_os = "linux")]
    assert_eq!(crate::lab::descriptors_of(&path), 0);

    let mut file = hound::WavReader::open(&path).expect("a valid file");
    assert_eq!((file.spec().sample_rate, file.spec().channels), (48_000, 1));
    let mut samples = file
        .samples::<i16>()
        .map(|sample| sample.expect("a sample"));
    assert!(
        samples.any(|sample| sample.unsigned_abs() > 3_000),
        "something is heard"
    );
}

#[tokio::test]
async fn a_speaker_without_a_folder_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [
        folder.path().join("nowhere/heard.wav"),
        folder.path().to_owned(),
    ] {
        let refused = WavSpeaker::new(&path)
            .open(link().0)
            .await
            .err()
            .expect("not writable");
        let DeviceError::File { path: named, .. } = &refused else {
            panic!("{refused}")
        };
        assert_eq!(*named, path.display().to_string());
    }
}
