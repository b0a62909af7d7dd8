//! Janus's rooms as a back end: the second one.
//!
//! `VideoRoom`'s admin requests do what is asked; what happens is found out by asking again and again who is
//! in which room. So it is known *that* somebody left, and why only where we did it ourselves: who was
//! kicked or whose room was dismissed over this back end, and whose room is gone while Janus goes on. Who
//! comes and goes between two questions is never seen.

mod census;
mod kicked;
mod reading;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exeunt_janus::admin::{Admin, AdminError, AdminKeys};
use exeunt_janus::translate::Id;
use exeunt_janus::{Endpoint, admin};
use exeunt_port::{RoomId, UserId, async_trait};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::backend::{
    self, Backend, BackendError, Dismissal, Happenings, LeaveReason, Page, Removal, RoomPage,
    RoomState, SummaryPage,
};
use crate::clock::today;
use census::{Answered, Census, Ticket};

/// The bound of every answer; what a back end may take is ten.
const LONGEST: Duration = Duration::from_secs(9);
/// How long Janus may take over one question.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many questions are on their way at a time.
const AT_ONCE: usize = 16;

/// Where the rooms are, and how they are asked about.
#[derive(Clone, Debug)]
pub struct JanusRooms {
    /// Janus's WebSocket, and its api secret or token.
    pub endpoint: Endpoint,
    /// The plugin's admin key, and the secrets of the rooms.
    pub keys: AdminKeys,
    /// How long to pause before Janus is asked again who is in which room. What is shorter than 50 ms
    /// counts as that.
    pub interval: Duration,
    /// So many things that happened are kept for slow readers.
    pub kept_happenings: usize,
}

impl JanusRooms {
    /// How long the pause is unless it is said.
    pub const INTERVAL: Duration = Duration::from_secs(1);
    const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
}

/// The rooms of a Janus's `VideoRoom`.
///
/// It asks Janus all the time, in a task of its own that ends when this is dropped. While Janus is away,
/// every method answers [`BackendError::Unreachable`] within ten seconds.
///
/// | of a back end | here |
/// | --- | --- |
/// | rooms | those that `VideoRoom` lists, empty ones as well; private ones with the admin key, or once they were named |
/// | how many there are, the console's list | as of the last question: as old as the pause between them |
/// | a room's beginning, a member's entrance | when it was seen first |
/// | why somebody left | known for kicks over this back end and for rooms that were ended, otherwise not |
/// | receipts | none: Janus does not say whom it told |
/// | what is sent | whether, not what |
/// | bans | none |
#[derive(Debug)]
pub struct JanusBackend {
    inside: Arc<Inside>,
    watching: JoinHandle<()>,
}

#[derive(Debug)]
struct Inside {
    admin: Admin,
    census: Mutex<Census>,
    /// How it went when Janus was asked about everything last.
    latest: watch::Sender<Option<Result<(), BackendError>>>,
}

impl JanusBackend {
    /// Begins to connect and to ask; call it within a tokio runtime. Whether Janus is there shows later.
    #[must_use]
    pub fn start(rooms: JanusRooms) -> Self {
        let endpoint = rooms.endpoint.answering_within(PATIENCE);
        let inside = Arc::new(Inside {
            admin: Admin::start(endpoint, rooms.keys),
            census: Mutex::new(Census::new(rooms.kept_happenings)),
            latest: watch::Sender::new(None),
        });
        let interval = rooms.interval.max(JanusRooms::SHORTEST_INTERVAL);
        let watching = tokio::spawn(reading::watch(Arc::clone(&inside), interval));
        Self { inside, watching }
    }
}

impl Drop for JanusBackend {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

#[async_trait]
impl Backend for JanusBackend {
    async fn rooms(&self, page: Page) -> Result<RoomPage, BackendError> {
        within(self.inside.page(page)).await
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        within(self.inside.room(room)).await
    }

    async fn summaries(&self, page: Page) -> Result<SummaryPage, BackendError> {
        within(self.inside.summaries(page)).await
    }

    async fn census(&self) -> Result<backend::Census, BackendError> {
        within(self.inside.counts()).await
    }

    async fn kick(&self, room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        within(self.inside.kick(room, users)).await
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        within(self.inside.dismiss(room)).await
    }

