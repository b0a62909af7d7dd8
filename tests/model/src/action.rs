//! What may happen next.

use exeunt_core::{State, Wait};
use exeunt_room_service::rooms::{SocketId, StayId};

use crate::network::ServerEnd;
use crate::scope::Scope;
use crate::transport::{Heeding, Phase};
use crate::world::World;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "`words.rs` says what each means")]
pub enum Action {
    // What people do.
    Enter {
        who: usize,
    },
    Leave {
        who: usize,
    },
    Kick {
        who: usize,
    },
    Dismiss,
    Stop,
    // What the transport does by itself.
    Dial {
        who: usize,
        epoch: u32,
    },
    Heed {
        who: usize,
        epoch: u32,
        heeding: Heeding,
    },
    Hear {
        socket: SocketId,
    },
    TakeFact {
        who: usize,
        epoch: u32,
    },
    TakeAnswer {
        who: usize,
        epoch: u32,
        index: usize,
    },
    TransportTimer {
        who: usize,
        epoch: u32,
    },
    Deadline {
        who: usize,
        wait: Wait,
    },
    // What the server does by itself.
    ServerHears {
        socket: SocketId,
    },
    ServerNotices {
        socket: SocketId,
    },
    LeaseRunsOut {
        stay: StayId,
    },
    Start,
    // What goes wrong.
    DialFails {
        who: usize,
        epoch: u32,
    },
    GiveUp {
        socket: SocketId,
    },
    Cut {
        socket: SocketId,
    },
    LeaseRunsOutEarly {
        stay: StayId,
    },
    CrashClient {
        who: usize,
    },
    CrashServer,
}

/// Of what kind something that may happen is. What comes first here happens first in a world that is
/// left to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A client's side of what is under way.
    Client,
    /// The server's side of what is under way.
    Server,
    /// A server that is down is started.
    Start,
    /// The lease of somebody who is not there any more.
    Lease,
    /// A timer of the transport.
    Timer,
    /// A deadline of the core.
    Deadline,
    /// Somebody decides something.
    Decision,
    /// Something goes wrong.
    Fault,
}

impl World {
    /// Everything that may happen.
    pub(crate) fn possible(&self, scope: &Scope) -> Vec<(Kind, Action)> {
        let mut possible = Vec::new();
        if self.breach.is_some() {
            return possible;
        }
        for who in 0..self.clients.len() {
            self.possible_for_client(who, scope, &mut possible);
        }
        self.possible_on_sockets(&mut possible);
        self.possible_for_server(&mut possible);
        possible
    }

    fn possible_for_client(&self, who: usize, scope: &Scope, possible: &mut Vec<(Kind, Action)>) {
        let client = &self.clients[who];
        if self.left.enters[who] > 0 && client.may_enter() {
            possible.push((Kind::Decision, Action::Enter { who }));
        }
        if !client.running {
            return;
        }
        if client.is_in_room() && scope.leavers.contains(&who) {
            possible.push((Kind::Decision, Action::Leave { who }));
        }
        let is_somewhere = matches!(client.state(), State::InRoom(_) | State::Exiting(_));
        if self.left.client_crashes > 0 && is_somewhere {
            possible.push((Kind::Fault, Action::CrashClient { who }));
        }
        if let Some(wait) = client.wait() {
            possible.push((Kind::Deadline, Action::Deadline { who, wait }));
        }
        for (epoch, holding) in &client.holdings {
            let (epoch, leg) = (*epoch, &holding.leg);
            if leg.can_dial(self.service.up) {
                possible.push((Kind::Client, Action::Dial { who, epoch }));
                if self.left.losses > 0 && self.service.up && leg.phase == Phase::Dialling {
                    possible.push((Kind::Fault, Action::DialFails { who, epoch }));
                }
            }
            for heeding in leg.heedings() {
                let heed = Action::Heed {
                    who,
                    epoch,
                    heeding,
                };
                possible.push((Kind::Client, heed));
            }
            if leg.has_timer() {
                possible.push((Kind::Timer, Action::TransportTimer { who, epoch }));
            }
            if !leg.facts.is_empty() {
                possible.push((Kind::Client, Action::TakeFact { who, epoch }));
            }
            for index in 0..leg.answers.len() {
                let take = Action::TakeAnswer { who, epoch, index };
                possible.push((Kind::Client, take));
            }
        }
    }

    fn possible_on_sockets(&self, possible: &mut Vec<(Kind, Action)>) {
        for (id, socket) in self.network.iter() {
            if socket.has_news_for_client() {
                possible.push((Kind::Client, Action::Hear { socket: id }));
            }
            if socket.has_news_for_server() {
                possible.push((Kind::Server, Action::ServerHears { socket: id }));
            }
            if socket.cut && socket.server != ServerEnd::Closed {
                possible.push((Kind::Server, Action::ServerNotices { socket: id }));
            }
            if self.left.losses > 0 && socket.is_whole() {
                possible.push((Kind::Fault, Action::Cut { socket: id }));
                possible.push((Kind::Fault, Action::GiveUp { socket: id }));
            }
        }
    }

    fn possible_for_server(&self, possible: &mut Vec<(Kind, Action)>) {
        if !self.service.up {
            possible.push((Kind::Start, Action::Start));
            return;
        }
        for (stay, booking) in &self.service.bookings {
            let stay = *stay;
            let socket = booking.socket.and_then(|socket| self.network.get(socket));
            if socket.is_none_or(|socket| socket.cut || !socket.held) {
                possible.push((Kind::Lease, Action::LeaseRunsOut { stay }));
            } else if self.left.losses > 0 {
                possible.push((Kind::Fault, Action::LeaseRunsOutEarly { stay }));
            }
        }
        let members = self.service.bookings.values();
        if self.left.kicks > 0 {
            for booking in members {
                let who = booking.owner.who;
                possible.push((Kind::Decision, Action::Kick { who }));
            }
        }
        if self.left.dismissals > 0 && !self.service.bookings.is_empty() {
            possible.push((Kind::Decision, Action::Dismiss));
        }
        if self.left.stops > 0 {
            possible.push((Kind::Decision, Action::Stop));
        }
        if self.left.server_crashes > 0 {
            possible.push((Kind::Fault, Action::CrashServer));
        }
    }
}
