//! What can be called, and with which parameters.

use super::error::{ApiError, ErrorCode};

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    RemoveUser,
    RemoveUserByStrRoomId,
    DismissRoom,
    DismissRoomByStrRoomId,
    DescribeRoomInfo,
    DescribeUserInfo,
    /// Ours, as are all that follow: lists rooms and members.
    DescribeRooms,
    /// Kicks with an answer for each user, a receipt, an idempotency key, a ban.
    KickUsers,
    /// Reads back departures.
    DescribeDepartures,
    /// Lists the bans that hold.
    DescribeBans,
    /// Lifts a ban.
    LiftBan,
    /// Reads what became of the webhooks.
    DescribeDeliveries,
}

impl Action {
    pub(crate) const ALL: [Self; 12] = [
        Self::RemoveUser,
        Self::RemoveUserByStrRoomId,
        Self::DismissRoom,
        Self::DismissRoomByStrRoomId,
        Self::DescribeRoomInfo,
        Self::DescribeUserInfo,
        Self::DescribeRooms,
        Self::KickUsers,
        Self::DescribeDepartures,
        Self::DescribeBans,
        Self::LiftBan,
        Self::DescribeDeliveries,
    ];

    /// The name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RemoveUser => "RemoveUser",
            Self::RemoveUserByStrRoomId => "RemoveUserByStrRoomId",
            Self::DismissRoom => "DismissRoom",
            Self::DismissRoomByStrRoomId => "DismissRoomByStrRoomId",
            Self::DescribeRoomInfo => "DescribeRoomInfo",
            Self::DescribeUserInfo => "DescribeUserInfo",
            Self::DescribeRooms => "DescribeRooms",
            Self::KickUsers => "KickUsers",
            Self::DescribeDepartures => "DescribeDepartures",
            Self::DescribeBans => "DescribeBans",
            Self::LiftBan => "LiftBan",
            Self::DescribeDeliveries => "DescribeDeliveries",
        }
    }

    /// The parameters that it has.
    pub(super) fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::RemoveUser | Self::RemoveUserByStrRoomId => &["SdkAppId", "RoomId", "UserIds"],
            Self::DismissRoom | Self::DismissRoomByStrRoomId => &["SdkAppId", "RoomId"],
            Self::DescribeRoomInfo => &[
                "SdkAppId",
                "StartTime",
                "EndTime",
                "RoomId",
                "PageNumber",
                "PageSize",
            ],
            Self::DescribeUserInfo => &[
                "CommId",
                "StartTime",
                "EndTime",
                "SdkAppId",
                "UserIds",
                "PageNumber",
                "PageSize",
            ],
            Self::DescribeRooms | Self::DescribeBans | Self::DescribeDeliveries => {
                &["SdkAppId", "Offset", "Limit"]
            }
            Self::KickUsers => &[
                "SdkAppId",
                "RoomId",
                "UserIds",
                "IdempotencyKey",
                "BanUntil",
                "BanScope",
                "BanTokens",
            ],
            Self::DescribeDepartures => &["SdkAppId", "RoomId", "UserId", "Offset", "Limit"],
            Self::LiftBan => &["SdkAppId", "UserId", "RoomId"],
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, ApiError> {
        let found = Self::ALL.into_iter().find(|action| name == action.as_str());
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            let message = format!("the action must be one of {names}");
            ApiError::new(ErrorCode::InvalidAction, message)
        })
    }
}
