//! While a device opens.

use exeunt_core::{Disposition, Event};
use exeunt_loopback::{Hub, OpenFault};
use exeunt_runtime::{DeviceRefused, Outcome, RoomEvent};

use crate::cast::{Steps, client, in_room, microphone, play};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 4] = [
    Entry {
        number: 19,
        moment: Moment::DeviceOpening,
        world: "a camera that was asked for before the room was left came up after it, and stayed on",
        reports: &["livekit/client-sdk-js#1146", "livekit/client-sdk-js#1604"],
        guarantee: 4,
        shown: Shown::Here(a_device_that_opens_after_the_exit_began_is_released_at_once),
    },
    Entry {
        number: 21,
        moment: Moment::DeviceOpening,
        world: "switching the camera off and on quickly left it on for ever: the close overtook the open",
        reports: &[
            "workadventure/workadventure#2189",
            "workadventure/workadventure#2149",
            "workadventure/workadventure#6007",
        ],
        guarantee: 4,
        shown: Shown::Here(off_and_on_quickly_ends_as_it_was_asked_for),
    },
    Entry {
        number: 22,
        moment: Moment::DeviceOpening,
        world: "choosing no device while several openings were in flight left one of them on",
        reports: &["aws/amazon-chime-sdk-js#435", "aws/amazon-chime-sdk-js#278"],
        guarantee: 4,
        shown: Shown::Here(stopping_addresses_every_opening_up_to_now),
    },
    Entry {
        number: 69,
        moment: Moment::DeviceOpening,
        world: "each playback left a stream on the sound server behind: asked for was taken for done",
        reports: &["RustAudio/cpal#1189", "RustAudio/cpal#1188"],
        guarantee: 13,
        shown: Shown::Elsewhere(
            "adapters/cpal/tests/pulse/main.rs",
            "what is said is captured, and after the release the server has nothing of us",
        ),
    },
];

fn a_device_that_opens_after_the_exit_began_is_released_at_once() {
    play(async {
        let device = microphone();
        let faults = device.faults();
        faults.break_open(OpenFault::OpensLate);
        let steps = Steps::default();
        let alice = steps.of(client(Hub::new().transport()).with_device(device));
        let room = in_room(alice, "alice").await;
        faults.reached().await;
        room.handle().request_exit();
        steps.until(Event::ExitRequested).await;
        faults.let_go();
        let (report, _) = room.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        let opened = Event::DeviceOpened(report.devices[0].slot);
        let late = steps.all().into_iter().find(|step| step.event == opened);
        assert_eq!(late.map(|step| step.disposition), Some(Disposition::Undone));
        assert_eq!(faults.open_now(), 0);
    });
}

fn off_and_on_quickly_ends_as_it_was_asked_for() {
    play(async {
        let mut room = in_room(client(Hub::new().transport()), "alice").await;
        let handle = room.handle();
        let first = microphone();
        let faults = first.faults();
        faults.break_open(OpenFault::OpensLate);
        let slot = handle.start(first).await.expect("a free slot");
        faults.reached().await;
        handle
            .stop(slot)
            .await
            .expect("it can be stopped while it opens");
        // On again: another place, for the first one has not answered yet.
        let second = microphone();
        let second_faults = second.faults();
        let other = handle.start(second).await.expect("another slot");
        assert_ne!(slot, other);
        second_faults.until_open(1).await;
        faults.let_go();
        loop {
            if let Some(RoomEvent::DeviceReleased { slot: released, .. }) = room.next_event().await
            {
                assert_eq!(released, slot, "the first one goes, the second one stays");
                break;
            }
        }
        assert_eq!((faults.open_now(), second_faults.open_now()), (0, 1));
        drop(room.exit().await);
        assert_eq!(second_faults.open_now(), 0);
    });
}

fn stopping_addresses_every_opening_up_to_now() {
    play(async {
        let room = in_room(client(Hub::new().transport()), "alice").await;
        let handle = room.handle();
        let mut openings = Vec::new();
        for _ in 0..3 {
            let device = microphone();
            let faults = device.faults();
            faults.break_open(OpenFault::OpensLate);
            openings.push((handle.start(device).await.expect("a free slot"), faults));
        }
        for (slot, faults) in &openings {
            faults.reached().await;
            handle.stop(*slot).await.expect("it can be stopped");
            faults.let_go();
        }
        let (report, _) = room.exit().await;
        assert!(report.is_clean(), "{report}");
        assert!(openings.iter().all(|(_, faults)| faults.open_now() == 0));
        let late = handle.start(microphone()).await;
        assert_eq!(late, Err(DeviceRefused::NotInRoom));
    });
}
