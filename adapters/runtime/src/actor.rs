//! The task that owns a session: one event after another in, effects out.

mod shutdown;

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Disposition, Effect, Epoch, Event, Instant, Rejected, Session, Slot, State};
use exeunt_port::{EnterRequest, FrameQueue, RemoteFrame, RoomLink, RoomSide};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::client::Setup;
use crate::equipment::{Named, Source};
use crate::places::Meaning;
use crate::ports::Answer;
use crate::room::{DeviceRefused, DeviceRequest};
use crate::stay::Stay;
use crate::{ExitReport, RoomEvent, Step};

/// Answers of ports that may wait for the session; their tasks wait beyond that.
const ANSWERS: usize = 256;

/// What a client hands over when it enters.
pub(crate) struct Enter {
    pub(crate) epoch: Epoch,
    pub(crate) request: EnterRequest,
    pub(crate) transport_name: String,
    pub(crate) devices: Vec<Named>,
    pub(crate) link: RoomLink,
    pub(crate) side: RoomSide,
    pub(crate) shown: FrameQueue<RemoteFrame>,
    pub(crate) exit: CancellationToken,
    pub(crate) events: mpsc::Sender<RoomEvent>,
    pub(crate) report: watch::Sender<Option<Arc<ExitReport>>>,
    pub(crate) requests: mpsc::Receiver<DeviceRequest>,
    pub(crate) departing: TaskTrackerToken,
}

/// The session's task. It lives as long as its client, and beyond that until every stay is over and
/// everything that may come late has come.
pub(crate) struct Actor {
    setup: Setup,
    session: Session,
    origin: tokio::time::Instant,
    stays: BTreeMap<Epoch, Stay>,
    enters: mpsc::Receiver<Enter>,
    answers: mpsc::Sender<Answer>,
    facts: mpsc::Receiver<Answer>,
}

/// What the task can wake up for.
enum Woken {
    Enter(Option<Enter>),
    Exit,
    Request(DeviceRequest),
    Answer(Answer),
    Deadline,
}

impl Actor {
    pub(crate) fn spawn(setup: &Setup) -> mpsc::Sender<Enter> {
        let (client, enters) = mpsc::channel(1);
        tokio::spawn(Self::new(setup, enters).run());
        client
    }

    fn new(setup: &Setup, enters: mpsc::Receiver<Enter>) -> Self {
        let (answers, facts) = mpsc::channel(ANSWERS);
        Self {
            session: Session::new(setup.policy),
            setup: setup.clone(),
            origin: tokio::time::Instant::now(),
            stays: BTreeMap::new(),
            enters,
            answers,
            facts,
        }
    }

    async fn run(mut self) {
        let mut client_is_there = true;
        loop {
            // However many facts arrive, a deadline that is reached moves (G-6, G-17), and a request
            // is heard.
            self.reach_deadlines();
            self.take_request();
            self.forget();
            if !client_is_there && self.stays.is_empty() {
                return;
            }
            let timeout = self.session.poll_timeout();
            let at = timeout.map(|timeout| self.origin + micros(timeout.at));
            let in_room = matches!(self.session.state(), State::InRoom(_));
            let current = self.stays.get_mut(&self.session.epoch());
            let (exit, requests) = match current.filter(|stay| !stay.is_over()) {
                Some(stay) => (Some(stay.exit.clone()), Some(&mut stay.requests)),
                None => (None, None),
            };
            let woken = tokio::select! {
                biased;
                () = cancelled(exit), if in_room => Woken::Exit,
                enter = self.enters.recv(), if client_is_there => Woken::Enter(enter),
                Some(answer) = self.facts.recv() => Woken::Answer(answer),
                Some(request) = next(requests) => Woken::Request(request),
                () = reached(at), if at.is_some() => Woken::Deadline,
            };
            match woken {
                Woken::Enter(Some(enter)) => self.enter(enter),
                Woken::Enter(None) => client_is_there = false,
                Woken::Exit => {
                    self.feed(self.session.epoch(), Event::ExitRequested);
                }
                Woken::Request(request) => self.request(request),
                Woken::Answer(answer) => self.answer(answer),
                Woken::Deadline => {}
            }
        }
    }

