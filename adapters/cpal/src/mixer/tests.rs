//! The mixer, with real packets.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, MediaFrame, RemoteFrame, UserId};

use super::{Mixer, PlaybackUse};
use crate::format::PACKET_SAMPLES;
use crate::packets::Packets;

const NOW: Duration = Duration::ZERO;

#[expect(
    clippy::cast_precision_loss,
    reason = "a second of samples fits a float"
)]
fn spoken(user: &str, packets: usize) -> Vec<RemoteFrame> {
    let user: UserId = user.parse().expect("a user");
    let sound: Vec<f32> = (0..packets * PACKET_SAMPLES)
        .map(|sample| (sample as f32 * 0.1).sin() * 0.5)
        .collect();
    let mut frames = Vec::new();
    let mut encoder = Packets::new(48_000).expect("an ordinary rate");
    encoder
        .encode(&sound, NOW, || true, |frame| frames.push(frame))
        .expect("it is sound");
    let remote = |frame| RemoteFrame {
        user: user.clone(),
        frame,
    };
    frames.into_iter().map(remote).collect()
}

/// Takes a packet for whoever has the speaker to himself.
fn receive_one(mixer: &mut Mixer, packet: &RemoteFrame, now: Duration) {
    mixer.receive(PlaybackUse::default(), packet, now);
}

fn receive(mixer: &mut Mixer, packets: &[RemoteFrame]) {
    for packet in packets {
        receive_one(mixer, packet, NOW);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a second of samples fits a float"
)]
fn loudness(sound: &[f32]) -> f32 {
    (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32).sqrt()
}

fn mixed(mixer: &mut Mixer) -> Option<Vec<f32>> {
    let mut sound = vec![0.0; PACKET_SAMPLES];
    mixer.mix(&mut sound).then_some(sound)
}

#[test]
fn a_voice_starts_when_a_cushion_is_there_and_ends_in_silence() {
    let mut mixer = Mixer::new();
    let packets = spoken("bob", 3);
    receive_one(&mut mixer, &packets[0], NOW);
    assert_eq!(mixed(&mut mixer), None, "one packet is kept back");
    receive_one(&mut mixer, &packets[1], NOW);
    receive_one(&mut mixer, &packets[2], NOW);
    let played = std::iter::from_fn(|| mixed(&mut mixer)).count();
    assert_eq!(played, 3);
    assert_eq!(mixed(&mut mixer), None);
}

#[test]
fn two_voices_are_louder_than_one_and_never_too_loud() {
    let heard = |users: &[&str]| {
        let mut mixer = Mixer::new();
        for user in users {
            receive(&mut mixer, &spoken(user, 10));
        }
        let sound: Vec<f32> = std::iter::from_fn(|| mixed(&mut mixer)).flatten().collect();
        assert!(sound.iter().all(|sample| sample.abs() <= 1.0));
        loudness(&sound[4 * PACKET_SAMPLES..])
    };
    let (one, two, nine) = (
        heard(&["bob"]),
        heard(&["bob", "eve"]),
        heard(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
    );
    assert!((0.25..0.45).contains(&one), "{one}");
    assert!(two > 1.5 * one, "{two} and {one}");
    assert!(nine <= 1.0);
}

#[test]
fn a_lost_packet_is_guessed_and_its_late_arrival_is_ignored() {
    let mut mixer = Mixer::new();
    let packets = spoken("bob", 6);
    for number in [0, 1, 3, 2, 4, 4, 5] {
        receive_one(&mut mixer, &packets[number], NOW);
    }
    assert_eq!(std::iter::from_fn(|| mixed(&mut mixer)).count(), 6);
}

#[test]
fn a_microphone_that_was_opened_anew_is_heard_again() {
    let mut mixer = Mixer::new();
    let late = |mut packet: RemoteFrame| {
        packet.frame.sequence += 5_000;
        packet
    };
    spoken("bob", 2)
        .into_iter()
        .map(late)
        .for_each(|packet| receive_one(&mut mixer, &packet, NOW));
    receive(&mut mixer, &spoken("bob", 2));
    assert_eq!(std::iter::from_fn(|| mixed(&mut mixer)).count(), 4);
}

#[test]
fn nothing_grows_with_what_is_received() {
    let mut mixer = Mixer::new();
    for user in 0..100 {
        receive(&mut mixer, &spoken(&format!("user-{user}"), 30));
    }
    assert_eq!(mixer.voices.len(), Mixer::VOICES);
    let waiting = mixer.voices.iter().map(|voice| voice.waiting.len()).max();
    assert_eq!(waiting, Some(Mixer::WAITING));
    mixer.forget_silent(Duration::from_secs(5));
    assert!(mixer.voices.is_empty());
}

#[test]
fn pictures_and_garbage_are_left_out() {
    let mut mixer = Mixer::new();
    let frame = |codec, payload: &'static [u8]| RemoteFrame {
        user: "bob".parse().expect("a user"),
        frame: MediaFrame {
            codec,
            sequence: 0,
            captured_at_micros: 0,
            payload: Bytes::from_static(payload),
        },
    };
    receive_one(&mut mixer, &frame(Codec::Jpeg, &[0xff, 0xd8]), NOW);
    assert!(mixer.voices.is_empty());
    receive_one(&mut mixer, &frame(Codec::Opus, &[0xff; 3]), NOW);
    assert_eq!(mixed(&mut mixer), None);
}

