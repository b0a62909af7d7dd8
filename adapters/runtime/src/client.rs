//! Somebody outside of every room.

use std::sync::Arc;

use exeunt_core::{Epoch, Policy};
use exeunt_port::{Device, EnterRequest, FrameQueue, RoomLink, Transport};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::actor::{Actor, Enter};
use crate::equipment::Equipment;
use crate::preview::{Lent, Preview};
use crate::room::Room;
use crate::{Departures, Step};

pub(crate) type Observer = Arc<dyn Fn(&Step) + Send + Sync>;

/// Somebody outside of every room: a transport, devices, and deadlines.
///
/// Entering turns it into a [`Room`]; leaving the room gives it back. It needs a tokio runtime from
/// the first [`enter`](Self::enter) on.
#[must_use = "a client does nothing until it enters a room"]
pub struct Client {
    setup: Setup,
    equipment: Vec<Equipment>,
    actor: Option<mpsc::Sender<Enter>>,
    /// The number of its last stay.
    epoch: Epoch,
}

#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) policy: Policy,
    pub(crate) observer: Option<Observer>,
    pub(crate) departures: Departures,
}

impl Client {
    /// A client without devices, with the default deadlines.
    pub fn new(transport: impl Transport) -> Self {
        let setup = Setup {
            transport: Arc::new(transport),
            policy: Policy::default(),
            observer: None,
            departures: Departures::new(),
        };
        Self {
            setup,
            equipment: Vec::new(),
            actor: None,
            epoch: Epoch::NONE,
        }
    }

    /// Opens this device in every stay, and releases it in every exit. At most
    /// [`MAX_DEVICES`](exeunt_core::MAX_DEVICES) can be open at a time; further ones are told as
    /// [`RoomEvent::DeviceRefused`](crate::RoomEvent::DeviceRefused). They take the slots from 0 in
    /// the order in which they were given.
    pub fn with_device(mut self, device: impl Device) -> Self {
        self.equipment.push(Equipment::Device(Arc::new(device)));
        self
    }

    /// Hands over a device that is open, or opens, already: the next stay owns it from the call of
    /// [`enter`](Self::enter) on and releases it in its exit, also if the room cannot be entered (G-3). For
    /// that one stay only: what was released is not opened again. A client that is dropped before
    /// releases it in the background.
    pub fn with_preview(mut self, preview: Preview) -> Self {
        self.equipment.push(Equipment::Preview(preview));
        self
    }

    /// Uses this device in every stay, and leaves it open in every exit: it stays the application's (G-16).
    pub fn with_lent(mut self, lent: Lent) -> Self {
        self.equipment.push(Equipment::Lent(lent));
        self
    }

    /// Keeps other deadlines. Takes effect before the first stay only, as a session keeps its policy.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.setup.policy = policy;
        self
    }

    /// Shows every step of the session to `observer`, from the session's own task: it should be quick,
    /// and may ask a [`RoomHandle`](crate::RoomHandle) to leave (G-8). If it panics, that is traced and
    /// the stay goes on (G-7). Takes effect before the first stay only.
    ///
    /// It is shown a step when the step's effects are on their way already, so that it delays no release
    /// (G-6), and before the room tells what the step reports, [`RoomEvent::Entered`](crate::RoomEvent::Entered)
    /// or [`RoomEvent::Exited`](crate::RoomEvent::Exited). So a time taken in it is later than the step: the
    /// step's own is [`Step::at`].
    pub fn with_observer(mut self, observer: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        self.setup.observer = Some(Arc::new(observer));
        self
    }

    /// Counts this client's stays among these, so that a process that ends can await them.
    /// Takes effect before the first stay only.
    pub fn tracked_by(mut self, departures: &Departures) -> Self {
        self.setup.departures = departures.clone();
        self
    }

    /// The deadlines it keeps.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.setup.policy
    }

    /// Begins to enter a room, and gives the stay at once: an exit is owed from now on, and can be
    /// asked for from now on. That the server has let us in is told by
    /// [`RoomEvent::Entered`](crate::RoomEvent::Entered).
    ///
    /// A runtime that is shut down under a stay ends it: what it held is dropped, and the report says
    /// so (G-1). The client then enters again in the runtime of its next call.
    ///
    /// # Panics
    /// Outside of a tokio runtime, for the first stay in it.
    pub fn enter(mut self, request: EnterRequest) -> Room {
        let (link, side) = RoomLink::pair();
        let exit = CancellationToken::new();
        let (events, hear) = mpsc::channel(crate::room::EVENTS);
        let (report, over) = tokio::sync::watch::channel(None);
        let (start, started) = mpsc::channel(crate::room::REQUESTS);
        let shown = FrameQueue::bounded(crate::room::SHOWN);
        let room = Room::new(
            &request,
            &side,
            exit.clone(),
            hear,
            over,
            start,
            shown.clone(),
        );
        self.epoch = self.epoch.next();
        let equipment = std::mem::take(&mut self.equipment).into_iter();
        let (devices, kept): (_, Vec<_>) = equipment.map(Equipment::hand_over).unzip();
        self.equipment = kept.into_iter().flatten().collect();
        let enter = Enter {
            epoch: self.epoch,
            request,
            transport_name: self.setup.transport.name().to_owned(),
            devices,
            link,
            side,
            shown,
            exit,
            events,
            report,
            requests: started,
            departing: self.setup.departures.stay(),
        };
        let actor = self
            .actor
            .take()
            .filter(|actor| !actor.is_closed())
            .unwrap_or_else(|| Actor::spawn(&self.setup));
        // One stay at a time: the channel has room, because the last `Enter` was taken before the
        // client could come back. Only a runtime that is being shut down does not take it.
        if let Err(refused) = actor.try_send(enter) {
            Actor::end_at_once(&self.setup, refused.into_inner());
        }
        self.actor = Some(actor);
        room.owning(self)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.equipment.iter().map(Equipment::name).collect();
        formatter
            .debug_struct("Client")
            .field("transport", &self.setup.transport.name())
            .field("devices", &names)
            .field("policy", &self.setup.policy)
            .finish_non_exhaustive()
    }
}
