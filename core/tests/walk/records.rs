//! What a session's report says of an exit, in every configuration: when, how, and that it stands.
//!
//! Here time passes with every step, so that no two things happen at the same time.

use core::time::Duration;
use std::collections::BTreeMap;

use exeunt_core::{
    Closing, Departure, DeviceStage, Effect, Epoch, Event, ExitReport, Instant, Ledger, Outcome,
    Policy, Session, Settlement, Slot, State,
};

/// Long, and no two waits equally long.
const POLICY: Policy = Policy {
    entering: Duration::from_secs(100),
    recovering: Duration::from_secs(110),
    opening: Duration::from_secs(120),
    departure: Duration::from_secs(130),
    device: Duration::from_secs(140),
    transport: Duration::from_secs(150),
};

const STEP: Duration = Duration::from_millis(3);

/// A line of a report; devices by their slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Departure,
    Transport,
    Device(Slot),
}

/// A session, and what somebody who watches it writes down.
struct Watched {
    session: Session,
    stay: Epoch,
    now: Instant,
    exit_began: Option<Instant>,
    over: Option<Duration>,
    lines: BTreeMap<Line, Settlement>,
}

impl Watched {
    fn new() -> Self {
        let session = Session::new(POLICY);
        Self {
            stay: session.next_epoch(),
            session,
            now: Instant::ZERO,
            exit_began: None,
            over: None,
            lines: BTreeMap::new(),
        }
    }

    fn happens(&mut self, event: Event) {
        self.now = self.now.after(STEP);
        if let Event::DeadlineReached(wait) = event {
            // Reached, and told late.
            self.now = self.now.after(POLICY.bound(wait));
        }
        let effects = self.session.handle(self.stay, event, self.now).effects;
        let (State::Exiting(ledger) | State::Exited(ledger)) = self.session.state() else {
            return;
        };
        if self.over.is_some() {
            return;
        }
        let began = *self.exit_began.get_or_insert(self.now);
        let took = self.now.since(began);
        for (line, outcome) in settled(self.session.state(), ledger) {
            let noted = self.lines.get(&line);
            if noted.is_none_or(|noted| noted.outcome != outcome) {
                self.lines.insert(line, Settlement { outcome, took });
            }
        }
        if effects.contains(&Effect::ReportExit) {
            self.over = Some(took);
        }
    }

    /// Leaves, and lets every deadline be reached.
    fn leaves(&mut self) {
        self.happens(Event::ExitRequested);
        while let Some(due) = self.session.poll_timeout() {
            self.happens(Event::DeadlineReached(due.wait));
        }
    }

    fn is_reported(&self) -> Result<(), String> {
        let report = self.session.report().ok_or("there is no report")?;
        let devices = report.devices();
        let said: BTreeMap<_, _> = [
            (Line::Departure, report.departure),
            (Line::Transport, report.transport),
        ]
        .into_iter()
        .chain(devices.map(|(slot, settlement)| (Line::Device(slot), settlement)))
        .collect();
        if said == self.lines && Some(report.took) == self.over {
            return Ok(());
        }
        Err(format!(
            "the report says {said:?} and {:?} in all; what happened is {:?} and {:?} in all",
            report.took, self.lines, self.over
        ))
    }
}

/// The lines that are settled, with how.
fn settled(state: &State, ledger: &Ledger) -> Vec<(Line, Outcome)> {
    let mut lines = Vec::new();
    if let Departure::Settled(outcome) = ledger.departure() {
        lines.push((Line::Departure, outcome));
    }
    if let Closing::Settled(outcome) = ledger.closing() {
        lines.push((Line::Transport, outcome));
    }
    for slot in Slot::all() {
        let outcome = match state.device(slot) {
            DeviceStage::Settled(outcome) => outcome,
            // It was gated, and that is all that was owed (G-16).
            DeviceStage::Lent => Outcome::NotOwed,
            DeviceStage::Absent
            | DeviceStage::Opening
            | DeviceStage::Open
            | DeviceStage::Releasing { .. } => continue,
        };
        lines.push((Line::Device(slot), outcome));
    }
    lines
}

/// G-2, G-11: the report says when everything was settled and how, counted from the beginning of the
/// exit; it stands whatever comes late; and the report of the next stay says nothing of this one.
pub(crate) fn the_report_says_what_happened(
    path: &[Event],
    events: &[Event],
) -> Result<(), String> {
    let mut watched = Watched::new();
    for event in path {
        watched.happens(*event);
    }
    if watched.session.report().is_some() != watched.over.is_some() {
        return Err("there is a report of a stay that is not over, or none of one that is".into());
    }
    if matches!(watched.session.state(), State::Idle) {
        return Ok(());
    }
    watched.leaves();
    watched.is_reported()?;

    let report = watched.session.report();
    for event in events
        .iter()
        .filter(|event| **event != Event::EnterRequested)
    {
        watched.happens(*event);
        if watched.session.report() != report {
            return Err(format!("{event:?} came late and changed the report"));
        }
    }

    let again = in_and_out(&mut watched.session, watched.now);
    let fresh = in_and_out(&mut Session::new(POLICY), Instant::ZERO);
    if again == fresh {
        Ok(())
    } else {
        Err(format!(
            "the next stay's report is {again:?}; without this one it is {fresh:?}"
        ))
    }
}

/// The report of a stay that is entered, left, confirmed and closed; its number apart.
fn in_and_out(session: &mut Session, mut now: Instant) -> Option<ExitReport> {
    let stay = session.next_epoch();
    for event in [
        Event::EnterRequested,
        Event::Entered,
        Event::ExitRequested,
        Event::DepartureConfirmed,
        Event::TransportClosed,
    ] {
        now = now.after(STEP);
        let _ = session.handle(stay, event, now);
    }
    let epoch = Epoch::FIRST;
    session
        .report()
        .map(|report| ExitReport { epoch, ..report })
}