    fn happenings(&self) -> Happenings {
        self.inside.census().reader()
    }
}

async fn within<T>(
    asking: impl Future<Output = Result<T, BackendError>>,
) -> Result<T, BackendError> {
    timeout(LONGEST, asking).await.unwrap_or_else(|_| {
        let detail = format!("Janus took longer than {LONGEST:?}");
        Err(BackendError::Unreachable { detail })
    })
}

impl Inside {
    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        self.look(room).await?;
        let state = self.census().state(room);
        // It may have been ended while the answer was on its way.
        state.ok_or_else(|| BackendError::NoSuchRoom { room: room.clone() })
    }

    async fn kick(&self, room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        // Whom the names mean now; what was known before may be as old as the last question.
        self.look(room).await?;
        let meant: BTreeMap<UserId, (Id, u64)> = {
            let census = self.census();
            let find = |user: &UserId| Some((user.clone(), census.find(room, user)?));
            users.iter().filter_map(find).collect()
        };
        let ids: Vec<Id> = meant.values().map(|(id, _)| id.clone()).collect();
        let _meanwhile = KicksPending::begin(self, room, &ids);
        let kicks = ids.iter().cloned().map(|id| self.kick_one(room, id));
        // Who can be kicked is, whatever becomes of the others.
        let kicked: Vec<_> = stream::iter(kicks.collect::<Vec<_>>())
            .buffered(AT_ONCE)
            .collect()
            .await;
        let went = meant.into_iter().zip(kicked);
        let went = went.map(|((user, (_, stay)), kicked)| (user, (stay, kicked)));
        kicked::removals(users, &went.collect())
    }

    /// Answers whether somebody was there to be kicked.
    async fn kick_one(&self, room: &RoomId, id: Id) -> Result<bool, BackendError> {
        let (was_there, reason) = match self.admin.kick(room, &id).await {
            Ok(()) => (true, Some(LeaveReason::Kicked)),
            Err(AdminError::NoSuchParticipant { .. }) => (false, None),
            Err(error) => return Err(in_our_words(error)),
        };
        self.census().out(today(), room, &id, reason);
        Ok(was_there)
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        // So that all who are in it are known, and known to have been dismissed.
        self.look(room).await?;
        let _meanwhile = EndPending::begin(self, room);
        self.admin.destroy(room).await.map_err(in_our_words)?;
        let members = self.census().dismissed(today(), room);
        Ok(Dismissal { members })
    }

    fn census(&self) -> MutexGuard<'_, Census> {
        // The census does not panic half-way; if it did, going on serves the others best.
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ticket(&self) -> Ticket {
        self.census().ticket()
    }
}

/// While it is there, some are about to be kicked. It ends with the future that does it, however that ends.
struct KicksPending<'a> {
    inside: &'a Inside,
    room: &'a RoomId,
    ids: &'a [Id],
}

impl<'a> KicksPending<'a> {
    fn begin(inside: &'a Inside, room: &'a RoomId, ids: &'a [Id]) -> Self {
        inside.census().kicks_begin(room, ids);
        Self { inside, room, ids }
    }
}

impl Drop for KicksPending<'_> {
    fn drop(&mut self) {
        self.inside.census().kicks_done(self.room, self.ids);
    }
}

/// The same for a room that is about to be ended.
struct EndPending<'a> {
    inside: &'a Inside,
    room: &'a RoomId,
}

impl<'a> EndPending<'a> {
    fn begin(inside: &'a Inside, room: &'a RoomId) -> Self {
        inside.census().end_begins(room);
        Self { inside, room }
    }
}

impl Drop for EndPending<'_> {
    fn drop(&mut self) {
        self.inside.census().end_done(self.room);
    }
}

fn answered<T>(ticket: Ticket, answer: admin::Answered<T>) -> (Answered, T) {
    let (connection, at) = (answer.connection, today());
    let of = Answered {
        ticket,
        connection,
        at,
    };
    (of, answer.answer)
}

fn in_our_words(error: AdminError) -> BackendError {
    let detail = error.to_string();
    match error {
        AdminError::NoSuchRoom { room } => BackendError::NoSuchRoom { room },
        AdminError::Away(_) => BackendError::Unreachable { detail },
        AdminError::Unreadable(_) => BackendError::Unreadable { detail },
        AdminError::NoSuchParticipant { .. }
        | AdminError::SecretNeeded { .. }
        | AdminError::SecretWrong { .. }
        | AdminError::AdminKeyWrong
        | AdminError::Refused(_) => BackendError::Refused { detail },
    }
}
