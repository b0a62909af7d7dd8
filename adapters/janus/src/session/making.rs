//! Asking Janus for a session, which is not given up half-way.
//!
//! Janus makes what it was asked for, also if the socket has closed meanwhile; and then that session is
//! nobody's, and stays until its timeout.

use tokio::sync::oneshot;

use super::{Session, senseless};
use crate::error::JanusError;
use crate::translate::messages::Answer;
use crate::translate::requests::Verb;

/// Has Janus make the session. That goes on if the future is dropped, in a task that ends within the
/// endpoint's patience and the 650 ms of [`Session::close`]: whoever no longer wants the session needs its
/// id to end it (G-4).
pub(super) async fn made(session: Session) -> Result<Session, JanusError> {
    let (handing, taken) = oneshot::channel();
    tokio::spawn(async move {
        let made = make(&session).await;
        let unclaimed = Unclaimed(Some(session));
        if let Err(Ok(unwanted)) = handing.send(made.map(|()| unclaimed)) {
            unwanted.end().await;
        }
    });
    // The task ends without a word only where the whole runtime does.
    let ended = |_| JanusError::Down {
        detail: "the runtime has ended".to_owned(),
    };
    taken.await.map_err(ended)??.claim()
}

async fn make(session: &Session) -> Result<(), JanusError> {
    let made = session.shared.ask(None, Verb::Create).await?;
    let Answer::Done { id: Some(id) } = made else {
        return Err(senseless(Verb::Create.described(), &made));
    };
    session.shared.is_session(id);
    Ok(())
}

/// A session on its way to whom it is for. If he goes in just this moment it is ended as it is dropped.
struct Unclaimed(Option<Session>);

impl Unclaimed {
    fn claim(mut self) -> Result<Session, JanusError> {
        self.0.take().ok_or_else(|| JanusError::Down {
            detail: "the session was ended".to_owned(),
        })
    }

    async fn end(mut self) {
        if let Some(session) = self.0.take() {
            tracing::debug!("a session that was made for nobody is ended");
            session.close().await;
        }
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            session.end_in_background();
        }
    }
}
