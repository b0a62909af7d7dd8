//! A Janus, a service that is its operator's side, and guests in its rooms.

use std::time::Duration;

use exeunt_janus::admin::AdminKeys;
use exeunt_janus::translate::Id;
use exeunt_janus::translate::identity::Ids;
use exeunt_janus::{Endpoint, Secret as JanusSecret};
use exeunt_janus_lab::{Guest, JanusServer, Network, Settings, VideoRoom};
use exeunt_port::{RoomId, UserId};
use exeunt_room_service::backend::{Happening, Happenings, News};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, JanusBackend,
    JanusRooms, RoomDescription, RoomService, RunningService, Secret, ServerApiClient,
    ServerApiError,
};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::{sleep, timeout};

/// Longer than anything here takes; a story that waits this long has failed.
const FAILED: Duration = Duration::from_secs(60);
/// How often is looked whether something is the case.
const PAUSE: Duration = Duration::from_millis(20);

/// Tells a story on a runtime of its own, and answers what it answers.
pub(crate) fn play<T>(story: impl Future<Output = T>) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    Ok(runtime.block_on(story))
}

/// A Janus and the service.
pub(crate) struct Scene {
    pub(crate) server: JanusServer,
    pub(crate) service: RunningService,
}

impl Scene {
    pub(crate) async fn new(network: Network) -> Self {
        Self::with(network, Settings::default(), AdminKeys::default()).await
    }

    pub(crate) async fn with(network: Network, settings: Settings, keys: AdminKeys) -> Self {
        let server = JanusServer::start(network, settings).unwrap();
        let service = serve(&server, keys).await;
        Self { server, service }
    }

    /// A room of six publishers.
    pub(crate) fn room(&self, id: impl Into<Value>, secret: Option<&str>) {
        let room = VideoRoom {
            secret: secret.map(str::to_owned),
            ..VideoRoom::new(id)
        };
        self.server.create_room(&room).unwrap();
    }

    /// Somebody in a numeric room of a Janus that counts: under the number that goes with the name.
    pub(crate) async fn enter(&self, room: u32, name: &str) -> Guest {
        let id = match Ids::Numbers.of_user(&user(name)) {
            Id::Number(number) => number,
            Id::Text(text) => panic!("{text}"),
        };
        self.enter_as(json!(room), json!(id), name).await
    }

    pub(crate) async fn enter_as(&self, room: Value, id: Value, display: &str) -> Guest {
        let mut guest = Guest::connect(&self.server.signalling_url(), self.manners())
            .await
            .unwrap();
        let join = json!({
            "request": "join", "ptype": "publisher", "room": room, "id": id, "display": display,
        });
        guest.says(join).await.unwrap();
        guest
    }

    fn manners(&self) -> Value {
        match &self.server.settings().api_secret {
            Some(secret) => json!({ "apisecret": secret }),
            None => json!({}),
        }
    }

    /// Calls the server API.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(ServerApiClient) -> Result<T, ServerApiError> + Send + 'static,
    ) -> Result<T, ServerApiError> {
        let client = ServerApiClient::new(
            &format!("http://{}", self.service.local_addr()),
            DEVELOPMENT_SDK_APP_ID,
            DEVELOPMENT_SECRET_ID,
            Secret::new(DEVELOPMENT_SECRET_KEY),
        );
        let client = client.unwrap();
        let calling = tokio::task::spawn_blocking(move || call(client));
        timeout(FAILED, calling).await.unwrap().unwrap()
    }

    pub(crate) async fn kick(&self, room: &RoomId, names: &[&str]) -> Result<(), (String, String)> {
        let (room, users) = (room.clone(), users(names));
        let kicked = self.call(move |client| client.remove_user(&room, &users));
        kicked.await.map(drop).map_err(refused)
    }

    pub(crate) async fn dismiss(&self, room: &RoomId) -> Result<(), (String, String)> {
        let room = room.clone();
        let dismissed = self.call(move |client| client.dismiss_room(&room));
        dismissed.await.map(drop).map_err(refused)
    }

    /// All rooms, as the server API lists them.
    pub(crate) async fn rooms(&self) -> Vec<RoomDescription> {
        let listed = self.call(|client| client.describe_rooms(0)).await;
        listed.unwrap().1
    }

    /// Who is in a room, as the server API says.
    pub(crate) async fn members(&self, room: &RoomId) -> Option<Vec<String>> {
        let rooms = self.rooms().await;
        let found = rooms.into_iter().find(|listed| listed.room_id == *room)?;
        let names = found.members.into_iter();
        Some(names.map(|member| member.user_id.to_string()).collect())
    }
}

/// A service for this Janus's rooms.
pub(crate) async fn serve(server: &JanusServer, keys: AdminKeys) -> RunningService {
    serve_with(endpoint(server), keys).await
}

pub(crate) fn endpoint(server: &JanusServer) -> Endpoint {
    let endpoint = Endpoint::new(&server.signalling_url()).unwrap();
    match &server.settings().api_secret {
        Some(secret) => endpoint.with_api_secret(secret.as_str()),
        None => endpoint,
    }
}

pub(crate) async fn serve_with(endpoint: Endpoint, keys: AdminKeys) -> RunningService {
    let config = Config::development();
    let backend = JanusBackend::start(JanusRooms {
        endpoint,
        keys,
        interval: Duration::from_millis(50),
        kept_happenings: config.limits.kept_happenings,
    });
    let service = RoomService::bind(config).await.unwrap();
    service.with_backend(Arc::new(backend)).spawn()
}

/// The code and the words of a refusal.
pub(crate) fn refused(error: ServerApiError) -> (String, String) {
    let ServerApiError::Refused { code, message, .. } = error else {
        panic!("{error}")
    };
    (code, message)
}

pub(crate) fn secret(text: &str) -> JanusSecret {
    JanusSecret::new(text)
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().copied().map(user).collect()
}

pub(crate) fn room(text: &str) -> RoomId {
    text.parse().unwrap()
}

/// Janus's number for this user.
pub(crate) fn number(name: &str) -> Value {
    serde_json::to_value(Ids::Numbers.of_user(&user(name))).unwrap()
}

/// Waits until something is the case.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = timeout(FAILED, async {
        while !is_so().await {
            sleep(PAUSE).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} does not come about");
}

/// What happens next.
pub(crate) async fn next(happenings: &mut Happenings) -> Happening {
    match timeout(FAILED, happenings.next()).await {
        Ok(Some(News::Happened(happened))) => happened.what.clone(),
        other => panic!("{other:?}"),
    }
}

/// Waits until a guest is told that he was thrown out.
pub(crate) async fn is_kicked(guest: &mut Guest) {
    let told = guest.hears("being kicked", |told| told["leaving"] == "ok");
    assert_eq!(told.await.unwrap()["reason"], "kicked");
}

/// Waits until a guest is told that the room is over.
pub(crate) async fn is_destroyed(guest: &mut Guest) {
    let told = guest.hears("the room's end", |told| told["videoroom"] == "destroyed");
    told.await.unwrap();
}
