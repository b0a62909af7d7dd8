//! The transport's client side: what `exeunt-websocket` does with one stay, without sockets and tasks.
//!
//! Its phases are those of the real one: `entering.rs` (dialling, asking, withdrawing), `conversation.rs`
//! and `connection.rs` (up, down, ended), `resuming.rs` (resuming). What may happen at the same time
//! there is a step of its own here, so that every order is tried; its own timers may go off at any time.
//! What was missed while the link was down is found out by the real code: `stay.rs` is compiled in.

mod fact;
mod hearing;

use std::collections::{BTreeMap, VecDeque};

use exeunt_core::Event;
use exeunt_port::UserId;
use exeunt_room_service::rooms::{SocketId, StayId};

pub(crate) use fact::Fact;

use crate::network::{Network, Upward};
use crate::scope::Flaw;
use crate::world::Owner;

/// Where the transport is with one stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Dialling,
    /// `enter` is said.
    Asking(SocketId),
    /// Abandoned: `leave` is said after `enter`, and its answer awaited for a moment.
    Withdrawing(SocketId),
    Up(SocketId),
    /// The link is lost; perhaps `resume` is said on another socket.
    Resuming(Option<SocketId>),
    /// The link is lost and nobody wants it back.
    Down,
    Ended,
}

/// How things stand between us and the server; decides how announcements are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Standing {
    Up,
    Down,
    Out,
}

/// What the server said about the stay when it let us in, and who is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Known {
    stay: StayId,
    secret: String,
    members: BTreeMap<UserId, u64>,
    /// How often it was tried to resume the stay.
    resumes: u64,
}

/// What the transport could do next by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heeding {
    /// Ends entering, or recovering, which is no longer wanted.
    Abandonment,
    /// Says `leave`.
    Leaving,
    /// Closes.
    Closing,
}

/// One stay as the transport has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a token or a task of the real transport, and all combinations are possible"
)]
pub(crate) struct Leg {
    owner: Owner,
    pub(crate) phase: Phase,
    standing: Standing,
    known: Option<Known>,
    abandoned: bool,
    leaving: bool,
    closing: bool,
    said_leave: bool,
    /// Whether the task that passes on signals lives.
    passes_on: bool,
    /// Who waits for the confirmation of the departure.
    announcers: u8,
    /// Whether it is closed as soon as the announcement is answered: it came too late and is undone.
    undone: bool,
    /// What waits for the session, in order.
    pub(crate) facts: VecDeque<Fact>,
    /// What other tasks bring to the session, in whatever order.
    pub(crate) answers: Vec<Event>,
    flaw: Option<Flaw>,
}

impl Leg {
    pub(crate) fn new(owner: Owner, flaw: Option<Flaw>) -> Self {
        Self {
            owner,
            phase: Phase::Dialling,
            standing: Standing::Up,
            known: None,
            abandoned: false,
            leaving: false,
            closing: false,
            said_leave: false,
            passes_on: true,
            announcers: 0,
            undone: false,
            facts: VecDeque::new(),
            answers: Vec::new(),
            flaw,
        }
    }

    /// The socket it holds.
    pub(crate) fn socket(&self) -> Option<SocketId> {
        match self.phase {
            Phase::Asking(socket) | Phase::Withdrawing(socket) | Phase::Up(socket) => Some(socket),
            Phase::Resuming(socket) => socket,
            Phase::Dialling | Phase::Down | Phase::Ended => None,
        }
    }

    // ---- what the runtime asks ------------------------------------------------------------------

    pub(crate) fn abandon(&mut self) {
        self.abandoned = true;
    }

    pub(crate) fn announce(&mut self) {
        self.leaving = true;
        self.announcers += 1;
        match self.phase {
            Phase::Down | Phase::Ended => self.answer_announcers(),
            Phase::Dialling
            | Phase::Asking(_)
            | Phase::Withdrawing(_)
            | Phase::Up(_)
            | Phase::Resuming(_) => {}
        }
    }

    /// Announces, and then closes.
    pub(crate) fn undo(&mut self) {
        self.undone = true;
        self.announce();
    }

