//! What an open camera leaves in the system, and the proof that it is gone.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use exeunt_port::DeviceError;
use tokio::time::Instant;

/// Shows whether the system still has a handle that this process got for a camera (G-13).
pub(crate) trait Evidence: std::fmt::Debug + Send + Sync {
    /// What shows that the camera is still held; `None` if nothing does.
    fn still_held(&self) -> Option<String>;
}

/// The evidence of one opening: left by the device thread at the moment it holds something, read by
/// whoever waits for the release.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Arc<OnceLock<Box<dyn Evidence>>>);

impl Trace {
    /// How long a handle may linger after the thread has closed it: another thread of this process
    /// may just be looking at the node, and then a descriptor is not ours although it seems so.
    const LINGERING: Duration = Duration::from_millis(500);
    const LOOKING: Duration = Duration::from_millis(5);

    /// Called once, by the thread that opened the camera.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only Linux shows its handles")
    )]
    pub(crate) fn leave(&self, evidence: impl Evidence + 'static) {
        // A second opening under the same trace does not happen; the first would stay in force.
        let _ = self.0.set(Box::new(evidence));
    }

    /// Waits, bounded, until nothing shows that the camera is still held.
    pub(crate) async fn is_gone(&self, name: &str) -> Result<(), DeviceError> {
        let Some(evidence) = self.0.get() else {
            return Ok(());
        };
        let deadline = Instant::now() + Self::LINGERING;
        while let Some(detail) = evidence.still_held() {
            if Instant::now() >= deadline {
                return Err(DeviceError::StillHeld {
                    name: name.to_owned(),
                    detail,
                });
            }
            tokio::time::sleep(Self::LOOKING).await;
        }
        Ok(())
    }
}
