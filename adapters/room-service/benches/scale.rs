//! Many members on one machine: one big room, and many small ones.
//!
//! Dismissing the big room is compared with writing the same bytes to as many sockets, in the same run
//! and read by the same readers. Both ends live in this process, so that the memory is an upper bound.
//! `SCALE=1000` takes fewer members.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot go on says where"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exeunt_port::EnterRequest;
use exeunt_room_service::rooms::{RoomLife, Scene};
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY, Limits, RoomService,
};
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter, Role};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// So many connections are opened at a time.
const AT_A_TIME: usize = 64;
/// The close code of a dismissal, as it stands in a frame.
const DISMISSED: [u8; 2] = 4002_u16.to_be_bytes();

#[tokio::main]
async fn main() {
    let scale = std::env::var("SCALE")
        .ok()
        .and_then(|scale| scale.parse().ok());
    let wanted: usize = scale.unwrap_or(10_000);
    // Two ends for each of two members a room, and some for everything else.
    let needed = u64::try_from(4 * wanted + 500).unwrap();
    let allowed = rlimit::increase_nofile_limit(needed).unwrap_or(0);
    let allowed = if allowed >= needed {
        allowed
    } else {
        // Whoever may raise the hard limit as well does it.
        let raised = rlimit::setrlimit(rlimit::Resource::NOFILE, needed, needed);
        raised.map_or(allowed, |()| needed)
    };
    let people = usize::try_from(allowed.saturating_sub(500) / 2).unwrap();
    println!(
        "{allowed} file descriptors allowed: {} members",
        people.min(2 * wanted)
    );
    big_room(wanted.min(people)).await;
    small_rooms(wanted.min(people / 2)).await;
}

async fn service(scene: Scene) -> RoomService {
    let config = Config {
        lease: Duration::from_secs(3600),
        room_life: RoomLife {
            scene,
            ..RoomLife::default()
        },
        limits: Limits {
            members_per_room: 10_000,
            connections: 100_000,
            connections_per_address: 100_000,
            requests_per_second_per_address: 1_000_000,
            ..Limits::default()
        },
        ..Config::development()
    };
    RoomService::bind(config).await.unwrap()
}

/// A live room: its audience is announced to nobody, as with TRTC.
async fn big_room(members: usize) {
    let service = service(Scene::Live).await.spawn();
    let before = resident();
    let begun = Instant::now();
    let place = Arc::new(Semaphore::new(AT_A_TIME));
    let entering: FuturesUnordered<_> = (0..members)
        .map(|number| {
            let (place, address) = (Arc::clone(&place), service.local_addr());
            let role = if number == 0 {
                Role::Anchor
            } else {
                Role::Audience
            };
            tokio::spawn(async move {
                let _place = place.acquire().await.unwrap();
                enter(address, "1", &format!("member-{number}"), role).await
            })
        })
        .collect();
    let streams: Vec<TcpStream> = entering.map(Result::unwrap).collect().await;
    let entered = begun.elapsed();
    let each = resident().saturating_sub(before) / members;
    println!("one room of {members}: entered in {entered:.1?}, {each} bytes a member (both ends)");

    let mut readers = JoinSet::new();
    for stream in streams {
        readers.spawn(read_until(stream, DISMISSED.to_vec()));
    }
    let backend = service.backend();
    tokio::task::yield_now().await;
    let begun = Instant::now();
    backend.dismiss(&"1".parse().unwrap()).await.unwrap();
    let handed_over = begun.elapsed();
    let mut bytes = 0;
    while let Some(read) = readers.join_next().await {
        bytes = read.unwrap();
    }
    let dismissed = begun.elapsed();
    service.stop().await;
    let written = plain(members, bytes).await;
    println!(
        "dismissing it: {dismissed:.1?} until everybody has read it ({handed_over:.1?} of it in the rooms); \
         writing the same {bytes} bytes to as many sockets: {written:.1?}; ratio {:.2}",
        dismissed.as_secs_f64() / written.as_secs_f64()
    );
}

async fn small_rooms(rooms: usize) {
    let service = service(Scene::Call).await.spawn();
    let before = resident();
    let begun = Instant::now();
    let place = Arc::new(Semaphore::new(AT_A_TIME));
    let entering: FuturesUnordered<_> = (0..2 * rooms)
        .map(|number| {
            let (place, address) = (Arc::clone(&place), service.local_addr());
            tokio::spawn(async move {
                let _place = place.acquire().await.unwrap();
                let room = (1 + number / 2).to_string();
                enter(address, &room, &format!("member-{number}"), Role::Anchor).await
            })
        })
        .collect();
    let streams: Vec<TcpStream> = entering.map(Result::unwrap).collect().await;
    let entered = begun.elapsed();
    let each = resident().saturating_sub(before) / (2 * rooms);
    println!("{rooms} rooms of two: entered in {entered:.1?}, {each} bytes a member (both ends)");
    let begun = Instant::now();
    service.stop().await;
    println!("stopping, with everybody told: {:.1?}", begun.elapsed());
    drop(streams);
}

/// The same bytes over plain sockets, one write each.
async fn plain(members: usize, bytes: usize) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (mut here, mut readers) = (Vec::new(), JoinSet::new());
    let mut message = vec![0; bytes - DISMISSED.len()];
    message.extend(DISMISSED);
    for _ in 0..members {
        let (there, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        readers.spawn(read_until(there.unwrap(), DISMISSED.to_vec()));
        let accepted = accepted.unwrap().0;
        accepted.set_nodelay(true).unwrap();
        here.push(accepted);
    }
    tokio::task::yield_now().await;
    let begun = Instant::now();
    for stream in &mut here {
        stream.write_all(&message).await.unwrap();
    }
    while let Some(read) = readers.join_next().await {
        read.unwrap();
    }
    begun.elapsed()
}

/// Reads until this comes; answers how many bytes came. The stream is closed then.
async fn read_until(mut stream: TcpStream, wanted: Vec<u8>) -> usize {
    let heard = read(&mut stream, &wanted).await;
    heard.len()
}

async fn read(stream: &mut TcpStream, wanted: &[u8]) -> Vec<u8> {
    let (mut heard, mut piece) = (Vec::new(), [0; 512]);
    while !heard.windows(wanted.len()).any(|bytes| bytes == wanted) {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(
            count > 0,
            "closed after {}",
            String::from_utf8_lossy(&heard)
        );
        heard.extend(&piece[..count]);
    }
    heard
}

/// Enters with as little as a member needs: a stream.
async fn enter(address: SocketAddr, room: &str, name: &str, role: Role) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    read(&mut stream, b"\r\n\r\n").await;
    let claims = Claims::new(
        DEVELOPMENT_SDK_APP_ID,
        name.parse().unwrap(),
        1_700_000_000,
        3_153_600_000,
    );
    let request = EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user: claims.user.clone(),
        room: room.parse().unwrap(),
        user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
    };
    let mut enter = Enter::new(request, ClientId::random(), 1);
    enter.role = role;
    let text = ClientMessage::Enter(enter).encode();
    // A text frame of middling length, with a mask of zeros.
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let frame = [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat();
    stream.write_all(&frame).await.unwrap();
    read(&mut stream, b"\"members\":").await;
    stream
}

/// How much memory this process has, in bytes; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    1024 * kilobytes.unwrap_or(0_usize)
}
