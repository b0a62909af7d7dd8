//! Somebody with a microphone and a speaker.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_core::Effect;
use exeunt_cpal::{CpalMicrophone, CpalSpeaker, stuck_threads};
use exeunt_loopback::TransportFaults;
use exeunt_requirements::{LATENESS, Told, check, same};
use exeunt_runtime::{
    Client, DeviceKind, EnterRequest, ExitReport, Outcome, Policy, Reason, Room, RoomEvent,
};
use libtest_mimic::Failed;

use crate::bob::Bob;
use crate::outside::{NOTHING, looked_at_from_outside};
use crate::stage::{Stage, until};

pub(crate) const DEVICES: [DeviceKind; 2] = [DeviceKind::Microphone, DeviceKind::Speaker];
const ROOM: &str = "standup";

/// What the server had of this process at the last step before `onExitRoom`.
type Seen = Arc<Mutex<Option<std::io::Result<String>>>>;

/// Alice, outside of every room.
pub(crate) struct Alice {
    client: Client,
    seen: Seen,
    /// What goes wrong with her network.
    pub(crate) faults: TransportFaults,
}

/// Alice in a room, or on her way in or out.
pub(crate) struct InRoom {
    pub(crate) room: Room,
    pub(crate) faults: TransportFaults,
    seen: Seen,
    heard: Vec<RoomEvent>,
}

/// How a stay of hers ended.
pub(crate) struct Ending {
    pub(crate) report: Arc<ExitReport>,
    seen: Seen,
}

impl Alice {
    /// With the devices that her system has as its defaults.
    pub(crate) fn with(stage: &Stage, policy: Policy) -> Self {
        Self::of(stage, policy, |client| client)
    }

    /// The same, and she stands still at the last step before `onExitRoom`, to be looked at.
    pub(crate) fn looked_at(stage: &Stage, policy: Policy) -> Self {
        let seen = Seen::default();
        let looked = Arc::clone(&seen);
        let alice = Self::of(stage, policy, |client| {
            client.with_observer(move |step| {
                // Observers are shown the last step before anybody is told of the exit.
                if step.effects.contains(&Effect::ReportExit) {
                    let now = looked_at_from_outside();
                    *looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
                }
            })
        });
        Self { seen, ..alice }
    }

    fn of(stage: &Stage, policy: Policy, and: impl FnOnce(Client) -> Client) -> Self {
        let transport = stage.hub.transport();
        let faults = transport.faults();
        let client = Client::new(transport)
            .with_policy(policy)
            .with_device(CpalMicrophone::default_device())
            .with_device(CpalSpeaker::default_device());
        Self {
            client: and(client),
            seen: Seen::default(),
            faults,
        }
    }

    /// Begins to enter.
    pub(crate) fn enter(self, stage: &Stage) -> Result<InRoom, Failed> {
        let request = EnterRequest::unsigned("alice", ROOM)?;
        let room = stage.runs(|| self.client.enter(request));
        Ok(InRoom {
            room,
            faults: self.faults,
            seen: self.seen,
            heard: Vec::new(),
        })
    }

    /// Enters, and waits until both devices run.
    pub(crate) fn enters(self, stage: &Stage) -> Result<InRoom, Failed> {
        let mut alice = self.enter(stage)?;
        alice.until_open(stage, &DEVICES)?;
        Ok(alice)
    }

    /// Enters and is heard, and leaves with nothing left behind: a server is as good as at first.
    pub(crate) fn has_a_clean_stay(self, stage: &Stage) -> Told {
        let bob = Bob::enters(stage)?;
        let alice = self.enters(stage)?;
        bob.hears(stage, 5)?;
        let (ending, _) = alice.leaves(stage)?;
        ending.was_clean(Outcome::Done)?;
        stage.nothing_is_left()
    }
}

impl InRoom {
    /// Waits until these devices run.
    pub(crate) fn until_open(&mut self, stage: &Stage, kinds: &[DeviceKind]) -> Told {
        for wanted in kinds {
            self.until(
                stage,
                "an open device",
                |event| matches!(event, RoomEvent::DeviceOpened { kind, .. } if kind == wanted),
            )?;
        }
        Ok(())
    }

    /// Waits until this device is told to have gone by itself.
    pub(crate) fn until_vanished(&mut self, stage: &Stage, wanted: DeviceKind) -> Told {
        self.until(
            stage,
            "a device that vanished",
            |event| matches!(event, RoomEvent::DeviceVanished { kind, .. } if *kind == wanted),
        )
    }

