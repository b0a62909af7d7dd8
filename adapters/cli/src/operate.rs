//! `exeunt kick`, `dismiss` and `rooms`: an operator at the room service's server API.

use exeunt_port::RoomId;
use exeunt_room_service::{RoomDescription, ServerApiClient, ServerApiError};
use serde_json::json;

use crate::arguments::{Dismiss, Kick};
use crate::failure::Failure;
use crate::settings::Settings;

pub(crate) async fn kick(kick: &Kick, settings: Settings, json: bool) -> Result<(), Failure> {
    let (room, users) = (kick.room.clone(), kick.users.clone());
    let request = call(settings, move |api| api.remove_user(&room, &users)).await?;
    let names: Vec<_> = kick.users.iter().map(ToString::to_string).collect();
    if json {
        println!(
            "{}",
            json!({ "type": "kicked", "room": kick.room, "users": names, "request_id": request })
        );
    } else {
        println!(
            "removed from room {}: {} (request {request})",
            kick.room,
            names.join(", ")
        );
    }
    Ok(())
}

pub(crate) async fn dismiss(
    dismiss: &Dismiss,
    settings: Settings,
    json: bool,
) -> Result<(), Failure> {
    let room: RoomId = dismiss.room.clone();
    let request = call(settings, move |api| api.dismiss_room(&room)).await?;
    if json {
        println!(
            "{}",
            json!({ "type": "dismissed", "room": dismiss.room, "request_id": request })
        );
    } else {
        println!("room {} is dismissed (request {request})", dismiss.room);
    }
    Ok(())
}

pub(crate) async fn rooms(settings: Settings, json: bool) -> Result<(), Failure> {
    let rooms = call(settings, all_rooms).await?;
    if rooms.is_empty() && !json {
        println!("no rooms");
    }
    for room in rooms {
        if json {
            println!(
                "{}",
                json!({ "type": "room", "room": room.room_id, "members": room.members })
            );
        } else {
            let members: Vec<_> = room
                .members
                .iter()
                .map(|member| member.user_id.as_str())
                .collect();
            println!(
                "{:20} {:>3}  {}",
                room.room_id,
                members.len(),
                members.join(", ")
            );
        }
    }
    Ok(())
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
    settings: Settings,
    action: impl FnOnce(&ServerApiClient) -> Result<T, ServerApiError> + Send + 'static,
) -> Result<T, Failure> {
    let endpoint = settings.server_api()?;
    let called = tokio::task::spawn_blocking(move || {
        let api = ServerApiClient::new(
            &endpoint,
            settings.sdk_app_id,
            &settings.secret_id,
            settings.secret_key,
        )?;
        action(&api)
    });
    match called.await {
        Ok(answer) => Ok(answer?),
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}
