//! The media of a stay: a peer connection for what we send, another for what we receive.
//!
//! In the room is who has joined; media follow, and their failing ends no stay. A peer connection that fails
//! is made anew a few times, with growing pauses, and after that the stay goes on without it.

mod publishing;
mod subscribing;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exeunt_port::{RoomLink, UserId};
use exeunt_signalling::Pauses;
use exeunt_webrtc::{Network, PeerCloseError, PeerConnection, local_address_towards};
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::config::JanusConfig;
use crate::error::JanusError;
use crate::handle::Handle;
use crate::roster::Other;
use crate::secret::Secret;
use crate::session::{Session, SessionState};
use crate::translate::Id;
use crate::translate::requests::StreamChoice;
use crate::translate::videoroom::{Stream, Word};

/// The media of one stay.
pub(crate) struct Media {
    session: Arc<Session>,
    /// The stay's own, which publishes.
    handle: Handle,
    room: Id,
    private_id: Option<u64>,
    pin: Option<Secret>,
    network: Option<Network>,
    link: RoomLink,
    wanted: watch::Sender<Wanted>,
    hung_up: Notify,
    /// Whether what we send has a connection.
    sending: AtomicBool,
    /// The gate is shut: nothing is sent and nothing is published any more (G-14).
    silent: CancellationToken,
    publisher: Slot,
    subscriber: Slot,
}

/// What is to be received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// How often the link was recovered: a subscription of before has missed what Janus told meanwhile.
    recoveries: u64,
    feeds: BTreeMap<Id, Feed>,
}

/// What is to be received of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Feed {
    user: UserId,
    /// The names of his streams; none where Janus has not named them to us, and all are wanted.
    mids: Vec<String>,
    /// Streams that began anew under their old names are to be received anew.
    publication: u64,
}

/// A peer connection while there is one.
type Slot = Mutex<Option<Arc<PeerConnection>>>;