    fn now(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_micros();
        Instant::from_micros(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    fn enter(&mut self, mut enter: Enter) {
        let epoch = enter.epoch;
        let devices = std::mem::take(&mut enter.devices);
        self.expect(enter);
        self.feed(epoch, Event::EnterRequested);
        for named in devices {
            let (kind, name) = (named.kind, named.name.clone());
            if let Err(why) = self.start(epoch, named)
                && let Some(stay) = self.stays.get(&epoch)
            {
                stay.tell(RoomEvent::DeviceRefused { kind, name, why });
            }
        }
    }

    /// Makes room for a stay.
    fn expect(&mut self, enter: Enter) {
        let (epoch, began) = (enter.epoch, self.origin.elapsed());
        let transport = Arc::clone(&self.setup.transport);
        let stay = Stay::new(enter, transport, self.setup.policy, &self.answers, began);
        self.stays.insert(epoch, stay);
    }

    /// Answers one request if one waits.
    fn take_request(&mut self) {
        let waiting = self
            .stays
            .get_mut(&self.session.epoch())
            .and_then(|stay| stay.requests.try_recv().ok());
        if let Some(request) = waiting {
            self.request(request);
        }
    }

    fn request(&mut self, request: DeviceRequest) {
        let epoch = self.session.epoch();
        match request {
            DeviceRequest::Start(named, reply) => {
                // Whoever asked may have gone; the device is the stay's all the same (G-7).
                let _ = reply.send(self.start(epoch, named));
            }
            DeviceRequest::Stop(slot, reply) => {
                let disposition = self.feed(epoch, Event::DeviceStopRequested(slot));
                if let Some(stay) = self.stays.get_mut(&epoch) {
                    // The core asks for nothing where nothing is to be released (G-16).
                    stay.give_back(slot);
                }
                let _ = reply.send(accepted(disposition));
            }
        }
    }

    /// Puts a device into the first slot that takes it: it is opened there, or used at once.
    fn start(&mut self, epoch: Epoch, named: Named) -> Result<Slot, DeviceRefused> {
        let request: fn(Slot) -> Event = match &named.source {
            Source::Lent(_) => Event::DeviceLent,
            Source::Preview(preview) if preview.is_open() => Event::DeviceAdopted,
            Source::Preview(_) | Source::Device(_) => Event::DeviceRequested,
        };
        for slot in Slot::all() {
            // The core knows which slot can take a device; a copy of it is asked first, because the
            // device has to be in its place when the effect comes.
            let mut probe = self.session.clone();
            match probe.handle(epoch, request(slot), self.now()).disposition {
                Disposition::Applied | Disposition::Undone => {}
                Disposition::Rejected(Rejected::NotInRoom | Rejected::StillExiting) => {
                    return Err(DeviceRefused::NotInRoom);
                }
                Disposition::Ignored(_) | Disposition::Rejected(_) => continue,
            }
            if let Some(stay) = self.stays.get_mut(&epoch) {
                stay.places.put(slot, named);
            }
            self.feed(epoch, request(slot));
            self.take_up(epoch, slot);
            return Ok(slot);
        }
        Err(DeviceRefused::NoFreeSlot)
    }

    /// Begins to use a device that is open already. What has befallen it meanwhile is heard at once.
    fn take_up(&mut self, epoch: Epoch, slot: Slot) {
        let stay = self.stays.get_mut(&epoch);
        let Some(meaning) = stay.and_then(|stay| stay.take_up(slot)) else {
            return;
        };
        self.learn(epoch, meaning);
    }

    fn answer(&mut self, answer: Answer) {
        let Answer { epoch, fact } = answer;
        let Some(stay) = self.stays.get_mut(&epoch) else {
            return;
        };
        let meaning = stay.take_in(fact);
        self.learn(epoch, meaning);
    }

    fn learn(&mut self, epoch: Epoch, (event, mut told): Meaning) {
        let Some(stay) = self.stays.get(&epoch) else {
            return;
        };
        if !matches!(event, Some(Event::LinkLost | Event::LinkRecovered))
            && let Some(told) = told.take()
        {
            stay.tell(told);
        }
        let Some(event) = event else { return };
        let disposition = self.feed(epoch, event);
        // A loss is told once, however often the transport says it, and not on the way out.
        if let Some(told) = told
            && disposition == Disposition::Applied
            && matches!(self.session.state(), State::InRoom(_))
            && let Some(stay) = self.stays.get(&epoch)
        {
            stay.tell(told);
        }
    }

    fn reach_deadlines(&mut self) {
        let now = self.now();
        while let Some(timeout) = self
            .session
            .poll_timeout()
            .filter(|timeout| timeout.at <= now)
        {
            let epoch = self.session.epoch();
            // Told first: this deadline may be the one that ends the stay, and nothing is told then.
            if let Some(stay) = self.stays.get(&epoch)
                && let Some(told) = stay.places.given_up(timeout.wait, &self.setup.policy)
            {
                stay.tell(told);
            }
            self.feed(epoch, Event::DeadlineReached(timeout.wait));
        }
    }

    /// Feeds the session, carries out what it asks, and feeds it what that answers at once.
    fn feed(&mut self, epoch: Epoch, event: Event) -> Disposition {
        let (disposition, answered) = self.step(epoch, event);
        let mut answered: VecDeque<Event> = answered.into();
        while let Some(event) = answered.pop_front() {
            answered.extend(self.step(epoch, event).1);
        }
        disposition
    }

    fn step(&mut self, epoch: Epoch, event: Event) -> (Disposition, Vec<Event>) {
        let step = self.handle(epoch, event);
        // Effects first: what an observer does with the step delays no release.
        let stay = self.stays.get_mut(&epoch);
        let answered = stay.map(|stay| stay.carry_out(&step.effects));
        self.conclude(&step);
        (step.disposition, answered.unwrap_or_default())
    }

    fn handle(&mut self, epoch: Epoch, event: Event) -> Step {
        let at = self.now();
        let reaction = self.session.handle(epoch, event, at);
        Step {
            at,
            epoch,
            event,
            state: self.session.state().into(),
            effects: reaction.effects,
            disposition: reaction.disposition,
        }
    }

    /// Shows a step, and then says what is to be said: the observer sees the last step before anybody
    /// can act on the report.
    fn conclude(&mut self, step: &Step) {
        tracing::debug!(
            parent: &self.span(step.epoch),
            event = ?step.event, state = ?step.state, effects = ?step.effects,
            disposition = ?step.disposition, "step"
        );
        self.observe(step);
        if step.effects.contains(&Effect::ReportEntered) {
            self.report_entered(step.epoch);
        }
        if step.effects.contains(&Effect::ReportExit) {
            self.report_exit(step.epoch);
        }
    }

    fn span(&self, epoch: Epoch) -> tracing::Span {
        let stay = self.stays.get(&epoch);
        stay.map_or_else(tracing::Span::none, |stay| stay.span.clone())
    }

    fn observe(&self, step: &Step) {
        let Some(observer) = &self.setup.observer else {
            return;
        };
        // Who watches is no part of the stay, and ends none (G-7).
        if std::panic::catch_unwind(AssertUnwindSafe(|| observer(step))).is_err() {
            tracing::error!(parent: &self.span(step.epoch), event = ?step.event, "the observer panicked");
        }
    }

    fn report_entered(&mut self, epoch: Epoch) {
        if let Some(stay) = self.stays.get_mut(&epoch) {
            stay.tell(RoomEvent::Entered(
                self.origin.elapsed().saturating_sub(stay.began),
            ));
        }
    }

    fn report_exit(&mut self, epoch: Epoch) {
        let bound = self.session.policy().total();
        let Some(core) = self.session.report() else {
            return;
        };
        let Some(stay) = self.stays.get_mut(&epoch) else {
            return;
        };
        let report = ExitReport::new(&core, bound, stay);
        tracing::info!(
            parent: &stay.span,
            reason = report.reason.number(), cause = ?report.cause, took = ?report.took,
            clean = report.is_clean(), "exited"
        );
        stay.end(report);
    }

    /// Lets go of stays that are over and can answer nothing any more (G-15).
    fn forget(&mut self) {
        self.stays.retain(|_, stay| !stay.is_forgotten());
    }
}

fn accepted(disposition: Disposition) -> Result<(), DeviceRefused> {
    match disposition {
        Disposition::Applied | Disposition::Undone | Disposition::Ignored(_) => Ok(()),
        Disposition::Rejected(Rejected::NotInRoom | Rejected::StillExiting) => {
            Err(DeviceRefused::NotInRoom)
        }
        Disposition::Rejected(other) => Err(DeviceRefused::Rejected(other)),
    }
}

fn micros(at: Instant) -> Duration {
    Duration::from_micros(at.as_micros())
}

async fn cancelled(exit: Option<CancellationToken>) {
    match exit {
        Some(exit) => exit.cancelled().await,
        None => std::future::pending().await,
    }
}

async fn next(requests: Option<&mut mpsc::Receiver<DeviceRequest>>) -> Option<DeviceRequest> {
    match requests {
        Some(requests) => requests.recv().await,
        None => std::future::pending().await,
    }
}

async fn reached(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
