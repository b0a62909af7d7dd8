//! The peer connection of the transports to SFUs.

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
