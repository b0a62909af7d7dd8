//! The task that owns a session: one event after another in, effects out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Disposition, Effect, Epoch, Event, Instant, Rejected, Session, Slot, State};
use exeunt_port::{Device, EnterRequest, FrameQueue, RemoteFrame, RoomLink, RoomSide};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::client::Setup;
use crate::ports::Answer;
use crate::report::{ExitLine, ReleasedDevice};
use crate::room::{DeviceRefused, DeviceRequest};
use crate::stay::Stay;
use crate::{ExitReport, RoomEvent, Step};

/// Answers of ports that may wait for the session; their tasks wait beyond that.
const ANSWERS: usize = 256;

/// What a client hands over when it enters.
pub(crate) struct Enter {
    pub(crate) request: EnterRequest,
    pub(crate) devices: Vec<Arc<dyn Device>>,
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
    answers: mpsc::Sender<Answer>,
    span: tracing::Span,
}

/// What the task can wake up for.
enum Woken {
    Enter(Option<Enter>),
    Exit,
    Request(Option<DeviceRequest>),
    Answer(Answer),
    Deadline,
}

impl Actor {
    pub(crate) fn spawn(setup: &Setup) -> mpsc::Sender<Enter> {
        let (client, enters) = mpsc::channel(1);
        let (answers, facts) = mpsc::channel(ANSWERS);
        let actor = Self {
            session: Session::new(setup.policy),
            setup: setup.clone(),
            origin: tokio::time::Instant::now(),
            stays: BTreeMap::new(),
            answers,
            span: tracing::Span::none(),
        };
        tokio::spawn(actor.run(enters, facts));
        client
    }

    async fn run(mut self, mut enters: mpsc::Receiver<Enter>, mut facts: mpsc::Receiver<Answer>) {
        let mut client_is_there = true;
        loop {
            // However many facts arrive, a deadline that is reached moves (G-6, G-17).
            self.reach_deadlines();
            self.forget();
            if !client_is_there && self.stays.is_empty() {
                return;
            }
            let timeout = self.session.poll_timeout();
            let at = timeout.map(|timeout| self.origin + micros(timeout.at));
            let current = self.stays.get_mut(&self.session.epoch());
            let (exit, requests) = match current {
                Some(stay) => (Some(stay.exit.clone()), Some(&mut stay.requests)),
                None => (None, None),
            };
            let leaving = !matches!(self.session.state(), State::InRoom(_));
            let woken = tokio::select! {
                biased;
                () = cancelled(exit), if !leaving => Woken::Exit,
                enter = enters.recv(), if client_is_there => Woken::Enter(enter),
                Some(answer) = facts.recv() => Woken::Answer(answer),
                request = next(requests), if !leaving => Woken::Request(request),
                () = reached(at), if at.is_some() => Woken::Deadline,
            };
            match woken {
                Woken::Enter(Some(enter)) => self.enter(enter),
                Woken::Enter(None) => client_is_there = false,
                Woken::Exit | Woken::Request(None) => {
                    self.feed(self.session.epoch(), Event::ExitRequested);
                }
                Woken::Request(Some(request)) => self.request(request),
                Woken::Answer(answer) => self.answer(answer),
                Woken::Deadline => {}
            }
        }
    }

