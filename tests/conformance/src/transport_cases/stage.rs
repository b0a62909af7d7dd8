//! Where a transport's case plays: a world, a room in it, and who comes in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use exeunt_port::{EnterRequest, RoomId, RoomLink, Transport, UserId};
use exeunt_runtime::Client;

use super::member::Member;
use crate::borrowed::Borrowed;
use crate::duty::{CONNECT, Duty};
use crate::finding::{Finding, demand};
use crate::patience::Patience;
use crate::{Obstacle, World};

/// A world with one room that nobody else uses.
pub(crate) struct Stage {
    pub(crate) world: Box<dyn World>,
    pub(crate) room: RoomId,
    pub(crate) patience: Patience,
}

impl Stage {
    pub(crate) fn new(world: Box<dyn World>, patience: Patience) -> Self {
        Self {
            world,
            room: fresh_room(),
            patience,
        }
    }

    /// How long the whole case may take: some answers, and some leases that run out.
    pub(crate) fn bound(&self) -> Duration {
        2 * self.patience.bound() + 4 * self.world.lease().unwrap_or_default()
    }

    /// The time that the end of a silent stay may take to be told.
    pub(super) fn lease(&self) -> Result<Patience, Obstacle> {
        Ok(self.patience.and(self.world.lease()?))
    }

    pub(super) fn request(&self, user: &UserId) -> Result<EnterRequest, Obstacle> {
        self.world.request(user, &self.room)
    }

    pub(super) async fn transport(&self, user: &UserId) -> Result<Arc<dyn Transport>, Obstacle> {
        Ok(Arc::from(self.world.transport(user).await?))
    }

    /// Somebody enters the room over a transport of his own.
    pub(super) async fn enter(&self, name: &str) -> Result<Member, Finding> {
        self.enter_room(name, &self.room).await
    }

    /// Somebody enters this room over a transport of his own.
    pub(super) async fn enter_room(&self, name: &str, room: &RoomId) -> Result<Member, Finding> {
        let user = user(name);
        let transport = self.transport(&user).await?;
        self.enter_over(&*transport, &user, room).await
    }

    /// Somebody enters this room over this transport.
    pub(super) async fn enter_over(
        &self,
        transport: &dyn Transport,
        user: &UserId,
        room: &RoomId,
    ) -> Result<Member, Finding> {
        let request = self.world.request(user, room)?;
        let (link, side) = RoomLink::pair();
        let connecting = transport.connect(request, link);
        let connected = self
            .patience
            .answers(&CONNECT, format!("{user}'s connect()"), connecting)
            .await?;
        let connection = connected.map_err(|error| {
            Finding::broken(&CONNECT, format!("{user} was not let in: {error}"))
        })?;
        Ok(Member::new(
            user.clone(),
            connection,
            side,
            self.patience.clone(),
        ))
    }

    /// A client of the runtime, over a transport of this user's own.
    pub(super) async fn client(&self, user: &UserId) -> Result<Client, Finding> {
        let transport = self.transport(user).await?;
        Ok(Client::new(Borrowed(transport)))
    }

    /// Waits until none of these users is in the room, as `witness` hears it and as a newcomer
    /// finds it, and demands that the witness heard of each either nothing or whole stays.
    pub(super) async fn is_left_by(
        &self,
        witness: &mut Member,
        guests: &[UserId],
        duty: &'static Duty,
    ) -> Result<(), Finding> {
        // What the server did before it let the caller in is told before him.
        let caller = self.enter("caller").await?;
        witness.sees_enter(&caller.user).await?;
        let lease = self.world.lease().unwrap_or_default();
        let gone = |heard: &Member| {
            let present = heard.present();
            guests.iter().all(|guest| !present.contains(guest))
        };
        witness
            .until_within(duty, "all who gave up are out", lease, gone)
            .await?;
        let mut newcomer = self.enter("newcomer").await?;
        let later = self.enter("later").await?;
        newcomer.sees_enter(&later.user).await?;
        witness.sees_enter(&later.user).await?;
        let ghost = guests
            .iter()
            .find(|guest| newcomer.present().contains(guest) || witness.present().contains(guest));
        demand(duty, ghost.is_none(), || {
            format!("{ghost:?} gave up entering and is in the room all the same")
        })?;
        guests
            .iter()
            .try_for_each(|guest| witness.heard_whole_stays_of(guest))
    }
}

/// A room that no other case, and no other run against the same server, uses.
pub(super) fn fresh_room() -> RoomId {
    static ROOMS: AtomicU32 = AtomicU32::new(0);
    let number = ROOMS.fetch_add(1, Ordering::Relaxed);
    let name = format!("conformance-{}-{number}", std::process::id());
    RoomId::string(name).unwrap_or_else(|error| unreachable!("{error}"))
}

/// The user of this name, which is one of the suite's own.
pub(super) fn user(name: &str) -> UserId {
    name.parse()
        .unwrap_or_else(|error| unreachable!("{name}: {error}"))
}
