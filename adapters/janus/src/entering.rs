//! Entering a room, abandonable at every step.

use std::time::Duration;

use exeunt_port::{EnterError, EnterRequest, RoomId, RoomLink};
use tokio::time::timeout;

use crate::config::JanusConfig;
use crate::error::{JanusError, code};
use crate::handle::{Handle, HandleEvents};
use crate::roster::Roster;
use crate::session::Session;
use crate::translate::Id;
use crate::translate::identity::{description_of, user_of};
use crate::translate::requests::{Body, Create, Join};
use crate::translate::videoroom::Word;

/// How long a leave that nobody waits for may take before the session is ended all the same.
const WITHDRAWAL: Duration = Duration::from_millis(250);

/// A membership that has begun.
pub(crate) struct Entered {
    pub(crate) session: Session,
    pub(crate) handle: Handle,
    pub(crate) events: HandleEvents,
    pub(crate) room: Id,
    pub(crate) id: Id,
    pub(crate) private_id: Option<u64>,
    /// Who else is there, and who of them was there before us.
    pub(crate) roster: Roster,
}

/// Enters a room, or ends with [`EnterError::Abandoned`] as soon as that is clean (G-4).
pub(crate) async fn enter(
    config: &JanusConfig,
    request: &EnterRequest,
    link: &RoomLink,
) -> Result<Entered, EnterError> {
    let endpoint = config.endpoint.to_string();
    let opened = tokio::select! {
        biased;
        () = link.abandoned() => return Err(EnterError::Abandoned),
        opened = Session::open(&config.endpoint) => opened,
    };
    let session = opened.map_err(|error| refusal(error, &endpoint))?;
    let mut doorway = Doorway {
        session: Some(session),
        handle: None,
        asked: false,
    };
    let answered = tokio::select! {
        // An answer that is there counts, even if nobody wants it any more: the connection is handed
        // back, and the departure will be announced on it.
        biased;
        answered = doorway.ask(config, request) => answered,
        () = link.abandoned() => {
            doorway.withdraw().await;
            return Err(EnterError::Abandoned);
        }
    };
    match answered {
        Ok(entered) => Ok(entered),
        Err(error) => {
            // Who said no does not count us in; whose answer is missing or senseless perhaps does (G-4).
            doorway.asked &= error.code().is_none();
            doorway.withdraw().await;
            Err(refusal(error, &endpoint))
        }
    }
}

/// A session in which `join` may have gone out. Dropped before the answer it is ended all the same, as far
/// as that goes without waiting: a future that is dropped leaves nobody behind (G-7).
struct Doorway {
    session: Option<Session>,
    handle: Option<Handle>,
    asked: bool,
}

impl Doorway {
    async fn ask(
        &mut self,
        config: &JanusConfig,
        request: &EnterRequest,
    ) -> Result<Entered, JanusError> {
        let Some(session) = self.session.as_ref() else {
            return Err(JanusError::Down {
                detail: "entering is over".to_owned(),
            });
        };
        let (handle, events) = session.attach().await?;
        self.handle = Some(handle.clone());
        let room = config.ids.of_room(&request.room);
        let join = || {
            Body::Join(Join::Publisher {
                room: room.clone(),
                id: config.ids.of_user(&request.user),
                display: request.user.to_string(),
                pin: config.pin.clone(),
                token: config.participant_token.clone(),
            })
        };
        // From the first byte on the server may count us in.
        self.asked = true;
        let mut answered = handle.ask(join()).await;
        if let (Err(error), Some(_)) = (&answered, &config.making)
            && error.code() == Some(code::NO_SUCH_ROOM)
        {
            make_room(&handle, config, &request.room).await?;
            answered = handle.ask(join()).await;
        }
        let word = match answered {
            Ok(word) => word,
            Err(error) if error.code() == Some(code::ID_IN_USE) => {
                return Err(holder_of(&handle, config, request, &room, error).await);
            }
            Err(error) => return Err(error),
        };
        let Word::Joined {
            id,
            private_id,
            publishers,
            attendees,
            ..
        } = word
        else {
            return Err(JanusError::Protocol {
                request: "let us into the room",
                detail: format!("expected joined, not {word:?}"),
            });
        };
        let mut roster = Roster::of(id.clone(), request.user.clone());
        for attendee in &attendees {
            roster.came(attendee);
        }
        for publisher in publishers {
            roster.sends(publisher);
        }
        let Some(session) = self.session.take() else {
            unreachable!("it was there at the beginning, and nobody else takes it");
        };
        Ok(Entered {
            session,
            handle,
            events,
            room,
            id,
            private_id,
            roster,
        })
    }

