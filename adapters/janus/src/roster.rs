//! Who is in the room, by what Janus tells, and what each of them sends.

use std::collections::BTreeMap;

use exeunt_port::{RemoteLeaveReason, RoomSignal, UserId};

use crate::translate::Id;
use crate::translate::identity::{by_id, has_id_of, user_of};
use crate::translate::videoroom::{Attendee, Participant, Publisher, Stream};

/// The others in a room. Janus says of one departure more than one word, and of one arrival two where
/// somebody enters and then sends: what comes out of here is one signal for each.
///
/// No two are called the same. Who has the number that follows from a name is called by it; whoever shows
/// it besides is called by his id, from then on if he came first: that one has left, and another entered.
#[derive(Debug)]
pub struct Roster {
    /// Our own ids.
    own: (Id, UserId),
    others: BTreeMap<Id, Other>,
    /// How many publications have begun.
    publications: u64,
}

/// Somebody else in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Who it is.
    pub user: UserId,
    /// What he sends, as far as Janus has named it.
    pub streams: Vec<Stream>,
    /// Whether he sends something that was named while the link was down, and is not named again.
    pub sends_unnamed: bool,
    /// Which of all the publications in the room his is, by number: the streams of two in a row have the same
    /// names.
    pub publication: u64,
}

impl Roster {
    /// A room in which nobody else is, as far as this user knows.
    #[must_use]
    pub fn of(own: Id, user: UserId) -> Self {
        Self {
            own: (own, user),
            others: BTreeMap::new(),
            publications: 0,
        }
    }

    /// The others, by Janus's ids.
    #[must_use]
    pub fn others(&self) -> &BTreeMap<Id, Other> {
        &self.others
    }

    /// Somebody is there. Nothing is told if that is known already.
    pub fn came(&mut self, attendee: &Attendee) -> Vec<RoomSignal> {
        self.is_there(&attendee.id, attendee.display.as_deref())
    }

    /// Somebody sends this. It is told that he is there if it was not known.
    pub fn sends(&mut self, publisher: Publisher) -> Vec<RoomSignal> {
        let Publisher {
            id,
            display,
            streams,
        } = publisher;
        let told = self.is_there(&id, display.as_deref());
        if let Some(other) = self.others.get_mut(&id) {
            if other.streams.is_empty() {
                self.publications += 1;
                other.publication = self.publications;
            }
            other.streams = streams;
            other.sends_unnamed = false;
        }
        told
    }

    /// Somebody sends nothing any more, and may be there all the same. Answers whether that is new.
    pub fn stopped_sending(&mut self, id: &Id) -> bool {
        self.others.get_mut(id).is_some_and(|other| {
            let unnamed = std::mem::take(&mut other.sends_unnamed);
            let named = !std::mem::take(&mut other.streams).is_empty();
            named || unnamed
        })
    }

    /// Somebody is gone. `None` if nobody knew that he was there.
    pub fn left(&mut self, id: &Id, reason: RemoteLeaveReason) -> Option<RoomSignal> {
        let other = self.others.remove(id)?;
        Some(RoomSignal::RemoteUserLeft(other.user, reason))
    }

    /// Takes over who is in the room now, and answers what was missed meanwhile. Why somebody left is not
    /// known then, and he is said to have left. Nor is what somebody sends, only whether he does: streams
    /// that were named before may be others now.
    pub fn catch_up(&mut self, now: &[Participant]) -> Vec<RoomSignal> {
        let is_gone = |id: &Id| now.iter().all(|participant| participant.id != *id);
        let gone: Vec<Id> = self
            .others
            .keys()
            .filter(|id| is_gone(id))
            .cloned()
            .collect();
        let left = gone
            .iter()
            .filter_map(|id| self.left(id, RemoteLeaveReason::Left));
        let mut missed: Vec<RoomSignal> = left.collect();
        for participant in now {
            missed.extend(self.is_there(&participant.id, participant.display.as_deref()));
            if let Some(other) = self.others.get_mut(&participant.id) {
                other.streams.clear();
                other.sends_unnamed = participant.publisher;
            }
        }
        missed
    }

