//! What one stay holds of the world, and how its effects are carried out.

use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Effect, Effects, Event, Policy, Slot};
use exeunt_port::{
    Codec, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest, FrameQueue,
    PlaybackQueue, RemoteFrame, RoomLink, RoomSide, RoomSignal, Transport,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::actor::Enter;
use crate::places::{Meaning, Places};
use crate::ports::{self, Answer, Answers, Fact};
use crate::room::DeviceRequest;
use crate::{ExitReport, RoomEvent};

/// One stay. It lives on after its exit for as long as something of it may still answer.
pub(crate) struct Stay {
    pub(crate) request: EnterRequest,
    pub(crate) transport_name: String,
    /// What traces of this stay stand under, late ones too.
    pub(crate) span: tracing::Span,
    pub(crate) exit: CancellationToken,
    pub(crate) requests: mpsc::Receiver<DeviceRequest>,
    pub(crate) began: Duration,
    pub(crate) places: Places,
    pub(crate) lines: Lines,
    /// Gone once the exit was reported: nothing is told after it (G-14).
    events: Option<mpsc::Sender<RoomEvent>>,
    report: watch::Sender<Option<Arc<ExitReport>>>,
    departing: Option<TaskTrackerToken>,
    transport: Arc<dyn Transport>,
    policy: Policy,
    answers: Answers,
    link: Option<RoomLink>,
    side: RoomSide,
    shown: FrameQueue<RemoteFrame>,
    connecting: Option<JoinHandle<()>>,
    /// Ends the connect, and listening to the room.
    cut: CancellationToken,
    connection: Option<Arc<dyn Connection>>,
    pump: Option<JoinHandle<()>>,
    /// Whether the connect may still answer.
    connect_unanswered: bool,
    /// Other calls into the transport that have not answered.
    unanswered: usize,
}

/// What the transport said, for the lines of the report.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) enter_error: Option<String>,
    pub(crate) enter_refused: Option<i32>,
    pub(crate) receipt: Option<DepartureReceipt>,
    pub(crate) departure_error: Option<String>,
    pub(crate) transport_error: Option<String>,
}

impl Stay {
    pub(crate) fn new(
        enter: Enter,
        transport: Arc<dyn Transport>,
        policy: Policy,
        answers: &mpsc::Sender<Answer>,
        began: Duration,
    ) -> Self {
        let answers = Answers::new(answers.clone(), enter.epoch);
        let span = tracing::info_span!(
            "stay",
            user = %enter.request.user,
            room = %enter.request.room,
            epoch = enter.epoch.number(),
        );
        Self {
            request: enter.request,
            transport_name: enter.transport_name,
            span,
            exit: enter.exit,
            requests: enter.requests,
            began,
            places: Places::new(answers.clone(), enter.side.outbound.clone(), policy),
            lines: Lines::default(),
            events: Some(enter.events),
            report: enter.report,
            departing: Some(enter.departing),
            transport,
            policy,
            answers,
            link: Some(enter.link),
            side: enter.side,
            shown: enter.shown,
            connecting: None,
            cut: CancellationToken::new(),
            connection: None,
            pump: None,
            connect_unanswered: false,
            unanswered: 0,
        }
    }

    pub(crate) fn frames_dropped(&self) -> u64 {
        self.side.outbound.dropped()
    }

    /// Whether its exit was reported.
    pub(crate) fn is_over(&self) -> bool {
        self.events.is_none()
    }

    /// Whether nothing of this stay can answer any more.
    pub(crate) fn is_forgotten(&self) -> bool {
        let unanswered = self.unanswered + self.places.unanswered;
        self.is_over() && unanswered == 0 && !self.connect_unanswered
    }

    /// Tells the application; never waits. Whoever does not listen loses events, never the exit.
    pub(crate) fn tell(&self, event: RoomEvent) {
        if let Some(events) = &self.events
            && let Err(mpsc::error::TrySendError::Full(event)) = events.try_send(event)
        {
            tracing::warn!(
                ?event,
                "the application does not listen; this event is lost"
            );
        }
    }

