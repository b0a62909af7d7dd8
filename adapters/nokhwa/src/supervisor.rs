//! Watches over a camera thread from outside, since a thread that hangs in a driver tells nothing.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{DeviceError, DeviceLink, DeviceSignal};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::capture::Counters;
use crate::thread::{Ending, EndingWatch, StopRequest};
use crate::trace::Trace;

/// How long a camera may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// From the start of the stream to the first picture.
    pub(crate) first: Duration,
    /// From one picture to the next.
    pub(crate) between: Duration,
    /// From its failure until it is let go of; after that it counts as still held.
    pub(crate) closing: Duration,
}

/// Sees to it that a camera that fails or stalls is let go of and spoken of, once.
pub(crate) struct Supervisor {
    pub(crate) name: String,
    pub(crate) patience: Patience,
    pub(crate) pulse: Arc<Notify>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stop: StopRequest,
    pub(crate) ending: EndingWatch,
    pub(crate) trace: Trace,
    pub(crate) link: DeviceLink,
}

impl Supervisor {
    /// Runs until the thread ends. Says nothing if it was asked to end.
    pub(crate) async fn watch(mut self) {
        let Some(fault) = self.fault().await else {
            return;
        };
        self.stop.ask();
        // Vanished means that nothing needs a release any more, so the camera is closed before it is
        // said; what cannot be closed has failed and is still held.
        let signal = match timeout(self.patience.closing, self.ending.ended()).await {
            Ok(_) => match self.trace.is_gone(&self.name).await {
                Ok(()) => DeviceSignal::Vanished(fault),
                Err(still_held) => DeviceSignal::Failed(still_held),
            },
            Err(_) => DeviceSignal::Failed(DeviceError::StillHeld {
                name: self.name.clone(),
                detail: format!("its driver does not return; before that: {fault}"),
            }),
        };
        tracing::warn!(camera = %self.name, ?signal, "camera lost");
        self.link.signal(signal);
    }

    async fn fault(&mut self) -> Option<DeviceError> {
        let link = self.link.clone();
        let mut patience = self.patience.first;
        loop {
            let pulse = timeout(patience, self.pulse.notified());
            tokio::select! {
                biased;
                ending = self.ending.ended() => return match ending {
                    Ending::Asked => None,
                    Ending::Failed(error) => Some(error),
                },
                // A stay that falls silent wants no more pictures, so nobody waits for the next one.
                () = link.abandoned() => {
                    self.stop.ask();
                    return None;
                }
                pulse = pulse => match pulse {
                    Ok(()) => patience = self.patience.between,
                    Err(_) => return Some(self.stalled(patience)),
                },
            }
        }
    }

    fn stalled(&self, patience: Duration) -> DeviceError {
        let counts = self.counters.read();
        DeviceError::Vanished {
            name: self.name.clone(),
            detail: format!(
                "no picture for {patience:?} (so far {} captured, {} damaged, {} too large)",
                counts.captured, counts.damaged, counts.too_large
            ),
        }
    }
}
