//! Microphone and speaker for Exeunt, over cpal.
//!
//! [`CpalMicrophone`] and [`CpalSpeaker`] are [`Device`](exeunt_port::Device)s; [`list`] shows what
//! there is.
//!
//! # What is kept
//!
//! * **Really off** (G-13). `release` answers `Ok` when the driver has dropped the stream *and*
//!   every callback of ours, a sound server has confirmed that it did so, and no descriptor that the
//!   opening brought leads to a sound card any more. What is still there after a second is
//!   [`StillHeld`](exeunt_port::DeviceError::StillHeld).
//! * **Silence** (G-14). A driver's callback that comes late does nothing.
//! * **Bounded** (G-6). Dropping a stream can take for ever when a sound server has stopped, and so
//!   can starting one. All of it happens on a thread of the stream's own, which whoever waits may
//!   give up; [`stuck_threads`] counts those that should have ended and still wait for a driver, and
//!   bounds them.
//! * **Late is undone** (G-4). A device that opens after it was abandoned is let go of at once.
//! * **Losses are noticed.** A driver that says that the device has gone, one that says nothing but
//!   errors, and one that says nothing at all lead to one
//!   [`Vanished`](exeunt_port::DeviceSignal::Vanished).
//!
//! # How sound flows
//!
//! Callbacks only copy samples between the driver's buffer and a lock-free ring. A second thread
//! encodes what the microphone captured, or decodes and mixes what the speaker is to play.
//!
//! On Linux this process keeps a connection to the sound server from the first use on, and one more
//! for every further speaker that is open at the same time; all microphones share the first.

#[cfg(target_os = "linux")]
mod alsa_card;
#[cfg(target_os = "linux")]
mod alsa_words;
mod descriptors;
mod device_thread;
mod format;
mod health;
mod list;
mod microphone;
mod mixer;
mod naming;
mod opening;
mod packets;
mod resampling;
mod samples;
#[cfg(target_os = "linux")]
mod sound_server;
mod sound_system;
mod speaker;
mod stream;
mod stuck;

pub use list::{AudioConfig, AudioDevice, AudioFormat, AudioHolder, ListError, list};
pub use microphone::CpalMicrophone;
pub use speaker::CpalSpeaker;
pub use stuck::stuck_threads;