    /// Resolves when this device is told to have gone by itself, or the stay is over.
    pub(crate) async fn vanishes(&mut self, wanted: DeviceKind) {
        let is_it = |event: &RoomEvent| matches!(event, RoomEvent::DeviceVanished { kind, .. } if *kind == wanted);
        if self.heard.iter().any(is_it) {
            return;
        }
        while let Some(event) = self.room.next_event().await {
            let ends_here = is_it(&event);
            self.heard.push(event);
            if ends_here {
                return;
            }
        }
    }

    /// Waits for the first such event that was not waited for before.
    pub(crate) fn until(
        &mut self,
        stage: &Stage,
        what: &str,
        is_it: impl Fn(&RoomEvent) -> bool,
    ) -> Told {
        if let Some(place) = self.heard.iter().position(&is_it) {
            self.heard.remove(place);
            return Ok(());
        }
        loop {
            let event = stage.wait(what, self.room.next_event())?;
            let event = event.ok_or_else(|| format!("the stay ended before {what}"))?;
            if is_it(&event) {
                return Ok(());
            }
            check(!matches!(event, RoomEvent::Exited(_)), || {
                format!("the stay ended before {what}: {event:?}")
            })?;
            self.heard.push(event);
        }
    }

    /// Leaves, and waits for the end.
    pub(crate) fn leaves(self, stage: &Stage) -> Result<(Ending, Alice), Failed> {
        let leaving = self.room.exit();
        let (report, client) = stage.wait("the end of an exit", leaving)?;
        let ending = Ending::of(report, &self.seen)?;
        let alice = Alice {
            client,
            seen: self.seen,
            faults: self.faults,
        };
        Ok((ending, alice))
    }

    /// Waits for an end that somebody else brings about, which is told once and last.
    pub(crate) fn ends(mut self, stage: &Stage) -> Result<Ending, Failed> {
        let mut reports = Vec::new();
        while let Some(event) = stage.wait("the end of the stay", self.room.next_event())? {
            check(reports.is_empty(), || {
                format!("after onExitRoom came {event:?}")
            })?;
            if let RoomEvent::Exited(report) = event {
                reports.push(report);
            }
        }
        let [report] = reports.as_slice() else {
            return Err(format!("onExitRoom came {} times", reports.len()).into());
        };
        Ending::of(Arc::clone(report), &self.seen)
    }
}

impl Ending {
    /// What holds for every exit: it is within its bound (G-6), as far as a busy machine lets it.
    fn of(report: Arc<ExitReport>, seen: &Seen) -> Result<Self, Failed> {
        check(report.took <= report.bound + LATENESS, || {
            format!("over its bound: {report}")
        })?;
        let seen = Arc::clone(seen);
        Ok(Self { report, seen })
    }

    pub(crate) fn was_for(&self, reason: Reason) -> Told {
        same("onExitRoom", &self.report.reason, &reason)
    }

    /// How each device was let go of, the microphone's first.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let mut devices = self.report.devices.clone();
        devices.sort_by_key(|device| device.slot);
        devices.iter().map(|device| device.line.outcome).collect()
    }

    /// Nothing is left behind, and this is how both devices went.
    pub(crate) fn was_clean(&self, both: Outcome) -> Told {
        check(self.report.is_clean(), || {
            format!("not clean: {}", self.report)
        })?;
        same("the devices", &self.outcomes(), &vec![both; 2])
    }

    /// Each device went in one of these ways.
    pub(crate) fn each_was(&self, allowed: &[Outcome]) -> Told {
        let outcomes = self.outcomes();
        check(outcomes.iter().all(|one| allowed.contains(one)), || {
            format!("{}", self.report)
        })
    }

    /// Both devices did not answer, the report says so, and the threads that were given up are counted.
    pub(crate) fn timed_out(&self) -> Told {
        same("the devices", &self.outcomes(), &vec![Outcome::TimedOut; 2])?;
        same("given up", &self.report.given_up(), &2)?;
        // The driver's threads were asked a moment after the session's clock had begun, and are counted
        // as stuck by a clock of their own.
        let stuck = || Ok(stuck_threads());
        until("two stuck threads", stuck, |stuck| *stuck == 2)
    }

    /// At the last step before `onExitRoom` the server had nothing of this process.
    pub(crate) fn was_off_before(&self) -> Told {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.as_ref() {
            Some(Ok(seen)) => check(seen == NOTHING, || {
                format!("before onExitRoom the server still had {seen}")
            }),
            Some(Err(error)) => Err(error.to_string().into()),
            None => Err("nobody looked before onExitRoom".into()),
        }
    }
}
