//! The process, or its last owner, dies.

use std::time::Duration;

use exeunt_loopback::{AnnounceFault, ConnectFault, Hub};
use exeunt_port::{DepartureError, EnterError};
use exeunt_runtime::{Departures, Outcome};

use crate::cast::{client, end, in_room, members, microphone, play, request};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 7] = [
    Entry {
        number: 39,
        moment: Moment::ProcessDying,
        world: "a caller who bounded the close with a time-out leaked the room's sockets each time",
        reports: &["livekit/rust-sdks#1335", "livekit/rust-sdks#1334"],
        guarantee: 7,
        shown: Shown::Here(timing_out_the_exit_stops_nothing),
    },
    Entry {
        number: 41,
        moment: Moment::ProcessDying,
        world: "a failed step of the clean-up skipped the ones after it",
        reports: &["livekit/rust-sdks#1436"],
        guarantee: 7,
        shown: Shown::Here(a_failed_announcement_skips_nothing),
    },
    Entry {
        number: 61,
        moment: Moment::ProcessDying,
        world: "on closing the page the leave was lost, and the user's own rejoin was refused",
        reports: &[
            "jitsi/jitsi-meet#17593",
            "jitsi/lib-jitsi-meet#978",
            "twilio/twilio-video.js#488",
            "twilio/twilio-video.js#1494",
        ],
        guarantee: 12,
        shown: Shown::Not(
            "it needs a browser; the lease, and the replacement of an earlier stay, cover it on the server",
        ),
    },
    Entry {
        number: 63,
        moment: Moment::ProcessDying,
        world: "closing a peer connection told the peer nothing, who waited for its time-out",
        reports: &[
            "algesten/str0m#949",
            "algesten/str0m#956",
            "pion/webrtc#1767",
            "paullouisageneau/libdatachannel#811",
            "aiortc/aiortc#1037",
            "sipsorcery-org/sipsorcery#1607",
        ],
        guarantee: 12,
        shown: Shown::Not(
            "there is no peer connection yet; a WebSocket says goodbye twice, as `leave` and as its close",
        ),
    },
    Entry {
        number: 65,
        moment: Moment::ProcessDying,
        world: "swiping the application away left camera and microphone in use: what cleans up was destroyed first",
        reports: &[
            "flutter-webrtc/flutter-webrtc#1103",
            "element-hq/element-web#7351",
        ],
        guarantee: 3,
        shown: Shown::Here(dropping_everything_releases_everything),
    },
    Entry {
        number: 75,
        moment: Moment::ProcessDying,
        world: "each meeting left its room object behind, also those that had never connected",
        reports: &[
            "livekit/client-sdk-js#2008",
            "livekit/client-sdk-js#2009",
            "livekit/client-sdk-js#1940",
            "livekit/client-sdk-js#1944",
            "livekit/client-sdk-js#1654",
        ],
        guarantee: 15,
        shown: Shown::Here(stays_that_never_began_properly_leave_nothing_behind),
    },
    Entry {
        number: 77,
        moment: Moment::ProcessDying,
        world: "one thread for each published track was left after the disconnect",
        reports: &[
            "livekit/python-sdks#465",
            "livekit/rust-sdks#1378",
            "livekit/rust-sdks#1382",
            "livekit/node-sdks#514",
            "livekit/client-sdk-swift#827",
        ],
        guarantee: 15,
        shown: Shown::Elsewhere(
            "adapters/cpal/tests/pulse/main.rs",
            "opening and releasing again and again leaves nothing behind",
        ),
    },
];

fn timing_out_the_exit_stops_nothing() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Hangs);
        let room = in_room(client(transport), "alice").await;
        let handle = room.handle();
        assert!(
            tokio::time::timeout(Duration::from_millis(5), room.exit())
                .await
                .is_err()
        );
        let report = handle.report().await;
        assert_eq!(report.transport.outcome, Outcome::Done);
        drop(handle);
        tokio::time::sleep(hub.lease() * 2).await;
        assert!(members(&hub).is_empty());
    });
}

fn a_failed_announcement_skips_nothing() {
    play(async {
        let device = microphone();
        let faults = device.faults();
        let transport = Hub::new().transport();
        transport
            .faults()
            .break_announce(AnnounceFault::Fails(DepartureError::LinkDown));
        let room = in_room(client(transport).with_device(device), "alice").await;
        faults.until_open(1).await;
        let (report, _) = room.exit().await;
        assert_eq!(report.departure.outcome, Outcome::Failed);
        assert_eq!(report.transport.outcome, Outcome::Done);
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
    });
}

fn dropping_everything_releases_everything() {
    play(async {
        let hub = Hub::new();
        let departures = Departures::new();
        let device = microphone();
        let faults = device.faults();
        let alice = client(hub.transport())
            .with_device(device)
            .tracked_by(&departures);
        let room = in_room(alice, "alice").await;
        faults.until_open(1).await;
        drop(room);
        assert!(departures.settled(Duration::from_secs(3)).await);
        assert_eq!(faults.open_now(), 0);
        assert!(members(&hub).is_empty());
    });
}

fn stays_that_never_began_properly_leave_nothing_behind() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let mut alice = client(transport).with_device(microphone());
        let tasks = || {
            tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks()
        };
        let mut after_one = None;
        for cycle in 0..100 {
            faults.break_connect(match cycle % 3 {
                0 => ConnectFault::Fails(EnterError::Abandoned),
                1 => ConnectFault::Hangs,
                _ => ConnectFault::Panics,
            });
            alice = end(alice.enter(request("alice"))).await.1;
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(
                tasks(),
                *after_one.get_or_insert_with(tasks),
                "cycle {cycle}"
            );
        }
    });
}