    fn now(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_micros();
        Instant::from_micros(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    fn enter(&mut self, enter: Enter) {
        let epoch = self.session.next_epoch();
        self.span = tracing::info_span!(
            "stay",
            user = %enter.request.user,
            room = %enter.request.room,
            epoch = epoch.number(),
        );
        let devices = enter.devices.clone();
        let transport = Arc::clone(&self.setup.transport);
        let began = self.origin.elapsed();
        let stay = Stay::new(enter, transport, epoch, &self.answers, began);
        self.stays.insert(epoch, stay);
        self.feed(epoch, Event::EnterRequested);
        for device in devices {
            if let Err(refused) = self.start(epoch, device) {
                tracing::warn!(parent: &self.span, %refused, "a device was not started");
            }
        }
    }

    fn request(&mut self, request: DeviceRequest) {
        let epoch = self.session.epoch();
        match request {
            DeviceRequest::Start(device, reply) => {
                // Whoever asked may have gone; the device is the stay's all the same (G-7).
                let _ = reply.send(self.start(epoch, device));
            }
            DeviceRequest::Stop(slot, reply) => {
                let disposition = self.feed(epoch, Event::DeviceStopRequested(slot));
                let _ = reply.send(accepted(disposition));
            }
        }
    }

    /// Puts a device into the first slot that takes it, and asks for its opening.
    fn start(&mut self, epoch: Epoch, device: Arc<dyn Device>) -> Result<Slot, DeviceRefused> {
        for slot in Slot::all() {
            // The core knows which slot can take a device; a copy of it is asked first, because the
            // device has to be in its place when the effect comes.
            let mut probe = self.session.clone();
            match probe
                .handle(epoch, Event::DeviceRequested(slot), self.now())
                .disposition
            {
                Disposition::Applied | Disposition::Undone => {}
                Disposition::Rejected(Rejected::NotInRoom | Rejected::StillExiting) => {
                    return Err(DeviceRefused::NotInRoom);
                }
                Disposition::Ignored(_) | Disposition::Rejected(_) => continue,
            }
            if let Some(stay) = self.stays.get_mut(&epoch) {
                stay.places.put(slot, device);
            }
            self.feed(epoch, Event::DeviceRequested(slot));
            return Ok(slot);
        }
        Err(DeviceRefused::NoFreeSlot)
    }

    fn answer(&mut self, answer: Answer) {
        let Answer { epoch, fact } = answer;
        let Some(stay) = self.stays.get_mut(&epoch) else {
            return;
        };
        let (event, told) = stay.take_in(fact);
        if let Some(told) = told {
            stay.tell(told);
        }
        if let Some(event) = event {
            self.feed(epoch, event);
        }
    }

    fn reach_deadlines(&mut self) {
        let now = self.now();
        while let Some(timeout) = self
            .session
            .poll_timeout()
            .filter(|timeout| timeout.at <= now)
        {
            self.feed(self.session.epoch(), Event::DeadlineReached(timeout.wait));
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
        let at = self.now();
        let reaction = self.session.handle(epoch, event, at);
        let step = Step {
            at,
            epoch,
            event,
            state: self.session.state().into(),
            effects: reaction.effects,
            disposition: reaction.disposition,
        };
        tracing::debug!(
            parent: &self.span,
            event = ?step.event, state = ?step.state, effects = ?step.effects,
            disposition = ?step.disposition, "step"
        );
        // Effects first: what an observer does with the step delays no release.
        let mut answered = Vec::new();
        for effect in &step.effects {
            if let Some(stay) = self.stays.get_mut(&epoch) {
                answered.extend(stay.carry_out(*effect));
            }
            match effect {
                Effect::ReportEntered => self.report_entered(epoch),
                Effect::ReportExit => self.report_exit(epoch, &step),
                Effect::Connect
                | Effect::AbandonConnect
                | Effect::OpenDevice(_)
                | Effect::GateMedia
                | Effect::ReleaseDevice(_)
                | Effect::AnnounceDeparture
                | Effect::CloseTransport => {}
            }
        }
        if !step.effects.contains(&Effect::ReportExit) {
            self.observe(&step);
        }
        (step.disposition, answered)
    }

    fn observe(&self, step: &Step) {
        if let Some(observer) = &self.setup.observer {
            observer(step);
        }
    }

    fn report_entered(&mut self, epoch: Epoch) {
        if let Some(stay) = self.stays.get_mut(&epoch) {
            stay.tell(RoomEvent::Entered(
                self.origin.elapsed().saturating_sub(stay.began),
            ));
        }
    }

    fn report_exit(&mut self, epoch: Epoch, step: &Step) {
        // The observer sees the last step before anybody can act on the report.
        self.observe(step);
        let bound = self.session.policy().total();
        let Some(core) = self.session.report() else {
            return;
        };
        let Some(stay) = self.stays.get_mut(&epoch) else {
            return;
        };
        let devices = core.devices().filter_map(|(slot, settlement)| {
            let (kind, name) = stay.places.device(slot)?;
            let error = stay.places.errors.get(&slot).cloned();
            Some(ReleasedDevice {
                slot,
                kind,
                name,
                line: ExitLine::new(settlement, error),
            })
        });
        let report = ExitReport {
            user: stay.request.user.clone(),
            room: stay.request.room.clone(),
            transport_name: stay.transport.name().to_owned(),
            stay: epoch.number(),
            reason: core.reason(),
            cause: core.cause,
            origin: core.cause.origin(),
            secondary: core.secondary.iter().collect(),
            enter_error: stay.lines.enter_error.clone(),
            departure: ExitLine::new(core.departure, stay.lines.departure_error.clone()),
            receipt: stay.lines.receipt,
            transport: ExitLine::new(core.transport, stay.lines.transport_error.clone()),
            devices: devices.collect(),
            took: core.took,
            bound,
            frames_dropped: stay.frames_dropped(),
        };
        let span = self.span.clone();
        tracing::info!(
            parent: &span,
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
