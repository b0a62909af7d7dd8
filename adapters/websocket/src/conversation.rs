//! Talking to the server while the link is up: reading and writing side by side.
//!
//! Reading must go on while a write is stuck, or a peer that never reads could hold up an exit
//! (G-6). So both are futures of their own within the stay's one task, and the reader decides.

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use exeunt_port::{DepartureReceipt, RoomLink, RoomSignal};
use exeunt_signalling::Socket;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, Stream, StreamExt};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;

use crate::connection::Keeper;
use crate::socket::{described, text};
use crate::wire::{ClientMessage, CloseCode, ServerMessage, decode_downstream, encode_upstream};

/// How a conversation ends.
pub(crate) enum Parting {
    /// We are to close the connection.
    Closing,
    /// We left, and the server confirmed it.
    Left(DepartureReceipt),
    /// The server ended the stay.
    Over(RoomSignal),
    /// The link is down.
    Lost(String),
}

impl Keeper {
    /// Talks to the server until the conversation ends for one reason or another.
    pub(crate) async fn converse(&mut self, socket: &mut Socket) -> Parting {
        let (sink, stream) = socket.split();
        let heartbeat = Notify::new();
        let link = self.membership.link.clone();
        let leaving = self.membership.leaving.clone();
        let writer = write(sink, link, leaving, &heartbeat);
        let reader = self.read(stream, &heartbeat);
        tokio::select! {
            // In this order, always: a simulation of the same world has the same outcome.
            biased;
            parting = reader => parting,
            never = writer => match never {},
        }
    }

    async fn read(
        &mut self,
        mut stream: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
        heartbeat: &Notify,
    ) -> Parting {
        let mut beats = interval_at(Instant::now() + self.stay.heartbeat, self.stay.heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closing = self.membership.closing.clone();
        let mut silent_beats = 0;
        loop {
            tokio::select! {
                // What the server says comes last: it may say a lot, the others do not.
                biased;
                () = closing.cancelled() => return Parting::Closing,
                announcer = self.membership.next_announcer() => {
                    self.membership.keep_waiting(announcer);
                }
                _ = beats.tick() => {
                    // Silence is counted in heartbeats, not in time: a process that was held up
                    // has asked nothing meanwhile, and finds the answer only after asking.
                    silent_beats += 1;
                    if silent_beats >= self.stay.silent_beats() {
                        let detail = format!("nothing was heard for {silent_beats} heartbeats");
                        return Parting::Lost(detail);
                    }
                    heartbeat.notify_one();
                }
                said = stream.next() => {
                    if matches!(said, Some(Ok(_))) {
                        self.last_heard = Instant::now();
                        silent_beats = 0;
                    }
                    if let Some(parting) = self.hear(said).await {
                        return parting;
                    }
                }
            }
        }
    }

    /// Takes in one message; answers how the conversation ends if it does.
    async fn hear(&mut self, said: Option<Result<Message, tungstenite::Error>>) -> Option<Parting> {
        match said {
            Some(Ok(Message::Text(said))) => match ServerMessage::decode(&said) {
                Ok(message) => self.heed(message).await,
                Err(error) => Some(Parting::Lost(error.to_string())),
            },
            Some(Ok(Message::Binary(message))) => {
                self.receive(&message);
                None
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => None,
            Some(Ok(Message::Close(frame))) => Some(closed(frame.as_ref())),
            Some(Err(error)) => Some(Parting::Lost(error.to_string())),
            None => Some(Parting::Lost("the connection was cut".to_owned())),
        }
    }

    fn receive(&self, message: &Bytes) {
        match decode_downstream(message) {
            Ok(frame) if self.stay.members.contains_key(&frame.user) => {
                self.membership.link.received(frame);
            }
            // What was still on its way when its sender left is not seen or heard any more.
            Ok(frame) => tracing::trace!(user = %frame.user, "frame of nobody dropped"),
            // Media may be lost; a codec of a later version is no reason to part.
            Err(error) => tracing::debug!(stay = self.stay.number, %error, "frame dropped"),
        }
    }

    async fn heed(&mut self, message: ServerMessage) -> Option<Parting> {
        match message {
            ServerMessage::UserEntered { user_id, stay } => {
                self.stay.members.insert(user_id.clone(), stay);
                let entered = RoomSignal::RemoteUserEntered(user_id);
                self.membership.tell(entered).await;
                None
            }
            ServerMessage::UserLeft {
                user_id, reason, ..
            } => {
                self.stay.members.remove(&user_id);
                let left = RoomSignal::RemoteUserLeft(user_id, reason);
                self.membership.tell(left).await;
                None
            }
            ServerMessage::Heartbeat => None,
            ServerMessage::Left { told } if self.membership.leaving.is_cancelled() => {
                Some(Parting::Left(DepartureReceipt {
                    peers_told: Some(told),
                }))
            }
            ServerMessage::Kicked => Some(Parting::Over(RoomSignal::Kicked)),
            ServerMessage::Dismissed => Some(Parting::Over(RoomSignal::Dismissed)),
            ServerMessage::Replaced => Some(Parting::Over(RoomSignal::Replaced)),
            ServerMessage::ServerStopped => Some(Parting::Over(RoomSignal::ServerStopped)),
            message @ (ServerMessage::Entered { .. }
            | ServerMessage::Resumed { .. }
            | ServerMessage::Refused { .. }
            | ServerMessage::Left { .. }) => Some(Parting::Lost(format!(
                "the server said {message:?} unasked"
            ))),
        }
    }
}

/// A close frame that says why the stay is over says it as well as the message before would have.
fn closed(frame: Option<&CloseFrame>) -> Parting {
    match frame.and_then(|frame| CloseCode::from_number(frame.code.into())) {
        Some(CloseCode::Kicked) => Parting::Over(RoomSignal::Kicked),
        Some(CloseCode::Dismissed) => Parting::Over(RoomSignal::Dismissed),
        Some(CloseCode::Replaced) => Parting::Over(RoomSignal::Replaced),
        Some(CloseCode::ServerStopped) => Parting::Over(RoomSignal::ServerStopped),
        Some(
            CloseCode::Normal
            | CloseCode::ResumedElsewhere
            | CloseCode::LeaseExpired
            | CloseCode::Malformed
            | CloseCode::Refused
            | CloseCode::EnterTimeout
            | CloseCode::Flood
            | CloseCode::TooSlow,
        )
        | None => Parting::Lost(described(frame)),
    }
}

/// Writes media until the gate is shut or we leave, heartbeats, and the leave; one at a time.
async fn write(
    mut sink: SplitSink<&mut Socket, Message>,
    link: RoomLink,
    leaving: CancellationToken,
    heartbeat: &Notify,
) -> Infallible {
    let (mut gate_open, mut said_leave) = (true, false);
    loop {
        let message = tokio::select! {
            // Leaving goes before everything, heartbeats before media.
            biased;
            () = leaving.cancelled(), if !said_leave => {
                said_leave = true;
                text(&ClientMessage::Leave)
            }
            () = heartbeat.notified() => text(&ClientMessage::Heartbeat),
            frame = link.next_outbound(), if gate_open && !said_leave => match frame.map(|frame| encode_upstream(&frame)) {
                Some(Ok(message)) => Message::Binary(message),
                Some(Err(error)) => {
                    tracing::debug!(%error, "frame not sent");
                    continue;
                }
                None => {
                    gate_open = false;
                    continue;
                }
            },
        };
        if sink.send(message).await.is_err() {
            // What the server said last may still be unread; the reader will find the end of it.
            return pending().await;
        }
    }
}
