//! The port of a transport: how a room is entered, left and listened to.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{FrameQueue, InvalidRoomId, InvalidUserId, MediaFrame, RemoteFrame, RoomId, UserId};

/// Something that can enter rooms: a room service, an SFU, an in-process hub.
///
/// One transport serves many stays, one after another or at the same time; each has a
/// [`Connection`] of its own.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// What reports and traces call it, for instance `websocket`.
    fn name(&self) -> &str;

    /// Enters a room. Answers `Ok` when the server has let us in.
    ///
    /// When [`RoomLink::abandoned`] resolves, the answer is no longer wanted: end as soon as that is
    /// clean, with [`EnterError::Abandoned`] if the server does not count us in, else with the
    /// connection, whose departure will then be announced (G-4). The runtime may also drop the
    /// future; nothing may be left behind then.
    ///
    /// A connection that is lost and found again stays the same [`Connection`]: say
    /// [`RoomSignal::LinkLost`] and [`RoomSignal::LinkRecovered`], or [`RoomSignal::LinkDead`] once
    /// trying has no sense any more. Stop trying when the link is abandoned (G-5).
    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError>;
}

/// One stay's connection to its room.
///
/// Dropping it without [`close`](Self::close) cuts it off without a goodbye and without blocking. The
/// runtime does so with a connection whose `close` is out of time: one that lived on would keep its
/// lease, and the others would see a ghost (G-12).
#[async_trait]
pub trait Connection: Send + Sync + 'static {
    /// Tells the others, by way of the server, that we leave (G-12). `Ok` means that the server has
    /// confirmed it, or for a transport without confirmation that it was handed to the network.
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError>;

    /// Closes the connection. `Ok` means that sockets are closed and tasks have ended.
    /// It may be called while a departure is still being announced, which is then given up.
    async fn close(&self) -> Result<(), CloseError>;
}

/// Who enters which room, and by what right.
#[derive(Clone, PartialEq, Eq)]
pub struct EnterRequest {
    /// The application the room belongs to.
    pub sdk_app_id: u32,
    /// Who enters.
    pub user: UserId,
    /// Which room.
    pub room: RoomId,
    /// The `UserSig` that lets this user in; transports without users' keys ignore it.
    pub user_sig: String,
}

impl EnterRequest {
    /// A request without a signature, for transports that need none.
    ///
    /// ```
    /// use exeunt_port::EnterRequest;
    ///
    /// let request = EnterRequest::unsigned("alice", "standup")?;
    /// assert_eq!(request.user.as_str(), "alice");
    /// # Ok::<(), exeunt_port::EnterError>(())
    /// ```
    pub fn unsigned(user: &str, room: &str) -> Result<Self, EnterError> {
        Ok(Self {
            sdk_app_id: 0,
            user: user.parse()?,
            room: room.parse()?,
            user_sig: String::new(),
        })
    }
}

/// The signature is a secret and stays out of logs.
impl std::fmt::Debug for EnterRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EnterRequest")
            .field("sdk_app_id", &self.sdk_app_id)
            .field("user", &self.user)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// Why a room could not be entered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnterError {
    /// The server did not answer, or not where it was looked for.
    #[error("no answer from {endpoint}: {detail}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the network said.
        detail: String,
    },
    /// The server said no.
    #[error("the server refused to let us in ({code}): {message}")]
    Refused {
        /// The server's code; TRTC's numbers where there is one (negative).
        code: i32,
        /// The server's words.
        message: String,
    },
    /// What the server said was not understood.
    #[error("the server at {endpoint} does not speak the protocol: {detail}")]
    Protocol {
        /// Who said it.
        endpoint: String,
        /// What was wrong with it.
        detail: String,
    },
    /// The runtime abandoned the connect and the server does not count us in.
    #[error("entering was abandoned")]
    Abandoned,
    /// The address of the server makes no sense.
    #[error("{address:?} is no address for this transport; expected {expected}")]
    Address {
        /// What was given, without a user name, a password and a query.
        address: String,
        /// What is allowed.
        expected: String,
    },
    /// The user id is not valid.
    #[error(transparent)]
    User(#[from] InvalidUserId),
    /// The room id is not valid.
    #[error(transparent)]
    Room(#[from] InvalidRoomId),
    /// The adapter panicked; the runtime caught it.
    #[error("the transport panicked while entering")]
    Panicked,
}

/// What the transport knows about who learned of the departure (G-12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartureReceipt {
    /// To how many others the departure was handed, where the server counts them.
    pub peers_told: Option<u32>,
}

/// Why a departure could not be announced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DepartureError {
    /// There is no link to carry it.
    #[error("the link is down")]
    LinkDown,
    /// The server does not count us in; the others know already.
    #[error("already out")]
    AlreadyOut,
    /// The connection was closed meanwhile.
    #[error("the connection was closed before the departure was confirmed")]
    Closed,
    /// The server answered something else.
    #[error("the server did not confirm: {detail}")]
    Refused {
        /// What it said.
        detail: String,
    },
    /// The adapter panicked; the runtime caught it.
    #[error("the transport panicked while announcing the departure")]
    Panicked,
}

