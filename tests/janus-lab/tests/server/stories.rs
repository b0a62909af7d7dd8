//! The stories.

use std::net::UdpSocket;
use std::time::Duration;

use exeunt_janus_lab::{
    Guest, GuestError, JanusServer, Load, Network, Settings, Traffic, VideoRoom, Way,
};
use exeunt_requirements::same;
use libtest_mimic::Failed;
use serde_json::{Value, json};

pub(crate) type Story = fn(&Stage) -> Result<(), Failed>;

pub(crate) struct Stage {
    network: Network,
    runtime: tokio::runtime::Runtime,
}

pub(crate) fn play(network: Network, story: Story) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    story(&Stage { network, runtime })
}

const ROOM: u64 = 1234;
const ALICE: u64 = 11;
const BOB: u64 = 22;

/// An offer of sound, of somebody who has no addresses.
const SOUND: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=sendonly\r\na=mid:0\r\n\
    a=ice-ufrag:alice\r\na=ice-pwd:nobody-will-ever-connect-to-it\r\na=setup:actpass\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
    10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=rtpmap:111 opus/48000/2\r\n";

impl Stage {
    fn server(&self, settings: Settings) -> Result<JanusServer, Failed> {
        let server = JanusServer::start(self.network, settings)?;
        server.create_room(&VideoRoom::new(ROOM))?;
        Ok(server)
    }

    fn waits<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn guest(&self, url: &str, id: u64) -> Result<Guest, Failed> {
        self.waits(async {
            let mut guest = Guest::connect(url, json!({})).await?;
            guest.joins(&ROOM.into(), &id.into()).await?;
            Ok(guest)
        })
    }

    /// Alice and bob in the room; bob is told of by alice.
    fn two(&self, server: &JanusServer) -> Result<(Guest, Guest), Failed> {
        let mut alice = self.guest(&server.onlookers_url(), ALICE)?;
        let bob = self.guest(&server.signalling_url(), BOB)?;
        self.waits(alice.sees_come(&BOB.into()))?;
        Ok((alice, bob))
    }
}

fn refused<T>(tried: Result<T, GuestError>, code: u64) -> Result<(), Failed> {
    match tried {
        Err(GuestError::Refused(why)) if why["code"] == code || why["error_code"] == code => Ok(()),
        Err(error) => Err(format!("wanted {code}: {error}").into()),
        Ok(_) => Err(format!("wanted {code}, and was let in").into()),
    }
}

pub(crate) fn come_and_go(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (mut alice, mut bob) = stage.two(&server)?;
    let left = stage.waits(bob.says(json!({"request": "leave"})))?;
    same("bob hears", &left["leaving"], &"ok".into())?;
    stage.waits(alice.sees_leave(&BOB.into()))?;
    same("more", &stage.waits(alice.unheard())?, &Vec::new())
}

pub(crate) fn publish_at_once(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let mut alice = stage.guest(&server.signalling_url(), ALICE)?;
    let publish = json!({"janus": "message", "body": {"request": "publish"},
        "jsep": {"type": "offer", "sdp": SOUND}});
    let answer = stage.waits(alice.ask(publish))?;
    let description = answer["jsep"]["sdp"].as_str().unwrap_or_default();
    let address = server.address().to_string();
    let has_address = |line: &str| {
        line.starts_with("a=candidate:") && line.split(' ').any(|part| part == address)
    };
    if description.lines().any(has_address) {
        return Ok(());
    }
    Err(format!("no candidate of {address} in the answer {answer}").into())
}

pub(crate) fn kick_and_destroy(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (mut alice, mut bob) = stage.two(&server)?;
    let kick = json!({"request": "kick", "room": ROOM, "id": BOB});
    stage.waits(alice.says(kick))?;
    stage.waits(bob.hears("a kick", |told| told["reason"] == "kicked"))?;
    let destroy = json!({"request": "destroy", "room": ROOM});
    stage.waits(alice.says(destroy))?;
    stage.waits(alice.hears("the end", |told| told["videoroom"] == "destroyed"))?;
    let again = json!({"request": "listparticipants", "room": ROOM});
    same(
        "the room",
        &server.admin().video_room(&again)?["error_code"],
        &426.into(),
    )
}

