//! Which cameras there are.

use std::time::Duration;

use exeunt_port::DeviceError;
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::choice::CameraFormat;
use crate::platform;
use crate::stuck::CameraThreads;
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
/// [`ListError::TimedOut`] after [`LIST_WITHIN`]; [`ListError::Device`] with what the system said,
/// or while too many threads [are stuck](crate::stuck_threads) in drivers.
/// No camera at all is an empty list.
pub async fn list() -> Result<Vec<CameraDevice>, ListError> {
    let threads = CameraThreads::of_this_process();
    ask(threads, LIST_WITHIN, platform::devices).await
}

async fn ask(
    threads: &'static CameraThreads,
    within: Duration,
    devices: impl FnOnce() -> Result<Vec<CameraDevice>, DeviceError> + Send + 'static,
) -> Result<Vec<CameraDevice>, ListError> {
    let (answer, listed) = oneshot::channel();
    let body = move |_: &StopRequest| {
        // Nobody listens any more once the time is out.
        let _ = answer.send(devices());
        Ending::Asked
    };
    let thread = DeviceThread::spawn(threads, "exeunt-cameras", StopRequest::default(), body);
    let thread = thread.map_err(|error| DeviceError::Backend {
        name: "cameras".to_owned(),
        detail: error.to_string(),
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
    use std::sync::{Arc, Mutex, mpsc};
    use std::time::Duration;

    use exeunt_port::DeviceError;

    use super::{CameraDevice, ListError, ask};
    use crate::stuck::CameraThreads;

    const LONG: Duration = Duration::from_secs(60);

    /// Of this test alone.
    fn threads() -> &'static CameraThreads {
        Box::leak(Box::default())
    }

    #[tokio::test]
    async fn a_driver_that_does_not_answer_ends_the_listing_and_is_counted_until_it_does() {
        let threads = threads();
        let (answer, driver) = mpsc::channel::<()>();
        let within = Duration::from_millis(10);
        let listed = ask(threads, within, move || {
            let _ = driver.recv();
            Ok(Vec::new())
        });
        assert_eq!(listed.await, Err(ListError::TimedOut { within }));
        assert_eq!(threads.stuck(), 1);
        drop(answer);
        while threads.stuck() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn drivers_that_never_answer_are_not_asked_for_ever() {
        let threads = threads();
        let (answer, driver) = mpsc::channel::<()>();
        let driver = Arc::new(Mutex::new(driver));
        let within = Duration::from_millis(1);
        for _ in 0..CameraThreads::MOST_STUCK {
            let driver = Arc::clone(&driver);
            let listed = ask(threads, within, move || {
                let _ = driver.lock().map(|driver| driver.recv());
                Ok(Vec::new())
            });
            assert_eq!(listed.await, Err(ListError::TimedOut { within }));
        }
        let asked = ask(threads, LONG, || Ok(Vec::new())).await;
        let words = asked.expect_err("no further thread").to_string();
        assert_eq!(
            words,
            "cameras: 16 threads are stuck in camera drivers; no further one is started"
        );
        drop(answer);
        while threads.stuck() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(threads, LONG, || Ok(Vec::new())).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_driver_that_panics_is_an_error() {
        let listed = ask(threads(), LONG, || panic!("a name that is no name"));
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
        assert_eq!(ask(threads(), LONG, || Ok(answer)).await, Ok(vec![camera]));
    }
}
