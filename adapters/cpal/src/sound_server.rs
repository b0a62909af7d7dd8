//! The one connection to the sound server that all streams of this process share.
//!
//! cpal's client of the sound server keeps a thread and a socket that end only when something
//! arrives after the last handle was dropped. A connection that opened no stream (a list of
//! devices, a name that fits nothing) would stay for ever. So there is one for the whole process,
//! made anew when the server has gone, and nothing grows (G-15).

use std::sync::{Arc, Mutex, PoisonError};

use cpal::HostId;
use cpal::traits::HostTrait;

static CONNECTION: Mutex<Option<Arc<cpal::Host>>> = Mutex::new(None);

/// The connection, if a server answers. Blocks while the server does not answer on a connection
/// that was made before; making a new one is bounded by cpal (2 s).
pub(crate) fn connect() -> Option<Arc<cpal::Host>> {
    if let Some(host) = current() {
        // Asked without the lock: a server that has stopped must not block those who ask whether
        // it is there.
        match host.devices() {
            Ok(_) => return Some(host),
            Err(error) => {
                tracing::debug!(%error, "the sound server has gone; connecting anew");
                forget(&host);
            }
        }
    }
    if !cpal::available_hosts().contains(&HostId::PulseAudio) {
        return None;
    }
    let mut connection = CONNECTION.lock().unwrap_or_else(PoisonError::into_inner);
    if connection.is_none() {
        match cpal::host_from_id(HostId::PulseAudio) {
            Ok(host) => *connection = Some(Arc::new(host)),
            Err(error) => tracing::warn!(%error, "the sound server does not answer; using ALSA"),
        }
    }
    connection.clone()
}

fn current() -> Option<Arc<cpal::Host>> {
    CONNECTION
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn forget(host: &Arc<cpal::Host>) {
    let mut connection = CONNECTION.lock().unwrap_or_else(PoisonError::into_inner);
    if connection
        .as_ref()
        .is_some_and(|current| Arc::ptr_eq(current, host))
    {
        *connection = None;
    }
}
