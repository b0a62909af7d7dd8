//! Microphone and speaker for Exeunt, over cpal.
//!
//! [`CpalMicrophone`] and [`CpalSpeaker`] are [`Device`](exeunt_port::Device)s; [`list`] shows what
//! there is.
//!
//! # What is kept
//!
//! * **Really off** (G-13). `release` answers `Ok` when the driver has dropped the stream *and*
//!   every callback of ours, a sound server has closed its end of our connection, and no descriptor that the
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
//! # On Linux: the sound server by its pulse protocol
//!
//! Where a sound server runs it is asked by `PulseAudio`'s protocol, which `PipeWire` speaks as well, by its
//! `pipewire-pulse`; else the cards are opened by ALSA. The tests run on both servers. The protocol is the
//! crate `pulseaudio`'s, which cpal uses as well; cpal's own hosts for servers are not used:
//!
//! * What its host for `PulseAudio` waits for cannot be ended from outside: a microphone that has nothing to
//!   deliver yet would keep an exit waiting although the server is well, and a server that has stopped would
//!   cost a thread and a socket each time it is asked (G-6, G-15).
//! * With its host for `PipeWire` a stream's drop returns although the server has stopped, so it does not
//!   wait for the server to let go of anything. It needs the headers of `libpipewire` and `bindgen`, too.
//!   Desktops that run `PipeWire` for sound run `pipewire-pulse` for all the programs that know nothing
//!   else; where it is missing, ALSA is asked, as on a system without a server.
//!
//! Each opening has a connection to the server of its own. To let go of the device the connection is closed
//! on our side, and the release is `Ok` when the server has closed its own (G-13): nothing of us is
//! left there. On `PipeWire` that is `pipewire-pulse`, which tells the daemon behind it before it closes and
//! does not wait for that one to have done it: a daemon that stands still by itself is not noticed. A
//! microphone is open when its first sound comes, which a headset may take seconds for; who does not want
//! to wait any longer does not have to.
//!
//! A server that does not answer within 2 s is named in the error. ALSA is not asked then: its default leads
//! back to the server, and waits for it without a bound. A server that refuses this program is named as
//! well, where ALSA has no device for us either.
//!
//! A server moves a stream whose device goes away, or that followed a default that changed, to another
//! device, and tells nobody: the stay goes on. Where the server finds none, or the sound stops, the device is
//! told to have vanished. That also befalls a stream whose process is stopped and goes on (Ctrl-Z and `fg`): the
//! crate `pulseaudio` takes the interrupted wait for the end of the connection.

#[cfg(target_os = "linux")]
mod alsa_card;
#[cfg(target_os = "linux")]
mod alsa_words;
mod call;
mod closings;
mod descriptors;
mod device;
mod device_thread;
mod format;
mod health;
mod list;
mod microphone;
mod mixer;
mod naming;
mod opening;
mod packets;
#[cfg(target_os = "linux")]
mod permission;
mod resampling;
mod samples;
#[cfg(target_os = "linux")]
mod server_address;
#[cfg(target_os = "linux")]
mod server_device;
mod sound_device;
#[cfg(target_os = "linux")]
mod sound_server;
mod sound_system;
mod speaker;
mod stream;
mod stuck;

pub use device::{CpalDevice, Direction};
pub use list::{AudioConfig, AudioDevice, AudioFormat, AudioHolder, ListError, list};
pub use microphone::{Capture, CpalMicrophone};
pub use speaker::{CpalSpeaker, Playback};
pub use stuck::stuck_threads;
