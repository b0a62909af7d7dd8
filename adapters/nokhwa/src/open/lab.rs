//! Cameras that are made up, for the tests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use exeunt_port::{DeviceError, DeviceLink, DeviceSide, FrameQueue, MediaFrame};

use crate::capture::{Counters, Reading, Source};
use crate::open::{OpenCamera, Opened, Opening, Plan};
use crate::picture::Picture;
use crate::pixel_format::PixelFormat;
use crate::stuck::CameraThreads;
use crate::supervisor::Patience;
use crate::trace::Evidence;

const SIDE: u16 = 8;
static GREY: [u8; 64] = [128; 64];

/// How long a test waits for what has to happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// So long that no machine is too slow for it.
const LONG: Duration = Duration::from_secs(600);
/// So short that a wait for what never comes is soon over.
pub(super) const SHORT: Duration = Duration::from_millis(10);
pub(super) const PATIENT: Patience = Patience {
    first: LONG,
    between: LONG,
    closing: LONG,
};

/// What a made-up camera does when it is asked for a picture.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Picture,
    Damaged,
    /// A picture that is none.
    Broken,
    Gone,
    Panic,
}

/// A camera that does what it is told, step by step, and delivers nothing in between.
struct Scripted {
    steps: mpsc::Receiver<Step>,
    held: Arc<AtomicBool>,
}

impl Source for Scripted {
    fn next(&mut self, at_most: Duration) -> Result<Reading<'_>, DeviceError> {
        let picture = |bytes| Picture {
            pixels: PixelFormat::Grey,
            width: SIDE,
            height: SIDE,
            stride: usize::from(SIDE),
            full_range: true,
            bytes,
        };
        match self.steps.recv_timeout(at_most) {
            Ok(Step::Picture) => Ok(Reading::Picture(picture(&GREY))),
            Ok(Step::Broken) => Ok(Reading::Picture(picture(&GREY[..3]))),
            Ok(Step::Damaged) => Ok(Reading::Damaged),
            Ok(Step::Gone) => Err(gone()),
            Ok(Step::Panic) => panic!("the driver said something new"),
            Err(_) => Ok(Reading::Nothing),
        }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.held.store(false, Ordering::SeqCst);
    }
}

/// A camera whose driver does not return until the gate is dropped, whichever of its calls is made: a
/// thread that is asked to end before it has come to the first picture hangs in closing the camera.
struct Hanging {
    gate: mpsc::Receiver<Step>,
    /// What is let go of when the driver has returned.
    _camera: Scripted,
}

impl Source for Hanging {
    fn next(&mut self, _at_most: Duration) -> Result<Reading<'_>, DeviceError> {
        let _ = self.gate.recv();
        Ok(Reading::Nothing)
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        let _ = self.gate.recv();
    }
}

#[derive(Debug)]
struct Handle(Arc<AtomicBool>);

impl Evidence for Handle {
    fn still_held(&self) -> Option<String> {
        self.0
            .load(Ordering::SeqCst)
            .then(|| "descriptor 3".to_owned())
    }
}

pub(super) fn gone() -> DeviceError {
    DeviceError::Vanished {
        name: "camera".to_owned(),
        detail: "unplugged".to_owned(),
    }
}

/// A made-up camera from the test's side.
pub(super) struct Lab {
    steps: mpsc::Sender<Step>,
    pub(super) held: Arc<AtomicBool>,
    pub(super) counters: Arc<Counters>,
    /// Of this camera's test alone.
    pub(super) threads: &'static CameraThreads,
}

impl Lab {
    /// What opens a camera with this `source`, which says of itself that it is held.
    fn plan<S: Source + 'static>(
        source: impl FnOnce(mpsc::Receiver<Step>, Arc<AtomicBool>) -> S + Send + 'static,
    ) -> (Self, Plan) {
        let (steps, script) = mpsc::channel();
        let held = Arc::new(AtomicBool::new(false));
        let counters = Arc::<Counters>::default();
        let threads: &CameraThreads = Box::leak(Box::default());
        let own_held = Arc::clone(&held);
        let opener = move |opening: &Opening<'_>| {
            own_held.store(true, Ordering::SeqCst);
            opening.trace.leave(Handle(Arc::clone(&own_held)));
            let source = Box::new(source(script, own_held));
            Ok(Opened {
                source,
                description: "made up".to_owned(),
            })
        };
        let plan = Plan {
            name: "camera".to_owned(),
            patience: PATIENT,
            counters: Arc::clone(&counters),
            opener: Box::new(opener),
            threads,
        };
        (
            Self {
                steps,
                held,
                counters,
                threads,
            },
            plan,
        )
    }

    pub(super) fn scripted() -> (Self, Plan) {
        Self::plan(|steps, held| Scripted { steps, held })
    }

    pub(super) fn hanging() -> (Self, Plan) {
        Self::plan(|gate, held| {
            let (_, steps) = mpsc::channel();
            Hanging {
                gate,
                _camera: Scripted { steps, held },
            }
        })
    }

    /// The source lets go of something else than what the system shows.
    pub(super) fn leaking() -> (Self, Plan) {
        Self::plan(|steps, _| Scripted {
            steps,
            held: Arc::default(),
        })
    }

    pub(super) async fn opened(patience: Patience) -> (Self, OpenCamera, DeviceSide) {
        let (lab, plan) = Self::scripted();
        let plan = Plan { patience, ..plan };
        let (link, side) = link();
        (lab, plan.open(link).await.expect("it opens"), side)
    }

    pub(super) fn does(&self, steps: &[Step]) {
        for step in steps {
            self.steps.send(*step).expect("the camera is there");
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }
}

pub(super) fn link() -> (DeviceLink, DeviceSide) {
    DeviceLink::pair(FrameQueue::bounded(8))
}

pub(super) async fn frame(side: &DeviceSide) -> MediaFrame {
    side.captured.next().await.expect("the gate is open")
}

pub(super) async fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "not so after {PATIENCE:?}");
        tokio::task::yield_now().await;
    }
}

/// An opening that waits in the driver until the gate is dropped.
pub(super) fn slow() -> (mpsc::Sender<()>, Lab, Plan) {
    let (lab, plan) = Lab::scripted();
    let (gate, waiting) = mpsc::channel::<()>();
    let opens = plan.opener;
    let opener = Box::new(move |opening: &Opening<'_>| {
        let _ = waiting.recv();
        opens(opening)
    });
    (gate, lab, Plan { opener, ..plan })
}
