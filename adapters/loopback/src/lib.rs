//! An in-process transport, and devices made of files and arithmetic, for Exeunt.
//!
//! Everything here keeps the obligations of [`exeunt_port`], and goes wrong on command: every fault
//! that a network or a driver may have is a line in a test.
//!
//! # The transport
//!
//! A [`Hub`] holds rooms in the memory of this process. Each [`LoopbackTransport`] that it hands out
//! enters them; what goes wrong with it is said by its [`TransportFaults`]. The hub is its operator's
//! side as well: [`kick`](Hub::kick), [`dismiss`](Hub::dismiss), [`stop`](Hub::stop),
//! [`rooms`](Hub::rooms).
//!
//! ```
//! use exeunt_loopback::{AnnounceFault, Hub};
//! use exeunt_port::{EnterRequest, RemoteLeaveReason, RoomLink, RoomSignal, Transport};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hub = Hub::new();
//! let (link, mut alice) = RoomLink::pair();
//! let _alice = hub.transport().connect(EnterRequest::unsigned("alice", "standup")?, link).await?;
//! let transport = hub.transport();
//! let (link, _bob) = RoomLink::pair();
//! let bob = transport.connect(EnterRequest::unsigned("bob", "standup")?, link).await?;
//!
//! // The network swallows what bob says, until it does not.
//! transport.faults().break_announce(AnnounceFault::Hangs);
//! let goodbye = async { bob.announce_departure().await };
//! let network = async {
//!     transport.faults().reached().await;
//!     transport.faults().let_go();
//! };
//! let (receipt, ()) = tokio::join!(goodbye, network);
//! assert_eq!(receipt?.peers_told, Some(1));
//! bob.close().await?;
//!
//! let entered = RoomSignal::RemoteUserEntered("bob".parse()?);
//! assert_eq!(alice.signals.recv().await, Some(entered));
//! let left = RoomSignal::RemoteUserLeft("bob".parse()?, RemoteLeaveReason::Left);
//! assert_eq!(alice.signals.recv().await, Some(left));
//! # Ok(())
//! # }
//! ```
//!
//! # The devices
//!
//! | device | made of | its time |
//! | --- | --- | --- |
//! | [`ToneMicrophone`] | a sine | tokio's clock |
//! | [`WavMicrophone`] | a WAV file | a thread |
//! | [`PictureCamera`] | a test picture with a running clock | tokio's clock |
//! | [`Y4mCamera`] | a Y4M file | a thread |
//! | [`SilentSpeaker`] | a [`SoundMeter`] | tokio's clock |
//! | [`WavSpeaker`] | a WAV file that it writes, and a [`SoundMeter`] | a thread |
//!
//! They deliver and take 20 ms Opus packets and baseline JPEGs, in real time. What runs on tokio's
//! clock runs on a paused one too; a thread does not, so keep files out of simulations: a paused clock
//! jumps to the next deadline while the thread still opens. What is a file keeps it open as long as the device is open, so that
//! its release can be seen from outside the process (G-13). A [`FaultyDevice`] around any device of any
//! crate goes wrong as its [`DeviceFaults`] say.
//!
//! ```
//! use exeunt_loopback::{FaultyDevice, OpenFault, ToneMicrophone};
//! use exeunt_port::{Codec, Device, DeviceLink, FrameQueue};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let microphone = FaultyDevice::new(ToneMicrophone::new(440));
//! let (link, device) = DeviceLink::pair(FrameQueue::bounded(8));
//! let open = microphone.open(link).await?;
//! let frame = device.captured.next().await.ok_or("no frame")?;
//! assert_eq!(frame.codec, Codec::Opus);
//! device.silence();
//! open.release().await?;
//! assert_eq!(microphone.faults().open_now(), 0);
//!
//! // The next opening comes too late: nobody waits for it, and it is released at once (G-4).
//! microphone.faults().break_open(OpenFault::OpensLate);
//! let (link, device) = DeviceLink::pair(FrameQueue::bounded(8));
//! tokio::select! {
//!     _ = microphone.open(link) => unreachable!("it is held"),
//!     () = microphone.faults().reached() => device.silence(),
//! }
//! microphone.faults().let_go();
//! microphone.faults().until_open(0).await;
//! # Ok(())
//! # }
//! ```

mod client;
mod connection;
mod device;
mod gate;
mod hub;
mod rooms;
mod transport;
mod transport_faults;

pub use device::example_media::{ExampleMediaError, write_melody_wav, write_test_y4m};
pub use device::faults::{DeviceFaults, OpenFault, ReleaseFault};
pub use device::faulty::FaultyDevice;
pub use device::meter::{Heard, SoundMeter};
pub use device::picture_camera::PictureCamera;
pub use device::silent_speaker::SilentSpeaker;
pub use device::tone_microphone::ToneMicrophone;
pub use device::wav_microphone::WavMicrophone;
pub use device::wav_speaker::WavSpeaker;
pub use device::y4m_camera::Y4mCamera;
pub use hub::{Hub, HubError, RoomListing};
pub use transport::LoopbackTransport;
pub use transport_faults::{AnnounceFault, CloseFault, ConnectFault, TransportFaults};
