//! The conformance suite over the Janus transport and a real Janus, on a network of this process's own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exeunt_conformance::{Nowhere, Obstacle, TcpWire, World, async_trait, transport};
use exeunt_janus::translate::identity::Ids;
use exeunt_janus::translate::requests::Body;
use exeunt_janus::{Endpoint, JanusConfig, JanusTransport, RoomMaking, Session};
use exeunt_janus_lab::{JanusServer, Network, NoNetwork, Settings};
use exeunt_port::{Codec, EnterRequest, RemoteLeaveReason, RoomId, Transport, UserId};
use tokio::task::spawn_blocking;

fn main() -> ExitCode {
    let network = Network::own();
    let numbers = {
        let network = network.clone();
        move || Rooms::start(network.clone(), Ids::Numbers)
    };
    let strings = move || Rooms::start(network.clone(), Ids::Strings);
    transport(numbers)
        .called("Janus transport")
        .and(transport(strings).called("Janus transport, ids are strings"))
        .run()
}

/// A Janus, and a wire between it and each user.
struct Rooms {
    janus: Mutex<Option<JanusServer>>,
    ids: Ids,
    server: SocketAddr,
    wires: Mutex<BTreeMap<UserId, TcpWire>>,
    ours: IpAddr,
    nowhere: Nowhere,
}

impl Rooms {
    /// For so many seconds a session whose socket is lost can be claimed.
    const RECLAIMABLE: u32 = 3;
    const ADMIN_KEY: &str = "of the plugin";

    async fn start(network: Result<Network, NoNetwork>, ids: Ids) -> Result<Self, Obstacle> {
        let network = network.map_err(|error| Obstacle::missing(error.to_string()))?;
        let settings = Settings {
            string_ids: ids == Ids::Strings,
            admin_key: Some(Self::ADMIN_KEY.to_owned()),
            reclaim_session_timeout: Self::RECLAIMABLE,
            ..Settings::default()
        };
        let started = spawn_blocking(move || JanusServer::start(network, settings)).await;
        let janus = started
            .map_err(Obstacle::failed)?
            .map_err(Obstacle::failed)?;
        Ok(Self {
            ids,
            nowhere: Nowhere::reserve().map_err(Obstacle::failed)?,
            server: (janus.address(), 8188).into(),
            ours: janus.link().ours().into(),
            janus: Mutex::new(Some(janus)),
            wires: Mutex::default(),
        })
    }

    fn wires(&self) -> MutexGuard<'_, BTreeMap<UserId, TcpWire>> {
        self.wires.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wire_of(&self, user: &UserId, act: impl FnOnce(&TcpWire)) -> Result<(), Obstacle> {
        let wires = self.wires();
        let wire = wires.get(user);
        act(wire.ok_or_else(|| Obstacle::failed(format!("{user} has no wire")))?);
        Ok(())
    }

    fn transport_to(&self, server: SocketAddr) -> Result<JanusConfig, Obstacle> {
        let config = JanusConfig::new(&format!("ws://{server}")).map_err(Obstacle::failed)?;
        let making = RoomMaking::default().with_admin_key(Self::ADMIN_KEY);
        let config = config.with_ids(self.ids).making_rooms(making);
        // The wire is on loopback, where Janus has no media.
        Ok(config.with_media_at(self.ours))
    }

    /// Asks as an operator does. Somebody, or a room, who is not there any more is no error.
    async fn ask(&self, body: Body) -> Result<(), Obstacle> {
        let endpoint = Endpoint::new(&format!("ws://{}", self.server)).map_err(Obstacle::failed)?;
        let session = Session::open(&endpoint).await.map_err(Obstacle::failed)?;
        let (handle, _events) = session.attach().await.map_err(Obstacle::failed)?;
        let answer = handle.ask(body).await;
        session.close().await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(Obstacle::failed(error)),
        }
    }
}

#[async_trait]
impl World for Rooms {
    async fn transport(&self, user: &UserId) -> Result<Box<dyn Transport>, Obstacle> {
        let known = self.wires().get(user).map(TcpWire::address);
        let address = if let Some(address) = known {
            address
        } else {
            let wire = TcpWire::before(self.server).await;
            let wire = wire.map_err(Obstacle::failed)?;
            let address = wire.address();
            self.wires().insert(user.clone(), wire);
            address
        };
        Ok(Box::new(JanusTransport::new(self.transport_to(address)?)))
    }

    fn codecs(&self) -> Vec<Codec> {
        // Pictures go as H.264 and come back as other bytes.
        vec![Codec::Opus]
    }

    fn lease(&self) -> Result<Duration, Obstacle> {
        // A session whose socket is lost is claimed within that time, or its end is told.
        Ok(Duration::from_secs(Self::RECLAIMABLE.into()))
    }

    fn reason_of_silence(&self) -> RemoteLeaveReason {
        // Janus says "leaving" of everybody who is gone.
        RemoteLeaveReason::Left
    }

    fn replaces(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "Janus refuses whoever enters as a user who is there",
        ))
    }

    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        self.ask(Body::Kick {
            room: self.ids.of_room(room),
            secret: None,
            id: self.ids.of_user(user),
        })
        .await
    }

    async fn dismiss(&self, room: &RoomId) -> Result<(), Obstacle> {
        self.ask(Body::Destroy {
            room: self.ids.of_room(room),
            secret: None,
            permanent: false,
        })
        .await
    }

    async fn stop_server(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "a Janus that stops cuts the connections without a word",
        ))
    }

    async fn kill_server(&self) -> Result<(), Obstacle> {
        let mut janus = self.janus.lock().unwrap_or_else(PoisonError::into_inner);
        drop(janus.take());
        Ok(())
    }

    async fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wire_of(user, TcpWire::cut)
    }

    async fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wire_of(user, TcpWire::freeze)
    }

    async fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wire_of(user, TcpWire::mend)
    }

    async fn unreachable(&self) -> Result<Box<dyn Transport>, Obstacle> {
        let config = self.transport_to(self.nowhere.address())?;
        Ok(Box::new(JanusTransport::new(config)))
    }

    async fn refused(
        &self,
        user: &UserId,
        room: &RoomId,
    ) -> Result<(Box<dyn Transport>, EnterRequest), Obstacle> {
        // The plugin makes rooms for nobody who does not know its key.
        let config = self.transport_to(self.server)?;
        let config = config.making_rooms(RoomMaking::default().with_admin_key("another"));
        let request = self.request(user, room)?;
        Ok((Box::new(JanusTransport::new(config)), request))
    }
}
