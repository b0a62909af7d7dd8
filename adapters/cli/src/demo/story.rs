//! What everybody said, as it came in, and how to wait for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exeunt_port::{DeviceKind, UserId};
use exeunt_runtime::{ExitReport, Outcome, Policy, Step};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::PATIENCE;
use super::sightings::Sighting;
use crate::attending::Say;
use crate::failure::Failure;
use crate::line::{Line, What, plain, unix_micros};
use crate::output;

/// Everything that was said so far. Cloning gives another handle.
#[derive(Clone)]
pub(crate) struct Story(Arc<Shared>);

struct Shared {
    json: bool,
    began: u64,
    told: Mutex<Told>,
    changed: Notify,
}

#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    headings: Vec<(u64, String)>,
    members_after_kick: Vec<UserId>,
    /// Who says nothing any more, and what went wrong with him, if anything did.
    over: BTreeMap<UserId, Option<String>>,
}

/// One person's part of the story.
pub(crate) struct Lines<'story>(Vec<&'story Line>);

/// One person's part, with what was seen from outside. What the timelines are made of.
pub(crate) struct Act {
    pub(crate) user: UserId,
    pub(crate) lines: Vec<Line>,
    pub(crate) policy: Policy,
    pub(crate) steps: Vec<(u64, Step)>,
    pub(crate) report: Option<ExitReport>,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) headings: Vec<(u64, String)>,
    pub(crate) members_after_kick: Vec<UserId>,
    pub(crate) began: u64,
}

