//! What is called, with which parameters: pure.

#[cfg(test)]
mod tests;

use exeunt_port::{RoomId, UserId};

use super::action::Action;
use super::error::{ApiError, ErrorCode};
use super::parameters::Parameters;
use super::reading::{
    MAX_USERS, any_room, bounded, check_app, idempotency_key, numeric_room, optional_room,
    optional_user, optional_users, paging, saturated, string_room, time, users,
};

/// TRTC's bound on how far back a question may reach, in seconds: 14 days.
const REACH: u64 = 14 * 24 * 3600;
/// TRTC's bound on the time that a question about rooms covers, in seconds: 24 hours.
const ROOMS_SPAN: u64 = 24 * 3600;
/// And on that of a question about users: 4 hours.
const USERS_SPAN: u64 = 4 * 3600;
/// TRTC's bound on `UserIds` of a question.
const MAX_ASKED_USERS: usize = 100;

/// A call whose parameters are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    RemoveUsers {
        room: RoomId,
        users: Vec<UserId>,
    },
    DismissRoom {
        room: RoomId,
    },
    DescribeRoomInfo {
        span: Span,
        room: Option<String>,
        page: PageOf,
    },
    DescribeUserInfo {
        comm_id: String,
        span: Span,
        users: Option<Vec<UserId>>,
        page: PageOf,
    },
    DescribeRooms {
        offset: usize,
        limit: usize,
    },
    KickUsers {
        room: RoomId,
        users: Vec<UserId>,
        idempotency_key: Option<String>,
        ban: Option<BanOf>,
    },
    DescribeDepartures {
        room: Option<RoomId>,
        user: Option<UserId>,
        offset: usize,
        limit: usize,
    },
    DescribeBans {
        offset: usize,
        limit: usize,
    },
    LiftBan {
        user: UserId,
        room: Option<RoomId>,
    },
    DescribeDeliveries {
        offset: usize,
        limit: usize,
    },
}

/// A time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A page of TRTC's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageOf {
    pub(super) number: usize,
    pub(super) size: usize,
}

/// How those who are kicked are kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BanOf {
    /// Until when, in seconds since 1970.
    pub(super) until: u64,
    /// From all rooms, and not from this one only.
    pub(super) everywhere: bool,
    /// Only with the `UserSig`s that they have by now.
    pub(super) only_present_tokens: bool,
}

impl Call {
    /// Checks the parameters, in the order in which TRTC documents them, at this time (seconds since
    /// 1970).
    pub(super) fn parse(
        action: Action,
        parameters: &Parameters,
        own_app: u32,
        now: u64,
    ) -> Result<Self, ApiError> {
        if action == Action::DescribeUserInfo && parameters.text("CommId") == Ok(None) {
            return Err(ApiError::new(ErrorCode::MissingCommId, "CommId is missing"));
        }
        check_app(parameters, own_app)?;
        check_names(action, parameters)?;
        Ok(match action {
            Action::RemoveUser => Self::RemoveUsers {
                room: numeric_room(parameters)?,
                users: users(parameters, MAX_USERS)?,
            },
            Action::RemoveUserByStrRoomId => Self::RemoveUsers {
                room: string_room(parameters)?,
                users: users(parameters, MAX_USERS)?,
            },
            Action::DismissRoom => Self::DismissRoom {
                room: numeric_room(parameters)?,
            },
            Action::DismissRoomByStrRoomId => Self::DismissRoom {
                room: string_room(parameters)?,
            },
            Action::DescribeRoomInfo => Self::DescribeRoomInfo {
                span: span(parameters, now, ROOMS_SPAN)?,
                room: room_text(parameters)?,
                page: page(parameters, 10)?,
            },
            Action::DescribeUserInfo => Self::DescribeUserInfo {
                comm_id: comm_id(parameters)?,
                span: span(parameters, now, USERS_SPAN)?,
                users: optional_users(parameters, MAX_ASKED_USERS)?,
                page: page(parameters, 6)?,
            },
            Action::DescribeRooms => {
                let (offset, limit) = paging(parameters)?;
                Self::DescribeRooms { offset, limit }
            }
            Action::KickUsers => Self::KickUsers {
                room: any_room(parameters)?,
                users: users(parameters, MAX_USERS)?,
                idempotency_key: idempotency_key(parameters)?,
                ban: ban(parameters, now)?,
            },
            Action::DescribeDepartures => {
                let (offset, limit) = paging(parameters)?;
                Self::DescribeDepartures {
                    room: optional_room(parameters)?,
                    user: optional_user(parameters)?,
                    offset,
                    limit,
                }
            }
            Action::DescribeBans => {
                let (offset, limit) = paging(parameters)?;
                Self::DescribeBans { offset, limit }
            }
            Action::DescribeDeliveries => {
                let (offset, limit) = paging(parameters)?;
                Self::DescribeDeliveries { offset, limit }
            }
            Action::LiftBan => Self::LiftBan {
                user: optional_user(parameters)?
                    .ok_or_else(|| ApiError::new(ErrorCode::MissingUserId, "UserId is missing"))?,
                room: optional_room(parameters)?,
            },
        })
    }
}

