//! The network between the clients' hosts and the server: every packet takes its seeded time, and
//! every fault of a path is a method.

mod hosts;
mod link;
mod stream;

pub(crate) use hosts::{Doorway, HostDial};
pub(crate) use link::End;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::dice::Dice;
use link::{Found, Link, Transit};
use stream::Stream;

/// How a path is when nothing ails it.
pub(crate) const HEALTHY: Condition = Condition {
    latency_millis: (1, 25),
    bytes_per_milli: 10_000,
};

/// How long packets take on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// One way, at least and at most.
    pub(crate) latency_millis: (u64, u64),
    pub(crate) bytes_per_milli: usize,
}

/// The whole network. Cloning gives another handle to it.
#[derive(Clone, Debug)]
pub(crate) struct Network(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inside: Mutex<Inside>,
    /// A path or the server has changed: whoever dials looks again.
    changed: Notify,
}

#[derive(Debug)]
struct Inside {
    dice: Dice,
    hosts: Vec<Host>,
    links: BTreeMap<u64, Link>,
    last_link: u64,
    server: Server,
    /// Streams that were made and not yet dropped.
    streams: usize,
}

/// The path between one client's host and the server.
#[derive(Clone, Copy, Debug)]
struct Host {
    condition: Condition,
    /// Towards which end nothing gets through.
    held: [bool; 2],
    dead: bool,
}

/// What a dialled packet meets.
#[derive(Debug)]
enum Server {
    Listening(mpsc::Sender<Stream>),
    Refusing,
    /// Without power: nobody answers.
    Dark,
}

impl Network {
    pub(crate) fn new(dice: Dice, hosts: usize) -> Self {
        let host = Host {
            condition: HEALTHY,
            held: [false; 2],
            dead: false,
        };
        let inside = Inside {
            dice,
            hosts: vec![host; hosts],
            links: BTreeMap::new(),
            last_link: 0,
            server: Server::Refusing,
            streams: 0,
        };
        Self(Arc::new(Shared {
            inside: Mutex::new(inside),
            changed: Notify::new(),
        }))
    }

    /// How many ends of connections are held by anybody.
    pub(crate) fn open_streams(&self) -> usize {
        self.change(|inside, _| inside.streams)
    }

    // ---- what ails it ---------------------------------------------------------------------------

    /// All connections of a host break, and both ends know it.
    pub(crate) fn cut(&self, host: usize) {
        self.links_of(host, |link, wakers| {
            for end in End::BOTH {
                link.cut(end, wakers);
            }
        });
    }

    /// All connections of a host break, and only one end knows it: the other hears nothing any more.
    pub(crate) fn cut_half(&self, host: usize, knows: End) {
        self.links_of(host, |link, wakers| {
            link.cut(knows, wakers);
            link.silence(knows.other());
        });
    }

    /// Nothing gets through to these ends until it is released; nobody is told.
    pub(crate) fn hold(&self, host: usize, towards: &[End]) {
        self.change(|inside, _| {
            for end in towards {
                inside.hosts[host].held[*end as usize] = true;
            }
        });
    }

    /// The path is slow, or well again.
    pub(crate) fn set_condition(&self, host: usize, condition: Condition) {
        self.change(|inside, _| inside.hosts[host].condition = condition);
    }

    /// What was held arrives, and the path is well. A dead host stays dead.
    pub(crate) fn heal(&self, host: usize) {
        self.change(|inside, wakers| {
            let now = Instant::now();
            let held = std::mem::take(&mut inside.hosts[host].held);
            inside.hosts[host].condition = HEALTHY;
            let (links, dice) = (&mut inside.links, &mut inside.dice);
            for link in links.values_mut().filter(|link| link.host == host) {
                for end in End::BOTH.into_iter().filter(|end| held[*end as usize]) {
                    // A sender that got no answer tries again after a while of its own.
                    link.release(end, now, dice.millis(1..=400), wakers);
                }
            }
        });
        self.0.changed.notify_waiters();
    }

