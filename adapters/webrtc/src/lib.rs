//! The peer connection of the transports to SFUs: Opus and H.264 over ICE, DTLS and SRTP.
//!
//! A transport to an SFU differs from the next one in what it says to its server. What it does with the
//! media is always the same, and stands here: [`PeerConnection::publish`] offers this side's sound and
//! pictures, [`PeerConnection::subscribe`] answers the server's offers of what the others publish.
//! Both take and hand over the port's [`MediaFrame`](exeunt_port::MediaFrame)s.
//!
//! ```
//! use std::net::Ipv4Addr;
//! use exeunt_webrtc::{Network, PeerConnection, PeerEvent, Publishes};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A transport says `Network::towards(server)`, and the server is between the two.
//! let network = Network::at(Ipv4Addr::LOCALHOST.into());
//! let (publisher, offer, mut told) = PeerConnection::publish(&network, Publishes::sound())?;
//! let (subscriber, mut received) = PeerConnection::subscribe(&network)?;
//! let answer = subscriber.answer(&offer.sdp).await?;
//! publisher.accept_answer(&answer).await?;
//! assert_eq!(told.next().await, Some(PeerEvent::Connected));
//! assert_eq!(received.next().await, Some(PeerEvent::Connected));
//!
//! publisher.close().await?;
//! assert_eq!(received.next().await, Some(PeerEvent::Closed));
//! # Ok(())
//! # }
//! ```
//!
//! # What it keeps, and how
//!
//! | guarantee | how |
//! | --- | --- |
//! | G-6 | [`close`](PeerConnection::close) is over within [`CLOSING`](PeerConnection::CLOSING): nobody has to answer the goodbye, and a codec that hangs is given up and counted |
//! | G-7 | a close that nobody waits for goes on; all callers of it get the same answer |
//! | G-8 | nothing blocks its caller: a description is an await, a frame is handed over, the gate waits for one system call that does not block |
//! | G-14 | [`stop_sending`](PeerConnection::stop_sending) is a lock that every media datagram passes on its way to the socket: when it returns, none leaves, retransmissions among them; nothing is told after the end |
//! | G-15 | one task with its sockets, one thread for each codec at work; `close` joins them, dropping ends them |
//! | G-17 | connecting and recovering have deadlines, after which it has [failed](PeerFailure) |
//!
//! # What goes over the network
//!
//! **Sound** passes through: one Opus packet a frame, with RTP times from the capture times, which go on
//! also when the device is opened anew. Received packets that are not 20 ms long are undecodable for
//! the port, and said to be so.
//!
//! **Pictures** are JPEG at the port and H.264 on the network: constrained baseline, which every WebRTC
//! peer decodes (RFC 7742), at the size the camera gives and at most 3840 by 2160 pixels, sides of odd
//! length less a line; BT.601, limited range. The encoder has the newest picture only, keeps to
//! [`video_bits_a_second`](Publishes::video_bits_a_second), begins with a key frame and makes another one
//! when it is asked to (PLI, FIR), at most three a second. Received H.264 becomes JPEG; where a loss or a
//! late entry leaves nothing to decode from, a key frame is asked for and pictures wait for it. A room
//! has to allow H.264; a feed in another codec is refused in the answer and told as
//! [`PeerEvent::Undecodable`].
//!
//! # Bounds
//!
//! A description has at most 256 KiB, 128 media and 256 candidates, a name of a medium
//! [16 bytes](MediaId::MAX_LENGTH); what is larger is refused before it is read. A picture comes in at
//! most 600 packets, is handed over with at most 4096 pixels a side and
//! [`MediaFrame::MAX_PAYLOAD`](exeunt_port::MediaFrame::MAX_PAYLOAD) bytes. There are at most 16 decoders.
//! Every queue is bounded and loses the oldest, and all that is lost is [counted](PeerCounts).
//!
//! # What it is built on
//!
//! * **`str0m`**, a WebRTC engine without sockets and clocks: its own tests and ours run whole calls on
//!   virtual time. It is meant to panic for its own faults only; should one ever be reached from outside,
//!   the connection [fails](PeerFailure::Engine), and the program goes on.
//! * **`aws-lc-rs`** for DTLS and SRTP: it is built from its crate with a C compiler alone. Of the
//!   engine's other backends one needs OpenSSL's headers or Perl to build it, two are the system
//!   libraries of Windows and macOS, and the one in Rust alone is not published for this version.
//! * **`openh264`**, built from the source in its crate, encodes and decodes. VP8 would mean libvpx's
//!   headers on every machine that builds this; no crate carries its source.
//! * **`zune-jpeg`** and **`jpeg-encoder`**, as elsewhere in this workspace.

mod codec_thread;
mod counts;
mod description;
mod driver;
mod event;
mod gate;
mod limits;
mod network;
mod opus;
mod outbound;
mod peer_connection;
mod picture;
mod picture_decoder;
mod picture_encoder;
mod publishes;
mod receiving;
mod refused;
mod session;
mod sockets;
mod telling;
mod timeline;

pub use counts::PeerCounts;
pub use description::{DescriptionError, LocalCandidate, MediaId, Offer};
pub use event::{PeerEvent, PeerFailure};
pub use network::{Network, NetworkError, local_address_towards};
pub use peer_connection::{Agreed, PeerCloseError, PeerConnection};
pub use publishes::Publishes;
pub use telling::PeerEvents;
