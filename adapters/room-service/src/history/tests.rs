//! The history beside rooms that change while they are asked.

use std::sync::{Arc, Mutex};

use exeunt_port::{RoomId, UserId, async_trait};
use tokio::sync::Notify;

use super::*;
use crate::backend::{
    Dismissal, Happening, HappeningSource, MemberState, Moment, Publishes, Removal, RoomPage,
};

/// Rooms whose list was asked for, and comes when it may.
#[derive(Debug)]
struct Slow {
    source: HappeningSource,
    /// The list as it was when it was asked for, all pages of it.
    pages: Mutex<Vec<RoomPage>>,
    /// Rooms that there are when one asks for them.
    rooms: Vec<RoomState>,
    asked: Notify,
    may_answer: Notify,
}

#[async_trait]
impl Backend for Slow {
    async fn rooms(&self, _page: Page) -> Result<RoomPage, BackendError> {
        self.asked.notify_one();
        self.may_answer.notified().await;
        let mut pages = self.pages.lock().unwrap();
        Ok(pages.pop().unwrap_or_default())
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        let found = self.rooms.iter().find(|one| one.id == *room).cloned();
        found.ok_or_else(|| BackendError::NoSuchRoom { room: room.clone() })
    }

    async fn kick(&self, _: &RoomId, _: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        Ok(Vec::new())
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        Err(BackendError::NoSuchRoom { room: room.clone() })
    }

    fn happenings(&self) -> Happenings {
        self.source.reader()
    }
}

fn room(number: u32) -> RoomState {
    let member = MemberState {
        user: "alice".parse().unwrap(),
        stay: u64::from(number),
        entered_at: Moment(1),
        connected: true,
        heard_at: None,
        publishes: Publishes::default(),
        may_publish: true,
    };
    RoomState {
        id: RoomId::number(number).unwrap(),
        opened_at: Moment(1),
        members: vec![member],
    }
}

fn rooms(pages: Vec<RoomPage>, rooms: Vec<RoomState>) -> Arc<Slow> {
    Arc::new(Slow {
        source: HappeningSource::new(8),
        pages: Mutex::new(pages),
        rooms,
        asked: Notify::new(),
        may_answer: Notify::new(),
    })
}

fn open(history: &History) -> Vec<RoomId> {
    history.read(|record| {
        let open = record.sessions().filter(|one| one.closed_at.is_none());
        open.map(|session| session.room.clone()).collect()
    })
}

/// Plays the keeper of a history up to where it has compared.
async fn compared(history: &History, slow: &Slow, meanwhile: impl FnOnce()) {
    let questions = async {
        slow.asked.notified().await;
        meanwhile();
        loop {
            slow.may_answer.notify_one();
            slow.asked.notified().await;
        }
    };
    tokio::select! {
        biased;
        done = history.compare(slow) => done.unwrap(),
        () = questions => {}
    }
}

#[tokio::test]
async fn a_room_that_ends_while_its_list_is_on_the_way_stays_ended() {
    let page = RoomPage {
        total: 1,
        rooms: vec![room(1)],
    };
    let slow = rooms(vec![page], vec![]);
    let history = History::of(&*slow, 10);
    compared(&history, &slow, || {
        let (room, opened_at) = (room(1).id, Moment(1));
        slow.source
            .tell(Moment(2), Happening::RoomClosed { room, opened_at });
    })
    .await;
    assert_eq!(open(&history), []);
}

#[tokio::test]
async fn a_room_that_slips_from_page_to_page_is_asked_about_by_its_name() {
    // Somebody closed a room of the first page before the second was asked for: room 2 was on neither.
    let page = |rooms| RoomPage { total: 2, rooms };
    let slow = rooms(vec![page(vec![]), page(vec![room(1)])], vec![room(2)]);
    let history = History::of(&*slow, 10);
    let opened = Happening::RoomOpened {
        room: room(2).id,
        by: Some("alice".parse().unwrap()),
    };
    slow.source.tell(Moment(1), opened);
    compared(&history, &slow, || {}).await;
    assert_eq!(open(&history).len(), 2);
}
