//! A speaker that several sessions share: what it was given for one of them goes with that one (G-14).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use exeunt_port::{
    Codec, Device, DeviceError, DeviceKind, DeviceLink, DeviceSide, FrameQueue, MediaFrame,
    OpenDevice, PlaybackUse, RemoteFrame, async_trait,
};
use exeunt_runtime::{Client, Outcome, Ownership, Preview, RoomEvent, Shared};

use crate::people::{client, in_room, user};
use exeunt_loopback::{Hub, SilentSpeaker, ToneMicrophone};
use tokio::time::sleep;

/// On virtual time it passes when nobody has anything to do any more.
const A_TURN: Duration = Duration::from_millis(1);

/// A speaker that takes nothing by itself: the test does.
#[derive(Clone, Default)]
struct Idle {
    link: Arc<Mutex<Option<DeviceLink>>>,
}

struct OpenIdle;

impl Idle {
    fn takes(&self) -> Option<(PlaybackUse, RemoteFrame)> {
        let link = self.link.lock().expect("no panics");
        link.as_ref().expect("it is open").try_playback_for()
    }

    /// Takes what it has got for this user, for whom that is; what was for others before is dropped.
    async fn takes_of(&self, name: &str) -> PlaybackUse {
        loop {
            match self.takes() {
                Some((whom, frame)) if frame.user == user(name) => return whom,
                Some(_) => {}
                None => sleep(A_TURN).await,
            }
        }
    }

    /// Everything it has got, as soon as nothing more comes.
    async fn takes_all(&self) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..10 {
            sleep(A_TURN).await;
            while let Some((_, frame)) = self.takes() {
                all.push(frame.user.to_string());
            }
        }
        all
    }
}

#[async_trait]
impl Device for Idle {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Speaker
    }

    fn name(&self) -> String {
        "idle speaker".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        *self.link.lock().expect("no panics") = Some(link);
        Ok(Box::new(OpenIdle))
    }
}

#[async_trait]
impl OpenDevice for OpenIdle {
    fn description(&self) -> String {
        "idle".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        Ok(())
    }
}

fn from(name: &str, sequence: u32) -> RemoteFrame {
    RemoteFrame {
        user: user(name),
        frame: MediaFrame {
            codec: Codec::Opus,
            sequence,
            captured_at_micros: 0,
            payload: vec![0xf8, 0xff, 0xfe].into(),
        },
    }
}

async fn uses(speaker: &Shared) -> (Box<dyn OpenDevice>, DeviceSide) {
    let (link, side) = DeviceLink::pair(FrameQueue::bounded(1));
    (speaker.open(link).await.expect("it opens"), side)
}

#[tokio::test(start_paused = true)]
async fn what_a_shared_speaker_was_given_for_one_that_leaves_is_not_played_and_the_others_is() {
    let idle = Idle::default();
    let speaker = Shared::new(idle.clone());
    let (first, first_side) = uses(&speaker).await;
    let (_second, second_side) = uses(&speaker).await;
    for number in 0..8 {
        first_side.playback.push(from("bob", number));
    }
    // A device may have taken some already, and keep their sound.
    let of_bob = idle.takes_of("bob").await;
    assert!(!of_bob.is_over());
    for number in 0..8 {
        second_side.playback.push(from("eve", number));
    }
    // On virtual time everything is where it waits then.
    sleep(A_TURN).await;

    first_side.silence();
    let released = first.release().await;
    assert!(matches!(released, Err(DeviceError::StillShared { .. })));
    assert!(of_bob.is_over(), "whoever keeps sound of it is told");
    first_side.playback.push(from("bob", 9));
    let rest = idle.takes_all().await;
    assert_eq!(rest, ["eve"; 8], "and the others lose nothing");
    second_side.playback.push(from("eve", 9));
    assert!(!idle.takes_of("eve").await.is_over());
}

