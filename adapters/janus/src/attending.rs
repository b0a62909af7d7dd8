//! Being in the room: hearing what Janus tells, and leaving.

use std::future::pending;
use std::pin::Pin;

use exeunt_port::{DepartureError, DepartureReceipt, RemoteLeaveReason, RoomSignal};
use exeunt_signalling::Pauses;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::connection::{Ending, Keeper};
use crate::error::JanusError;
use crate::media::Media;
use crate::recovering::Recovery;
use crate::session::SessionState;
use crate::translate::Id;
use crate::translate::messages::Event;
use crate::translate::requests::Body;
use crate::translate::videoroom::Word;

/// How a conversation ends.
pub(crate) enum Parting {
    /// The stay ends.
    Ending(Ending),
    /// The socket is lost, and the session may still be there.
    Lost(String),
    /// Janus no longer knows the session.
    Gone(String),
}

/// A leave that is on its way.
type Leave = Pin<Box<dyn Future<Output = Result<Word, JanusError>> + Send>>;

impl Keeper {
    /// Stays in the room until the stay ends, for one reason or another.
    pub(crate) async fn attend(&mut self, media: &Media) -> Ending {
        let mut pauses = Pauses::within(self.session.lifetime().unclaimed);
        loop {
            let up_since = Instant::now();
            match self.converse(media).await {
                Parting::Ending(ending) => return ending,
                Parting::Gone(detail) => {
                    tracing::debug!(detail, "the session is gone");
                    return self.be_dead().await;
                }
                Parting::Lost(detail) => tracing::debug!(detail, "the link is lost"),
            }
            pauses.lost_after(up_since.elapsed());
            self.membership.link_lost().await;
            match self.recover(&mut pauses).await {
                Recovery::Recovered { missed, sends } => {
                    tracing::debug!("the link is recovered");
                    self.membership.link_recovered().await;
                    for signal in missed {
                        self.membership.tell(signal).await;
                    }
                    media.link_recovered(self.roster.others(), sends);
                }
                Recovery::Over(signal) => {
                    self.membership.over(signal).await;
                    return Ending::Removed;
                }
                Recovery::Dead(detail) => {
                    tracing::debug!(detail, "the link is dead");
                    return self.be_dead().await;
                }
                Recovery::Unwanted => {
                    self.membership.stay_down().await;
                    return Ending::Dead;
                }
            }
        }
    }

    async fn be_dead(&mut self) -> Ending {
        self.membership.link_dead().await;
        Ending::Dead
    }

    /// Talks with Janus until the conversation ends for one reason or another.
    async fn converse(&mut self, media: &Media) -> Parting {
        let mut state = self.session.state();
        let closing = self.membership.closing.clone();
        let leaving = self.membership.leaving.clone();
        let mut leave: Option<Leave> = None;
        let mut failed: Option<DepartureError> = None;
        loop {
            tokio::select! {
                // What Janus tells comes before its answer to our leave: of a kick and a leave that
                // cross, the kick came first if it is there.
                biased;
                () = closing.cancelled() => return Parting::Ending(Ending::Closing),
                announcer = self.membership.next_announcer() => match &failed {
                    Some(error) => drop(announcer.send(Err(error.clone()))),
                    None => self.membership.keep_waiting(announcer),
                },
                () = leaving.cancelled(), if leave.is_none() => {
                    media.stop_sending();
                    let handle = self.handle.clone();
                    leave = Some(Box::pin(async move { handle.ask(Body::Leave).await }));
                }
                Some(event) = self.events.recv() => {
                    if let Some(ending) = self.heed(event, media).await {
                        return Parting::Ending(ending);
                    }
                }
                answered = asked(&mut leave) => {
                    // Once is enough: what it could not do it could not do twice.
                    leave = Some(Box::pin(pending()));
                    match self.departed(answered) {
                        Ok(ending) => return Parting::Ending(ending),
                        Err(error) => failed = Some(error),
                    }
                }
                state = down(&mut state) => return match state {
                    SessionState::Up | SessionState::Closed => Parting::Ending(Ending::Closing),
                    SessionState::Lost { detail } => Parting::Lost(detail),
                    SessionState::Gone { detail } => Parting::Gone(detail),
                },
            }
        }
    }

