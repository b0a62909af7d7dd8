//! Where a story plays: a Janus, its room, and somebody in it who is told what happens.

use std::time::Duration;

use exeunt_janus::translate::{Id, identity::Ids};
use exeunt_janus_lab::{Guest, JanusServer, Load, Network, Settings, VideoRoom};
use exeunt_requirements::{Told, same};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

/// What is waited for takes no longer than this on any machine; it ends a story that hangs.
const HANGS: Duration = Duration::from_secs(60);
/// Between two looks at what nobody tells of; nothing depends on it.
const NAP: Duration = Duration::from_millis(10);

/// The room's number.
pub(crate) const ROOM: u32 = 1234;
/// The number of the guest who is in it.
const GUEST: u64 = 22;
/// What whoever kicks or destroys has to know.
pub(crate) const SECRET: &str = "hush";

/// A server with a room, and a guest in it.
pub(crate) struct Stage {
    pub(crate) server: JanusServer,
    pub(crate) guest: Guest,
    /// What the server holds while nobody else is there.
    before: Load,
}

/// Alice's number.
pub(crate) fn alice() -> Value {
    number_of("alice")
}

/// The number that the transport gives somebody.
pub(crate) fn number_of(name: &str) -> Value {
    match name.parse().map(|user| Ids::Numbers.of_user(&user)) {
        Ok(Id::Number(number)) => number.into(),
        Ok(Id::Text(_)) | Err(_) => Value::Null,
    }
}

impl Stage {
    pub(crate) async fn set(network: Network, settings: Settings) -> Result<Self, Failed> {
        let server = JanusServer::start(network, settings)?;
        make_room(&server)?;
        let guest = enter(&server, GUEST).await?;
        let before = server.admin().load()?;
        Ok(Self {
            server,
            guest,
            before,
        })
    }

    /// The guest kicks alice.
    pub(crate) async fn kick(&mut self) -> Told {
        let kick = json!({"request": "kick", "room": ROOM, "secret": SECRET, "id": alice()});
        self.guest.says(kick).await?;
        Ok(())
    }

    /// The guest asks for alice's kick and does not wait for an answer.
    pub(crate) async fn send_kick(&mut self) -> Told {
        let kick = json!({"request": "kick", "room": ROOM, "secret": SECRET, "id": alice()});
        Ok(self.guest.sends(kick).await?)
    }

    /// The guest destroys the room.
    pub(crate) async fn destroy(&mut self) -> Told {
        let destroy = json!({"request": "destroy", "room": ROOM, "secret": SECRET});
        self.guest.says(destroy).await?;
        Ok(())
    }

    /// A room as at first, and a guest in it, on a server that was restarted.
    pub(crate) async fn set_again(&mut self) -> Told {
        make_room(&self.server)?;
        self.guest = enter(&self.server, GUEST).await?;
        Ok(())
    }

    /// Waits until the server holds what it held at first: alice's session and handles are gone (G-15).
    pub(crate) async fn server_is_as_before(&self) -> Told {
        let admin = self.server.admin();
        let before = self.before;
        let looked = until("an end of alice's session", || Ok(admin.load()? == before)).await;
        looked
            .map_err(|_| format!("the server held {before:?}, and holds {:?}", admin.load()).into())
    }

    /// Whether Janus has crashed, which 1.1.2 now and then does when somebody ends his session as soon as
    /// he is told that the room is destroyed: it still closes his peer connection then
    /// (`janus_plugin_close_pc` on what was freed).
    pub(crate) fn has_crashed(&mut self) -> Result<bool, Failed> {
        let crashed = !self.server.is_running()?;
        if crashed {
            println!("Janus crashed while it destroyed the room; nothing can be asked of it");
        }
        Ok(crashed)
    }

    /// Whether alice is among the room's participants.
    pub(crate) fn has_alice(&self) -> Result<bool, Failed> {
        let list = json!({"request": "listparticipants", "room": ROOM});
        let answer = self.server.admin().video_room(&list)?;
        let participants = answer["participants"].as_array().into_iter().flatten();
        Ok(participants.into_iter().any(|one| one["id"] == alice()))
    }

    /// How often the guest was told that alice left or was kicked, by what he was told until now. He hears
    /// of a kick what he hears of nothing else.
    pub(crate) async fn told_of_ends(&mut self) -> Result<[usize; 2], Failed> {
        let told = self.guest.unheard().await?;
        let count = |what: &str| told.iter().filter(|told| told[what] == alice()).count();
        Ok([count("leaving"), count("kicked")])
    }

    /// Demands that this is how often the guest was told that alice left or was kicked.
    pub(crate) async fn was_told_of_ends(&mut self, ends: [usize; 2]) -> Told {
        let told = self.told_of_ends().await?;
        same("ends that the guest was told of", &told, &ends)
    }
}

fn make_room(server: &JanusServer) -> Told {
    let room = VideoRoom {
        secret: Some(SECRET.to_owned()),
        ..VideoRoom::new(ROOM)
    };
    Ok(server.create_room(&room)?)
}

/// The guest is in the room; what happens to the wire does not happen to him.
async fn enter(server: &JanusServer, id: u64) -> Result<Guest, Failed> {
    let settings = server.settings();
    let mut manners = json!({});
    if let Some(secret) = &settings.api_secret {
        manners["apisecret"] = secret.as_str().into();
    }
    if let Some(token) = settings.tokens.first() {
        manners["token"] = token.as_str().into();
    }
    let mut guest = Guest::connect(&server.onlookers_url(), manners).await?;
    guest.joins(&ROOM.into(), &id.into()).await?;
    Ok(guest)
}

/// Waits for something that has to happen.
pub(crate) async fn wait<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Failed> {
    let waited = timeout(HANGS, future).await;
    waited.map_err(|_| format!("{what} was waited for in vain").into())
}

/// Looks again and again at what nobody tells of.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> Result<bool, Failed>) -> Told {
    let looking = async {
        while !is_so()? {
            sleep(NAP).await;
        }
        Ok(())
    };
    wait(what, looking).await?
}
