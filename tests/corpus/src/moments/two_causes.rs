//! Two causes at once.

use exeunt_core::{Disposition, Epoch, Event, Ignored, Instant, Policy, Session};
use exeunt_loopback::{AnnounceFault, Hub};
use exeunt_port::RoomSignal;
use exeunt_runtime::{Cause, Reason};

use crate::cast::{Steps, client, end, in_room, play, standup, user};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 6] = [
    Entry {
        number: 5,
        moment: Moment::TwoCauses,
        world: "one disconnect gave two end events with different reasons, one from each layer",
        reports: &[
            "livekit/client-sdk-flutter#626",
            "jitsi/jitsi-meet-flutter-sdk#150",
            "livekit/client-sdk-android#32",
        ],
        guarantee: 1,
        shown: Shown::Here(an_own_exit_and_a_closing_connection_are_one_end),
    },
    Entry {
        number: 6,
        moment: Moment::TwoCauses,
        world: "the server's echo of the own leave ran the leave routine again",
        reports: &[
            "GetStream/stream-video-unity#133",
            "GetStream/stream-video-js#2396",
        ],
        guarantee: 1,
        shown: Shown::Here(an_echo_of_the_own_leave_is_harmless),
    },
    Entry {
        number: 9,
        moment: Moment::TwoCauses,
        world: "after failed reconnects the reason read 'duplicate identity' although nobody else had joined",
        reports: &["livekit/client-sdk-js#1565"],
        guarantee: 2,
        shown: Shown::Here(the_first_cause_is_the_reason),
    },
    Entry {
        number: 49,
        moment: Moment::TwoCauses,
        world: "a second leave during the first wedged the application",
        reports: &[
            "voxeet/voxeet-uxkit-react#243",
            "100mslive/100ms-web#350",
            "livekit/python-sdks#66",
        ],
        guarantee: 9,
        shown: Shown::Here(leaving_during_an_exit_joins_it),
    },
    Entry {
        number: 50,
        moment: Moment::TwoCauses,
        world: "a kick made the library leave, and the application, told of the kick, left too: the second leave failed",
        reports: &["jitsi/lib-jitsi-meet#2388"],
        guarantee: 9,
        shown: Shown::Here(leaving_after_a_kick_is_harmless),
    },
    Entry {
        number: 53,
        moment: Moment::TwoCauses,
        world: "a reconnect had succeeded, and the old socket's 'duplicate identity' ended the new session",
        reports: &["livekit/client-sdk-js#726"],
        guarantee: 10,
        shown: Shown::Here(a_notice_for_an_older_stay_does_not_count),
    },
];

fn an_own_exit_and_a_closing_connection_are_one_end() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Unconfirmed);
        let room = in_room(client(transport), "alice").await;
        room.handle().request_exit();
        faults.close_by_itself();
        assert_eq!(end(room).await.0.reason, Reason::LocalExit);
    });
}

fn an_echo_of_the_own_leave_is_harmless() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        faults.break_announce(AnnounceFault::Hangs);
        let steps = Steps::default();
        let room = in_room(steps.of(client(transport)), "alice").await;
        room.handle().request_exit();
        steps.until(Event::ExitRequested).await;
        for echo in [
            RoomSignal::Dismissed,
            RoomSignal::Kicked,
            RoomSignal::LinkDead,
        ] {
            faults.say(&echo);
        }
        steps.until(Event::Dismissed).await;
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::LocalExit);
        assert!(
            report.secondary.contains(&Cause::Dismissed),
            "it is noted: {report}"
        );
    });
}

fn the_first_cause_is_the_reason() {
    play(async {
        let transport = Hub::new().transport();
        let faults = transport.faults();
        let room = in_room(client(transport), "alice").await;
        faults.say(&RoomSignal::LinkDead);
        faults.say(&RoomSignal::Replaced);
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::ConnectionLost);
    });
}

fn leaving_during_an_exit_joins_it() {
    play(async {
        let transport = Hub::new().transport();
        transport.faults().break_announce(AnnounceFault::Hangs);
        let room = in_room(client(transport), "alice").await;
        let handle = room.handle();
        let (first, (second, _)) = tokio::join!(handle.exit(), room.exit());
        assert_eq!(first, second);
    });
}

fn leaving_after_a_kick_is_harmless() {
    play(async {
        let hub = Hub::new();
        let room = in_room(client(hub.transport()), "alice").await;
        hub.kick(&standup(), &user("alice")).expect("she is there");
        let handle = room.handle();
        let (report, _) = end(room).await;
        assert_eq!(report.reason, Reason::Kicked);
        assert_eq!(handle.exit().await, report);
    });
}

fn a_notice_for_an_older_stay_does_not_count() {
    let mut session = Session::new(Policy::default());
    let old = session.next_epoch();
    let mut now = 0;
    let mut step = |epoch: Epoch, event| {
        now += 1;
        session
            .handle(epoch, event, Instant::from_millis(now))
            .disposition
    };
    for event in [
        Event::EnterRequested,
        Event::Entered,
        Event::LinkDead,
        Event::TransportClosed,
    ] {
        assert_eq!(step(old, event), Disposition::Applied);
    }
    let new = old.next();
    for event in [Event::EnterRequested, Event::Entered] {
        assert_eq!(step(new, event), Disposition::Applied);
    }
    assert_eq!(
        step(old, Event::Replaced),
        Disposition::Ignored(Ignored::StaleEpoch)
    );
}
