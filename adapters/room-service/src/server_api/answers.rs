//! What each action answers.

use exeunt_port::{RoomId, UserId};
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::{Call, PageOf, Span};
use super::error::{ApiError, ErrorCode};
use super::kicks;
use super::parameters::Parameters;
use crate::backend::{Backend, Dismissal, Moment, Page, RoomPage};
use crate::clock::today;
use crate::history::{EndedStay, Session};
use crate::room_description::{
    BanDescription, DepartureDescription, RoomDescription, RoomInfo, UserInfo,
};
use crate::service::Shared;

type Answer = Result<Map<String, Value>, ApiError>;

pub(super) async fn answer(shared: &Shared, call: Call, parameters: &Parameters) -> Answer {
    let backend = shared.backend.as_ref();
    match call {
        Call::RemoveUsers { room, users } => {
            let removals = backend.kick(&room, &users).await;
            let removals = removals.map_err(|error| ApiError::of_backend(&error, Some(&room)))?;
            let removed = removals.iter().filter(|removal| removal.was_in_room());
            tracing::info!(%room, ?users, removed = removed.count(), "kicked");
            // TRTC's answer has no place for what became of each of them.
            match kicks::half_done(&room, &removals) {
                Some(error) => Err(error),
                None => Ok(Map::new()),
            }
        }
        Call::DismissRoom { room } => {
            let dismissal = backend.dismiss(&room).await;
            let Dismissal { members } =
                dismissal.map_err(|error| ApiError::of_backend(&error, Some(&room)))?;
            tracing::info!(%room, members, "dismissed");
            Ok(Map::new())
        }
        Call::DescribeRooms { offset, limit } => rooms(backend, Page { offset, limit }).await,
        Call::DescribeRoomInfo { span, room, page } => {
            room_info(shared, span, room.as_deref(), page)
        }
        Call::DescribeUserInfo {
            comm_id,
            span,
            users,
            page,
        } => user_info(shared, &comm_id, span, users.as_deref(), page),
        Call::KickUsers {
            room,
            users,
            idempotency_key,
            ban,
        } => {
            let asked = parameters.fingerprint();
            let kick = kicks::kick(backend, &room, &users, ban);
            match idempotency_key {
                Some(key) => shared.repeated.once(&key, asked, kick).await,
                None => kick.await,
            }
        }
        Call::DescribeDepartures {
            room,
            user,
            offset,
            limit,
        } => departures(shared, room.as_ref(), user.as_ref(), Page { offset, limit }),
        Call::DescribeBans { offset, limit } => {
            let bans = backend.bans().await;
            let bans = bans.map_err(|error| ApiError::of_backend(&error, None))?;
            let shown = bans.iter().skip(offset).take(limit);
            let shown: Vec<_> = shown.map(BanDescription::from).collect();
            listed("Bans", bans.len(), &shown)
        }
        Call::LiftBan { user, room } => {
            let lifted = backend.lift_ban(&user, room.as_ref()).await;
            let lifted = lifted.map_err(|error| ApiError::of_backend(&error, None))?;
            tracing::info!(%user, ?room, lifted, "ban lifted");
            Ok(Map::from_iter([("Lifted".to_owned(), lifted.into())]))
        }
        Call::DescribeDeliveries { offset, limit } => {
            let (receivers, total, shown) = shared.deliveries.describe(offset, limit);
            let mut answer = listed("Deliveries", total, &shown)?;
            answer.insert("Receivers".to_owned(), in_json(&receivers)?);
            Ok(answer)
        }
    }
}

async fn rooms(backend: &dyn Backend, page: Page) -> Answer {
    let answer = backend.rooms(page).await;
    let RoomPage { total, rooms } = answer.map_err(|error| ApiError::of_backend(&error, None))?;
    let rooms: Vec<_> = rooms.into_iter().map(RoomDescription::from).collect();
    listed("Rooms", total, &rooms)
}

/// Ours: a list and how long it is in all.
fn listed<T: Serialize>(name: &str, total: usize, list: &[T]) -> Answer {
    Ok(Map::from_iter([
        ("TotalCount".to_owned(), total.into()),
        (name.to_owned(), in_json(list)?),
    ]))
}

