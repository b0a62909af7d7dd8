//! What the page shows, as it changes: a WebSocket to each page that is open.
//!
//! The page says which room it looks at; it is told the rooms, that room's members, and what happens.
//! Everything is told at a steady pace, however much happens: a page that falls behind misses
//! happenings, and is told how many.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exeunt_port::RoomId;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{answering, forms, sessions};
use crate::backend::{BackendError, Happened, Happenings, News, Page};
use crate::clock::today;
use crate::service::Shared;
use crate::token_bucket::TokenBucket;

/// How often the page is told what changed.
const PACE: Duration = Duration::from_millis(250);
/// How often it is told how the room is although nothing happened: who was heard when changes then.
/// So many members make it once rarer.
const STEADY: u32 = 4;
const MEMBERS_A_STEP: usize = 2000;
/// How many rooms a page of them has.
const ROOMS: usize = 100;
/// The most happenings that are told at once; more are counted only.
const MOST: usize = 500;
/// The largest message of the page, in bytes.
const MAX_MESSAGE: usize = 1024;
/// How long a page may take to read what it is told.
const TIME_TO_READ: Duration = Duration::from_secs(5);

/// What the page says: which rooms it lists, and at which it looks.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looks {
    offset: usize,
    room: Option<RoomId>,
}

pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
) -> Response {
    let now = shared.hall.now();
    let Some(session) = sessions::shown(&headers).filter(|key| shared.sessions.lasts(now, key))
    else {
        return answering::stranger();
    };
    let Ok(permit) = Arc::clone(&shared.live_pages).try_acquire_owned() else {
        let words = "too many pages of the console are open";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    request
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(async move |socket| {
            shared
                .until_stopped(async {
                    let mut page = LivePage::new(&shared);
                    page.show(socket, &session).await;
                })
                .await;
            drop(permit);
        })
}

/// One page that is open.
struct LivePage<'a> {
    shared: &'a Shared,
    happenings: Happenings,
    looks: Looks,
    /// What happened since the page was told last.
    fresh: Vec<Arc<Happened>>,
    missed: u64,
    /// Departures of which the page was told before everybody else was.
    unsettled: Vec<Arc<Happened>>,
    said: TokenBucket,
}

impl<'a> LivePage<'a> {
    fn new(shared: &'a Shared) -> Self {
        let happenings = shared.backend.happenings();
        Self {
            shared,
            happenings,
            looks: Looks::default(),
            fresh: shared.recent.latest(),
            missed: 0,
            unsettled: Vec::new(),
            said: TokenBucket::new(10, 20),
        }
    }

    /// Tells the page until it closes, says nonsense, does not read, or its session ends.
    async fn show(&mut self, socket: WebSocket, session: &[u8; 32]) {
        let (mut sink, mut stream) = socket.split();
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut ticks, mut members) = (0_u32, 0);
        let mut changed = true;
        loop {
            tokio::select! {
                said = stream.next() => match said {
                    Some(Ok(message)) if self.said.take(self.shared.hall.now()) => {
                        if self.hear(&message).is_none() {
                            return;
                        }
                        changed = true;
                    }
                    Some(_) | None => return,
                },
                news = self.happenings.next() => {
                    let Some(news) = news else { return };
                    self.note(news);
                    changed = true;
                }
                _ = pace.tick() => {
                    if !self.shared.sessions.lasts(self.shared.hall.now(), session) {
                        return;
                    }
                    ticks = ticks.wrapping_add(1);
                    let step = 1 + u32::try_from(members / MEMBERS_A_STEP).unwrap_or(u32::MAX / STEADY - 1);
                    if !changed && !ticks.is_multiple_of(STEADY * step) {
                        continue;
                    }
                    changed = false;
                    match timeout(TIME_TO_READ, self.tell(&mut sink)).await {
                        Ok(Some(count)) => members = count,
                        Ok(None) | Err(_) => return,
                    }
                }
            }
        }
    }

    /// `None` if it makes no sense.
    fn hear(&mut self, message: &Message) -> Option<()> {
        match message {
            Message::Text(text) => self.looks = serde_json::from_str(text).ok()?,
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) => return None,
        }
        Some(())
    }

    fn note(&mut self, news: News) {
        match news {
            News::Missed(count) => self.missed += count,
            News::Happened(_) if self.fresh.len() >= MOST => self.missed += 1,
            News::Happened(happened) => self.fresh.push(happened),
        }
    }

    /// Tells the page how things are. Answers how many members it was told of, or `None` if it is gone.
    async fn tell(&mut self, sink: &mut SplitSink<WebSocket, Message>) -> Option<usize> {
        if let Some(happened) = self.happened() {
            say(sink, &happened).await?;
        }
        let backend = &self.shared.backend;
        let page = Page {
            offset: self.looks.offset,
            limit: ROOMS,
        };
        match backend.rooms(page).await {
            Ok(rooms) => say(sink, &forms::rooms(&rooms, self.looks.offset, today())).await?,
            Err(error) => {
                say(sink, &trouble(&error)).await?;
                return Some(0);
            }
        }
        let Some(looked_at) = &self.looks.room else {
            return Some(0);
        };
        let id = json!(looked_at);
        match backend.room(looked_at).await {
            Ok(room) => {
                say(sink, &forms::room(&id, Some(&room), today())).await?;
                Some(room.members.len())
            }
            Err(BackendError::NoSuchRoom { .. }) => {
                say(sink, &forms::room(&id, None, today())).await?;
                Some(0)
            }
            Err(error) => {
                say(sink, &trouble(&error)).await?;
                Some(0)
            }
        }
    }

    /// What happened, and what became of the departures before.
    fn happened(&mut self) -> Option<Value> {
        let mut told = std::mem::take(&mut self.fresh);
        let settled = |happened: &Arc<Happened>| forms::is_settled(happened);
        let (known, unsettled) = std::mem::take(&mut self.unsettled)
            .into_iter()
            .partition::<Vec<_>, _>(settled);
        self.unsettled = unsettled;
        let open = told.iter().filter(|happened| !settled(happened)).cloned();
        self.unsettled.extend(open);
        // Whoever cannot be told within that many is not waited for.
        let excess = self.unsettled.len().saturating_sub(MOST);
        self.unsettled.drain(..excess);
        told.extend(known);
        let missed = std::mem::take(&mut self.missed);
        if told.is_empty() && missed == 0 {
            return None;
        }
        let list: Vec<_> = told
            .iter()
            .map(|happened| forms::happened(happened))
            .collect();
        Some(json!({ "type": "happened", "missed": missed, "list": list }))
    }
}

fn trouble(error: &BackendError) -> Value {
    json!({ "type": "trouble", "error": error.to_string() })
}

async fn say(sink: &mut SplitSink<WebSocket, Message>, value: &Value) -> Option<()> {
    sink.send(Message::Text(value.to_string().into()))
        .await
        .ok()
}
