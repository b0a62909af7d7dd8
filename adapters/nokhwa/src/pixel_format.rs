//! How the pixels of a picture lie in a camera's buffer.

use std::str::FromStr;

use thiserror::Error;

/// How a camera hands over the pixels of a picture, as far as this crate can make a JPEG of them.
///
/// Written and read as `mjpeg`, `nv12`, `yuyv`, `grey`, `rgb` and `bgr`, in any case; `mjpg`, `yuy2` and
/// `gray` are read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PixelFormat {
    /// Each picture is a JPEG already (`MJPG`, `JPEG`). Costs us nothing, so it comes first.
    Mjpeg,
    /// A plane of luma, then a plane of chroma pairs at half the width and height (`NV12`).
    Nv12,
    /// Luma, chroma, luma, chroma (`YUYV`).
    Yuyv,
    /// Luma only (`GREY`).
    Grey,
    /// Red, green, blue (`RGB3`).
    Rgb,
    /// Blue, green, red (`BGR3`).
    Bgr,
}

/// A word that names no [`PixelFormat`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{word:?} is no pixel format that can be used; there are {}",
    PixelFormat::names()
)]
pub struct UnknownPixelFormat {
    /// What was written.
    pub word: String,
}

impl PixelFormat {
    /// Every format, the one that costs us least first.
    pub const ALL: [Self; 6] = [
        Self::Mjpeg,
        Self::Nv12,
        Self::Yuyv,
        Self::Grey,
        Self::Rgb,
        Self::Bgr,
    ];

    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mjpeg => "mjpeg",
            Self::Nv12 => "nv12",
            Self::Yuyv => "yuyv",
            Self::Grey => "grey",
            Self::Rgb => "rgb",
            Self::Bgr => "bgr",
        }
    }

    /// All of them, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// What a four-character code of V4L2 stands for; `None` for what we cannot convert.
    pub(crate) fn of(code: [u8; 4]) -> Option<Self> {
        match &code {
            b"MJPG" | b"JPEG" => Some(Self::Mjpeg),
            b"NV12" => Some(Self::Nv12),
            b"YUYV" => Some(Self::Yuyv),
            b"GREY" => Some(Self::Grey),
            b"RGB3" => Some(Self::Rgb),
            b"BGR3" => Some(Self::Bgr),
            _ => None,
        }
    }

    /// Bytes from one line to the next, if the driver leaves no gap. Two pixels share their chroma in
    /// YUYV and NV12, so a line of an odd width is as long as that of the next even one.
    pub(crate) fn tight_stride(self, width: usize) -> usize {
        match self {
            Self::Mjpeg => 0,
            Self::Grey => width,
            Self::Nv12 => width.next_multiple_of(2),
            Self::Yuyv => width.next_multiple_of(2) * 2,
            Self::Rgb | Self::Bgr => width * 3,
        }
    }
}

impl std::fmt::Display for PixelFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for PixelFormat {
    type Err = UnknownPixelFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let lower = word.to_lowercase();
        let plain = match lower.as_str() {
            "mjpg" => "mjpeg",
            "yuy2" => "yuyv",
            "gray" => "grey",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|format| format.name() == plain)
            .ok_or_else(|| UnknownPixelFormat {
                word: word.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::PixelFormat;

    #[test]
    fn what_is_written_is_read_again_in_any_case() {
        for format in PixelFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert_eq!(format.name().to_uppercase().parse(), Ok(format));
        }
        assert_eq!("YUY2".parse(), Ok(PixelFormat::Yuyv));
    }

    #[test]
    fn a_format_that_cannot_be_used_is_answered_with_those_that_can() {
        let error = "h264".parse::<PixelFormat>().expect_err("not ours");
        assert_eq!(
            error.to_string(),
            "\"h264\" is no pixel format that can be used; there are mjpeg, nv12, yuyv, grey, rgb, bgr"
        );
    }
}