    /// Takes in what happened to our handle; answers how the stay ends if it does.
    async fn heed(&mut self, event: Event, media: &Media) -> Option<Ending> {
        match event {
            Event::Said { word, .. } => self.heed_word(word, media).await,
            Event::HungUp { reason } => {
                media.hung_up(&reason);
                None
            }
            // Without our handle there is no membership: an admin took it away.
            Event::Detached => {
                self.membership.over(RoomSignal::LinkDead).await;
                Some(Ending::Removed)
            }
            Event::MediaUp | Event::Receiving { .. } | Event::SlowLink | Event::Trickled => {
                tracing::trace!(?event, "of the media we send");
                None
            }
        }
    }

    async fn heed_word(&mut self, word: Word, media: &Media) -> Option<Ending> {
        let signals = match word {
            Word::Joining(attendee) => self.roster.came(&attendee),
            Word::Publishers(publishers) => {
                let publishers = publishers.into_iter();
                let told = publishers.flat_map(|publisher| self.roster.sends(publisher));
                told.collect()
            }
            Word::Unpublished(id) => {
                self.roster.stopped_sending(&id);
                Vec::new()
            }
            Word::Leaving(id) => Vec::from_iter(self.roster.left(&id, RemoteLeaveReason::Left)),
            Word::Kicked(id) if id != self.id => {
                Vec::from_iter(self.roster.left(&id, RemoteLeaveReason::Kicked))
            }
            Word::Kicked(_) | Word::Left { kicked: true } => {
                self.membership.over(RoomSignal::Kicked).await;
                return Some(Ending::Removed);
            }
            Word::Destroyed => {
                self.membership.over(RoomSignal::Dismissed).await;
                return Some(Ending::Removed);
            }
            // Said unasked, it is of somebody who is called "ok".
            Word::Left { kicked: false } => {
                let called_ok = Id::Text("ok".to_owned());
                Vec::from_iter(self.roster.left(&called_ok, RemoteLeaveReason::Left))
            }
            Word::StoppedSending => {
                self.roster.stopped_sending(&Id::Text("ok".to_owned()));
                Vec::new()
            }
            Word::Joined { .. }
            | Word::Attached(_)
            | Word::Updated(_)
            | Word::Created(_)
            | Word::Exists(_)
            | Word::Rooms(_)
            | Word::Participants(_)
            | Word::Done
            | Word::Error { .. }
            | Word::Other => Vec::new(),
        };
        // Frames of somebody who has left are not handed on, those of somebody new come after he has.
        media.receive_from(self.roster.others());
        for signal in signals {
            self.membership.tell(signal).await;
        }
        None
    }

    /// What the answer to our leave means: that we are out, or why we may not be.
    fn departed(&mut self, answered: Result<Word, JanusError>) -> Result<Ending, DepartureError> {
        let outcome = match answered {
            // Janus does not say how many others it told.
            Ok(Word::Left { .. }) => Ok(DepartureReceipt { peers_told: None }),
            Ok(word) => Err(DepartureError::Refused {
                detail: format!(
                    "Janus answered to the leave with {word:?}, which confirms nothing"
                ),
            }),
            Err(error) if error.is_gone() => Err(DepartureError::AlreadyOut),
            Err(JanusError::Down { .. }) => Err(DepartureError::LinkDown),
            Err(error) => Err(DepartureError::Refused {
                detail: error.to_string(),
            }),
        };
        self.membership.answer(&outcome);
        match outcome {
            Ok(_) => Ok(Ending::Left),
            Err(DepartureError::AlreadyOut) => Ok(Ending::Removed),
            Err(error) => Err(error),
        }
    }
}

/// The answer to a leave, if one is on its way.
async fn asked(leave: &mut Option<Leave>) -> Result<Word, JanusError> {
    match leave {
        Some(leave) => leave.await,
        None => pending().await,
    }
}

/// How the session is once it is not up any more.
async fn down(state: &mut watch::Receiver<SessionState>) -> SessionState {
    let down = state.wait_for(|state| *state != SessionState::Up).await;
    down.map_or(SessionState::Closed, |state| state.clone())
}
