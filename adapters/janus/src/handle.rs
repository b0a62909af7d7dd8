//! A handle to `VideoRoom`: what is asked of it, and what happens to it.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::error::JanusError;
use crate::session::{Shared, senseless};
use crate::translate::Jsep;
use crate::translate::messages::{Answer, Event};
use crate::translate::requests::{Body, Trickled, Verb};
use crate::translate::videoroom::Word;

/// What happens to a handle, in order. It ends when the handle, its session or the connection is gone for
/// good. Whoever lets more than [`Session::EVENTS`](crate::Session::EVENTS) wait loses the connection.
pub type HandleEvents = mpsc::Receiver<Event>;

/// A handle to `VideoRoom`. Cheap to clone; any number of requests may be on their way at a time.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    id: u64,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>, id: u64) -> Self {
        Self { shared, id }
    }

    /// Janus's id of it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Asks `VideoRoom`, and answers what it says, whether it answers at once or later. Its own no is a
    /// [`JanusError::Refused`] with its code, as Janus's is.
    pub async fn ask(&self, body: Body) -> Result<Word, JanusError> {
        Ok(self.negotiate(body, None).await?.0)
    }

    /// The same, with a session description to go with it and perhaps one that comes back.
    pub async fn negotiate(
        &self,
        body: Body,
        jsep: Option<Jsep>,
    ) -> Result<(Word, Option<Jsep>), JanusError> {
        let verb = Verb::Message { body, jsep };
        let request = verb.described();
        let answer = self.shared.ask(Some(self.id), verb).await?;
        let Answer::Said { word, jsep } = answer else {
            return Err(senseless(request, &answer));
        };
        Ok((word, jsep))
    }

    /// Names a candidate of ours, or the end of them.
    pub async fn trickle(&self, candidate: Trickled) -> Result<(), JanusError> {
        self.simple(Verb::Trickle { candidate }).await
    }

    /// Ends the handle's peer connection, on Janus's side.
    pub async fn hang_up(&self) -> Result<(), JanusError> {
        self.simple(Verb::Hangup).await
    }

    /// Ends the handle, and the membership it has.
    pub async fn detach(&self) -> Result<(), JanusError> {
        self.simple(Verb::Detach).await
    }

    async fn simple(&self, verb: Verb) -> Result<(), JanusError> {
        self.shared.ask(Some(self.id), verb).await.map(drop)
    }
}
