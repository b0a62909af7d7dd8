//! What a call can be answered with when it does not go well: TencentCloud's names.

use exeunt_port::RoomId;

use crate::backend::BackendError;
use crate::origin::Foreign;
use crate::query_signature::QuerySignatureError;
use crate::tc3::Tc3Error;

/// TencentCloud's name for what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorCode {
    /// The signature is not taken; the name is one of `AuthFailure.*`.
    Signature(&'static str),
    /// The room is not there.
    RoomNotExist,
    /// The service is at fault, or the server that holds the rooms.
    InternalError,
    /// The server that holds the rooms does not answer.
    RoomServerUnreachable,
    /// The server that holds the rooms answers what makes no sense.
    RoomUnreadable,
    /// These rooms have no such thing.
    UnsupportedOperation,
    /// No such action.
    InvalidAction,
    /// A parameter is not one of the action's.
    UnknownParameter,
    /// A parameter that every call has is missing.
    MissingParameter,
    /// A parameter of our own actions is of the right name and makes no sense.
    InvalidParameterValue,
    /// There are as many of something as there may be.
    LimitExceeded,
    /// `UserId` is missing.
    MissingUserId,
    /// `UserId` is no user id.
    InvalidUserId,
    /// `CommId` is missing.
    MissingCommId,
    /// `StartTime` is missing.
    MissingStartTime,
    /// `EndTime` is missing.
    MissingEndTime,
    /// `StartTime` is no time.
    InvalidStartTime,
    /// `EndTime` is no time, or before `StartTime`.
    InvalidEndTime,
    /// `StartTime` is longer ago than one may ask about.
    StartTimeTooOld,
    /// More time is asked about than one may.
    SpanTooLong,
    /// `PageNumber` is no number of a page.
    InvalidPageNumber,
    /// `PageSize` is no size of a page.
    InvalidPageSize,
    /// `PageSize` is more than 100.
    PageSizeTooLarge,
    /// The body is no JSON object, or the paging is wrong.
    InvalidParameter,
    /// `RoomId` is of the wrong type.
    InvalidRoomId,
    /// `SdkAppId` is of the wrong type.
    InvalidSdkAppId,
    /// `UserIds` is empty, has more than 10, or one that is no user id.
    InvalidUserIds,
    /// `RoomId` is of the right type, but out of range.
    RoomIdOutOfRange,
    /// The request as such is broken.
    InvalidRequest,
    /// `RoomId` is missing.
    MissingRoomId,
    /// `SdkAppId` is missing.
    MissingSdkAppId,
    /// `UserIds` is missing.
    MissingUserIds,
    /// No such version of the API.
    NoSuchVersion,
    /// Too many requests.
    RequestLimitExceeded,
    /// The body is too large.
    RequestSizeLimitExceeded,
    /// A browser asks for the page of somebody else.
    ForeignPage,
    /// Another application than this server's.
    ForeignSdkAppId,
    /// Not a `POST`.
    UnsupportedProtocol,
}

impl ErrorCode {
    /// The name on the wire.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Signature(name) => name,
            Self::RoomNotExist => "FailedOperation.RoomNotExist",
            Self::InternalError => "InternalError",
            Self::RoomServerUnreachable => "InternalError.GetRoomCacheIpError",
            Self::RoomUnreadable => "InternalError.GetRoomFromCacheError",
            Self::UnsupportedOperation => "UnsupportedOperation",
            Self::InvalidAction => "InvalidAction",
            Self::UnknownParameter => "UnknownParameter",
            Self::MissingParameter => "MissingParameter",
            Self::InvalidParameterValue => "InvalidParameterValue",
            Self::LimitExceeded => "LimitExceeded",
            Self::MissingUserId => "MissingParameter.UserId",
            Self::InvalidUserId => "InvalidParameter.UserId",
            Self::MissingCommId => "MissingParameter.CommId",
            Self::MissingStartTime => "MissingParameter.StartTs",
            Self::MissingEndTime => "MissingParameter.EndTs",
            Self::InvalidStartTime => "InvalidParameter.StartTs",
            Self::InvalidEndTime => "InvalidParameter.EndTs",
            Self::StartTimeTooOld => "InvalidParameter.StartTsOversize",
            Self::SpanTooLong => "InvalidParameter.QueryScaleOversize",
            Self::InvalidPageNumber => "InvalidParameter.PageNumber",
            Self::InvalidPageSize => "InvalidParameter.PageSize",
            Self::PageSizeTooLarge => "InvalidParameter.PageSizeOversize",
            Self::InvalidParameter => "InvalidParameter",
            Self::InvalidRoomId => "InvalidParameter.RoomId",
            Self::InvalidSdkAppId => "InvalidParameter.SdkAppId",
            Self::InvalidUserIds => "InvalidParameter.UserIds",
            Self::RoomIdOutOfRange => "InvalidParameterValue.RoomId",
            Self::InvalidRequest => "InvalidRequest",
            Self::MissingRoomId => "MissingParameter.RoomId",
            Self::MissingSdkAppId => "MissingParameter.SdkAppId",
            Self::MissingUserIds => "MissingParameter.UserIds",
            Self::NoSuchVersion => "NoSuchVersion",
            Self::RequestLimitExceeded => "RequestLimitExceeded",
            Self::RequestSizeLimitExceeded => "RequestSizeLimitExceeded",
            Self::ForeignPage => "UnauthorizedOperation",
            Self::ForeignSdkAppId => "UnauthorizedOperation.SdkAppId",
            Self::UnsupportedProtocol => "UnsupportedProtocol",
        }
    }
}

/// A call that did not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

/// The longest message, in letters: what was sent is named in it, and must fill neither the log nor the
/// answer.
const MAX_MESSAGE: usize = 400;

impl ApiError {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self { code, message }
    }
}

impl ApiError {
    /// Why the back end did not do what it was asked about this room, if it was about one.
    pub(super) fn of_backend(error: &BackendError, room: Option<&RoomId>) -> Self {
        let numeric = matches!(room, Some(RoomId::Number(_)));
        let code = match error {
            BackendError::NoSuchRoom { .. } => ErrorCode::RoomNotExist,
            BackendError::Unreachable { .. } => ErrorCode::RoomServerUnreachable,
            // TRTC documents this one for numeric rooms only.
            BackendError::Unreadable { .. } if numeric => ErrorCode::RoomUnreadable,
            BackendError::Unreadable { .. } | BackendError::Refused { .. } => {
                ErrorCode::InternalError
            }
            BackendError::TooMany { .. } => ErrorCode::LimitExceeded,
            BackendError::Unsupported { .. } => ErrorCode::UnsupportedOperation,
        };
        Self::new(code, error.to_string())
    }
}

impl From<Foreign> for ApiError {
    fn from(foreign: Foreign) -> Self {
        Self::new(ErrorCode::ForeignPage, foreign.to_string())
    }
}

impl From<Tc3Error> for ApiError {
    fn from(error: Tc3Error) -> Self {
        Self::new(ErrorCode::Signature(error.code()), error.to_string())
    }
}

impl From<QuerySignatureError> for ApiError {
    fn from(error: QuerySignatureError) -> Self {
        Self::new(ErrorCode::Signature(error.code()), error.to_string())
    }
}
