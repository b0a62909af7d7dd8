//! The task that keeps an admin connected.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::endpoint::Endpoint;
use crate::error::{JanusError, code};
use crate::handle::{Handle, HandleEvents};
use crate::session::{Session, SessionState};
use crate::translate::Id;
use crate::translate::identity::Ids;
use crate::translate::requests::Body;
use crate::translate::videoroom::Word;

/// The pause before another attempt, at first.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// It doubles with each attempt that fails, to this. A question waits longer than that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How the connection is.
#[derive(Clone, Debug)]
pub(super) enum LineState {
    /// It is being made, for the first time.
    Connecting,
    /// It is there.
    Up(Arc<Line>),
    /// The last attempt failed, or the connection was lost.
    Down(JanusError),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    /// Counts the connections.
    pub(super) number: u64,
    /// Which kind of ids the server has.
    pub(super) ids: Ids,
    handle: Handle,
    /// Further questions wait, rather than be refused.
    places: Semaphore,
    /// It is of no use any more: something went unanswered.
    useless: CancellationToken,
}

impl Line {
    /// Asks `VideoRoom`. Where that shows that the connection is of no use, another one is made.
    pub(super) async fn ask(&self, body: Body) -> Result<Word, JanusError> {
        // Nobody closes it.
        let _place = self.places.acquire().await.ok();
        let said = self.handle.ask(body).await;
        if let Err(error) = &said
            && is_fatal(error)
        {
            self.useless.cancel();
        }
        said
    }
}

fn is_fatal(error: &JanusError) -> bool {
    match error {
        JanusError::Unreachable { .. }
        | JanusError::Unanswered { .. }
        | JanusError::Down { .. } => true,
        JanusError::Refused { code, .. } => {
            [code::NO_SUCH_SESSION, code::NO_SUCH_HANDLE].contains(code)
        }
        JanusError::Protocol { .. } | JanusError::Busy { .. } => false,
    }
}

/// Connects, and again whenever the connection is lost, until nobody listens any more.
pub(super) async fn keep(endpoint: Endpoint, state: watch::Sender<LineState>) {
    let (mut number, mut pause) = (0, SHORTEST_PAUSE);
    while !state.is_closed() {
        match connect(&endpoint, number + 1).await {
            Ok((session, line, events)) => {
                (number, pause) = (number + 1, SHORTEST_PAUSE);
                tracing::info!(%endpoint, ids = ?line.ids, "connected to Janus as admin");
                let useless = line.useless.clone();
                state.send_replace(LineState::Up(Arc::new(line)));
                let error = until_lost(&session, useless, events).await;
                tracing::warn!(%endpoint, %error, "the admin's connection to Janus is lost");
                // Nothing new is asked over it while it closes; whoever asks from now on waits for the next
                // attempt.
                state.send_replace(LineState::Down(error));
                session.close().await;
            }
            Err(error) => {
                if !matches!(&*state.borrow(), LineState::Down(before) if *before == error) {
                    tracing::warn!(%endpoint, %error, "cannot reach Janus as admin, and go on trying");
                }
                // Also when it is as before: whoever waits learns how this attempt went.
                state.send_replace(LineState::Down(error));
            }
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = state.closed() => return,
        }
        pause = LONGEST_PAUSE.min(2 * pause);
    }
}

async fn connect(
    endpoint: &Endpoint,
    number: u64,
) -> Result<(Session, Line, HandleEvents), JanusError> {
    let session = Session::open(endpoint).await?;
    let (handle, events) = session.attach().await?;
    // Where ids are strings, a number is none; whether there is such a room is all one.
    let asked = Body::Exists {
        room: Id::Number(1),
    };
    let ids = match handle.ask(asked).await {
        Ok(_) => Ids::Numbers,
        Err(error) if error.code() == Some(code::INVALID_ELEMENT) => Ids::Strings,
        Err(error) => return Err(error),
    };
    let line = Line {
        number,
        ids,
        handle,
        places: Semaphore::new(Session::WAITING / 2),
        useless: CancellationToken::new(),
    };
    Ok((session, line, events))
}

/// Waits until the connection is lost or of no use, and says why.
async fn until_lost(
    session: &Session,
    useless: CancellationToken,
    mut events: HandleEvents,
) -> JanusError {
    let mut state = session.state();
    let detached = async { while events.recv().await.is_some() {} };
    let detail = tokio::select! {
        () = useless.cancelled() => "a question went unanswered".to_owned(),
        () = detached => "the handle is gone".to_owned(),
        ended = state.wait_for(|state| *state != SessionState::Up) => match ended.as_deref() {
            Ok(SessionState::Lost { detail } | SessionState::Gone { detail }) => detail.clone(),
            Ok(SessionState::Up | SessionState::Closed) | Err(_) => "it was closed".to_owned(),
        },
    };
    JanusError::Down { detail }
}
