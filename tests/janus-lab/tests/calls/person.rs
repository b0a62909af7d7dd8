//! Somebody of ours: the real client with a microphone, a camera and a speaker.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exeunt_core::Effect;
use exeunt_janus::{JanusConfig, JanusTransport};
use exeunt_janus_lab::{JanusServer, Marker};
use exeunt_loopback::{
    DeviceFaults, FaultyDevice, PictureCamera, SilentSpeaker, SoundMeter, ToneMicrophone,
};
use exeunt_requirements::{LATENESS, Told, check, same};
use exeunt_runtime::{
    Client, DeviceKind, EnterRequest, ExitReport, Outcome, Policy, Reason, Room, RoomEvent, UserId,
};
use libtest_mimic::Failed;

use crate::stage::{ROOM, wait};

/// What an announcement can have come to that nobody confirmed.
pub(crate) const UNCONFIRMED: [Outcome; 3] =
    [Outcome::Failed, Outcome::TimedOut, Outcome::Impossible];

/// Somebody outside of every room.
pub(crate) struct Person {
    name: &'static str,
    client: Client,
    body: Body,
}

/// Somebody in a room, or on the way in or out.
pub(crate) struct InRoom {
    pub(crate) room: Room,
    name: &'static str,
    body: Body,
    heard: Vec<RoomEvent>,
}

/// What she has, and what is known of it.
#[derive(Clone)]
struct Body {
    devices: [DeviceFaults; 2],
    meter: SoundMeter,
    /// How many devices were open at the last step before `onExitRoom`.
    open_at_the_end: Arc<Mutex<Option<usize>>>,
}

/// How a stay ended.
pub(crate) struct Ending {
    pub(crate) report: Arc<ExitReport>,
    body: Body,
}

impl Person {
    pub(crate) fn at(server: &JanusServer, name: &'static str) -> Result<Self, Failed> {
        let config = JanusConfig::new(&server.signalling_url())?;
        Ok(Self::with(name, config, None))
    }

    /// With a transport that was set up otherwise, and marks on a tap: the first when media are gated, the
    /// second before `onExitRoom`.
    pub(crate) fn with(name: &'static str, config: JanusConfig, marker: Option<Marker>) -> Self {
        let microphone = FaultyDevice::new(ToneMicrophone::new(440));
        let camera = FaultyDevice::new(PictureCamera::new().with_size(320, 240).with_rate(15));
        let speaker = SilentSpeaker::new();
        let body = Body {
            devices: [microphone.faults(), camera.faults()],
            meter: speaker.meter(),
            open_at_the_end: Arc::default(),
        };
        let seeing = body.clone();
        let client = Client::new(JanusTransport::new(config))
            .with_device(microphone)
            .with_device(camera)
            .with_device(speaker)
            .with_observer(move |step| {
                let ends = step.effects.contains(&Effect::ReportExit);
                if let Some(marker) = &marker
                    && (ends || step.effects.contains(&Effect::GateMedia))
                {
                    marker.mark();
                }
                if ends {
                    let open = seeing.devices.iter().map(DeviceFaults::open_now).sum();
                    let mut at_the_end = lock(&seeing.open_at_the_end);
                    *at_the_end = Some(open);
                }
            });
        Self { name, client, body }
    }

    pub(crate) fn within(mut self, policy: Policy) -> Self {
        self.client = self.client.with_policy(policy);
        self
    }

    /// Begins to enter.
    pub(crate) fn begins(self) -> Result<InRoom, Failed> {
        let request = EnterRequest::unsigned(self.name, &ROOM.to_string())?;
        Ok(InRoom {
            room: self.client.enter(request),
            name: self.name,
            body: self.body,
            heard: Vec::new(),
        })
    }

    /// Enters, and waits until she is in, and microphone and camera run.
    pub(crate) async fn enters(self) -> Result<InRoom, Failed> {
        let mut person = self.begins()?;
        person.is_let_in().await?;
        for wanted in [DeviceKind::Microphone, DeviceKind::Camera] {
            person
                .until("an open device", |event| {
                    matches!(event, RoomEvent::DeviceOpened { kind, .. } if *kind == wanted)
                })
                .await?;
        }
        Ok(person)
    }
}