/// Why a connection could not be closed properly. What it held is given up all the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The other side did not take part; the socket was dropped.
    #[error("closed without the other side: {detail}")]
    Unilateral {
        /// What happened.
        detail: String,
    },
    /// The adapter panicked; the runtime caught it.
    #[error("the transport panicked while closing")]
    Panicked,
}

/// Why somebody else left, in TRTC's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum RemoteLeaveReason {
    /// Left by itself.
    Left = 0,
    /// Fell silent until its lease ran out.
    TimedOut = 1,
    /// Was removed, or replaced by the same user from elsewhere.
    Kicked = 2,
    /// Became an audience member (live scenes).
    BecameAudience = 3,
}

impl From<RemoteLeaveReason> for u8 {
    fn from(reason: RemoteLeaveReason) -> Self {
        reason as Self
    }
}

impl TryFrom<u8> for RemoteLeaveReason {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            0 => Ok(Self::Left),
            1 => Ok(Self::TimedOut),
            2 => Ok(Self::Kicked),
            3 => Ok(Self::BecameAudience),
            4.. => Err(format!("{number} is no reason for leaving; 0 to 3 are")),
        }
    }
}

/// What the room tells, by way of the transport, while a stay lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomSignal {
    /// An operator removed this user.
    Kicked,
    /// An operator dismissed the room.
    Dismissed,
    /// The same user entered from elsewhere.
    Replaced,
    /// The server is stopping.
    ServerStopped,
    /// The link is down; the transport is trying to get it back.
    LinkLost,
    /// The link is back, and the stay is the same.
    LinkRecovered,
    /// The link is down for good, or the server no longer knows this stay.
    LinkDead,
    /// The connection closed by itself; nothing is held any more.
    Closed,
    /// Somebody else entered.
    RemoteUserEntered(UserId),
    /// Somebody else left.
    RemoteUserLeft(UserId, RemoteLeaveReason),
}

/// A transport's way to its stay: what it tells, what it takes along, what it brings.
///
/// Cloning gives another handle to the same stay. When the stay is over everything here is a no-op,
/// so a late task can do no harm (G-10, G-14).
#[derive(Clone, Debug)]
pub struct RoomLink {
    signals: mpsc::Sender<RoomSignal>,
    outbound: FrameQueue<MediaFrame>,
    inbound: FrameQueue<RemoteFrame>,
    abandoned: CancellationToken,
}

/// The other end of a [`RoomLink`], which the runtime (or an adapter's test) holds.
#[derive(Debug)]
pub struct RoomSide {
    /// What the transport tells.
    pub signals: mpsc::Receiver<RoomSignal>,
    /// What is to be sent. Closing it is the gate (G-14).
    pub outbound: FrameQueue<MediaFrame>,
    /// What the others sent.
    pub inbound: FrameQueue<RemoteFrame>,
    /// Cancel it to abandon the connect and every recovery (G-5).
    pub abandon: CancellationToken,
}

impl RoomLink {
    /// Signals that may wait before the transport has to; a room's worth of arrivals.
    const SIGNALS: usize = 256;
    /// Frames that may wait in each direction: over a second of sound and pictures.
    const FRAMES: usize = 96;

    /// A link and its other end.
    #[must_use]
    pub fn pair() -> (Self, RoomSide) {
        let (sender, receiver) = mpsc::channel(Self::SIGNALS);
        let link = Self {
            signals: sender,
            outbound: FrameQueue::bounded(Self::FRAMES),
            inbound: FrameQueue::bounded(Self::FRAMES),
            abandoned: CancellationToken::new(),
        };
        let side = RoomSide {
            signals: receiver,
            outbound: link.outbound.clone(),
            inbound: link.inbound.clone(),
            abandon: link.abandoned.clone(),
        };
        (link, side)
    }

    /// Tells what happened. Waits while the runtime is behind; a stay that is over hears nothing.
    ///
    /// What is told before [`Transport::connect`] has answered is kept until then, over a thousand
    /// signals; beyond that it waits until the deadline for entering.
    pub async fn signal(&self, signal: RoomSignal) {
        // The stay is over when nobody receives: then there is nobody to tell (G-10).
        let _ = self.signals.send(signal).await;
    }

    /// The next frame to send; `None` once the gate is shut. For one consumer.
    pub async fn next_outbound(&self) -> Option<MediaFrame> {
        self.outbound.next().await
    }

    /// Hands over what another member sent. Never waits; a full queue loses its oldest frame.
    pub fn received(&self, frame: RemoteFrame) {
        self.inbound.push(frame);
    }

    /// Resolves when entering, and any recovery of the link, is no longer wanted (G-5).
    pub async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Whether entering, and any recovery, is no longer wanted.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.is_cancelled()
    }
}
