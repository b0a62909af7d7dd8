//! What goes wrong with a transport, on command.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use exeunt_port::{CloseError, DepartureError, EnterError, RoomSignal};

use crate::client::Client;
use crate::gate::Gate;

/// What goes wrong with entering.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFault {
    /// It fails with this error; nobody has entered.
    Fails(EnterError),
    /// It is held until it is let go; then it succeeds. Abandoned meanwhile, it ends as it should.
    Hangs,
    /// It is held until it is let go, and succeeds even if it was abandoned long before (G-4).
    /// Never let go, it never answers.
    SucceedsLate,
    /// It panics; nobody has entered.
    Panics,
}

/// What goes wrong with announcing a departure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnnounceFault {
    /// It fails with this error, and the others are not told.
    Fails(DepartureError),
    /// It is held until it is let go; then the others are told. Never let go, it never answers.
    Hangs,
    /// The others are told, but the confirmation is lost: it never answers.
    Unconfirmed,
    /// It panics, and the others are not told.
    Panics,
}

/// What goes wrong with closing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseFault {
    /// What is held is given up, and this error is answered.
    Fails(CloseError),
    /// It is held until it is let go; then it closes. Never let go, it never answers.
    Hangs,
    /// It panics before anything is closed. Dropping the connection gives up what it holds.
    Panics,
}

/// The faults of one [`LoopbackTransport`](crate::LoopbackTransport), to be changed at any time.
///
/// Cloning gives another handle to the same faults. What is broken stays broken until
/// [`heal`](Self::heal). Commands to the link act at once on every connection that the transport has
/// and answer how many that were.
#[derive(Clone, Debug, Default)]
pub struct TransportFaults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    plan: Mutex<Plan>,
    gate: Gate,
    clients: Mutex<Vec<Weak<Client>>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) connect: Option<ConnectFault>,
    pub(crate) announce: Option<AnnounceFault>,
    pub(crate) close: Option<CloseFault>,
    pub(crate) repeats: u8,
}

impl TransportFaults {
    /// Breaks every entering that begins from now on.
    pub fn break_connect(&self, fault: ConnectFault) {
        self.change(|plan| plan.connect = Some(fault));
    }

    /// Breaks every announcement of a departure that begins from now on.
    pub fn break_announce(&self, fault: AnnounceFault) {
        self.change(|plan| plan.announce = Some(fault));
    }

    /// Breaks every closing that begins from now on.
    pub fn break_close(&self, fault: CloseFault) {
        self.change(|plan| plan.close = Some(fault));
    }

    /// Every signal is said this many times more than once, from now on.
    pub fn repeat_signals(&self, times: u8) {
        self.change(|plan| plan.repeats = times);
    }

    /// Calls that begin from now on go well, and signals are said once. What is held stays held, and
    /// a link that is down stays down.
    pub fn heal(&self) {
        self.change(|plan| *plan = Plan::default());
    }

    /// Lets go every call that is held now.
    pub fn let_go(&self) {
        self.0.gate.let_go();
    }

    /// Resolves when at least one call is held.
    pub fn reached(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.gate.reached()
    }

    /// The link goes down: [`RoomSignal::LinkLost`], nothing is sent or received, and the hub's lease
    /// begins.
    pub fn lose_link(&self) -> usize {
        self.command(Client::lose_link)
    }

    /// A link that is down comes back: [`RoomSignal::LinkRecovered`] and what was said meanwhile, or
    /// [`RoomSignal::LinkDead`] if the lease has run out. Nothing comes back once the runtime has
    /// abandoned the stay (G-5).
    pub fn recover_link(&self) -> usize {
        self.command(Client::recover_link)
    }

    /// The link goes down for good: [`RoomSignal::LinkDead`].
    pub fn kill_link(&self) -> usize {
        self.command(Client::kill_link)
    }

    /// The connection closes by itself, without a goodbye: [`RoomSignal::Closed`], and nothing is
    /// held any more.
    pub fn close_by_itself(&self) -> usize {
        self.command(Client::close_by_itself)
    }

    /// Says this signal as if the room had said it, whatever the hub thinks. At most 64 such words
    /// wait for one connection; it does not count among those reached when it has no room.
    #[expect(
        clippy::must_use_candidate,
        reason = "it acts; the count is for who wants it"
    )]
    pub fn say(&self, signal: &RoomSignal) -> usize {
        self.command(|client| client.say(signal.clone()))
    }

    pub(crate) fn plan(&self) -> Plan {
        self.0
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn hold(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.gate.hold()
    }

    /// From now on commands reach this client too.
    pub(crate) fn attach(&self, client: &Arc<Client>) {
        let mut clients = self
            .0
            .clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        clients.retain(|known| known.strong_count() > 0);
        clients.push(Arc::downgrade(client));
    }

    fn change(&self, act: impl FnOnce(&mut Plan)) {
        act(&mut self.0.plan.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Clients are called after the lock is let go (G-8).
    fn command(&self, act: impl Fn(&Client) -> bool) -> usize {
        let clients: Vec<_> = {
            let clients = self
                .0
                .clients
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            clients.iter().filter_map(Weak::upgrade).collect()
        };
        clients.iter().filter(|client| act(client)).count()
    }
}
