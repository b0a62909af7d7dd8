//! The world that a transport's author gives: his transport, and a server that can be played with.

use std::time::Duration;

use exeunt_port::{Codec, EnterRequest, RemoteLeaveReason, RoomId, Transport, UserId, async_trait};

use crate::Obstacle;

/// A transport's world: where its rooms are, and what can happen to them.
///
/// Only [`transport`](Self::transport) has to be there. Everything else says `not offered` until it
/// is, and the cases that need it are listed as such: the more a world can do, the more is checked.
/// Each case gets a world of its own and drops it at its end.
#[async_trait]
pub trait World: Send + Sync + 'static {
    /// A fresh transport, as this user has one. The suite uses it for other users as well where it
    /// checks that one transport serves many stays.
    async fn transport(&self, user: &UserId) -> Result<Box<dyn Transport>, Obstacle>;

    /// What lets this user into this room. Without keys it is an unsigned request.
    fn request(&self, user: &UserId, room: &RoomId) -> Result<EnterRequest, Obstacle> {
        Ok(EnterRequest {
            sdk_app_id: 0,
            user: user.clone(),
            room: room.clone(),
            user_sig: String::new(),
        })
    }

    /// What the transport carries; both codecs unless it says otherwise.
    fn codecs(&self) -> Vec<Codec> {
        vec![Codec::Opus, Codec::Jpeg]
    }

    /// How long a member of whom nothing is heard stays a member. Make it short, a second or less:
    /// the suite waits for it several times.
    fn lease(&self) -> Result<Duration, Obstacle> {
        Err(Obstacle::not_offered("no lease ends a silent stay"))
    }

    /// For which reason the others hear of somebody who fell silent. A server that does not tell the silent
    /// from those who left says [`RemoteLeaveReason::Left`] of both.
    fn reason_of_silence(&self) -> RemoteLeaveReason {
        RemoteLeaveReason::TimedOut
    }

    /// Whether a user who enters the same room again replaces his earlier stay.
    fn replaces(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "a user can be in a room several times",
        ))
    }

    /// An operator removes a user from a room. A user who is not there (any more) is no error.
    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        let _ = (room, user);
        Err(Obstacle::not_offered("no operator kicks users"))
    }

    /// An operator dismisses a room.
    async fn dismiss(&self, room: &RoomId) -> Result<(), Obstacle> {
        let _ = room;
        Err(Obstacle::not_offered("no operator dismisses rooms"))
    }

    /// The server stops in good order, as when it is updated.
    async fn stop_server(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "the test's world cannot stop the server",
        ))
    }

    /// The server is gone at once, without a word, as when it crashes.
    async fn kill_server(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "the test's world cannot kill the server",
        ))
    }

    /// This user's link is cut: what is up goes down, and nothing comes up.
    async fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        let _ = user;
        Err(Obstacle::not_offered("the test's world cannot cut a link"))
    }

    /// This user's link carries nothing any more, either way, but stays up: a server that froze.
    async fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        let _ = user;
        Err(Obstacle::not_offered(
            "the test's world cannot freeze a link",
        ))
    }

    /// This user's link works again.
    async fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        let _ = user;
        Err(Obstacle::not_offered("the test's world cannot mend a link"))
    }

    /// A transport to where no server is.
    async fn unreachable(&self) -> Result<Box<dyn Transport>, Obstacle> {
        Err(Obstacle::not_offered(
            "no address of this transport leads nowhere",
        ))
    }

    /// A transport and a request of this user that the server refuses, for instance for its key.
    async fn refused(
        &self,
        user: &UserId,
        room: &RoomId,
    ) -> Result<(Box<dyn Transport>, EnterRequest), Obstacle> {
        let _ = (user, room);
        Err(Obstacle::not_offered("the server lets everybody in"))
    }
}
