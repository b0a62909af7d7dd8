//! What a speaker has heard, for whoever wants to know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::UserId;
use tokio::sync::watch;
use tokio::time::Instant;

use super::voice::SAMPLE_RATE;

/// What a speaker has heard of each user, over all its openings. Cloning gives another handle.
///
/// At most [`USERS`](Self::USERS) users are measured; who comes after them is played but not counted.
#[derive(Clone, Debug, Default)]
pub struct SoundMeter(Arc<watch::Sender<BTreeMap<UserId, Heard>>>);

/// What was heard of one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Opus packets that were decoded.
    pub packets: u64,
    /// Packets that the numbering shows to be missing. A user who opens his microphone anew begins anew.
    pub lost: u64,
    /// Packets that were no Opus.
    pub undecodable: u64,
    /// Samples at 48 kHz that came out of the packets.
    pub samples: u64,
    /// The sum of the squares of these samples; full scale is 1.
    pub energy: f64,
    /// The energy of the last packet alone, as a root mean square of 0 to about 1.
    pub last_rms: f64,
    /// When the last packet came, decodable or not, on tokio's clock.
    pub last_frame: Instant,
}

impl Heard {
    /// How much sound was heard.
    #[must_use]
    pub fn sound(&self) -> Duration {
        let rate = u64::from(SAMPLE_RATE);
        let rest = Duration::from_secs(self.samples % rate) / SAMPLE_RATE;
        Duration::from_secs(self.samples / rate) + rest
    }

    /// The root mean square of all that was heard: 0 is silence, 0.71 a sine at full scale.
    #[must_use]
    pub fn rms(&self) -> f64 {
        root_mean_square(self.energy, self.samples)
    }

    fn nothing(now: Instant) -> Self {
        Self {
            packets: 0,
            lost: 0,
            undecodable: 0,
            samples: 0,
            energy: 0.0,
            last_rms: 0.0,
            last_frame: now,
        }
    }
}

impl SoundMeter {
    /// How many users are measured.
    pub const USERS: usize = 1024;

    /// What was heard of this user; `None` if nothing was.
    #[must_use]
    pub fn heard(&self, user: &UserId) -> Option<Heard> {
        self.0.borrow().get(user).copied()
    }

    /// What was heard of everybody.
    #[must_use]
    pub fn everybody(&self) -> BTreeMap<UserId, Heard> {
        self.0.borrow().clone()
    }

    /// Resolves as soon as what was heard of this user is as wanted; looks after every packet.
    pub async fn until(&self, user: &UserId, wanted: impl Fn(&Heard) -> bool) -> Heard {
        let mut watched = self.0.subscribe();
        loop {
            // Copied out, so that `wanted` is not called while the meter is locked (G-8).
            let heard = watched.borrow_and_update().get(user).copied();
            match heard {
                Some(heard) if wanted(&heard) => return heard,
                Some(_) | None => {}
            }
            if watched.changed().await.is_err() {
                // The sender lives in `self`, so this cannot be; waiting on is the honest answer.
                std::future::pending::<()>().await;
            }
        }
    }

    pub(crate) fn packet(&self, user: &UserId, samples: &[f32], lost: u64) {
        let energy: f64 = samples
            .iter()
            .map(|sample| f64::from(*sample) * f64::from(*sample))
            .sum();
        let number = u64::try_from(samples.len()).unwrap_or(u64::MAX);
        self.note(user, |heard| {
            heard.packets += 1;
            heard.lost += lost;
            heard.samples += number;
            heard.energy += energy;
            heard.last_rms = root_mean_square(energy, number);
        });
    }

    pub(crate) fn undecodable(&self, user: &UserId) {
        self.note(user, |heard| heard.undecodable += 1);
    }

    fn note(&self, user: &UserId, act: impl FnOnce(&mut Heard)) {
        let now = Instant::now();
        self.0.send_if_modified(|users| {
            if !users.contains_key(user) {
                if users.len() >= Self::USERS {
                    return false;
                }
                users.insert(user.clone(), Heard::nothing(now));
            }
            let Some(heard) = users.get_mut(user) else {
                return false;
            };
            heard.last_frame = now;
            act(heard);
            true
        });
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 samples are six thousand years"
)]
fn root_mean_square(energy: f64, samples: u64) -> f64 {
    if samples == 0 {
        0.0
    } else {
        (energy / samples as f64).sqrt()
    }
}
