//! A service, and members of its rooms.

use std::time::Duration;

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest,
    RemoteLeaveReason, RoomLink, RoomSide, RoomSignal, Transport, UserId,
};
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY,
    DEVELOPMENT_USER_SIG_KEY, Limits, RoomDescription, RoomService, RunningService, Secret,
    ServerApiClient, ServerApiError,
};
use exeunt_websocket::WebSocketTransport;
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter};
use tokio::time::timeout;

/// Longer than anything here takes; a story that waits this long has failed.
const FAILED: Duration = Duration::from_secs(30);

/// Waits for what must happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(FAILED, future)
        .await
        .expect("what is waited for does not happen")
}

/// A service with the usual lease, in whose stories nobody times out.
pub(crate) async fn service() -> RunningService {
    service_with(Config::development()).await
}

/// A service whose lease is short enough to be waited for.
pub(crate) async fn service_with_short_lease() -> RunningService {
    service_with(Config {
        lease: Duration::from_secs(2),
        ..Config::development()
    })
    .await
}

/// A service with these bounds.
pub(crate) async fn service_limited(limits: Limits) -> RunningService {
    service_with(Config {
        limits,
        ..Config::development()
    })
    .await
}

/// The same for stories with clients that say no heartbeats, and are not to time out however long a busy
/// machine takes.
pub(crate) async fn service_without_heartbeats(limits: Limits) -> RunningService {
    service_with(Config {
        lease: Duration::from_secs(3600),
        limits,
        ..Config::development()
    })
    .await
}

pub(crate) async fn service_with(config: Config) -> RunningService {
    RoomService::bind(config).await.unwrap().spawn()
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// A good `UserSig` for this user, from 2023 for a hundred years.
pub(crate) fn user_sig(name: &str) -> String {
    let claims = Claims::new(
        DEVELOPMENT_SDK_APP_ID,
        user(name),
        1_700_000_000,
        3_153_600_000,
    );
    sign(DEVELOPMENT_USER_SIG_KEY, &claims)
}

pub(crate) fn request(name: &str) -> EnterRequest {
    EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user: user(name),
        room: "standup".parse().unwrap(),
        user_sig: user_sig(name),
    }
}

/// The first thing that a client says which nobody knows yet, for whoever says it by hand.
pub(crate) fn enter(name: &str) -> String {
    ClientMessage::Enter(Enter::new(request(name), ClientId::random(), 1)).encode()
}

/// What a client says that resumes a stay, for whoever says it by hand.
pub(crate) fn resume(stay: u64, secret: &str, attempt: u64) -> String {
    let secret = secret.to_owned();
    let resume = ClientMessage::Resume {
        stay,
        secret,
        attempt,
    };
    resume.encode()
}

/// Somebody in the room.
pub(crate) struct Member {
    pub(crate) connection: Box<dyn Connection>,
    pub(crate) side: RoomSide,
}

impl Member {
    pub(crate) async fn enter(url: &str, name: &str) -> Self {
        Self::try_enter(url, request(name)).await.unwrap()
    }

    pub(crate) async fn try_enter(url: &str, request: EnterRequest) -> Result<Self, EnterError> {
        let (link, side) = RoomLink::pair();
        let transport = WebSocketTransport::new(url).unwrap();
        let connection = soon(transport.connect(request, link)).await?;
        Ok(Self { connection, side })
    }

    /// Announces the departure, and answers what that is answered with.
    pub(crate) async fn leaves(&self) -> Result<DepartureReceipt, DepartureError> {
        soon(self.connection.announce_departure()).await
    }

    pub(crate) async fn closes(&self) -> Result<(), CloseError> {
        soon(self.connection.close()).await
    }

    /// What the room tells next.
    pub(crate) async fn hears(&mut self) -> RoomSignal {
        soon(self.side.signals.recv())
            .await
            .expect("the stay is over without a word")
    }

    pub(crate) async fn sees_enter(&mut self, name: &str) {
        assert_eq!(
            self.hears().await,
            RoomSignal::RemoteUserEntered(user(name))
        );
    }

    pub(crate) async fn sees_leave(&mut self, name: &str, reason: RemoteLeaveReason) {
        assert_eq!(
            self.hears().await,
            RoomSignal::RemoteUserLeft(user(name), reason)
        );
    }
}

/// Calls the server API from a thread of its own, as the client blocks.
pub(crate) async fn call<T: Send + 'static>(
    service: &RunningService,
    call: impl FnOnce(ServerApiClient) -> Result<T, ServerApiError> + Send + 'static,
) -> Result<T, ServerApiError> {
    let endpoint = format!("http://{}", service.local_addr());
    let key = Secret::new(DEVELOPMENT_SECRET_KEY);
    let client = ServerApiClient::new(
        &endpoint,
        DEVELOPMENT_SDK_APP_ID,
        DEVELOPMENT_SECRET_ID,
        key,
    );
    let client = client.unwrap();
    soon(tokio::task::spawn_blocking(move || call(client)))
        .await
        .unwrap()
}

/// How many rooms there are, and the first of them.
pub(crate) async fn rooms_of(service: &RunningService) -> (usize, Vec<RoomDescription>) {
    let rooms = call(service, |client| client.describe_rooms(0));
    rooms.await.unwrap()
}

/// Removes somebody from the room.
pub(crate) async fn kick(service: &RunningService, name: &str) {
    let users = [user(name)];
    let kicked = call(service, move |client| {
        client.remove_user(&"standup".parse().unwrap(), &users)
    });
    kicked.await.unwrap();
}
