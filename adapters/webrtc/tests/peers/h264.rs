//! A foreign sender's camera: H.264 of one picture, again and again.

use openh264::OpenH264API;
use openh264::encoder::{Encoder, EncoderConfig, RateControlMode};
use openh264::formats::{RgbSliceU8, YUVBuffer};

pub(crate) struct Camera {
    encoder: Encoder,
    picture: YUVBuffer,
}

impl Camera {
    pub(crate) fn new(width: usize, height: usize, quarters: [[u8; 3]; 4]) -> Self {
        let mut pixels = Vec::new();
        for line in 0..height {
            for column in 0..width {
                let quarter =
                    usize::from(line >= height / 2) * 2 + usize::from(column >= width / 2);
                pixels.extend(quarters[quarter]);
            }
        }
        let config = EncoderConfig::new()
            .rate_control_mode(RateControlMode::Off)
            .skip_frames(false)
            .num_threads(1);
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config);
        Self {
            encoder: encoder.expect("an encoder"),
            picture: YUVBuffer::from_rgb8_source(RgbSliceU8::new(&pixels, (width, height))),
        }
    }

    pub(crate) fn key_frame(&mut self) {
        self.encoder.force_intra_frame();
    }

    pub(crate) fn shoot(&mut self) -> Vec<u8> {
        let stream = self.encoder.encode(&self.picture).expect("encoded");
        stream.to_vec()
    }
}