    /// Hands the report over; nothing is told after it (G-1, G-14).
    pub(crate) fn end(&mut self, report: ExitReport) {
        self.events = None;
        self.requests.close();
        // Whoever asked too late hears so now, and not when the last late answer has come.
        while self.requests.try_recv().is_ok() {}
        self.side.inbound.close();
        self.shown.close();
        if let Some(pump) = self.pump.take() {
            pump.abort();
        }
        if !self.connect_unanswered {
            // Nobody listens to the room any more, however long a device takes to let go (G-14).
            self.cut.cancel();
        }
        self.report.send_replace(Some(Arc::new(report)));
        self.departing = None;
    }

    /// Starts effects. Their answers come as facts; what can be answered at once is returned.
    pub(crate) fn carry_out(&mut self, effects: &Effects) -> Vec<Event> {
        // Both at once undo a connect that came too late. The close must not overtake the goodbye.
        if effects.contains(&Effect::AnnounceDeparture)
            && effects.contains(&Effect::CloseTransport)
            && let Some(connection) = self.connection.take()
        {
            self.side.abandon.cancel();
            tokio::spawn(ports::undo(connection, self.policy, self.answers.clone()));
            self.unanswered += 2;
            return Vec::new();
        }
        effects
            .iter()
            .filter_map(|effect| self.start(*effect))
            .collect()
    }

