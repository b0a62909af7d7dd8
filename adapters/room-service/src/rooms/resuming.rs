//! How a stay whose connection was lost goes on.

use std::time::Duration;

use exeunt_websocket::wire::{CloseCode, Refusal, ServerMessage};

use super::{Outputs, Rooms, SocketId, StayId};

/// What a client shows to get its stay back.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// Which stay.
    pub stay: StayId,
    /// The stay's secret.
    pub secret: &'a str,
    /// Which attempt to resume this stay it is.
    pub attempt: u64,
}

/// The secret stays out of logs.
impl std::fmt::Debug for Claim<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Claim")
            .field("stay", &self.stay)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl Rooms {
    /// Gives a stay back to a client that lost its connection, or tells it how the stay ended. An
    /// attempt that was overtaken by a later one is refused: it may not take the stay from the
    /// connection that the client uses now (G-10).
    pub fn resume(
        &mut self,
        now: Duration,
        socket: SocketId,
        claim: Claim<'_>,
        outputs: &mut Outputs,
    ) -> Result<(), Refusal> {
        let Claim {
            stay,
            secret,
            attempt,
        } = claim;
        if self.sockets.contains_key(&socket) {
            return Err(Refusal::NoParameters);
        }
        let Some(found) = self.stays.get_mut(&stay) else {
            let (message, code) = self
                .graves
                .ending(now, stay, secret)
                .ok_or(Refusal::StayUnknown)?;
            outputs.deliver(vec![socket], message);
            outputs.close(socket, code);
            return Ok(());
        };
        if !found.secret.is(secret) {
            return Err(Refusal::StayUnknown);
        }
        if found.resumes >= attempt {
            return Err(Refusal::Overtaken);
        }
        found.resumes = attempt;
        found.last_heard = now;
        if let Some(earlier) = found.socket.replace(socket) {
            self.sockets.remove(&earlier);
            outputs.close(earlier, CloseCode::ResumedElsewhere);
        }
        self.sockets.insert(socket, stay);
        if let Some(room) = self.open.get_mut(&found.room) {
            let members = room
                .members()
                .filter(|member| member.stay != stay.0)
                .collect();
            let departed = room.departed(now, 2 * self.limits.lease);
            outputs.deliver(vec![socket], ServerMessage::Resumed { members, departed });
        }
        Ok(())
    }
}
