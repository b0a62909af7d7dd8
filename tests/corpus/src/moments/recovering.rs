//! While the link is being recovered, or dead.

use std::time::Duration;

use exeunt_core::Event;
use exeunt_loopback::{AnnounceFault, CloseFault, Hub};
use exeunt_port::RoomSignal;
use exeunt_runtime::{Cause, Outcome, Policy, Reason};

use crate::cast::{Steps, client, end, in_room, microphone, play};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 7] = [
    Entry {
        number: 1,
        moment: Moment::Recovering,
        world: "once all reconnect attempts had failed the application never heard that it was out",
        reports: &["livekit/rust-sdks#1096"],
        guarantee: 1,
        shown: Shown::Here(a_link_that_stays_away_ends_in_one_exit),
    },
    Entry {
        number: 2,
        moment: Moment::Recovering,
        world: "leaving on a connection that was no longer alive never completed",
        reports: &[
            "jitsi/lib-jitsi-meet#2349",
            "jitsi/lib-jitsi-meet#2297",
            "jitsi/lib-jitsi-meet#284",
        ],
        guarantee: 1,
        shown: Shown::Here(leaving_on_a_dead_connection_ends),
    },
    Entry {
        number: 7,
        moment: Moment::Recovering,
        world: "a reconnect that the server refused for good was no event, only a warning in the log",
        reports: &[
            "AgoraIO-Community/AgoraWebSDK-NG#130",
            "twilio/twilio-video.js#471",
        ],
        guarantee: 1,
        shown: Shown::Here(a_recovery_that_cannot_succeed_ends_the_stay),
    },
    Entry {
        number: 13,
        moment: Moment::Recovering,
        world: "after the network failed for good the camera stayed on: its track was parked in another list",
        reports: &[
            "livekit/client-sdk-android#798",
            "livekit/client-sdk-android#296",
        ],
        guarantee: 3,
        shown: Shown::Here(devices_go_with_a_lost_link_too),
    },
    Entry {
        number: 27,
        moment: Moment::Recovering,
        world: "a reconnect under way finished after the disconnect, and the room was alive again",
        reports: &[
            "livekit/client-sdk-swift#761",
            "livekit/client-sdk-swift#757",
            "livekit/client-sdk-swift#256",
        ],
        guarantee: 5,
        shown: Shown::Here(a_link_that_comes_back_during_the_exit_revives_nothing),
    },
    Entry {
        number: 31,
        moment: Moment::Recovering,
        world: "closing never returned on a link that had died without a word",
        reports: &["livekit/rust-sdks#1407", "livekit/rust-sdks#1422"],
        guarantee: 6,
        shown: Shown::Here(an_exit_over_a_silent_link_takes_its_bound),
    },
    Entry {
        number: 38,
        moment: Moment::Recovering,
        world: "closing a WebSocket waited half a minute, or for ever on a peer that never reads",
        reports: &[
            "snapview/tungstenite-rs#506",
            "snapview/tungstenite-rs#183",
            "snapview/tokio-tungstenite#69",
        ],
        guarantee: 6,
        shown: Shown::Elsewhere(
            "adapters/websocket/tests/hostile_servers.rs",
            "a server that never reads delays no close",
        ),
    },
];

fn a_link_that_stays_away_ends_in_one_exit() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let room = in_room(client(transport), "alice").await;
        faults.lose_link();
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::ConnectionLost);
    });
}

fn leaving_on_a_dead_connection_ends() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let room = in_room(client(transport), "alice").await;
        faults.lose_link();
        let (report, _) = room.exit().await;
        assert!(report.took <= report.bound);
        assert!(
            !report.departure.outcome.is_clean(),
            "nobody can have been told"
        );
    });
}

fn a_recovery_that_cannot_succeed_ends_the_stay() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let room = in_room(client(transport), "alice").await;
        faults.lose_link();
        faults.kill_link();
        let (report, _) = end(room).await;
        assert_eq!(report.cause, Cause::LinkDead);
        assert_eq!(report.reason, Reason::ConnectionLost);
    });
}

fn devices_go_with_a_lost_link_too() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let device = microphone();
        let device_faults = device.faults();
        let room = in_room(client(transport).with_device(device), "alice").await;
        device_faults.until_open(1).await;
        faults.lose_link();
        let (report, _) = end(room).await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert_eq!(device_faults.open_now(), 0);
    });
}

fn a_link_that_comes_back_during_the_exit_revives_nothing() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Hangs);
        let steps = Steps::default();
        let room = in_room(steps.of(client(transport)), "alice").await;
        faults.lose_link();
        steps.until(Event::LinkLost).await;
        room.handle().request_exit();
        steps.until(Event::ExitRequested).await;
        faults.say(&RoomSignal::LinkRecovered);
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::LocalExit);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(
            hub.rooms().is_empty(),
            "the lease has taken her out, and nothing brought her back"
        );
    });
}

fn an_exit_over_a_silent_link_takes_its_bound() {
    play(async {
        let transport = Hub::new().transport();
        transport.faults().break_announce(AnnounceFault::Hangs);
        transport.faults().break_close(CloseFault::Hangs);
        let (report, _) = in_room(client(transport), "alice").await.exit().await;
        assert_eq!(report.took, Policy::default().total());
        assert_eq!(report.given_up(), 2);
    });
}
