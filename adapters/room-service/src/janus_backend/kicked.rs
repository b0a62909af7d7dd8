//! What became of those who were to be kicked, one by one: pure.

use std::collections::BTreeMap;

use exeunt_port::UserId;

use crate::backend::{BackendError, Removal, RemovalOutcome};

/// How one kick went: whether somebody was there to be kicked.
pub(super) type Kicked = Result<bool, BackendError>;

/// Answers for each user, in their order, what became of him: who is not among those that were `meant`,
/// with the numbers of their stays, was not there. It is an error only if it is one for somebody and
/// nobody was removed: what was done is not taken back, and whoever asked for it has to know.
pub(super) fn removals(
    users: &[UserId],
    meant: &BTreeMap<UserId, (u64, Kicked)>,
) -> Result<Vec<Removal>, BackendError> {
    let anybody = meant.values().any(|(_, kicked)| *kicked == Ok(true));
    let error = meant.values().find_map(|(_, kicked)| kicked.as_ref().err());
    if let Some(error) = error
        && !anybody
    {
        return Err(error.clone());
    }
    let removal = |user: &UserId| Removal {
        user: user.clone(),
        outcome: match meant.get(user) {
            Some((stay, Ok(true))) => RemovalOutcome::Removed {
                stay: *stay,
                receipt: None,
            },
            // A room that is over meanwhile has nobody in it.
            Some((_, Ok(false) | Err(BackendError::NoSuchRoom { .. }))) | None => {
                RemovalOutcome::NotInRoom
            }
            Some((_, Err(error))) => RemovalOutcome::Failed {
                error: error.clone(),
            },
        },
    };
    Ok(users.iter().map(removal).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> BackendError {
        let detail = "no answer".to_owned();
        BackendError::Unreachable { detail }
    }

    fn became(kicked: [Kicked; 2]) -> Result<Vec<RemovalOutcome>, BackendError> {
        let names = ["alice", "bob", "carol"].map(|name| name.parse::<UserId>().unwrap());
        let meant = names.iter().cloned().zip((1..).zip(kicked)).collect();
        let removals = removals(&names, &meant)?;
        Ok(removals.into_iter().map(|one| one.outcome).collect())
    }

    #[test]
    fn a_kick_that_fails_half_way_says_who_is_out_and_of_whom_it_is_not_known() {
        let outcomes = became([Ok(true), Err(away())]).unwrap();
        let [
            RemovalOutcome::Removed { stay: 1, .. },
            RemovalOutcome::Failed { error },
            RemovalOutcome::NotInRoom,
        ] = outcomes.as_slice()
        else {
            panic!("{outcomes:?}")
        };
        assert_eq!(*error, away());
    }

    #[test]
    fn a_kick_of_which_nothing_is_done_is_a_failure() {
        for kicked in [[Err(away()), Ok(false)], [Err(away()), Err(away())]] {
            assert_eq!(became(kicked).unwrap_err(), away());
        }
        assert_eq!(became([Ok(false), Ok(false)]).unwrap().len(), 3);
    }
}
