//! Who is in which room, and what each has still to be told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use exeunt_port::{
    FrameQueue, MediaFrame, RemoteFrame, RemoteLeaveReason, RoomId, RoomSignal, UserId,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::wire::Answer;

/// Every stay by its pass. Those that are over are kept for a lease, until their last word was heard.
#[derive(Debug)]
pub(crate) struct Stays {
    key: String,
    lease: Duration,
    by_pass: Mutex<BTreeMap<String, Stay>>,
}

#[derive(Debug)]
struct Stay {
    user: UserId,
    room: RoomId,
    over: bool,
    /// What was not heard yet, and how much was before.
    unheard: VecDeque<Answer>,
    heard: u64,
    last_said: Instant,
    seat: Seat,
}

/// What a socket knows of the stay that it carries.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) pass: String,
    pub(crate) heard: u64,
    pub(crate) told: Arc<Notify>,
    pub(crate) frames: FrameQueue<RemoteFrame>,
    pub(crate) taken_over: CancellationToken,
}

impl Seat {
    fn new(pass: &str, heard: u64) -> Self {
        /// A second of sound and pictures; who is slower loses the oldest.
        const FRAMES: usize = 96;
        Self {
            pass: pass.to_owned(),
            heard,
            told: Arc::default(),
            frames: FrameQueue::bounded(FRAMES),
            taken_over: CancellationToken::new(),
        }
    }
}

impl Stay {
    /// Who has heard nothing of so much is cut off by the next sweep.
    const UNHEARD: usize = 1024;

    fn tell(&mut self, answer: Answer) {
        if !self.over {
            self.unheard.push_back(answer);
            self.seat.told.notify_one();
        }
    }

    /// Says the last word. It is kept until it was heard; room for frames is not.
    fn end(&mut self, last: Answer) {
        self.tell(last);
        self.over = true;
        self.seat.frames = FrameQueue::bounded(1);
    }

    fn has_heard(&mut self, heard: u64) {
        let now = usize::try_from(heard.saturating_sub(self.heard)).unwrap_or(usize::MAX);
        let now = now.min(self.unheard.len());
        self.unheard.drain(..now);
        self.heard += now as u64;
        self.last_said = Instant::now();
    }
}

type ByPass = BTreeMap<String, Stay>;

impl Stays {
    pub(crate) fn new(key: &str, lease: Duration) -> Self {
        Self {
            key: key.to_owned(),
            lease,
            by_pass: Mutex::default(),
        }
    }

    fn by_pass(&self) -> MutexGuard<'_, ByPass> {
        self.by_pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to a stay, unless it is unknown.
    fn with<T>(&self, pass: &str, act: impl FnOnce(&mut Stay) -> T) -> Option<T> {
        self.by_pass().get_mut(pass).map(act)
    }

    // ---- what a client asks for ---------------------------------------------------------------

    /// A new stay, which replaces an earlier one of the same user; `None` for a wrong key.
    pub(crate) fn enter(&self, user: UserId, room: &RoomId, key: &str) -> Option<Seat> {
        if key != self.key {
            return None;
        }
        let mut stays = self.by_pass();
        remove(&mut stays, room, &user, RoomSignal::Replaced);
        let seat = Seat::new(&Uuid::new_v4().to_string(), 0);
        let mut stay = Stay {
            user,
            room: room.clone(),
            over: false,
            unheard: VecDeque::new(),
            heard: 0,
            last_said: Instant::now(),
            seat: seat.clone(),
        };
        let entered = |user: &UserId| RoomSignal::RemoteUserEntered(user.clone());
        for other in present(&mut stays, room) {
            other.tell(Answer::Signal(entered(&stay.user)));
            stay.tell(Answer::Signal(entered(&other.user)));
        }
        stays.insert(seat.pass.clone(), stay);
        Some(seat)
    }

    /// The same stay over another socket, told from there on; `None` if it is not known any more.
    pub(crate) fn resume(&self, pass: &str, heard: u64) -> Option<Seat> {
        self.with(pass, |stay| {
            stay.has_heard(heard);
            stay.seat.taken_over.cancel();
            stay.seat = Seat::new(pass, stay.heard);
            stay.seat.clone()
        })
    }

