//! Entering a room, abandonable at every step.

use std::time::Duration;

use exeunt_port::{EnterError, RoomLink};
use exeunt_signalling::{GOODBYE, Socket};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::dial::Server;
use crate::socket::{described, dial, text};
use crate::stay::Stay;
use crate::wire::{ClientMessage, Enter, ServerMessage};

/// Enters a room, or ends with [`EnterError::Abandoned`] as soon as that is clean (G-4).
pub(crate) async fn enter(
    server: &Server,
    request: Enter,
    link: &RoomLink,
) -> Result<(Socket, Stay), EnterError> {
    let socket = tokio::select! {
        biased;
        () = link.abandoned() => return Err(EnterError::Abandoned),
        dialled = dial(server) => dialled?,
    };
    let mut doorway = Doorway {
        socket: Some(socket),
        asked: false,
    };
    let asking = doorway.ask(server, request);
    let answered = tokio::select! {
        // An answer that is there counts, even if nobody wants it any more: the connection is handed
        // back, and the departure will be announced on it.
        biased;
        answered = asking => answered,
        () = link.abandoned() => {
            doorway.withdraw().await;
            return Err(EnterError::Abandoned);
        }
    };
    let stay = answered?;
    match doorway.socket.take() {
        Some(socket) => Ok((socket, stay)),
        None => Err(EnterError::Abandoned),
    }
}

/// A socket on which `enter` may have gone out. Dropped before the answer it still says `leave`,
/// as far as that goes without waiting: a future that is dropped leaves nobody behind (G-7).
struct Doorway {
    socket: Option<Socket>,
    asked: bool,
}

impl Doorway {
    async fn ask(&mut self, server: &Server, request: Enter) -> Result<Stay, EnterError> {
        let Some(socket) = self.socket.as_mut() else {
            return Err(EnterError::Abandoned);
        };
        let endpoint = server.to_string();
        let enter = text(&ClientMessage::Enter(request));
        // From the first byte on the server may count us in.
        self.asked = true;
        let answered = match socket.send(enter).await {
            Ok(()) => answer(socket, &endpoint).await,
            Err(error) => Err(lost(&endpoint, error)),
        };
        if let Err(error) = &answered {
            // Who said no, or is gone, does not count us in; who talks nonsense perhaps does (G-4).
            self.asked = matches!(error, EnterError::Protocol { .. });
        }
        answered
    }

    /// Says `leave` and gives the server a moment to act on it.
    async fn withdraw(&mut self) {
        self.asked = false;
        let Some(mut socket) = self.socket.take() else {
            return;
        };
        let withdrawal = async {
            let _ = socket.send(text(&ClientMessage::Leave)).await;
            while let Some(Ok(message)) = socket.next().await {
                if has_left(&message) {
                    break;
                }
            }
        };
        // When the moment is over the lease on the server does the rest.
        let _ = timeout(GOODBYE, withdrawal).await;
    }
}

impl Drop for Doorway {
    fn drop(&mut self) {
        if let (true, Some(socket)) = (self.asked, self.socket.as_mut()) {
            // One attempt without waiting: a buffer that has room takes the few bytes at once.
            let _ = socket.send(text(&ClientMessage::Leave)).now_or_never();
        }
    }
}

fn has_left(message: &Message) -> bool {
    match message.to_text().map(ServerMessage::decode) {
        Ok(Ok(message)) => matches!(
            message,
            ServerMessage::Left { .. } | ServerMessage::Refused { .. }
        ),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// What the server answers to `enter`.
async fn answer(socket: &mut Socket, endpoint: &str) -> Result<Stay, EnterError> {
    let protocol = |detail: String| EnterError::Protocol {
        endpoint: endpoint.to_owned(),
        detail,
    };
    let unreachable = |detail| EnterError::Unreachable {
        endpoint: endpoint.to_owned(),
        detail,
    };
    loop {
        let said = match socket.next().await {
            Some(Ok(Message::Text(said))) => said,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Binary(_))) => {
                return Err(protocol("media before entering".to_owned()));
            }
            Some(Ok(Message::Close(frame))) => return Err(unreachable(described(frame.as_ref()))),
            Some(Err(error)) => return Err(lost(endpoint, error)),
            None => return Err(unreachable(described(None))),
        };
        let message = ServerMessage::decode(&said).map_err(|error| protocol(error.to_string()))?;
        return match message {
            ServerMessage::Entered {
                stay,
                secret,
                lease_ms,
                heartbeat_ms,
                members,
            } => {
                let lease = Duration::from_millis(lease_ms);
                let heartbeat = Duration::from_millis(heartbeat_ms);
                Stay::new(stay, secret, lease, heartbeat, members).map_err(protocol)
            }
            ServerMessage::Refused { code, message } => Err(EnterError::Refused { code, message }),
            ServerMessage::ServerStopped => Err(unreachable("the server is stopping".to_owned())),
            other @ (ServerMessage::Resumed { .. }
            | ServerMessage::Left { .. }
            | ServerMessage::UserEntered { .. }
            | ServerMessage::UserLeft { .. }
            | ServerMessage::Kicked
            | ServerMessage::Dismissed
            | ServerMessage::Replaced
            | ServerMessage::Heartbeat) => Err(protocol(format!(
                "expected entered or refused, not {other:?}"
            ))),
        };
    }
}

fn lost(endpoint: &str, error: tungstenite::Error) -> EnterError {
    let endpoint = endpoint.to_owned();
    if let tungstenite::Error::Io(error) = error {
        return EnterError::Unreachable {
            endpoint,
            detail: error.to_string(),
        };
    }
    EnterError::Protocol {
        endpoint,
        detail: error.to_string(),
    }
}
