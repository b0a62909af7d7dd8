//! What a session, its handles and the task of its socket share.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::{Lifetime, Session, SessionState};
use crate::endpoint::Endpoint;
use crate::error::JanusError;
use crate::translate::messages::{Answer, Event};
use crate::translate::requests::{Request, Verb};

/// What a session, its handles and the task of its socket share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    transactions: AtomicU64,
    known: Mutex<Known>,
    lifetime: watch::Sender<Lifetime>,
    pub(super) state: watch::Sender<SessionState>,
}

#[derive(Debug, Default)]
struct Known {
    /// The session's id, once there is one.
    session: Option<u64>,
    /// The local address from which Janus is reached.
    reached_from: Option<IpAddr>,
    /// Where what is said goes; nowhere while the link is down.
    outbox: Option<mpsc::Sender<String>>,
    /// Requests that wait for their answer, by transaction.
    waiting: BTreeMap<u64, Waiting>,
    /// Where the events of each handle go.
    handles: BTreeMap<u64, mpsc::Sender<Event>>,
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Waiting {
    request: &'static str,
    /// Whether that it was taken is all the answer there is.
    taken_is_enough: bool,
    /// For whom the events of a handle are that is being made.
    events: Option<mpsc::Sender<Event>>,
    answer: oneshot::Sender<Result<Answer, JanusError>>,
}

impl Shared {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            transactions: AtomicU64::new(1),
            known: Mutex::default(),
            lifetime: watch::Sender::new(Lifetime::USUAL),
            state: watch::Sender::new(SessionState::Up),
        }
    }

    // ---- asking -------------------------------------------------------------------------------

    /// Asks, and waits for the answer within the endpoint's patience. Dropping the future forgets the
    /// request; what Janus makes of it may still happen.
    pub(crate) async fn ask(&self, handle: Option<u64>, verb: Verb) -> Result<Answer, JanusError> {
        let session = self.known().session;
        self.ask_as(session, handle, verb, None).await
    }

    /// Asks Janus itself, outside of any session.
    pub(super) async fn ask_outside(&self, verb: Verb) -> Result<Answer, JanusError> {
        self.ask_as(None, None, verb, None).await
    }

    /// Asks for a handle, whose events go there from its first one on.
    pub(super) async fn attach(
        &self,
        verb: Verb,
        events: mpsc::Sender<Event>,
    ) -> Result<Answer, JanusError> {
        let session = self.known().session;
        self.ask_as(session, None, verb, Some(events)).await
    }

    async fn ask_as(
        &self,
        session: Option<u64>,
        handle: Option<u64>,
        verb: Verb,
        events: Option<mpsc::Sender<Event>>,
    ) -> Result<Answer, JanusError> {
        let request = verb.described();
        let within = self.endpoint.patience;
        let (answer, answered) = oneshot::channel();
        let transaction = self.transactions.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting {
            request,
            taken_is_enough: matches!(verb, Verb::Keepalive | Verb::Trickle { .. }),
            events,
            answer,
        };
        // Who waits is known before anything goes out: the answer may come back at once.
        let outbox = self.waits(transaction, waiting)?;
        let _forgotten = Forgotten {
            shared: self,
            transaction,
        };
        let text = self.request(transaction, session, handle, verb);
        let exchange = async {
            // A link that is down has told everybody who waits.
            let _ = outbox.send(text).await;
            answered.await.unwrap_or_else(|_| Err(self.down()))
        };
        let exchanged = timeout(within, exchange).await;
        exchanged.unwrap_or(Err(JanusError::Unanswered { request, within }))
    }

    /// Says something to which no answer is waited for, if there is room for it.
    pub(super) fn say(&self, handle: Option<u64>, verb: Verb) {
        let transaction = self.transactions.fetch_add(1, Ordering::Relaxed);
        let (session, outbox) = {
            let known = self.known();
            (known.session, known.outbox.clone())
        };
        if let Some(outbox) = outbox {
            let text = self.request(transaction, session, handle, verb);
            let _ = outbox.try_send(text);
        }
    }

    fn request(
        &self,
        transaction: u64,
        session: Option<u64>,
        handle: Option<u64>,
        verb: Verb,
    ) -> String {
        let credentials = &self.endpoint.credentials;
        let request = Request {
            transaction: transaction.to_string(),
            session_id: session,
            handle_id: handle,
            apisecret: credentials.api_secret.clone(),
            token: credentials.token.clone(),
            verb,
        };
        request.encode()
    }

    fn waits(
        &self,
        transaction: u64,
        waiting: Waiting,
    ) -> Result<mpsc::Sender<String>, JanusError> {
        let mut known = self.known();
        let Some(outbox) = known.outbox.clone() else {
            drop(known);
            return Err(self.down());
        };
        if known.waiting.len() >= Session::WAITING {
            let waiting = known.waiting.len();
            return Err(JanusError::Busy { waiting });
        }
        known.waiting.insert(transaction, waiting);
        Ok(outbox)
    }

    fn down(&self) -> JanusError {
        let detail = match &*self.state.borrow() {
            SessionState::Up => "it is being made".to_owned(),
            SessionState::Lost { detail } | SessionState::Gone { detail } => detail.clone(),
            SessionState::Closed => "it was closed".to_owned(),
        };
        JanusError::Down { detail }
    }

    // ---- what the task of the socket brings ---------------------------------------------------

    /// There is a link: what is said goes there.
    pub(super) fn goes_to(&self, outbox: mpsc::Sender<String>) {
        self.known().outbox = Some(outbox);
    }

    /// The session is ours again, unless the link is lost once more already.
    pub(super) fn is_up_again(&self) {
        let known = self.known();
        if known.outbox.is_some() {
            self.state.send_replace(SessionState::Up);
        }
    }

    /// The link is down: everybody who waits learns why. A state that is final stays.
    pub(super) fn end(&self, state: SessionState) {
        let waiting = {
            let mut known = self.known();
            known.outbox = None;
            if matches!(state, SessionState::Gone { .. } | SessionState::Closed) {
                known.handles.clear();
            }
            std::mem::take(&mut known.waiting)
        };
        self.state.send_if_modified(|now| {
            let is_final = matches!(now, SessionState::Gone { .. } | SessionState::Closed);
            if !is_final {
                *now = state;
            }
            !is_final
        });
        for waiting in waiting.into_values() {
            let _ = waiting.answer.send(Err(self.down()));
        }
    }

    /// An answer has come. One that nobody waits for (any more) changes nothing (G-10).
    pub(super) fn answered(&self, transaction: &str, answer: Answer) {
        let Ok(number) = transaction.parse::<u64>() else {
            return tracing::debug!(transaction, "an answer to nothing that was asked");
        };
        let mut known = self.known();
        let Some(waiting) = known.waiting.get(&number) else {
            drop(known);
            return tracing::trace!(transaction, ?answer, "an answer for which nobody waits");
        };
        if answer == Answer::Taken && !waiting.taken_is_enough {
            return;
        }
        let Some(waiting) = known.waiting.remove(&number) else {
            return;
        };
        if let (Some(events), Answer::Done { id: Some(handle) }) = (waiting.events, &answer) {
            known.handles.insert(*handle, events);
        }
        drop(known);
        let outcome = if let Answer::Refused { code, words } = answer {
            let request = waiting.request;
            Err(JanusError::Refused {
                request,
                code,
                words,
            })
        } else {
            Ok(answer)
        };
        let _ = waiting.answer.send(outcome);
    }

    /// An answer has come that was not understood.
    pub(super) fn misunderstood(&self, transaction: &str, detail: String) {
        let number = transaction.parse::<u64>().ok();
        let waiting = number.and_then(|number| self.known().waiting.remove(&number));
        if let Some(Waiting {
            request, answer, ..
        }) = waiting
        {
            let _ = answer.send(Err(JanusError::Protocol { request, detail }));
        }
    }

    /// Something has happened to a handle. Answers whether whoever it is for keeps up.
    pub(super) fn happened(&self, handle: u64, event: Event) -> bool {
        let mut known = self.known();
        let events = if event == Event::Detached {
            known.handles.remove(&handle)
        } else {
            known.handles.get(&handle).cloned()
        };
        drop(known);
        let Some(events) = events else {
            tracing::trace!(handle, ?event, "an event of no handle of ours");
            return true;
        };
        !matches!(
            events.try_send(event),
            Err(mpsc::error::TrySendError::Full(_))
        )
    }

    pub(super) fn is_session(&self, id: u64) {
        self.known().session = Some(id);
    }

    /// Whether there is a session that has to be kept alive.
    pub(super) fn has_session(&self) -> bool {
        self.known().session.is_some()
    }

    /// Whether this id is the session's.
    pub(super) fn is_meant(&self, id: Option<u64>) -> bool {
        id.is_none() || id == self.known().session
    }

    pub(super) fn lives(&self, lifetime: Lifetime) {
        self.lifetime.send_replace(lifetime);
    }

    pub(super) fn lifetime(&self) -> Lifetime {
        *self.lifetime.borrow()
    }

    pub(super) fn lifetimes(&self) -> watch::Receiver<Lifetime> {
        self.lifetime.subscribe()
    }

    pub(super) fn is_reached_from(&self, address: Option<IpAddr>) {
        self.known().reached_from = address;
    }

    pub(super) fn reached_from(&self) -> Option<IpAddr> {
        self.known().reached_from
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a request whose future ends, one way or another.
struct Forgotten<'shared> {
    shared: &'shared Shared,
    transaction: u64,
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        self.shared.known().waiting.remove(&self.transaction);
    }
}
