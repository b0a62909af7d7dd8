//! Entering: what a client asks for, what can be wrong with that, and how it is refused.

use std::fmt;

use exeunt_port::{EnterRequest, InvalidRoomId, InvalidUserId, RoomId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{ClientId, PROTOCOL, Role};

/// A request to enter a room.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Enter {
    /// The version of the protocol; [`PROTOCOL`].
    pub protocol: u32,
    /// The application the room belongs to.
    pub sdk_app_id: u32,
    /// Who enters.
    pub user_id: UserId,
    /// The `UserSig` that lets this user in.
    pub user_sig: String,
    /// Which room: a JSON number is a numeric room, a JSON string a string room.
    pub room_id: RoomId,
    /// Which client asks.
    pub client_id: ClientId,
    /// Which of this client's attempts to enter it is; higher than any before. One that arrives after
    /// a later one into the same room is refused ([`Refusal::Overtaken`]).
    pub attempt: u64,
    /// What the user is to be in the room; left out where it is an anchor.
    #[serde(skip_serializing_if = "Role::is_anchor")]
    pub role: Role,
}

impl Enter {
    /// This request, as an attempt of this client, as an anchor.
    #[must_use]
    pub fn new(request: EnterRequest, client_id: ClientId, attempt: u64) -> Self {
        Self {
            protocol: PROTOCOL,
            sdk_app_id: request.sdk_app_id,
            user_id: request.user,
            user_sig: request.user_sig,
            room_id: request.room,
            client_id,
            attempt,
            role: Role::default(),
        }
    }
}

/// The signature is a secret and stays out of logs.
impl fmt::Debug for Enter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Enter")
            .field("protocol", &self.protocol)
            .field("sdk_app_id", &self.sdk_app_id)
            .field("user_id", &self.user_id)
            .field("room_id", &self.room_id)
            .field("client_id", &format_args!("{}", self.client_id))
            .field("attempt", &self.attempt)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A field of an `enter` message that cannot be. Each has a [`Refusal`] of its own, so that a client
/// learns which parameter to mend, as with TRTC.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnterFault {
    /// A version that is not spoken here.
    #[error("protocol {found} is not spoken here; {PROTOCOL} is")]
    Protocol {
        /// What stood there.
        found: String,
    },
    /// No application's number.
    #[error("sdk_app_id {found} is no application; 1 to 4294967295 are allowed")]
    SdkAppId {
        /// What stood there.
        found: String,
    },
    /// No room's id.
    #[error(transparent)]
    Room(#[from] InvalidRoomId),
    /// Neither a number nor a string where the room's id should be.
    #[error("room_id {found} is no room; a whole number is a numeric room, a string a string room")]
    RoomType {
        /// What stood there.
        found: String,
    },
    /// No user's id.
    #[error(transparent)]
    User(#[from] InvalidUserId),
    /// No string where the user's id should be.
    #[error("user_id {found} is no string")]
    UserType {
        /// What stood there.
        found: String,
    },
    /// No string where the signature should be; what stood there is not repeated.
    #[error("user_sig is missing or no string")]
    UserSig,
    /// No client's id.
    #[error("client_id {found} is no client; 32 lower-case hexadecimal digits are allowed")]
    ClientId {
        /// What stood there.
        found: String,
    },
    /// No attempt's number.
    #[error("attempt {found} is no number of an attempt; 0 to 18446744073709551615 are allowed")]
    Attempt {
        /// What stood there.
        found: String,
    },
    /// No role.
    #[error("role {found} is no role; \"anchor\" and \"audience\" are allowed")]
    Role {
        /// What stood there.
        found: String,
    },
}

impl EnterFault {
    /// How a server refuses such a message.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Protocol { .. } => Refusal::Protocol,
            Self::SdkAppId { .. } => Refusal::SdkAppId,
            Self::Room(_) | Self::RoomType { .. } => Refusal::RoomId,
            Self::User(_) | Self::UserType { .. } => Refusal::UserId,
            Self::UserSig => Refusal::UserSig,
            Self::ClientId { .. } | Self::Attempt { .. } => Refusal::Attempt,
            Self::Role { .. } => Refusal::Role,
        }
    }
}

/// The fields as they came, before anything is known about them.
#[derive(Deserialize)]
pub(super) struct AnyEnter {
    #[serde(default)]
    protocol: Value,
    #[serde(default)]
    sdk_app_id: Value,
    #[serde(default)]
    user_id: Value,
    #[serde(default)]
    user_sig: Value,
    #[serde(default)]
    room_id: Value,
    #[serde(default)]
    client_id: Value,
    #[serde(default)]
    attempt: Value,
    #[serde(default)]
    role: Value,
}

impl TryFrom<AnyEnter> for Enter {
    type Error = EnterFault;

