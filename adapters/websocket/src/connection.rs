//! One stay's connection: the task that keeps it.

use exeunt_port::{CloseError, RoomLink, RoomSignal};
use exeunt_signalling::{Membership, Pauses, Socket, StayConnection};
use tokio::time::Instant;

use crate::conversation::Parting;
use crate::dial::Server;
use crate::resuming::Resumption;
use crate::socket::say_goodbye;
use crate::stay::Stay;

/// The task that keeps one stay: reads, writes, and gets a lost link back.
pub(crate) struct Keeper {
    pub(crate) membership: Membership,
    pub(crate) server: Server,
    pub(crate) stay: Stay,
    pub(crate) last_heard: Instant,
}

/// Begins a stay, which a task keeps from now on.
pub(crate) fn start(server: Server, socket: Socket, stay: Stay, link: RoomLink) -> StayConnection {
    StayConnection::start(link, |membership| {
        let keeper = Keeper {
            membership,
            server,
            stay,
            last_heard: Instant::now(),
        };
        keeper.keep(socket)
    })
}

impl Keeper {
    async fn keep(mut self, mut socket: Socket) -> Result<(), CloseError> {
        let members: Vec<_> = self.stay.members.keys().cloned().collect();
        for member in members {
            let entered = RoomSignal::RemoteUserEntered(member);
            self.membership.tell(entered).await;
        }
        let mut pauses = Pauses::within(self.stay.lease);
        loop {
            let up_since = Instant::now();
            match self.converse(&mut socket).await {
                Parting::Closing => return say_goodbye(socket).await,
                Parting::Left(receipt) => {
                    self.membership.answer(&Ok(receipt));
                    return self.finish(socket).await;
                }
                Parting::Over(signal) => {
                    self.membership.over(signal).await;
                    return self.finish(socket).await;
                }
                Parting::Lost(detail) => {
                    tracing::debug!(stay = self.stay.number, detail, "link lost");
                    drop(socket);
                }
            }
            pauses.lost_after(up_since.elapsed());
            self.membership.link_lost().await;
            match self.recover(&mut pauses).await {
                Resumption::Resumed {
                    socket: found,
                    members,
                    departed,
                } => {
                    tracing::debug!(stay = self.stay.number, "link recovered");
                    socket = *found;
                    self.last_heard = Instant::now();
                    self.membership.link_recovered().await;
                    for missed in self.stay.catch_up(members, &departed) {
                        self.membership.tell(missed).await;
                    }
                }
                Resumption::Over(signal) => {
                    self.membership.over(signal).await;
                    return Ok(());
                }
                Resumption::Dead(detail) => {
                    tracing::debug!(stay = self.stay.number, detail, "link dead");
                    self.membership.link_dead().await;
                    return Ok(());
                }
                Resumption::Unwanted => {
                    self.membership.stay_down().await;
                    return Ok(());
                }
            }
        }
    }

    /// The server has had its say and is about to close; no announcement has to wait for that.
    async fn finish(mut self, socket: Socket) -> Result<(), CloseError> {
        self.membership.be_out();
        say_goodbye(socket).await
    }
}
