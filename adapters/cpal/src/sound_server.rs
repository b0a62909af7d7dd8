//! The connections to the sound server that the streams of this process share.
//!
//! On one connection there is one speaker at most. cpal gives the same synchronisation group to
//! all that it plays on a connection, and PulseAudio takes the members of a group for parts of one
//! sound: none can be added while another one plays ("Invalid argument"), all of them are on the
//! same device, and whoever pauses one of them pauses all. Microphones have no such groups.
//!
//! cpal's client of the sound server keeps a thread and a socket that end only when something
//! arrives after the last handle was dropped. A connection that opened no stream (a list of
//! devices, a name that fits nothing) would stay for ever. So a connection is kept and used again,
//! until its server has gone: there are as many as there were speakers open at the same time, and
//! nothing grows (G-15).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cpal::HostId;
use cpal::traits::HostTrait;

use crate::sound_system::Purpose;

static CONNECTIONS: Mutex<Vec<Arc<Connection>>> = Mutex::new(Vec::new());

struct Connection {
    host: Arc<cpal::Host>,
    plays: AtomicBool,
}

/// The use of a connection. Dropping one that was for playing lets the next speaker play there, so
/// it is dropped after the stream.
pub(crate) struct Turn {
    connection: Arc<Connection>,
    purpose: Purpose,
}

impl Turn {
    /// A turn on this connection, unless it is to play and somebody plays there already.
    fn on(connection: &Arc<Connection>, purpose: Purpose) -> Option<Self> {
        let taken = purpose == Purpose::Play && connection.plays.swap(true, Ordering::SeqCst);
        (!taken).then(|| Self {
            connection: Arc::clone(connection),
            purpose,
        })
    }

    /// The way to the server's devices.
    pub(crate) fn host(&self) -> Arc<cpal::Host> {
        Arc::clone(&self.connection.host)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.purpose == Purpose::Play {
            self.connection.plays.store(false, Ordering::SeqCst);
        }
    }
}

/// A turn on a connection, if a server answers. Blocks while the server does not answer on a
/// connection that was made before; making a new one is bounded by cpal (2 s).
pub(crate) fn connect(purpose: Purpose) -> Option<Turn> {
    // Asked without the lock: a server that has stopped must not block those who ask whether it
    // is there. A connection that does not answer is forgotten, so both loops end.
    while let Some(turn) = turn(purpose) {
        if answers(&turn.connection) {
            return Some(turn);
        }
    }
    // Somebody plays on each of them. A server that has stopped is waited for here as well, rather
    // than taken for one that is not there.
    while let Some(busy) = any() {
        if answers(&busy) {
            break;
        }
    }
    if !cpal::available_hosts().contains(&HostId::PulseAudio) {
        return None;
    }
    let mut connections = connections();
    if let Some(turn) = turn_on(&connections, purpose) {
        return Some(turn);
    }
    match cpal::host_from_id(HostId::PulseAudio) {
        Ok(host) => {
            let connection = Arc::new(Connection {
                host: Arc::new(host),
                plays: AtomicBool::new(false),
            });
            let turn = Turn::on(&connection, purpose);
            connections.push(connection);
            turn
        }
        Err(error) => {
            tracing::warn!(%error, "the sound server does not answer; using ALSA");
            None
        }
    }
}

fn connections() -> MutexGuard<'static, Vec<Arc<Connection>>> {
    CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn turn_on(connections: &[Arc<Connection>], purpose: Purpose) -> Option<Turn> {
    connections
        .iter()
        .find_map(|connection| Turn::on(connection, purpose))
}

// What holds the lock is a function of its own: the guard in a loop's head would live in its body.
fn turn(purpose: Purpose) -> Option<Turn> {
    turn_on(&connections(), purpose)
}

fn any() -> Option<Arc<Connection>> {
    connections().first().cloned()
}

/// Whether the server answers on this connection; if it has gone, the connection is forgotten.
fn answers(connection: &Arc<Connection>) -> bool {
    let Err(error) = connection.host.devices() else {
        return true;
    };
    tracing::debug!(%error, "the sound server has gone; connecting anew");
    connections().retain(|known| !Arc::ptr_eq(known, connection));
    false
}
