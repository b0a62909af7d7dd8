//! The device lab: the real camera, microphone and speaker against a real kernel.
//!
//! A virtual machine without any acceleration boots Debian's own kernel with a virtual camera
//! (`vivid`, a V4L2 driver) and two virtual sound cards (`snd-aloop`, ALSA). In it, real
//! `exeunt-nokhwa` and `exeunt-cpal` run under the real `exeunt-runtime`, in a process of their own:
//! the *member*. A *director* beside it plays the scenarios and looks from outside:
//!
//! * `/proc/PID/fd` and `/proc/PID/maps`: which devices the member holds;
//! * `/proc/asound/*/*/*/status`: which sound devices the kernel calls running, and whose they are;
//! * a further process, the *claimant*, which must be able to stream from the camera, since only one
//!   process at a time can.
//!
//! A member that is told so stops itself (`SIGSTOP`) in the session's last step, when all is settled and
//! nobody was told yet. What the director sees then was so before `onExitRoom`: a process that stands
//! still lets go of nothing.
//!
//! | module | what it is |
//! | --- | --- |
//! | `host` | fetches nothing; puts the guest together of what is cached, boots it with a bound, reads what it says |
//! | `guest` | what runs in the machine, on Linux: director, member, claimant, and programs to compare with |
//!
//! `make device-lab` fetches what is missing and runs everything; `tests/README.md` says more.

#[cfg(target_os = "linux")]
mod guest;
mod host;
mod said;

#[cfg(target_os = "linux")]
pub use guest::run as run_guest;
#[cfg(target_os = "linux")]
pub use guest::scenarios::{Scenario, scenarios};
pub use host::{Boot, Boots, Ended, LabError, Machine, Parts};
pub use said::Verdict;