impl Call {
    /// Whether something is different afterwards.
    pub(super) fn changes_something(&self) -> bool {
        match self {
            Self::RemoveUsers { .. }
            | Self::DismissRoom { .. }
            | Self::KickUsers { .. }
            | Self::LiftBan { .. } => true,
            Self::DescribeRoomInfo { .. }
            | Self::DescribeUserInfo { .. }
            | Self::DescribeRooms { .. }
            | Self::DescribeDepartures { .. }
            | Self::DescribeBans { .. }
            | Self::DescribeDeliveries { .. } => false,
        }
    }
}

fn check_names(action: Action, parameters: &Parameters) -> Result<(), ApiError> {
    let known = action.parameters();
    let unknown = parameters.names().find(|name| !known.contains(name));
    unknown.map_or(Ok(()), |name| {
        let name: String = name.chars().take(64).collect();
        let message = format!(
            "{} has no parameter {name:?}; it has {}",
            action.as_str(),
            known.join(", ")
        );
        Err(ApiError::new(ErrorCode::UnknownParameter, message))
    })
}

/// The time that a question covers: not too old, not backwards, not too long.
fn span(parameters: &Parameters, now: u64, most: u64) -> Result<Span, ApiError> {
    let from = time(
        parameters,
        "StartTime",
        ErrorCode::MissingStartTime,
        ErrorCode::InvalidStartTime,
    )?;
    let to = time(
        parameters,
        "EndTime",
        ErrorCode::MissingEndTime,
        ErrorCode::InvalidEndTime,
    )?;
    if from < now.saturating_sub(REACH) {
        let message = "StartTime must be within the last 14 days";
        return Err(ApiError::new(ErrorCode::StartTimeTooOld, message));
    }
    if to < from {
        let message = "EndTime must not be before StartTime";
        return Err(ApiError::new(ErrorCode::InvalidEndTime, message));
    }
    if to - from > most {
        let hours = most / 3600;
        let message = format!("EndTime must be within {hours} hours of StartTime");
        return Err(ApiError::new(ErrorCode::SpanTooLong, message));
    }
    Ok(Span { from, to })
}

fn page(parameters: &Parameters, size: u64) -> Result<PageOf, ApiError> {
    let numbers = 0..=u64::from(u32::MAX);
    let code = ErrorCode::InvalidPageNumber;
    let number = bounded(parameters, "PageNumber", 0, numbers, code)?;
    let read = bounded(
        parameters,
        "PageSize",
        size,
        1..=u64::MAX,
        ErrorCode::InvalidPageSize,
    )?;
    let size = bounded(
        parameters,
        "PageSize",
        size,
        1..=100,
        ErrorCode::PageSizeTooLarge,
    )?;
    debug_assert_eq!(read, size, "it is the same parameter");
    Ok(PageOf {
        number: saturated(number),
        size: saturated(size),
    })
}

/// TRTC wants a text here, for numeric rooms as well.
fn room_text(parameters: &Parameters) -> Result<Option<String>, ApiError> {
    let room = parameters.text("RoomId").map_err(|_| {
        let message = "RoomId must be a string here, for numeric rooms as well";
        ApiError::new(ErrorCode::InvalidRoomId, message)
    })?;
    Ok(room.map(ToOwned::to_owned))
}

fn comm_id(parameters: &Parameters) -> Result<String, ApiError> {
    let found = parameters.text("CommId").ok().flatten();
    let found = found.filter(|id| id.len() <= 128);
    found.map(ToOwned::to_owned).ok_or_else(|| {
        let message = "CommId must be of the form SdkAppId_RoomId_CreateTime";
        ApiError::new(ErrorCode::InvalidParameter, message)
    })
}

fn ban(parameters: &Parameters, now: u64) -> Result<Option<BanOf>, ApiError> {
    let wrong = |message: &str| ApiError::new(ErrorCode::InvalidParameterValue, message);
    let choice = |name, choices: [&str; 2]| match parameters.text(name) {
        Ok(None) => Ok(false),
        Ok(Some(text)) if choices.contains(&text) => Ok(text == choices[1]),
        Ok(Some(_)) | Err(_) => {
            let [usual, other] = choices;
            Err(wrong(&format!("{name} must be {usual} or {other}")))
        }
    };
    let everywhere = choice("BanScope", ["Room", "Application"])?;
    let only_present_tokens = choice("BanTokens", ["All", "Present"])?;
    let until = parameters.number("BanUntil");
    let until = until.map(|until| until.map(u64::try_from).transpose());
    match until {
        // Or somebody would be taken for banned who is only kicked.
        Ok(Ok(None)) if everywhere || only_present_tokens => Err(wrong(
            "BanScope and BanTokens are of a ban: without BanUntil there is none",
        )),
        Ok(Ok(None)) => Ok(None),
        Ok(Ok(Some(until))) if until > now && until < u64::MAX / 1000 => Ok(Some(BanOf {
            until,
            everywhere,
            only_present_tokens,
        })),
        Ok(_) | Err(_) => Err(wrong(
            "BanUntil must be a time to come, in seconds since 1970",
        )),
    }
}
