//! From inside a callback.

use std::sync::{Arc, OnceLock};

use exeunt_core::Effect;
use exeunt_loopback::{Hub, ReleaseFault, SilentSpeaker, ToneMicrophone};
use exeunt_runtime::{RoomEvent, RoomHandle};

use crate::cast::{client, end, in_room, members, microphone, play, request, standup, user};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 5] = [
    Entry {
        number: 42,
        moment: Moment::InsideACallback,
        world: "kicking somebody, or destroying the room, froze the server: it called out under a lock",
        reports: &[
            "meetecho/janus-gateway#1109",
            "meetecho/janus-gateway#674",
            "meetecho/janus-gateway#1982",
            "meetecho/janus-gateway#1263",
            "meetecho/janus-gateway#2546",
        ],
        guarantee: 8,
        shown: Shown::Here(kicking_and_dismissing_from_inside_callbacks_is_legal),
    },
    Entry {
        number: 43,
        moment: Moment::InsideACallback,
        world: "destroying the call in its own end handler hung",
        reports: &["daily-co/daily-js#185"],
        guarantee: 8,
        shown: Shown::Here(everything_is_legal_in_the_last_callback),
    },
    Entry {
        number: 46,
        moment: Moment::InsideACallback,
        world: "stopping sound froze on macOS in five projects: stop waits for a callback that waits for the stopper's lock",
        reports: &[
            "mamedev/mame#15669",
            "mozilla/cubeb-coreaudio-rs#182",
            "LaiFengiOS/LFLiveKit#104",
            "PortAudio/portaudio#1174",
            "mackron/miniaudio#344",
            "godotengine/godot#113209",
        ],
        guarantee: 8,
        shown: Shown::Elsewhere(
            "adapters/cpal/tests/pulse/main.rs",
            "a release that a stopped server holds up is given up and completes when it goes on",
        ),
    },
    Entry {
        number: 47,
        moment: Moment::InsideACallback,
        world: "a blocking release on the event loop's thread stopped the whole server",
        reports: &["juspay/clairvoyance#907"],
        guarantee: 8,
        shown: Shown::Here(a_release_that_hangs_holds_up_nobody_else),
    },
    Entry {
        number: 57,
        moment: Moment::InsideACallback,
        world: "joining from the ended callback returned success and did nothing",
        reports: &[
            "zoom/zoom-sdk-macos#9",
            "AgoraIO-Extensions/Agora-Flutter-SDK#275",
        ],
        guarantee: 11,
        shown: Shown::Here(entering_right_after_the_exit_event_works),
    },
];

fn kicking_and_dismissing_from_inside_callbacks_is_legal() {
    play(async {
        let hub = Hub::new();
        let inside = hub.clone();
        // The operator acts from inside the session's own task, with the session in mid-step.
        let alice = client(hub.transport()).with_observer(move |step| {
            if step.effects.contains(&Effect::ReportEntered) {
                let _ = inside.kick(&standup(), &user("bob"));
                let _ = inside.dismiss(&standup());
            }
        });
        let bob = in_room(client(hub.transport()), "bob").await;
        let alice = alice.enter(request("alice"));
        assert_eq!(end(alice).await.0.reason.number(), 2);
        assert_eq!(end(bob).await.0.reason.number(), 1);
    });
}

fn everything_is_legal_in_the_last_callback() {
    play(async {
        let handle: Arc<OnceLock<RoomHandle>> = Arc::default();
        let inside = Arc::clone(&handle);
        let alice = client(Hub::new().transport()).with_observer(move |step| {
            if step.effects.contains(&Effect::ReportExit)
                && let Some(room) = inside.get()
            {
                room.request_exit();
                drop(room.clone());
            }
        });
        let room = in_room(alice, "alice").await;
        assert!(handle.set(room.handle()).is_ok());
        room.handle().request_exit();
        assert!(end(room).await.0.is_clean());
    });
}

fn a_release_that_hangs_holds_up_nobody_else() {
    play(async {
        let hub = Hub::new();
        let device = microphone();
        let faults = device.faults();
        faults.break_release(ReleaseFault::Hangs);
        let alice = in_room(client(hub.transport()).with_device(device), "alice").await;
        faults.until_open(1).await;
        let speaker = SilentSpeaker::new();
        let meter = speaker.meter();
        let _bob = in_room(client(hub.transport()).with_device(speaker), "bob").await;
        let carol = client(hub.transport()).with_device(ToneMicrophone::new(220));
        let _carol = in_room(carol, "carol").await;
        alice.handle().request_exit();
        faults.reached().await;
        // Alice's device hangs in its driver; the others talk on.
        let before = meter.heard(&user("carol")).map_or(0, |heard| heard.packets);
        meter
            .until(&user("carol"), |heard| heard.packets >= before + 50)
            .await;
        assert!(
            alice.handle().report_now().is_none(),
            "her exit still waits"
        );
        assert!(!end(alice).await.0.is_clean());
    });
}

fn entering_right_after_the_exit_event_works() {
    play(async {
        let hub = Hub::new();
        let mut room = in_room(client(hub.transport()), "alice").await;
        room.handle().request_exit();
        while !matches!(room.next_event().await, Some(RoomEvent::Exited(_))) {}
        let (_, client) = room.exit().await;
        let _room = in_room(client, "alice").await;
        assert_eq!(members(&hub), ["alice"]);
    });
}
