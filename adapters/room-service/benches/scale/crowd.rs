//! A process that plays many members, or as many readers of plain sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exeunt_websocket::wire::Role;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::member::{DISMISSED, enter};
use crate::process::obey;

/// So many connections are opened at a time.
const AT_A_TIME: usize = 64;
/// Nothing more comes when nothing came for so long.
const QUIET: Duration = Duration::from_millis(500);

#[derive(Default)]
struct State {
    /// Everybody reads from the moment of entering on, until the end comes.
    readers: JoinSet<()>,
    heard: Arc<AtomicUsize>,
}

pub(crate) fn run() {
    let mut state = State::default();
    obey(async |words| {
        match words {
            ["enter", address, rooms, anchors, first, count] => {
                let (first, count) = numbers(first, count);
                let anchors = anchors.parse().unwrap();
                state.enter(address, rooms, anchors, first, count).await;
            }
            ["connect", address, _, count] => {
                let address: SocketAddr = address.parse().unwrap();
                for _ in 0..count.parse().unwrap() {
                    let stream = TcpStream::connect(address).await.unwrap();
                    state.readers.spawn(read(stream, Arc::clone(&state.heard)));
                }
            }
            ["settle", ..] => {
                let mut before = usize::MAX;
                while before != state.heard.load(Ordering::Relaxed) {
                    before = state.heard.load(Ordering::Relaxed);
                    sleep(QUIET).await;
                }
            }
            // Answers at once, and again when everybody has read the end.
            ["await", ..] => {
                println!("ready");
                while let Some(read) = state.readers.join_next().await {
                    read.unwrap();
                }
            }
            other => panic!("{other:?}"),
        }
        "done"
    });
}

fn numbers(first: &str, count: &str) -> (usize, usize) {
    (first.parse().unwrap(), count.parse().unwrap())
}

impl State {
    async fn enter(
        &mut self,
        address: &str,
        rooms: &str,
        anchors: usize,
        first: usize,
        count: usize,
    ) {
        let address: SocketAddr = address.parse().unwrap();
        let place = Arc::new(Semaphore::new(AT_A_TIME));
        let mut entering = JoinSet::new();
        for number in first..first + count {
            let place = Arc::clone(&place);
            let role = if number < anchors {
                Role::Anchor
            } else {
                Role::Audience
            };
            let room = if rooms == "one" { 1 } else { 1 + number / 2 };
            entering.spawn(async move {
                let _place = place.acquire().await.unwrap();
                enter(
                    address,
                    &room.to_string(),
                    &format!("member-{number}"),
                    role,
                )
                .await
            });
        }
        while let Some(entered) = entering.join_next().await {
            let stream = entered.unwrap();
            self.readers.spawn(read(stream, Arc::clone(&self.heard)));
        }
    }
}

/// Reads until the end comes.
async fn read(mut stream: TcpStream, heard: Arc<AtomicUsize>) {
    let mut piece = vec![0; 2048];
    let mut last = 0;
    loop {
        let count = stream.read(&mut piece).await.unwrap_or(0);
        // A service that stops says so in another way; then nobody waits here any more.
        if count == 0 {
            return;
        }
        heard.fetch_add(count, Ordering::Relaxed);
        let came = &piece[..count];
        let across = [last, came[0]] == DISMISSED;
        if across || came.windows(2).any(|two| two == DISMISSED) {
            return;
        }
        last = came[count - 1];
    }
}
