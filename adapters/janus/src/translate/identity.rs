//! Who and which room is meant: our ids and Janus's, both ways.
//!
//! Where `VideoRoom`'s ids are **strings** (`string_ids = true`), users and string rooms go as they are; room
//! number 123 is `number/123`, which no string room can be called, since the two are different rooms.
//!
//! Where they are **numbers** (the default), room number 123 is 123, and the room "standup" and every user
//! have a number that follows from the name: the first 8 bytes of its SHA-256 (of the name in UTF-8, read
//! big-endian), modulo 2^53, below which JavaScript counts exactly; for rooms with the bit 2^52 set, so that
//! they are apart from the numeric rooms. The name itself goes along, as the user's `display` and as the
//! `description` of the rooms we make, and is what the way back goes by.
//!
//! Two names with the same number are improbable: among a thousand users of a room one in 10^10, among a
//! million rooms one in 10^4. Of two such users the second is refused as any identity in use is, and the
//! words of the refusal name who has it; two such rooms would be one. Who cannot have that sets `string_ids`.

use exeunt_port::{RoomId, UserId};
use sha2::{Digest, Sha256};

use super::Id;

/// Which kind of ids a `VideoRoom` has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// Numbers: `VideoRoom`'s default.
    #[default]
    Numbers,
    /// Strings: `string_ids = true`.
    Strings,
}

/// JavaScript counts exactly below this.
const EXACT: u64 = 1 << 53;
/// Room numbers made of names have it set; TRTC's own room numbers are far below.
const NAMED_ROOM: u64 = 1 << 52;
/// Before a room number where ids are strings: `/` cannot stand in a room's name.
const NUMBER: &str = "number/";
/// Before the number of somebody who is called by his id.
const BY_ID: &str = "janus-";

impl Ids {
    /// Janus's id of this room.
    ///
    /// ```
    /// use exeunt_janus::translate::{Id, identity::Ids};
    ///
    /// let (number, string) = ("123".parse()?, "\"123\"".parse()?);
    /// assert_eq!(Ids::Numbers.of_room(&number), Id::Number(123));
    /// assert_eq!(Ids::Strings.of_room(&number), Id::Text("number/123".to_owned()));
    /// assert_eq!(Ids::Strings.of_room(&string), Id::Text("123".to_owned()));
    /// # Ok::<(), exeunt_port::InvalidRoomId>(())
    /// ```
    #[must_use]
    pub fn of_room(self, room: &RoomId) -> Id {
        match (self, room) {
            (Self::Numbers, RoomId::Number(number)) => Id::Number(number.get().into()),
            (Self::Numbers, RoomId::String(name)) => {
                Id::Number(number_of(name.as_str()) | NAMED_ROOM)
            }
            (Self::Strings, RoomId::Number(number)) => {
                Id::Text(format!("{NUMBER}{}", number.get()))
            }
            (Self::Strings, RoomId::String(name)) => Id::Text(name.as_str().to_owned()),
        }
    }

    /// Janus's id of this user.
    #[must_use]
    pub fn of_user(self, user: &UserId) -> Id {
        match self {
            Self::Numbers => Id::Number(number_of(user.as_str()).max(1)),
            Self::Strings => Id::Text(user.as_str().to_owned()),
        }
    }
}

/// Which room Janus means, by its id and by what it is called. `None` for a number that is none of ours
/// and a name that cannot be one of ours.
#[must_use]
pub fn room_of(id: &Id, description: Option<&str>) -> Option<RoomId> {
    match id {
        Id::Number(number) if *number < NAMED_ROOM => RoomId::number(i128::from(*number)).ok(),
        Id::Number(_) => {
            let named = description?.parse().ok()?;
            (Ids::Numbers.of_room(&named) == *id).then_some(named)
        }
        Id::Text(text) => match text.strip_prefix(NUMBER).map(str::parse::<u32>) {
            // Other software may write a number in other ways; those are other rooms.
            Some(Ok(number)) => {
                let room = RoomId::number(number).ok();
                room.filter(|room| Ids::Strings.of_room(room) == *id)
            }
            Some(Err(_)) => None,
            None => RoomId::string(text.as_str()).ok(),
        },
    }
}

/// What a room that we make is called, so that [`room_of`] finds the way back.
#[must_use]
pub fn description_of(room: &RoomId) -> String {
    room.to_string()
}

/// Which user Janus means, by its id and the name that he shows.
///
/// Somebody who entered with other software may show any name or none, and the id that he likes. Whoever
/// shows a name that can be a user's is taken by his name; everybody else is called by his id, as
/// `janus-42`, which nobody else's name or text can say: names that begin so are not taken. Of two who
/// show the same name, whoever [has its number](has_id_of) is called by it, and the other by his id.
#[must_use]
pub fn user_of(id: &Id, display: Option<&str>) -> UserId {
    let shown = match id {
        Id::Number(_) => display,
        Id::Text(text) => Some(text.as_str()),
    };
    shown.and_then(name_of).unwrap_or_else(|| by_id(id))
}

