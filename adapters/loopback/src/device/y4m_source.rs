//! Pictures out of a Y4M file: read one by one, in a loop.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use exeunt_port::{DeviceError, DeviceKind};
use jpeg_encoder::{ImageBuffer, JpegColorType};
use y4m::{Colorspace, Decoder, Frame, Limits, Ratio};

use super::beat::Rate;
use super::file::FileRole;

/// An endless row of pictures out of a file that is open as long as this lives.
pub(crate) struct Y4mSource {
    role: FileRole,
    file: Arc<File>,
    decoder: Decoder<BufReader<Arc<File>>>,
    shape: Shape,
    rate: Rate,
}

/// How the picture's samples lie in its planes, and how they become those of a JPEG.
#[derive(Clone, Copy, Debug)]
struct Shape {
    width: u16,
    height: u16,
    /// How many times the chroma is halved across and down; `None` for grey.
    chroma: Option<(u32, u32)>,
    full_range: bool,
}

/// One picture, ready to be encoded.
#[derive(Clone, Copy)]
pub(crate) struct Y4mPicture<'frame> {
    shape: Shape,
    frame: &'frame Frame<'frame>,
}

impl Y4mSource {
    const EXPECTED: &str = "a Y4M file with at least one whole picture in C420, C420jpeg, C420mpeg2, \
                            C420paldv, C422, C444 or Cmono (8 bits), 16 to 4096 pixels wide and high and \
                            2073600 in all, 1 to 120 a second";
    const SIDES: std::ops::RangeInclusive<usize> = 16..=4096;
    const PIXELS: usize = 1920 * 1080;
    const RATES: std::ops::RangeInclusive<u32> = 1..=120;
    /// The longest line of parameters, in bytes.
    const LINE: u64 = 1024;

    /// Opens the file and looks whether all of it is there; blocks as long as the file system does.
    pub(crate) fn open(path: &Path) -> Result<Self, DeviceError> {
        let role = FileRole::new(DeviceKind::Camera, path, Self::EXPECTED);
        let file = Arc::new(role.open(path)?);
        let header = header(&role, &file)?;
        check_sides(&role, &header)?;
        let decoder = from_start(&role, &file)?;
        let rate = rate(&role, decoder.get_framerate())?;
        let shape = Shape {
            width: side(&role, decoder.get_width())?,
            height: side(&role, decoder.get_height())?,
            chroma: chroma(&role, decoder.get_colorspace())?,
            full_range: header
                .split(|byte| *byte == b' ')
                .any(|word| word == b"XCOLORRANGE=FULL"),
        };
        whole(&role, &file, shape)?;
        Ok(Self {
            role,
            file,
            decoder,
            shape,
            rate,
        })
    }

    /// What was opened, for the device's description.
    pub(crate) fn description(&self) -> String {
        let (Shape { width, height, .. }, Rate { beats, seconds }) = (self.shape, self.rate);
        format!(
            "{}, {width}x{height}, {beats}/{seconds} a second, JPEG",
            self.role.path
        )
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// Shows the next picture; after the last one comes the first again.
    pub(crate) fn next(
        &mut self,
        show: impl FnOnce(Y4mPicture<'_>) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        match self.decoder.read_frame() {
            Ok(frame) => show(Y4mPicture {
                shape: self.shape,
                frame: &frame,
            }),
            Err(y4m::Error::EOF) => {
                self.decoder = from_start(&self.role, &self.file)?;
                let frame = self
                    .decoder
                    .read_frame()
                    .map_err(|error| self.role.refuse(error))?;
                show(Y4mPicture {
                    shape: self.shape,
                    frame: &frame,
                })
            }
            Err(error) => Err(self.role.refuse(error)),
        }
    }
}

impl ImageBuffer for Y4mPicture<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.shape.chroma.is_some() {
            JpegColorType::Ycbcr
        } else {
            JpegColorType::Luma
        }
    }

    fn width(&self) -> u16 {
        self.shape.width
    }

    fn height(&self) -> u16 {
        self.shape.height
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let Shape {
            width,
            chroma,
            full_range,
            ..
        } = self.shape;
        let (across, down) = (usize::from(width), usize::from(y));
        let row = &self.frame.get_y_plane()[down * across..][..across];
        luma.extend(
            row.iter()
                .map(|sample| widened(*sample, 16, 219, full_range)),
        );
        let Some((halved_across, halved_down)) = chroma else {
            return;
        };
        let length = across.div_ceil(1 << halved_across);
        for (plane, buffer) in [
            (self.frame.get_u_plane(), blue),
            (self.frame.get_v_plane(), red),
        ] {
            let row = &plane[(down >> halved_down) * length..][..length];
            let samples = (0..across).map(|x| row[x >> halved_across]);
            buffer.extend(samples.map(|sample| widened(sample, 16, 224, full_range)));
        }
    }
}

/// A sample of the studio's range, brought to the full range that a JPEG has.
fn widened(sample: u8, least: u16, span: u16, full_range: bool) -> u8 {
    if full_range {
        return sample;
    }
    let above = u16::from(sample).saturating_sub(least).min(span);
    u8::try_from((above * 255 + span / 2) / span).unwrap_or(u8::MAX)
}

