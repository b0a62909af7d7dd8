//! Asking Janus how things are: about one room, about some, and about all of them again and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::RoomId;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use super::{AT_ONCE, Inside, answered, in_our_words};
use crate::backend::{BackendError, Page, RoomPage};

/// Asks about everything, pauses, asks again, until it is cut off.
pub(super) async fn watch(inside: Arc<Inside>, interval: Duration) {
    let mut trouble = None;
    loop {
        match inside.read_all().await {
            Ok(()) => {
                if trouble.take().is_some() {
                    tracing::info!("Janus answers again");
                }
                inside.census().begin();
            }
            Err(error) => {
                if trouble.as_ref() != Some(&error) {
                    tracing::warn!(%error, "what happens on Janus is not known");
                }
                trouble = Some(error);
            }
        }
        sleep(interval).await;
    }
}

impl Inside {
    /// Some of the rooms as they are now.
    pub(super) async fn page(&self, page: Page) -> Result<RoomPage, BackendError> {
        let listed = self.list().await?;
        let ids = self.census().ids();
        let total = ids.len();
        let shown: Vec<_> = ids.into_iter().skip(page.offset).take(page.limit).collect();
        self.look_into(&listed, &shown).await?;
        let census = self.census();
        let rooms = shown.iter().filter_map(|room| census.state(room)).collect();
        Ok(RoomPage { total, rooms })
    }

    async fn read_all(&self) -> Result<(), BackendError> {
        let listed = self.list().await?;
        let ids = self.census().ids();
        self.look_into(&listed, &ids).await
    }

    /// Asks which rooms there are, and how many are in each.
    async fn list(&self) -> Result<BTreeMap<RoomId, u64>, BackendError> {
        let ticket = self.ticket();
        let rooms = self.admin.rooms().await.map_err(in_our_words)?;
        let (answer, list) = answered(ticket, rooms);
        if list.unnamed > 0 {
            tracing::debug!(
                count = list.unnamed,
                "rooms of Janus's that have no id here"
            );
        }
        let mut census = self.census();
        for listed in &list.rooms {
            census.open(answer, &listed.room);
        }
        drop(census);
        let counts = list.rooms.into_iter();
        Ok(counts
            .map(|listed| (listed.room, listed.participants))
            .collect())
    }

    /// Asks who is in these rooms, those that are empty and were so before aside.
    async fn look_into(
        &self,
        listed: &BTreeMap<RoomId, u64>,
        rooms: &[RoomId],
    ) -> Result<(), BackendError> {
        let is_quiet =
            |room: &RoomId| listed.get(room) == Some(&0) && !self.census().is_occupied(room);
        let asked = rooms.iter().filter(|room| !is_quiet(room)).cloned();
        let asked: Vec<RoomId> = asked.collect();
        let looks = asked.into_iter().map(|room| self.look_again(room));
        let looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        looks.try_collect::<Vec<()>>().await.map(drop)
    }

    /// Asks who is in a room that may be over by now.
    async fn look_again(&self, room: RoomId) -> Result<(), BackendError> {
        match self.look(&room).await {
            Ok(()) | Err(BackendError::NoSuchRoom { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks who is in a room.
    pub(super) async fn look(&self, room: &RoomId) -> Result<(), BackendError> {
        let ticket = self.ticket();
        match self.admin.participants(room).await {
            Ok(said) => {
                let (answer, present) = answered(ticket, said);
                let mut census = self.census();
                if let Some(present) = present {
                    census.found(answer, room, &present);
                    return Ok(());
                }
                census.missing(answer, room);
                Err(BackendError::NoSuchRoom { room: room.clone() })
            }
            Err(error) => Err(in_our_words(error)),
        }
    }
}