    fn is_there(&mut self, id: &Id, display: Option<&str>) -> Vec<RoomSignal> {
        if *id == self.own.0 || self.others.contains_key(id) {
            return Vec::new();
        }
        let named = user_of(id, display);
        let mut told = Vec::new();
        let mut others = self.others.iter_mut();
        let user = match others.find(|(_, other)| other.user == named) {
            Some((shown_by, other)) if has_id_of(id, &named) => {
                other.user = by_id(shown_by);
                told = vec![
                    RoomSignal::RemoteUserLeft(named.clone(), RemoteLeaveReason::Left),
                    RoomSignal::RemoteUserEntered(other.user.clone()),
                ];
                named
            }
            Some(_) => by_id(id),
            None if named == self.own.1 => by_id(id),
            None => named,
        };
        let other = Other {
            user: user.clone(),
            streams: Vec::new(),
            sends_unnamed: false,
            publication: 0,
        };
        self.others.insert(id.clone(), other);
        told.push(RoomSignal::RemoteUserEntered(user));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::identity::Ids;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn roster() -> Roster {
        Roster::of(Id::Number(1), user("alice"))
    }

    fn attendee(id: u64, name: &str) -> Attendee {
        Attendee {
            id: Id::Number(id),
            display: Some(name.to_owned()),
        }
    }

    fn publisher(id: u64, name: &str) -> Publisher {
        let stream = Stream {
            kind: "audio".to_owned(),
            mid: "0".to_owned(),
            codec: Some("opus".to_owned()),
            disabled: false,
        };
        Publisher {
            id: Id::Number(id),
            display: Some(name.to_owned()),
            streams: vec![stream],
        }
    }

    #[test]
    fn who_enters_and_then_sends_is_told_once() {
        let mut roster = roster();
        let entered = RoomSignal::RemoteUserEntered(user("bob"));
        assert_eq!(roster.came(&attendee(2, "bob")), [entered]);
        assert_eq!(roster.sends(publisher(2, "bob")), []);
        assert_eq!(roster.others()[&Id::Number(2)].streams.len(), 1);
    }

    #[test]
    fn unpublished_twice_and_leaving_is_one_departure() {
        let mut roster = roster();
        roster.sends(publisher(2, "bob"));
        assert!(roster.stopped_sending(&Id::Number(2)));
        assert!(!roster.stopped_sending(&Id::Number(2)));
        let left = RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Left);
        assert_eq!(
            roster.left(&Id::Number(2), RemoteLeaveReason::Left),
            Some(left)
        );
        assert_eq!(roster.left(&Id::Number(2), RemoteLeaveReason::Left), None);
    }

    #[test]
    fn of_two_with_the_same_name_the_second_is_called_by_his_id() {
        let mut roster = roster();
        roster.came(&attendee(2, "bob"));
        let entered = |name| [RoomSignal::RemoteUserEntered(user(name))];
        assert_eq!(roster.came(&attendee(3, "bob")), entered("janus-3"));
        assert_eq!(roster.came(&attendee(4, "alice")), entered("janus-4"));
        assert_eq!(roster.came(&attendee(1, "alice")), []);
    }

    #[test]
    fn a_name_is_whose_number_follows_from_it_whoever_came_first() {
        let bobs = Ids::Numbers.of_user(&user("bob"));
        let bob = Attendee {
            id: bobs.clone(),
            display: Some("bob".to_owned()),
        };
        let entered = |name| RoomSignal::RemoteUserEntered(user(name));
        let mut roster = roster();
        assert_eq!(roster.came(&attendee(2, "bob")), [entered("bob")]);
        let left = RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Left);
        assert_eq!(
            roster.came(&bob),
            [left, entered("janus-2"), entered("bob")]
        );
        assert_eq!(roster.others()[&bobs].user, user("bob"));
        assert_eq!(roster.came(&attendee(3, "bob")), [entered("janus-3")]);
        assert_eq!(roster.came(&attendee(4, "janus-3")), [entered("janus-4")]);
    }

    #[test]
    fn what_was_missed_while_the_link_was_down_is_told_afterwards() {
        let mut roster = roster();
        roster.came(&attendee(2, "bob"));
        roster.came(&attendee(3, "carol"));
        let participant = |id, name: &str| Participant {
            id: Id::Number(id),
            display: Some(name.to_owned()),
            publisher: false,
        };
        let now = [
            participant(1, "alice"),
            participant(3, "carol"),
            participant(4, "dave"),
        ];
        assert_eq!(
            roster.catch_up(&now),
            [
                RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Left),
                RoomSignal::RemoteUserEntered(user("dave")),
            ]
        );
        assert_eq!(roster.catch_up(&now), []);
    }

    #[test]
    fn of_whoever_sent_while_the_link_was_down_it_is_known_that_he_does_and_not_what() {
        let mut roster = roster();
        let bob = Id::Number(2);
        roster.sends(publisher(2, "bob"));
        let mut now = Participant {
            id: bob.clone(),
            display: Some("bob".to_owned()),
            publisher: true,
        };
        roster.catch_up(std::slice::from_ref(&now));
        assert_eq!(roster.others()[&bob].streams, []);
        assert!(roster.others()[&bob].sends_unnamed);
        assert!(roster.stopped_sending(&bob));
        roster.sends(publisher(2, "bob"));
        assert!(!roster.others()[&bob].sends_unnamed);
        now.publisher = false;
        roster.catch_up(&[now]);
        assert_eq!(roster.others()[&bob].streams, []);
        assert!(!roster.others()[&bob].sends_unnamed);
    }

    #[test]
    fn whoever_begins_to_send_anew_has_another_publication_and_who_changes_it_has_not() {
        let mut roster = roster();
        let bob = Id::Number(2);
        let mut publications = Vec::new();
        let ends: [fn(&mut Roster, &Id); 4] = [
            |_, _| {},
            |_, _| {},
            |roster, bob| assert!(roster.stopped_sending(bob)),
            |roster, bob| assert!(roster.left(bob, RemoteLeaveReason::Left).is_some()),
        ];
        for end in ends {
            end(&mut roster, &bob);
            roster.sends(publisher(2, "bob"));
            publications.push(roster.others()[&bob].publication);
        }
        assert_eq!(publications, [1, 1, 2, 3]);
    }
}
