//! What a scenario works with.

use std::time::{Duration, Instant};

use super::claim::can_be_claimed;
use super::failure::{LabFailure, Outcome, demand};
use super::process::PATIENCE;
use super::subject::Subject;
use super::{camera, kernel, log, sound};

/// Looks until it is so, for things that cannot be waited for: a file, a folder of `/proc`.
pub(crate) fn eventually(
    what: &str,
    mut look: impl FnMut() -> Result<bool, LabFailure>,
) -> Outcome {
    /// Between two looks; nothing depends on it.
    const NAP: Duration = Duration::from_millis(10);
    let deadline = Instant::now() + PATIENCE;
    while !look()? {
        if Instant::now() >= deadline {
            return Err(LabFailure::Overdue {
                what: what.to_owned(),
                seconds: PATIENCE.as_secs(),
                seen: "that it is not so".to_owned(),
            });
        }
        std::thread::sleep(NAP);
    }
    Ok(())
}

/// Puts in the log what was seen beside what was demanded: figures, mostly.
pub(crate) fn note(what: &str) {
    log::say(&format!("  {what}"));
}

/// Everything as it was when the machine started; before each scenario.
pub(crate) fn restore() -> Outcome {
    camera::restore()?;
    sound::restore()?;
    let open = kernel::open_sound_devices()?;
    demand(open.is_empty(), || {
        format!("before it began sound devices were open: {open:?}")
    })
}

/// From outside of the process: it holds the camera, and two sound devices are open.
pub(crate) fn holds_everything(member: &Subject) -> Outcome {
    let held = kernel::held_devices(member.number())?;
    demand(held.iter().any(|path| path == camera::NODE), || {
        format!("the camera is open, and the process holds {held:?}")
    })?;
    // A stream is open a moment before the kernel shows it to run.
    eventually(
        "microphone and speaker are open, and the kernel shows them",
        || Ok(kernel::open_sound_devices()?.len() == 2),
    )?;
    demand(!can_be_claimed(camera::NODE)?, || {
        "the camera is open, and another process can stream from it as well".to_owned()
    })
}

/// From outside of the process: it holds no device, no sound device runs, and another process can
/// stream from the camera (G-13).
pub(crate) fn holds_nothing(member: &Subject) -> Outcome {
    member.holds_no_device()?;
    everything_is_free()
}

/// From outside of whatever process there was: no sound device runs, and another process can stream
/// from the camera.
pub(crate) fn everything_is_free() -> Outcome {
    let open = kernel::open_sound_devices()?;
    demand(open.is_empty(), || {
        format!("sound devices are still open: {open:?} (G-13)")
    })?;
    demand(can_be_claimed(camera::NODE)?, || {
        "another process cannot stream from the camera (G-13)".to_owned()
    })
}
