//! One client's WebSocket: reads what the client says, writes what its outbox holds.
//!
//! Reading and writing are two futures of one task, so that a client that does not read is still
//! heard, and one that does not speak is still told. The task ends with the socket; the service
//! owns it and can cut it off at any time.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use exeunt_websocket::wire::{ClientMessage, CloseCode, Enter, Refusal, ServerMessage, WireError};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::task::consume_budget;
use tokio::time::{sleep, timeout};

use crate::clock::unix_seconds;
use crate::config::Config;
use crate::hall::Hall;
use crate::metrics::Metrics;
use crate::outbox::{Debt, Item, Outbox};
use crate::places::Place;
use crate::reception::{NotAdmitted, admit};
use crate::rooms::{Claim, SocketId, StayId, heartbeat};
use crate::service::Shared;
use crate::token_bucket::TokenBucket;
use crate::watched::Ended;

/// How long a client has to read the last words and to answer the close.
const TIME_TO_CLOSE: Duration = Duration::from_secs(1);
/// The longest reason a close frame can carry, in bytes.
const MAX_REASON: usize = 123;

/// Serves one client until its socket ends. Until it has entered it keeps the place at the door that
/// its address has taken for it: silent sockets are as few as unfinished requests.
pub(crate) async fn serve(
    socket: WebSocket,
    shared: &Shared,
    place: Option<Arc<Place>>,
    ended: Ended,
) {
    let outbox = Arc::new(Outbox::new(
        shared.config.limits,
        shared.metrics.frames_lost.clone(),
    ));
    let client = Client::new(shared, Arc::clone(&outbox), place);
    let (number, lease) = (client.socket.0, shared.config.lease);
    let (sink, stream) = socket.split();
    tokio::select! {
        // The clock first: who never stops talking is cut off as well.
        biased;
        () = overdue(&outbox) => {}
        () = client.listen(stream, &ended) => {}
        () = write(sink, &outbox, lease) => {}
    }
    if outbox.closed_with() == Some(CloseCode::TooSlow) {
        tracing::warn!(socket = number, "cut off: does not read what it is told");
        shared.metrics.cut_off(CloseCode::TooSlow);
    }
}

async fn overdue(outbox: &Outbox) {
    outbox.closing().await;
    sleep(TIME_TO_CLOSE).await;
}

/// Writes what the outbox holds; ends when the socket is broken, after the reader had time to hear
/// what the client said before: its leave must not be lost with the answer to it (G-12). Whoever does
/// not take one message within a whole lease takes no heartbeat either, and would long have given the
/// connection up if he were listening: he is cut off, so that nothing is kept for him for ever.
async fn write(mut sink: SplitSink<WebSocket, Message>, outbox: &Outbox, lease: Duration) {
    loop {
        let mut debt = None;
        let message = match outbox.next().await {
            Item::Control(message, owed) => {
                debt = owed;
                Message::Text(message)
            }
            Item::Heartbeat => Message::Text(ServerMessage::Heartbeat.encode().into()),
            Item::Media(frame) => Message::Binary(frame),
            Item::Close(code, reason) => {
                let reason = shortened(&reason).into();
                let frame = CloseFrame {
                    code: code.number(),
                    reason,
                };
                if sink.send(Message::Close(Some(frame))).await.is_err() {
                    return sleep(TIME_TO_CLOSE).await;
                }
                // Dropping the socket now could destroy what the client has not read yet: the
                // reader waits for the client's own close.
                return pending().await;
            }
        };
        match timeout(lease, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return sleep(TIME_TO_CLOSE).await,
            Err(_) => {
                outbox.close(CloseCode::TooSlow, CloseCode::TooSlow.reason());
                return pending().await;
            }
        }
        debt.into_iter().for_each(Debt::paid);
    }
}

fn shortened(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

/// So many a second, and twice as many at once.
fn allowance(per_second: u32) -> TokenBucket {
    TokenBucket::new(per_second, per_second.saturating_mul(2))
}

/// What a client may say, and what its lease obliges it to say.
fn control_per_second(config: &Config) -> u32 {
    let heartbeats = 1000_u128.div_ceil(heartbeat(config.lease).as_millis());
    let heartbeats = u32::try_from(heartbeats).unwrap_or(u32::MAX);
    config.limits.control_per_second.saturating_add(heartbeats)
}

struct Client<'a> {
    hall: &'a Hall,
    config: &'a Config,
    metrics: &'a Metrics,
    outbox: Arc<Outbox>,
    socket: SocketId,
    /// Whether a stay is, or was, on this socket.
    inside: bool,
    /// Its place among those who have not entered.
    place: Option<Arc<Place>>,
    control: TokenBucket,
    media: TokenBucket,
}

/// However the task ends, the hall learns that the socket is gone.
impl Drop for Client<'_> {
    fn drop(&mut self) {
        self.hall.disconnect(self.socket);
    }
}

impl<'a> Client<'a> {
    fn new(shared: &'a Shared, outbox: Arc<Outbox>, place: Option<Arc<Place>>) -> Self {
        let config = &shared.config;
        Self {
            socket: shared.hall.connect(Arc::clone(&outbox)),
            hall: &shared.hall,
            config,
            metrics: &shared.metrics,
            outbox,
            inside: false,
            place,
            control: allowance(control_per_second(config)),
            media: allowance(config.limits.media_per_second),
        }
    }

