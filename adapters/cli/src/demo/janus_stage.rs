//! The demo's rooms in a Janus: who enters them, and the operator's side of them.

use exeunt_janus::admin::{Admin, AdminError};
use exeunt_janus::translate::Id;
use exeunt_janus::translate::identity::user_of;
use exeunt_port::{RoomId, UserId};
use exeunt_websocket::without_secrets;

use super::cast::Entering;
use super::own_janus::OwnJanus;
use crate::arguments::{Demo, TransportName};
use crate::failure::Failure;
use crate::janus_entering::JanusEntering;
use crate::line::unix_micros;

/// A Janus, the demo's own or one that runs already.
pub(super) struct JanusStage {
    own: Option<OwnJanus>,
    url: String,
    entering: JanusEntering,
    admin: Admin,
    pub(super) room: RoomId,
}

impl JanusStage {
    pub(super) async fn set(demo: &Demo) -> Result<Self, Failure> {
        let (own, url, entering) = if let Some(url) = &demo.janus {
            (None, url.clone(), demo.janus_entering.clone())
        } else {
            let own = OwnJanus::start().await?;
            let (key, secret) = (OwnJanus::ADMIN_KEY, OwnJanus::ROOM_SECRET);
            let entering = JanusEntering::own(key, secret, own.media());
            let url = own.url();
            (Some(own), url, entering)
        };
        let keys = &entering.keys;
        let admin = Admin::start(keys.endpoint(&url)?, keys.of_admin());
        let room = room_of_ours(&admin, own.is_some()).await?;
        Ok(Self {
            own,
            url,
            entering,
            admin,
            room,
        })
    }

    pub(super) fn description(&self) -> String {
        let url = without_secrets(&self.url);
        match &self.own {
            Some(own) => format!(
                "a Janus of its own at {url}, media at {}, everybody in a process of his own",
                own.media()
            ),
            None => format!("the Janus at {url}, everybody in a process of his own"),
        }
    }

    /// What those who enter have to know.
    pub(super) fn keys_of_everybody(&self) -> Entering {
        self.entering.of_a_process(&self.url)
    }

    pub(super) async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Failure> {
        let mut present = self.present(room).await?.into_iter();
        match present.find(|(_, name)| name == user) {
            Some((id, _)) => Ok(self.admin.kick(room, &id).await?),
            None => Err(AdminError::NoSuchParticipant { room: room.clone() }.into()),
        }
    }

    pub(super) async fn dismiss(&self, room: &RoomId) -> Result<(), Failure> {
        Ok(self.admin.destroy(room).await?)
    }

    pub(super) async fn members(&self, room: &RoomId) -> Result<Vec<UserId>, Failure> {
        let present = self.present(room).await?;
        Ok(present.into_iter().map(|(_, user)| user).collect())
    }

    async fn present(&self, room: &RoomId) -> Result<Vec<(Id, UserId)>, Failure> {
        let present = self.admin.participants(room).await?.answer;
        let named = present.unwrap_or_default().into_iter().map(|participant| {
            let user = user_of(&participant.id, participant.display.as_deref());
            (participant.id, user)
        });
        Ok(named.collect())
    }

    /// Leaves nothing behind: no room where the play did not get to its end, and no Janus of ours.
    pub(super) async fn strike(self) {
        let Self {
            own, admin, room, ..
        } = self;
        match own {
            Some(own) => {
                // Or it would complain that it lost its Janus.
                drop(admin);
                own.end().await;
            }
            // Mostly the room is gone already.
            None => drop(admin.destroy(&room).await),
        }
    }
}

/// What is typed of a Janus is for one that runs already.
pub(super) fn makes_sense(demo: &Demo) -> Result<(), Failure> {
    let is_typed = demo.janus.is_some() || demo.janus_entering.are_typed;
    let words = match demo.transport {
        TransportName::Janus if demo.janus_entering.are_typed && demo.janus.is_none() => {
            "what --janus-… says is for a Janus that runs already, --janus URL; the demo's own has its own keys"
        }
        TransportName::Websocket | TransportName::Loopback if is_typed => {
            "what --janus… says is for --transport janus only, which was not asked for"
        }
        TransportName::Janus | TransportName::Websocket | TransportName::Loopback => return Ok(()),
    };
    Err(Failure::Mistyped(words.to_owned()))
}

/// The demo dismisses its room, so in a Janus that others use it takes one that is not there.
async fn room_of_ours(admin: &Admin, own: bool) -> Result<RoomId, Failure> {
    let invalid = exeunt_port::EnterError::from;
    if own {
        return Ok(RoomId::number(123).map_err(invalid)?);
    }
    loop {
        let number = 1_000_000_000 + i128::from(unix_micros() % 1_000_000_000);
        let room = RoomId::number(number).map_err(invalid)?;
        if admin.participants(&room).await?.answer.is_none() {
            return Ok(room);
        }
    }
}
