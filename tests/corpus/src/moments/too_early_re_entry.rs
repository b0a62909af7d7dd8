//! Entering again, too early; and what was never one's own.

use std::time::Duration;

use exeunt_core::{Effect, Event, Instant, Policy, Session, Slot};
use exeunt_loopback::{AnnounceFault, CloseFault, Hub};
use exeunt_runtime::{Outcome, Reason, RoomEvent, Shared};

use crate::cast::{client, in_room, members, microphone, play};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 6] = [
    Entry {
        number: 37,
        moment: Moment::TooEarlyReEntry,
        world: "after a leave that had timed out one could neither leave, nor join, nor create the room",
        reports: &["jitsi/lib-jitsi-meet#1767"],
        guarantee: 6,
        shown: Shown::Here(a_timed_out_exit_ends_in_exited_and_the_next_enter_takes_the_seat),
    },
    Entry {
        number: 54,
        moment: Moment::TooEarlyReEntry,
        world: "after a slow leave and a quick rejoin the user merged with his own ghost",
        reports: &["jitsi/jitsi-meet#2988"],
        guarantee: 10,
        shown: Shown::Here(nothing_of_the_old_stay_reaches_the_new_one),
    },
    Entry {
        number: 58,
        moment: Moment::TooEarlyReEntry,
        world: "a hanging disconnect was not noticed until the next join, which then locked everything",
        reports: &[
            "livekit/client-sdk-swift#704",
            "livekit/client-sdk-flutter#950",
        ],
        guarantee: 11,
        shown: Shown::Here(a_stuck_exit_holds_nothing_that_the_next_stay_needs),
    },
    Entry {
        number: 59,
        moment: Moment::TooEarlyReEntry,
        world: "a leave was silently dropped because the socket was not open just then, and the user stayed listed",
        reports: &[
            "mattermost/mattermost-plugin-calls#1250",
            "mattermost/mattermost-plugin-calls#1253",
        ],
        guarantee: 12,
        shown: Shown::Here(an_announcement_that_nothing_can_carry_is_told_as_such),
    },
    Entry {
        number: 78,
        moment: Moment::TooEarlyReEntry,
        world: "leaving one room silenced the user's microphone everywhere: the SDK stopped what it had been lent",
        reports: &[
            "workadventure/workadventure#5447",
            "workadventure/workadventure#5195",
        ],
        guarantee: 16,
        shown: Shown::Here(what_was_lent_is_not_released),
    },
    Entry {
        number: 79,
        moment: Moment::TooEarlyReEntry,
        world: "closing one of several connections stopped the camera for all of them",
        reports: &[
            "flutter-webrtc/flutter-webrtc#659",
            "flutter-webrtc/flutter-webrtc#760",
            "versatica/mediasoup-client#109",
            "versatica/mediasoup-client-aiortc#7",
        ],
        guarantee: 16,
        shown: Shown::Here(leaving_one_of_two_rooms_leaves_the_camera_to_the_other),
    },
];

fn a_timed_out_exit_ends_in_exited_and_the_next_enter_takes_the_seat() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Hangs);
        let (report, client) = in_room(client(transport), "alice").await.exit().await;
        assert_eq!(report.departure.outcome, Outcome::TimedOut);
        faults.heal();
        let room = in_room(client, "alice").await;
        assert_eq!(members(&hub), ["alice"]);
        assert!(room.exit().await.0.is_clean());
    });
}

fn nothing_of_the_old_stay_reaches_the_new_one() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Hangs);
        faults.break_close(CloseFault::Hangs);
        let (_, client) = in_room(client(transport), "alice").await.exit().await;
        faults.heal();
        let mut room = in_room(client, "alice").await;
        // The old stay's announcement and close come through only now.
        faults.let_go();
        let quiet = tokio::time::timeout(Duration::from_secs(60), async {
            while let Some(event) = room.next_event().await {
                assert!(
                    !matches!(event, RoomEvent::Exited(_)),
                    "the new stay ended with the old one"
                );
            }
        });
        assert!(quiet.await.is_err(), "the new stay goes on");
        assert_eq!(members(&hub), ["alice"]);
    });
}

fn a_stuck_exit_holds_nothing_that_the_next_stay_needs() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        faults.break_close(CloseFault::Hangs);
        let mut alice = client(transport);
        for _ in 0..3 {
            let (report, back) = in_room(alice, "alice").await.exit().await;
            assert_eq!(report.transport.outcome, Outcome::TimedOut);
            assert_eq!(report.reason, Reason::LocalExit);
            alice = back;
        }
    });
}

fn an_announcement_that_nothing_can_carry_is_told_as_such() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let room = in_room(client(transport), "alice").await;
        faults.lose_link();
        let (report, _) = room.exit().await;
        assert_eq!(report.departure.outcome, Outcome::Failed);
        assert!(report.departure.error.is_some() || report.took < report.bound);
    });
}

fn what_was_lent_is_not_released() {
    let lent = Slot::new(0).expect("a slot");
    let own = Slot::new(1).expect("a slot");
    let mut session = Session::new(Policy::default());
    let stay = session.next_epoch();
    let mut effects = Vec::new();
    let events = [
        Event::EnterRequested,
        Event::DeviceLent(lent),
        Event::DeviceAdopted(own),
        Event::Entered,
        Event::ExitRequested,
    ];
    for (millis, event) in (0..).zip(events) {
        effects.extend(
            session
                .handle(stay, event, Instant::from_millis(millis))
                .effects,
        );
    }
    assert!(effects.contains(&Effect::ReleaseDevice(own)));
    assert!(!effects.contains(&Effect::ReleaseDevice(lent)));
}

fn leaving_one_of_two_rooms_leaves_the_camera_to_the_other() {
    play(async {
        let (interview, backstage) = (Hub::new(), Hub::new());
        let device = microphone();
        let faults = device.faults();
        let shared = Shared::new(device);
        let bob = in_room(client(backstage.transport()), "bob").await;
        let heard = bob.remote_frames();
        let one = client(interview.transport()).with_device(shared.clone());
        let one = in_room(one, "alice").await;
        let two = client(backstage.transport()).with_device(shared);
        let two = in_room(two, "alice").await;
        assert!(heard.next().await.is_some());

        let (report, _) = one.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
        assert_eq!(report.devices[0].other_users, 1);
        while heard.try_next().is_some() {}
        assert!(heard.next().await.is_some(), "the other connection goes on");
        assert_eq!(faults.open_now(), 1);

        let (report, _) = two.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert_eq!(faults.open_now(), 0);
    });
}
