//! Which of this process's descriptors lead to a sound card, and whether they are closed (G-13).
//!
//! The kernel tells by `/proc/self/fd` what a process holds. Several streams may be open at once,
//! so each opening owns exactly those descriptors that appeared while it opened, and a number that
//! is used again belongs to the opening that used it last.

#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::closings::{CLOSES, CLOSINGS, Closing};

/// Which opening owns which descriptor.
#[cfg(target_os = "linux")]
static OWNERS: Mutex<BTreeMap<u32, u64>> = Mutex::new(BTreeMap::new());
/// What was there when the opening began that is under way.
#[cfg(target_os = "linux")]
static BEFORE: Mutex<linux::Before> = Mutex::new(linux::Before::nothing());
static OPENING: Mutex<()> = Mutex::new(());

/// Held while a sound card is opened, so that what appears meanwhile belongs to one opening.
///
/// It is held across the driver's calls on purpose: ALSA's library opens one device at a time
/// anyway, and only device threads, which may be given up, wait for it.
pub(crate) struct Watching {
    _opening: MutexGuard<'static, ()>,
}

/// The descriptors that one opening brought with it.
#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    #[cfg(target_os = "linux")]
    opening: u64,
    #[cfg(target_os = "linux")]
    owned: BTreeMap<u32, String>,
}

/// Says that sound cards are about to be opened and closed again, to see what there is.
pub(crate) fn looking() -> Closing {
    // Not while an opening looks at what is there or what has come.
    #[cfg(target_os = "linux")]
    let _before = before();
    CLOSINGS.begin()
}

impl Watching {
    /// Waits for the others that are opening a sound card or closing one, and looks at what is there.
    pub(crate) fn start() -> Self {
        let opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(target_os = "linux")]
        let all_closed = {
            let (all_closed, mut before) = once_closed();
            before.begin(linux::sound_cards());
            all_closed
        };
        #[cfg(not(target_os = "linux"))]
        let all_closed = CLOSINGS.wait(CLOSES);
        if !all_closed {
            tracing::warn!("opening a sound card while another one cannot be closed");
        }
        Self { _opening: opening }
    }

    /// What has come since.
    #[cfg(target_os = "linux")]
    pub(crate) fn appeared(self) -> Descriptors {
        use std::sync::atomic::{AtomicU64, Ordering};

        static OPENINGS: AtomicU64 = AtomicU64::new(1);
        // Nobody else opens a card until this one has claimed what is its own.
        let Self { _opening: guard } = self;
        let opening = OPENINGS.fetch_add(1, Ordering::Relaxed);
        let owned = {
            let (all_closed, before) = once_closed();
            before.claim(linux::sound_cards(), all_closed)
        };
        let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
        owners.extend(owned.keys().map(|descriptor| (*descriptor, opening)));
        drop(guard);
        Descriptors { opening, owned }
    }

    /// Other systems do not tell.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn appeared(self) -> Descriptors {
        Descriptors::default()
    }
}

impl Descriptors {
    /// Says that they are about to be closed. Who opens a card meanwhile may be given a number of theirs.
    pub(crate) fn closing(&self) -> Closing {
        // Under one lock, so that nobody sees the one without the other.
        #[cfg(target_os = "linux")]
        let mut before = before();
        #[cfg(target_os = "linux")]
        before.give_back(self.owned.keys().copied());
        CLOSINGS.begin()
    }

    /// Those that are still open, as text; empty where the system does not tell.
    #[cfg(target_os = "linux")]
    pub(crate) fn still_open(&self) -> Vec<String> {
        if self.owned.is_empty() {
            return Vec::new();
        }
        let now = linux::sound_cards();
        let owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
        linux::still_open(self.opening, &self.owned, &now, &owners)
    }

    /// Other systems do not tell.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn still_open(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(target_os = "linux")]
impl Drop for Descriptors {
    fn drop(&mut self) {
        if !self.owned.is_empty() {
            let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
            owners.retain(|_, owner| *owner != self.opening);
        }
    }
}

/// What was there before, as soon as nobody is closing any; and whether that came about in time. For as long
/// as this is held nobody begins.
#[cfg(target_os = "linux")]
fn once_closed() -> (bool, MutexGuard<'static, linux::Before>) {
    let deadline = std::time::Instant::now() + CLOSES;
    loop {
        let all_closed =
            CLOSINGS.wait(deadline.saturating_duration_since(std::time::Instant::now()));
        let before = before();
        // One that has begun just now has not closed yet what it gives back.
        if !all_closed || CLOSINGS.is_none() {
            return (all_closed, before);
        }
    }
}

#[cfg(target_os = "linux")]
fn before() -> MutexGuard<'static, linux::Before> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeMap, BTreeSet};

