//! A session with a Janus over one WebSocket: requests out, answers and events in.

mod link;
mod making;
mod shared;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exeunt_signalling::GOODBYE;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::error::{JanusError, code};
use crate::handle::{Handle, HandleEvents};
use crate::socket::dial;
use crate::translate::PLUGIN;
use crate::translate::messages::Answer;
use crate::translate::requests::Verb;

use link::Link;
pub(crate) use shared::Shared;

/// How the connection of a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// Up.
    Up,
    /// The socket is lost. The session may still be there: [`Session::reclaim`].
    Lost {
        /// What happened.
        detail: String,
    },
    /// Janus no longer knows the session: it timed out, or an admin destroyed it.
    Gone {
        /// What Janus said.
        detail: String,
    },
    /// We have closed it.
    Closed,
}

/// For how long Janus keeps a session of which it hears nothing; a day at most, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// With a socket: `session_timeout`; `None` is for ever.
    pub silent: Option<Duration>,
    /// Once its socket is lost: `reclaim_session_timeout`; zero is not at all.
    pub unclaimed: Duration,
}

impl Lifetime {
    /// What a Janus that does not say it is taken to do: its own defaults.
    pub(crate) const USUAL: Self = Self {
        silent: Some(Duration::from_secs(60)),
        unclaimed: Duration::ZERO,
    };
    /// How often a session that lives for ever is used, so that a dead connection is noticed.
    const SEEN_TO: Duration = Duration::from_secs(20);

    /// Nobody counts on more: the server's numbers may be any, and no clock counts so far.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// So many seconds, by the server's account.
    fn told(seconds: u64) -> Duration {
        Duration::from_secs(seconds).min(Self::LONGEST)
    }

    /// How often to say that the session is still wanted: thrice in its time.
    fn keepalive(self) -> Duration {
        let third = self.silent.unwrap_or(3 * Self::SEEN_TO) / 3;
        third.clamp(Duration::from_millis(100), Self::SEEN_TO)
    }
}

/// A session with a Janus, and the one task that owns its socket.
///
/// Answers are matched by their transaction and never by their order: the event that answers a request may
/// come before the `ack` that says it was taken. Every request is bounded by the endpoint's patience, and
/// at most [`Session::WAITING`] wait at a time. A `keepalive` is said thrice in the time that Janus keeps a
/// silent session, and a connection on which nothing comes back is lost (G-17).
///
/// Dropping it cuts the connection, without a goodbye and without blocking; [`close`](Self::close) ends the
/// session in good order. Its handles outlive it, and then answer that the connection is down.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    link: Mutex<Option<Link>>,
}

impl Session {
    /// As many requests may wait for an answer at a time.
    pub const WAITING: usize = 64;
    /// As many events of one handle may wait to be taken. Whoever lets more wait loses the connection: an
    /// event that was dropped in silence would be somebody who left and is seen for ever.
    pub const EVENTS: usize = 1024;
    /// How long [`close`](Self::close) waits for Janus to end the session; the socket's goodbye takes at
    /// most 250 ms more.
    pub(crate) const ENDING: Duration = Duration::from_millis(400);

    /// Connects and creates a session. Dropping the future leaves nothing behind (G-7): a session that Janus
    /// is just making is waited for in the background, within the endpoint's patience, and ended (G-4).
    pub async fn open(endpoint: &Endpoint) -> Result<Self, JanusError> {
        let session = Self {
            shared: Arc::new(Shared::new(endpoint)),
            link: Mutex::new(None),
        };
        session.connect().await?;
        making::made(session).await
    }

    /// Dials, and learns how long this Janus keeps sessions.
    async fn connect(&self) -> Result<(), JanusError> {
        let (socket, reached_from) = dial(&self.shared.endpoint).await?;
        self.shared.is_reached_from(reached_from);
        self.have(Some(Link::start(socket, Arc::clone(&self.shared))));
        let lifetime = match self.shared.ask_outside(Verb::Info).await {
            Ok(Answer::Info {
                session_timeout,
                reclaim_session_timeout,
            }) => Lifetime {
                silent: match session_timeout {
                    None => Lifetime::USUAL.silent,
                    Some(0) => None,
                    Some(seconds) => Some(Lifetime::told(seconds)),
                },
                unclaimed: Lifetime::told(reclaim_session_timeout.unwrap_or(0)),
            },
            // Somebody between us and Janus may keep this to himself.
            Ok(_) | Err(JanusError::Refused { .. }) => Lifetime::USUAL,
            Err(error) => return Err(error),
        };
        self.shared.lives(lifetime);
        Ok(())
    }

