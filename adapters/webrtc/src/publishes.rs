//! What a peer connection publishes.

/// What a peer connection publishes.
///
/// ```
/// use exeunt_webrtc::Publishes;
///
/// let both = Publishes::default();
/// assert!(both.audio && both.video);
/// assert_eq!(both.bits_a_second(100).video_bits_a_second, Publishes::LEAST_BITS_A_SECOND);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publishes {
    /// Opus packets.
    pub audio: bool,
    /// Pictures, as H.264.
    pub video: bool,
    /// What the pictures may take of the network, in bits a second.
    pub video_bits_a_second: u32,
}

impl Publishes {
    /// Below this no picture is worth looking at.
    pub const LEAST_BITS_A_SECOND: u32 = 100_000;
    /// More than this is not sent.
    pub const MOST_BITS_A_SECOND: u32 = 8_000_000;

    /// The bound of the pictures' bitrate, brought within [`LEAST_BITS_A_SECOND`](Self::LEAST_BITS_A_SECOND)
    /// and [`MOST_BITS_A_SECOND`](Self::MOST_BITS_A_SECOND).
    #[must_use]
    pub fn bits_a_second(self, video_bits_a_second: u32) -> Self {
        Self {
            video_bits_a_second: video_bits_a_second
                .clamp(Self::LEAST_BITS_A_SECOND, Self::MOST_BITS_A_SECOND),
            ..self
        }
    }

    /// Sound alone.
    #[must_use]
    pub fn sound() -> Self {
        Self {
            video: false,
            ..Self::default()
        }
    }
}

/// Sound and pictures, the pictures with 1.5 Mbit a second.
impl Default for Publishes {
    fn default() -> Self {
        Self {
            audio: true,
            video: true,
            video_bits_a_second: 1_500_000,
        }
    }
}
