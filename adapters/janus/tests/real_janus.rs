//! What only a real Janus shows: media through it, what its admin does, its keys, its idea of an identity.

use std::time::Duration;

use exeunt_janus::translate::identity::Ids;
use exeunt_janus::{JanusConfig, JanusTransport, RoomMaking, code};
use exeunt_janus_lab::{JanusServer, Network, Settings, VideoRoom, trial};
use exeunt_port::{
    Codec, Connection, EnterError, EnterRequest, MediaFrame, RoomLink, RoomSide, RoomSignal,
    Transport as _,
};
use jpeg_encoder::{ColorType, Encoder};
use libtest_mimic::{Arguments, Failed, run};
use serde_json::json;
use tokio::time::{sleep, timeout};

type Story = fn(Network) -> Result<(), Failed>;

fn main() {
    let network = Network::own();
    let stories: [(&str, Story); 6] = [
        ("sound and pictures go through janus both ways", media),
        ("what janus hangs up is sent and received anew", hung_up),
        ("a session that an admin destroys is a dead link", destroyed),
        (
            "keys, tokens, pins and string ids let in who has them",
            keys,
        ),
        (
            "who enters as somebody who is there is refused, and the other stays",
            identity,
        ),
        (
            "rooms that are not there are made only where that was asked for",
            rooms,
        ),
    ];
    let stories = stories.map(|(name, story)| trial(name, &network, &[], story));
    run(&Arguments::from_args(), stories.into()).exit();
}

/// Longer than anything here takes; a story that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
const BEAT: Duration = Duration::from_millis(20);

fn play(story: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { timeout(PATIENCE, story).await })?
}

fn config(server: &JanusServer) -> Result<JanusConfig, Failed> {
    let config = JanusConfig::new(&server.signalling_url())?;
    Ok(config.making_rooms(RoomMaking::default()))
}

/// Somebody in the room.
struct Member {
    connection: Box<dyn Connection>,
    side: RoomSide,
    sent: u32,
    /// What his sound consists of just now: it arrives as it was sent.
    sound: u8,
}

impl Member {
    async fn enter(config: JanusConfig, name: &str) -> Result<Self, EnterError> {
        let (link, side) = RoomLink::pair();
        let request = EnterRequest::unsigned(name, "standup")?;
        let connection = JanusTransport::new(config).connect(request, link).await?;
        Ok(Self {
            connection,
            side,
            sent: 0,
            sound: 1,
        })
    }

    fn sends(&mut self, codec: Codec, payload: Vec<u8>) {
        self.sent += 1;
        self.side.outbound.push(MediaFrame {
            codec,
            sequence: self.sent,
            captured_at_micros: u64::from(self.sent) * 20_000,
            payload: payload.into(),
        });
    }

    /// Speaks and shows himself for a moment.
    fn is_live(&mut self) -> Result<(), Failed> {
        // 20 ms of Opus, by its first byte.
        self.sends(Codec::Opus, vec![31 << 3, self.sound, 2, 3]);
        self.sends(Codec::Jpeg, picture()?);
        Ok(())
    }

    async fn leaves(self) -> Result<(), Failed> {
        self.connection.announce_departure().await?;
        self.connection.close().await?;
        Ok(())
    }
}

fn picture() -> Result<Vec<u8>, Failed> {
    let (width, height) = (160_u16, 120_u16);
    let shades = (0..=255).cycle();
    let pixels: Vec<u8> = shades
        .take(3 * usize::from(width) * usize::from(height))
        .collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 80).encode(&pixels, width, height, ColorType::Rgb)?;
    Ok(jpeg)
}

/// Waits until the one hears what the other says now, and sees him.
async fn reaches(from: &mut Member, to: &mut Member, name: &str) -> Result<(), Failed> {
    let (mut heard, mut seen) = (false, false);
    while !(heard && seen) {
        from.is_live()?;
        while let Ok(Some(remote)) = timeout(BEAT, to.side.inbound.next()).await {
            if remote.user.as_str() != name {
                return Err(format!("{name}'s media came as {}'s", remote.user).into());
            }
            let is_sound = remote.frame.codec == Codec::Opus;
            heard |= is_sound && remote.frame.payload.get(1) == Some(&from.sound);
            seen |= remote.frame.codec == Codec::Jpeg;
        }
    }
    Ok(())
}

/// Waits until Janus has let go of so many peer connections.
async fn let_go(server: &JanusServer, count: usize) {
    while server.log().matches("WebRTC resources freed").count() < count {
        sleep(BEAT).await;
    }
}

fn media(network: Network) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    play(async {
        let mut alice = Member::enter(config(&server)?, "alice").await?;
        let mut bob = Member::enter(config(&server)?, "bob").await?;
        reaches(&mut alice, &mut bob, "alice").await?;
        reaches(&mut bob, &mut alice, "bob").await?;
        // Somebody who comes later sees both, and is seen by both.
        let mut carol = Member::enter(config(&server)?, "carol").await?;
        reaches(&mut carol, &mut alice, "carol").await?;
        alice.leaves().await?;
        reaches(&mut bob, &mut carol, "bob").await?;
        bob.leaves().await?;
        carol.leaves().await
    })?;
    let load = server.admin().load()?;
    if load.sessions == 0 && load.handles == 0 {
        return Ok(());
    }
    Err(format!("everybody has left, and Janus still has {load:?}").into())
}