pub(super) fn in_json<T: Serialize + ?Sized>(value: &T) -> Result<Value, ApiError> {
    serde_json::to_value(value)
        .map_err(|error| ApiError::new(ErrorCode::InternalError, error.to_string()))
}

fn room_info(shared: &Shared, span: Span, room: Option<&str>, page: PageOf) -> Answer {
    let app = shared.config.sdk_app_id;
    let found: Vec<RoomInfo> = shared.history.read(|record| {
        let sessions = record.sessions();
        let wanted = sessions.filter(|session| {
            overlaps(span, session.opened_at, session.closed_at)
                && room.is_none_or(|room| room == digits_or_name(&session.room))
        });
        wanted.map(|session| described(app, session)).collect()
    });
    Ok(Map::from_iter([
        ("Total".to_owned(), found.len().into()),
        ("RoomList".to_owned(), in_json(of_page(&found, page))?),
    ]))
}

fn user_info(
    shared: &Shared,
    comm_id: &str,
    span: Span,
    users: Option<&[UserId]>,
    page: PageOf,
) -> Answer {
    let app = shared.config.sdk_app_id;
    let found: Vec<UserInfo> = shared.history.read(|record| {
        let sessions = record.sessions();
        let meant = sessions.filter(|session| self::comm_id(app, session) == comm_id);
        let stays =
            meant.flat_map(|session| session.stays.values().map(move |stay| (session, stay)));
        let wanted = stays.filter(|(_, stay)| {
            overlaps(span, stay.entered_at, stay.left_at)
                && users.is_none_or(|users| users.contains(&stay.user))
        });
        let info = wanted.map(|(session, stay)| UserInfo {
            room_str: digits_or_name(&session.room),
            user_id: stay.user.clone(),
            join_ts: stay.entered_at.seconds(),
            leave_ts: stay.left_at.unwrap_or_else(today).seconds(),
            finished: stay.left_at.is_some(),
            device_type: "",
            sdk_version: "",
            client_ip: "",
        });
        info.collect()
    });
    Ok(Map::from_iter([
        ("Total".to_owned(), found.len().into()),
        ("UserList".to_owned(), in_json(of_page(&found, page))?),
    ]))
}

fn departures(shared: &Shared, room: Option<&RoomId>, user: Option<&UserId>, page: Page) -> Answer {
    let (total, found) = shared.history.read(|record| {
        let wanted = |ended: &&EndedStay| {
            room.is_none_or(|room| *room == ended.room)
                && user.is_none_or(|user| *user == ended.user)
        };
        let shown = record
            .ended()
            .filter(wanted)
            .skip(page.offset)
            .take(page.limit);
        let shown: Vec<_> = shown.map(DepartureDescription::from).collect();
        (record.ended().filter(wanted).count(), shown)
    });
    listed("Departures", total, &found)
}

fn described(app: u32, session: &Session) -> RoomInfo {
    RoomInfo {
        comm_id: comm_id(app, session),
        room_string: digits_or_name(&session.room),
        create_time: session.opened_at.seconds(),
        destroy_time: session.closed_at.unwrap_or_else(today).seconds(),
        is_finished: session.closed_at.is_some(),
        user_id: session.opened_by.as_ref().map(ToString::to_string),
    }
}

fn comm_id(app: u32, session: &Session) -> String {
    let (room, opened_at) = (digits_or_name(&session.room), session.opened_at.seconds());
    format!("{app}_{room}_{opened_at}")
}

/// TRTC shows a room without saying of which kind it is.
fn digits_or_name(room: &RoomId) -> String {
    match room {
        RoomId::Number(number) => number.get().to_string(),
        RoomId::String(name) => name.as_str().to_owned(),
    }
}

fn overlaps(span: Span, from: Moment, to: Option<Moment>) -> bool {
    from.seconds() <= span.to && to.is_none_or(|to| to.seconds() >= span.from)
}

fn of_page<T>(all: &[T], page: PageOf) -> &[T] {
    all.chunks(page.size).nth(page.number).unwrap_or_default()
}
