//! The task that owns a session's socket while it is up.
//!
//! Reading must go on while a write is stuck, or a Janus that does not read could hold up an exit (G-6).
//! So both are futures of their own within the one task, and the reader decides.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use exeunt_signalling::{Socket, say_goodbye};
use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_util::sync::CancellationToken;

use super::{SessionState, Shared};
use crate::error::code;
use crate::socket::described;
use crate::translate::WireError;
use crate::translate::messages::Message;
use crate::translate::requests::Verb;

/// The handle to the task. Dropping it cuts the connection.
#[derive(Debug)]
pub(super) struct Link {
    closing: CancellationToken,
    task: Option<JoinHandle<bool>>,
}

/// What may wait to be written: as many requests as may wait for an answer.
const OUTBOX: usize = super::Session::WAITING;

impl Link {
    pub(super) fn start(socket: Socket, shared: Arc<Shared>) -> Self {
        let (outbox, said) = mpsc::channel(OUTBOX);
        shared.goes_to(outbox);
        let closing = CancellationToken::new();
        let task = tokio::spawn(run(socket, said, shared, closing.clone()));
        let task = Some(task);
        Self { closing, task }
    }

    /// Says goodbye, within 250 ms. Answers whether Janus took part.
    pub(super) async fn close(mut self) -> bool {
        self.closing.cancel();
        match self.task.as_mut() {
            Some(task) => task.await.unwrap_or(false),
            None => false,
        }
    }

    /// The same, waited for by nobody.
    pub(super) fn close_in_background(mut self) {
        self.closing.cancel();
        drop(self.task.take());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            // No goodbye and no waiting: the socket falls with the task.
            task.abort();
        }
    }
}

/// Answers whether the connection ended with the other side taking part.
async fn run(
    mut socket: Socket,
    mut said: mpsc::Receiver<String>,
    shared: Arc<Shared>,
    closing: CancellationToken,
) -> bool {
    let (sink, stream) = (&mut socket).split();
    let end = {
        let (beat, beats) = mpsc::channel(1);
        let writer = write(sink, &mut said);
        let reader = read(stream, &shared, beat);
        let keeper = keep_alive(&shared, beats);
        tokio::select! {
            biased;
            () = closing.cancelled() => None,
            end = reader => Some(end),
            end = keeper => Some(end),
            never = writer => match never {},
        }
    };
    if let Some(end) = end {
        tracing::debug!(?end, "the connection to Janus has ended");
        shared.end(end);
        return true;
    }
    // What was handed over goes out if there is room for it: a last word, not a wait.
    while let Ok(text) = said.try_recv() {
        let _ = socket.feed(Frame::text(text)).now_or_never();
    }
    let taken_part = say_goodbye(socket, None).await;
    shared.end(SessionState::Closed);
    taken_part
}

/// Writes what is said, one message at a time.
async fn write(
    mut sink: SplitSink<&mut Socket, Frame>,
    said: &mut mpsc::Receiver<String>,
) -> Infallible {
    while let Some(text) = said.recv().await {
        if sink.send(Frame::text(text)).await.is_err() {
            break;
        }
    }
    // What Janus said last may still be unread; the reader will find the end of it.
    pending().await
}

/// Takes in what Janus says until the connection or the session ends; each message is a beat.
async fn read(
    mut stream: impl Stream<Item = Result<Frame, tungstenite::Error>> + Unpin,
    shared: &Shared,
    beat: mpsc::Sender<()>,
) -> SessionState {
    loop {
        let said = stream.next().await;
        // One beat that nobody has taken yet says as much as two.
        let _ = beat.try_send(());
        let text = match said {
            Some(Ok(Frame::Text(text))) => text,
            Some(Ok(Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => {
                continue;
            }
            Some(Ok(Frame::Close(frame))) => return lost(described(Some(Ok(frame)))),
            Some(Err(error)) => return lost(described(Some(Err(error)))),
            None => return lost(described(None)),
        };
        match Message::decode(&text) {
            Ok(Message::Answer {
                transaction,
                answer,
            }) => shared.answered(&transaction, answer),
            Ok(Message::Event { handle, event }) => {
                if !shared.happened(handle, event) {
                    return lost("more events came than were taken".to_owned());
                }
            }
            Ok(Message::Timeout { session }) if shared.is_meant(session) => {
                let detail = "the session has timed out".to_owned();
                return SessionState::Gone { detail };
            }
            Ok(Message::Timeout { .. }) => {}
            Ok(Message::Other(what)) => tracing::debug!(what, "a message that changes nothing"),
            Err(WireError::Shape {
                detail,
                transaction: Some(transaction),
            }) => shared.misunderstood(&transaction, detail),
            Err(error) => tracing::debug!(%error, "a message that was not understood"),
        }
    }
}

/// Says that the session is still wanted, and notices when nothing comes back.
async fn keep_alive(shared: &Shared, mut beats: mpsc::Receiver<()>) -> SessionState {
    let mut lifetimes = shared.lifetimes();
    loop {
        let every = lifetimes.borrow_and_update().keepalive();
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = lifetimes.changed() => break,
                _ = ticks.tick() => {}
            }
            if !shared.has_session() {
                continue;
            }
            if let Err(end) = beat(shared, &mut beats).await {
                return end;
            }
        }
    }
}

/// One keepalive. Whatever Janus says meanwhile shows that the connection is well; only no word at all,
/// and its own word that the session is gone, are the end.
async fn beat(shared: &Shared, beats: &mut mpsc::Receiver<()>) -> Result<(), SessionState> {
    let _ = beats.try_recv();
    let answered = shared.ask(None, Verb::Keepalive).await;
    let heard = beats.try_recv().is_ok();
    match answered {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(code::NO_SUCH_SESSION) => Err(SessionState::Gone {
            detail: error.to_string(),
        }),
        Err(_) if heard => Ok(()),
        Err(error) => Err(lost(error.to_string())),
    }
}

fn lost(detail: String) -> SessionState {
    SessionState::Lost { detail }
}
