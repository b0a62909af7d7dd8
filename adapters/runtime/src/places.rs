//! The devices of one stay, by slot: what each place holds of the world.

mod not_owned;

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_core::{Event, Policy, Slot, Wait};
use exeunt_port::{
    DeviceError, DeviceKind, DeviceLink, DeviceSide, DeviceSignal, FrameQueue, MediaFrame,
    OpenDevice, PlaybackQueue,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::custody::User;
use crate::equipment::{Named, Source};
use crate::ports::{self, Answers, Fact, Opened};
use crate::{Ownership, RoomEvent};

pub(crate) struct Places {
    by_slot: BTreeMap<Slot, Place>,
    answers: Answers,
    captured: FrameQueue<MediaFrame>,
    policy: Policy,
    openings: u32,
    speakers: watch::Sender<Vec<PlaybackQueue>>,
    /// Calls into devices that have not answered.
    pub(crate) unanswered: usize,
    /// What the devices complained of last.
    pub(crate) errors: BTreeMap<Slot, String>,
}

struct Place {
    kind: DeviceKind,
    name: String,
    ownership: Ownership,
    /// How many others used the device on when this stay left it to them.
    other_users: usize,
    /// What was handed over or lent is gone from here once it is used. A device that is opened stays:
    /// it outlives what it opened.
    source: Option<Source>,
    /// The number of its last opening.
    opening: u32,
    held: Held,
    /// Gone once the release was asked for: from then on the device is not heard (G-14).
    side: Option<DeviceSide>,
    /// Whether it went away by itself; its release then only clears up behind it.
    vanished: bool,
    listening: Option<JoinHandle<()>>,
}

enum Held {
    Nothing,
    Opening,
    Open(Box<dyn OpenDevice>),
    /// Its opening ended with this error, and may have left it held: nobody was handed anything, so there
    /// is nobody who could release it.
    Left(DeviceError),
    Releasing,
    /// The application's (G-16). Dropping it is leaving it alone.
    Lent(User),
}

/// What a device's answer means: an event for the session, and something to tell the application.
pub(crate) type Meaning = (Option<Event>, Option<RoomEvent>);

impl Places {
    pub(crate) fn new(answers: Answers, captured: FrameQueue<MediaFrame>, policy: Policy) -> Self {
        Self {
            by_slot: BTreeMap::new(),
            answers,
            captured,
            policy,
            openings: 0,
            speakers: watch::channel(Vec::new()).0,
            unanswered: 0,
            errors: BTreeMap::new(),
        }
    }

    /// Puts a device into a slot.
    pub(crate) fn put(&mut self, slot: Slot, named: Named) {
        // What the one before it complained of is not this one's.
        self.errors.remove(&slot);
        let place = Place {
            kind: named.kind,
            name: named.name,
            ownership: named.ownership,
            other_users: 0,
            source: Some(named.source),
            opening: 0,
            held: Held::Nothing,
            side: None,
            vanished: false,
            listening: None,
        };
        self.by_slot.insert(slot, place);
    }

    /// What stands in a slot: what it does, and its name.
    pub(crate) fn device(&self, slot: Slot) -> Option<(DeviceKind, String)> {
        let place = self.by_slot.get(&slot)?;
        Some((place.kind, place.name.clone()))
    }

    /// The playback queues of the open speakers, as they change.
    pub(crate) fn speakers(&self) -> watch::Receiver<Vec<PlaybackQueue>> {
        self.speakers.subscribe()
    }

    /// Starts to open what stands in the slot.
    pub(crate) fn open(&mut self, slot: Slot) -> Option<Event> {
        let Some(place) = self.by_slot.get_mut(&slot) else {
            return Some(Event::DeviceFailed(slot));
        };
        let (link, signals) = place.connect(&mut self.openings, &self.captured);
        let (number, answers) = (place.opening, self.answers.clone());
        let source = match &place.source {
            Some(Source::Device(device)) => Some(Source::Device(Arc::clone(device))),
            Some(Source::Preview(_) | Source::Lent(_)) | None => place.source.take(),
        };
        let own = link.clone();
        let opens = async move {
            match source {
                Some(Source::Device(device)) => ports::opening(device, own).await,
                Some(Source::Preview(preview)) => preview.open_for(own).await,
                Some(Source::Lent(_)) | None => Err(DeviceError::Abandoned),
            }
        };
        let bound = self.policy.device;
        let opening = ports::open(opens, link, signals, slot, number, bound, answers);
        place.held = Held::Opening;
        place.listening = Some(tokio::spawn(opening));
        self.unanswered += 1;
        self.list_speakers();
        None
    }

    /// Starts to release what the slot holds, whatever stage it is in.
    pub(crate) fn release(&mut self, slot: Slot) -> Option<Event> {
        let place = self.by_slot.get_mut(&slot)?;
        if let Some(side) = place.side.take() {
            // From now on it is not heard any more, and need not open any more (G-14, G-4).
            side.silence();
        }
        let mut answer = None;
        place.held = match std::mem::replace(&mut place.held, Held::Nothing) {
            Held::Nothing => {
                answer = Some(Event::DeviceReleased(slot));
                Held::Nothing
            }
            // The opening answers; if it succeeds all the same, the core asks again.
            Held::Opening => Held::Opening,
            Held::Releasing => Held::Releasing,
            // Nobody asks for that.
            Held::Lent(user) => Held::Lent(user),
            Held::Open(device) => {
                let (name, bound) = (place.name.clone(), self.policy.device);
                let (opening, answers) = (place.opening, self.answers.clone());
                tokio::spawn(ports::release(device, name, bound, slot, opening, answers));
                self.unanswered += 1;
                Held::Releasing
            }
            Held::Left(error) => {
                let (opening, answers) = (place.opening, self.answers.clone());
                let fact = Fact::Released(slot, opening, Err(error));
                tokio::spawn(async move { answers.send(fact).await });
                self.unanswered += 1;
                Held::Releasing
            }
        };
        self.list_speakers();
        answer
    }

    /// The answer of an opening.
    pub(crate) fn opened(
        &mut self,
        slot: Slot,
        opening: u32,
        answer: Result<Opened, DeviceError>,
    ) -> Meaning {
        self.unanswered -= 1;
        let Some(place) = self
            .by_slot
            .get_mut(&slot)
            .filter(|place| place.opening == opening)
        else {
            // Another device stands there by now; dropping this one lets go of it.
            return (None, None);
        };
        let kind = place.kind;
        match answer {
            Ok(Opened {
                device,
                description,
            }) => {
                let wanted = place.side.is_some();
                place.held = Held::Open(device);
                let told = wanted.then_some(RoomEvent::DeviceOpened {
                    slot,
                    kind,
                    description,
                });
                (Some(Event::DeviceOpened(slot)), told)
            }
            // To the session it is open, or it would owe no release. That it is broken follows at once; the
            // application hears that alone (G-13).
            Err(error) if error.may_be_held() => {
                self.errors.insert(slot, error.to_string());
                place.held = Held::Left(error);
                (Some(Event::DeviceOpened(slot)), None)
            }
            Err(error) => {
                place.held = Held::Nothing;
                place.side = None;
                let told = (error != DeviceError::Abandoned).then(|| {
                    self.errors.insert(slot, error.to_string());
                    RoomEvent::DeviceFailed { slot, kind, error }
                });
                self.list_speakers();
                (Some(Event::DeviceFailed(slot)), told)
            }
        }
    }

    /// What a device says while it is open.
    pub(crate) fn signalled(&mut self, slot: Slot, opening: u32, signal: DeviceSignal) -> Meaning {
        let Some(place) = self
            .by_slot
            .get_mut(&slot)
            .filter(|place| place.opening == opening)
        else {
            return (None, None);
        };
        if place.side.is_none() {
            // It said so before it was silenced; its release is under way (G-14).
            return (None, None);
        }
        let kind = place.kind;
        if place.ownership == Ownership::Lent {
            return self.lost(slot, signal);
        }
        match signal {
            DeviceSignal::Failed(error) => {
                self.errors.insert(slot, error.to_string());
                let told = RoomEvent::DeviceFailed { slot, kind, error };
                (Some(Event::DeviceFailed(slot)), Some(told))
            }
            DeviceSignal::Vanished(error) => {
                place.vanished = true;
                self.errors.insert(slot, error.to_string());
                let told = RoomEvent::DeviceVanished { slot, kind, error };
                // What has gone still has a thread and perhaps a descriptor here: it is broken and
                // released, and its release tells that nothing is held (G-13).
                (Some(Event::DeviceFailed(slot)), Some(told))
            }
        }
    }

    /// The answer of a release.
    pub(crate) fn released(
        &mut self,
        slot: Slot,
        opening: u32,
        answer: Result<(), DeviceError>,
    ) -> Meaning {
        self.unanswered -= 1;
        let Some(place) = self
            .by_slot
            .get_mut(&slot)
            .filter(|place| place.opening == opening)
        else {
            return (None, None);
        };
        place.held = Held::Nothing;
        let kind = place.kind;
        // From a device that nobody shares with us it is no answer: whose could it be on for?
        if let Err(DeviceError::StillShared { others, .. }) = answer
            && place.ownership == Ownership::Shared
        {
            place.other_users = others;
            let told = RoomEvent::DeviceReturned { slot, kind };
            // This stay's use of it is over, which is all that it owed.
            return (Some(Event::DeviceReleased(slot)), Some(told));
        }
        match answer {
            Ok(()) if place.vanished => (
                Some(Event::DeviceVanished(slot)),
                Some(RoomEvent::DeviceReleased { slot, kind }),
            ),
            Ok(()) => (
                Some(Event::DeviceReleased(slot)),
                Some(RoomEvent::DeviceReleased { slot, kind }),
            ),
            Err(error) => {
                self.errors.insert(slot, error.to_string());
                let told = RoomEvent::DeviceFailed { slot, kind, error };
                (Some(Event::ReleaseFailed(slot)), Some(told))
            }
        }
    }

    /// What the application hears of a device that did not answer in time. It may still be held, and
    /// what it answers later is undone (G-4).
    pub(crate) fn given_up(&self, wait: Wait, policy: &Policy) -> Option<RoomEvent> {
        let (slot, what) = match wait {
            Wait::Opening(slot) => (slot, "has not opened"),
            Wait::Releasing(slot) => (slot, "has not let go"),
            Wait::Entering | Wait::Recovering | Wait::Departure | Wait::Transport => return None,
        };
        let (kind, name) = self.device(slot)?;
        let detail = format!("it {what} within {:?}", policy.bound(wait));
        let error = DeviceError::StillHeld { name, detail };
        Some(RoomEvent::DeviceFailed { slot, kind, error })
    }

    /// Remote sound goes to every speaker that may play.
    fn list_speakers(&self) {
        let speakers = self
            .by_slot
            .values()
            .filter(|place| place.kind == DeviceKind::Speaker);
        let queues = speakers.filter_map(|place| Some(place.side.as_ref()?.playback.clone()));
        self.speakers.send_replace(queues.collect());
    }
}

impl Place {
    /// A link of its own for what comes next.
    fn connect(
        &mut self,
        openings: &mut u32,
        captured: &FrameQueue<MediaFrame>,
    ) -> (DeviceLink, mpsc::Receiver<DeviceSignal>) {
        *openings += 1;
        let (link, mut side) = DeviceLink::pair(captured.clone());
        let signals = std::mem::replace(&mut side.signals, mpsc::channel(1).1);
        self.opening = *openings;
        self.side = Some(side);
        self.vanished = false;
        (link, signals)
    }
}

/// Whoever still listened to a device stops when another one takes its place, or the stay is
/// forgotten: a device that keeps its link keeps no task (G-15).
impl Drop for Place {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
    }
}