impl InRoom {
    /// Waits for the first such event that was not waited for before.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        is_it: impl Fn(&RoomEvent) -> bool,
    ) -> Result<RoomEvent, Failed> {
        if let Some(place) = self.heard.iter().position(&is_it) {
            return Ok(self.heard.remove(place));
        }
        loop {
            let event = wait(what, self.room.next_event()).await?;
            let event = event.ok_or_else(|| format!("the stay ended before {what}"))?;
            if is_it(&event) {
                return Ok(event);
            }
            check(!matches!(event, RoomEvent::Exited(_)), || {
                format!("the stay ended before {what}: {event:?}")
            })?;
            self.heard.push(event);
        }
    }

    pub(crate) async fn is_let_in(&mut self) -> Told {
        let is_it = |event: &RoomEvent| matches!(event, RoomEvent::Entered(_));
        self.until("being let in", is_it).await.map(drop)
    }

    pub(crate) async fn loses_link(&mut self) -> Told {
        let is_it = |event: &RoomEvent| matches!(event, RoomEvent::ConnectionLost);
        self.until("the link's loss", is_it).await.map(drop)
    }

    pub(crate) async fn recovers_link(&mut self) -> Told {
        let is_it = |event: &RoomEvent| matches!(event, RoomEvent::ConnectionRecovered);
        self.until("the link's recovery", is_it).await.map(drop)
    }

    /// Waits until so many further packets of sound of somebody were heard and decoded, louder than silence.
    pub(crate) async fn hears(&self, name: &str, packets: u64) -> Told {
        let user: UserId = name.parse()?;
        let heard = || self.body.meter.heard(&user);
        let (then, energy) = heard().map_or((0, 0.0), |heard| (heard.packets, heard.energy));
        crate::stage::until(&format!("{}'s hearing of {name}", self.name), || {
            let now = heard();
            Ok(now.is_some_and(|now| now.packets >= then + packets && now.energy > energy))
        })
        .await
    }

    /// Waits for so many pictures of somebody.
    pub(crate) async fn sees(&self, name: &str, pictures: usize) -> Result<bytes::Bytes, Failed> {
        let frames = self.room.remote_frames();
        let mut seen = 0;
        let looking = async {
            loop {
                let Some(remote) = frames.next().await else {
                    return Err(format!("the stay ended before {name} was seen").into());
                };
                if remote.user.as_str() == name && remote.frame.codec == exeunt_port::Codec::Jpeg {
                    seen += 1;
                    if seen == pictures {
                        return Ok(remote.frame.payload);
                    }
                }
            }
        };
        wait(&format!("{}'s seeing of {name}", self.name), looking).await?
    }

    /// Leaves, and waits for the end.
    pub(crate) async fn leaves(self) -> Result<(Ending, Person), Failed> {
        let (report, client) = wait("the end of an exit", self.room.exit()).await?;
        let ending = Ending::of(report, &self.body)?;
        let person = Person {
            name: self.name,
            client,
            body: self.body,
        };
        Ok((ending, person))
    }

    /// Waits for an end, which is told once and last (G-1).
    pub(crate) async fn ends(mut self) -> Result<Ending, Failed> {
        let mut reports = Vec::new();
        while let Some(event) = wait("the end of the stay", self.room.next_event()).await? {
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
        Ending::of(Arc::clone(report), &self.body)
    }
}

impl Ending {
    /// What holds for every exit: within its bound (G-6), and everything off before `onExitRoom` (G-13).
    fn of(report: Arc<ExitReport>, body: &Body) -> Result<Self, Failed> {
        check(report.took <= report.bound + LATENESS, || {
            format!("over its bound: {report}")
        })?;
        let open = *lock(&body.open_at_the_end);
        same("devices open at onExitRoom", &open, &Some(0))?;
        let body = body.clone();
        Ok(Self { report, body })
    }

    pub(crate) fn was_for(&self, reason: Reason) -> Told {
        check(self.report.reason == reason, || {
            format!("wanted was {reason:?}: {}", self.report)
        })
    }

    /// The link was lost for good, and the devices were let go of all the same.
    pub(crate) fn was_lost(&self) -> Told {
        self.was_for(Reason::ConnectionLost)?;
        self.devices_were_released()
    }

    /// She left by herself and let go of her devices, and that nobody confirmed her departure is said.
    pub(crate) fn was_unconfirmed(&self) -> Told {
        self.was_for(Reason::LocalExit)?;
        self.devices_were_released()?;
        self.departure_was(&UNCONFIRMED)
    }

    /// Nothing is left behind.
    pub(crate) fn was_clean(&self) -> Told {
        check(self.report.is_clean(), || {
            format!("not clean: {}", self.report)
        })
    }

    /// The others were told, and that was confirmed.
    pub(crate) fn was_confirmed(&self) -> Told {
        self.was_clean()?;
        self.departure_was(&[Outcome::Done])
    }

    /// This became of the departure, or one of these.
    pub(crate) fn departure_was(&self, outcomes: &[Outcome]) -> Told {
        check(outcomes.contains(&self.report.departure.outcome), || {
            format!(
                "the departure was to be one of {outcomes:?}: {}",
                self.report
            )
        })
    }

    /// Every device was let go of, whatever became of the network.
    pub(crate) fn devices_were_released(&self) -> Told {
        let well = self
            .report
            .devices
            .iter()
            .all(|device| device.line.outcome.is_clean());
        check(well, || format!("a device was not: {}", self.report))
    }

    /// Microphone and camera stay off.
    pub(crate) fn stays_off(&self) -> Told {
        let open: usize = self.body.devices.iter().map(DeviceFaults::open_now).sum();
        same("devices open after onExitRoom", &open, &0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bounds that are long enough for any machine and short enough for a story in which nobody answers.
pub(crate) fn short() -> Policy {
    Policy {
        entering: Duration::from_secs(3),
        recovering: Duration::from_secs(8),
        ..Policy::default()
    }
}