    fn start(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Connect => self.connect(),
            Effect::AbandonConnect => self.side.abandon.cancel(),
            Effect::OpenDevice(slot) => return self.places.open(slot),
            Effect::GateMedia => self.gate(),
            Effect::ReleaseDevice(slot) => return self.places.release(slot),
            Effect::AnnounceDeparture => return self.announce(),
            Effect::CloseTransport => return self.close(),
            // What is reported is reported by the session's task, which has the report.
            Effect::ReportEntered | Effect::ReportExit => {}
        }
        None
    }

    /// Falls silent, on what is not the stay's to release as well (G-14, G-16).
    fn gate(&mut self) {
        self.side.outbound.close();
        for slot in Slot::all() {
            self.give_back(slot);
        }
    }

    /// Uses a device no more that was lent.
    pub(crate) fn give_back(&mut self, slot: Slot) {
        if let Some(told) = self.places.give_back(slot) {
            self.tell(told);
        }
    }

    /// Begins to use a device that was handed over or lent.
    pub(crate) fn take_up(&mut self, slot: Slot) -> Option<Meaning> {
        self.places.take_up(slot)
    }

    fn connect(&mut self) {
        let Some(link) = self.link.take() else { return };
        let signals = std::mem::replace(&mut self.side.signals, mpsc::channel(1).1);
        let answers = self.answers.clone();
        let transport = Arc::clone(&self.transport);
        let (request, cut) = (self.request.clone(), self.cut.clone());
        let connecting = ports::connect(transport, request, link, signals, cut, answers);
        self.connecting = Some(tokio::spawn(connecting));
        self.connect_unanswered = true;
        let (remote, shown) = (self.side.inbound.clone(), self.shown.clone());
        self.pump = Some(tokio::spawn(play(remote, self.places.speakers(), shown)));
    }

    fn announce(&mut self) -> Option<Event> {
        let Some(connection) = self.connection.clone() else {
            self.lines.departure_error = Some(DepartureError::LinkDown.to_string());
            return Some(Event::DepartureFailed);
        };
        let (bound, answers) = (self.policy.departure, self.answers.clone());
        tokio::spawn(ports::announce(connection, bound, answers));
        self.unanswered += 1;
        None
    }

    fn close(&mut self) -> Option<Event> {
        self.side.abandon.cancel();
        if let Some(connection) = self.connection.take() {
            let (bound, answers) = (self.policy.transport, self.answers.clone());
            tokio::spawn(ports::close(connection, bound, answers));
            self.unanswered += 1;
            return None;
        }
        // No connection: a connect that is still under way is ended, and awaited, for it may just
        // have succeeded; its connection then comes as a late fact and is undone (G-4).
        let Some(connecting) = self.connecting.take() else {
            return Some(Event::TransportClosed);
        };
        self.cut.cancel();
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let _ = connecting.await;
            answers.send(Fact::ConnectEnded).await;
        });
        self.unanswered += 1;
        None
    }

    // ---- what the ports answer ----------------------------------------------------------------

    /// Takes a port's answer in; says which event it is and what the application hears of it.
    pub(crate) fn take_in(&mut self, fact: Fact) -> Meaning {
        match fact {
            Fact::Connected(answer) => {
                self.connect_unanswered = false;
                match answer {
                    Ok(connection) => {
                        self.connection = Some(Arc::from(connection));
                        (Some(Event::Entered), None)
                    }
                    Err(error) => {
                        self.lines.enter_error = Some(error.to_string());
                        if let EnterError::Refused { code, .. } = error {
                            self.lines.enter_refused = Some(code);
                        }
                        (Some(Event::EnterFailed), None)
                    }
                }
            }
            Fact::ConnectEnded => {
                self.connect_unanswered = false;
                self.unanswered -= 1;
                // If it had just succeeded, its connection is being closed, and that tells the end.
                let closed = self.unanswered == 0;
                (closed.then_some(Event::TransportClosed), None)
            }
            Fact::GivenUp => {
                // Its deadline in the core says so.
                self.unanswered -= 1;
                (None, None)
            }
            Fact::Room(signal) => self.room_signal(signal),
            Fact::Announced(answer) => {
                self.unanswered -= 1;
                (Some(self.announced(answer)), None)
            }
            Fact::Closed(answer) => {
                self.unanswered -= 1;
                let closed = answer.map_err(|error| error.to_string());
                let event = match &closed {
                    Ok(()) => Event::TransportClosed,
                    Err(_) => Event::CloseFailed,
                };
                self.lines.transport_error = closed.err();
                (Some(event), None)
            }
            Fact::Opened(slot, opening, answer) => self.places.opened(slot, opening, answer),
            Fact::Lent(slot, opening, description) => self.places.lent(slot, opening, description),
            Fact::Device(slot, opening, signal) => self.places.signalled(slot, opening, signal),
            Fact::Released(slot, opening, answer) => self.places.released(slot, opening, answer),
        }
    }

    fn room_signal(&mut self, signal: RoomSignal) -> Meaning {
        match signal {
            RoomSignal::Kicked => (Some(Event::Kicked), None),
            RoomSignal::Dismissed => (Some(Event::Dismissed), None),
            RoomSignal::Replaced => (Some(Event::Replaced), None),
            RoomSignal::ServerStopped => (Some(Event::ServerStopped), None),
            RoomSignal::LinkLost => (Some(Event::LinkLost), Some(RoomEvent::ConnectionLost)),
            RoomSignal::LinkRecovered => (
                Some(Event::LinkRecovered),
                Some(RoomEvent::ConnectionRecovered),
            ),
            RoomSignal::LinkDead => (Some(Event::LinkDead), None),
            RoomSignal::Closed => {
                self.connection = None;
                (Some(Event::TransportClosed), None)
            }
            RoomSignal::RemoteUserEntered(user) => (None, Some(RoomEvent::RemoteUserEntered(user))),
            RoomSignal::RemoteUserLeft(user, reason) => {
                (None, Some(RoomEvent::RemoteUserLeft(user, reason)))
            }
        }
    }

    fn announced(&mut self, answer: Result<DepartureReceipt, DepartureError>) -> Event {
        match answer {
            Ok(receipt) => {
                self.lines.receipt = Some(receipt);
                Event::DepartureConfirmed
            }
            // Leaving lost the race against being removed: the others know, which is all that is owed.
            Err(DepartureError::AlreadyOut) => Event::AlreadyOut,
            Err(error) => {
                self.lines.departure_error = Some(error.to_string());
                Event::DepartureFailed
            }
        }
    }
}

/// A stay that is forgotten, or whose runtime is shut down, leaves no task behind (G-15).
impl Drop for Stay {
    fn drop(&mut self) {
        self.side.outbound.close();
        self.side.inbound.close();
        self.shown.close();
        for task in [self.connecting.take(), self.pump.take()]
            .into_iter()
            .flatten()
        {
            task.abort();
        }
    }
}

/// Plays what the others say on every open speaker, and hands all frames to an application that
/// shows them.
async fn play(
    remote: FrameQueue<RemoteFrame>,
    speakers: watch::Receiver<Vec<PlaybackQueue>>,
    shown: FrameQueue<RemoteFrame>,
) {
    while let Some(frame) = remote.next().await {
        if frame.frame.codec == Codec::Opus {
            for speaker in speakers.borrow().iter() {
                speaker.push(frame.clone());
            }
        }
        shown.push(frame);
    }
}
