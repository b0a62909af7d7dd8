//! Calls over a real room service, and how they end.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use exeunt_conformance::TcpWire;
use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_port::{DeviceKind, EnterRequest, RoomId, UserId};
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY,
    DEVELOPMENT_USER_SIG_KEY, RoomService, RunningService, Secret, ServerApiClient,
};
use exeunt_runtime::{Client, Policy, Room, RoomEvent};
use exeunt_websocket::WebSocketTransport;
use tokio::runtime::Runtime;

use crate::measuring::Failure;
use crate::noting::Noting;
use crate::observed::Observed;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// `exit()`.
    Exit,
    /// The same, and the network has just been cut.
    ExitWhileCut,
    /// The same, and nobody answers any more: a network or a service that hangs.
    ExitWhileFrozen,
    /// `RemoveUser`.
    Kick,
}

impl End {
    pub(crate) const ALL: [Self; 4] = [
        Self::Exit,
        Self::ExitWhileCut,
        Self::ExitWhileFrozen,
        Self::Kick,
    ];

    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Exit => "exit()",
            Self::ExitWhileCut => "exit(), the network cut",
            Self::ExitWhileFrozen => "exit(), the service hung",
            Self::Kick => "a kick's arrival",
        }
    }
}

/// How long one exit took to have its device off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// As the server told it.
    pub(crate) off: Duration,
    /// As the exit's own report has it: until the release was confirmed to us.
    pub(crate) reported: Duration,
}

/// A room service, and everybody who calls over it.
pub(crate) struct Calls {
    runtime: Runtime,
    service: RunningService,
    operator: ServerApiClient,
    room: RoomId,
    kind: DeviceKind,
}

impl Calls {
    /// What the exit waits for besides the device; the device has its usual two seconds.
    const POLICY: Policy = Policy {
        departure: Duration::from_millis(100),
        transport: Duration::from_millis(100),
        ..Policy::DEFAULT
    };

    pub(crate) fn with(kind: DeviceKind) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let service = runtime.block_on(RoomService::bind(Config {
            lease: Duration::from_secs(1),
            ..Config::development()
        }))?;
        let service = {
            let _within = runtime.enter();
            service.spawn()
        };
        let operator = ServerApiClient::new(
            &format!("http://{}", service.local_addr()),
            DEVELOPMENT_SDK_APP_ID,
            DEVELOPMENT_SECRET_ID,
            Secret::new(DEVELOPMENT_SECRET_KEY),
        )?;
        Ok(Self {
            runtime,
            service,
            operator,
            room: "standup".parse()?,
            kind,
        })
    }

    /// From the exit's call, or the transport's word of the kick, until the server tells that the stream
    /// is gone.
    pub(crate) fn time_to_off(
        &self,
        end: End,
        number: usize,
        observed: &Observed,
    ) -> Result<Measured, Failure> {
        let user: UserId = format!("alice-{number}-{end:?}").parse()?;
        let wire = TcpWire::before(self.service.local_addr());
        let wire = self.runtime.block_on(wire)?;
        let (room, kicks) = self.entered(&user, &wire)?;
        let stream = observed.open()?;
        let began = match end {
            End::Exit => exits(&room),
            End::ExitWhileCut => {
                wire.cut();
                exits(&room)
            }
            End::ExitWhileFrozen => {
                wire.freeze();
                exits(&room)
            }
            End::Kick => {
                self.operator.remove_user(&self.room, &[user])?;
                kicks.recv_timeout(Duration::from_secs(20))?
            }
        };
        let off = observed.off(stream)?;
        let (report, _client) = self.runtime.block_on(room.exit());
        let [device] = report.devices.as_slice() else {
            return Err(format!("there was to be one device: {report}").into());
        };
        if !device.line.outcome.is_clean() {
            return Err(format!("the device was not let go of: {report}").into());
        }
        Ok(Measured {
            off: off.saturating_duration_since(began),
            reported: device.line.took,
        })
    }

    /// Somebody in the room whose device runs, and when his transport says that he is kicked.
    fn entered(&self, user: &UserId, wire: &TcpWire) -> Result<(Room, Receiver<Instant>), Failure> {
        let transport = WebSocketTransport::new(&format!("ws://{}", wire.address()))?;
        let (kicked, kicks) = channel();
        let client = Client::new(Noting { transport, kicked }).with_policy(Self::POLICY);
        let client = match self.kind {
            DeviceKind::Speaker => client.with_device(CpalSpeaker::default_device()),
            DeviceKind::Microphone | DeviceKind::Camera => {
                client.with_device(CpalMicrophone::default_device())
            }
        };
        let app = DEVELOPMENT_SDK_APP_ID;
        // Good from 2023 for a hundred years.
        let claims = Claims::new(app, user.clone(), 1_700_000_000, 3_153_600_000);
        let request = EnterRequest {
            sdk_app_id: app,
            user: user.clone(),
            room: self.room.clone(),
            user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
        };
        let mut room = {
            let _within = self.runtime.enter();
            client.enter(request)
        };
        let (mut is_in, mut is_open) = (false, false);
        while !(is_in && is_open) {
            let event = self.runtime.block_on(room.next_event());
            let event = event.ok_or("the stay is over")?;
            is_in |= matches!(event, RoomEvent::Entered(_));
            is_open |= matches!(event, RoomEvent::DeviceOpened { .. });
            if let RoomEvent::Exited(report) = event {
                return Err(format!("the stay ended early: {report}").into());
            }
        }
        Ok((room, kicks))
    }
}

fn exits(room: &Room) -> Instant {
    let began = Instant::now();
    room.handle().request_exit();
    began
}
