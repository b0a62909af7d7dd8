//! Reads parameters, each with the code that TRTC has for what may be wrong with it.

use exeunt_port::{InvalidRoomId, InvalidUserId, RoomId, UserId};

use super::error::{ApiError, ErrorCode};
use super::parameters::{Parameters, WrongType};

/// TRTC's bound on `UserIds` of a removal.
pub(super) const MAX_USERS: usize = 10;
/// The longest idempotency key.
const MAX_KEY: usize = 64;

/// The parameter, or the code for its being missing or of another type.
fn needed<T>(
    read: Result<Option<T>, WrongType>,
    missing: (ErrorCode, &str),
    invalid: (ErrorCode, &str),
) -> Result<T, ApiError> {
    read.map_err(|WrongType| ApiError::new(invalid.0, invalid.1))?
        .ok_or_else(|| ApiError::new(missing.0, missing.1))
}

pub(super) fn check_app(parameters: &Parameters, own_app: u32) -> Result<(), ApiError> {
    let allowed = "SdkAppId must be a number from 1 to 4294967295";
    let app = needed(
        parameters.number("SdkAppId"),
        (ErrorCode::MissingSdkAppId, "SdkAppId is missing"),
        (ErrorCode::InvalidSdkAppId, allowed),
    )?;
    if app == i128::from(own_app) {
        return Ok(());
    }
    Err(if (1..=i128::from(u32::MAX)).contains(&app) {
        let message = format!("application {app} is not {own_app} of this server");
        ApiError::new(ErrorCode::ForeignSdkAppId, message)
    } else {
        ApiError::new(ErrorCode::InvalidSdkAppId, allowed)
    })
}

const MISSING_ROOM: (ErrorCode, &str) = (ErrorCode::MissingRoomId, "RoomId is missing");

pub(super) fn numeric_room(parameters: &Parameters) -> Result<RoomId, ApiError> {
    let wrong = "RoomId must be a whole number; a string room has an action of its own";
    let number = parameters.number("RoomId");
    let number = needed(number, MISSING_ROOM, (ErrorCode::InvalidRoomId, wrong))?;
    RoomId::number(number).map_err(|error| out_of_range(&error))
}

pub(super) fn string_room(parameters: &Parameters) -> Result<RoomId, ApiError> {
    let wrong = "RoomId must be a string; a numeric room has an action of its own";
    let name = parameters.text("RoomId");
    let name = needed(name, MISSING_ROOM, (ErrorCode::InvalidRoomId, wrong))?;
    RoomId::string(name).map_err(|error| out_of_range(&error))
}

/// For our own actions: a number is a numeric room, a string a string room.
pub(super) fn any_room(parameters: &Parameters) -> Result<RoomId, ApiError> {
    if parameters.is_number("RoomId") {
        numeric_room(parameters)
    } else {
        string_room(parameters)
    }
}

/// The same, where it may be missing.
pub(super) fn optional_room(parameters: &Parameters) -> Result<Option<RoomId>, ApiError> {
    match any_room(parameters) {
        Err(error) if error.code == ErrorCode::MissingRoomId => Ok(None),
        read => read.map(Some),
    }
}

fn out_of_range(error: &InvalidRoomId) -> ApiError {
    ApiError::new(ErrorCode::RoomIdOutOfRange, error.to_string())
}

pub(super) fn users(parameters: &Parameters, most: usize) -> Result<Vec<UserId>, ApiError> {
    let invalid = |message: String| ApiError::new(ErrorCode::InvalidUserIds, message);
    let users = needed(
        parameters.texts("UserIds"),
        (ErrorCode::MissingUserIds, "UserIds is missing"),
        (
            ErrorCode::InvalidUserIds,
            "UserIds must be a list of strings",
        ),
    )?;
    if users.is_empty() || users.len() > most {
        let count = users.len();
        return Err(invalid(format!(
            "UserIds has {count} ids; 1 to {most} are allowed"
        )));
    }
    let user = |user: &str| {
        user.parse()
            .map_err(|error: InvalidUserId| invalid(error.to_string()))
    };
    users.into_iter().map(user).collect()
}

/// The same, where they may be missing.
pub(super) fn optional_users(
    parameters: &Parameters,
    most: usize,
) -> Result<Option<Vec<UserId>>, ApiError> {
    match users(parameters, most) {
        Err(error) if error.code == ErrorCode::MissingUserIds => Ok(None),
        read => read.map(Some),
    }
}

pub(super) fn optional_user(parameters: &Parameters) -> Result<Option<UserId>, ApiError> {
    let invalid = |message: &str| ApiError::new(ErrorCode::InvalidUserId, message);
    let text = parameters
        .text("UserId")
        .map_err(|WrongType| invalid("UserId must be a string"))?;
    text.map(|text| {
        text.parse()
            .map_err(|error: InvalidUserId| invalid(&error.to_string()))
    })
    .transpose()
}

/// A whole number within bounds, with a code of its own for what is wrong with it.
pub(super) fn bounded(
    parameters: &Parameters,
    name: &'static str,
    default: u64,
    allowed: std::ops::RangeInclusive<u64>,
    code: ErrorCode,
) -> Result<u64, ApiError> {
    let value = match parameters.number(name) {
        Ok(None) => Some(default),
        Ok(Some(value)) => u64::try_from(value).ok(),
        Err(WrongType) => None,
    };
    value
        .filter(|value| allowed.contains(value))
        .ok_or_else(|| {
            let (least, most) = allowed.into_inner();
            let message = format!("{name} must be a whole number from {least} to {most}");
            ApiError::new(code, message)
        })
}

/// Offset and limit of our own lists.
pub(super) fn paging(parameters: &Parameters) -> Result<(usize, usize), ApiError> {
    let code = ErrorCode::InvalidParameter;
    let offset = bounded(parameters, "Offset", 0, 0..=u64::from(u32::MAX), code)?;
    let limit = bounded(parameters, "Limit", 100, 0..=100, code)?;
    Ok((saturated(offset), saturated(limit)))
}

pub(super) fn saturated(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Seconds since 1970 that have to be there.
pub(super) fn time(
    parameters: &Parameters,
    name: &'static str,
    missing: ErrorCode,
    invalid: ErrorCode,
) -> Result<u64, ApiError> {
    let allowed = format!("{name} must be seconds since 1970");
    let absent = format!("{name} is missing");
    let seconds = needed(
        parameters.number(name),
        (missing, &absent),
        (invalid, &allowed),
    )?;
    u64::try_from(seconds).map_err(|_| ApiError::new(invalid, allowed))
}

/// What makes a call that is repeated the same call.
pub(super) fn idempotency_key(parameters: &Parameters) -> Result<Option<String>, ApiError> {
    let wrong = || {
        let message = format!("IdempotencyKey must be 1 to {MAX_KEY} printable ASCII characters");
        ApiError::new(ErrorCode::InvalidParameterValue, message)
    };
    let key = parameters
        .text("IdempotencyKey")
        .map_err(|WrongType| wrong())?;
    let good = |key: &str| {
        (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match key {
        Some(key) if !good(key) => Err(wrong()),
        key => Ok(key.map(ToOwned::to_owned)),
    }
}
