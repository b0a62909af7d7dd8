//! How long rooms and stays last, and who is announced to whom.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_port::RoomId;
use exeunt_websocket::wire::{Refusal, Role};

use super::{Occurrence, Outputs, Rooms};

/// What the rooms are for, as with TRTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Everybody is an anchor: seen, heard, and announced to everybody.
    #[default]
    Call,
    /// Anchors are announced to everybody; audience members to nobody, and what they send is dropped.
    Live,
}

/// How long rooms and stays last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoomLife {
    /// What the rooms are for.
    pub scene: Scene,
    /// How long a room stays open that the last anchor has left. 0 with TRTC, and by default.
    pub empty_after_anchor: Duration,
    /// How long a room stays open that the last audience member has left: 10 minutes with TRTC, and by
    /// default. There are audience members in live rooms only.
    pub empty_after_audience: Duration,
    /// How long a stay may last, however alive its client is; `None`, the default, for ever.
    pub longest_stay: Option<Duration>,
}

impl Default for RoomLife {
    fn default() -> Self {
        Self {
            scene: Scene::Call,
            empty_after_anchor: Duration::ZERO,
            empty_after_audience: Duration::from_secs(600),
            longest_stay: None,
        }
    }
}

impl RoomLife {
    /// What somebody is who wants to be this.
    pub(super) fn role(self, wanted: Role) -> Role {
        match self.scene {
            Scene::Call => Role::Anchor,
            Scene::Live => wanted,
        }
    }

    fn grace(self, last: Role) -> Duration {
        match last {
            Role::Anchor => self.empty_after_anchor,
            Role::Audience => self.empty_after_audience,
        }
    }
}

/// The rooms that nobody is in, by the time at which they close.
pub(super) type Closings = BTreeSet<(Duration, RoomId)>;

impl Rooms {
    /// The same rooms, with this life.
    #[must_use]
    pub fn with_life(mut self, life: RoomLife) -> Self {
        self.life = life;
        self
    }

    /// The last one has left a room. Answers whether it is over with that.
    pub(super) fn emptied(&mut self, now: Duration, id: &RoomId, last: Role) -> bool {
        let grace = self.life.grace(last);
        if grace.is_zero() {
            self.open.remove(id);
            return true;
        }
        // Somebody may have meant for ever.
        let closes_at = now.saturating_add(grace);
        if let Some(room) = self.open.get_mut(id) {
            room.closes_at = Some(closes_at);
            self.closings.insert((closes_at, id.clone()));
        }
        false
    }

    /// A room does not close by itself any more: somebody enters, or it is dismissed.
    pub(super) fn cancel_closing(&mut self, id: &RoomId) {
        let room = self.open.get_mut(id);
        if let Some(closes_at) = room.and_then(|room| room.closes_at.take()) {
            self.closings.remove(&(closes_at, id.clone()));
        }
    }

    /// Sees to it that one more room may be: where there are as many as may be, the empty one closes
    /// that would have been the next to close.
    pub(super) fn make_place(&mut self, outputs: &mut Outputs) -> Result<(), Refusal> {
        while self.open.len() >= self.limits.rooms {
            let (_, id) = self.closings.pop_first().ok_or(Refusal::TooManyRooms)?;
            self.close(id, outputs);
        }
        Ok(())
    }

    /// Closes the rooms whose time is over.
    pub(super) fn close_empty(&mut self, now: Duration, outputs: &mut Outputs) {
        while let Some((closes_at, _)) = self.closings.first() {
            if *closes_at > now {
                break;
            }
            let Some((_, id)) = self.closings.pop_first() else {
                break;
            };
            self.close(id, outputs);
        }
    }

    /// Closes a room that nobody is in.
    fn close(&mut self, id: RoomId, outputs: &mut Outputs) {
        if self.open.remove(&id).is_some() {
            outputs.occurred(Occurrence::RoomClosed { room: id });
        }
    }
}
