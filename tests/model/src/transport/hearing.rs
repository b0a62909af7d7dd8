//! What the transport hears, at the door, in the room and when it comes back.

use std::time::Duration;

use exeunt_core::Event;
use exeunt_port::{RoomSignal, UserId};
use exeunt_room_service::rooms::{SocketId, StayId};
use exeunt_websocket::wire::{CloseCode, Departed, Member, ServerMessage};

use super::{Fact, Known, Leg, Phase, Standing};
use crate::network::{Downward, Network};
use crate::real_stay::Stay;
use crate::scope::Flaw;

impl Leg {
    /// Reads what comes next on its socket; `None` is the end of it.
    pub(crate) fn hear(&mut self, said: Option<Downward>, network: &mut Network) {
        match self.phase {
            Phase::Asking(socket) => self.hear_at_the_door(socket, said, network),
            Phase::Withdrawing(socket) => {
                let over = matches!(
                    said,
                    None | Some(
                        Downward::Close(_)
                            | Downward::Say(
                                ServerMessage::Left { .. } | ServerMessage::Refused { .. }
                            )
                    )
                );
                if over {
                    network.let_go(socket);
                    self.not_let_in();
                }
            }
            Phase::Up(socket) => self.hear_in_the_room(socket, said, network),
            Phase::Resuming(Some(socket)) => self.hear_resuming(socket, said, network),
            Phase::Dialling | Phase::Resuming(None) | Phase::Down | Phase::Ended => {}
        }
    }

    fn hear_at_the_door(
        &mut self,
        socket: SocketId,
        said: Option<Downward>,
        network: &mut Network,
    ) {
        let Some(Downward::Say(ServerMessage::Entered {
            stay,
            secret,
            members,
            ..
        })) = said
        else {
            network.let_go(socket);
            return self.not_let_in();
        };
        self.phase = Phase::Up(socket);
        self.facts.push_back(Fact::Connected(true));
        for member in &members {
            self.tell(Fact::RemoteEntered(member.clone()));
        }
        self.known = Some(Known {
            stay: StayId(stay),
            secret,
            members: members
                .into_iter()
                .map(|member| (member.user_id, member.stay))
                .collect(),
            resumes: 0,
        });
    }

    fn hear_in_the_room(
        &mut self,
        socket: SocketId,
        said: Option<Downward>,
        network: &mut Network,
    ) {
        let message = match said {
            Some(Downward::Say(message)) => message,
            Some(Downward::Close(code)) => return self.hear_close(socket, code, network),
            None => return self.lose(network),
        };
        match message {
            ServerMessage::UserEntered { user_id, stay } => {
                if let Some(known) = &mut self.known {
                    known.members.insert(user_id.clone(), stay);
                }
                self.tell(Fact::RemoteEntered(Member { user_id, stay }));
            }
            ServerMessage::UserLeft { user_id, .. } => {
                if let Some(known) = &mut self.known {
                    known.members.remove(&user_id);
                }
                self.tell(Fact::RemoteLeft(user_id));
            }
            ServerMessage::Heartbeat => {}
            ServerMessage::Left { .. } if self.leaving => {
                // Who waits is answered with the receipt, who comes later with 'already out'.
                self.standing = Standing::Out;
                self.say_goodbye(socket, network);
            }
            ServerMessage::Kicked => self.over(Event::Kicked, socket, network),
            ServerMessage::Dismissed => self.over(Event::Dismissed, socket, network),
            ServerMessage::Replaced => self.over(Event::Replaced, socket, network),
            ServerMessage::ServerStopped => self.over(Event::ServerStopped, socket, network),
            ServerMessage::Entered { .. }
            | ServerMessage::Resumed { .. }
            | ServerMessage::Refused { .. }
            | ServerMessage::Left { .. } => self.lose(network),
        }
    }

    fn hear_close(&mut self, socket: SocketId, code: CloseCode, network: &mut Network) {
        match code {
            CloseCode::Kicked => self.over(Event::Kicked, socket, network),
            CloseCode::Dismissed => self.over(Event::Dismissed, socket, network),
            CloseCode::Replaced => self.over(Event::Replaced, socket, network),
            CloseCode::ServerStopped => self.over(Event::ServerStopped, socket, network),
            CloseCode::Normal
            | CloseCode::ResumedElsewhere
            | CloseCode::LeaseExpired
            | CloseCode::Malformed
            | CloseCode::Refused
            | CloseCode::EnterTimeout
            | CloseCode::Flood
            | CloseCode::TooSlow => self.lose(network),
        }
    }

    fn hear_resuming(&mut self, socket: SocketId, said: Option<Downward>, network: &mut Network) {
        let Some(Downward::Say(message)) = said else {
            return self.lose(network);
        };
        let ended = match message {
            ServerMessage::Resumed { members, departed } => {
                self.phase = Phase::Up(socket);
                self.standing = Standing::Up;
                self.tell(Fact::Session(Event::LinkRecovered));
                return self.catch_up(members, &departed);
            }
            ServerMessage::Kicked => Event::Kicked,
            ServerMessage::Dismissed => Event::Dismissed,
            ServerMessage::Replaced => Event::Replaced,
            ServerMessage::ServerStopped => Event::ServerStopped,
            ServerMessage::Refused { .. } => {
                network.let_go(socket);
                return self.give_up();
            }
            ServerMessage::Entered { .. }
            | ServerMessage::Left { .. }
            | ServerMessage::UserEntered { .. }
            | ServerMessage::UserLeft { .. }
            | ServerMessage::Heartbeat => return self.lose(network),
        };
        network.let_go(socket);
        self.standing = Standing::Out;
        self.tell(Fact::Session(ended));
        self.end();
    }

    /// The real transport's own code says what was missed.
    fn catch_up(&mut self, mut members: Vec<Member>, departed: &[Departed]) {
        let Some(known) = &mut self.known else { return };
        if self.flaw == Some(Flaw::ReentriesOverlooked) {
            for member in &mut members {
                let before = known.members.get(&member.user_id);
                member.stay = before.copied().unwrap_or(member.stay);
            }
        }
        let (lease, heartbeat) = (Duration::from_secs(8), Duration::from_secs(1));
        let before = known.members.iter().map(|(user, stay)| member(user, *stay));
        let before = before.collect();
        let Ok(mut stay) = Stay::new(known.stay.0, String::new(), lease, heartbeat, before) else {
            return;
        };
        let missed = stay.catch_up(members, departed);
        known.members = stay.members;
        let now = known.members.clone();
        for signal in missed {
            match signal {
                RoomSignal::RemoteUserEntered(user) => {
                    if let Some(stay) = now.get(&user) {
                        self.tell(Fact::RemoteEntered(member(&user, *stay)));
                    }
                }
                RoomSignal::RemoteUserLeft(user, _) => self.tell(Fact::RemoteLeft(user)),
                RoomSignal::Kicked
                | RoomSignal::Dismissed
                | RoomSignal::Replaced
                | RoomSignal::ServerStopped
                | RoomSignal::LinkLost
                | RoomSignal::LinkRecovered
                | RoomSignal::LinkDead
                | RoomSignal::Closed => {}
            }
        }
    }
}

fn member(user: &UserId, stay: u64) -> Member {
    let user_id = user.clone();
    Member { user_id, stay }
}