    pub(crate) fn close(&mut self) {
        self.closing = true;
        match self.phase {
            Phase::Down | Phase::Ended => self.end(),
            Phase::Dialling
            | Phase::Asking(_)
            | Phase::Withdrawing(_)
            | Phase::Up(_)
            | Phase::Resuming(_) => {}
        }
    }

    /// The task that connects is aborted: what it holds is dropped, `leave` is said if `enter` was.
    /// If the connection exists already it is on its way to the session, without its signals.
    pub(crate) fn abort_connecting(&mut self, network: &mut Network) {
        self.passes_on = false;
        match self.phase {
            Phase::Asking(socket) => {
                network.say(socket, Upward::Leave);
                network.let_go(socket);
                self.phase = Phase::Ended;
            }
            Phase::Withdrawing(socket) => {
                network.let_go(socket);
                self.phase = Phase::Ended;
            }
            Phase::Dialling => self.phase = Phase::Ended,
            Phase::Up(_) | Phase::Resuming(_) | Phase::Down | Phase::Ended => {}
        }
        self.facts.push_back(Fact::ConnectEnded);
    }

    /// Nobody listens to the room any more.
    pub(crate) fn fall_silent(&mut self) {
        self.passes_on = false;
    }

    /// Dropped without a goodbye.
    pub(crate) fn drop(&mut self, network: &mut Network) {
        if let Some(socket) = self.socket() {
            network.let_go(socket);
        }
        self.phase = Phase::Ended;
    }

    // ---- what it does by itself -----------------------------------------------------------------

    fn is_unwanted(&self) -> bool {
        self.abandoned || self.leaving || self.closing
    }

    pub(crate) fn can_dial(&self, server_up: bool) -> bool {
        match self.phase {
            Phase::Dialling => !self.abandoned,
            // An attempt that finds nobody changes nothing.
            Phase::Resuming(None) => server_up && !self.is_unwanted(),
            Phase::Resuming(Some(_))
            | Phase::Asking(_)
            | Phase::Withdrawing(_)
            | Phase::Up(_)
            | Phase::Down
            | Phase::Ended => false,
        }
    }

    /// Connects, and says the first message at once.
    pub(crate) fn dial(&mut self, network: &mut Network, socket: SocketId) {
        let first = if let (Phase::Resuming(_), Some(known)) = (self.phase, &mut self.known) {
            self.phase = Phase::Resuming(Some(socket));
            known.resumes += 1;
            Upward::Resume {
                stay: known.stay,
                secret: known.secret.clone(),
                attempt: known.resumes,
            }
        } else {
            self.phase = Phase::Asking(socket);
            // The stays of one process begin one after another; who enters once more than he is asked to
            // does so before the next.
            let attempt = 2 * u64::from(self.owner.epoch) + u64::from(self.known.is_some());
            Upward::Enter { attempt }
        };
        network.dial(socket, self.owner, first);
    }

    pub(crate) fn heedings(&self) -> Vec<Heeding> {
        match self.phase {
            Phase::Dialling | Phase::Asking(_) if self.abandoned => vec![Heeding::Abandonment],
            Phase::Resuming(_) if self.is_unwanted() => vec![Heeding::Abandonment],
            Phase::Up(_) => {
                let leaving = (self.leaving && !self.said_leave).then_some(Heeding::Leaving);
                let closing = self.closing.then_some(Heeding::Closing);
                leaving.into_iter().chain(closing).collect()
            }
            Phase::Dialling
            | Phase::Asking(_)
            | Phase::Resuming(_)
            | Phase::Withdrawing(_)
            | Phase::Down
            | Phase::Ended => Vec::new(),
        }
    }

