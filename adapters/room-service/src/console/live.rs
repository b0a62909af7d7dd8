//! What the page shows, as it changes: a WebSocket to each page that is open.
//!
//! The page says which room it looks at, and at which of its members; it is told the rooms, these
//! members, and what happens. Everything is told at a steady pace, however much happens: a page that
//! falls behind misses happenings, and is told how many. What it costs the rooms does not grow with how
//! many are in them: a page sees so many members at a time, and what has not changed is neither asked
//! for nor told again.

use std::collections::VecDeque;
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
use crate::backend::{BackendError, Happened, Happenings, MembersWanted, News, Page, SummaryPage};
use crate::clock::today;
use crate::service::Shared;
use crate::token_bucket::TokenBucket;

/// How often the page is told what changed.
const PACE: Duration = Duration::from_millis(250);
/// How often it is told how the members are although nothing happened: who was heard when changes then.
const STEADY: u32 = 4;
/// How many rooms the page shows at a time; `page.js` knows of it.
const ROOMS: usize = 100;
/// How many members of a room it shows at a time; `page.js` knows of it.
const MEMBERS: usize = 200;
/// The most happenings that are told at once, the latest ones; more are counted only.
const MOST: usize = 500;
/// The largest message of the page, in bytes.
const MAX_MESSAGE: usize = 1024;
/// How long a page may take to read what it is told.
const TIME_TO_READ: Duration = Duration::from_secs(5);

/// What the page says: which rooms it lists, at which it looks, and at whom in it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looks {
    offset: usize,
    room: Option<RoomId>,
    /// From which member on, of those that are meant.
    from: usize,
    /// Members with this in their ids are meant.
    named: String,
}

/// What the page was told last of what it looks at.
#[derive(Default)]
struct Shown {
    rooms: Option<SummaryPage>,
    /// The version of the room.
    version: Option<u64>,
    is_over: bool,
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
    /// The number of the latest thing that it is or was told.
    latest: u64,
    looks: Looks,
    shown: Shown,
    /// What happened since the page was told last.
    fresh: VecDeque<Arc<Happened>>,
    missed: u64,
    /// Departures of which the page was told before everybody else was.
    unsettled: Vec<Arc<Happened>>,
    said: TokenBucket,
}

impl<'a> LivePage<'a> {
    fn new(shared: &'a Shared) -> Self {
        // In this order, or what happens in between would be missed.
        let happenings = shared.backend.happenings();
        let fresh = VecDeque::from(shared.recent.latest());
        Self {
            shared,
            happenings,
            latest: fresh.back().map_or(0, |last| last.sequence),
            looks: Looks::default(),
            shown: Shown::default(),
            fresh,
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
        let mut ticks = 0_u32;
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
                    if ticks.is_multiple_of(STEADY) {
                        self.shown.version = None;
                    } else if !changed {
                        continue;
                    }
                    changed = false;
                    if self.tell(&mut sink).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// `None` if it makes no sense.
    fn hear(&mut self, message: &Message) -> Option<()> {
        match message {
            Message::Text(text) => {
                self.looks = serde_json::from_str(text).ok()?;
                self.shown = Shown::default();
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) => return None,
        }
        Some(())
    }

    fn note(&mut self, news: News) {
        match news {
            // What came is numbered, so that what did not come is known by the next number.
            News::Missed(_) => {}
            News::Happened(happened) => {
                // It may have been among the latest already.
                let Some(ahead) = happened.sequence.checked_sub(self.latest + 1) else {
                    return;
                };
                if self.latest > 0 {
                    self.missed += ahead;
                }
                self.latest = happened.sequence;
                // What came last says most about how things are.
                if self.fresh.len() >= MOST {
                    self.fresh.pop_front();
                    self.missed += 1;
                }
                self.fresh.push_back(happened);
            }
        }
    }

    /// Tells the page how things are, as far as it does not know. `None` if it is gone.
    async fn tell(&mut self, sink: &mut SplitSink<WebSocket, Message>) -> Option<()> {
        if let Some(happened) = self.happened() {
            say(sink, &happened).await?;
        }
        match self.look().await {
            Ok(told) => {
                for told in told {
                    say(sink, &told).await?;
                }
                Some(())
            }
            Err(error) => {
                self.shown = Shown::default();
                say(sink, &trouble(&error)).await
            }
        }
    }

    /// What the page does not know yet of what it looks at.
    async fn look(&mut self) -> Result<Vec<Value>, BackendError> {
        let (backend, mut told) = (&self.shared.backend, Vec::new());
        let offset = self.looks.offset;
        let limit = ROOMS;
        let rooms = backend.summaries(Page { offset, limit }).await?;
        if self.shown.rooms.as_ref() != Some(&rooms) {
            told.push(forms::rooms(&rooms, offset, today()));
            self.shown.rooms = Some(rooms);
        }
        let Some(room) = &self.looks.room else {
            return Ok(told);
        };
        let wanted = MembersWanted {
            named: self.looks.named.clone(),
            page: Page {
                offset: self.looks.from,
                limit: MEMBERS,
            },
            newer_than: self.shown.version,
        };
        match backend.members(room, &wanted).await {
            Ok(Some(members)) => {
                told.push(forms::room(&members, &wanted, today()));
                self.shown.version = members.version;
                self.shown.is_over = false;
            }
            Ok(None) => {}
            Err(BackendError::NoSuchRoom { .. }) => {
                if !self.shown.is_over {
                    told.push(forms::no_room(room, today()));
                }
                self.shown.is_over = true;
            }
            Err(error) => return Err(error),
        }
        Ok(told)
    }

    /// What happened, and what became of the departures before.
    fn happened(&mut self) -> Option<Value> {
        let mut told = Vec::from(std::mem::take(&mut self.fresh));
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

/// Only the page's reading is bounded here: how long the rooms may take to answer is their own bound, and
/// no page is at fault for it.
async fn say(sink: &mut SplitSink<WebSocket, Message>, value: &Value) -> Option<()> {
    let saying = sink.send(Message::Text(value.to_string().into()));
    timeout(TIME_TO_READ, saying).await.ok()?.ok()
}
