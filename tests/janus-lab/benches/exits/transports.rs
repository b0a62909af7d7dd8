//! A room on each transport, and somebody who is in it.

use std::time::{Duration, Instant};

use exeunt_janus::{JanusConfig, JanusTransport};
use exeunt_janus_lab::{Guest, JanusServer, Network, Settings, VideoRoom};
use exeunt_loopback::{Hub, PictureCamera, ToneMicrophone};
use exeunt_port::EnterRequest;
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY, RoomService, RunningService,
};
use exeunt_runtime::{Client, DeviceKind, Outcome, Room, RoomEvent};
use exeunt_websocket::WebSocketTransport;
use serde_json::json;

use crate::Failure;

const ROOM: u32 = 1234;

/// What whoever leaves has with him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    /// No device: nothing is sent.
    Nothing,
    /// A microphone and a camera, which run.
    Media,
}

impl With {
    pub(crate) const ALL: [Self; 2] = [Self::Nothing, Self::Media];

    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Nothing => "signalling only",
            Self::Media => "with microphone and camera",
        }
    }
}

/// The rooms, each with bob in it.
pub(crate) struct Transports {
    hub: Hub,
    service: RunningService,
    server: JanusServer,
    _bobs: [Room; 3],
}

impl Transports {
    pub(crate) async fn start(network: Network) -> Result<Self, Failure> {
        let hub = Hub::new();
        let service = RoomService::bind(Config::development()).await?.spawn();
        let server = JanusServer::start(network, Settings::default())?;
        server.create_room(&VideoRoom::new(ROOM))?;
        let mut bobs = Vec::new();
        for client in clients(&hub, &service, &server)? {
            let mut room = client.1.enter(request("bob")?);
            if !room.entered().await {
                return Err(format!("bob was not let in: {}", client.0).into());
            }
            bobs.push(room);
        }
        let bobs = bobs.try_into().map_err(|_| "three transports")?;
        Ok(Self {
            hub,
            service,
            server,
            _bobs: bobs,
        })
    }

    /// Alice enters and leaves over each; answers how long each exit took.
    pub(crate) async fn exits(&self, with: With) -> Result<Vec<(&'static str, Duration)>, Failure> {
        let mut times = Vec::new();
        for (name, client) in clients(&self.hub, &self.service, &self.server)? {
            times.push((
                name,
                exit(client, with)
                    .await
                    .map_err(|error| format!("{name}: {error}"))?,
            ));
        }
        Ok(times)
    }
}

fn clients(
    hub: &Hub,
    service: &RunningService,
    server: &JanusServer,
) -> Result<[(&'static str, Client); 3], Failure> {
    Ok([
        ("loopback", Client::new(hub.transport())),
        (
            "websocket",
            Client::new(WebSocketTransport::new(service.url())?),
        ),
        (
            "janus",
            Client::new(JanusTransport::new(JanusConfig::new(
                &server.signalling_url(),
            )?)),
        ),
    ])
}

async fn exit(client: Client, with: With) -> Result<Duration, Failure> {
    let client = match with {
        With::Nothing => client,
        With::Media => client
            .with_device(ToneMicrophone::new(440))
            .with_device(PictureCamera::new().with_size(320, 240).with_rate(15)),
    };
    let mut room = client.enter(request("alice")?);
    let mut awaited = match with {
        With::Nothing => Vec::new(),
        With::Media => vec![DeviceKind::Microphone, DeviceKind::Camera],
    };
    let mut is_in = false;
    while !(is_in && awaited.is_empty()) {
        match room.next_event().await {
            Some(RoomEvent::Entered(_)) => is_in = true,
            Some(RoomEvent::DeviceOpened { kind, .. }) => awaited.retain(|wanted| *wanted != kind),
            Some(RoomEvent::Exited(report)) => return Err(format!("not let in: {report}").into()),
            Some(_) => {}
            None => return Err("the stay has no end".into()),
        }
    }
    let began = Instant::now();
    let (report, _) = room.exit().await;
    let took = began.elapsed();
    if report.departure.outcome != Outcome::Done {
        return Err(format!("not confirmed: {report}").into());
    }
    Ok(took)
}

fn request(name: &str) -> Result<EnterRequest, Failure> {
    // From 2023 for a hundred years.
    let (from, seconds) = (1_700_000_000, 3_153_600_000);
    let claims = Claims::new(DEVELOPMENT_SDK_APP_ID, name.parse()?, from, seconds);
    Ok(EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
        ..EnterRequest::unsigned(name, &ROOM.to_string())?
    })
}

/// Janus without anything of ours.
pub(crate) struct Bare {
    url: String,
}

impl Bare {
    pub(crate) fn at(transports: &Transports) -> Self {
        Self {
            url: transports.server.signalling_url(),
        }
    }

    /// From `leave` until the session's end is confirmed.
    pub(crate) async fn exit(&self) -> Result<Duration, Failure> {
        let mut guest = Guest::connect(&self.url, json!({})).await?;
        guest.joins(&ROOM.into(), &44.into()).await?;
        let began = Instant::now();
        guest.says(json!({"request": "leave"})).await?;
        guest.ask(json!({"janus": "destroy"})).await?;
        Ok(began.elapsed())
    }
}
