//! The virtual sound cards, and how one is taken away.

use std::path::Path;
use std::time::Duration;

use super::failure::{LabFailure, Outcome};
use super::stage::eventually;

/// The microphone that the scenarios use: what is played into the first card's other end.
pub(crate) const MICROPHONE: &str = "hw:CARD=Loopback,DEV=1";
/// What the kernel calls it.
pub(crate) const MICROPHONE_NODE: &str = "/dev/snd/pcmC0D1c";
/// What the kernel shows of it.
pub(crate) const MICROPHONE_STATUS: &str = "/proc/asound/Loopback/pcm1c/sub0/status";
/// The speaker.
pub(crate) const SPEAKER: &str = "hw:CARD=Second,DEV=0";
/// What the kernel calls it.
pub(crate) const SPEAKER_NODE: &str = "/dev/snd/pcmC1D0p";
/// What the kernel shows of it.
pub(crate) const SPEAKER_STATUS: &str = "/proc/asound/Second/pcm0p/sub0/status";
/// Emulated, the machine is too slow for shorter ones.
pub(crate) const PERIOD: Duration = Duration::from_millis(100);

pub(crate) const DRIVER: &str = "/sys/bus/platform/drivers/snd_aloop";

/// A virtual sound card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// The one that has the microphone.
    Microphone,
    /// The one that has the speaker.
    Speaker,
}

impl Card {
    const ALL: [Self; 2] = [Self::Microphone, Self::Speaker];

    /// What its driver calls it.
    pub(crate) const fn device(self) -> &'static str {
        self.names().0
    }

    /// What its driver calls it, and what ALSA does.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Microphone => ("snd_aloop.0", "Loopback"),
            Self::Speaker => ("snd_aloop.1", "Second"),
        }
    }
}

/// The driver is taken away from a card, as if it were unplugged.
///
/// The kernel answers only when nobody uses the card any more, so this is done aside; [`restore`]
/// waits for it.
pub(crate) fn unplug(card: Card) -> Outcome {
    let (device, _) = card.names();
    std::thread::Builder::new()
        .name("unplug".to_owned())
        .spawn(move || write(&format!("{DRIVER}/unbind"), device))
        .map(drop)
        .map_err(LabFailure::system("a thread"))
}

/// Both cards are there, whatever was done to them before.
pub(crate) fn restore() -> Outcome {
    for (device, card) in Card::ALL.map(Card::names) {
        let is_bound = || Path::new(DRIVER).join(device).exists();
        let is_known = || Path::new("/proc/asound").join(card).exists();
        // One that is just being taken away is gone only when the kernel is done with it.
        eventually("a sound card that is there or gone", || {
            Ok(is_bound() == is_known())
        })?;
        if !is_bound() {
            write(&format!("{DRIVER}/bind"), device)?;
        }
        eventually("a sound card", || Ok(is_known()))?;
    }
    Ok(())
}

/// Writes into a file of the kernel.
pub(crate) fn write(path: &str, text: &str) -> Outcome {
    std::fs::write(path, text).map_err(LabFailure::system(format!("{text:?} into {path}")))
}