pub(crate) fn keys(stage: &Stage) -> Result<(), Failed> {
    let settings = Settings {
        string_ids: true,
        admin_key: Some("a \"key\"".to_owned()),
        ..Settings::default()
    };
    let server = JanusServer::start(stage.network, settings)?;
    let room = VideoRoom {
        pin: Some("1-2-3".to_owned()),
        secret: Some("hush".to_owned()),
        ..VideoRoom::new("stand-up")
    };
    server.create_room(&room)?;
    stage.waits(async {
        let mut bob = Guest::connect(&server.signalling_url(), json!({})).await?;
        let create = json!({"request": "create", "room": "mine", "admin_key": "wrong"});
        refused(bob.says(create).await, 433)?;
        refused(bob.joins(&"stand-up".into(), &"bob".into()).await, 429)?;
        let mut join =
            json!({"request": "join", "ptype": "publisher", "room": "stand-up", "id": "bob"});
        join["pin"] = "0".into();
        refused(bob.says(join.clone()).await, 433)?;
        join["pin"] = "1-2-3".into();
        same("bob", &bob.says(join).await?["id"], &"bob".into())?;
        let mut kick =
            json!({"request": "kick", "room": "stand-up", "id": "bob", "secret": "loud"});
        refused(bob.says(kick.clone()).await, 433)?;
        kick["secret"] = "hush".into();
        bob.says(kick).await?;
        bob.hears("his kick", |told| told["reason"] == "kicked")
            .await?;
        Ok(())
    })
}

pub(crate) fn api_secret(stage: &Stage) -> Result<(), Failed> {
    let settings = Settings {
        api_secret: Some("hush".to_owned()),
        ..Settings::default()
    };
    let server = stage.server(settings)?;
    let url = server.signalling_url();
    refused(stage.waits(Guest::connect(&url, json!({}))), 403)?;
    stage.waits(Guest::connect(&url, json!({"apisecret": "hush"})))?;
    Ok(())
}

pub(crate) fn tokens(stage: &Stage) -> Result<(), Failed> {
    let settings = Settings {
        tokens: vec!["one".to_owned(), "two".to_owned()],
        ..Settings::default()
    };
    let server = stage.server(settings)?;
    let url = server.signalling_url();
    refused(
        stage.waits(Guest::connect(&url, json!({"token": "three"}))),
        403,
    )?;
    stage.waits(Guest::connect(&url, json!({"token": "two"})))?;
    Ok(())
}

pub(crate) fn load(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let admin = server.admin();
    same("at first", &admin.load()?, &Load::default())?;
    let (alice, bob) = stage.two(&server)?;
    let two = Load {
        sessions: 2,
        handles: 2,
    };
    same("with two", &admin.load()?, &two)?;
    admin.destroy_session(bob.session())?;
    same("with one", &admin.sessions()?, &vec![alice.session()])?;
    drop(alice);
    until("an end of alice's session", || {
        Ok(admin.load()? == Load::default())
    })
}

pub(crate) fn stopped(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (mut alice, mut bob) = stage.two(&server)?;
    server.stop()?;
    stage.waits(bob.sends(json!({"request": "leave"})))?;
    is_silent(stage, &mut alice)?;
    server.go_on()?;
    stage.waits(alice.sees_leave(&BOB.into()))?;
    Ok(())
}

