//! The process of the service; and of the plain sockets that it is compared with.

use std::time::{Duration, Instant};

use exeunt_room_service::rooms::{RoomLife, Scene};
use exeunt_room_service::{Config, Limits, RoomService, RunningService};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::member::DISMISSED;
use crate::process::{obey, resident};
use crate::watching::watch;

#[derive(Default)]
struct State {
    service: Option<RunningService>,
    accepting: Option<JoinHandle<Vec<TcpStream>>>,
    plain: Vec<TcpStream>,
}

pub(crate) fn run() {
    let mut state = State::default();
    obey(async |words| match words {
        ["serve", scene] => {
            let service = serve(scene).await;
            let address = service.local_addr().to_string();
            state.service = Some(service);
            address
        }
        ["memory"] => resident().to_string(),
        ["watch"] => watch(&*state.service.as_ref().unwrap().backend()).await,
        ["dismiss"] => {
            let backend = state.service.as_ref().unwrap().backend();
            let begun = Instant::now();
            backend.dismiss(&"1".parse().unwrap()).await.unwrap();
            micros(begun)
        }
        ["stop"] => {
            let begun = Instant::now();
            state.service.take().unwrap().stop().await;
            micros(begun)
        }
        ["plain", count] => {
            let count: usize = count.parse().unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            state.accepting = Some(tokio::spawn(accept(listener, count)));
            address
        }
        ["accepted"] => {
            state.plain = state.accepting.take().unwrap().await.unwrap();
            "accepted".to_owned()
        }
        ["write", bytes] => {
            let mut message = vec![b' '; bytes.parse::<usize>().unwrap() - DISMISSED.len()];
            message.extend(DISMISSED);
            let begun = Instant::now();
            for stream in &mut state.plain {
                stream.write_all(&message).await.unwrap();
            }
            micros(begun)
        }
        other => panic!("{other:?}"),
    });
}

async fn accept(listener: TcpListener, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    while streams.len() < count {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    streams
}

fn micros(begun: Instant) -> String {
    begun.elapsed().as_micros().to_string()
}

async fn serve(scene: &str) -> RunningService {
    let scene = if scene == "live" {
        Scene::Live
    } else {
        Scene::Call
    };
    let limits = Limits {
        members_per_room: 10_000,
        rooms: 100_000,
        connections: 100_000,
        connections_per_address: 100_000,
        requests_per_second_per_address: 1_000_000,
        requests: 1000,
        requests_per_address: 1000,
        // Everybody enters within a moment, and is told of everybody who enters after.
        waiting_control: 100_000,
        ..Limits::default()
    };
    let config = Config {
        lease: Duration::from_secs(3600),
        room_life: RoomLife {
            scene,
            ..RoomLife::default()
        },
        limits,
        ..Config::development()
    };
    RoomService::bind(config).await.unwrap().spawn()
}