/// Whether this id is the one that this user enters with: whoever has it has the name, whoever else shows it.
#[must_use]
pub fn has_id_of(id: &Id, user: &UserId) -> bool {
    let ids = match id {
        Id::Number(_) => Ids::Numbers,
        Id::Text(_) => Ids::Strings,
    };
    ids.of_user(user) == *id
}

/// The user of this name, if it can be one's and is not one of those that say an id.
fn name_of(text: &str) -> Option<UserId> {
    let user = text.parse().ok()?;
    (!text.starts_with(BY_ID)).then_some(user)
}

/// What somebody is called whose name says nothing, or is taken.
pub(crate) fn by_id(id: &Id) -> UserId {
    let number = match id {
        Id::Number(number) => *number,
        // A text that can be no user's id: a number that follows from it.
        Id::Text(text) => match name_of(text) {
            Some(user) => return user,
            None => number_of(text),
        },
    };
    let called = format!("{BY_ID}{number}").parse();
    called.unwrap_or_else(|error| unreachable!("6 letters and 20 digits are an id: {error}"))
}

/// A number below 2^53 that follows from a name.
fn number_of(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    let first = digest.iter().take(8);
    first.fold(0, |number, byte| number << 8 | u64::from(*byte)) % EXACT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(text: &str) -> RoomId {
        text.parse().unwrap()
    }

    fn user(text: &str) -> UserId {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_and_its_digits_stay_different_rooms() {
        for ids in [Ids::Numbers, Ids::Strings] {
            assert_ne!(ids.of_room(&room("123")), ids.of_room(&room("\"123\"")));
        }
    }

    #[test]
    fn every_room_finds_its_way_back() {
        for ids in [Ids::Numbers, Ids::Strings] {
            for text in ["1", "4294967295", "\"1\"", "standup", "\"number\"", "a b"] {
                let there = ids.of_room(&room(text));
                let called = description_of(&room(text));
                assert_eq!(room_of(&there, Some(&called)), Some(room(text)), "{ids:?}");
            }
        }
    }

    #[test]
    fn a_named_rooms_number_without_its_name_or_with_anothers_is_nobodys() {
        let there = Ids::Numbers.of_room(&room("standup"));
        assert_eq!(room_of(&there, None), None);
        assert_eq!(room_of(&there, Some("\"retro\"")), None);
        for text in ["café", "number/007", "number/+7", "number/0", "number/"] {
            assert_eq!(room_of(&Id::Text(text.to_owned()), None), None, "{text}");
        }
    }

    #[test]
    fn the_numbers_of_names_are_the_same_on_every_machine_and_below_2_to_the_53() {
        // printf alice | sha256sum: 2bd806c97f0e00af..., the last 53 bits of these 64.
        let alice = Ids::Numbers.of_user(&user("alice"));
        assert_eq!(alice, Id::Number(0x2bd8_06c9_7f0e_00af & (EXACT - 1)));
        for name in ["a", "bob", "carol"] {
            assert!(matches!(
                Ids::Numbers.of_user(&user(name)),
                Id::Number(1..EXACT)
            ));
            let named = Ids::Numbers.of_room(&RoomId::string(name).unwrap());
            assert!(matches!(named, Id::Number(NAMED_ROOM..EXACT)));
        }
    }

    #[test]
    fn nobody_shows_a_name_that_says_somebody_elses_id() {
        let text = |text: &str| Id::Text(text.to_owned());
        assert_eq!(user_of(&Id::Number(3), Some("janus-2")), user("janus-3"));
        assert_eq!(user_of(&Id::Number(2), Some("janus-2")), user("janus-2"));
        let nameless = user_of(&text("Alice A."), None);
        assert_ne!(user_of(&text(nameless.as_str()), None), nameless);
    }

    #[test]
    fn who_shows_no_usable_name_is_called_by_his_id() {
        assert_eq!(user_of(&Id::Number(42), Some("alice")), user("alice"));
        assert_eq!(user_of(&Id::Number(42), Some("Alice A.")), user("janus-42"));
        assert_eq!(user_of(&Id::Number(u64::MAX), None).as_str().len(), 26);
        let text = |text: &str| Id::Text(text.to_owned());
        assert_eq!(user_of(&text("alice"), Some("bob")), user("alice"));
        assert!(
            user_of(&text("Alice A."), None)
                .as_str()
                .starts_with("janus-")
        );
    }
}