    /// Heeds what the client says; ends when it has nothing more to say.
    async fn listen(mut self, mut stream: SplitStream<WebSocket>, ended: &Ended) {
        let hurry = self.config.limits.time_to_enter;
        let mut overdue = pin!(sleep(hurry));
        loop {
            let closing = self.outbox.is_closing();
            let said = tokio::select! {
                // The clock first: somebody who only talks has not entered either.
                biased;
                () = &mut overdue, if !self.inside && !closing => {
                    self.part(CloseCode::EnterTimeout, format!("nobody entered within {hurry:?}"));
                    continue;
                }
                said = stream.next() => said,
            };
            // However fast one client talks, the others have their turn.
            consume_budget().await;
            match said {
                // Its stay is over or its socket given up: nothing it says matters any more (G-10).
                Some(Ok(_)) if self.outbox.is_closing() => {}
                Some(Ok(message)) => self.hear(message),
                Some(Err(_)) if ended.is_so() => {
                    if !self.outbox.is_closing() {
                        tracing::info!(socket = self.socket.0, "connection lost");
                    }
                    return;
                }
                Some(Err(error)) => {
                    // Too large, or no WebSocket. There is no reading on from here; the
                    // close says so if it still can.
                    self.part(CloseCode::Malformed, error.to_string());
                    return pending().await;
                }
                None => return,
            }
        }
    }

    /// Gives the socket up; its stay waits for a resume.
    fn part(&self, code: CloseCode, reason: String) {
        tracing::info!(
            socket = self.socket.0,
            code = code.number(),
            reason,
            "cut off"
        );
        self.metrics.cut_off(code);
        self.outbox.close(code, reason);
        self.hall.disconnect(self.socket);
    }

    fn hear(&mut self, message: Message) {
        let now = self.hall.now();
        match message {
            Message::Binary(frame) => {
                let allowed = self.media.take(now);
                self.metrics.frame(allowed);
                if allowed {
                    self.hear_frame(&frame);
                }
            }
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) if !self.control.take(now) => {
                let allowed = control_per_second(self.config);
                self.part(
                    CloseCode::Flood,
                    format!("more than {allowed} messages a second"),
                );
            }
            Message::Text(text) => match ClientMessage::decode(&text) {
                Ok(message) => self.heed(message),
                Err(error) => self.balk(&error),
            },
            Message::Ping(_) | Message::Pong(_) => self.hall.heard(self.socket),
            Message::Close(_) => {}
        }
    }

    fn hear_frame(&self, frame: &Bytes) {
        if !self.inside {
            return self.refuse(&Refusal::NoParameters.into());
        }
        if let Err(error) = self.hall.relay(self.socket, frame) {
            self.part(CloseCode::Malformed, error.to_string());
        }
    }

    fn heed(&mut self, message: ClientMessage) {
        match message {
            ClientMessage::Enter(_) | ClientMessage::Resume { .. } if self.inside => {
                self.part(CloseCode::Malformed, "one stay a connection".to_owned());
            }
            ClientMessage::Leave | ClientMessage::Heartbeat if !self.inside => {
                self.refuse(&Refusal::NoParameters.into());
            }
            ClientMessage::Enter(enter) => self.enter(enter),
            ClientMessage::Resume {
                stay,
                secret,
                attempt,
            } => {
                let claim = Claim {
                    stay: StayId(stay),
                    secret: &secret,
                    attempt,
                };
                match self.hall.resume(self.socket, claim) {
                    Ok(()) => {
                        self.come_in();
                        tracing::info!(stay, "resumed");
                    }
                    Err(refusal) => self.refuse(&refusal.into()),
                }
            }
            ClientMessage::Leave => {
                if let Some(stay) = self.hall.leave(self.socket) {
                    tracing::info!(stay = stay.0, reason = "by itself", "left");
                }
            }
            ClientMessage::Heartbeat => {
                self.hall.heard(self.socket);
                self.outbox.answer_heartbeat();
            }
        }
    }

    fn enter(&mut self, enter: Enter) {
        let (user, room) = (enter.user_id.clone(), enter.room_id.clone());
        let entered = admit(self.config, unix_seconds(), enter)
            .and_then(|admitted| self.hall.enter(self.socket, admitted));
        match entered {
            Ok(stay) => {
                self.come_in();
                tracing::info!(stay = stay.0, %user, %room, "entered");
            }
            Err(not_admitted) => {
                tracing::info!(%user, %room, "not admitted");
                self.refuse(&not_admitted);
            }
        }
    }

    /// A stay is on this socket from now on: its place at the door is somebody else's.
    fn come_in(&mut self) {
        self.inside = true;
        self.place = None;
    }

    /// Answers a message that is none.
    fn balk(&self, error: &WireError) {
        if self.inside {
            self.part(CloseCode::Malformed, error.to_string());
        } else if let WireError::Enter(fault) = error {
            self.refuse(&NotAdmitted::new(fault.refusal(), fault));
        } else {
            self.refuse(&NotAdmitted::new(Refusal::NoParameters, error));
        }
    }

    fn refuse(&self, not_admitted: &NotAdmitted) {
        let NotAdmitted { refusal, message } = not_admitted;
        tracing::info!(
            socket = self.socket.0,
            code = refusal.code(),
            why = message,
            "refused"
        );
        self.metrics.refused(*refusal);
        // It is the first thing said on this socket, so there is room for it.
        let _ = self.outbox.say(
            ServerMessage::refused(*refusal, message).encode().into(),
            None,
        );
        self.outbox.close(CloseCode::Refused, message.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_cut_off_for_the_heartbeats_that_its_lease_demands() {
        for lease in [100, 250, 400, 8000] {
            let mut config = Config::development();
            config.lease = Duration::from_millis(lease);
            config.limits.control_per_second = 1;
            let mut allowed = allowance(control_per_second(&config));
            let pause = heartbeat(config.lease);
            for beat in 0..1000 {
                assert!(allowed.take(pause * beat), "lease {lease} ms, beat {beat}");
            }
        }
    }
}
