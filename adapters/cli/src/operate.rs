//! `exeunt kick`, `dismiss` and `rooms`: an operator at the room service's server API.

use std::time::SystemTime;

use exeunt_port::{RoomId, UserId};
use exeunt_room_service::{
    KickTerms, MemberDescription, RemovalDescription, RoomDescription, ServerApiClient,
    ServerApiError,
};
use serde_json::json;

use crate::arguments::{Dismiss, Kick};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

pub(crate) async fn kick(kick: &Kick, settings: &Settings, json: bool) -> Result<(), Failure> {
    if kick.receipt || kick.ban_for.is_some() {
        return kick_with_receipt(kick, settings, json).await;
    }
    let (room, users) = (kick.room.clone(), kick.users.clone());
    let request = call(settings, move |api| api.remove_user(&room, &users)).await?;
    if json {
        output::line(json!({
            "type": "kicked", "room": kick.room, "users": kick.users, "request_id": request,
        }));
    } else {
        output::line(gone(&kick.room, &kick.users, &request));
    }
    Ok(())
}

/// The room service's own kick, which TRTC does not have.
async fn kick_with_receipt(kick: &Kick, settings: &Settings, json: bool) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    let ban_until = kick.ban_for.map(|seconds| now.saturating_add(seconds));
    let terms = KickTerms {
        ban_until,
        ban_everywhere: kick.ban_everywhere,
        ..KickTerms::default()
    };
    let (room, users) = (kick.room.clone(), kick.users.clone());
    let results = call(settings, move |api| api.kick_users(&room, &users, &terms)).await?;
    if json {
        let users: Vec<_> = results.iter().map(removal).collect();
        output::line(json!({
            "type": "kicked", "room": kick.room, "users": users, "banned_until": ban_until,
        }));
        return Ok(());
    }
    for result in &results {
        output::line(became_of(result, &kick.room));
    }
    if let Some(seconds) = kick.ban_for {
        let from = if kick.ban_everywhere {
            "any room".to_owned()
        } else {
            format!("room {}", kick.room)
        };
        output::line(format_args!(
            "nobody of them may enter {from} for {seconds} s"
        ));
    }
    Ok(())
}

fn removal(result: &RemovalDescription) -> serde_json::Value {
    json!({
        "user": result.user_id,
        // Nobody knows it of whom the kick failed for.
        "was_in_room": result.detail.is_none().then_some(result.stay.is_some()),
        "error": result.detail,
        "stay": result.stay,
        "to_tell": result.receipt.map(|receipt| receipt.to_tell),
        "told": result.receipt.map(|receipt| receipt.told),
    })
}

fn became_of(result: &RemovalDescription, room: &RoomId) -> String {
    let user = &result.user_id;
    match (result.receipt, &result.detail) {
        (Some(receipt), _) => format!(
            "{user} is out of room {room}; {} of {} others were told",
            receipt.told, receipt.to_tell
        ),
        (None, Some(detail)) => format!("{user} may still be in room {room}: {detail}"),
        (None, None) if result.stay.is_some() => {
            format!("{user} is out of room {room}; who was told is not known")
        }
        (None, None) => format!("{user} was not in room {room}"),
    }
}

/// TRTC's server API does not tell who was in the room, so nothing is claimed about that.
fn gone(room: &RoomId, users: &[UserId], request: &str) -> String {
    let names: Vec<_> = users.iter().map(UserId::as_str).collect();
    match names.as_slice() {
        [name] => format!("{name} is not in room {room} any more (request {request})"),
        names => format!(
            "none of {} is in room {room} any more (request {request})",
            names.join(", ")
        ),
    }
}

pub(crate) async fn dismiss(
    dismiss: &Dismiss,
    settings: &Settings,
    json: bool,
) -> Result<(), Failure> {
    let room = dismiss.room.clone();
    let request = call(settings, move |api| api.dismiss_room(&room)).await?;
    let room = &dismiss.room;
    if json {
        output::line(json!({ "type": "dismissed", "room": room, "request_id": request }));
    } else {
        output::line(format_args!("room {room} is dismissed (request {request})"));
    }
    Ok(())
}

pub(crate) async fn rooms(settings: &Settings, json: bool) -> Result<(), Failure> {
    let rooms = call(settings, all_rooms).await?;
    if json {
        for room in &rooms {
            let members: Vec<_> = room.members.iter().map(member).collect();
            output::line(json!({ "type": "room", "room": room.room_id, "members": members }));
        }
        return Ok(());
    }
    if rooms.is_empty() {
        output::line("there are no rooms; a room begins with the first who enters it");
    }
    for room in &rooms {
        let members: Vec<_> = room.members.iter().map(shown).collect();
        output::line(format_args!(
            "{:20} {:>3} in it: {}",
            room.room_id,
            members.len(),
            members.join(", ")
        ));
    }
    Ok(())
}

fn member(member: &MemberDescription) -> serde_json::Value {
    json!({ "user": member.user_id, "stay": member.stay, "connected": member.connected })
}

fn shown(member: &MemberDescription) -> String {
    if member.connected {
        member.user_id.to_string()
    } else {
        format!("{} (connection lost, waited for)", member.user_id)
    }
}

/// The server lists rooms a page at a time.
fn all_rooms(api: &ServerApiClient) -> Result<Vec<RoomDescription>, ServerApiError> {
    let mut rooms: Vec<RoomDescription> = Vec::new();
    loop {
        let offset = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
        let (total, page) = api.describe_rooms(offset)?;
        if page.is_empty() {
            return Ok(rooms);
        }
        rooms.extend(page);
        if rooms.len() >= total {
            return Ok(rooms);
        }
    }
}

/// Calls the server API from a thread of its own, for it blocks.
pub(crate) async fn call<T: Send + 'static>(
    settings: &Settings,
    action: impl FnOnce(&ServerApiClient) -> Result<T, ServerApiError> + Send + 'static,
) -> Result<T, Failure> {
    let api = settings.server_api()?;
    match tokio::task::spawn_blocking(move || action(&api)).await {
        Ok(answer) => Ok(answer?),
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_claimed_of_a_kick_that_nobody_knows() {
        let room = RoomId::number(7).expect("an id");
        let mut result = RemovalDescription {
            user_id: "bob".parse().expect("an id"),
            outcome: "Removed".to_owned(),
            stay: Some(3),
            receipt: None,
            detail: None,
        };
        let told = "bob is out of room 7; who was told is not known";
        assert_eq!(became_of(&result, &room), told);
        result.stay = None;
        assert_eq!(became_of(&result, &room), "bob was not in room 7");
        result.detail = Some("no answer".to_owned());
        let told = "bob may still be in room 7: no answer";
        assert_eq!(became_of(&result, &room), told);
        assert_eq!(removal(&result)["was_in_room"], serde_json::Value::Null);
    }
}
