//! While still entering.

use std::time::Duration;

use exeunt_loopback::{ConnectFault, Hub, SilentSpeaker};
use exeunt_port::EnterError;
use exeunt_runtime::{Outcome, Reason};

use crate::cast::{client, end, in_room, members, microphone, play, request};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 8] = [
    Entry {
        number: 3,
        moment: Moment::Entering,
        world: "hanging up before the conference existed gave the application no end event",
        reports: &["jitsi/jitsi-meet#4135"],
        guarantee: 1,
        shown: Shown::Here(the_end_belongs_to_the_stay_not_to_its_connection),
    },
    Entry {
        number: 10,
        moment: Moment::Entering,
        world: "a refused join gave the same signal as a host's ending the meeting",
        reports: &[
            "https://devforum.zoom.us/t/obf-token-retry-for-authorized-user-not-in-meeting-triggers-repeated-host-email-notifications/142411",
        ],
        guarantee: 2,
        shown: Shown::Here(a_refused_enter_is_no_dismissal),
    },
    Entry {
        number: 15,
        moment: Moment::Entering,
        world: "after a failed connection the camera stayed busy, for it was released only if it had been published",
        reports: &["aiortc/aiortc#330", "aiortc/aiortc#376"],
        guarantee: 3,
        shown: Shown::Here(release_follows_from_having_opened),
    },
    Entry {
        number: 23,
        moment: Moment::Entering,
        world: "a connect still pending on leaving completed afterwards, with nobody to close it",
        reports: &[
            "element-hq/element-call#3255",
            "element-hq/element-call#3268",
            "GetStream/stream-video-js#1618",
        ],
        guarantee: 4,
        shown: Shown::Here(a_late_connect_is_told_and_closed),
    },
    Entry {
        number: 25,
        moment: Moment::Entering,
        world: "a connect that had timed out opened a second session, whose kick of the first was taken for the present one's",
        reports: &["livekit/client-sdk-flutter#1219"],
        guarantee: 4,
        shown: Shown::Here(a_connect_that_timed_out_does_not_disturb_the_next_stay),
    },
    Entry {
        number: 26,
        moment: Moment::Entering,
        world: "leaving right after entering failed inside the SDK, and was called misuse",
        reports: &["tencentyun/TRTCSDK#87"],
        guarantee: 9,
        shown: Shown::Here(leaving_right_after_entering_is_an_ordinary_case),
    },
    Entry {
        number: 51,
        moment: Moment::Entering,
        world: "leaving while connecting met a half-built object, and the next join was refused as a duplicate",
        reports: &[
            "AgoraIO/rtc-web-archive#17",
            "twilio/twilio-video-ios#106",
            "pjsip/pjproject#2778",
            "twilio/video-quickstart-js#96",
        ],
        guarantee: 9,
        shown: Shown::Here(the_seat_is_free_for_the_next_enter),
    },
    Entry {
        number: 55,
        moment: Moment::Entering,
        world: "a time-out left over from a failed connect fired into the next one",
        reports: &["livekit/client-sdk-js#356", "element-hq/element-web#170"],
        guarantee: 10,
        shown: Shown::Here(an_old_deadline_does_not_reach_the_next_stay),
    },
];

fn the_end_belongs_to_the_stay_not_to_its_connection() {
    play(async {
        let transport = Hub::new().transport();
        transport.faults().break_connect(ConnectFault::Hangs);
        let room = client(transport).enter(request("alice"));
        room.handle().request_exit();
        assert_eq!(end(room).await.0.reason, Reason::LocalExit);
    });
}

fn a_refused_enter_is_no_dismissal() {
    play(async {
        let transport = Hub::new().transport();
        let refused = EnterError::Refused {
            code: -3320,
            message: "expired".to_owned(),
        };
        transport
            .faults()
            .break_connect(ConnectFault::Fails(refused));
        let (report, _) = end(client(transport).enter(request("alice"))).await;
        assert_eq!(report.reason, Reason::EnterFailed);
        assert_ne!(report.reason.number(), Reason::Dismissed.number());
    });
}

fn release_follows_from_having_opened() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        faults.break_connect(ConnectFault::Hangs);
        let device = microphone();
        let device_faults = device.faults();
        let room = client(transport)
            .with_device(device)
            .enter(request("alice"));
        device_faults.until_open(1).await;
        // Nobody ever lets her in.
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::EnterFailed);
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert_eq!(device_faults.open_now(), 0);
    });
}

fn a_late_connect_is_told_and_closed() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_connect(ConnectFault::SucceedsLate);
        let room = client(transport).enter(request("alice"));
        faults.reached().await;
        room.handle().request_exit();
        tokio::task::yield_now().await;
        faults.let_go();
        let (report, _) = room.exit().await;
        assert_eq!(report.departure.outcome, Outcome::Done);
        assert!(members(&hub).is_empty());
    });
}

fn a_connect_that_timed_out_does_not_disturb_the_next_stay() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        let faults = transport.faults();
        faults.break_connect(ConnectFault::SucceedsLate);
        let (report, client) = end(client(transport).enter(request("alice"))).await;
        assert_eq!(report.reason, Reason::EnterFailed);
        faults.heal();
        let room = in_room(client, "alice").await;
        // The first connect may go on now; there must be nothing left of it that could.
        faults.let_go();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(
            room.handle().report_now().is_none(),
            "the second stay goes on"
        );
        assert_eq!(members(&hub), ["alice"]);
    });
}

fn leaving_right_after_entering_is_an_ordinary_case() {
    play(async {
        let hub = Hub::new();
        let (report, _) = client(hub.transport())
            .with_device(SilentSpeaker::new())
            .enter(request("alice"))
            .exit()
            .await;
        assert_eq!(report.reason, Reason::LocalExit);
        assert!(report.is_clean(), "{report}");
        assert!(members(&hub).is_empty());
    });
}

fn the_seat_is_free_for_the_next_enter() {
    play(async {
        let hub = Hub::new();
        let mut alice = client(hub.transport());
        for _ in 0..20 {
            alice = alice.enter(request("alice")).exit().await.1;
            let room = in_room(alice, "alice").await;
            alice = room.exit().await.1;
        }
        assert!(members(&hub).is_empty());
    });
}

fn an_old_deadline_does_not_reach_the_next_stay() {
    play(async {
        let hub = Hub::new();
        let transport = hub.transport();
        transport
            .faults()
            .break_connect(ConnectFault::Fails(EnterError::Abandoned));
        let faults = transport.faults();
        let (_, client) = end(client(transport).enter(request("alice"))).await;
        faults.heal();
        let room = in_room(client, "alice").await;
        // Longer than any deadline of the first attempt.
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert!(room.handle().report_now().is_none());
    });
}