    pub(crate) fn beat(&self, pass: &str, heard: u64) {
        self.with(pass, |stay| stay.has_heard(heard));
    }

    pub(crate) fn leave(&self, pass: &str) {
        end(
            &mut self.by_pass(),
            pass,
            RemoteLeaveReason::Left,
            Answer::Left,
        );
    }

    pub(crate) fn carry(&self, pass: &str, frame: &MediaFrame) {
        let mut stays = self.by_pass();
        let from = stays.get(pass).filter(|stay| !stay.over);
        let Some((user, room)) = from.map(|stay| (stay.user.clone(), stay.room.clone())) else {
            return;
        };
        for other in present(&mut stays, &room).filter(|other| other.user != user) {
            let (user, frame) = (user.clone(), frame.clone());
            other.seat.frames.push(RemoteFrame { user, frame });
        }
    }

    // ---- what its socket says to a client -----------------------------------------------------

    /// The answer after so many, if there is one.
    pub(crate) fn unsaid(&self, pass: &str, said: u64) -> Option<Answer> {
        self.with(pass, |stay| {
            let place = usize::try_from(said.saturating_sub(stay.heard)).ok()?;
            stay.unheard.get(place).cloned()
        })?
    }

    /// Whether nothing will be said any more.
    pub(crate) fn is_over(&self, pass: &str) -> bool {
        self.with(pass, |stay| stay.over).unwrap_or(true)
    }

    // ---- what an operator and the time do -----------------------------------------------------

    pub(crate) fn kick(&self, room: &RoomId, user: &UserId) {
        remove(&mut self.by_pass(), room, user, RoomSignal::Kicked);
    }

    /// Ends this room, or all of them, with this for a last word.
    pub(crate) fn end_room(&self, room: Option<&RoomId>, last: &RoomSignal) {
        for stay in self.by_pass().values_mut() {
            if room.is_none_or(|room| *room == stay.room) {
                stay.end(Answer::Over(last.clone()));
            }
        }
    }

    /// Ends what was silent for a lease, and forgets it.
    pub(crate) fn sweep(&self) {
        let mut stays = self.by_pass();
        let is_silent = |stay: &Stay| {
            stay.last_said.elapsed() > self.lease || stay.unheard.len() > Stay::UNHEARD
        };
        let silent = stays.iter().filter(|(_, stay)| is_silent(stay));
        let silent: Vec<_> = silent.map(|(pass, _)| pass.clone()).collect();
        for pass in silent {
            end(&mut stays, &pass, RemoteLeaveReason::TimedOut, Answer::Left);
            if let Some(stay) = stays.remove(&pass) {
                stay.seat.taken_over.cancel();
            }
        }
    }
}

fn present<'a>(stays: &'a mut ByPass, room: &RoomId) -> impl Iterator<Item = &'a mut Stay> {
    let stays = stays.values_mut();
    stays.filter(move |stay| !stay.over && stay.room == *room)
}

/// Ends the stay of this user in this room, if there is one.
fn remove(stays: &mut ByPass, room: &RoomId, user: &UserId, why: RoomSignal) {
    let stay = present(stays, room).find(|stay| stay.user == *user);
    if let Some(pass) = stay.map(|stay| stay.seat.pass.clone()) {
        end(stays, &pass, RemoteLeaveReason::Kicked, |_| {
            Answer::Over(why)
        });
    }
}

/// Ends a stay: the others hear why, and it its last word, which may say how many others there were.
fn end(
    stays: &mut ByPass,
    pass: &str,
    reason: RemoteLeaveReason,
    last: impl FnOnce(u32) -> Answer,
) {
    let stay = stays.get(pass).filter(|stay| !stay.over);
    let Some((user, room)) = stay.map(|stay| (stay.user.clone(), stay.room.clone())) else {
        return;
    };
    let mut told = 0;
    for other in present(stays, &room).filter(|other| other.user != user) {
        other.tell(Answer::Signal(RoomSignal::RemoteUserLeft(
            user.clone(),
            reason,
        )));
        told += 1;
    }
    if let Some(stay) = stays.get_mut(pass) {
        stay.end(last(told));
    }
}
