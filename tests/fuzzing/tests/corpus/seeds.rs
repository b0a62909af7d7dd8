//! One of everything that a target reads, written with the project's own encoders.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exeunt_core::{Effect, Event, Instant, Policy, Session, Slot, Wait};
use exeunt_port::{
    Codec, EnterRequest, MediaFrame, RemoteFrame, RemoteLeaveReason, RoomId, UserId,
};
use exeunt_room_service::private_map::PrivateMap;
use exeunt_room_service::tc3::{SignedRequest, sign};
use exeunt_room_service::user_sig::{self, Claims};
use exeunt_runtime::{Step, Transcript};
use exeunt_websocket::wire::{
    ClientId, ClientMessage, Departed, Enter, Member, Refusal, ServerMessage, encode_downstream,
    encode_upstream,
};
use flate2::Compression;
use flate2::write::ZlibEncoder;

type Seed = (&'static str, String, Vec<u8>);

const APP: u32 = 1_400_000_000;
const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const NOW: u64 = 1_700_000_000;

pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = histories();
    seeds.extend(control());
    seeds.extend(media());
    seeds.extend(requests());
    seeds.extend(signatures());
    seeds.extend(private_maps());
    seeds.extend(transcripts());
    seeds
}

fn user(name: &str) -> UserId {
    name.parse().expect("a user id")
}

fn histories() -> Vec<Seed> {
    // The rolls of `exeunt_scenario::play`: what happens, which, where.
    const START: [u8; 4] = [0, 0, 0, 0];
    const DONE: [u8; 4] = [6, 0, 0, 0];
    const EXIT: [u8; 4] = [3, 1, 0, 0];
    const CAMERA: [u8; 4] = [3, 0, 0, 0];
    const MICROPHONE: [u8; 4] = [3, 0, 3, 0];
    const LENT: [u8; 4] = [3, 5, 5, 0];
    const STOP: [u8; 4] = [3, 6, 0, 0];
    const REENTER: [u8; 4] = [3, 3, 0, 0];
    const KICKED: [u8; 4] = [11, 4, 0, 0];
    const LINK_LOST: [u8; 4] = [11, 0, 0, 0];
    const VANISHED: [u8; 4] = [11, 3, 0, 0];
    const SOON: [u8; 4] = [0, 2, 0, 0];
    const FOR_LONG: [u8; 4] = [0, 7, 0, 0];
    const AGAIN: [u8; 4] = [13, 0, 0, 0];
    const OLD_ENTERED: [u8; 4] = [14, 0, 0, 2];
    let stories: [(&str, &[[u8; 4]]); 9] = [
        (
            "leaves",
            &[START, DONE, CAMERA, DONE, EXIT, SOON, DONE, DONE, DONE],
        ),
        (
            "camera-opens-late",
            &[START, DONE, CAMERA, EXIT, SOON, DONE, DONE, DONE, DONE],
        ),
        (
            "nobody-answers",
            &[START, CAMERA, MICROPHONE, DONE, EXIT, FOR_LONG],
        ),
        (
            "kicked-while-leaving",
            &[START, DONE, CAMERA, DONE, EXIT, KICKED, DONE, DONE],
        ),
        (
            "leaves-while-entering",
            &[START, EXIT, DONE, DONE, SOON, DONE],
        ),
        ("link-lost", &[START, DONE, LINK_LOST, FOR_LONG, DONE]),
        ("lent", &[START, LENT, DONE, CAMERA, DONE, EXIT, DONE, DONE]),
        (
            "vanishes",
            &[
                START, DONE, CAMERA, DONE, STOP, VANISHED, CAMERA, DONE, EXIT,
            ],
        ),
        (
            "comes-back",
            &[
                START,
                EXIT,
                FOR_LONG,
                REENTER,
                OLD_ENTERED,
                AGAIN,
                DONE,
                DONE,
                DONE,
            ],
        ),
    ];
    let seed =
        |(name, rolls): &(&str, &[[u8; 4]])| ("histories", (*name).to_owned(), rolls.concat());
    stories.iter().map(seed).collect()
}