pub(crate) fn restarted(stage: &Stage) -> Result<(), Failed> {
    let mut server = stage.server(Settings::default())?;
    let url = server.signalling_url();
    let (mut alice, _bob) = stage.two(&server)?;
    server.kill();
    let ended = stage.waits(alice.hears("nothing", |_| false));
    if !matches!(ended, Err(GuestError::Socket(_) | GuestError::Ended { .. })) {
        return Err(format!("after a kill came {ended:?}").into());
    }
    if stage.waits(Guest::connect(&url, json!({}))).is_ok() {
        return Err("a server that was killed lets somebody in".into());
    }
    server.restart()?;
    same("sessions", &server.admin().load()?, &Load::default())?;
    let mut bob = stage.waits(Guest::connect(&url, json!({})))?;
    refused(stage.waits(bob.joins(&ROOM.into(), &BOB.into())), 426)?;
    server.shut_down()?;
    Ok(())
}

pub(crate) fn cut(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (mut alice, mut bob) = stage.two(&server)?;
    let mut carol = stage.guest(&server.onlookers_url(), 33)?;
    stage.waits(alice.sees_come(&33.into()))?;
    stage.waits(bob.sees_come(&33.into()))?;
    server.link().cut(Traffic::Signalling)?;
    stage.waits(bob.sends(json!({"request": "leave"})))?;
    stage.waits(carol.says(json!({"request": "leave"})))?;
    stage.waits(alice.sees_leave(&33.into()))?;
    is_silent(stage, &mut bob)?;
    is_silent(stage, &mut alice)?;
    server.link().mend(Traffic::Signalling)?;
    stage.waits(bob.sees_leave(&33.into()))?;
    stage.waits(alice.sees_leave(&BOB.into()))?;
    Ok(())
}

pub(crate) fn media_cut(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (mut alice, mut bob) = stage.two(&server)?;
    let link = server.link();
    // Nobody listens at that port, and the server's kernel says so where it hears of it.
    let socket = UdpSocket::bind((link.ours(), 0))?;
    socket.connect((server.address(), 9))?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let is_refused = || {
        let _ = socket.send(b"?");
        let answer = socket.recv(&mut [0; 8]);
        answer.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    };
    same("before", &is_refused(), &true)?;
    link.cut_one_way(Traffic::Media, Way::ToServer)?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    same("while it is cut", &is_refused(), &false)?;
    stage.waits(bob.says(json!({"request": "leave"})))?;
    stage.waits(alice.sees_leave(&BOB.into()))?;
    link.mend(Traffic::Media)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    same("afterwards", &is_refused(), &true)
}

pub(crate) fn nothing_is_left(stage: &Stage) -> Result<(), Failed> {
    let server = stage.server(Settings::default())?;
    let (process, address) = (server.process(), server.link().ours().to_string());
    let addresses = || -> Result<String, Failed> {
        let shown = std::process::Command::new("ip")
            .args(["-o", "-4", "addr"])
            .output()?;
        Ok(String::from_utf8_lossy(&shown.stdout).into_owned())
    };
    same(
        "the address is there",
        &addresses()?.contains(&address),
        &true,
    )?;
    drop(server);
    same(
        "the process is there",
        &std::path::Path::new(&format!("/proc/{process}")).exists(),
        &false,
    )?;
    until("an end of the interface", || {
        Ok(!addresses()?.contains(&address))
    })
}

/// Nothing comes for a moment. It proves little, but a server that answers does so within a millisecond.
fn is_silent(stage: &Stage, guest: &mut Guest) -> Result<(), Failed> {
    let moment = Duration::from_millis(300);
    let anything = async { tokio::time::timeout(moment, guest.hears_anything()).await };
    match stage.waits(anything) {
        Err(_) => Ok(()),
        Ok(heard) => Err(format!("heard was {:?}", heard.unwrap_or(Value::Null)).into()),
    }
}

/// Looks again and again at what nobody tells of.
fn until(what: &str, mut look: impl FnMut() -> Result<bool, Failed>) -> Result<(), Failed> {
    for _ in 0..2_000 {
        if look()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("{what} was waited for in vain").into())
}
