//! What the kernel shows: the descriptors of a process, in `/proc`. Elsewhere than on Linux there is
//! nothing to be seen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exeunt_port::DeviceKind;

use super::{Look, Watched};
use crate::line::unix_micros;

/// How often is looked.
pub(super) const EVERY: Duration = Duration::from_micros(500);

pub(super) fn look(people: &[Watched]) -> Vec<Look> {
    people.iter().map(|one| Some(open_devices(one))).collect()
}

/// Which kinds of device the process holds a descriptor of.
fn open_devices(watched: &Watched) -> (u64, Vec<DeviceKind>) {
    let began = unix_micros();
    // A process that is gone holds nothing any more.
    let entries = std::fs::read_dir(format!("/proc/{}/fd", watched.process)).ok();
    let links = entries.into_iter().flatten();
    let targets = links.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let open = targets.filter_map(|target| {
        let file = file_of(&target, &watched.files);
        file.or_else(|| node_of(&target).filter(|kind| watched.own.contains(kind)))
    });
    (began, open.collect())
}

/// What a file stands in for.
fn file_of(target: &Path, files: &[(DeviceKind, PathBuf)]) -> Option<DeviceKind> {
    let found = files.iter().find(|(_, path)| path == target);
    found.map(|(kind, _)| *kind)
}

/// What one of the kernel's own device nodes is.
fn node_of(target: &Path) -> Option<DeviceKind> {
    let node = target.to_str()?;
    if node.starts_with("/dev/video") {
        return Some(DeviceKind::Camera);
    }
    // ALSA's own names: pcmC0D0c captures, pcmC0D0p plays.
    let pcm = node.strip_prefix("/dev/snd/pcm")?;
    match pcm.as_bytes().last()? {
        b'c' => Some(DeviceKind::Microphone),
        b'p' => Some(DeviceKind::Speaker),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceKind, node_of};

    #[test]
    fn the_kernels_own_names_tell_capture_from_playback() {
        let kind = |node: &str| node_of(node.as_ref());
        assert_eq!(kind("/dev/snd/pcmC0D0c"), Some(DeviceKind::Microphone));
        assert_eq!(kind("/dev/snd/pcmC1D0p"), Some(DeviceKind::Speaker));
        assert_eq!(kind("/dev/video0"), Some(DeviceKind::Camera));
        assert_eq!(kind("/dev/snd/controlC0"), None);
    }
}
