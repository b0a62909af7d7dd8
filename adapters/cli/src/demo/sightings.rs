//! What the operating system shows of somebody's devices, looked at from outside of his session.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use exeunt_port::{DeviceKind, UserId};

use crate::arguments::Devices;
use crate::line::unix_micros;

/// How often is looked.
const EVERY: Duration = Duration::from_micros(500);

/// A device that the system showed as open, from the first look to the last that found it so.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) user: UserId,
    pub(crate) kind: DeviceKind,
    /// The beginning of the first look that found it open.
    pub(crate) first: u64,
    /// The beginning of the last look that found it open.
    pub(crate) last: u64,
    /// The first look that found it gone; none if it never was.
    pub(crate) gone: Option<u64>,
}

/// Looks into `/proc` from a thread of its own. Elsewhere than on Linux it sees nothing.
pub(crate) struct Watch {
    people: Sender<Watched>,
    looking: JoinHandle<Vec<Sighting>>,
}

struct Watched {
    user: UserId,
    process: u32,
    files: Vec<(DeviceKind, PathBuf)>,
}

impl Watch {
    pub(crate) fn start() -> Self {
        let (people, watched) = channel();
        Self {
            people,
            looking: std::thread::spawn(move || look(&watched)),
        }
    }

    /// Looks at this person's devices from now on.
    pub(crate) fn look_at(&mut self, user: &UserId, process: u32, devices: &Devices) {
        let watched = Watched {
            user: user.clone(),
            process,
            files: devices.files(),
        };
        // The thread ends only when this end is dropped.
        let _ = self.people.send(watched);
    }

    /// Looks a last time and says what was seen.
    pub(crate) fn stop(self) -> Vec<Sighting> {
        drop(self.people);
        self.looking.join().unwrap_or_default()
    }
}

fn look(arriving: &Receiver<Watched>) -> Vec<Sighting> {
    let mut people: Vec<Watched> = Vec::new();
    let mut sightings: Vec<Sighting> = Vec::new();
    loop {
        let over = match arriving.recv_timeout(EVERY) {
            Ok(watched) => {
                people.push(watched);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        for watched in &people {
            let began = unix_micros();
            let open = open_devices(watched);
            note(&mut sightings, &watched.user, &open, began);
        }
        if over {
            return sightings;
        }
    }
}

/// Brings the sightings of one person up to date with one look.
fn note(sightings: &mut Vec<Sighting>, user: &UserId, open: &[DeviceKind], began: u64) {
    let current = |sightings: &mut Vec<Sighting>, kind| {
        sightings
            .iter()
            .position(|seen| seen.user == *user && seen.kind == kind && seen.gone.is_none())
    };
    for kind in [
        DeviceKind::Microphone,
        DeviceKind::Speaker,
        DeviceKind::Camera,
    ] {
        match (current(sightings, kind), open.contains(&kind)) {
            (Some(place), true) => sightings[place].last = began,
            (Some(place), false) => sightings[place].gone = Some(unix_micros()),
            (None, true) => sightings.push(Sighting {
                user: user.clone(),
                kind,
                first: began,
                last: began,
                gone: None,
            }),
            (None, false) => {}
        }
    }
}

/// Which kinds of device the process holds a descriptor of.
fn open_devices(watched: &Watched) -> Vec<DeviceKind> {
    let folder = format!("/proc/{}/fd", watched.process);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets
        .filter_map(|target| kind_of(&target, &watched.files))
        .collect()
}

/// What an open file means: a file that stands in, or one of the kernel's own device nodes.
fn kind_of(target: &Path, files: &[(DeviceKind, PathBuf)]) -> Option<DeviceKind> {
    if let Some((kind, _)) = files.iter().find(|(_, path)| path == target) {
        return Some(*kind);
    }
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
    use super::{DeviceKind, kind_of, note};

    #[test]
    fn the_kernels_own_names_tell_capture_from_playback() {
        let kind = |node: &str| kind_of(node.as_ref(), &[]);
        assert_eq!(kind("/dev/snd/pcmC0D0c"), Some(DeviceKind::Microphone));
        assert_eq!(kind("/dev/snd/pcmC1D0p"), Some(DeviceKind::Speaker));
        assert_eq!(kind("/dev/video0"), Some(DeviceKind::Camera));
        assert_eq!(kind("/dev/snd/controlC0"), None);
    }

    #[test]
    fn a_device_is_gone_from_the_first_look_that_does_not_find_it() {
        let user = "alice".parse().expect("a valid name");
        let mut seen = Vec::new();
        note(&mut seen, &user, &[DeviceKind::Camera], 10);
        note(&mut seen, &user, &[DeviceKind::Camera], 20);
        assert_eq!((seen[0].first, seen[0].last, seen[0].gone), (10, 20, None));
        note(&mut seen, &user, &[], 30);
        assert!(seen[0].gone.is_some());
        note(&mut seen, &user, &[DeviceKind::Camera], 40);
        assert_eq!(seen.len(), 2);
    }
}
