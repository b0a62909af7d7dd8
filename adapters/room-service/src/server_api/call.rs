//! What is called, with which parameters: pure.

use exeunt_port::{InvalidRoomId, InvalidUserId, RoomId, UserId};
use serde_json::{Map, Value};

use super::error::{ApiError, ErrorCode};

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    RemoveUser,
    RemoveUserByStrRoomId,
    DismissRoom,
    DismissRoomByStrRoomId,
    /// Not TRTC's: lists rooms and members.
    DescribeRooms,
}

impl Action {
    pub(crate) const ALL: [Self; 5] = [
        Self::RemoveUser,
        Self::RemoveUserByStrRoomId,
        Self::DismissRoom,
        Self::DismissRoomByStrRoomId,
        Self::DescribeRooms,
    ];

    /// The name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RemoveUser => "RemoveUser",
            Self::RemoveUserByStrRoomId => "RemoveUserByStrRoomId",
            Self::DismissRoom => "DismissRoom",
            Self::DismissRoomByStrRoomId => "DismissRoomByStrRoomId",
            Self::DescribeRooms => "DescribeRooms",
        }
    }

    pub(super) fn named(name: Option<&str>) -> Result<Self, ApiError> {
        let found = Self::ALL
            .into_iter()
            .find(|action| name == Some(action.as_str()));
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            ApiError::new(
                ErrorCode::InvalidAction,
                format!("X-TC-Action must be one of {names}"),
            )
        })
    }
}

/// A call whose parameters are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    RemoveUsers { room: RoomId, users: Vec<UserId> },
    DismissRoom { room: RoomId },
    DescribeRooms { offset: usize, limit: usize },
}

/// TRTC's bound on `UserIds`.
const MAX_USERS: usize = 10;
/// The most rooms that one answer describes.
const MAX_ROOMS: u64 = 100;

impl Call {
    /// Checks the parameters, in the order in which TRTC documents them.
    pub(super) fn parse(
        action: Action,
        parameters: &Map<String, Value>,
        own_app: u32,
    ) -> Result<Self, ApiError> {
        check_app(parameters, own_app)?;
        Ok(match action {
            Action::RemoveUser => Self::RemoveUsers {
                room: numeric_room(parameters)?,
                users: users(parameters)?,
            },
            Action::RemoveUserByStrRoomId => Self::RemoveUsers {
                room: string_room(parameters)?,
                users: users(parameters)?,
            },
            Action::DismissRoom => Self::DismissRoom {
                room: numeric_room(parameters)?,
            },
            Action::DismissRoomByStrRoomId => Self::DismissRoom {
                room: string_room(parameters)?,
            },
            Action::DescribeRooms => Self::DescribeRooms {
                offset: paging(parameters, "Offset", 0, u64::from(u32::MAX))?,
                limit: paging(parameters, "Limit", MAX_ROOMS, MAX_ROOMS)?,
            },
        })
    }
}

/// The parameter, unless it is missing; TencentCloud takes `null` for that.
fn given<'a>(
    parameters: &'a Map<String, Value>,
    name: &str,
    missing: ErrorCode,
) -> Result<&'a Value, ApiError> {
    let value = parameters.get(name).filter(|value| !value.is_null());
    value.ok_or_else(|| ApiError::new(missing, format!("{name} is missing")))
}

fn check_app(parameters: &Map<String, Value>, own_app: u32) -> Result<(), ApiError> {
    let app = given(parameters, "SdkAppId", ErrorCode::MissingSdkAppId)?;
    match app.as_u64() {
        Some(app) if app == u64::from(own_app) => Ok(()),
        Some(app) if (1..=u64::from(u32::MAX)).contains(&app) => Err(ApiError::new(
            ErrorCode::ForeignSdkAppId,
            format!("application {app} is not {own_app} of this server"),
        )),
        Some(_) | None => Err(ApiError::new(
            ErrorCode::InvalidSdkAppId,
            "SdkAppId must be a number from 1 to 4294967295",
        )),
    }
}

fn numeric_room(parameters: &Map<String, Value>) -> Result<RoomId, ApiError> {
    let room = given(parameters, "RoomId", ErrorCode::MissingRoomId)?;
    let number = room.as_number().and_then(serde_json::Number::as_i128);
    let number = number.ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidRoomId,
            "RoomId must be a whole number; a string room has an action of its own",
        )
    })?;
    RoomId::number(number).map_err(|error| out_of_range(&error))
}

fn string_room(parameters: &Map<String, Value>) -> Result<RoomId, ApiError> {
    let room = given(parameters, "RoomId", ErrorCode::MissingRoomId)?;
    let name = room.as_str().ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidRoomId,
            "RoomId must be a string; a numeric room has an action of its own",
        )
    })?;
    RoomId::string(name).map_err(|error| out_of_range(&error))
}

fn out_of_range(error: &InvalidRoomId) -> ApiError {
    ApiError::new(ErrorCode::RoomIdOutOfRange, error.to_string())
}

