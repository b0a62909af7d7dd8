//! Who may enter: the `UserSig` of an `enter` message is checked here.

use exeunt_websocket::wire::{Enter, Refusal};
use uuid::Uuid;

use crate::backend::Ban;
use crate::config::Config;
use crate::private_map::PrivateMap;
use crate::rooms::Entrance;
use crate::user_sig::verify;

/// The longest words that go with a refusal, in characters.
const MAX_MESSAGE: usize = 512;

/// Why somebody is not let in: the number, and the words that go with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAdmitted {
    pub(crate) refusal: Refusal,
    pub(crate) message: String,
}

impl NotAdmitted {
    pub(crate) fn new(refusal: Refusal, message: impl std::fmt::Display) -> Self {
        // What a signature holds may be long, and is logged.
        let message = message.to_string().chars().take(MAX_MESSAGE).collect();
        Self { refusal, message }
    }

    pub(crate) fn banned(ban: &Ban) -> Self {
        let until = ban.until.seconds();
        let message = format!("banned until {until} (seconds since 1970)");
        Self::new(Refusal::MayNotEnter, message)
    }
}

impl From<Refusal> for NotAdmitted {
    fn from(refusal: Refusal) -> Self {
        let message = match refusal {
            Refusal::NoParameters => "the first message must be enter or resume, once a connection",
            Refusal::SdkAppId => "the application is not one of this server",
            Refusal::RoomId => "the room id is not valid",
            Refusal::UserId => "the user id is not valid",
            Refusal::UserSig => "the UserSig is not valid",
            Refusal::Suspended => "the server is stopping",
            Refusal::MayNotCreate => "the UserSig's private map does not allow to make this room",
            Refusal::MayNotEnter => "the UserSig's private map does not allow to enter this room",
            Refusal::RoomFull => "the room is full",
            Refusal::Role => "the role is none",
            Refusal::Protocol => "the protocol's version is not spoken here",
            Refusal::StayUnknown => "the stay is unknown: it was left, or its lease ran out",
            Refusal::TooManyRooms => "the server has as many rooms as it may",
            Refusal::Overtaken => "a later attempt of the same client has arrived before this one",
            Refusal::Attempt => "the client's id or the number of its attempt is not valid",
        };
        Self::new(refusal, message)
    }
}

/// Somebody whose signature is good, and who may enter unless a ban keeps him out. That is for the hall
/// to say at the moment in which he would be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) entrance: Entrance,
    /// When the `UserSig` was made, in seconds since 1970.
    pub(crate) issued_at: u64,
}

/// Checks an `enter` message at this time (seconds since 1970).
pub(crate) fn admit(config: &Config, now: u64, enter: Enter) -> Result<Admitted, NotAdmitted> {
    if enter.sdk_app_id != config.sdk_app_id {
        let message = format!(
            "application {} is not {} of this server",
            enter.sdk_app_id, config.sdk_app_id
        );
        return Err(NotAdmitted::new(Refusal::SdkAppId, message));
    }
    let key = config.user_sig_key.expose();
    let claims = verify(key, config.sdk_app_id, &enter.user_id, now, &enter.user_sig)
        .map_err(|error| NotAdmitted::new(Refusal::UserSig, error))?;
    let may_create = match claims.user_buffer {
        None => true,
        Some(buffer) => privileged(&buffer, now, &enter)?,
    };
    let secret = Uuid::new_v4().simple().to_string();
    let entrance = Entrance {
        user: enter.user_id,
        room: enter.room_id,
        client: enter.client_id,
        attempt: enter.attempt,
        role: enter.role,
        secret,
        may_create,
    };
    let issued_at = claims.issued_at;
    Ok(Admitted {
        entrance,
        issued_at,
    })
}

/// Whether a private map lets its user make the room; an error if not even enter it.
fn privileged(buffer: &[u8], now: u64, enter: &Enter) -> Result<bool, NotAdmitted> {
    let map =
        PrivateMap::decode(buffer).map_err(|error| NotAdmitted::new(Refusal::UserSig, error))?;
    let meant = map.user == enter.user_id
        && map.sdk_app_id == enter.sdk_app_id
        && map.room == enter.room_id
        && u64::from(map.expires_at) >= now;
    if meant && map.privileges & PrivateMap::ENTER != 0 {
        Ok(map.privileges & PrivateMap::CREATE != 0)
    } else {
        Err(Refusal::MayNotEnter.into())
    }
}

#[cfg(test)]
mod tests {
    use exeunt_websocket::wire::{ClientId, Role};

    use super::*;
    use crate::user_sig::{Claims, sign};

    const NOW: u64 = 1_700_000_000;

    fn enter(claims: &Claims) -> Enter {
        let config = Config::development();
        Enter {
            protocol: 1,
            sdk_app_id: config.sdk_app_id,
            user_id: "alice".parse().unwrap(),
            user_sig: sign(config.user_sig_key.expose(), claims),
            room_id: "standup".parse().unwrap(),
            client_id: ClientId::from_number(1),
            attempt: 1,
            role: Role::Anchor,
        }
    }

    fn claims() -> Claims {
        let config = Config::development();
        Claims::new(config.sdk_app_id, "alice".parse().unwrap(), NOW, 60)
    }

    fn refusal(enter: Enter, now: u64) -> Option<Refusal> {
        admit(&Config::development(), now, enter)
            .err()
            .map(|error| error.refusal)
    }

    #[test]
    fn a_good_signature_lets_its_user_in_and_no_other() {
        assert_eq!(refusal(enter(&claims()), NOW), None);
        assert_eq!(refusal(enter(&claims()), NOW + 61), Some(Refusal::UserSig));
        let mut as_bob = enter(&claims());
        as_bob.user_id = "bob".parse().unwrap();
        assert_eq!(refusal(as_bob, NOW), Some(Refusal::UserSig));
        let mut elsewhere = enter(&claims());
        elsewhere.sdk_app_id = 1;
        assert_eq!(refusal(elsewhere, NOW), Some(Refusal::SdkAppId));
    }

    #[test]
    fn a_private_map_holds_for_its_room_its_time_and_its_bits() {
        let map = PrivateMap {
            user: "alice".parse().unwrap(),
            sdk_app_id: claims().sdk_app_id,
            room: "standup".parse().unwrap(),
            expires_at: 1_700_000_030,
            privileges: PrivateMap::ALL,
        };
        let with = |map: &PrivateMap| {
            enter(&Claims {
                user_buffer: Some(map.encode()),
                ..claims()
            })
        };
        let may_create = |map: &PrivateMap| {
            admit(&Config::development(), NOW, with(map))
                .map(|admitted| admitted.entrance.may_create)
        };
        assert_eq!(may_create(&map), Ok(true));
        let guest = PrivateMap {
            privileges: PrivateMap::ENTER,
            ..map.clone()
        };
        assert_eq!(may_create(&guest), Ok(false));
        let banned = PrivateMap {
            privileges: PrivateMap::CREATE,
            ..map.clone()
        };
        assert_eq!(refusal(with(&banned), NOW), Some(Refusal::MayNotEnter));
        assert_eq!(refusal(with(&map), NOW + 31), Some(Refusal::MayNotEnter));
        let elsewhere = PrivateMap {
            room: "other".parse().unwrap(),
            ..map
        };
        assert_eq!(refusal(with(&elsewhere), NOW), Some(Refusal::MayNotEnter));
        let broken = Claims {
            user_buffer: Some(vec![7]),
            ..claims()
        };
        assert_eq!(refusal(enter(&broken), NOW), Some(Refusal::UserSig));
    }
}
