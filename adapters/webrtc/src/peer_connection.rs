//! The handle of a peer connection.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use exeunt_port::MediaFrame;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::counts::Counters;
use crate::driver::{Command, Driver, Opened};
use crate::gate::Gate;
use crate::outbound::Outbound;
use crate::{DescriptionError, Network, NetworkError, Offer, PeerCounts, PeerEvents, Publishes};

/// A peer connection: either it publishes what this side captures, or it receives what others publish.
///
/// It is one task with its sockets, and a thread for each codec that is at work. All methods take
/// `&self` and may be called at the same time. Dropping it without [`close`](Self::close) cuts it off
/// without a goodbye and without blocking: nothing leaves any more, the task ends, and the threads end
/// after the picture they have in hand (G-15).
#[derive(Debug)]
pub struct PeerConnection {
    commands: mpsc::Sender<Command>,
    outbound: Outbound,
    gate: Arc<Gate>,
    counters: Arc<Counters>,
    closing: CancellationToken,
    task: AbortHandle,
    tasks: TaskTracker,
    closed: Arc<OnceLock<Result<(), PeerCloseError>>>,
}

impl PeerConnection {
    /// How long a connection may take from the moment both descriptions are known (G-17).
    pub const CONNECTING: Duration = Duration::from_secs(10);
    /// How long a lost connection may take to come back (G-17).
    pub const RECOVERING: Duration = Duration::from_secs(5);
    /// The bound of [`close`](Self::close): the goodbye, then the codecs' threads (G-6).
    pub const CLOSING: Duration = Duration::from_millis(400);

    /// A peer connection that publishes, and what is to be offered to the other side. Nothing is sent
    /// before [`accept_answer`](Self::accept_answer).
    ///
    /// Has to be called within a tokio runtime, which carries its task.
    pub fn publish(
        network: &Network,
        publishes: Publishes,
    ) -> Result<(Self, Offer, PeerEvents), NetworkError> {
        if !publishes.audio && !publishes.video {
            return Err(NetworkError::NothingToPublish);
        }
        let mut opened = Driver::open(network, Some(publishes))?;
        let offer = opened.driver.offer(publishes);
        let (connection, events) = Self::start(opened);
        Ok((connection, offer, events))
    }

    /// A peer connection that receives. It does nothing before the first [`answer`](Self::answer).
    ///
    /// Has to be called within a tokio runtime, which carries its task.
    pub fn subscribe(network: &Network) -> Result<(Self, PeerEvents), NetworkError> {
        Driver::open(network, None).map(Self::start)
    }

    fn start(opened: Opened) -> (Self, PeerEvents) {
        let Opened {
            driver,
            commands,
            outbound,
            gate,
            counters,
            events,
        } = opened;
        let closing = CancellationToken::new();
        let closed = Arc::new(OnceLock::new());
        let (asked, outcome) = (closing.clone(), Arc::clone(&closed));
        let tasks = TaskTracker::new();
        let task = tasks.spawn(async move {
            // Sockets and threads are gone when `run` answers.
            let _ = outcome.set(driver.run(asked).await);
        });
        tasks.close();
        let connection = Self {
            commands,
            outbound,
            gate,
            counters,
            closing,
            task: task.abort_handle(),
            tasks,
            closed,
        };
        (connection, events)
    }

    /// Takes the answer to the offer. Says what the other side wants of what was offered.
    pub async fn accept_answer(&self, sdp: &str) -> Result<Agreed, DescriptionError> {
        let sdp = sdp.to_owned();
        self.ask(|reply| Command::Answered { sdp, reply }).await
    }

    /// Takes an offer and answers it: the first one, and every one that changes what comes. Media that
    /// the other side has made inactive end; those it has added begin.
    pub async fn answer(&self, offer: &str) -> Result<String, DescriptionError> {
        let sdp = offer.to_owned();
        self.ask(|reply| Command::Offered { sdp, reply }).await
    }

    /// Takes one more place where the other side can be reached: `candidate:…`, with or without `a=`.
    /// Candidates that cannot be used here (TCP, names instead of addresses) are refused as
    /// [`DescriptionError::Refused`]; the connection does without them.
    pub async fn add_remote_candidate(&self, candidate: &str) -> Result<(), DescriptionError> {
        let candidate = candidate.to_owned();
        self.ask(|reply| Command::Candidate { candidate, reply })
            .await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, DescriptionError>>) -> Command,
    ) -> Result<T, DescriptionError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| DescriptionError::Over)?;
        answer.await.unwrap_or(Err(DescriptionError::Over))
    }

    /// Hands a frame over to be sent. Never waits and never blocks: what cannot be sent in time, or
    /// was not negotiated, or comes after the gate, is dropped and [counted](Self::counts). Answers
    /// whether the frame was taken.
    pub fn send(&self, frame: MediaFrame) -> bool {
        self.outbound.push(frame)
    }

    /// Shuts the gate: when it returns, no media datagram leaves any more, retransmissions among them
    /// (G-14). The connection itself stays, until it is closed.
    pub fn stop_sending(&self) {
        self.gate.shut();
        self.outbound.close();
    }

    /// What has been counted so far. It may be asked after the close as well.
    #[must_use]
    pub fn counts(&self) -> PeerCounts {
        self.counters.read()
    }

    /// Shuts the gate, says goodbye (RTCP BYE and DTLS `close_notify`) and closes. `Ok` means that the
    /// sockets are closed, the task has ended and the codecs' threads are joined. It is over within
    /// [`CLOSING`](Self::CLOSING), also if a codec hangs or nobody hears the goodbye (G-6). A peer
    /// connection that has failed or was closed by the other side is closed already.
    ///
    /// Dropping the future does not stop the close (G-7); calling it again waits for the same close.
    pub async fn close(&self) -> Result<(), PeerCloseError> {
        self.stop_sending();
        self.closing.cancel();
        self.tasks.wait().await;
        // A task that ended without an outcome panicked: only dropping the handle aborts it.
        self.closed
            .get()
            .cloned()
            .unwrap_or(Err(PeerCloseError::Panicked))
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.stop_sending();
        self.task.abort();
    }
}

/// What the other side wants of what was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Opus packets will be sent.
    pub audio: bool,
    /// Pictures will be encoded and sent.
    pub video: bool,
}

/// Why a peer connection could not be closed entirely. Nothing leaves it any more all the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeerCloseError {
    /// A codec did not come back from a picture. Its thread ends if it ever does.
    #[error("{threads} codec threads did not end")]
    CodecStuck {
        /// How many threads are left.
        threads: usize,
    },
    /// The task panicked. Its sockets are closed.
    #[error("the peer connection's task panicked")]
    Panicked,
}
