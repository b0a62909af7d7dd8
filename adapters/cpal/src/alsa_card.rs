//! What the kernel tells about a sound card without opening it.

use std::path::{Path, PathBuf};

use exeunt_port::DeviceKind;

use crate::list::AudioHolder;

/// A device of a sound card, as ALSA's `hw:CARD=Loopback,DEV=1` names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CardDevice<'a> {
    card: &'a str,
    device: u32,
}

impl<'a> CardDevice<'a> {
    /// The device that this identifier stands for. The same device has many more identifiers: with
    /// the card's number, with conversions, for surround sound. They are not taken.
    pub(crate) fn of(id: &'a str) -> Option<Self> {
        let (card, device) = id.strip_prefix("hw:CARD=")?.split_once(",DEV=")?;
        let device = device.parse().ok()?;
        let numbered = card.bytes().all(|byte| byte.is_ascii_digit());
        (!numbered).then_some(Self { card, device })
    }

    /// The card's number, as its nodes in `/dev/snd` bear it; `None` if there is no such card.
    pub(crate) fn number(&self) -> Option<u32> {
        // Its folder's other name, `/proc/asound/Loopback`, is a link to `card0`.
        let folder = std::fs::read_link(Path::new("/proc/asound").join(self.card)).ok()?;
        folder.to_str()?.strip_prefix("card")?.parse().ok()
    }

    /// Whether the card has such a device for this kind.
    pub(crate) fn does(&self, kind: DeviceKind) -> bool {
        self.folder(kind).is_some_and(|folder| folder.is_dir())
    }

    /// Whether somebody could open it now; `None` if the kernel does not tell.
    pub(crate) fn is_free(&self, kind: DeviceKind) -> Option<bool> {
        is_free(&self.folder(kind)?)
    }

    /// The processes that have it open, as far as the kernel tells.
    pub(crate) fn held_by(&self, kind: DeviceKind) -> Vec<AudioHolder> {
        let folder = self.folder(kind);
        folder.map_or_else(Vec::new, |folder| held_by(&folder, Path::new("/proc")))
    }

    fn folder(&self, kind: DeviceKind) -> Option<PathBuf> {
        let direction = match kind {
            DeviceKind::Microphone => 'c',
            DeviceKind::Speaker => 'p',
            DeviceKind::Camera => return None,
        };
        let Self { card, device } = self;
        Some(PathBuf::from(format!(
            "/proc/asound/{card}/pcm{device}{direction}"
        )))
    }
}

/// Whether one of the substreams in this folder is closed.
fn is_free(folder: &Path) -> Option<bool> {
    let mut known = None;
    for entry in folder.read_dir().ok()?.filter_map(Result::ok) {
        if let Ok(status) = std::fs::read_to_string(entry.path().join("status")) {
            let closed = status.trim() == "closed";
            known = Some(known.unwrap_or(false) || closed);
        }
    }
    known
}

/// Who opened the substreams in this folder. The kernel names the thread that did.
fn held_by(folder: &Path, proc: &Path) -> Vec<AudioHolder> {
    let substreams = folder
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut holders: Vec<AudioHolder> = substreams
        .filter_map(|entry| {
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            let thread = field(&status, "owner_pid")?;
            let of_thread = std::fs::read_to_string(proc.join(thread).join("status"));
            // Where /proc hides others' processes the thread's number is all there is.
            let process = of_thread
                .ok()
                .and_then(|status| field(&status, "Tgid").map(str::to_owned))
                .unwrap_or_else(|| thread.to_owned());
            let name = std::fs::read_to_string(proc.join(&process).join("comm"));
            Some(AudioHolder {
                process: process.parse().ok()?,
                name: name.unwrap_or_default().trim_end().to_owned(),
            })
        })
        .collect();
    holders.sort_by_key(|holder| holder.process);
    holders.dedup();
    holders
}

/// What follows `name` and a colon.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim_end() == name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CardDevice, held_by, is_free};
    use crate::list::AudioHolder;

    #[test]
    fn a_card_is_known_by_one_of_its_identifiers_only() {
        let known = CardDevice {
            card: "Loopback",
            device: 1,
        };
        assert_eq!(CardDevice::of("hw:CARD=Loopback,DEV=1"), Some(known));
        for other in [
            "hw:CARD=0,DEV=1",
            "plughw:CARD=Loopback,DEV=1",
            "sysdefault:CARD=Loopback",
            "default",
            "null",
        ] {
            assert_eq!(CardDevice::of(other), None, "{other}");
        }
    }

    fn substream(folder: &Path, name: &str, status: &str) {
        let substream = folder.join(name);
        std::fs::create_dir(&substream).expect("a temporary folder");
        std::fs::write(substream.join("status"), status).expect("a temporary file");
    }

    #[test]
    fn a_device_is_free_while_one_of_its_substreams_is_closed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(is_free(folder.path()), None, "the kernel tells nothing");
        substream(
            folder.path(),
            "sub0",
            "state: RUNNING\nowner_pid   : 1234\n",
        );
        assert_eq!(is_free(folder.path()), Some(false));
        substream(folder.path(), "sub1", "closed\n");
        assert_eq!(is_free(folder.path()), Some(true));
    }

    #[test]
    fn who_holds_a_device_is_the_process_of_the_thread_that_opened_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let proc = tempfile::tempdir().expect("a temporary folder");
        substream(folder.path(), "sub0", "state: RUNNING\nowner_pid   : 77\n");
        substream(folder.path(), "sub1", "closed\n");
        substream(proc.path(), "77", "Name:\texeunt-mic\nTgid:\t70\n");
        substream(proc.path(), "70", "Name:\texeunt\nTgid:\t70\n");
        std::fs::write(proc.path().join("70/comm"), "exeunt\n").expect("a temporary file");
        let name = "exeunt".to_owned();
        let holder = AudioHolder { process: 70, name };
        assert_eq!(held_by(folder.path(), proc.path()), [holder]);
    }
}