/// The file's first line.
fn header(role: &FileRole, file: &Arc<File>) -> Result<Vec<u8>, DeviceError> {
    let mut line = Vec::new();
    let mut reader = rewound(role, file)?.take(Y4mSource::LINE);
    reader
        .read_until(b'\n', &mut line)
        .map_err(|error| role.refuse(error))?;
    if !line.starts_with(b"YUV4MPEG2 ") {
        return Err(role.refuse("it is no Y4M file"));
    }
    if line.pop() != Some(b'\n') {
        return Err(role.refuse("it is cut off in its first line, or that is too long"));
    }
    Ok(line)
}

/// The decoder trusts a header's width and height; a hostile one would make its arithmetic overflow.
fn check_sides(role: &FileRole, header: &[u8]) -> Result<(), DeviceError> {
    let side = |letter: u8| {
        let words = header.split(|byte| *byte == b' ');
        let word = words
            .filter_map(|word| word.strip_prefix(&[letter]))
            .next_back()?;
        let side = std::str::from_utf8(word).ok()?.parse::<usize>().ok()?;
        Y4mSource::SIDES.contains(&side).then_some(side)
    };
    match (side(b'W'), side(b'H')) {
        (Some(width), Some(height)) if width * height <= Y4mSource::PIXELS => Ok(()),
        (Some(width), Some(height)) => {
            Err(role.refuse(format_args!("its pictures are {width}x{height}")))
        }
        (None, _) | (_, None) => {
            Err(role.refuse("its width or height is missing or out of bounds"))
        }
    }
}

fn side(role: &FileRole, side: usize) -> Result<u16, DeviceError> {
    u16::try_from(side)
        .map_err(|_| role.refuse(format_args!("a side of {side} pixels is too long")))
}

fn rate(role: &FileRole, Ratio { num, den }: Ratio) -> Result<Rate, DeviceError> {
    let wrong = || role.refuse(format_args!("its rate is {num}:{den} pictures a second"));
    let rate = Rate {
        beats: u32::try_from(num).map_err(|_| wrong())?,
        seconds: u32::try_from(den).map_err(|_| wrong())?,
    };
    let sound = rate.seconds > 0 && Y4mSource::RATES.contains(&(rate.beats / rate.seconds));
    if sound { Ok(rate) } else { Err(wrong()) }
}

fn chroma(role: &FileRole, space: Colorspace) -> Result<Option<(u32, u32)>, DeviceError> {
    match space {
        Colorspace::C420 | Colorspace::C420jpeg | Colorspace::C420paldv | Colorspace::C420mpeg2 => {
            Ok(Some((1, 1)))
        }
        Colorspace::C422 => Ok(Some((1, 0))),
        Colorspace::C444 => Ok(Some((0, 0))),
        Colorspace::Cmono => Ok(None),
        Colorspace::Cmono12
        | Colorspace::C420p10
        | Colorspace::C420p12
        | Colorspace::C422p10
        | Colorspace::C422p12
        | Colorspace::C444p10
        | Colorspace::C444p12
        | _ => Err(role.refuse(format_args!("its colour space is {space:?}"))),
    }
}

fn rewound(role: &FileRole, file: &Arc<File>) -> Result<BufReader<Arc<File>>, DeviceError> {
    let mut file = Arc::clone(file);
    file.rewind().map_err(|error| role.refuse(error))?;
    Ok(BufReader::new(file))
}

fn from_start(
    role: &FileRole,
    file: &Arc<File>,
) -> Result<Decoder<BufReader<Arc<File>>>, DeviceError> {
    let limits = Limits {
        bytes: 4 * Y4mSource::PIXELS,
    };
    Decoder::new_with_limits(rewound(role, file)?, limits).map_err(|error| match error {
        y4m::Error::UnknownColorspace => role.refuse("its colour space is unknown"),
        y4m::Error::EOF
        | y4m::Error::BadInput
        | y4m::Error::ParseError(_)
        | y4m::Error::IoError(_)
        | y4m::Error::OutOfMemory => role.refuse(error),
    })
}

/// Whether there is a picture, and whether the last one is whole: it hops from one to the next.
fn whole(role: &FileRole, file: &Arc<File>, shape: Shape) -> Result<(), DeviceError> {
    let length = file.metadata().map_err(|error| role.refuse(error))?.len();
    let mut reader = rewound(role, file)?;
    let mut hop = |bytes: u64| -> std::io::Result<(Vec<u8>, u64)> {
        reader.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))?;
        let mut line = Vec::new();
        (&mut reader)
            .take(Y4mSource::LINE)
            .read_until(b'\n', &mut line)?;
        Ok((line, reader.stream_position()?))
    };
    let size = shape.bytes();
    let (_, mut at) = hop(0).map_err(|error| role.refuse(error))?;
    let mut pictures = 0u64;
    while at < length {
        let skipped = if pictures == 0 { 0 } else { size };
        let (line, begin) = hop(skipped).map_err(|error| role.refuse(error))?;
        if !line.starts_with(b"FRAME") || line.last() != Some(&b'\n') {
            return Err(role.refuse(format_args!("picture {pictures} does not begin with FRAME")));
        }
        at = begin + size;
        if at > length {
            return Err(role.refuse(format_args!("it is cut off in picture {pictures}")));
        }
        pictures += 1;
    }
    if pictures == 0 {
        Err(role.refuse("it holds no pictures"))
    } else {
        Ok(())
    }
}

impl Shape {
    /// Bytes of one picture.
    fn bytes(self) -> u64 {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let chroma = self.chroma.map_or(0, |(across, down)| {
            2 * width.div_ceil(1 << across) * height.div_ceil(1 << down)
        });
        width * height + chroma
    }
}