    /// A handle to `VideoRoom`, and what happens to it. One handle is good for one membership.
    pub async fn attach(&self) -> Result<(Handle, HandleEvents), JanusError> {
        let (sender, events) = mpsc::channel(Self::EVENTS);
        let verb = Verb::Attach {
            plugin: PLUGIN.to_owned(),
        };
        let request = verb.described();
        let made = self.shared.attach(verb, sender).await?;
        let Answer::Done { id: Some(id) } = made else {
            return Err(senseless(request, &made));
        };
        Ok((Handle::new(Arc::clone(&self.shared), id), events))
    }

    /// For how long Janus keeps the session when it hears nothing of it.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.shared.lifetime()
    }

    /// The address of this machine from which Janus is reached, if the system knows it.
    #[must_use]
    pub fn reached_from(&self) -> Option<IpAddr> {
        self.shared.reached_from()
    }

    /// How the connection is, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<SessionState> {
        self.shared.state.subscribe()
    }

    /// Connects once more and claims the session, whose socket was lost: one attempt, within twice the
    /// endpoint's patience. Handles go on as they were. 458 says that the session is no longer there.
    pub async fn reclaim(&self) -> Result<(), JanusError> {
        self.have(None);
        let claiming = async {
            self.connect().await?;
            self.shared.ask(None, Verb::Claim).await
        };
        let claimed = claiming.await;
        match &claimed {
            Ok(_) => self.shared.is_up_again(),
            Err(error) => {
                self.have(None);
                let detail = error.to_string();
                let is_gone = error.code() == Some(code::NO_SUCH_SESSION);
                self.shared.end(if is_gone {
                    SessionState::Gone { detail }
                } else {
                    SessionState::Lost { detail }
                });
            }
        }
        claimed.map(drop)
    }

    /// Ends the session and closes the socket, within 650 ms, whatever Janus does. Answers whether Janus
    /// took part in all of it. When it has answered the task is gone (G-15).
    pub async fn close(&self) -> bool {
        self.end().await.is_ok()
    }

    /// The same; if Janus did not take part, why not.
    pub(crate) async fn end(&self) -> Result<(), JanusError> {
        let request = Verb::Destroy.described();
        let unanswered = |within| JanusError::Unanswered { request, within };
        let ended = timeout(Self::ENDING, self.shared.ask(None, Verb::Destroy)).await;
        let ended = match ended {
            Ok(Err(error)) if error.is_gone() => Ok(()),
            Ok(answered) => answered.map(drop),
            Err(_) => Err(unanswered(Self::ENDING)),
        };
        let heard = match self.take() {
            Some(link) => link.close().await,
            None => true,
        };
        let closed = heard.then_some(()).ok_or(unanswered(GOODBYE));
        self.shared.end(SessionState::Closed);
        ended.and(closed)
    }

    /// Hands the end of the session over to the network as far as that goes without waiting; then the
    /// connection is closed in the background, within 250 ms. For futures that are dropped (G-7).
    pub fn end_in_background(&self) {
        self.shared.say(None, Verb::Destroy);
        if let Some(link) = self.take() {
            link.close_in_background();
        }
    }

    fn have(&self, link: Option<Link>) {
        let mut held = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        // The earlier one is cut off as it is dropped.
        *held = link;
    }

    fn take(&self) -> Option<Link> {
        let mut held = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        held.take()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its handles may outlive it: who waits or asks learns at once that nothing comes any more.
        self.shared.end(SessionState::Closed);
    }
}

/// An answer that is none to this request.
pub(crate) fn senseless(request: &'static str, answer: &Answer) -> JanusError {
    JanusError::Protocol {
        request,
        detail: format!("{answer:?} is no answer to it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_alive_thrice_in_its_time() {
        let seconds = Duration::from_secs;
        let of = |silent| Lifetime {
            silent,
            unclaimed: Duration::ZERO,
        };
        assert_eq!(Lifetime::USUAL.keepalive(), seconds(20));
        assert_eq!(of(Some(seconds(6))).keepalive(), seconds(2));
        assert_eq!(of(Some(seconds(3600))).keepalive(), seconds(20));
        assert_eq!(of(None).keepalive(), seconds(20));
    }
}
