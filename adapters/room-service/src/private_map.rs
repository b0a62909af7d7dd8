//! The private map that a `UserSig` may carry: what its user may do in one room (TRTC's
//! `PrivateMapKey`).

use exeunt_port::{RoomId, UserId};
use thiserror::Error;

/// What a user may do in one room, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMap {
    /// The user.
    pub user: UserId,
    /// The application.
    pub sdk_app_id: u32,
    /// The one room it is for.
    pub room: RoomId,
    /// Until when, in seconds since 1970.
    pub expires_at: u32,
    /// TRTC's bits: [`CREATE`](Self::CREATE), [`ENTER`](Self::ENTER), and those for media, which the
    /// room service does not look at.
    pub privileges: u32,
}

/// Bytes that are no private map.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the UserSig's private map cannot be read: {detail}")]
pub struct PrivateMapError {
    /// What is wrong with them.
    pub detail: String,
}

impl PrivateMap {
    /// May make the room.
    pub const CREATE: u32 = 1;
    /// May enter the room.
    pub const ENTER: u32 = 2;
    /// May do everything.
    pub const ALL: u32 = 255;

    /// The bytes for [`Claims::user_buffer`](crate::user_sig::Claims::user_buffer).
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (version, number, name) = match &self.room {
            RoomId::Number(number) => (0, number.get(), None),
            RoomId::String(name) => (1, 0, Some(name.as_str())),
        };
        let mut bytes = vec![version];
        put_text(&mut bytes, self.user.as_str());
        // The account type, last, is always 0.
        for field in [self.sdk_app_id, number, self.expires_at, self.privileges, 0] {
            bytes.extend(field.to_be_bytes());
        }
        if let Some(name) = name {
            put_text(&mut bytes, name);
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) or TRTC wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, PrivateMapError> {
        let mut rest = bytes;
        let [version] = taken(&mut rest)?;
        let user = taken_text(&mut rest)?.parse().map_err(unreadable)?;
        let mut field = || taken(&mut rest).map(u32::from_be_bytes);
        let (sdk_app_id, number, expires_at, privileges) = (field()?, field()?, field()?, field()?);
        let _account_type = field()?;
        let room = match version {
            0 => RoomId::number(number),
            1 => RoomId::string(taken_text(&mut rest)?),
            2.. => {
                return Err(unreadable(format!(
                    "version {version}; 0 and 1 are allowed"
                )));
            }
        };
        let room = room.map_err(unreadable)?;
        if rest.is_empty() {
            Ok(Self {
                user,
                sdk_app_id,
                room,
                expires_at,
                privileges,
            })
        } else {
            Err(unreadable(format!("{} bytes too many", rest.len())))
        }
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // User ids and room names have at most 64 bytes.
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], PrivateMapError> {
    let (taken, after) = rest
        .split_first_chunk()
        .ok_or_else(|| unreadable("it is cut off"))?;
    *rest = after;
    Ok(*taken)
}

fn taken_text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, PrivateMapError> {
    let length = usize::from(u16::from_be_bytes(taken(rest)?));
    let (taken, after) = rest
        .split_at_checked(length)
        .ok_or_else(|| unreadable("it is cut off"))?;
    *rest = after;
    std::str::from_utf8(taken).map_err(unreadable)
}

fn unreadable(detail: impl std::fmt::Display) -> PrivateMapError {
    PrivateMapError {
        detail: format!("{detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed_hash::hex;

    fn map(room: &str) -> PrivateMap {
        PrivateMap {
            user: "xiaojun".parse().unwrap(),
            sdk_app_id: 1_400_000_000,
            room: room.parse().unwrap(),
            expires_at: 1_715_552_000,
            privileges: PrivateMap::ALL,
        }
    }

    #[test]
    fn the_bytes_are_those_that_trtc_writes() {
        for (room, bytes) in [
            (
                "10000",
                "0000077869616f6a756e53724e000000271066413f00000000ff00000000",
            ),
            (
                "room-a",
                "0100077869616f6a756e53724e000000000066413f00000000ff000000000006726f6f6d2d61",
            ),
        ] {
            assert_eq!(hex(&map(room).encode()), bytes);
            assert_eq!(PrivateMap::decode(&map(room).encode()), Ok(map(room)));
        }
    }

    #[test]
    fn bytes_that_are_cut_off_or_too_many_are_no_map() {
        let whole = map("room-a").encode();
        for length in 0..whole.len() {
            assert!(PrivateMap::decode(&whole[..length]).is_err(), "{length}");
        }
        let error = PrivateMap::decode(&[&whole[..], &[0]].concat()).unwrap_err();
        assert!(error.to_string().contains("1 bytes too many"), "{error}");
    }
}
