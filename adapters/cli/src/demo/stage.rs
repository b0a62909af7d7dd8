//! Where the demo plays: a room service on loopback, rooms inside this process, or a Janus.

use exeunt_loopback::Hub;
use exeunt_port::{EnterRequest, RoomId, UserId};
use exeunt_room_service::{Config, RoomService, RunningService};
use exeunt_runtime::Client;

use super::cast::{Entering, Performer};
use super::janus_stage::JanusStage;
use super::story::Story;
use crate::arguments::{Demo, Devices, TransportName};
use crate::attending::{attend, begin, speaking};
use crate::failure::Failure;
use crate::operate::call;
use crate::settings::Settings;

/// Where the demo plays, and from where its operator acts.
pub(crate) enum Stage {
    /// A room service on a free port of loopback, and its server API.
    Service {
        settings: Box<Settings>,
        service: RunningService,
    },
    /// Rooms inside this process.
    Loopback(Hub),
    /// Rooms of a Janus.
    Janus(Box<JanusStage>),
}

impl Stage {
    pub(crate) async fn set(demo: &Demo) -> Result<Self, Failure> {
        match demo.transport {
            TransportName::Janus => Ok(Self::Janus(Box::new(JanusStage::set(demo).await?))),
            TransportName::Loopback | TransportName::Websocket if demo.janus.is_some() => {
                Err(Failure::Mistyped(
                    "--janus is for --transport janus only, which was not asked for".to_owned(),
                ))
            }
            TransportName::Loopback => Ok(Self::Loopback(Hub::new())),
            TransportName::Websocket => {
                let config = Config::development();
                let service = RoomService::bind(config.clone()).await?;
                Ok(Self::Service {
                    settings: Box::new(Settings::of(&config, service.local_addr())),
                    service: service.spawn(),
                })
            }
        }
    }

    pub(crate) fn description(&self) -> String {
        match self {
            Self::Service { settings, .. } => {
                let service = &settings.service;
                format!("the room service at {service}, everybody in a process of his own")
            }
            Self::Loopback(_) => {
                "the loopback transport, in one process, without a socket".to_owned()
            }
            Self::Janus(janus) => janus.description(),
        }
    }

    /// The room in which it plays.
    pub(crate) fn room(&self) -> Result<RoomId, Failure> {
        match self {
            Self::Janus(janus) => Ok(janus.room.clone()),
            Self::Service { .. } | Self::Loopback(_) => {
                Ok(RoomId::number(123).map_err(exeunt_port::EnterError::from)?)
            }
        }
    }

    /// Whether whoever leaves is told how many others learned of it.
    pub(crate) fn counts_told(&self) -> bool {
        match self {
            Self::Service { .. } | Self::Loopback(_) => true,
            Self::Janus(_) => false,
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
            Self::Service { settings, .. } => {
                let keys = Entering {
                    arguments: vec![
                        format!("--service={}", settings.service),
                        format!("--sdk-app-id={}", settings.sdk_app_id),
                        format!("--user-sig-key={}", settings.user_sig_key.expose()),
                    ],
                    environment: Vec::new(),
                };
                Performer::spawn(user, &entering(keys, user, room, devices), story)
            }
            Self::Janus(janus) => {
                let keys = janus.keys_of_everybody();
                Performer::spawn(user, &entering(keys, user, room, devices), story)
            }
            Self::Loopback(hub) => {
                let say = story.listener();
                let client = devices.equip(Client::new(hub.transport()));
                let client = speaking(client, user, &say);
                let request = EnterRequest::unsigned(user.as_str(), &room.to_string())?;
                let entered = begin(client, request, &say);
                let room = entered.handle();
                let (user, story) = (user.clone(), story.clone());
                let insisted_on = devices.insisted_on();
                let attending = tokio::spawn(async move {
                    let (_, lacking) = attend(entered, user.clone(), &insisted_on, say).await;
                    story.over(&user, lacking.map(|lacking| lacking.error.to_string()));
                });
                Ok(Performer::Task { room, attending })
            }
        }
    }

    /// Removes somebody from the room, as an operator does.
    pub(crate) async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Failure> {
        match self {
            Self::Loopback(hub) => Ok(hub.kick(room, user)?),
            Self::Janus(janus) => janus.kick(room, user).await,
            Self::Service { settings, .. } => {
                let (room, users) = (room.clone(), vec![user.clone()]);
                let kicked = call(settings, move |api| api.remove_user(&room, &users)).await;
                kicked.map(drop)
            }
        }
    }

    /// Dismisses the room, as an operator does.
    pub(crate) async fn dismiss(&self, room: &RoomId) -> Result<(), Failure> {
        match self {
            Self::Loopback(hub) => Ok(hub.dismiss(room).map(drop)?),
            Self::Janus(janus) => janus.dismiss(room).await,
            Self::Service { settings, .. } => {
                let room = room.clone();
                let dismissed = call(settings, move |api| api.dismiss_room(&room)).await;
                dismissed.map(drop)
            }
        }
    }

    /// Who is in the room, by the server's own account.
    pub(crate) async fn members(&self, room: &RoomId) -> Result<Vec<UserId>, Failure> {
        match self {
            Self::Loopback(hub) => {
                let rooms = hub.rooms();
                let listing = rooms.into_iter().find(|listing| listing.room == *room);
                Ok(listing.map(|listing| listing.members).unwrap_or_default())
            }
            Self::Service { settings, .. } => {
                let (_, rooms) = call(settings, |api| api.describe_rooms(0)).await?;
                let listing = rooms.into_iter().find(|listing| listing.room_id == *room);
                let members = listing.map(|listing| listing.members).unwrap_or_default();
                Ok(members.into_iter().map(|member| member.user_id).collect())
            }
            Self::Janus(janus) => janus.members(room).await,
        }
    }

    /// Stops what was started for the play.
    pub(crate) async fn strike(self) {
        match self {
            Self::Loopback(_) => {}
            Self::Service { service, .. } => service.stop().await,
            Self::Janus(janus) => janus.strike().await,
        }
    }
}

/// How somebody enters from a process of its own. The keys are named, for what the demo has started has
/// keys of its own, whatever this machine's environment says.
fn entering(keys: Entering, user: &UserId, room: &RoomId, devices: &Devices) -> Entering {
    let mut arguments = vec!["--json".to_owned(), "join".to_owned()];
    arguments.extend(keys.arguments);
    arguments.extend([
        format!("--user={user}"),
        format!("--room={room}"),
        "--leave-at-end-of-input".to_owned(),
    ]);
    for (kind, choice) in devices.each() {
        arguments.push(format!("--{kind}={}", choice.typed(kind)));
    }
    if let Some(format) = devices.camera_format {
        arguments.push(format!("--camera-format={format}"));
    }
    Entering { arguments, ..keys }
}
