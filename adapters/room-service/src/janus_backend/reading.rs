//! Asking Janus how things are: about one room, about some, and about all of them again and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::RoomId;
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use super::{AT_ONCE, Inside, answered, in_our_words};
use crate::backend::{BackendError, Census as Counts, Page, RoomPage, RoomSummary, SummaryPage};

/// Asks about everything, pauses, asks again, until it is cut off.
pub(super) async fn watch(inside: Arc<Inside>, interval: Duration) {
    let mut trouble = None;
    loop {
        match inside.read_all().await {
            Ok(refused) => {
                match &refused {
                    Some(error) if trouble.as_ref() != Some(error) => {
                        tracing::warn!(%error, "what happens in a room of Janus's is not known");
                    }
                    None if trouble.is_some() => tracing::info!("Janus answers again"),
                    Some(_) | None => {}
                }
                trouble = refused;
                inside.census().begin();
                inside.latest.send_replace(Some(Ok(())));
            }
            Err(error) => {
                if trouble.as_ref() != Some(&error) {
                    tracing::warn!(%error, "what happens on Janus is not known");
                }
                inside.latest.send_replace(Some(Err(error.clone())));
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

    /// Some of the rooms as they were when Janus was asked last: this is asked again and again by whoever
    /// watches, and must not make Janus answer for every room each time.
    pub(super) async fn summaries(&self, page: Page) -> Result<SummaryPage, BackendError> {
        self.is_known().await?;
        let census = self.census();
        let ids = census.ids();
        let shown = ids.iter().skip(page.offset).take(page.limit);
        let shown = shown.filter_map(|room| census.state(room));
        Ok(SummaryPage {
            total: ids.len(),
            rooms: shown.map(|room| RoomSummary::from(&room)).collect(),
        })
    }

    /// How many there were when Janus was asked last.
    pub(super) async fn counts(&self) -> Result<Counts, BackendError> {
        self.is_known().await?;
        let census = self.census();
        let mut counts = Counts::default();
        for room in census.ids().iter().filter_map(|room| census.state(room)) {
            counts.rooms += 1;
            counts.members += room.members.len();
            let connected = room.members.iter().filter(|member| member.connected);
            counts.connected += connected.count();
        }
        Ok(counts)
    }

    /// Waits until Janus was asked for the first time. It is an error if it was the last time.
    async fn is_known(&self) -> Result<(), BackendError> {
        let mut latest = self.latest.subscribe();
        let known = latest.wait_for(Option::is_some).await;
        // Who sends it is held here.
        known.ok().and_then(|known| known.clone()).unwrap_or(Ok(()))
    }

    async fn read_all(&self) -> Result<Option<BackendError>, BackendError> {
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

    /// Asks who is in these rooms, those that are empty and were so before aside. Answers the first
    /// refusal, if there is one: what one room refuses says nothing about the others.
    async fn look_into(
        &self,
        listed: &BTreeMap<RoomId, u64>,
        rooms: &[RoomId],
    ) -> Result<Option<BackendError>, BackendError> {
        let is_quiet =
            |room: &RoomId| listed.get(room) == Some(&0) && !self.census().is_occupied(room);
        let asked = rooms.iter().filter(|room| !is_quiet(room)).cloned();
        let asked: Vec<RoomId> = asked.collect();
        let looks = asked.into_iter().map(|room| self.look_again(room));
        let looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        of_all(looks.collect::<Vec<_>>().await)
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

/// How a look into many rooms went: it failed if Janus is away, else the first refusal is told.
fn of_all(looks: Vec<Result<(), BackendError>>) -> Result<Option<BackendError>, BackendError> {
    let mut refused = None;
    for error in looks.into_iter().filter_map(Result::err) {
        match error {
            BackendError::Unreachable { .. } => return Err(error),
            BackendError::NoSuchRoom { .. }
            | BackendError::Unreadable { .. }
            | BackendError::Refused { .. }
            | BackendError::TooMany { .. }
            | BackendError::Unsupported { .. } => refused = refused.or(Some(error)),
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use exeunt_janus::Endpoint;
    use exeunt_janus::admin::AdminKeys;
    use exeunt_requirements::Nowhere;

    use super::*;
    use crate::backend::Backend as _;
    use crate::{JanusBackend, JanusRooms};

    #[tokio::test]
    async fn of_a_server_that_is_away_nothing_is_known() {
        let nowhere = Nowhere::reserve().unwrap();
        let url = format!("ws://{}", nowhere.address());
        let backend = JanusBackend::start(JanusRooms {
            endpoint: Endpoint::new(&url).unwrap(),
            keys: AdminKeys::default(),
            interval: JanusRooms::INTERVAL,
            kept_happenings: 1,
        });
        let (offset, limit) = (0, 1);
        let listed = backend.summaries(Page { offset, limit }).await.map(drop);
        let counted = backend.census().await.map(drop);
        for answer in [listed, counted] {
            let away = matches!(answer, Err(BackendError::Unreachable { .. }));
            assert!(away, "{answer:?}");
        }
    }

    #[test]
    fn a_room_that_refuses_does_not_hide_the_others_and_a_server_that_is_away_does() {
        let detail = "by script".to_owned();
        let away = BackendError::Unreachable {
            detail: detail.clone(),
        };
        let refused = BackendError::Refused { detail };
        assert_eq!(of_all(vec![Ok(()), Ok(())]), Ok(None));
        let one_refuses = vec![Ok(()), Err(refused.clone()), Ok(())];
        assert_eq!(of_all(one_refuses), Ok(Some(refused.clone())));
        assert_eq!(of_all(vec![Err(refused), Err(away.clone())]), Err(away));
    }
}