    /// Leaves if we may be in, and gives the server a moment to act on it; then ends the session.
    async fn withdraw(mut self) {
        if let (true, Some(handle)) = (self.asked, &self.handle) {
            // Whatever it answers, the end of the session takes us out as well.
            let _ = timeout(WITHDRAWAL, handle.ask(Body::Leave)).await;
        }
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

impl Drop for Doorway {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            session.end_in_background();
        }
    }
}

/// Makes the room. That somebody else has made it meanwhile is as good.
async fn make_room(handle: &Handle, config: &JanusConfig, room: &RoomId) -> Result<(), JanusError> {
    let Some(making) = &config.making else {
        return Ok(());
    };
    let create = Create {
        room: config.ids.of_room(room),
        description: Some(description_of(room)),
        admin_key: making.admin_key.clone(),
        secret: making.secret.clone(),
        pin: config.pin.clone(),
        publishers: making.publishers,
        permanent: false,
        notify_joining: true,
        // Janus ends the subscriptions of who is kicked in such rooms only.
        require_pvtid: true,
        audiocodec: "opus".to_owned(),
        videocodec: "h264".to_owned(),
    };
    match handle.ask(Body::Create(create)).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(code::ROOM_EXISTS) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same error; but if the id is in use by somebody else, whose name has the same number, it says so.
async fn holder_of(
    handle: &Handle,
    config: &JanusConfig,
    request: &EnterRequest,
    room: &Id,
    error: JanusError,
) -> JanusError {
    let id = config.ids.of_user(&request.user);
    let listed = handle.ask(Body::ListParticipants {
        room: room.clone(),
        secret: None,
    });
    if let (
        JanusError::Refused {
            request: what,
            code,
            ..
        },
        Ok(Word::Participants(participants)),
    ) = (&error, listed.await)
        && let Some(holder) = participants.iter().find(|participant| participant.id == id)
    {
        let named = user_of(&holder.id, holder.display.as_deref());
        if named != user_of(&id, Some(request.user.as_str())) {
            return JanusError::Refused {
                request: what,
                code: *code,
                words: format!(
                    "{named} has the number {id}, which follows from the name {} as well; one of them needs \
                     another name",
                    request.user
                ),
            };
        }
    }
    error
}

/// Why a room could not be entered, in the port's words.
fn refusal(error: JanusError, endpoint: &str) -> EnterError {
    let endpoint = endpoint.to_owned();
    match error {
        JanusError::Unreachable { endpoint, detail } => {
            EnterError::Unreachable { endpoint, detail }
        }
        JanusError::Refused { code, words, .. } => EnterError::Refused {
            code,
            message: explained(code, words),
        },
        JanusError::Protocol { detail, .. } => EnterError::Protocol { endpoint, detail },
        other @ (JanusError::Unanswered { .. }
        | JanusError::Down { .. }
        | JanusError::Busy { .. }) => EnterError::Unreachable {
            endpoint,
            detail: other.to_string(),
        },
    }
}

/// Janus's words, and what they mean for somebody who wants to enter a room.
fn explained(code: i32, words: String) -> String {
    let meaning = match code {
        code::UNAUTHORIZED => "the api secret or token is missing or wrong",
        code::NO_SUCH_PLUGIN => "this Janus has no VideoRoom",
        code::NO_SUCH_ROOM => "the room is not there, and making rooms was not asked for",
        code::MISSING_ELEMENT => "something is needed that was not given, as the room's pin may be",
        code::INVALID_ELEMENT => "is the kind of its ids, numbers or strings, the one in use here?",
        code::ROOM_FULL => "the room has all the publishers it may have",
        code::FORBIDDEN => "the pin, the token or the admin key is wrong",
        code::ID_IN_USE => "the identity is in use",
        _ => return words,
    };
    format!("{meaning} ({words})")
}