/// Why there are no media (just now).
#[derive(Debug, Error)]
enum MediaFault {
    #[error(transparent)]
    Janus(#[from] JanusError),
    #[error(transparent)]
    Description(#[from] exeunt_webrtc::DescriptionError),
    #[error(transparent)]
    Network(#[from] exeunt_webrtc::NetworkError),
    #[error(transparent)]
    Peer(#[from] exeunt_webrtc::PeerFailure),
    #[error("Janus sent no session description")]
    NoDescription,
    #[error("Janus said {0:?}, which is no answer to a subscription")]
    Unexpected(Box<Word>),
    #[error("Janus closed the peer connection")]
    HungUp,
    #[error("the peer connection has ended")]
    Ended,
    #[error("what Janus told while the link was down is not known")]
    Outdated,
    #[error("the machine has no address for media")]
    NoAddress,
}

impl Media {
    /// How many streams are received at most; those of further members are not.
    const MOST_STREAMS: usize = 96;
    /// How many streams somebody is taken to send where Janus has not named them.
    const UNNAMED: usize = 2;
    /// How many of one member's streams are: nobody takes the places of everybody.
    const MOST_OF_ONE: usize = 4;
    /// How often in a row a peer connection is made anew.
    const ATTEMPTS: u32 = 12;
    /// The pauses between those attempts are as long as in a lease of so long.
    const PATIENCE: Duration = Duration::from_secs(16);

    pub(crate) fn new(
        config: &JanusConfig,
        session: &Arc<Session>,
        handle: &Handle,
        room: &Id,
        private_id: Option<u64>,
        link: RoomLink,
    ) -> Self {
        let address = config
            .media_address
            .or_else(|| media_address(session.reached_from()?));
        Self {
            session: Arc::clone(session),
            handle: handle.clone(),
            room: room.clone(),
            private_id,
            pin: config.pin.clone(),
            network: address.map(Network::at),
            link,
            wanted: watch::Sender::default(),
            hung_up: Notify::new(),
            sending: AtomicBool::new(false),
            silent: CancellationToken::new(),
            publisher: Slot::default(),
            subscriber: Slot::default(),
        }
    }

    /// Sends and receives until it is dropped.
    pub(crate) async fn run(&self) -> Infallible {
        let (_, _, never) = tokio::join!(self.send(), self.publish(), self.subscribe());
        never
    }

    /// Receives what these send, and nothing else from now on.
    pub(crate) fn receive_from(&self, others: &BTreeMap<Id, Other>) {
        let feeds = feeds_of(others);
        self.wanted.send_if_modified(|now| {
            let is_new = now.feeds != feeds;
            now.feeds = feeds;
            is_new
        });
    }

    /// The link is back, with these in the room. Requests that were on their way have failed with it and are
    /// made anew; but what Janus told meanwhile, of somebody's streams, of the subscription or of the end of
    /// what we send, it tells nobody again. So everything is subscribed to anew, and published anew where
    /// Janus does not have it.
    pub(crate) fn link_recovered(&self, others: &BTreeMap<Id, Other>, sends: bool) {
        let feeds = feeds_of(others);
        self.wanted.send_modify(|now| {
            now.recoveries += 1;
            now.feeds = feeds;
        });
        // Without a connection of its own it is being published just now, and finds out by itself.
        if !sends && self.sending.load(Ordering::Relaxed) {
            self.hung_up("Janus has nothing of it since the link was lost");
        }
    }

    /// Janus has closed the peer connection that sends.
    pub(crate) fn hung_up(&self, reason: &str) {
        tracing::debug!(reason, "Janus hung up what we send");
        self.hung_up.notify_one();
    }

    /// Nothing leaves any more (G-14).
    pub(crate) fn stop_sending(&self) {
        self.silent.cancel();
        if let Some(peer) = current(&self.publisher) {
            peer.stop_sending();
        }
    }

    /// Closes what is open, within [`PeerConnection::CLOSING`]; answers what did not close entirely.
    pub(crate) async fn close(self) -> Result<(), PeerCloseError> {
        self.stop_sending();
        let (sending, receiving) = tokio::join!(closed(&self.publisher), closed(&self.subscriber));
        sending.and(receiving)
    }

    fn network(&self) -> Result<&Network, MediaFault> {
        self.network.as_ref().ok_or(MediaFault::NoAddress)
    }

    /// Waits until there is a connection over which media can be negotiated.
    async fn link_up(&self) {
        let mut state = self.session.state();
        // The session outlives this future.
        let _ = state.wait_for(|state| *state == SessionState::Up).await;
    }
}

/// How often in a row something has failed.
struct Failures {
    count: u32,
    pauses: Pauses,
}

impl Failures {
    fn none() -> Self {
        Self {
            count: 0,
            pauses: Pauses::within(Media::PATIENCE),
        }
    }

    /// Once more; the pause before the next attempt, or `None` if that was the last. What the link took with
    /// it is no failure of media, and waits for the link, whose own attempts have their own pauses.
    fn again(&mut self, fault: &MediaFault) -> Option<Duration> {
        if matches!(
            fault,
            MediaFault::Janus(JanusError::Down { .. }) | MediaFault::Outdated
        ) {
            return Some(Duration::ZERO);
        }
        self.count += 1;
        (self.count < Media::ATTEMPTS).then(|| self.pauses.take())
    }
}

/// The peer connection in this slot.
fn current(slot: &Slot) -> Option<Arc<PeerConnection>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Puts another one, or none, into this slot, and answers what was there.
fn replaced(slot: &Slot, peer: Option<Arc<PeerConnection>>) -> Option<Arc<PeerConnection>> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *slot, peer)
}

/// Closes what is in this slot.
async fn closed(slot: &Slot) -> Result<(), PeerCloseError> {
    let Some(peer) = replaced(slot, None) else {
        return Ok(());
    };
    let closed = peer.close().await;
    closed.inspect_err(|error| tracing::warn!(%error, "a peer connection did not close entirely"))
}

/// What is to be received of these, within the bounds.
fn feeds_of(others: &BTreeMap<Id, Other>) -> BTreeMap<Id, Feed> {
    let mut feeds = BTreeMap::new();
    let mut streams = 0;
    for (id, other) in others {
        let mids = other.streams.iter().filter(|stream| is_ours(stream));
        let mids = mids.map(|stream| stream.mid.clone());
        let mids: Vec<String> = mids.take(Media::MOST_OF_ONE).collect();
        let count = if other.sends_unnamed {
            Media::UNNAMED
        } else {
            mids.len()
        };
        if streams + count > Media::MOST_STREAMS {
            tracing::debug!(%id, "too many streams to receive this one's");
        } else if count > 0 {
            streams += count;
            let feed = Feed {
                user: other.user.clone(),
                mids,
                publication: other.publication,
            };
            feeds.insert(id.clone(), feed);
        }
    }
    feeds
}

/// Whether this stream is of a kind that we can decode.
fn is_ours(stream: &Stream) -> bool {
    let codec = stream.codec.as_deref();
    let usable = match stream.kind.as_str() {
        "audio" => codec.is_none_or(|codec| codec.eq_ignore_ascii_case("opus")),
        "video" => codec.is_none_or(|codec| codec.eq_ignore_ascii_case("h264")),
        _ => false,
    };
    usable && !stream.disabled
}

/// These streams of a feed; without names all of them.
fn choices(id: &Id, mids: &[String]) -> Vec<StreamChoice> {
    let choice = |mid| StreamChoice {
        feed: id.clone(),
        mid,
    };
    if mids.is_empty() {
        return vec![choice(None)];
    }
    let named = mids.iter().cloned().map(Some);
    named.map(choice).collect()
}

/// Where media go from: the address from which Janus is reached. Janus has no media on loopback addresses; of
/// one that is reached there it is the address by which this machine reaches others.
fn media_address(reached_from: IpAddr) -> Option<IpAddr> {
    if !reached_from.is_loopback() {
        return Some(reached_from);
    }
    // An address for documentation: nothing is sent, the routes are asked only.
    let elsewhere: SocketAddr = match reached_from {
        IpAddr::V4(_) => (Ipv4Addr::new(198, 51, 100, 1), 9).into(),
        IpAddr::V6(_) => (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
    };
    let found = local_address_towards(elsewhere);
    found
        .inspect_err(|error| tracing::warn!(%error, "no address for media"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sends(id: u64, streams: usize) -> (Id, Other) {
        let stream = |place: usize| Stream {
            kind: "audio".to_owned(),
            mid: place.to_string(),
            codec: None,
            disabled: false,
        };
        let other = Other {
            user: format!("user-{id}").parse().unwrap(),
            streams: (0..streams).map(stream).collect(),
            sends_unnamed: false,
            publication: 0,
        };
        (Id::Number(id), other)
    }

    #[test]
    fn who_sends_more_than_anybody_may_takes_nobody_elses_place() {
        let feeds = feeds_of(&BTreeMap::from([sends(1, 97), sends(2, 2)]));
        assert_eq!(feeds[&Id::Number(1)].mids.len(), Media::MOST_OF_ONE);
        assert_eq!(feeds[&Id::Number(2)].mids.len(), 2);
        // 95 streams, one who has no place any more, and one who has.
        let many = (0..23).map(|id| sends(id, 4));
        let feeds = feeds_of(
            &many
                .chain([sends(23, 3), sends(24, 2), sends(25, 1)])
                .collect(),
        );
        assert!(!feeds.contains_key(&Id::Number(24)));
        assert!(feeds.contains_key(&Id::Number(25)));
    }
}
