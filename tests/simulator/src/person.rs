//! Somebody with an application: enters and leaves as he is told, and notes what he sees.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_loopback::{DeviceFaults, FaultyDevice};
use exeunt_port::{Device, EnterRequest, FrameQueue, RemoteFrame, RoomId};
use exeunt_runtime::{Client, Departures, ExitReport, Room, RoomEvent, RoomHandle, Slot, Step};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::equipment;
use crate::facts::{Evidence, FrameFacts, Heard, SessionFacts, StayFacts, Violation};
use crate::journal::Journal;
use crate::sabotage::{KeepsDevices as _, Line, Sabotage};
use crate::scenario::{Equipment, Leaving, Part};

/// What a person is told to do.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Enter(RoomId),
    Leave(Leaving),
    Start(Equipment),
    Stop(usize),
}

/// What people share.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) journal: Journal,
    pub(crate) evidence: Evidence,
    pub(crate) departures: Departures,
    pub(crate) sdk_app_id: u32,
}

/// The devices of one person, with their faults; more are added as he starts them.
pub(crate) type Faults = Arc<Mutex<Vec<(String, DeviceFaults)>>>;

/// Somebody with an application.
pub(crate) struct Person {
    number: usize,
    part: Part,
    user_sig: String,
    line: Line,
    around: Surroundings,
    faults: Faults,
    sabotage: Option<Sabotage>,
    client: Option<(Client, usize)>,
    /// Devices that were given up once: they may be held by an earlier stay.
    given_up: Vec<String>,
}

impl Person {
    pub(crate) fn new(
        number: usize,
        part: Part,
        user_sig: String,
        line: Line,
        around: Surroundings,
        faults: Faults,
        sabotage: Option<Sabotage>,
    ) -> Self {
        Self {
            number,
            part,
            user_sig,
            line,
            around,
            faults,
            sabotage,
            client: None,
            given_up: Vec::new(),
        }
    }

    /// Does as he is told until nobody tells him anything any more, and then leaves.
    pub(crate) async fn live(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(command) = commands.recv().await {
            match command {
                Command::Enter(room) => self.stay(room, &mut commands).await,
                // He is outside.
                Command::Leave(_) | Command::Start(_) | Command::Stop(_) => {}
            }
        }
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.around.journal.note(&self.part.name, what);
    }

