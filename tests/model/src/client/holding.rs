//! What the runtime holds of one stay, after `stay.rs` of `exeunt-runtime`.

use exeunt_core::{Effect, Effects, Event};

use crate::network::Network;
use crate::transport::{Fact, Leg};

/// What the runtime holds of one stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the runtime's own, one for one"
)]
pub(crate) struct Holding {
    pub(crate) leg: Leg,
    connecting: bool,
    connection: bool,
    connect_unanswered: bool,
    /// Other calls into the transport that have not answered.
    unanswered: u8,
    /// Whether the application still hears of this stay.
    pub(super) telling: bool,
}

/// What a fact means.
pub(super) enum Meaning {
    /// The session is to hear this.
    Session(Event),
    /// The application is to hear this.
    Application(Fact),
    /// Nobody is to hear anything.
    Nothing,
}

impl Holding {
    pub(super) fn new(leg: Leg) -> Self {
        Self {
            leg,
            connecting: false,
            connection: false,
            connect_unanswered: false,
            unanswered: 0,
            telling: true,
        }
    }

    /// Whether nothing of this stay can answer any more.
    pub(super) fn is_forgotten(&self) -> bool {
        !self.telling && !self.connect_unanswered && self.unanswered == 0
    }

    /// Starts effects; what can be answered at once is returned.
    pub(super) fn carry_out(&mut self, effects: &Effects, network: &mut Network) -> Vec<Event> {
        let undoes = effects.contains(&Effect::AnnounceDeparture)
            && effects.contains(&Effect::CloseTransport);
        if undoes && std::mem::take(&mut self.connection) {
            self.leg.abandon();
            self.leg.undo();
            self.unanswered += 2;
            return Vec::new();
        }
        effects
            .iter()
            .filter_map(|effect| self.start(*effect, network))
            .collect()
    }

    fn start(&mut self, effect: Effect, network: &mut Network) -> Option<Event> {
        match effect {
            Effect::Connect => {
                self.connecting = true;
                self.connect_unanswered = true;
                None
            }
            Effect::AbandonConnect => {
                self.leg.abandon();
                None
            }
            Effect::AnnounceDeparture if self.connection => {
                self.leg.announce();
                self.unanswered += 1;
                None
            }
            Effect::AnnounceDeparture => Some(Event::DepartureFailed),
            Effect::CloseTransport => self.close(network),
            // Devices and media are not part of this model; the reports are the session's task's.
            Effect::OpenDevice(_)
            | Effect::ReleaseDevice(_)
            | Effect::GateMedia
            | Effect::ReportEntered
            | Effect::ReportExit => None,
        }
    }

    fn close(&mut self, network: &mut Network) -> Option<Event> {
        self.leg.abandon();
        if std::mem::take(&mut self.connection) {
            self.leg.close();
            self.unanswered += 1;
            return None;
        }
        if !std::mem::take(&mut self.connecting) {
            return Some(Event::TransportClosed);
        }
        self.leg.abort_connecting(network);
        self.unanswered += 1;
        None
    }

    /// The exit was reported: nothing is told after it.
    pub(super) fn end(&mut self) {
        self.telling = false;
        if !self.connect_unanswered {
            self.leg.fall_silent();
        }
    }

    pub(super) fn take_fact(&mut self) -> Meaning {
        let Some(fact) = self.leg.facts.pop_front() else {
            return Meaning::Nothing;
        };
        match fact {
            Fact::Connected(let_in) => {
                self.connect_unanswered = false;
                self.connection = let_in;
                Meaning::Session(if let_in {
                    Event::Entered
                } else {
                    Event::EnterFailed
                })
            }
            Fact::ConnectEnded => {
                self.connect_unanswered = false;
                self.unanswered -= 1;
                // If it had just succeeded, its connection is being closed, and that tells the end.
                if self.unanswered == 0 {
                    Meaning::Session(Event::TransportClosed)
                } else {
                    Meaning::Nothing
                }
            }
            Fact::Session(event) => Meaning::Session(event),
            told @ (Fact::RemoteEntered(_) | Fact::RemoteLeft(_)) if self.telling => {
                Meaning::Application(told)
            }
            Fact::RemoteEntered(_) | Fact::RemoteLeft(_) => Meaning::Nothing,
        }
    }

    pub(super) fn take_answer(&mut self, index: usize) -> Meaning {
        if index >= self.leg.answers.len() {
            return Meaning::Nothing;
        }
        self.unanswered -= 1;
        Meaning::Session(self.leg.answers.remove(index))
    }
}