    /// The host's machine is gone for good; whether the server's end learns of it is said.
    pub(crate) fn kill_host(&self, host: usize, server_knows: bool) {
        self.change(|inside, _| inside.hosts[host].dead = true);
        self.links_of(host, |link, wakers| {
            link.silence(End::Client);
            if server_knows {
                link.cut(End::Server, wakers);
            } else {
                link.silence(End::Server);
            }
        });
    }

    /// The server's machine loses its power: nobody hears of it, and nobody answers.
    pub(crate) fn darken(&self) {
        self.change(|inside, _| {
            inside.server = Server::Dark;
            for link in inside.links.values_mut() {
                for end in End::BOTH {
                    link.silence(end);
                }
            }
        });
    }

    /// A server listens from now on, until it drops the doorway.
    pub(crate) fn listen(&self) -> Doorway {
        let (sender, receiver) = mpsc::channel(128);
        self.change(|inside, _| inside.server = Server::Listening(sender));
        self.0.changed.notify_waiters();
        Doorway::new(receiver)
    }

    // ---- the ends of links ----------------------------------------------------------------------

    fn read(&self, link: u64, end: End, room: usize, waker: &Waker) -> Found<Bytes> {
        self.change(|inside, wakers| {
            let Some(link) = inside.links.get_mut(&link) else {
                return Found::Later(None);
            };
            let held = inside.hosts[link.host].held[end as usize];
            link.read(end, Instant::now(), held, room, wakers, waker)
        })
    }

    fn write(&self, link: u64, end: End, bytes: &[u8], waker: &Waker) -> Found<usize> {
        self.change(|inside, wakers| {
            let Some(link) = inside.links.get_mut(&link) else {
                return Found::Later(None);
            };
            let condition = inside.hosts[link.host].condition;
            // Now and then a write arrives in two pieces.
            let pieces = if inside.dice.one_in(8) { 2 } else { 1 };
            let transits = [(); 2].map(|()| transit(&mut inside.dice, condition));
            let now = Instant::now();
            link.write(end, now, bytes, &transits[..pieces], wakers, waker)
        })
    }

    fn finish(&self, link: u64, end: End) {
        self.depart(link, |link, transit, wakers| {
            link.finish(end, Instant::now(), transit, wakers);
        });
    }

    fn leave(&self, link: u64, end: End) {
        self.change(|inside, _| inside.streams -= 1);
        self.depart(link, |link, transit, wakers| {
            link.leave(end, Instant::now(), transit, wakers);
        });
        self.change(|inside, _| inside.links.retain(|_, link| !link.is_forgotten()));
    }

    fn depart(&self, link: u64, act: impl FnOnce(&mut Link, Transit, &mut Vec<Waker>)) {
        self.change(|inside, wakers| {
            if let Some(link) = inside.links.get_mut(&link) {
                let condition = inside.hosts[link.host].condition;
                act(link, transit(&mut inside.dice, condition), wakers);
            }
        });
    }

    fn links_of(&self, host: usize, mut act: impl FnMut(&mut Link, &mut Vec<Waker>)) {
        self.change(|inside, wakers| {
            for link in inside.links.values_mut().filter(|link| link.host == host) {
                act(link, wakers);
            }
        });
    }

    /// Changes the network, and wakes whom that concerns once the lock is free.
    fn change<T>(&self, change: impl FnOnce(&mut Inside, &mut Vec<Waker>) -> T) -> T {
        let mut wakers = Vec::new();
        let mut inside = self.0.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = change(&mut inside, &mut wakers);
        drop(inside);
        wakers.into_iter().for_each(Waker::wake);
        answer
    }
}

fn transit(dice: &mut Dice, condition: Condition) -> Transit {
    let (least, most) = condition.latency_millis;
    Transit {
        latency: dice.millis(least..=most),
        bytes_per_milli: condition.bytes_per_milli,
    }
}

impl Inside {
    /// Why a packet of this host gets no answer just now, or the time that the answer takes.
    fn reach(&mut self, host: usize) -> Option<Duration> {
        let Host {
            condition,
            held,
            dead,
        } = self.hosts[host];
        if dead || held != [false; 2] || matches!(self.server, Server::Dark) {
            return None;
        }
        let there = transit(&mut self.dice, condition).latency;
        Some(there + transit(&mut self.dice, condition).latency)
    }
}