#[tokio::test(start_paused = true)]
async fn who_drops_a_shared_speaker_is_heard_no_more_either() {
    let idle = Idle::default();
    let speaker = Shared::new(idle.clone());
    let (first, first_side) = uses(&speaker).await;
    let (_second, _second_side) = uses(&speaker).await;
    first_side.playback.push(from("bob", 0));
    let of_bob = idle.takes_of("bob").await;
    first_side.playback.push(from("bob", 1));
    sleep(A_TURN).await;
    drop(first);
    assert!(of_bob.is_over());
    assert_eq!(idle.takes_all().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn through_a_lent_preview_of_a_shared_speaker_each_use_is_still_its_own() {
    let idle = Idle::default();
    let speaker = Shared::new(idle.clone());
    let preview = Preview::open(speaker.clone());
    preview.opened().await.expect("it opens");
    let (_other, other_side) = uses(&speaker).await;
    let hub = Hub::new();
    let talker = in_room(client(hub.transport()), "bob").await;
    let listener = client(hub.transport()).with_lent(preview.lend());
    let mut listener = in_room(listener, "alice").await;
    while !matches!(
        listener.next_event().await.expect("lasts"),
        RoomEvent::DeviceOpened { .. }
    ) {}
    let tone = ToneMicrophone::new(440);
    talker.handle().start(tone).await.expect("a slot");
    other_side.playback.push(from("eve", 0));
    let of_eve = idle.takes_of("eve").await;
    let of_bob = idle.takes_of("bob").await;
    assert_ne!(of_bob, of_eve);

    let (report, _) = listener.exit().await;
    assert_eq!(report.devices[0].ownership, Ownership::Lent);
    assert!(of_bob.is_over() && !of_eve.is_over());
    preview.release().await.expect_err("the other has it on");
    assert!(!of_eve.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_a_shared_device_is_reported_as_shared_and_left_to_the_others() {
    let speaker = Shared::new(SilentSpeaker::new());
    let other = client(Hub::new().transport()).with_device(speaker.clone());
    let mut other = in_room(other, "carol").await;
    while !matches!(
        other.next_event().await.expect("lasts"),
        RoomEvent::DeviceOpened { .. }
    ) {}
    let preview = Preview::open(speaker);
    preview.opened().await.expect("it opens");
    let alice: Client = client(Hub::new().transport()).with_preview(preview);
    let (report, _) = in_room(alice, "alice").await.exit().await;
    let line = &report.devices[0];
    assert_eq!(
        (line.line.outcome, line.ownership, line.other_users),
        (Outcome::NotOwed, Ownership::Shared, 1)
    );
    assert!(report.is_clean(), "{report}");
    let (report, _) = other.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
}

/// A device that nobody shares, and that says all the same that others have it on.
struct Pretends;

struct OpenPretends;

#[async_trait]
impl Device for Pretends {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Speaker
    }

    fn name(&self) -> String {
        "pretends".to_owned()
    }

    async fn open(&self, _: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        Ok(Box::new(OpenPretends))
    }
}

#[async_trait]
impl OpenDevice for OpenPretends {
    fn description(&self) -> String {
        "pretends".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        Err(DeviceError::StillShared {
            name: "pretends".to_owned(),
            others: 1,
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_of_the_stays_own_that_says_others_have_it_on_has_not_been_released() {
    let alice = client(Hub::new().transport()).with_device(Pretends);
    let mut room = in_room(alice, "alice").await;
    while !matches!(
        room.next_event().await.expect("lasts"),
        RoomEvent::DeviceOpened { .. }
    ) {}
    let (report, _) = room.exit().await;
    let line = &report.devices[0];
    assert_eq!((line.ownership, line.other_users), (Ownership::Owned, 0));
    assert_eq!(line.line.outcome, Outcome::Failed);
    let error = line.line.error.as_deref().unwrap_or_default();
    assert!(error.contains("stays open"), "{report}");
}
