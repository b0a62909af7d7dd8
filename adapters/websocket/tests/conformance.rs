//! The conformance suite over the WebSocket transport and the real room service.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use exeunt_conformance::{Nowhere, Obstacle, TcpWires, World, async_trait, transport};
use exeunt_port::{EnterRequest, RoomId, Transport, UserId};
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY,
    DEVELOPMENT_USER_SIG_KEY, RoomService, RunningService, Secret, ServerApiClient, ServerApiError,
};
use exeunt_websocket::WebSocketTransport;
use tokio::task::spawn_blocking;

fn main() -> ExitCode {
    transport(Rooms::start).called("WebSocket transport").run()
}

/// A room service, and a wire between it and each user.
struct Rooms {
    service: Mutex<Option<RunningService>>,
    endpoint: String,
    wires: TcpWires,
    nowhere: Nowhere,
}

impl Rooms {
    const LEASE: Duration = Duration::from_secs(1);

    async fn start() -> Result<Self, Obstacle> {
        let config = Config {
            lease: Self::LEASE,
            ..Config::development()
        };
        let service = RoomService::bind(config).await.map_err(Obstacle::failed)?;
        let service = service.spawn();
        Ok(Self {
            nowhere: Nowhere::reserve().map_err(Obstacle::failed)?,
            wires: TcpWires::before(service.local_addr()),
            endpoint: format!("http://{}", service.local_addr()),
            service: Mutex::new(Some(service)),
        })
    }

    fn take_service(&self) -> Result<RunningService, Obstacle> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        service
            .take()
            .ok_or_else(|| Obstacle::failed("the service has stopped before"))
    }

    /// Calls the server API as an operator does: signed, over HTTP.
    async fn call(
        &self,
        call: impl FnOnce(ServerApiClient) -> Result<String, ServerApiError> + Send + 'static,
    ) -> Result<(), Obstacle> {
        let key = Secret::new(DEVELOPMENT_SECRET_KEY);
        let (app, id) = (DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID);
        let client =
            ServerApiClient::new(&self.endpoint, app, id, key).map_err(Obstacle::failed)?;
        let answer = spawn_blocking(move || call(client)).await;
        match answer.map_err(Obstacle::failed)? {
            Ok(_) => Ok(()),
            // The last one out ends the room; a kick that comes after that is late, not wrong.
            Err(ServerApiError::Refused { code, .. }) if code.ends_with("RoomNotExist") => Ok(()),
            Err(error) => Err(Obstacle::failed(error)),
        }
    }
}

#[async_trait]
impl World for Rooms {
    async fn transport(&self, user: &UserId) -> Result<Box<dyn Transport>, Obstacle> {
        let address = self.wires.of(user).await?;
        let transport = WebSocketTransport::new(&format!("ws://{address}"));
        Ok(Box::new(transport.map_err(Obstacle::failed)?))
    }

    fn request(&self, user: &UserId, room: &RoomId) -> Result<EnterRequest, Obstacle> {
        // Good from 2023 for a hundred years.
        let app = DEVELOPMENT_SDK_APP_ID;
        let claims = Claims::new(app, user.clone(), 1_700_000_000, 3_153_600_000);
        Ok(EnterRequest {
            sdk_app_id: app,
            user: user.clone(),
            room: room.clone(),
            user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
        })
    }

    fn lease(&self) -> Result<Duration, Obstacle> {
        Ok(Self::LEASE)
    }

    fn replaces(&self) -> Result<(), Obstacle> {
        Ok(())
    }

    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        let (room, users) = (room.clone(), [user.clone()]);
        self.call(move |client| client.remove_user(&room, &users))
            .await
    }

    async fn dismiss(&self, room: &RoomId) -> Result<(), Obstacle> {
        let room = room.clone();
        self.call(move |client| client.dismiss_room(&room)).await
    }

    async fn stop_server(&self) -> Result<(), Obstacle> {
        self.take_service()?.stop().await;
        Ok(())
    }

    async fn kill_server(&self) -> Result<(), Obstacle> {
        drop(self.take_service()?);
        Ok(())
    }

    async fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.cut(user)
    }

    async fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.freeze(user)
    }

    async fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.mend(user)
    }

    async fn unreachable(&self) -> Result<Box<dyn Transport>, Obstacle> {
        let transport = WebSocketTransport::new(&format!("ws://{}", self.nowhere.address()));
        Ok(Box::new(transport.map_err(Obstacle::failed)?))
    }

    async fn refused(
        &self,
        user: &UserId,
        room: &RoomId,
    ) -> Result<(Box<dyn Transport>, EnterRequest), Obstacle> {
        let transport = self.transport(user).await?;
        let mut request = self.request(user, room)?;
        request.user_sig = sign(
            "another key",
            &Claims::new(
                DEVELOPMENT_SDK_APP_ID,
                user.clone(),
                1_700_000_000,
                3_153_600_000,
            ),
        );
        Ok((transport, request))
    }
}
