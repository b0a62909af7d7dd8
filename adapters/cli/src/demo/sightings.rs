//! What the operating system and the sound server show of somebody's devices, looked at from outside
//! of his session.

mod kernel;
mod sound_server;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use exeunt_port::{DeviceKind, UserId};
use serde::Serialize;

use super::guarantees::KINDS;
use crate::arguments::Devices;
use crate::line::unix_micros;

/// A device that was shown as open, from the first look to the last that found it so.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sighting {
    pub(crate) user: UserId,
    pub(crate) kind: DeviceKind,
    /// Who showed it.
    pub(crate) shown_by: Witness,
    /// The beginning of the first look that found it open.
    #[serde(rename = "first_seen_open")]
    pub(crate) first: u64,
    /// The beginning of the last look that found it open.
    #[serde(rename = "last_seen_open")]
    pub(crate) last: u64,
    /// The end of the first look that found it gone; none if it never was.
    pub(crate) gone: Option<u64>,
}

/// Who shows what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Witness {
    /// The descriptors of the process, as the kernel lists them.
    Kernel,
    /// The streams of the process, as the sound server lists them.
    SoundServer,
}

impl std::fmt::Display for Witness {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Kernel => "the system",
            Self::SoundServer => "the sound server",
        })
    }
}

/// Somebody whose devices are looked at.
#[derive(Clone)]
struct Watched {
    user: UserId,
    /// The process that holds his devices, and perhaps those of others.
    process: u32,
    /// The files that stand in for devices; each is one person's alone.
    files: Vec<(DeviceKind, PathBuf)>,
    /// The kinds of the machine's own devices that he has, and nobody else in that process.
    own: Vec<DeviceKind>,
}

/// One look at one person: when it began, and what was open. Nothing if nobody answered.
type Look = Option<(u64, Vec<DeviceKind>)>;

/// Looks again and again, from threads of its own: one that asks the kernel, which is cheap, and one
/// that asks the sound server, which costs two processes a look.
pub(crate) struct Watch {
    watchers: Vec<(Sender<Watched>, JoinHandle<Vec<Sighting>>)>,
}

impl Watch {
    pub(crate) fn start(with_sound_server: bool) -> Self {
        let kernel = start(Witness::Kernel, kernel::EVERY, kernel::look);
        let server = with_sound_server.then(|| {
            start(
                Witness::SoundServer,
                sound_server::EVERY,
                sound_server::look,
            )
        });
        Self {
            watchers: [Some(kernel), server].into_iter().flatten().collect(),
        }
    }

    /// Looks at this person's devices from now on.
    pub(crate) fn look_at(&mut self, user: &UserId, process: u32, devices: &Devices) {
        let watched = Watched {
            user: user.clone(),
            process,
            files: devices.files(),
            own: devices.of_the_machine(),
        };
        for (people, _) in &self.watchers {
            // The threads end only when this end is dropped.
            let _ = people.send(watched.clone());
        }
    }

    /// Looks a last time and says what was seen.
    pub(crate) fn stop(self) -> Vec<Sighting> {
        let (people, looking): (Vec<_>, Vec<_>) = self.watchers.into_iter().unzip();
        drop(people);
        let seen = looking
            .into_iter()
            .map(|thread| thread.join().unwrap_or_default());
        seen.flatten().collect()
    }
}

fn start(
    witness: Witness,
    every: Duration,
    look: fn(&[Watched]) -> Vec<Look>,
) -> (Sender<Watched>, JoinHandle<Vec<Sighting>>) {
    let (people, arriving) = channel();
    let looking = std::thread::spawn(move || watch(witness, every, look, &arriving));
    (people, looking)
}

fn watch(
    witness: Witness,
    every: Duration,
    look: fn(&[Watched]) -> Vec<Look>,
    arriving: &Receiver<Watched>,
) -> Vec<Sighting> {
    let mut people: Vec<Watched> = Vec::new();
    let mut sightings: Vec<Sighting> = Vec::new();
    loop {
        let over = match arriving.recv_timeout(every) {
            Ok(watched) => {
                people.push(watched);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        for (watched, look) in people.iter().zip(look(&people)) {
            if let Some((began, open)) = look {
                note(&mut sightings, &watched.user, witness, &open, began);
            }
        }
        if over {
            return sightings;
        }
    }
}

/// Brings the sightings of one person up to date with one look.
fn note(
    sightings: &mut Vec<Sighting>,
    user: &UserId,
    witness: Witness,
    open: &[DeviceKind],
    began: u64,
) {
    for kind in KINDS {
        let current = sightings
            .iter_mut()
            .find(|seen| seen.user == *user && seen.kind == kind && seen.gone.is_none());
        match (current, open.contains(&kind)) {
            (Some(seen), true) => seen.last = began,
            (Some(seen), false) => seen.gone = Some(unix_micros()),
            (None, true) => sightings.push(Sighting {
                user: user.clone(),
                kind,
                shown_by: witness,
                first: began,
                last: began,
                gone: None,
            }),
            (None, false) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceKind, Witness, note};

    #[test]
    fn a_device_is_gone_from_the_first_look_that_does_not_find_it() {
        let user = "alice".parse().expect("a valid name");
        let mut seen = Vec::new();
        let mut look = |open: &[DeviceKind], began| {
            note(&mut seen, &user, Witness::Kernel, open, began);
            seen.clone()
        };
        look(&[DeviceKind::Camera], 10);
        let seen = look(&[DeviceKind::Camera], 20);
        assert_eq!((seen[0].first, seen[0].last, seen[0].gone), (10, 20, None));
        let seen = look(&[], 30);
        assert!(seen[0].gone.is_some());
        let seen = look(&[DeviceKind::Camera], 40);
        assert_eq!(seen.len(), 2);
    }
}