fn users(parameters: &Map<String, Value>) -> Result<Vec<UserId>, ApiError> {
    let invalid = |message: String| ApiError::new(ErrorCode::InvalidUserIds, message);
    let users = given(parameters, "UserIds", ErrorCode::MissingUserIds)?;
    let users = users
        .as_array()
        .ok_or_else(|| invalid("UserIds must be an array".to_owned()))?;
    if users.is_empty() || users.len() > MAX_USERS {
        let count = users.len();
        return Err(invalid(format!(
            "UserIds has {count} ids; 1 to {MAX_USERS} are allowed"
        )));
    }
    let user = |user: &Value| {
        let id = user
            .as_str()
            .ok_or_else(|| invalid("UserIds must hold strings".to_owned()))?;
        id.parse()
            .map_err(|error: InvalidUserId| invalid(error.to_string()))
    };
    users.iter().map(user).collect()
}

fn paging(
    parameters: &Map<String, Value>,
    name: &str,
    default: u64,
    most: u64,
) -> Result<usize, ApiError> {
    let value = match parameters.get(name) {
        None | Some(Value::Null) => Some(default),
        Some(value) => value.as_u64().filter(|value| *value <= most),
    };
    value
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| {
            let message = format!("{name} must be a whole number from 0 to {most}");
            ApiError::new(ErrorCode::InvalidParameter, message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: u32 = 1_400_000_000;

    fn parse(action: Action, parameters: &str) -> Result<Call, &'static str> {
        let parameters = serde_json::from_str(parameters).unwrap();
        Call::parse(action, &parameters, APP).map_err(|error| error.code.as_str())
    }

    #[test]
    fn good_parameters_make_a_call() {
        let users = vec!["a".parse().unwrap(), "b".parse().unwrap()];
        assert_eq!(
            parse(
                Action::RemoveUser,
                r#"{"SdkAppId":1400000000,"RoomId":7,"UserIds":["a","b"]}"#
            ),
            Ok(Call::RemoveUsers {
                room: RoomId::number(7).unwrap(),
                users
            })
        );
        assert_eq!(
            parse(
                Action::DismissRoomByStrRoomId,
                r#"{"SdkAppId":1400000000,"RoomId":"7"}"#
            ),
            Ok(Call::DismissRoom {
                room: RoomId::string("7").unwrap()
            })
        );
        assert_eq!(
            parse(
                Action::DescribeRooms,
                r#"{"SdkAppId":1400000000,"Offset":3}"#
            ),
            Ok(Call::DescribeRooms {
                offset: 3,
                limit: 100
            })
        );
    }

    #[test]
    fn every_wrong_parameter_has_the_code_that_trtc_gives_it() {
        let eleven = r#"["a","b","c","d","e","f","g","h","i","j","k"]"#;
        let with_users =
            |users: &str| format!(r#"{{"SdkAppId":1400000000,"RoomId":7,"UserIds":{users}}}"#);
        for (parameters, code) in [
            ("{}".to_owned(), "MissingParameter.SdkAppId"),
            (
                r#"{"SdkAppId":"x"}"#.to_owned(),
                "InvalidParameter.SdkAppId",
            ),
            (r#"{"SdkAppId":0}"#.to_owned(), "InvalidParameter.SdkAppId"),
            (
                r#"{"SdkAppId":1}"#.to_owned(),
                "UnauthorizedOperation.SdkAppId",
            ),
            (
                r#"{"SdkAppId":1400000000}"#.to_owned(),
                "MissingParameter.RoomId",
            ),
            (
                r#"{"SdkAppId":1400000000,"RoomId":"7"}"#.to_owned(),
                "InvalidParameter.RoomId",
            ),
            (
                r#"{"SdkAppId":1400000000,"RoomId":1.5}"#.to_owned(),
                "InvalidParameter.RoomId",
            ),
            (
                r#"{"SdkAppId":1400000000,"RoomId":0}"#.to_owned(),
                "InvalidParameterValue.RoomId",
            ),
            (
                r#"{"SdkAppId":1400000000,"RoomId":4294967296}"#.to_owned(),
                "InvalidParameterValue.RoomId",
            ),
            (
                r#"{"SdkAppId":1400000000,"RoomId":7}"#.to_owned(),
                "MissingParameter.UserIds",
            ),
            (with_users("null"), "MissingParameter.UserIds"),
            (with_users("\"a\""), "InvalidParameter.UserIds"),
            (with_users("[]"), "InvalidParameter.UserIds"),
            (with_users("[7]"), "InvalidParameter.UserIds"),
            (with_users("[\"not valid\"]"), "InvalidParameter.UserIds"),
            (with_users(eleven), "InvalidParameter.UserIds"),
        ] {
            assert_eq!(
                parse(Action::RemoveUser, &parameters),
                Err(code),
                "{parameters}"
            );
        }
        for (room, code) in [
            ("7", "InvalidParameter.RoomId"),
            ("\"\"", "InvalidParameterValue.RoomId"),
            ("\"caf\u{e9}\"", "InvalidParameterValue.RoomId"),
        ] {
            let parameters = format!(r#"{{"SdkAppId":1400000000,"RoomId":{room}}}"#);
            assert_eq!(
                parse(Action::DismissRoomByStrRoomId, &parameters),
                Err(code)
            );
        }
        let paged = r#"{"SdkAppId":1400000000,"Limit":101}"#;
        assert_eq!(parse(Action::DescribeRooms, paged), Err("InvalidParameter"));
    }
}