    async fn stay(&mut self, room_id: RoomId, commands: &mut mpsc::Receiver<Command>) {
        let (client, session) = self.client.take().unwrap_or_else(|| self.new_client());
        let stay = self.begin(&room_id, session);
        let request = EnterRequest {
            sdk_app_id: self.around.sdk_app_id,
            user: self.part.user.clone(),
            room: room_id,
            user_sig: self.user_sig.clone(),
        };
        let mut room = client.enter(request);
        let handle = room.handle();
        let frames = room.remote_frames();
        let mut gate_open = true;
        let report = loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Leave(how)) => return self.leave(room, stay, session, how).await,
                    None => return self.leave(room, stay, session, self.part.farewell).await,
                    Some(Command::Start(device)) => self.start(&handle, &device),
                    Some(Command::Stop(slot)) => self.stop(&handle, slot),
                    // He is in a room already; the types allow no second one.
                    Some(Command::Enter(_)) => {}
                },
                frame = frames.next(), if gate_open && self.part.listens => match frame {
                    Some(frame) => self.see(stay, &frame),
                    None => gate_open = false,
                },
                event = room.next_event(), if self.part.listens => match event {
                    Some(RoomEvent::Exited(report)) => break report,
                    Some(event) => self.hear(stay, event),
                    None => self.wrong("G-1", stay, "its events ended without onExitRoom"),
                },
                report = handle.report(), if !self.part.listens => break report,
            }
        };
        // Over, and not by his own doing.
        self.over(stay, &report);
        if self.part.listens {
            self.expect_silence(stay, &mut room, &frames).await;
        }
        let (again, client) = room.exit().await;
        if !Arc::ptr_eq(&again, &report) {
            self.wrong("G-9", stay, "an exit after the end has another report");
        }
        self.client = Some((client, session));
    }

    async fn leave(&mut self, mut room: Room, stay: usize, session: usize, how: Leaving) {
        self.note(format_args!("leaves: {how:?}"));
        let now = self.around.journal.now();
        self.with(stay, |facts| facts.exit_asked = Some(now));
        let handle = room.handle();
        match how {
            Leaving::Exit => {
                let (report, client) = room.exit().await;
                self.over(stay, &report);
                self.client = Some((client, session));
            }
            Leaving::AskAndListen => {
                handle.request_exit();
                let frames = room.remote_frames();
                let report = loop {
                    match room.next_event().await {
                        Some(RoomEvent::Exited(report)) => break report,
                        Some(event) => self.hear(stay, event),
                        None => self.wrong("G-1", stay, "its events ended without onExitRoom"),
                    }
                };
                self.over(stay, &report);
                self.expect_silence(stay, &mut room, &frames).await;
                self.client = Some((room.exit().await.1, session));
            }
            Leaving::Thrice => {
                let another = handle.clone();
                let ((report, client), second, third) =
                    tokio::join!(room.exit(), handle.exit(), another.exit());
                self.over(stay, &report);
                if !Arc::ptr_eq(&report, &second) || !Arc::ptr_eq(&report, &third) {
                    self.wrong("G-9", stay, "concurrent exits have different reports");
                }
                self.client = Some((client, session));
            }
            Leaving::DropTheExit(after) => {
                if let Ok((report, client)) = timeout(after, room.exit()).await {
                    self.over(stay, &report);
                    self.client = Some((client, session));
                } else {
                    self.note("gives the future of the exit up");
                    self.over(stay, &handle.report().await);
                }
            }
            Leaving::DropTheRoom => {
                drop(room);
                self.over(stay, &handle.report().await);
            }
        }
    }

    // ---- what he sees -----------------------------------------------------------------------------

    fn hear(&self, stay: usize, event: RoomEvent) {
        let now = self.around.journal.now();
        self.note(format_args!("hears {event:?}"));
        match event {
            RoomEvent::Entered(_) => self.with(stay, |facts| facts.entered = Some(now)),
            RoomEvent::RemoteUserEntered(user) => {
                self.with(stay, |facts| {
                    facts.heard_of_others.push((now, Heard::Entered(user)));
                });
            }
            RoomEvent::RemoteUserLeft(user, reason) => {
                self.with(stay, |facts| {
                    facts.heard_of_others.push((now, Heard::Left(user, reason)));
                });
            }
            // The rest concerns himself, and his session's steps tell it better.
            RoomEvent::ConnectionLost
            | RoomEvent::ConnectionRecovered
            | RoomEvent::DeviceOpened { .. }
            | RoomEvent::DeviceFailed { .. }
            | RoomEvent::DeviceRefused { .. }
            | RoomEvent::DeviceVanished { .. }
            | RoomEvent::DeviceReleased { .. }
            | RoomEvent::Exited(_)
            | _ => {}
        }
    }

    fn see(&self, stay: usize, frame: &RemoteFrame) {
        let facts = FrameFacts {
            got: self.around.journal.now(),
            sender: frame.user.clone(),
            stamp: equipment::stamp(&frame.frame),
        };
        self.with(stay, |stay| stay.frames.push(facts));
    }

    /// The stay is over; looks whether its devices are.
    fn over(&mut self, stay: usize, report: &Arc<ExitReport>) {
        let now = self.around.journal.now();
        self.note(format_args!(
            "onExitRoom({}) {:?} {:?} after {:?}, departure {:?}, transport {:?}",
            report.reason.number(),
            report.cause,
            report.secondary,
            report.took,
            report.departure.outcome,
            report.transport.outcome,
        ));
        self.with(stay, |facts| {
            facts.exited = Some(now);
            facts.report = Some(Arc::clone(report));
            facts.exits_heard += 1;
        });
        for device in &report.devices {
            self.note(format_args!("  {}: {}", device.name, device.line.outcome));
            let open = self.open_now(&device.name);
            if !device.line.outcome.is_clean() {
                self.given_up.push(device.name.clone());
            } else if open > 0 && !self.given_up.contains(&device.name) {
                let what = format!(
                    "the report says that {} is released, and it is open",
                    device.name
                );
                self.wrong("G-13", stay, &what);
            }
        }
    }

    fn open_now(&self, name: &str) -> usize {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let named = faults.iter().filter(|(device, _)| device == name);
        named.map(|(_, faults)| faults.open_now()).sum()
    }

    async fn expect_silence(&self, stay: usize, room: &mut Room, frames: &FrameQueue<RemoteFrame>) {
        if room.next_event().await.is_some() {
            self.wrong("G-14", stay, "something was told after onExitRoom");
        }
        if frames.next().await.is_some() {
            self.wrong("G-14", stay, "a frame was handed over after onExitRoom");
        }
    }

    fn wrong(&self, guarantee: &'static str, stay: usize, what: &str) {
        let name = self.around.evidence.lock().stays[stay].name.clone();
        let violation = Violation::new(guarantee, format!("{name}: {what}"));
        self.around.evidence.violation(violation);
    }

    fn with(&self, stay: usize, act: impl FnOnce(&mut StayFacts)) {
        act(&mut self.around.evidence.lock().stays[stay]);
    }

    // ---- clients, stays, devices -------------------------------------------------------------------

    /// A client with devices of its own: those of the one before may still be on their way out.
    fn new_client(&self) -> (Client, usize) {
        let session = {
            let mut facts = self.around.evidence.lock();
            facts.sessions.push(SessionFacts {
                name: self.part.name.clone(),
                policy: self.part.policy,
                steps: Vec::new(),
                stays: 0,
            });
            facts.sessions.len() - 1
        };
        let (evidence, journal) = (self.around.evidence.clone(), self.around.journal.clone());
        let name = self.part.name.clone();
        let observer = move |step: &Step| {
            journal.note(
                &name,
                format_args!(
                    "  {} {:?} -> {:?} {:?} {:?}",
                    step.epoch.number(),
                    step.event,
                    step.state,
                    step.effects,
                    step.disposition
                ),
            );
            evidence.lock().sessions[session].steps.push(step.clone());
        };
        let mut client = Client::new(self.line.clone())
            .with_policy(self.part.policy)
            .with_observer(observer)
            .tracked_by(&self.around.departures);
        for equipment in &self.part.devices {
            client = client.with_device(self.device(equipment));
        }
        (client, session)
    }

    fn device(&self, equipment: &Equipment) -> impl Device + use<> {
        let mut all = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{} {} {}", self.part.name, equipment.kind, all.len());
        let device: FaultyDevice<dyn Device> =
            equipment::device(equipment, self.number, name.clone(), &self.around.journal);
        all.push((name, device.faults()));
        self.sabotage.keeps_devices(device)
    }

    fn begin(&self, room: &RoomId, session: usize) -> usize {
        let mut facts = self.around.evidence.lock();
        facts.sessions[session].stays += 1;
        let epoch = facts.sessions[session].stays;
        let stay = facts.stays.len();
        facts.stays.push(StayFacts {
            person: self.number,
            session: (session, epoch),
            name: format!("{} (stay {stay})", self.part.name),
            user: self.part.user.clone(),
            room: room.clone(),
            policy: self.part.policy,
            listens: self.part.listens,
            began: self.around.journal.now(),
            entered: None,
            exit_asked: None,
            exited: None,
            report: None,
            exits_heard: 0,
            heard_of_others: Vec::new(),
            frames: Vec::new(),
        });
        drop(facts);
        self.note(format_args!("enters {room} (stay {stay})"));
        stay
    }

    fn start(&self, handle: &RoomHandle, equipment: &Equipment) {
        let (device, handle, kind) = (self.device(equipment), handle.clone(), equipment.kind);
        let (journal, name) = (self.around.journal.clone(), self.part.name.clone());
        tokio::spawn(async move {
            let started = handle.start(device).await;
            journal.note(name, format_args!("starts a {kind}: {started:?}"));
        });
    }

    fn stop(&self, handle: &RoomHandle, slot: usize) {
        let Some(slot) = Slot::all().nth(slot) else {
            return;
        };
        let handle = handle.clone();
        let (journal, name) = (self.around.journal.clone(), self.part.name.clone());
        tokio::spawn(async move {
            let stopped = handle.stop(slot).await;
            journal.note(name, format_args!("stops {slot:?}: {stopped:?}"));
        });
    }
}
