//! Ended by the server.

use std::time::Duration;

use exeunt_core::Event;
use exeunt_loopback::Hub;
use exeunt_port::RemoteLeaveReason;
use exeunt_runtime::{Origin, Outcome, Reason, RoomEvent};

use crate::cast::{Steps, client, end, in_room, members, microphone, play, standup, user};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 8] = [
    Entry {
        number: 11,
        moment: Moment::EndedByTheServer,
        world: "nobody could tell who had dismissed the room: the reason was right, its origin was not told",
        reports: &[
            "tencentyun/TRTCSDK#166",
            "jitsi/jitsi-meet#15717",
            "livekit/agents#793",
        ],
        guarantee: 2,
        shown: Shown::Here(the_report_says_who_decided),
    },
    Entry {
        number: 14,
        moment: Moment::EndedByTheServer,
        world: "when the server deleted the room the listening task went on for ever: 'no longer connected' was taken for 'released'",
        reports: &["livekit/python-sdks#199"],
        guarantee: 3,
        shown: Shown::Here(a_dismissed_room_leaves_no_task_behind),
    },
    Entry {
        number: 17,
        moment: Moment::EndedByTheServer,
        world: "stopping the meeting left camera and microphone on; a correct leave took four calls",
        reports: &[
            "aws/amazon-chime-sdk-js#833",
            "aws/amazon-chime-sdk-js#2796",
            "aws/amazon-chime-sdk-js#1992",
            "aws/amazon-chime-sdk-ios#200",
        ],
        guarantee: 3,
        shown: Shown::Here(one_exit_releases_every_device),
    },
    Entry {
        number: 18,
        moment: Moment::EndedByTheServer,
        world: "the room was left, the camera was not: the commonest report of all",
        reports: &[
            "philnash/twilio-video-react-hooks#8",
            "twilio/video-quickstart-js#9",
            "twilio/twilio-video.js#901",
            "jitsi/jitsi-meet#2502",
            "element-hq/element-call#149",
            "edumeet/edumeet-client#181",
        ],
        guarantee: 3,
        shown: Shown::Here(a_kick_releases_every_device_too),
    },
    Entry {
        number: 29,
        moment: Moment::EndedByTheServer,
        world: "a removed participant was back some seconds later: the retry policy knew nothing of the removal",
        reports: &[
            "livekit/client-sdk-js#1216",
            "livekit/livekit#2804",
            "decentraland/bevy-explorer#436",
        ],
        guarantee: 5,
        shown: Shown::Here(a_kick_is_final),
    },
    Entry {
        number: 30,
        moment: Moment::EndedByTheServer,
        world: "the media leg took the kick for a loss and reconnected",
        reports: &[
            "bigbluebutton/bigbluebutton#8475",
            "bigbluebutton/bigbluebutton#8448",
            "bigbluebutton/bigbluebutton#6324",
            "bigbluebutton/bigbluebutton#2964",
        ],
        guarantee: 5,
        shown: Shown::Here(a_kick_while_the_link_was_down_is_final_too),
    },
    Entry {
        number: 62,
        moment: Moment::EndedByTheServer,
        world: "a crashed client stayed a member for hours: the dead do not write",
        reports: &[
            "element-hq/element-call#3580",
            "element-hq/element-call#3684",
            "hcengineering/platform#11030",
            "livekit/livekit#2077",
            "OpenVidu/openvidu#756",
        ],
        guarantee: 12,
        shown: Shown::Here(a_silent_death_is_told_by_the_lease),
    },
    Entry {
        number: 74,
        moment: Moment::EndedByTheServer,
        world: "a subscriber that was destroyed while it was set up crashed the server later",
        reports: &[
            "meetecho/janus-gateway#2236",
            "meetecho/janus-gateway#307",
            "meetecho/janus-gateway#1685",
            "meetecho/janus-gateway#117",
        ],
        guarantee: 14,
        shown: Shown::Not("it is freed memory inside a server in C; ours has no unsafe code"),
    },
];

fn the_report_says_who_decided() {
    play(async {
        let hub = Hub::new();
        let room = in_room(client(hub.transport()), "alice").await;
        hub.dismiss(&standup()).expect("it is there");
        let (report, _) = end(room).await;
        assert_eq!(
            (report.reason, report.origin),
            (Reason::Dismissed, Origin::Server)
        );
    });
}

fn a_dismissed_room_leaves_no_task_behind() {
    play(async {
        let hub = Hub::new();
        let room = in_room(client(hub.transport()).with_device(microphone()), "alice").await;
        hub.dismiss(&standup()).expect("it is there");
        let (_, client) = end(room).await;
        drop(client);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(
            tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            0
        );
    });
}

fn one_exit_releases_every_device() {
    play(async {
        let devices: Vec<_> = (0..3).map(|_| microphone()).collect();
        let faults: Vec<_> = devices
            .iter()
            .map(exeunt_loopback::FaultyDevice::faults)
            .collect();
        let mut alice = client(Hub::new().transport());
        for device in devices {
            alice = alice.with_device(device);
        }
        let room = in_room(alice, "alice").await;
        for faults in &faults {
            faults.until_open(1).await;
        }
        let (report, _) = room.exit().await;
        assert_eq!(report.devices.len(), 3);
        assert!(report.is_clean(), "{report}");
        assert!(faults.iter().all(|faults| faults.open_now() == 0));
    });
}

fn a_kick_releases_every_device_too() {
    play(async {
        let hub = Hub::new();
        let device = microphone();
        let faults = device.faults();
        let room = in_room(client(hub.transport()).with_device(device), "alice").await;
        faults.until_open(1).await;
        hub.kick(&standup(), &user("alice")).expect("she is there");
        let (report, _) = end(room).await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert_eq!(faults.open_now(), 0);
    });
}

fn a_kick_is_final() {
    play(async {
        let hub = Hub::new();
        let room = in_room(client(hub.transport()), "alice").await;
        hub.kick(&standup(), &user("alice")).expect("she is there");
        let (report, _client) = end(room).await;
        assert_eq!(report.reason, Reason::Kicked);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(members(&hub).is_empty());
    });
}

fn a_kick_while_the_link_was_down_is_final_too() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        let steps = Steps::default();
        let room = in_room(steps.of(client(transport)), "alice").await;
        faults.lose_link();
        steps.until(Event::LinkLost).await;
        hub.kick(&standup(), &user("alice")).expect("she is there");
        faults.recover_link();
        let (report, _client) = end(room).await;
        assert_eq!(report.reason, Reason::Kicked);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(members(&hub).is_empty());
    });
}

fn a_silent_death_is_told_by_the_lease() {
    play(async {
        let hub = Hub::new();
        let mut bob = in_room(client(hub.transport()), "bob").await;
        let transport = hub.transport();
        let faults = transport.faults();
        let _alice = in_room(client(transport), "alice").await;
        let dead = tokio::time::Instant::now();
        faults.lose_link();
        loop {
            if let Some(RoomEvent::RemoteUserLeft(who, reason)) = bob.next_event().await {
                assert_eq!((who, reason), (user("alice"), RemoteLeaveReason::TimedOut));
                break;
            }
        }
        assert!(dead.elapsed() <= hub.lease());
    });
}