impl Story {
    pub(crate) fn new(json: bool) -> Self {
        let told = Mutex::default();
        Self(Arc::new(Shared {
            json,
            began: unix_micros(),
            told,
            changed: Notify::new(),
        }))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        // A panic while a line is added leaves the lines before it as they were.
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that the demo does; the timelines have it as well.
    pub(crate) fn say(&self, heading: &str) {
        self.told()
            .headings
            .push((unix_micros(), heading.to_owned()));
        self.note(heading);
    }

    /// Something to know while it runs.
    pub(crate) fn note(&self, heading: &str) {
        let now = unix_micros();
        if self.0.json {
            output::line(json!({ "type": "heading", "unix_micros": now, "text": heading }));
        } else {
            output::line(format_args!("{:>8.3} s  -- {heading}", self.seconds(now)));
        }
    }

    /// Takes a line in, shows it if it is one to be shown, and wakes whoever waits.
    pub(crate) fn hear(&self, line: Line) {
        if self.0.json {
            output::line(line.json());
        } else if let (What::Callback { .. }, Some(text)) = (&line.what, line.text()) {
            output::line(format_args!(
                "{:>8.3} s  {:6} {text}",
                self.seconds(line.unix_micros),
                line.user
            ));
        }
        self.told().lines.push(line);
        self.0.changed.notify_waiters();
    }

    /// Notes that somebody says nothing any more; whoever waits for him waits in vain.
    pub(crate) fn over(&self, user: &UserId, failure: Option<String>) {
        self.told().over.insert(user.clone(), failure);
        self.0.changed.notify_waiters();
    }

    /// For somebody who speaks in this process.
    pub(crate) fn listener(&self) -> Say {
        let story = self.clone();
        Arc::new(move |line| story.hear(line))
    }

    /// Who was in the room after the kick, by the server's own account.
    pub(crate) fn note_members(&self, members: Vec<UserId>) {
        self.told().members_after_kick = members;
    }

    /// Waits until somebody's lines say so, but not for ever.
    pub(crate) async fn until(
        &self,
        user: &UserId,
        what: &str,
        so: impl Fn(&Lines<'_>) -> bool,
    ) -> Result<(), Failure> {
        let waiting = async {
            loop {
                let changed = self.0.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                // In this order: who is over by now has said everything before.
                let on = self.is_on(user);
                if self.is_so(user, &so) {
                    return Ok(());
                }
                on?;
                changed.await;
            }
        };
        let overdue = |_| Failure::Overdue {
            what: format!("what {user} was waiting for ({what})"),
            seconds: PATIENCE.as_secs(),
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .map_err(overdue)?
    }

    /// Waits until somebody has heard this much more of somebody else.
    pub(crate) async fn hear_more(
        &self,
        user: &UserId,
        other: &UserId,
        packets: u64,
    ) -> Result<(), Failure> {
        let so_far = {
            let told = self.told();
            Lines(
                told.lines
                    .iter()
                    .filter(|line| line.user == *user)
                    .collect(),
            )
            .sound_of(other)
        };
        let what = format!("to hear more of {other}");
        self.until(user, &what, |lines| {
            lines.sound_of(other) >= so_far + packets
        })
        .await
    }

    /// Whether this person can still say something, and nobody else has failed: whoever waits for him
    /// waits in vain.
    fn is_on(&self, user: &UserId) -> Result<(), Failure> {
        let told = self.told();
        let mut over = told.over.iter();
        match over.find(|(who, failure)| *who == user || failure.is_some()) {
            None => Ok(()),
            Some((who, failure)) => Err(Failure::Gone {
                user: who.clone(),
                detail: failure
                    .clone()
                    .unwrap_or_else(|| "it left too early".to_owned()),
            }),
        }
    }

    fn is_so(&self, user: &UserId, so: impl Fn(&Lines<'_>) -> bool) -> bool {
        let told = self.told();
        so(&Lines(
            told.lines
                .iter()
                .filter(|line| line.user == *user)
                .collect(),
        ))
    }

    fn seconds(&self, unix_micros: u64) -> f64 {
        std::time::Duration::from_micros(unix_micros.saturating_sub(self.0.began)).as_secs_f64()
    }

    /// The story told, by person.
    pub(crate) fn acts(&self, people: &[UserId], sightings: &[Sighting]) -> Vec<Act> {
        let told = self.told();
        let act = |user: &UserId| {
            let lines: Vec<_> = told
                .lines
                .iter()
                .filter(|line| line.user == *user)
                .cloned()
                .collect();
            let steps = lines.iter().filter_map(|line| match &line.what {
                What::Step { step } => Some((line.unix_micros, step.clone())),
                What::Began { .. }
                | What::Callback { .. }
                | What::Device { .. }
                | What::Heard { .. }
                | What::Report { .. } => None,
            });
            let policy = lines.iter().find_map(|line| match &line.what {
                What::Began { policy, .. } => Some(*policy),
                What::Step { .. }
                | What::Callback { .. }
                | What::Device { .. }
                | What::Heard { .. }
                | What::Report { .. } => None,
            });
            Act {
                user: user.clone(),
                policy: policy.unwrap_or_default(),
                steps: steps.collect(),
                report: Lines(lines.iter().collect()).report().cloned(),
                sightings: sightings
                    .iter()
                    .filter(|seen| seen.user == *user)
                    .cloned()
                    .collect(),
                headings: told.headings.clone(),
                members_after_kick: told.members_after_kick.clone(),
                began: self.0.began,
                lines,
            }
        };
        people.iter().map(act).collect()
    }
}

impl Lines<'_> {
    /// Whether this callback has come.
    pub(crate) fn called(&self, callback: &str) -> bool {
        self.callbacks().any(|(name, _)| name == callback)
    }

    /// Whether this person was told that somebody left, for this reason.
    pub(crate) fn saw_leave(&self, other: &UserId, reason: u8) -> bool {
        self.callbacks().any(|(name, arguments)| {
            let arguments: Vec<_> = arguments.iter().map(plain).collect();
            name == "onRemoteUserLeaveRoom" && arguments == [other.to_string(), reason.to_string()]
        })
    }

    /// How many packets of somebody's sound have arrived.
    pub(crate) fn sound_of(&self, other: &UserId) -> u64 {
        let heard = self.0.iter().filter_map(|line| match &line.what {
            What::Heard {
                from,
                sound_packets,
                ..
            } if from == other => Some(*sound_packets),
            What::Heard { .. }
            | What::Began { .. }
            | What::Callback { .. }
            | What::Device { .. }
            | What::Step { .. }
            | What::Report { .. } => None,
        });
        heard.max().unwrap_or(0)
    }

    /// The report, once the stay is over.
    pub(crate) fn report(&self) -> Option<&ExitReport> {
        self.0.iter().find_map(|line| match &line.what {
            What::Report { report } => Some(&**report),
            What::Began { .. }
            | What::Callback { .. }
            | What::Device { .. }
            | What::Step { .. }
            | What::Heard { .. } => None,
        })
    }

    fn callbacks(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0.iter().filter_map(|line| line.as_callback())
    }
}

impl Act {
    /// The same questions, once the story is told.
    pub(crate) fn lines(&self) -> Lines<'_> {
        Lines(self.lines.iter().collect())
    }

    /// The kinds of device that were let go of in the exit, but were never seen open from outside.
    pub(crate) fn unseen(&self) -> Vec<DeviceKind> {
        let devices = self.report.iter().flat_map(|report| &report.devices);
        let held = devices.filter(|device| device.line.outcome != Outcome::NotOwed);
        held.map(|device| device.kind)
            .filter(|kind| self.sightings.iter().all(|seen| seen.kind != *kind))
            .collect()
    }

    /// When this callback came, each time.
    pub(crate) fn calls(&self, callback: &str) -> Vec<u64> {
        let calls = self
            .lines
            .iter()
            .filter(|line| line.as_callback().is_some_and(|(name, _)| name == callback));
        calls.map(|line| line.unix_micros).collect()
    }
}

impl Line {
    /// Whether it is something that the application hears of its stay.
    pub(crate) fn is_told(&self) -> bool {
        matches!(self.what, What::Callback { .. } | What::Device { .. })
    }

    /// Name and arguments, if it is a callback.
    pub(crate) fn as_callback(&self) -> Option<(&str, &[Value])> {
        match &self.what {
            What::Callback { name, arguments } => Some((name, arguments)),
            What::Began { .. }
            | What::Device { .. }
            | What::Step { .. }
            | What::Heard { .. }
            | What::Report { .. } => None,
        }
    }
}
