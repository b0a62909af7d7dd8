//! Where connections begin: a host dials, and the server's doorway takes them in.

use std::future::pending;
use std::io;

use exeunt_port::async_trait;
use exeunt_room_service::{Accept, Accepted};
use exeunt_websocket::{ByteStream, Dial};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::link::{End, Link};
use super::stream::Stream;
use super::{Inside, Network, Server};

/// Dials the one server from one host.
#[derive(Clone, Debug)]
pub(crate) struct HostDial {
    network: Network,
    host: usize,
}

impl HostDial {
    pub(crate) fn new(network: &Network, host: usize) -> Self {
        Self {
            network: network.clone(),
            host,
        }
    }

    /// Dials until there is an answer, as TCP does; whoever asks sets the bound.
    pub(crate) async fn connect(&self) -> io::Result<Box<dyn ByteStream>> {
        let shared = &self.network.0;
        loop {
            let changed = shared.changed.notified();
            let answer = self.network.change(|inside, _| inside.reach(self.host));
            let Some(answer) = answer else {
                changed.await;
                continue;
            };
            sleep(answer).await;
            // The path may have broken meanwhile.
            if self
                .network
                .change(|inside, _| inside.reach(self.host))
                .is_some()
            {
                break;
            }
        }
        let stream = self.network.link(self.host)?;
        Ok(Box::new(stream))
    }
}

#[async_trait]
impl Dial for HostDial {
    async fn dial(&self, _host: &str, _port: u16) -> io::Result<Box<dyn ByteStream>> {
        self.connect().await
    }
}

impl Network {
    /// Connects, and hands the server its end.
    fn link(&self, host: usize) -> io::Result<Stream> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let made = self.change(|inside, _| {
            let Server::Listening(door) = &inside.server else {
                return None;
            };
            let door = door.clone();
            Some((door, inside.add(host)))
        });
        let (door, link) = made.ok_or_else(refused)?;
        let client = Stream::new(self.clone(), link, End::Client);
        let server = Stream::new(self.clone(), link, End::Server);
        // Nobody listens any more, or too many wait.
        door.try_send(server).map_err(|_| refused())?;
        Ok(client)
    }
}

impl Inside {
    fn add(&mut self, host: usize) -> u64 {
        self.last_link += 1;
        self.links
            .insert(self.last_link, Link::new(host, Instant::now()));
        self.streams += 2;
        self.last_link
    }
}

/// Where the server takes connections in.
#[derive(Debug)]
pub(crate) struct Doorway(mpsc::Receiver<Stream>);

impl Doorway {
    pub(super) fn new(receiver: mpsc::Receiver<Stream>) -> Self {
        Self(receiver)
    }
}

#[async_trait]
impl Accept for Doorway {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self.0.recv().await {
            // Nobody here takes more than his share.
            Some(stream) => Ok(Accepted {
                stream: Box::new(stream),
                address: None,
            }),
            None => pending().await,
        }
    }
}
