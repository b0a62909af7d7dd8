//! Rooms, members and what happened, as the page reads them: JSON, times in milliseconds since 1970.

use serde_json::{Value, json};

use crate::backend::{
    Departure, Happened, Happening, LeaveReason, MemberState, Moment, Receipt, ReceiptState,
    RoomPage, RoomState,
};

/// A list of rooms, with how many are in each.
pub(super) fn rooms(page: &RoomPage, offset: usize, at: Moment) -> Value {
    let rooms: Vec<_> = page
        .rooms
        .iter()
        .map(|room| {
            json!({ "room": room.id, "members": room.members.len(), "opened_at": room.opened_at.0 })
        })
        .collect();
    json!({ "type": "rooms", "at": at.0, "total": page.total, "offset": offset, "rooms": rooms })
}

/// One room with its members; `None` if it is over.
pub(super) fn room(id: &Value, room: Option<&RoomState>, at: Moment) -> Value {
    let members = room.map(|room| room.members.iter().map(member).collect::<Vec<_>>());
    let opened_at = room.map(|room| room.opened_at.0);
    json!({
        "type": "room", "at": at.0, "room": id, "opened_at": opened_at, "members": members,
    })
}

fn member(member: &MemberState) -> Value {
    let mut publishes = Vec::new();
    if member.publishes.sound {
        publishes.push("sound");
    }
    if member.publishes.pictures {
        publishes.push("pictures");
    }
    if member.publishes.something {
        publishes.push("something");
    }
    json!({
        "user": member.user,
        "stay": member.stay,
        "entered_at": member.entered_at.0,
        "connected": member.connected,
        "may_publish": member.may_publish,
        "heard_at": member.heard_at.map(|at| at.0),
        "publishes": publishes,
    })
}

/// Something that happened, with as much of a departure's receipt as there is by now.
pub(super) fn happened(happened: &Happened) -> Value {
    let mut form = match &happened.what {
        Happening::RoomOpened { room, by } => json!({ "what": "opened", "room": room, "user": by }),
        Happening::Entered {
            room,
            user,
            stay,
            may_publish: _,
        } => json!({ "what": "entered", "room": room, "user": user, "stay": stay }),
        Happening::Left(departure) => left(departure),
        Happening::RoomClosed { room, opened_at } => {
            json!({ "what": "closed", "room": room, "opened_at": opened_at.0 })
        }
    };
    form["sequence"] = happened.sequence.into();
    form["at"] = happened.at.0.into();
    form
}

fn left(departure: &Departure) -> Value {
    let receipt = departure.receipt.as_ref().map(Receipt::state);
    let known = |count: fn(ReceiptState) -> u32| receipt.map(count);
    json!({
        "what": "left",
        "room": departure.room,
        "user": departure.user,
        "stay": departure.stay,
        "entered_at": departure.entered_at.0,
        "reason": departure.reason.map(LeaveReason::as_str),
        "to_tell": known(|receipt| receipt.to_tell),
        "told": known(|receipt| receipt.told),
        "lost": known(|receipt| receipt.lost),
        "last_told_at": receipt.and_then(|receipt| receipt.last_told_at).map(|at| at.0),
    })
}

/// Whether everything about it is known.
pub(super) fn is_settled(happened: &Happened) -> bool {
    match &happened.what {
        Happening::Left(departure) => departure
            .receipt
            .as_ref()
            .is_none_or(|receipt| receipt.state().is_settled()),
        Happening::RoomOpened { .. } | Happening::Entered { .. } | Happening::RoomClosed { .. } => {
            true
        }
    }
}
