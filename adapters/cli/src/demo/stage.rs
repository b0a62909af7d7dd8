//! Where the demo plays: a room service on loopback, or rooms inside this process.

use exeunt_loopback::{Hub, HubError};
use exeunt_port::{EnterRequest, RoomId, UserId};
use exeunt_room_service::{Config, RoomService, RunningService, ServerApiClient, ServerApiError};
use exeunt_runtime::Client;

use super::cast::Performer;
use super::story::Story;
use crate::arguments::{Devices, TransportName};
use crate::failure::Failure;
use crate::join::{attend, begin, speaking};
use crate::operate;
use crate::settings::Settings;

/// Where the demo plays, and from where its operator acts.
pub(crate) enum Stage {
    /// A room service on a free port of loopback, and its server API.
    Service {
        config: Config,
        address: std::net::SocketAddr,
        service: RunningService,
    },
    /// Rooms inside this process.
    Loopback(Hub),
}

impl Stage {
    pub(crate) async fn set(transport: TransportName) -> Result<Self, Failure> {
        match transport {
            TransportName::Loopback => Ok(Self::Loopback(Hub::new())),
            TransportName::Websocket => {
                let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
                let config = Config {
                    listen,
                    ..Config::development()
                };
                let service = RoomService::bind(config.clone()).await?;
                let address = service.local_addr();
                Ok(Self::Service {
                    config,
                    address,
                    service: service.spawn(),
                })
            }
        }
    }

    pub(crate) fn description(&self) -> String {
        match self {
            Self::Service { address, .. } => {
                format!("the room service at ws://{address}, three processes")
            }
            Self::Loopback(_) => {
                "the loopback transport, in one process, without a socket".to_owned()
            }
        }
    }

    /// Lets somebody enter.
    pub(crate) fn enter(
        &self,
        user: &UserId,
        room: &RoomId,
        devices: &Devices,
        story: &Story,
    ) -> Result<Performer, Failure> {
        match self {
            Self::Service { address, .. } => {
                let arguments = [
                    "--json".to_owned(),
                    "join".to_owned(),
                    format!("--service=ws://{address}"),
                    format!("--user={user}"),
                    format!("--room={room}"),
                    format!("--microphone={}", devices.microphone),
                    format!("--speaker={}", devices.speaker),
                    format!("--camera={}", devices.camera),
                    "--leave-at-end-of-input".to_owned(),
                ];
                Performer::spawn(user, &arguments, story)
            }
            Self::Loopback(hub) => {
                let say = story.listener();
                let client = devices.equip(Client::new(hub.transport()));
                let client = speaking(client, user, &say);
                let request = EnterRequest::unsigned(user.as_str(), &room.to_string())?;
                let stay = begin(client, request, &say);
                let room = stay.handle();
                let user = user.clone();
                let attending = tokio::spawn(async move { drop(attend(stay, user, say).await) });
                Ok(Performer::Task { room, attending })
            }
        }
    }

    /// Removes somebody from the room, as an operator does.
    pub(crate) async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Failure> {
        match self {
            Self::Loopback(hub) => hub.kick(room, user).map_err(refused),
            Self::Service {
                config, address, ..
            } => {
                let (room, users) = (room.clone(), vec![user.clone()]);
                api(config, *address, move |api| api.remove_user(&room, &users))
                    .await
                    .map(drop)
            }
        }
    }

    /// Dismisses the room, as an operator does.
    pub(crate) async fn dismiss(&self, room: &RoomId) -> Result<(), Failure> {
        match self {
            Self::Loopback(hub) => hub.dismiss(room).map(drop).map_err(refused),
            Self::Service {
                config, address, ..
            } => {
                let room = room.clone();
                api(config, *address, move |api| api.dismiss_room(&room))
                    .await
                    .map(drop)
            }
        }
    }

    /// Who is in the room, by the server's own account.
    pub(crate) async fn members(&self, room: &RoomId) -> Result<Vec<UserId>, Failure> {
        match self {
            Self::Loopback(hub) => {
                let listing = hub
                    .rooms()
                    .into_iter()
                    .find(|listing| listing.room == *room);
                Ok(listing.map(|listing| listing.members).unwrap_or_default())
            }
            Self::Service {
                config, address, ..
            } => {
                let (_, rooms) = api(config, *address, |api| api.describe_rooms(0)).await?;
                let listing = rooms.into_iter().find(|listing| listing.room_id == *room);
                let members = listing.map(|listing| listing.members).unwrap_or_default();
                Ok(members.into_iter().map(|member| member.user_id).collect())
            }
        }
    }

    /// Stops the room service, if there is one.
    pub(crate) async fn strike(self) {
        match self {
            Self::Loopback(_) => {}
            Self::Service { service, .. } => service.stop().await,
        }
    }
}

/// Calls the server API of the demo's own service.
async fn api<T: Send + 'static>(
    config: &Config,
    address: std::net::SocketAddr,
    action: impl FnOnce(&ServerApiClient) -> Result<T, ServerApiError> + Send + 'static,
) -> Result<T, Failure> {
    let settings = Settings::of(config, address);
    operate::call(settings, action).await
}

fn refused(error: HubError) -> Failure {
    Failure::NotEntered(error.to_string())
}
