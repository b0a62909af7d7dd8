//! The network: sockets that keep order within themselves, and nothing between each other.
//!
//! TCP neither doubles nor reorders within one socket, so nothing here does. What is doubled and
//! reordered is doubled and reordered *between* sockets: a message that is still under way on a socket
//! its client has dropped arrives after what the client said later on another one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use exeunt_room_service::rooms::{SocketId, StayId};
use exeunt_websocket::wire::{CloseCode, ServerMessage};

use crate::world::Owner;

/// What a client says. Heartbeats are part of the leases, which are abstract.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Upward {
    Enter {
        attempt: u64,
    },
    Resume {
        stay: StayId,
        secret: String,
        attempt: u64,
    },
    Leave,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Downward {
    Say(ServerMessage),
    Close(CloseCode),
}

/// How the server stands to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ServerEnd {
    /// Nothing was said on it that counts.
    Fresh,
    /// A stay is on it.
    Inside,
    /// The server has closed it, or is gone: nothing that comes on it matters any more.
    Closed,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Socket {
    /// Whose it is; the real server does not know this.
    pub(crate) owner: Owner,
    pub(crate) up: VecDeque<Upward>,
    pub(crate) down: VecDeque<Downward>,
    /// Whether the client still holds its end.
    pub(crate) held: bool,
    pub(crate) server: ServerEnd,
    /// Whether the network lost it; what was under way is lost with it, and each end finds out by itself.
    pub(crate) cut: bool,
}

/// All connections that are not over at both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Network(BTreeMap<SocketId, Arc<Socket>>);

impl Network {
    pub(crate) fn get(&self, socket: SocketId) -> Option<&Socket> {
        self.0.get(&socket).map(AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SocketId, &Socket)> {
        self.0.iter().map(|(id, socket)| (*id, socket.as_ref()))
    }

    fn change(&mut self, id: SocketId, change: impl FnOnce(&mut Socket)) {
        let Some(socket) = self.0.get_mut(&id) else {
            return;
        };
        let socket = Arc::make_mut(socket);
        change(socket);
        if !socket.held && (socket.server == ServerEnd::Closed && socket.up.is_empty()) {
            self.0.remove(&id);
        }
    }

    /// A new connection, on which the client says its first message at once.
    pub(crate) fn dial(&mut self, id: SocketId, owner: Owner, first: Upward) {
        let socket = Socket {
            owner,
            up: VecDeque::from([first]),
            down: VecDeque::new(),
            held: true,
            server: ServerEnd::Fresh,
            cut: false,
        };
        self.0.insert(id, Arc::new(socket));
    }

    /// The client writes; what it writes on a lost connection is lost.
    pub(crate) fn say(&mut self, id: SocketId, message: Upward) {
        self.change(id, |socket| {
            if !socket.cut && socket.server != ServerEnd::Closed {
                socket.up.push_back(message);
            }
        });
    }

    /// The client lets go of its end; what it wrote is still under way.
    pub(crate) fn let_go(&mut self, id: SocketId) {
        self.change(id, |socket| {
            socket.held = false;
            socket.down.clear();
        });
    }

    /// What the client reads next; `None` is the end of the connection.
    pub(crate) fn read_by_client(&mut self, id: SocketId) -> Option<Downward> {
        let mut read = None;
        self.change(id, |socket| read = socket.down.pop_front());
        read
    }

    /// What the server reads next; `None` is the end of the connection.
    pub(crate) fn read_by_server(&mut self, id: SocketId) -> Option<Upward> {
        let mut read = None;
        self.change(id, |socket| read = socket.up.pop_front());
        read
    }

    /// The server writes.
    pub(crate) fn deliver(&mut self, id: SocketId, message: Downward) {
        self.change(id, |socket| {
            if !socket.cut && socket.held && socket.server != ServerEnd::Closed {
                socket.down.push_back(message);
            }
        });
    }

    /// A stay is on this socket now.
    pub(crate) fn seat(&mut self, id: SocketId) {
        self.change(id, |socket| {
            if socket.server == ServerEnd::Fresh {
                socket.server = ServerEnd::Inside;
            }
        });
    }

    /// The server closes the socket after what it said on it; it reads on only if a flaw wants it to.
    pub(crate) fn close(&mut self, id: SocketId, code: CloseCode, reads_on: bool) {
        self.deliver(id, Downward::Close(code));
        self.server_lets_go(id, reads_on);
    }

    /// The server's end is gone.
    pub(crate) fn server_lets_go(&mut self, id: SocketId, reads_on: bool) {
        self.change(id, |socket| {
            socket.server = ServerEnd::Closed;
            if !reads_on {
                socket.up.clear();
            }
        });
    }

    /// The network loses the connection, with everything under way on it.
    pub(crate) fn cut(&mut self, id: SocketId) {
        self.change(id, |socket| {
            socket.cut = true;
            socket.up.clear();
            socket.down.clear();
        });
    }

    /// The machine of the server is gone: nothing under way to it arrives.
    pub(crate) fn lose_server(&mut self) {
        let all: Vec<SocketId> = self.0.keys().copied().collect();
        for socket in all {
            self.server_lets_go(socket, false);
        }
    }

    /// Nothing carries anything any more, and only this member is looked at.
    pub(crate) fn die(&mut self, who: usize) {
        self.0.retain(|_, socket| socket.owner.who == who);
        self.lose_server();
        let all: Vec<SocketId> = self.0.keys().copied().collect();
        for socket in all {
            self.cut(socket);
        }
    }
}

impl Socket {
    /// Whether there is something for the client to read, be it the end.
    pub(crate) fn has_news_for_client(&self) -> bool {
        self.held && (!self.down.is_empty() || self.cut || self.server == ServerEnd::Closed)
    }

    /// Whether there is something for the server to read, be it the end.
    pub(crate) fn has_news_for_server(&self) -> bool {
        !self.up.is_empty() || (!self.cut && !self.held && self.server != ServerEnd::Closed)
    }

    /// Whether both ends hold it and the network carries it.
    pub(crate) fn is_whole(&self) -> bool {
        !self.cut && self.held && self.server != ServerEnd::Closed
    }
}
