//! Our own kick: an answer for each user with a receipt, a ban if asked for, and once only.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use super::answers::in_json;
use super::call::BanOf;
use super::error::{ApiError, ErrorCode};
use crate::backend::{Backend, BackendError, Ban, Moment, Removal, RemovalOutcome};
use crate::clock::unix_seconds;
use crate::room_description::RemovalDescription;

/// How long a kick waits for the others to be told.
const TIME_TO_TELL: Duration = Duration::from_secs(1);
/// Answers that are kept for a call that is repeated, at most.
const KEPT_ANSWERS: usize = 1024;

type Answer = Result<Map<String, Value>, ApiError>;

/// Bans first, so that nobody is back before the ban holds; then kicks, and waits for the receipts.
pub(super) async fn kick(
    backend: &dyn Backend,
    room: &RoomId,
    users: &[UserId],
    ban: Option<BanOf>,
) -> Answer {
    let failed = |error| ApiError::of_backend(&error, Some(room));
    if let Some(ban) = ban {
        let issued_until = ban.only_present_tokens.then(unix_seconds);
        let bans = users.iter().map(|user| Ban {
            user: user.clone(),
            room: (!ban.everywhere).then(|| room.clone()),
            until: Moment(ban.until.saturating_mul(1000)),
            issued_until,
        });
        backend.ban(bans.collect()).await.map_err(failed)?;
        tracing::info!(%room, ?users, until = ban.until, "banned");
    }
    let mut removals = match backend.kick(room, users).await {
        // The ban is what was asked for, and it holds: nobody is in a room that is not open.
        Err(BackendError::NoSuchRoom { .. }) if ban.is_some() => not_there(users),
        removals => removals.map_err(failed)?,
    };
    let deadline = Instant::now() + TIME_TO_TELL;
    for removal in &mut removals {
        if let RemovalOutcome::Removed {
            receipt: Some(receipt),
            ..
        } = &mut removal.outcome
        {
            // Who does not read in time is waited for no longer; the receipt says how many that were.
            let _ = timeout_at(deadline, receipt.complete()).await;
        }
    }
    let removed = removals.iter().filter(|removal| removal.was_in_room());
    tracing::info!(%room, ?users, removed = removed.count(), "kicked");
    let results: Vec<_> = removals.iter().map(RemovalDescription::from).collect();
    Ok(Map::from_iter([("Results".to_owned(), in_json(&results)?)]))
}

/// The error that says who is out and who may not be, if there is one to tell.
pub(super) fn half_done(room: &RoomId, removals: &[Removal]) -> Option<ApiError> {
    let failed: Vec<_> = removals
        .iter()
        .filter_map(|removal| Some((&removal.user, removal.failure()?)))
        .collect();
    let (_, error) = failed.first()?;
    let mut told = ApiError::of_backend(error, Some(room));
    let names: Vec<_> = failed.iter().map(|(user, _)| user.as_str()).collect();
    let names = names.join(", ");
    told.message = format!(
        "in room {room} may still be {names}; the others who were named are not in it: {}",
        told.message
    );
    Some(told)
}

fn not_there(users: &[UserId]) -> Vec<Removal> {
    let removals = users.iter().map(|user| Removal {
        user: user.clone(),
        outcome: RemovalOutcome::NotInRoom,
    });
    removals.collect()
}

/// The answers to calls with an idempotency key: the latest of them.
#[derive(Debug, Default)]
pub(crate) struct Repeated(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: BTreeMap<String, Arc<KeptAnswer>>,
    order: VecDeque<String>,
}

#[derive(Debug)]
struct KeptAnswer {
    /// What was asked.
    asked: String,
    answer: OnceCell<Map<String, Value>>,
}

impl Repeated {
    /// Does it, or answers what it was answered when it was done with this key before. Two calls at once
    /// are one.
    pub(super) async fn once(
        &self,
        key: &str,
        asked: String,
        act: impl Future<Output = Answer>,
    ) -> Answer {
        let kept = self.entry(key, asked.clone());
        if kept.asked != asked {
            let message = "this IdempotencyKey was used for a call with other parameters";
            return Err(ApiError::new(ErrorCode::InvalidParameterValue, message));
        }
        // A failure is not kept: the key is there so that the call can be made again.
        kept.answer.get_or_try_init(|| act).await.cloned()
    }

    fn entry(&self, key: &str, asked: String) -> Arc<KeptAnswer> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.answers.get(key) {
            return Arc::clone(found);
        }
        let answer = OnceCell::new();
        let entry = Arc::new(KeptAnswer { asked, answer });
        kept.answers.insert(key.to_owned(), Arc::clone(&entry));
        kept.order.push_back(key.to_owned());
        while kept.order.len() > KEPT_ANSWERS {
            if let Some(oldest) = kept.order.pop_front() {
                kept.answers.remove(&oldest);
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_still_be_in_the_room_is_named() {
        let names = ["alice", "bob"].map(|name| name.parse::<UserId>().unwrap());
        let room = RoomId::number(7).unwrap();
        let mut removals = not_there(&names);
        assert_eq!(half_done(&room, &removals), None);
        let detail = "no answer".to_owned();
        let error = BackendError::Unreachable { detail };
        removals[1].outcome = RemovalOutcome::Failed { error };
        let told = half_done(&room, &removals).unwrap();
        assert_eq!(told.code, ErrorCode::RoomServerUnreachable);
        assert!(told.message.starts_with("in room 7 may still be bob;"));
        let shown = in_json(&RemovalDescription::from(&removals[1])).unwrap();
        assert_eq!(shown["Outcome"], "Failed");
        assert!(shown["Detail"].as_str().unwrap().contains("no answer"));
    }

    fn answer(number: u32) -> Map<String, Value> {
        Map::from_iter([("Number".to_owned(), number.into())])
    }

    #[tokio::test]
    async fn what_has_a_key_is_done_once_and_another_call_with_that_key_is_refused() {
        let repeated = Repeated::default();
        let ask = |asked: &str, number| {
            let (repeated, asked) = (&repeated, asked.to_owned());
            async move {
                repeated
                    .once("key", asked, async { Ok(answer(number)) })
                    .await
            }
        };
        let (one, other) = tokio::join!(ask("a", 1), ask("a", 2));
        assert_eq!((one, other), (Ok(answer(1)), Ok(answer(1))));
        assert_eq!(ask("a", 3).await, Ok(answer(1)));
        let refused = ask("b", 4).await.unwrap_err();
        assert_eq!(refused.code.as_str(), "InvalidParameterValue");
    }

    #[tokio::test]
    async fn what_failed_is_tried_again_with_the_same_key() {
        let repeated = Repeated::default();
        let failed = ApiError::new(ErrorCode::InternalError, "the back end is away");
        let first = repeated.once("key", "a".to_owned(), async { Err(failed) });
        assert_eq!(first.await.unwrap_err().code.as_str(), "InternalError");
        let again = repeated.once("key", "a".to_owned(), async { Ok(answer(1)) });
        assert_eq!(again.await, Ok(answer(1)));
    }

    #[tokio::test]
    async fn the_kept_answers_are_bounded() {
        let repeated = Repeated::default();
        for number in 0..KEPT_ANSWERS + 10 {
            let key = number.to_string();
            let _ = repeated
                .once(&key, key.clone(), async { Ok(answer(0)) })
                .await;
        }
        assert_eq!(repeated.0.lock().unwrap().answers.len(), KEPT_ANSWERS);
        let again = repeated
            .once("0", "0".to_owned(), async { Ok(answer(9)) })
            .await;
        assert_eq!(again, Ok(answer(9)));
    }
}
