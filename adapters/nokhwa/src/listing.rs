//! Which cameras there are.

use std::time::Duration;

use exeunt_port::DeviceError;
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::choice::CameraFormat;
use crate::platform;
use crate::thread::{DeviceThread, Ending, StopRequest};

/// A camera of this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraDevice {
    /// Its name for people; [`NokhwaCamera::named`](crate::NokhwaCamera::named) takes it.
    pub name: String,
    /// Its name for the system: `/dev/video0` on Linux, an index or identifier elsewhere. Taken, too.
    pub node: String,
    /// Whether [`NokhwaCamera::default_device`](crate::NokhwaCamera::default_device) means it.
    pub is_default: bool,
    /// What it offers, including formats that are not used here; or why it does not let us ask.
    pub formats: Result<Vec<CameraFormat>, DeviceError>,
    /// Whether nobody streams from it, as far as can be told without streaming.
    ///
    /// On Linux: `Some(false)` if a process has its buffers mapped, `Some(true)` if no process has it
    /// open, `None` if a process has it open for something else or hides what it has open, as the
    /// processes of other users do. Elsewhere always `None`.
    pub free: Option<bool>,
    /// The processes that have it open, by their numbers; those of other users are seen by root only.
    /// Always empty elsewhere than on Linux.
    pub held_by: Vec<Holder>,
}

/// A process that has a camera open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process's number.
    pub process: u32,
    /// The program's name, cut to 15 bytes as the kernel does.
    pub name: String,
    /// Whether it streams: it has the camera's buffers mapped. Others can open the camera, but not
    /// stream from it, until it stops.
    pub streams: bool,
}

/// Why the cameras could not be listed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListError {
    /// A driver does not answer. The asking thread was given up and is counted in
    /// [`stuck_threads`](crate::stuck_threads) until the driver does.
    #[error("the cameras could not be listed within {within:?}: a driver does not answer")]
    TimedOut {
        /// The bound.
        within: Duration,
    },
    /// The system refused.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// How long [`list`] waits for the drivers.
pub const LIST_WITHIN: Duration = Duration::from_secs(5);

/// The cameras of this machine, in the system's order, after at most [`LIST_WITHIN`].
///
/// Cameras are asked for their formats but not started: no light goes on.
///
/// # Errors
///
/// [`ListError::TimedOut`] after [`LIST_WITHIN`]; [`ListError::Device`] with what the system said.
/// No camera at all is an empty list.
pub async fn list() -> Result<Vec<CameraDevice>, ListError> {
    ask(LIST_WITHIN, platform::devices).await
}

async fn ask(
    within: Duration,
    devices: impl FnOnce() -> Result<Vec<CameraDevice>, DeviceError> + Send + 'static,
) -> Result<Vec<CameraDevice>, ListError> {
    let (answer, listed) = oneshot::channel();
    let body = move |_: &StopRequest| {
        // Nobody listens any more once the time is out.
        let _ = answer.send(devices());
        Ending::Asked
    };
    let thread = DeviceThread::spawn("exeunt-cameras", StopRequest::default(), body);
    let thread = thread.map_err(|error| DeviceError::Backend {
        name: "cameras".to_owned(),
        detail: format!("no thread to list them: {error}"),
    })?;
    let Ok(answered) = timeout(within, listed).await else {
        return Err(ListError::TimedOut { within });
    };
    thread.joined().await;
    // A thread that ended without an answer panicked, which nokhwa and v4l do at names they dislike.
    Ok(answered.unwrap_or(Err(DeviceError::Panicked))?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use exeunt_port::DeviceError;

    use super::{CameraDevice, ListError, ask};
    use crate::stuck_threads;
    use crate::thread::lock_stuck_count;

    #[tokio::test]
    async fn a_driver_that_does_not_answer_ends_the_listing_and_is_counted_until_it_does() {
        let _alone = lock_stuck_count().await;
        let (answer, driver) = mpsc::channel::<()>();
        let within = Duration::from_millis(10);
        let listed = ask(within, move || {
            let _ = driver.recv();
            Ok(Vec::new())
        });
        assert_eq!(listed.await, Err(ListError::TimedOut { within }));
        assert_eq!(stuck_threads(), 1);
        drop(answer);
        while stuck_threads() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_driver_that_panics_is_an_error() {
        let listed = ask(Duration::from_secs(60), || panic!("a name that is no name"));
        assert_eq!(listed.await, Err(ListError::Device(DeviceError::Panicked)));
    }

    #[tokio::test]
    async fn what_there_is_is_listed() {
        let camera = CameraDevice {
            name: "Integrated Camera".to_owned(),
            node: "/dev/video0".to_owned(),
            is_default: true,
            formats: Ok(Vec::new()),
            free: None,
            held_by: Vec::new(),
        };
        let answer = vec![camera.clone()];
        assert_eq!(
            ask(Duration::from_secs(60), || Ok(answer)).await,
            Ok(vec![camera])
        );
    }
}
