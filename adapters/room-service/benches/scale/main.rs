//! Many members on one machine: big rooms, and many small ones.
//!
//! Dismissing a big room is compared with writing the same bytes to as many sockets, in the same run, by
//! the same process, to the same readers. The service is a process of its own, and so are the members,
//! as many processes as they need for their descriptors; so what the memory grows by is the service's
//! alone.
//!
//! `SCALE=1000` takes fewer members, `CALL=10000` more in the call scene, where everybody is told of
//! everybody: the work grows with the square of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot go on says where"
)]

mod crowd;
mod member;
mod process;
mod service;
mod watching;

use std::time::{Duration, Instant};

use exeunt_websocket::wire::{CloseCode, ServerMessage};

use process::Process;

/// What a process needs besides the sockets.
const BESIDES: u64 = 32;
/// How many members a process plays at most.
const A_CROWD: usize = 10_000;
/// Which part a process plays; none for the one that was started.
const ROLE: &str = "EXEUNT_SCALE_ROLE";

fn main() {
    match std::env::var(ROLE).as_deref() {
        Ok("service") => service::run(),
        Ok(_) => crowd::run(),
        Err(_) => direct(),
    }
}

fn wanted(name: &str, usual: usize) -> usize {
    let typed = std::env::var(name).ok();
    typed.and_then(|typed| typed.parse().ok()).unwrap_or(usual)
}

fn direct() {
    let most = wanted("SCALE", 10_000);
    let needed = u64::try_from(2 * most).unwrap() + BESIDES;
    let allowed = process::allow_descriptors(needed);
    let sockets = usize::try_from(allowed.saturating_sub(BESIDES)).unwrap();
    println!("{allowed} file descriptors a process: {sockets} sockets");
    if allowed < needed {
        println!(
            "{} rooms of two would take {needed} in the service's process; there will be {}",
            most,
            sockets / 2
        );
    }
    for members in [most / 10, most] {
        big_room(Scene::Live, members.min(sockets));
    }
    big_room(Scene::Call, wanted("CALL", most / 5).min(sockets));
    small_rooms(most.min(sockets / 2));
}

#[derive(Clone, Copy)]
enum Scene {
    /// The audience is announced to nobody, as with TRTC.
    Live,
    /// Everybody is announced to everybody.
    Call,
}

/// So many members, played by as many processes as it takes.
struct Crowds(Vec<(Process, usize)>);

impl Crowds {
    fn of(members: usize) -> Self {
        let counts =
            (0..members.div_ceil(A_CROWD)).map(|number| (members - number * A_CROWD).min(A_CROWD));
        Self(
            counts
                .map(|count| (Process::playing("crowd"), count))
                .collect(),
        )
    }

    /// Says this to every process, with the number of its first member and how many they are, and waits
    /// for all of them.
    fn all(&mut self, said: &str) {
        let mut first = 0;
        for (crowd, count) in &mut self.0 {
            crowd.say(&format!("{said} {first} {count}"));
            first += *count;
        }
        self.hear();
    }

    fn hear(&mut self) {
        for (crowd, _) in &mut self.0 {
            crowd.hear();
        }
    }
}

fn big_room(scene: Scene, members: usize) {
    let (mut service, mut crowds) = (Process::playing("service"), Crowds::of(members));
    let (name, anchors) = match scene {
        Scene::Live => ("live", 1),
        Scene::Call => ("call", members),
    };
    let address = service.asked(&format!("serve {name}"));
    let before: usize = service.asked("memory").parse().unwrap();
    let begun = Instant::now();
    crowds.all(&format!("enter {address} one {anchors}"));
    let entered = begun.elapsed();
    crowds.all("settle");
    let after: usize = service.asked("memory").parse().unwrap();
    let each = after.saturating_sub(before) / members;
    println!("one {name} room of {members}: entered in {entered:.1?}, {each} bytes a member");
    println!("  {}", service.asked("watch"));

    let bytes = dismissal();
    crowds.all("await");
    let begun = Instant::now();
    let handed_over = micros(&service.asked("dismiss"));
    crowds.hear();
    let dismissed = begun.elapsed();
    service.asked("stop");

    let address = service.asked(&format!("plain {members}"));
    crowds.all(&format!("connect {address}"));
    service.asked("accepted");
    crowds.all("await");
    let begun = Instant::now();
    let written = micros(&service.asked(&format!("write {bytes}")));
    crowds.hear();
    let plain = begun.elapsed();
    println!(
        "  dismissing it: {dismissed:.1?} until everybody has read it, {handed_over:.1?} of it in the rooms"
    );
    println!(
        "  writing the same {bytes} bytes to as many sockets: {plain:.1?}, {written:.1?} of it in writing; ratio {:.2}",
        dismissed.as_secs_f64() / plain.as_secs_f64()
    );
}

fn small_rooms(rooms: usize) {
    let members = 2 * rooms;
    let (mut service, mut crowds) = (Process::playing("service"), Crowds::of(members));
    let address = service.asked("serve call");
    let before: usize = service.asked("memory").parse().unwrap();
    let begun = Instant::now();
    crowds.all(&format!("enter {address} pairs {members}"));
    let entered = begun.elapsed();
    crowds.all("settle");
    let after: usize = service.asked("memory").parse().unwrap();
    let each = after.saturating_sub(before) / members;
    println!("{rooms} rooms of two: entered in {entered:.1?}, {each} bytes a member");
    println!("  {}", service.asked("watch"));
    let stopped = micros(&service.asked("stop"));
    println!("  stopping, with everybody told: {stopped:.1?}");
}

fn micros(text: &str) -> Duration {
    Duration::from_micros(text.parse().unwrap())
}

/// How many bytes a member reads of a dismissal: a text frame and a close frame.
fn dismissal() -> usize {
    let reason = CloseCode::Dismissed.reason();
    2 + ServerMessage::Dismissed.encode().len() + 2 + 2 + reason.len()
}