fn hung_up(network: Network) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    play(async {
        let mut alice = Member::enter(config(&server)?, "alice").await?;
        let mut bob = Member::enter(config(&server)?, "bob").await?;
        reaches(&mut alice, &mut bob, "alice").await?;
        reaches(&mut bob, &mut alice, "bob").await?;
        let admin = server.admin();
        for session in admin.sessions()? {
            for handle in admin.handles(session)? {
                admin.hang_up(session, handle)?;
            }
        }
        // One each for what they send, one each for what they receive.
        let_go(&server, 4).await;
        // What is on its way still sounds otherwise.
        (alice.sound, bob.sound) = (2, 2);
        reaches(&mut alice, &mut bob, "alice").await?;
        reaches(&mut bob, &mut alice, "bob").await?;
        // Nobody was told of anything: it was the same stay all the time.
        let entered = RoomSignal::RemoteUserEntered("bob".parse()?);
        let told: Vec<_> = std::iter::from_fn(|| alice.side.signals.try_recv().ok()).collect();
        if told != [entered] {
            return Err(format!("alice was told {told:?}").into());
        }
        alice.leaves().await?;
        bob.leaves().await
    })
}

fn destroyed(network: Network) -> Result<(), Failed> {
    let settings = Settings {
        session_timeout: 3,
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    play(async {
        let mut alice = Member::enter(config(&server)?, "alice").await?;
        let admin = server.admin();
        for session in admin.sessions()? {
            admin.destroy_session(session)?;
        }
        while alice.side.signals.recv().await != Some(RoomSignal::LinkDead) {}
        if alice.connection.announce_departure().await.is_ok() {
            return Err("a departure was confirmed in a session that is gone".into());
        }
        alice.connection.close().await?;
        Ok(())
    })
}

/// Demands that entering is refused with this code.
async fn refused(config: JanusConfig, name: &str, expected: i32) -> Result<(), Failed> {
    match Member::enter(config, name).await {
        Err(EnterError::Refused { code, .. }) if code == expected => Ok(()),
        Err(other) => Err(format!("expected {expected}, not: {other}").into()),
        Ok(_) => Err(format!("{name} was let in, and {expected} was expected").into()),
    }
}

fn keys(network: Network) -> Result<(), Failed> {
    let settings = Settings {
        string_ids: true,
        api_secret: Some("api".to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    server.create_room(&VideoRoom {
        pin: Some("pin".to_owned()),
        ..VideoRoom::new(json!("standup"))
    })?;
    play(async {
        let bare = JanusConfig::new(&server.signalling_url())?.with_ids(Ids::Strings);
        let with_secret = bare.clone().with_api_secret("api");
        refused(bare.clone(), "alice", code::UNAUTHORIZED).await?;
        refused(with_secret.clone(), "alice", code::MISSING_ELEMENT).await?;
        refused(
            with_secret.clone().with_pin("pen"),
            "alice",
            code::FORBIDDEN,
        )
        .await?;
        let numbers = with_secret.clone().with_ids(Ids::Numbers);
        refused(numbers, "alice", code::INVALID_ELEMENT).await?;
        let mut alice = Member::enter(with_secret.clone().with_pin("pin"), "alice").await?;
        let mut bob = Member::enter(with_secret.with_pin("pin"), "bob").await?;
        reaches(&mut alice, &mut bob, "alice").await?;
        alice.leaves().await?;
        bob.leaves().await
    })?;
    let settings = Settings {
        tokens: vec!["guest".to_owned()],
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    play(async {
        refused(config(&server)?, "alice", code::UNAUTHORIZED).await?;
        let alice = Member::enter(config(&server)?.with_token("guest"), "alice").await?;
        alice.leaves().await
    })
}

fn identity(network: Network) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    play(async {
        let mut alice = Member::enter(config(&server)?, "alice").await?;
        refused(config(&server)?, "alice", code::ID_IN_USE).await?;
        let bob = Member::enter(config(&server)?, "bob").await?;
        let entered = RoomSignal::RemoteUserEntered("bob".parse()?);
        if alice.side.signals.recv().await != Some(entered) {
            return Err("alice's stay did not go on".into());
        }
        alice.leaves().await?;
        bob.leaves().await
    })
}

fn rooms(network: Network) -> Result<(), Failed> {
    let settings = Settings {
        admin_key: Some("key".to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    play(async {
        let bare = JanusConfig::new(&server.signalling_url())?;
        refused(bare.clone(), "alice", code::NO_SUCH_ROOM).await?;
        refused(config(&server)?, "alice", code::MISSING_ELEMENT).await?;
        let making = RoomMaking::default().with_admin_key("key");
        let alice = Member::enter(bare.clone().making_rooms(making), "alice").await?;
        // It is there now, for everybody.
        let bob = Member::enter(bare, "bob").await?;
        alice.leaves().await?;
        bob.leaves().await
    })
}