fn control() -> Vec<Seed> {
    let (alice, bob) = (user("alice"), user("bob"));
    let enter = |room: RoomId| {
        let request = EnterRequest {
            sdk_app_id: APP,
            user: alice.clone(),
            room,
            user_sig: "eJyrVgrxCdYrSy1SslJQMtIz".to_owned(),
        };
        ClientMessage::Enter(Enter::new(request, ClientId::from_number(0xc1), 3))
    };
    let said_by_clients = [
        enter(RoomId::number(123).expect("a room")),
        enter(RoomId::string("123").expect("a room")),
        ClientMessage::Resume {
            stay: 7,
            secret: "s".to_owned(),
            attempt: 2,
        },
        ClientMessage::Leave,
        ClientMessage::Heartbeat,
    ];
    let left = Departed {
        user_id: bob.clone(),
        stay: 4,
        reason: RemoteLeaveReason::Left,
    };
    let said_by_servers = [
        ServerMessage::Entered {
            stay: 7,
            secret: "s".to_owned(),
            lease_ms: 8000,
            heartbeat_ms: 2000,
            members: vec![Member {
                user_id: bob.clone(),
                stay: 4,
            }],
        },
        ServerMessage::Resumed {
            members: vec![Member {
                user_id: alice.clone(),
                stay: 5,
            }],
            departed: vec![left.clone()],
        },
        ServerMessage::refused(Refusal::UserSig, "no"),
        ServerMessage::Left { told: 2 },
        ServerMessage::UserEntered {
            user_id: alice.clone(),
            stay: 5,
        },
        ServerMessage::UserLeft {
            user_id: bob,
            stay: left.stay,
            reason: left.reason,
        },
        ServerMessage::Kicked,
        ServerMessage::Dismissed,
        ServerMessage::Replaced,
        ServerMessage::ServerStopped,
    ];
    let texts = said_by_clients.iter().map(ClientMessage::encode);
    let texts = texts.chain(said_by_servers.iter().map(ServerMessage::encode));
    let wrong = [
        r#"{"type":"levae"}"#,
        r#"{"type":"enter","room_id":-1}"#,
        "[[[[",
    ];
    let texts = texts.chain(wrong.map(ToOwned::to_owned));
    let seed = |(number, text): (usize, String)| {
        (
            "websocket_control",
            format!("{number:02}"),
            text.into_bytes(),
        )
    };
    texts.enumerate().map(seed).collect()
}

fn media() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, codec) in [("opus", Codec::Opus), ("jpeg", Codec::Jpeg)] {
        let frame = MediaFrame {
            codec,
            sequence: 1,
            captured_at_micros: 20_000,
            payload: vec![7; 5].into(),
        };
        let up = encode_upstream(&frame).expect("a frame");
        seeds.push(("websocket_media", format!("{name}-up"), up.to_vec()));
        seeds.push(("websocket_media", format!("{name}-cut"), up[..9].to_vec()));
        let user = user("alice");
        let down = encode_downstream(&RemoteFrame { user, frame }).expect("a frame");
        seeds.push(("websocket_media", format!("{name}-down"), down.to_vec()));
    }
    seeds
}

fn requests() -> Vec<Seed> {
    let headers = [("content-type", "application/json"), ("host", "localhost")];
    let mut seeds = Vec::new();
    for (name, secret_id, key, seconds, tail) in [
        ("good", "id", "secret", NOW, ""),
        ("other-key", "id", "other", NOW, ""),
        ("other-id", "other", "secret", NOW, ""),
        ("expired", "id", "secret", NOW - 301, ""),
        ("changed", "id", "secret", NOW, "!"),
        ("unsigned", "id", "secret", NOW, "\u{0}"),
    ] {
        let unsigned = name == "unsigned";
        let body = r#"{"SdkAppId":1400000000,"RoomId":1,"UserIds":["alice"]}"#;
        let request = SignedRequest {
            method: "POST",
            query: "",
            headers: &headers,
            payload: if unsigned {
                b"UNSIGNED-PAYLOAD"
            } else {
                body.as_bytes()
            },
            timestamp: i64::try_from(seconds).expect("a time"),
        };
        let authorization = sign(secret_id, key, &request).expect("it can be signed");
        let mut text =
            format!("POST\n\nauthorization: {authorization}\nx-tc-timestamp: {seconds}\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\n"]);
        }
        if unsigned {
            text += "x-tc-content-sha256: UNSIGNED-PAYLOAD\n";
        }
        text.extend(["\n", body, tail]);
        seeds.push(("tc3_request", name.to_owned(), text.into_bytes()));
    }
    seeds
}

