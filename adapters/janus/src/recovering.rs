//! Getting a lost link back, while Janus keeps the session and never during an exit (G-5, G-17).

use exeunt_port::RoomSignal;
use exeunt_signalling::Pauses;
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::Keeper;
use crate::error::code;
use crate::session::SessionState;
use crate::translate::requests::Body;
use crate::translate::videoroom::Word;

/// What became of a lost link.
pub(crate) enum Recovery {
    /// The stay goes on.
    Recovered {
        /// What was missed.
        missed: Vec<RoomSignal>,
        /// Whether Janus has what we send.
        sends: bool,
    },
    /// Janus ended the stay meanwhile.
    Over(RoomSignal),
    /// Janus does not keep the session, or not any more.
    Dead(String),
    /// An exit has begun, so nothing is recovered.
    Unwanted,
}

impl Keeper {
    /// Tries to claim the session until that works, has no sense any more, or is not wanted.
    pub(crate) async fn recover(&mut self, pauses: &mut Pauses) -> Recovery {
        let unclaimed = self.session.lifetime().unclaimed;
        if unclaimed.is_zero() {
            return Recovery::Dead("Janus keeps no session whose socket is lost".to_owned());
        }
        let end = Instant::now() + unclaimed;
        let exit_begun = self.membership.exit_begun();
        tokio::select! {
            biased;
            () = exit_begun => Recovery::Unwanted,
            recovery = self.attempts(pauses) => recovery,
            () = sleep_until(end) => {
                Recovery::Dead(format!("the session was not claimed within {unclaimed:?}"))
            }
        }
    }

    /// One attempt after another, each bounded, with growing pauses.
    async fn attempts(&mut self, pauses: &mut Pauses) -> Recovery {
        loop {
            sleep(pauses.take()).await;
            if let Err(error) = self.session.reclaim().await {
                tracing::debug!(%error, "not claimed");
                let state = self.session.state().borrow().clone();
                if let SessionState::Gone { detail } = state {
                    return Recovery::Dead(detail);
                }
                continue;
            }
            if let Some(recovery) = self.look_around().await {
                return recovery;
            }
        }
    }

    /// What Janus told while the link was down is not told again: who is in the room now says what was
    /// missed, and that we are not among them that we were removed.
    async fn look_around(&mut self) -> Option<Recovery> {
        let listed = self.handle.ask(Body::ListParticipants {
            room: self.room.clone(),
            secret: None,
        });
        match listed.await {
            Ok(Word::Participants(now)) => {
                let Some(own) = now.iter().find(|participant| participant.id == self.id) else {
                    return Some(Recovery::Over(RoomSignal::Kicked));
                };
                Some(Recovery::Recovered {
                    missed: self.roster.catch_up(&now),
                    sends: own.publisher,
                })
            }
            Err(error) if error.code() == Some(code::NO_SUCH_ROOM) => {
                Some(Recovery::Over(RoomSignal::Dismissed))
            }
            Err(error) if error.is_gone() => Some(Recovery::Dead(error.to_string())),
            lost @ (Ok(_) | Err(_)) => {
                tracing::debug!(?lost, "claimed, and lost again");
                None
            }
        }
    }
}
