//! Getting a lost link back, within the lease and never during an exit (G-5, G-17).

use exeunt_port::{EnterError, RoomSignal};
use exeunt_signalling::{Pauses, Socket};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::connection::Keeper;
use crate::dial::Server;
use crate::socket::{described, dial, text};
use crate::stay::Stay;
use crate::wire::{ClientMessage, Departed, Member, ServerMessage};

/// What became of a lost link.
pub(crate) enum Resumption {
    /// The stay goes on, on this socket.
    Resumed {
        /// The new socket; boxed for its size.
        socket: Box<Socket>,
        /// Who else is in the room now.
        members: Vec<Member>,
        /// Who left of late.
        departed: Vec<Departed>,
    },
    /// The server ended the stay meanwhile.
    Over(RoomSignal),
    /// The lease has run out, or the server does not know the stay.
    Dead(String),
    /// An exit has begun, so nothing is recovered.
    Unwanted,
}

impl Keeper {
    /// Tries to resume the stay until that works, has no sense any more, or is not wanted.
    pub(crate) async fn recover(&mut self, pauses: &mut Pauses) -> Resumption {
        let lease = self.stay.lease;
        let end = self.last_heard + lease;
        tokio::select! {
            biased;
            () = self.membership.exit_begun() => Resumption::Unwanted,
            resumption = attempts(&self.server, &mut self.stay, pauses) => resumption,
            () = sleep_until(end) => {
                Resumption::Dead(format!("the lease of {lease:?} has run out"))
            }
        }
    }
}

/// One attempt after another, each bounded, with growing pauses.
async fn attempts(server: &Server, stay: &mut Stay, pauses: &mut Pauses) -> Resumption {
    loop {
        sleep(pauses.take()).await;
        // What an attempt that was given up still says may arrive after the next one: the higher
        // number has the stay (G-10).
        stay.resumes += 1;
        match timeout(stay.lease / 4, attempt(server, stay)).await {
            Ok(Ok(resumption)) => return resumption,
            Ok(Err(error)) => tracing::debug!(stay = stay.number, %error, "not resumed"),
            Err(_) => tracing::debug!(stay = stay.number, "no answer to the resume"),
        }
    }
}

async fn attempt(server: &Server, stay: &Stay) -> Result<Resumption, EnterError> {
    let mut socket = dial(server).await?;
    let failed = |detail| EnterError::Unreachable {
        endpoint: server.to_string(),
        detail,
    };
    let resume = text(&ClientMessage::Resume {
        stay: stay.number,
        secret: stay.secret.clone(),
        attempt: stay.resumes,
    });
    socket
        .send(resume)
        .await
        .map_err(|error| failed(error.to_string()))?;
    loop {
        let said = match socket.next().await {
            Some(Ok(Message::Text(said))) => said,
            Some(Ok(Message::Close(frame))) => return Err(failed(described(frame.as_ref()))),
            Some(Ok(
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
            )) => continue,
            Some(Err(error)) => return Err(failed(error.to_string())),
            None => return Err(failed(described(None))),
        };
        let message = ServerMessage::decode(&said).map_err(|error| failed(error.to_string()))?;
        return Ok(match message {
            ServerMessage::Resumed { members, departed } => Resumption::Resumed {
                socket: Box::new(socket),
                members,
                departed,
            },
            ServerMessage::Kicked => Resumption::Over(RoomSignal::Kicked),
            ServerMessage::Dismissed => Resumption::Over(RoomSignal::Dismissed),
            ServerMessage::Replaced => Resumption::Over(RoomSignal::Replaced),
            ServerMessage::ServerStopped => Resumption::Over(RoomSignal::ServerStopped),
            ServerMessage::Refused { code, message } => {
                Resumption::Dead(format!("the server refused ({code}): {message}"))
            }
            other @ (ServerMessage::Entered { .. }
            | ServerMessage::Left { .. }
            | ServerMessage::UserEntered { .. }
            | ServerMessage::UserLeft { .. }
            | ServerMessage::Heartbeat) => {
                return Err(failed(format!("expected resumed, not {other:?}")));
            }
        });
    }
}
