//! Who enters which room: user and room ids within TRTC's bounds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A user's id: 1 to 32 bytes of `a-z A-Z 0-9 _ -` (TRTC's rule).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// Why a text is no user id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidUserId {
    /// Nothing, or too much.
    #[error("user id {text:?} has {length} bytes; 1 to 32 are allowed")]
    Length {
        /// What was given.
        text: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A character that is not allowed.
    #[error("user id {text:?} has {character:?} at byte {at}; allowed are a-z A-Z 0-9 _ -")]
    Character {
        /// What was given.
        text: String,
        /// The offending character.
        character: char,
        /// Its place in bytes.
        at: usize,
    },
}

impl UserId {
    /// The longest user id, in bytes.
    pub const MAX_LENGTH: usize = 32;

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(text: String) -> Result<Self, InvalidUserId> {
        let length = text.len();
        if length == 0 || length > Self::MAX_LENGTH {
            let text = shortened(&text);
            return Err(InvalidUserId::Length { text, length });
        }
        let foreign =
            |character: char| !(character.is_ascii_alphanumeric() || "_-".contains(character));
        if let Some((at, character)) = text
            .char_indices()
            .find(|(_, character)| foreign(*character))
        {
            return Err(InvalidUserId::Character {
                text,
                character,
                at,
            });
        }
        Ok(Self(text))
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, InvalidUserId> {
        Self::try_from(text.to_owned())
    }
}

impl From<UserId> for String {
    fn from(user: UserId) -> Self {
        user.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A room's id. The number 123 and the string "123" are different rooms, as in TRTC.
///
/// As text, a number is a numeric room and anything in double quotes or not a number is a string room:
/// ```
/// use exeunt_port::RoomId;
///
/// let number: RoomId = "123".parse()?;
/// let string: RoomId = "\"123\"".parse()?;
/// assert_ne!(number, string);
/// assert_eq!("standup".parse::<RoomId>()?, RoomId::string("standup")?);
/// # Ok::<(), exeunt_port::InvalidRoomId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "AnyRoomId", into = "AnyRoomId")]
pub enum RoomId {
    /// A numeric room, 1 to 4294967295. Made by [`RoomId::number`].
    Number(RoomNumber),
    /// A string room, 1 to 64 bytes of TRTC's 89 characters. Made by [`RoomId::string`].
    String(RoomName),
}

/// A valid room number. Made by [`RoomId::number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomNumber(u32);

/// A valid room name. Made by [`RoomId::string`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(String);

/// Why something is no room id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidRoomId {
    /// A number out of range.
    #[error("room number {number} is out of range; 1 to 4294967295 are allowed")]
    Number {
        /// What was given.
        number: i128,
    },
    /// Nothing, or too much.
    #[error("room name {text:?} has {length} bytes; 1 to 64 are allowed")]
    Length {
        /// What was given.
        text: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A character that is not allowed.
    #[error(
        "room name {text:?} has {character:?} at byte {at}; allowed are a-z A-Z 0-9, the space and {}",
        RoomId::PUNCTUATION
    )]
    Character {
        /// What was given.
        text: String,
        /// The offending character.
        character: char,
        /// Its place in bytes.
        at: usize,
    },
}

impl RoomId {
    /// The longest room name, in bytes.
    pub const MAX_LENGTH: usize = 64;
    /// What a room name may hold beside letters, digits and the space.
    pub const PUNCTUATION: &str = "!#$%&()+-:;<=.>?@[]^_{}|~,";

    /// The room of this number.
    pub fn number(number: impl Into<i128>) -> Result<Self, InvalidRoomId> {
        let number = number.into();
        match u32::try_from(number) {
            Ok(valid) if valid > 0 => Ok(Self::Number(RoomNumber(valid))),
            Ok(_) | Err(_) => Err(InvalidRoomId::Number { number }),
        }
    }

    /// The room of this name.
    pub fn string(name: impl Into<String>) -> Result<Self, InvalidRoomId> {
        let text = name.into();
        let length = text.len();
        if length == 0 || length > Self::MAX_LENGTH {
            let text = shortened(&text);
            return Err(InvalidRoomId::Length { text, length });
        }
        let allowed = |character: char| {
            character.is_ascii_alphanumeric()
                || character == ' '
                || Self::PUNCTUATION.contains(character)
        };
        if let Some((at, character)) = text
            .char_indices()
            .find(|(_, character)| !allowed(*character))
        {
            return Err(InvalidRoomId::Character {
                text,
                character,
                at,
            });
        }
        Ok(Self::String(RoomName(text)))
    }
}

impl RoomNumber {
    /// The number, 1 or more.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl RoomName {
    /// The name, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoomId {
    type Err = InvalidRoomId;

    fn from_str(text: &str) -> Result<Self, InvalidRoomId> {
        if let Some(name) = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            return Self::string(name);
        }
        match text.parse::<i128>() {
            Ok(number) => Self::number(number),
            Err(_) => Self::string(text),
        }
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => formatter.pad(&number.0.to_string()),
            Self::String(name) => formatter.pad(&format!("{:?}", name.0)),
        }
    }
}

/// How a room id stands in JSON: a number is a numeric room, a string a string room.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum AnyRoomId {
    Number(i64),
    String(String),
}

impl TryFrom<AnyRoomId> for RoomId {
    type Error = InvalidRoomId;

    fn try_from(any: AnyRoomId) -> Result<Self, InvalidRoomId> {
        match any {
            AnyRoomId::Number(number) => Self::number(number),
            AnyRoomId::String(name) => Self::string(name),
        }
    }
}

impl From<RoomId> for AnyRoomId {
    fn from(room: RoomId) -> Self {
        match room {
            RoomId::Number(number) => Self::Number(i64::from(number.0)),
            RoomId::String(name) => Self::String(name.0),
        }
    }
}

/// Enough of an over-long text to recognise it in a message.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::{RoomId, UserId};

    #[test]
    fn a_number_and_its_digits_are_different_rooms() {
        let number: RoomId = serde_json_like("123");
        let string: RoomId = "\"123\"".parse().expect("a string room");
        assert_ne!(number, string);
    }

    fn serde_json_like(text: &str) -> RoomId {
        text.parse().expect("a numeric room")
    }

    #[test]
    fn a_room_number_out_of_range_says_what_is_allowed() {
        for text in ["0", "4294967296", "-1"] {
            let error = text.parse::<RoomId>().expect_err("out of range");
            assert!(error.to_string().contains("1 to 4294967295"), "{error}");
        }
    }

    #[test]
    fn a_foreign_character_is_named_with_its_place() {
        let error = "caf\u{e9}"
            .parse::<RoomId>()
            .expect_err("not in TRTC's set");
        assert!(error.to_string().contains("'é' at byte 3"), "{error}");
        let error = "al ice".parse::<UserId>().expect_err("no spaces");
        assert!(error.to_string().contains("' ' at byte 2"), "{error}");
    }

    #[test]
    fn all_of_the_89_characters_are_allowed_in_a_room_name() {
        assert_eq!(26 + 26 + 10 + 1 + RoomId::PUNCTUATION.len(), 89);
        RoomId::string(RoomId::PUNCTUATION).expect("all punctuation");
    }
}