    pub(crate) fn heed(&mut self, heeding: Heeding, network: &mut Network) {
        match (heeding, self.phase) {
            (Heeding::Abandonment, Phase::Asking(socket)) => {
                network.say(socket, Upward::Leave);
                self.phase = Phase::Withdrawing(socket);
            }
            (Heeding::Abandonment, Phase::Dialling) => self.not_let_in(),
            (Heeding::Abandonment, Phase::Resuming(socket)) => {
                if let Some(socket) = socket {
                    network.let_go(socket);
                }
                self.stay_down();
            }
            (Heeding::Leaving, Phase::Up(socket)) => {
                self.said_leave = true;
                network.say(socket, Upward::Leave);
            }
            (Heeding::Closing, Phase::Up(socket)) => {
                network.let_go(socket);
                self.end();
            }
            _ => {}
        }
    }

    /// Whether a timer of its own could go off: the moment for withdrawing, the lease while resuming,
    /// the bound for an announcement that is to be followed by the close.
    pub(crate) fn has_timer(&self) -> bool {
        match self.phase {
            Phase::Withdrawing(_) => true,
            Phase::Resuming(_) => !self.is_unwanted(),
            Phase::Up(_) => self.undone,
            Phase::Dialling | Phase::Asking(_) | Phase::Down | Phase::Ended => false,
        }
    }

    pub(crate) fn time_out(&mut self, network: &mut Network) {
        match self.phase {
            Phase::Withdrawing(socket) => {
                network.let_go(socket);
                self.not_let_in();
            }
            Phase::Resuming(socket) => {
                if let Some(socket) = socket {
                    network.let_go(socket);
                }
                self.give_up();
            }
            Phase::Up(_) => self.answer_announcers(),
            Phase::Dialling | Phase::Asking(_) | Phase::Down | Phase::Ended => {}
        }
    }

    /// The link, or the attempt to get it back, is taken for dead.
    pub(crate) fn lose(&mut self, network: &mut Network) {
        if let Some(socket) = self.socket() {
            network.let_go(socket);
        }
        match self.phase {
            Phase::Up(_) => self.lost(),
            Phase::Resuming(_) => self.phase = Phase::Resuming(None),
            Phase::Asking(_) | Phase::Withdrawing(_) => self.not_let_in(),
            Phase::Dialling | Phase::Down | Phase::Ended => {}
        }
    }

    // ---- where that leads -----------------------------------------------------------------------

    fn tell(&mut self, fact: Fact) {
        if self.passes_on {
            self.facts.push_back(fact);
        }
    }

    pub(crate) fn not_let_in(&mut self) {
        self.phase = Phase::Ended;
        if self.passes_on {
            self.facts.push_back(Fact::Connected(false));
        }
    }

    fn lost(&mut self) {
        self.standing = Standing::Down;
        self.answer_announcers();
        self.tell(Fact::Session(Event::LinkLost));
        if self.is_unwanted() {
            self.stay_down();
        } else {
            self.phase = Phase::Resuming(None);
        }
    }

    fn over(&mut self, event: Event, socket: SocketId, network: &mut Network) {
        self.tell(Fact::Session(event));
        if event == Event::Kicked && self.flaw == Some(Flaw::ReconnectsAfterKick) && !self.closing {
            network.let_go(socket);
            self.phase = Phase::Dialling;
            return;
        }
        self.standing = Standing::Out;
        self.say_goodbye(socket, network);
    }

    /// The goodbye takes a moment there, which nothing here depends on.
    fn say_goodbye(&mut self, socket: SocketId, network: &mut Network) {
        network.let_go(socket);
        self.end();
    }

    fn give_up(&mut self) {
        self.tell(Fact::Session(Event::LinkDead));
        self.end();
    }

    fn stay_down(&mut self) {
        self.phase = Phase::Down;
        self.answer_announcers();
        if self.closing {
            self.end();
        }
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.answer_announcers();
        if self.closing {
            self.answers.push(Event::TransportClosed);
        }
        self.closing = false;
    }

    fn answer_announcers(&mut self) {
        let answer = match self.standing {
            Standing::Out => Event::AlreadyOut,
            Standing::Up | Standing::Down => Event::DepartureFailed,
        };
        for _ in 0..std::mem::take(&mut self.announcers) {
            self.answers.push(answer);
        }
        if std::mem::take(&mut self.undone) {
            self.close();
        }
    }
}
