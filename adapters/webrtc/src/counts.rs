//! What became of everything that a peer connection sent and received.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a peer connection has counted since it was made.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct PeerCounts {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// The same while it is being counted.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        impl Counters {
            pub(crate) fn read(&self) -> PeerCounts {
                PeerCounts {
                    $($name: self.$name.get(),)*
                }
            }
        }
    };
}

counts! {
    /// Datagrams that left, of whatever kind.
    datagrams_sent,
    /// Those of them that carried media (RTP, retransmissions among them).
    media_datagrams_sent,
    /// Media datagrams that the gate kept back (G-14).
    media_datagrams_gated,
    /// Datagrams that the system did not take at once; the network's losses begin here.
    datagrams_not_taken,
    /// Datagrams that came.
    datagrams_received,
    /// Those of them that were nothing of ours: garbage, strangers', not authentic in form.
    datagrams_ignored,
    /// Frames handed to the network, pictures after encoding.
    frames_sent,
    /// Frames to be sent that were dropped because there was no connection (yet), or nothing that
    /// wants them was negotiated.
    frames_unwanted,
    /// Frames to be sent that were dropped because newer ones came before their turn.
    frames_outrun,
    /// Frames to be sent that were no usable JPEG, or too large for the encoder or for a datagram.
    frames_unusable,
    /// Pictures that the encoder left out to keep to the bitrate.
    pictures_skipped,
    /// Key frames sent.
    key_frames_sent,
    /// Requests for a key frame that came.
    key_frame_requests_received,
    /// Requests for a key frame that were made.
    key_frame_requests_sent,
    /// Frames received and handed over, pictures after decoding.
    frames_received,
    /// Received frames of a kind that cannot be decoded here.
    undecodable,
    /// Received pictures that were dropped: damaged, or waiting for a key frame, or too many at once.
    pictures_damaged,
    /// Received pictures that were larger than what is handed over.
    pictures_too_large,
    /// Received frames that nobody fetched in time.
    frames_unfetched,
}

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// For what is counted elsewhere and only copied here.
    pub(crate) fn raise_to(&self, number: u64) {
        self.0.fetch_max(number, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
