//! One state of everything: clients, sockets, the server, and what may still happen.

use std::fmt;
use std::sync::LazyLock;

use exeunt_port::{RoomId, UserId};

use crate::breach::Breach;
use crate::client::Client;
use crate::network::Network;
use crate::scope::Scope;
use crate::service::Service;
use crate::shared::Shared;

/// The members' names.
pub(crate) const NAMES: [&str; 3] = ["alice", "bob", "carol"];

static USERS: LazyLock<Vec<UserId>> =
    LazyLock::new(|| NAMES.iter().filter_map(|name| name.parse().ok()).collect());

static ROOM: LazyLock<Option<RoomId>> = LazyLock::new(|| "stage".parse().ok());

/// A member's id.
pub(crate) fn user(who: usize) -> &'static UserId {
    USERS.get(who).expect("there are at most three members")
}

/// The room's id.
pub(crate) fn room() -> &'static RoomId {
    ROOM.as_ref().expect("it is a valid name")
}

/// One stay of one process of one member. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    pub(crate) who: usize,
    pub(crate) process: u8,
    pub(crate) epoch: u32,
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}'s stay {}", NAMES[self.who], self.epoch)?;
        if self.process > 1 {
            write!(formatter, " of process {}", self.process)?;
        }
        Ok(())
    }
}

/// What may still happen. It is part of the state, which keeps the whole finite.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Allowance {
    pub(crate) enters: [u8; 3],
    pub(crate) kicks: u8,
    pub(crate) dismissals: u8,
    pub(crate) losses: u8,
    pub(crate) client_crashes: u8,
    pub(crate) server_crashes: u8,
    pub(crate) stops: u8,
}

impl Allowance {
    pub(crate) fn of(scope: &Scope) -> Self {
        let mut enters = [0; 3];
        for (slot, times) in enters.iter_mut().zip(scope.enters) {
            *slot = *times;
        }
        Self {
            enters,
            kicks: scope.kicks,
            dismissals: scope.dismissals,
            losses: scope.losses,
            client_crashes: scope.client_crashes,
            server_crashes: scope.server_crashes,
            stops: scope.stops,
        }
    }
}

/// One state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) clients: Vec<Shared<Client>>,
    pub(crate) network: Network,
    pub(crate) service: Shared<Service>,
    pub(crate) left: Allowance,
    pub(crate) breach: Option<Breach>,
}

impl World {
    pub(crate) fn new(scope: &Scope) -> Self {
        let members = 0..scope.enters.len();
        Self {
            clients: members.map(|who| Shared::new(Client::new(who))).collect(),
            network: Network::default(),
            service: Shared::new(Service::new(scope.flaw)),
            left: Allowance::of(scope),
            breach: None,
        }
    }

    /// What is broken, if something is.
    #[must_use]
    pub fn breach(&self) -> Option<&Breach> {
        self.breach.as_ref()
    }

    /// Who, as far as the applications know, is in the room.
    pub(crate) fn present(&self) -> Vec<usize> {
        let clients = self.clients.iter().enumerate();
        clients
            .filter(|(_, client)| client.is_in_room())
            .map(|(who, _)| who)
            .collect()
    }
}