fn signatures() -> Vec<Seed> {
    // Made by TRTC's own code.
    let trtc = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkKjIT87NK82CSxSnZiQUFmSlAKUMTAyiAyqVWFGQWpYJkTE1NjRDiJZm5YFFzNPXFmekgG3zKHM1T9D3LzdODi-OKs8vCqpxcAvydnV2SSv2cy03cPcpDnA2SMgu0nUxslWoBHdYzUg__";
    let xiaojun = Claims::new(APP, user("xiaojun"), NOW, 3600);
    let with_buffer = Claims {
        user_buffer: Some(vec![1, 2, 3]),
        ..xiaojun.clone()
    };
    let texts = [
        ("by-trtc", trtc.to_owned()),
        ("good", user_sig::sign(KEY, &xiaojun)),
        ("with-buffer", user_sig::sign(KEY, &with_buffer)),
        ("other-key", user_sig::sign("other", &xiaojun)),
        (
            "expired",
            user_sig::sign(
                KEY,
                &Claims {
                    lifetime: 0,
                    issued_at: 0,
                    ..xiaojun.clone()
                },
            ),
        ),
        ("cut", trtc[..100].to_owned()),
        ("too-long", "A".repeat(5000)),
        ("bomb", bomb()),
    ];
    let seed = |(name, text): (&str, String)| ("user_sig", name.to_owned(), text.into_bytes());
    texts.into_iter().map(seed).collect()
}

/// Two million spaces, deflated: short enough to be shown, too long to be inflated.
fn bomb() -> String {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::best());
    deflated
        .write_all(&vec![b' '; 2_000_000])
        .expect("memory takes everything");
    let text = STANDARD.encode(deflated.finish().expect("memory takes everything"));
    text.replace('+', "*").replace('/', "-").replace('=', "_")
}

fn private_maps() -> Vec<Seed> {
    let map = |room| PrivateMap {
        user: user("alice"),
        sdk_app_id: APP,
        room,
        expires_at: 2_000_000_000,
        privileges: PrivateMap::ALL,
    };
    let number = map(RoomId::number(123).expect("a room")).encode();
    let name = map(RoomId::string("standup").expect("a room")).encode();
    let seeds = [
        ("cut", number[..number.len() - 1].to_vec()),
        ("too-long", [number.as_slice(), &[0]].concat()),
        ("version", [&[2], &number[1..]].concat()),
        ("empty", Vec::new()),
        ("name-cut", name[..name.len() - 2].to_vec()),
        ("number", number),
        ("name", name),
    ];
    let seed = |(name, bytes): (&str, Vec<u8>)| ("private_map", name.to_owned(), bytes);
    seeds.into_iter().map(seed).collect()
}

fn transcripts() -> Vec<Seed> {
    let camera = Slot::new(0).expect("a slot");
    let leaves = [
        (0, Event::EnterRequested),
        (10, Event::Entered),
        (20, Event::DeviceRequested(camera)),
        (30, Event::DeviceOpened(camera)),
        (40, Event::ExitRequested),
        (50, Event::DepartureConfirmed),
        (60, Event::DeviceReleased(camera)),
        (70, Event::TransportClosed),
    ];
    let is_kicked = [
        (0, Event::EnterRequested),
        (5, Event::DeviceLent(camera)),
        (10, Event::Kicked),
        (1010, Event::DeadlineReached(Wait::Transport)),
    ];
    let (leaves, is_kicked) = (recorded(&leaves), recorded(&is_kicked));
    let seeds = [
        ("leaves", leaves.clone()),
        ("kicked", is_kicked.clone()),
        (
            "cut-off",
            leaves.lines().take(5).collect::<Vec<_>>().join("\n"),
        ),
        ("other-answer", leaves.replacen("gate_media", "connect", 1)),
        ("version", leaves.replacen(":1,", ":2,", 1)),
        (
            "no-header",
            leaves.lines().skip(1).collect::<Vec<_>>().join("\n"),
        ),
        ("two-stays-mixed", leaves + &is_kicked),
    ];
    let seed = |(name, text): (&str, String)| ("transcript", name.to_owned(), text.into_bytes());
    seeds.into_iter().map(seed).collect()
}

fn recorded(story: &[(u64, Event)]) -> String {
    let mut session = Session::new(Policy::DEFAULT);
    let epoch = session.next_epoch();
    let mut text = Transcript::header(Policy::DEFAULT) + "\n";
    let mut reported = false;
    for (millis, event) in story {
        let at = Instant::from_millis(*millis);
        let reaction = session.handle(epoch, *event, at);
        reported |= reaction.effects.contains(&Effect::ReportExit);
        let step = Step {
            at,
            epoch,
            event: *event,
            state: session.state().into(),
            effects: reaction.effects,
            disposition: reaction.disposition,
        };
        text += &(Transcript::line(&step) + "\n");
    }
    assert!(reported, "a story that is recorded has an end");
    text
}