    fn try_from(any: AnyEnter) -> Result<Self, EnterFault> {
        if any.protocol.as_u64() != Some(u64::from(PROTOCOL)) {
            return Err(EnterFault::Protocol {
                found: shown(&any.protocol),
            });
        }
        let sdk_app_id = any
            .sdk_app_id
            .as_u64()
            .and_then(|number| u32::try_from(number).ok());
        let Some(sdk_app_id) = sdk_app_id.filter(|number| *number > 0) else {
            return Err(EnterFault::SdkAppId {
                found: shown(&any.sdk_app_id),
            });
        };
        let user_id = match any.user_id {
            Value::String(text) => UserId::try_from(text)?,
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => {
                return Err(EnterFault::UserType {
                    found: shown(&other),
                });
            }
        };
        let room_id = room_from(any.room_id)?;
        let Value::String(user_sig) = any.user_sig else {
            return Err(EnterFault::UserSig);
        };
        let client_id = any.client_id.as_str().and_then(ClientId::read);
        let Some(client_id) = client_id else {
            return Err(EnterFault::ClientId {
                found: shown(&any.client_id),
            });
        };
        let Some(attempt) = any.attempt.as_u64() else {
            return Err(EnterFault::Attempt {
                found: shown(&any.attempt),
            });
        };
        let role = match any.role.as_str() {
            None if any.role.is_null() => Some(Role::default()),
            None => None,
            Some(name) => Role::named(name),
        };
        let Some(role) = role else {
            return Err(EnterFault::Role {
                found: shown(&any.role),
            });
        };
        Ok(Self {
            protocol: PROTOCOL,
            sdk_app_id,
            user_id,
            user_sig,
            room_id,
            client_id,
            attempt,
            role,
        })
    }
}

fn room_from(value: Value) -> Result<RoomId, EnterFault> {
    match value {
        Value::String(name) => Ok(RoomId::string(name)?),
        Value::Number(number) => match number.as_i128() {
            Some(number) => Ok(RoomId::number(number)?),
            None => Err(EnterFault::RoomType {
                found: number.to_string(),
            }),
        },
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            Err(EnterFault::RoomType {
                found: shown(&other),
            })
        }
    }
}

/// A value in a message: short, and nothing that is deep.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "(missing)".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
        Value::Array(_) => "(an array)".to_owned(),
        Value::Object(_) => "(an object)".to_owned(),
    }
}

/// Why a server did not let somebody in, by number. Negative numbers are TRTC's (`TXLiteAVError`);
/// positive ones are this protocol's, for what TRTC has no number for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// TRTC's `ERR_ENTER_ROOM_PARAM_NULL`: the first message was not `enter` or `resume`.
    NoParameters,
    /// TRTC's `ERR_SDK_APPID_INVALID`: no application, or not one of this server.
    SdkAppId,
    /// TRTC's `ERR_ROOM_ID_INVALID`.
    RoomId,
    /// TRTC's `ERR_USER_ID_INVALID`.
    UserId,
    /// TRTC's `ERR_USER_SIG_INVALID`: expired, tampered with, of another user or application.
    UserSig,
    /// TRTC's `ERR_SERVER_INFO_SERVICE_SUSPENDED`: the server is stopping.
    Suspended,
    /// TRTC's `ERR_SERVER_CENTER_NO_PRIVILEDGE_CREATE_ROOM`: the signature's private map does not
    /// allow to make this room.
    MayNotCreate,
    /// TRTC's `ERR_SERVER_CENTER_NO_PRIVILEDGE_ENTER_ROOM`: the signature's private map does not
    /// allow to enter this room.
    MayNotEnter,
    /// TRTC's `ERR_SERVER_CENTER_ROOM_FULL`.
    RoomFull,
    /// TRTC's `ERR_SERVER_CENTER_INVALID_ROLE`.
    Role,
    /// Another version of the protocol.
    Protocol,
    /// The stay to resume is not known: never was, left, or its lease ran out.
    StayUnknown,
    /// As many rooms as the server allows.
    TooManyRooms,
    /// A later attempt of the same client has arrived before this one (G-10).
    Overtaken,
    /// No client's id, or no number of an attempt.
    Attempt,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 15] = [
        Self::NoParameters,
        Self::SdkAppId,
        Self::RoomId,
        Self::UserId,
        Self::UserSig,
        Self::Suspended,
        Self::MayNotCreate,
        Self::MayNotEnter,
        Self::RoomFull,
        Self::Role,
        Self::Protocol,
        Self::StayUnknown,
        Self::TooManyRooms,
        Self::Overtaken,
        Self::Attempt,
    ];

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::NoParameters => -3316,
            Self::SdkAppId => -3317,
            Self::RoomId => -3318,
            Self::UserId => -3319,
            Self::UserSig => -3320,
            Self::Suspended => -100_013,
            Self::MayNotCreate => -102_010,
            Self::MayNotEnter => -102_011,
            Self::RoomFull => -102_052,
            Self::Role => -102_055,
            Self::Protocol => 1,
            Self::StayUnknown => 2,
            Self::TooManyRooms => 3,
            Self::Overtaken => 4,
            Self::Attempt => 5,
        }
    }
}