    /// This process's descriptors of sound cards, by number, with the nodes they lead to.
    pub(super) fn sound_cards() -> BTreeMap<u32, String> {
        // Without /proc nothing can be told, and then nothing is claimed.
        let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
            return BTreeMap::new();
        };
        entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let number = entry.file_name().to_str()?.parse().ok()?;
                let target = std::fs::read_link(entry.path()).ok()?;
                let target = target.to_str()?;
                target
                    .starts_with("/dev/snd/")
                    .then(|| (number, target.to_owned()))
            })
            .collect()
    }

    /// What was there when an opening began.
    pub(super) struct Before {
        there: BTreeMap<u32, String>,
        given_back: BTreeSet<u32>,
    }

    impl Before {
        pub(super) const fn nothing() -> Self {
            Self {
                there: BTreeMap::new(),
                given_back: BTreeSet::new(),
            }
        }

        /// An opening begins, and this is there.
        pub(super) fn begin(&mut self, there: BTreeMap<u32, String>) {
            *self = Self {
                there,
                given_back: BTreeSet::new(),
            };
        }

        /// Since then these were to be closed.
        pub(super) fn give_back(&mut self, numbers: impl Iterator<Item = u32>) {
            self.given_back.extend(numbers);
        }

        /// What is in `now` and was not there. What was to be closed has been closed, if `all_closed`:
        /// then a number of it that is there has been used again. Else it is taken for the old one.
        pub(super) fn claim(
            &self,
            now: BTreeMap<u32, String>,
            all_closed: bool,
        ) -> BTreeMap<u32, String> {
            let is_old = |number: &u32, target: &String| {
                let used_again = all_closed && self.given_back.contains(number);
                self.there.get(number) == Some(target) && !used_again
            };
            now.into_iter()
                .filter(|(number, target)| !is_old(number, target))
                .collect()
        }
    }

    /// What `opening` owned and still has.
    pub(super) fn still_open(
        opening: u64,
        owned: &BTreeMap<u32, String>,
        now: &BTreeMap<u32, String>,
        owners: &BTreeMap<u32, u64>,
    ) -> Vec<String> {
        owned
            .iter()
            .filter(|(number, target)| now.get(number) == Some(target))
            .filter(|(number, _)| owners.get(number) == Some(&opening))
            .map(|(number, target)| format!("descriptor {number} is {target}"))
            .collect()
    }

    #[cfg(test)]
    mod tests {
        use std::collections::BTreeMap;

        use super::{Before, still_open};

        const CAPTURE: &str = "/dev/snd/pcmC0D0c";
        const PLAYBACK: &str = "/dev/snd/pcmC0D0p";

        fn held(descriptors: &[(u32, &str)]) -> BTreeMap<u32, String> {
            descriptors
                .iter()
                .map(|(number, target)| (*number, (*target).to_owned()))
                .collect()
        }

        #[test]
        fn an_opening_owns_what_appeared_while_it_opened() {
            let mut before = Before::nothing();
            before.begin(held(&[(5, PLAYBACK)]));
            let now = held(&[(5, PLAYBACK), (7, CAPTURE)]);
            assert_eq!(before.claim(now, true), held(&[(7, CAPTURE)]));
        }

        #[test]
        fn a_number_that_was_given_back_and_is_used_again_belongs_to_who_opened_meanwhile() {
            let mut before = Before::nothing();
            before.begin(held(&[(5, PLAYBACK), (7, CAPTURE)]));
            before.give_back([7].into_iter());
            let now = held(&[(5, PLAYBACK), (7, CAPTURE)]);
            assert_eq!(before.claim(now.clone(), true), held(&[(7, CAPTURE)]));
            // While it cannot be told whether it was closed it stays whose it was.
            assert_eq!(before.claim(now.clone(), false), held(&[]));
            // And for the next opening it is an old one.
            before.begin(now.clone());
            assert_eq!(before.claim(now, true), held(&[]));
        }

        #[test]
        fn a_descriptor_that_stays_open_is_told() {
            let owned = held(&[(7, CAPTURE)]);
            let owners = BTreeMap::from([(7, 1)]);
            assert_eq!(
                still_open(1, &owned, &owned, &owners),
                ["descriptor 7 is /dev/snd/pcmC0D0c"]
            );
            assert!(still_open(1, &owned, &held(&[]), &owners).is_empty());
        }

        #[test]
        fn a_number_that_the_next_opening_uses_again_is_not_held_against_the_last() {
            let owned = held(&[(7, CAPTURE)]);
            let owners = BTreeMap::from([(7, 2)]);
            assert!(still_open(1, &owned, &owned, &owners).is_empty());
        }
    }
}
