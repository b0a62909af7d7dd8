//! A wire for each user.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use exeunt_port::UserId;

use crate::{Obstacle, TcpWire};

/// A [`TcpWire`] between a server and each user, for the [`World`](crate::World) of a transport over TCP.
///
/// [`of`](Self::of) is where this user's transport connects to; [`cut`](Self::cut),
/// [`freeze`](Self::freeze) and [`mend`](Self::mend) are the world's methods of the same names.
#[derive(Debug)]
pub struct TcpWires {
    server: SocketAddr,
    wires: Mutex<BTreeMap<UserId, TcpWire>>,
}

impl TcpWires {
    /// Wires to this server. There is none yet.
    #[must_use]
    pub fn before(server: SocketAddr) -> Self {
        Self {
            server,
            wires: Mutex::default(),
        }
    }

    /// The address of this user's wire, which is made when it is asked for first.
    pub async fn of(&self, user: &UserId) -> Result<SocketAddr, Obstacle> {
        let known = self.wires().get(user).map(TcpWire::address);
        if let Some(address) = known {
            return Ok(address);
        }
        let wire = TcpWire::before(self.server).await;
        let wire = wire.map_err(Obstacle::failed)?;
        // Two who ask at once get the same one: the second wire that was made is dropped.
        Ok(self.wires().entry(user.clone()).or_insert(wire).address())
    }

    /// This user's connections end, and new ones end at once.
    pub fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        self.with(user, TcpWire::cut)
    }

    /// This user's connections stay up and carry nothing, either way.
    pub fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        self.with(user, TcpWire::freeze)
    }

    /// Everything of this user's is carried again; connections that were cut stay cut.
    pub fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        self.with(user, TcpWire::mend)
    }

    fn with(&self, user: &UserId, act: fn(&TcpWire)) -> Result<(), Obstacle> {
        let wires = self.wires();
        let wire = wires.get(user);
        act(wire.ok_or_else(|| Obstacle::failed(format!("{user} has no wire")))?);
        Ok(())
    }

    fn wires(&self) -> MutexGuard<'_, BTreeMap<UserId, TcpWire>> {
        self.wires.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
