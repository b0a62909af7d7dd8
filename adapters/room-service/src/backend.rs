//! What stands behind the server API, the webhooks and the console: rooms, wherever they are.
//!
//! A [`Backend`] knows rooms, members, and how to take people out; it knows nothing of TRTC's names,
//! numbers and limits, which stop above it. The rooms of this process are the first back end; the
//! servers of others are the next ones. Above it nobody knows which one it is.

mod failure;
mod happening;
mod overview;
mod receipt;
mod state;

pub use failure::BackendError;
pub use happening::{
    Departure, Happened, Happening, HappeningSource, Happenings, LeaveReason, News,
};
pub use overview::{Census, MemberPage, MembersWanted, RoomSummary, SummaryPage};
pub use receipt::{Owed, Receipt, ReceiptState};
pub use state::{
    Ban, Dismissal, MemberState, Moment, Page, Publishes, Removal, RemovalOutcome, RoomPage,
    RoomState,
};

use std::fmt;

use exeunt_port::{RoomId, UserId, async_trait};

/// So many rooms are asked for at a time by whoever wants all of them.
pub(crate) const ROOMS_AT_A_TIME: usize = 100;

/// Rooms with people in them.
///
/// Dropping a future of it may leave undone what was not begun, and undoes nothing. An answer takes
/// as long as the server behind takes, and at most ten seconds: then it is
/// [`Unreachable`](BackendError::Unreachable).
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Some of the rooms, in the order of their ids, and how many there are in all.
    async fn rooms(&self, page: Page) -> Result<RoomPage, BackendError>;

    /// One room with its members.
    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError>;

    /// Some of the rooms without their members, in the order of their ids, and how many there are in all.
    ///
    /// This, the census and [`members`](Self::members) are asked again and again by whoever watches. A
    /// back end that can answer them without going through every member does so.
    async fn summaries(&self, page: Page) -> Result<SummaryPage, BackendError> {
        self.rooms(page).await.map(SummaryPage::from)
    }

    /// How many rooms and members there are.
    async fn census(&self) -> Result<Census, BackendError> {
        let mut census = Census::default();
        loop {
            let page = Page {
                offset: census.rooms,
                limit: ROOMS_AT_A_TIME,
            };
            let page = self.rooms(page).await?;
            census.rooms += page.rooms.len();
            for room in &page.rooms {
                census.members += room.members.len();
                let connected = room.members.iter().filter(|member| member.connected);
                census.connected += connected.count();
            }
            if page.rooms.is_empty() || census.rooms >= page.total {
                return Ok(census);
            }
        }
    }

    /// Some of the members of one room; `None` if the room is as it was when the asker saw it last.
    async fn members(
        &self,
        room: &RoomId,
        wanted: &MembersWanted,
    ) -> Result<Option<MemberPage>, BackendError> {
        let room = self.room(room).await?;
        Ok(Some(MemberPage::of(room, wanted)))
    }

    /// Takes users out of a room. Answers for each of them, in their order, what became of it; who is
    /// named twice is answered for twice. That somebody is not in the room is no error. It is one only if
    /// nobody was taken out: else who may still be in the room is answered for as
    /// [`Failed`](RemovalOutcome::Failed).
    async fn kick(&self, room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError>;

    /// Takes everybody out of a room, and ends it.
    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError>;

    /// Keeps users out from now on, all of them or, if there is no room for so many bans, none; who is in
    /// a room stays in it until it is kicked, and nobody enters past a ban once this has answered. The
    /// rooms need not be open. A later ban of the same user from the same room takes the place of the
    /// earlier one. Not every kind of rooms has bans.
    async fn ban(&self, _bans: Vec<Ban>) -> Result<(), BackendError> {
        Err(BackendError::Unsupported { what: "bans" })
    }

    /// Lifts a ban from this room, or the one from all of them. Answers whether there was one.
    async fn lift_ban(&self, _user: &UserId, _room: Option<&RoomId>) -> Result<bool, BackendError> {
        Err(BackendError::Unsupported { what: "bans" })
    }

    /// The bans that hold, in the order of the users.
    async fn bans(&self) -> Result<Vec<Ban>, BackendError> {
        Err(BackendError::Unsupported { what: "bans" })
    }

    /// What happens in the rooms from now on. What the back end did before one of the methods above
    /// answered is in the stream when it answers. However slow a reader is, nobody waits for it: it
    /// loses the oldest and is told how many (see [`Happenings`]).
    fn happenings(&self) -> Happenings;
}
