//! Devices made of files and arithmetic.

pub(crate) mod beat;
pub(crate) mod example_media;
pub(crate) mod faults;
pub(crate) mod faulty;
pub(crate) mod file;
pub(crate) mod jpeg;
pub(crate) mod meter;
pub(crate) mod mixer;
pub(crate) mod picture;
pub(crate) mod picture_camera;
pub(crate) mod silent_speaker;
pub(crate) mod task;
pub(crate) mod thread;
pub(crate) mod tone_microphone;
pub(crate) mod voice;
pub(crate) mod voices;
pub(crate) mod wav_microphone;
pub(crate) mod wav_source;
pub(crate) mod wav_speaker;
pub(crate) mod y4m_camera;
pub(crate) mod y4m_source;