/// The next so many pieces.
fn pieces(mixer: &mut Mixer, count: usize) -> Vec<f32> {
    let all = std::iter::from_fn(|| mixed(mixer));
    all.take(count).flatten().collect()
}

#[test]
fn who_has_left_is_taken_out_of_what_was_mixed_and_the_others_lose_nothing() {
    let (left, used) = PlaybackUse::begin();
    let (stays, _used) = PlaybackUse::begin();
    let (mut both, mut alone) = (Mixer::new(), Mixer::new());
    for packet in spoken("bob", 9) {
        both.receive(left.clone(), &packet, NOW);
    }
    for packet in spoken("eve", 9) {
        both.receive(stays.clone(), &packet, NOW);
        alone.receive(stays.clone(), &packet, NOW);
    }
    let played = pieces(&mut both, 5);
    let without = pieces(&mut alone, 3);
    assert_ne!(played[..without.len()], without, "both are heard");
    assert!(!both.forget_over(), "both are there");

    drop(used);
    assert!(both.forget_over());
    // The driver has not taken the last two pieces yet.
    both.take_back(2 * PACKET_SAMPLES);
    assert_eq!(pieces(&mut both, 9), pieces(&mut alone, 9));
    assert!(!both.forget_over(), "that is done");
}

#[test]
fn a_voice_that_came_last_is_not_said_again_earlier_than_it_came() {
    let (left, used) = PlaybackUse::begin();
    let mut mixer = Mixer::new();
    for packet in spoken("bob", 9) {
        mixer.receive(left.clone(), &packet, NOW);
    }
    pieces(&mut mixer, 3);
    receive(&mut mixer, &spoken("eve", 4));
    pieces(&mut mixer, 1);
    drop(used);
    assert!(mixer.forget_over());
    mixer.take_back(3 * PACKET_SAMPLES);
    let mut alone = Mixer::new();
    receive(&mut alone, &spoken("eve", 4));
    let mut expected = vec![0.0; 2 * PACKET_SAMPLES];
    expected.extend(pieces(&mut alone, 9));
    assert_eq!(pieces(&mut mixer, 9), expected);
}

#[test]
fn a_user_in_the_rooms_of_two_sessions_is_two_voices() {
    let mut mixer = Mixer::new();
    let uses = [PlaybackUse::begin(), PlaybackUse::begin()];
    for (whom, _) in &uses {
        for packet in spoken("bob", 5) {
            mixer.receive(whom.clone(), &packet, NOW);
        }
    }
    assert_eq!(mixer.voices.len(), 2);
    assert_eq!(std::iter::from_fn(|| mixed(&mut mixer)).count(), 5);
}
