//! What happened, in TRTC's words: pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeunt_port::{RoomId, UserId};
use serde::Serialize;

use crate::backend::{Happened, Happening, LeaveReason, Moment};
use crate::keyed_hash::hmac_sha256;

/// TRTC's number for events of rooms.
const ROOM_EVENTS: u8 = 1;
/// TRTC's numbers for who is seen and heard, and who is not.
const ANCHOR: u8 = 20;
const AUDIENCE: u8 = 21;
/// TRTC's number for a terminal of no kind that it names.
const OTHER_TERMINAL: u8 = 100;
/// TRTC's number for a native SDK.
const NATIVE: u8 = 3;
/// TRTC's number for having entered in the ordinary way.
const ENTERED_NORMALLY: u8 = 1;

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Event {
    #[serde(rename = "EventGroupId")]
    group: u8,
    #[serde(rename = "EventType")]
    pub(super) number: u16,
    #[serde(rename = "CallbackTs")]
    sent_at: u64,
    #[serde(rename = "EventInfo")]
    pub(super) info: EventInfo,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventInfo {
    pub(super) room_id: RoomId,
    event_ts: u64,
    pub(super) event_ms_ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<UserId>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    member: Option<MemberInfo>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MemberInfo {
    role: u8,
    terminal_type: u8,
    user_type: u8,
    /// Left out where nobody knows: TRTC has no number for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<u8>,
}

impl Event {
    pub(super) fn of(happened: &Happened) -> Self {
        let member = |may_publish, reason| {
            Some(MemberInfo {
                role: if may_publish { ANCHOR } else { AUDIENCE },
                terminal_type: OTHER_TERMINAL,
                user_type: NATIVE,
                reason,
            })
        };
        let (number, room, user, member) = match &happened.what {
            Happening::RoomOpened { room, by } => (101, room, by.as_ref(), None),
            Happening::RoomClosed { room, .. } => (102, room, None, None),
            Happening::Entered {
                room,
                user,
                may_publish,
                ..
            } => (
                103,
                room,
                Some(user),
                member(*may_publish, Some(ENTERED_NORMALLY)),
            ),
            Happening::Left(departure) => (
                104,
                &departure.room,
                Some(&departure.user),
                member(departure.may_publish, departure.reason.map(reason)),
            ),
        };
        Self {
            group: ROOM_EVENTS,
            number,
            sent_at: happened.at.0,
            info: EventInfo {
                room_id: room.clone(),
                event_ts: happened.at.seconds(),
                event_ms_ts: happened.at.0,
                user_id: user.cloned(),
                member,
            },
        }
    }

    /// The body to send at this time.
    pub(super) fn body(&self, now: Moment) -> String {
        let mut sent = self.clone();
        sent.sent_at = now.0;
        // Texts and numbers are always JSON.
        serde_json::to_string(&sent).unwrap_or_default()
    }
}

/// TRTC's numbers for why somebody left. What it has none for is a removal.
fn reason(reason: LeaveReason) -> u8 {
    match reason {
        LeaveReason::ByItself => 1,
        LeaveReason::TimedOut => 2,
        LeaveReason::Kicked
        | LeaveReason::Dismissed
        | LeaveReason::Replaced
        | LeaveReason::ServerStopped
        | LeaveReason::StayTooLong => 3,
    }
}

/// The `Sign` header: over the very bytes of the body.
pub(super) fn sign(key: &str, body: &str) -> String {
    STANDARD.encode(hmac_sha256(key.as_bytes(), body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Departure, Receipt, ReceiptState};
    use serde_json::{Value, json};

    fn body(what: Happening) -> Value {
        let (sequence, at) = (1, Moment(1_700_000_000_123));
        let happened = Happened { sequence, at, what };
        let body = Event::of(&happened).body(Moment(1_700_000_000_200));
        serde_json::from_str(&body).unwrap()
    }

    fn left(reason: LeaveReason) -> Happening {
        Happening::Left(Departure {
            room: RoomId::number(7).unwrap(),
            user: "alice".parse().unwrap(),
            stay: 1,
            entered_at: Moment(0),
            may_publish: true,
            reason: Some(reason),
            receipt: Some(Receipt::settled(ReceiptState::default())),
        })
    }

    #[test]
    fn a_departure_has_trtcs_body() {
        assert_eq!(
            body(left(LeaveReason::Kicked)),
            json!({
                "EventGroupId": 1, "EventType": 104, "CallbackTs": 1_700_000_000_200_u64,
                "EventInfo": {
                    "RoomId": 7, "EventTs": 1_700_000_000, "EventMsTs": 1_700_000_000_123_u64,
                    "UserId": "alice", "Role": 20, "TerminalType": 100, "UserType": 3, "Reason": 3,
                },
            })
        );
        for (why, number) in [
            (LeaveReason::ByItself, 1),
            (LeaveReason::TimedOut, 2),
            (LeaveReason::Dismissed, 3),
        ] {
            assert_eq!(body(left(why))["EventInfo"]["Reason"], number);
        }
    }

    #[test]
    fn a_room_is_a_number_or_a_text_as_the_client_gave_it() {
        let (room, by) = (RoomId::string("7").unwrap(), "alice".parse().ok());
        let opened = body(Happening::RoomOpened { room, by });
        assert_eq!(opened["EventType"], 101);
        assert_eq!(opened["EventInfo"]["RoomId"], "7");
        assert_eq!(opened["EventInfo"]["Role"], Value::Null);
        let (room, opened_at) = (RoomId::number(7).unwrap(), Moment(0));
        let closed = body(Happening::RoomClosed { room, opened_at });
        assert_eq!(closed["EventType"], 102);
        assert_eq!(closed["EventInfo"]["UserId"], Value::Null);
    }

    #[test]
    fn the_signature_is_over_the_bytes_of_the_body() {
        // Computed with OpenSSL: printf '{"a":1}' | openssl dgst -sha256 -hmac 123654 -binary | base64
        assert_eq!(
            sign("123654", r#"{"a":1}"#),
            "Q2QjX6W9h5g1IHkg/OoT2jdQxrfuCwfHIBn8izJsy9g="
        );
    }
}
