//! One stay's connection: the task that keeps it.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{CloseError, RoomLink, RoomSignal};
use exeunt_signalling::{Membership, StayConnection};
use exeunt_webrtc::PeerCloseError;
use tokio::time::{sleep, timeout};

use crate::config::JanusConfig;
use crate::entering::Entered;
use crate::error::JanusError;
use crate::handle::{Handle, HandleEvents};
use crate::media::Media;
use crate::roster::Roster;
use crate::session::Session;
use crate::translate::Id;
use crate::translate::requests::Body;
use crate::translate::videoroom::Word;

/// How long Janus may take to be through with a removal of which it has told us (measured: 1 ms).
const REMOVING: Duration = Duration::from_millis(150);
/// How long to wait before asking once more whether it is.
const AGAIN: Duration = Duration::from_millis(5);

/// How a stay ends, as far as its task is concerned.
pub(crate) enum Ending {
    /// We are to close the connection.
    Closing,
    /// We left, and Janus has confirmed it.
    Left,
    /// Janus ended the stay.
    Removed,
    /// The link is down for good, or nobody wants it back: there is nobody to say goodbye to.
    Dead,
}

/// The task that keeps one stay: hears what Janus tells, leaves, and gets a lost link back.
pub(crate) struct Keeper {
    pub(crate) membership: Membership,
    pub(crate) session: Arc<Session>,
    pub(crate) handle: Handle,
    pub(crate) events: HandleEvents,
    pub(crate) room: Id,
    /// Who we are in the room.
    pub(crate) id: Id,
    pub(crate) roster: Roster,
}

/// Begins a stay, which a task keeps from now on.
pub(crate) fn start(config: &JanusConfig, entered: Entered, link: RoomLink) -> StayConnection {
    let Entered {
        session,
        handle,
        events,
        room,
        id,
        private_id,
        roster,
    } = entered;
    let session = Arc::new(session);
    let media = Media::new(config, &session, &handle, &room, private_id, link.clone());
    StayConnection::start(link, |membership| {
        let keeper = Keeper {
            membership,
            session,
            handle,
            events,
            room,
            id,
            roster,
        };
        keeper.keep(media)
    })
}

impl Keeper {
    async fn keep(mut self, media: Media) -> Result<(), CloseError> {
        for other in self.roster.others().values() {
            let entered = RoomSignal::RemoteUserEntered(other.user.clone());
            self.membership.tell(entered).await;
        }
        media.receive_from(self.roster.others());
        let ending = tokio::select! {
            biased;
            ending = self.attend(&media) => ending,
            never = media.run() => match never {},
        };
        self.end(ending, media).await
    }

    /// Lets go of everything, within 800 ms (G-6): the peer connections, and beside them what Janus has of
    /// us, which takes a session's close and, after a removal, [`REMOVING`] before it.
    async fn end(mut self, ending: Ending, media: Media) -> Result<(), CloseError> {
        let removed = matches!(ending, Ending::Removed);
        match ending {
            Ending::Closing => {}
            Ending::Left | Ending::Removed => self.membership.be_out(),
            Ending::Dead => {
                return parted(media.close().await, Ok(()));
            }
        }
        let goodbye = async {
            if removed {
                self.let_janus_finish().await;
            }
            // Who hangs answers neither to the handle's end nor to the session's, so the one need not wait
            // for the other.
            let detached = timeout(Session::ENDING, self.handle.detach());
            tokio::join!(detached, self.session.end()).1
        };
        // Janus leaves the peer connection of somebody who left open; it is ours to close.
        let (media, ended) = tokio::join!(media.close(), goodbye);
        parted(media, ended)
    }

    /// Waits until `VideoRoom` is through with our removal, within [`REMOVING`].
    ///
    /// `destroy` tells a member that the room is gone and *then* takes his handle in hand to close the peer
    /// connection, without keeping it alive in between (1.1.2; the same lines are in 1.4.1). A member whose
    /// handle or session ends in that moment takes all of Janus down with it (G-16: whoever else is there,
    /// in whatever room). `kick` tells him before it tells the others, and who goes in between has left for
    /// them (G-12). The lock on the rooms is held while one is destroyed, and who is kicked is taken off the
    /// list once the others are told: not to be listed any more means that either moment has passed.
    async fn let_janus_finish(&self) {
        let finished = async {
            while self.is_listed().await {
                sleep(AGAIN).await;
            }
        };
        // A Janus that does not finish is not to hold up the exit (G-6).
        if timeout(REMOVING, finished).await.is_err() {
            tracing::debug!("Janus did not say in time that it is through with our removal");
        }
    }

    /// Whether the room counts us among its members. An error says that there is none, or nobody to ask.
    async fn is_listed(&self) -> bool {
        let listed = self.handle.ask(Body::ListParticipants {
            room: self.room.clone(),
            secret: None,
        });
        match listed.await {
            Ok(Word::Participants(now)) => now.iter().any(|participant| participant.id == self.id),
            Ok(_) | Err(_) => false,
        }
    }
}

/// What a close came to, of the media and of the session: whatever is left over, or was not heard by Janus.
fn parted(
    media: Result<(), PeerCloseError>,
    session: Result<(), JanusError>,
) -> Result<(), CloseError> {
    let session = session.err().map(|error| error.to_string());
    let media = media.err().map(|error| error.to_string());
    let details: Vec<String> = session.into_iter().chain(media).collect();
    if details.is_empty() {
        return Ok(());
    }
    let detail = details.join("; ");
    Err(CloseError::Unilateral { detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_that_did_not_end_is_not_an_end_in_good_order() {
        assert_eq!(parted(Ok(()), Ok(())), Ok(()));
        let stuck = PeerCloseError::CodecStuck { threads: 1 };
        let down = JanusError::Down {
            detail: "cut".to_owned(),
        };
        let error = parted(Err(stuck), Err(down)).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("is down: cut"), "{words}");
        assert!(words.contains("1 codec threads did not end"), "{words}");
    }
}
