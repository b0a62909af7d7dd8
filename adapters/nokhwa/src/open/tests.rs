//! The whole way of a camera, over cameras that are made up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use exeunt_port::{
    DeviceError, DeviceLink, DeviceSide, DeviceSignal, FrameQueue, MediaFrame, OpenDevice,
};

use super::{OpenCamera, Opened, Opening, Plan};
use crate::capture::{Counters, Reading, Source};
use crate::picture::{Picture, Pixels};
use crate::stuck_threads;
use crate::supervisor::Patience;
use crate::thread::lock_stuck_count;
use crate::trace::Evidence;

const SIDE: u16 = 8;
static GREY: [u8; 64] = [128; 64];

/// So long that no machine is too slow for it.
const LONG: Duration = Duration::from_secs(600);
/// So short that a wait for what never comes is soon over.
const SHORT: Duration = Duration::from_millis(10);
const PATIENT: Patience = Patience {
    first: LONG,
    between: LONG,
    closing: LONG,
};

/// What a made-up camera does when it is asked for a picture.
#[derive(Clone, Copy, Debug)]
enum Step {
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
            pixels: Pixels::Grey,
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

/// A camera whose driver does not return until the gate is dropped.
struct Hanging {
    gate: mpsc::Receiver<Step>,
    _until: Scripted,
}

impl Source for Hanging {
    fn next(&mut self, _at_most: Duration) -> Result<Reading<'_>, DeviceError> {
        let _ = self.gate.recv();
        Ok(Reading::Nothing)
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

fn gone() -> DeviceError {
    DeviceError::Vanished {
        name: "camera".to_owned(),
        detail: "unplugged".to_owned(),
    }
}

/// A made-up camera from the test's side.
struct Lab {
    steps: mpsc::Sender<Step>,
    held: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

impl Lab {
    /// What opens a camera with this `source`, which says of itself that it is held.
    fn plan<S: Source + 'static>(
        source: impl FnOnce(mpsc::Receiver<Step>, Arc<AtomicBool>) -> S + Send + 'static,
    ) -> (Self, Plan) {
        let (steps, script) = mpsc::channel();
        let held = Arc::new(AtomicBool::new(false));
        let counters = Arc::<Counters>::default();
        let script = Mutex::new(script);
        let own_held = Arc::clone(&held);
        let opener = move |opening: &Opening<'_>| {
            own_held.store(true, Ordering::SeqCst);
            opening.trace.leave(Handle(Arc::clone(&own_held)));
            let script = script.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        };
        (
            Self {
                steps,
                held,
                counters,
            },
            plan,
        )
    }

    fn scripted() -> (Self, Plan) {
        Self::plan(|steps, held| Scripted { steps, held })
    }

    async fn opened(patience: Patience) -> (Self, OpenCamera, DeviceSide) {
        let (lab, plan) = Self::scripted();
        let plan = Plan { patience, ..plan };
        let (link, side) = link();
        (lab, plan.open(link).await.expect("it opens"), side)
    }

    fn does(&self, steps: &[Step]) {
        for step in steps {
            self.steps.send(*step).expect("the camera is there");
        }
    }

    fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }
}

fn link() -> (DeviceLink, DeviceSide) {
    DeviceLink::pair(FrameQueue::bounded(8))
}

async fn frame(side: &DeviceSide) -> MediaFrame {
    side.captured.next().await.expect("the gate is open")
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn pictures_become_frames_until_the_release_which_leaves_nothing() {
    let (lab, open, side) = Lab::opened(PATIENT).await;
    assert_eq!(open.description(), "made up");
    lab.does(&[Step::Picture, Step::Picture]);
    assert_eq!(frame(&side).await.sequence, 0);
    let second = frame(&side).await;
    assert_eq!(second.sequence, 1);
    assert!(second.payload.starts_with(&[0xFF, 0xD8]));
    assert!(lab.is_held());
    assert_eq!(Box::new(open).release().await, Ok(()));
    assert!(!lab.is_held());
}

#[tokio::test]
async fn an_unusable_picture_leaves_a_gap_and_is_counted() {
    let (lab, open, side) = Lab::opened(PATIENT).await;
    lab.does(&[Step::Picture, Step::Broken, Step::Damaged, Step::Picture]);
    assert_eq!(frame(&side).await.sequence, 0);
    assert_eq!(frame(&side).await.sequence, 3);
    let counts = lab.counters.read();
    assert_eq!(
        (counts.captured, counts.damaged, counts.too_large),
        (2, 2, 0)
    );
    assert_eq!(Box::new(open).release().await, Ok(()));
}

#[tokio::test]
async fn a_camera_that_goes_away_is_let_go_of_and_then_reported_once() {
    let (lab, open, mut side) = Lab::opened(PATIENT).await;
    lab.does(&[Step::Gone]);
    assert_eq!(
        side.signals.recv().await,
        Some(DeviceSignal::Vanished(gone()))
    );
    assert!(!lab.is_held());
    assert_eq!(Box::new(open).release().await, Ok(()));
    assert!(side.signals.try_recv().is_err());
}

#[tokio::test]
async fn a_driver_that_panics_is_a_camera_that_has_vanished() {
    let (lab, open, mut side) = Lab::opened(PATIENT).await;
    lab.does(&[Step::Panic]);
    let signal = side.signals.recv().await;
    assert_eq!(signal, Some(DeviceSignal::Vanished(DeviceError::Panicked)));
    assert!(!lab.is_held());
    assert_eq!(Box::new(open).release().await, Ok(()));
}

#[tokio::test]
async fn a_camera_that_stalls_is_let_go_of_and_then_reported_once() {
    let patience = Patience {
        between: SHORT,
        ..PATIENT
    };
    let (lab, open, mut side) = Lab::opened(patience).await;
    lab.does(&[Step::Picture]);
    let signal = side.signals.recv().await;
    let Some(DeviceSignal::Vanished(DeviceError::Vanished { detail, .. })) = signal else {
        panic!("a stall is a loss, not {signal:?}");
    };
    assert!(
        detail.contains("no picture for 10ms (so far 1 captured"),
        "{detail}"
    );
    assert!(!lab.is_held());
    assert_eq!(Box::new(open).release().await, Ok(()));
    assert!(side.signals.try_recv().is_err());
}

#[tokio::test]
async fn a_camera_that_delivers_only_what_nobody_can_show_has_stalled() {
    let patience = Patience {
        first: SHORT,
        ..PATIENT
    };
    let (lab, open, mut side) = Lab::opened(patience).await;
    lab.does(&[Step::Broken, Step::Damaged, Step::Broken]);
    assert!(matches!(
        side.signals.recv().await,
        Some(DeviceSignal::Vanished(_))
    ));
    assert_eq!(Box::new(open).release().await, Ok(()));
}

#[tokio::test]
async fn a_driver_that_hangs_is_reported_as_still_held() {
    let _alone = lock_stuck_count().await;
    let (lab, plan) = Lab::plan(|gate, held| {
        let (_, steps) = mpsc::channel();
        Hanging {
            gate,
            _until: Scripted { steps, held },
        }
    });
    let plan = Plan {
        patience: Patience {
            first: SHORT,
            between: SHORT,
            closing: SHORT,
        },
        ..plan
    };
    let (link, mut side) = link();
    let open = plan.open(link).await.expect("it opens");
    let signal = side.signals.recv().await;
    assert!(matches!(
        signal,
        Some(DeviceSignal::Failed(DeviceError::StillHeld { .. }))
    ));

    // The runtime gives the release up; the thread is then counted, until the driver returns.
    let release = tokio::time::timeout(SHORT, Box::new(open).release());
    assert!(release.await.is_err());
    assert_eq!(stuck_threads(), 1);
    let held = Arc::clone(&lab.held);
    drop(lab);
    until(|| stuck_threads() == 0).await;
    assert!(!held.load(Ordering::SeqCst));
}

#[tokio::test]
async fn dropping_an_open_camera_lets_go_of_it() {
    let _alone = lock_stuck_count().await;
    let (lab, open, _side) = Lab::opened(PATIENT).await;
    drop(open);
    until(|| !lab.is_held() && stuck_threads() == 0).await;
}

#[tokio::test]
async fn a_stay_that_falls_silent_ends_the_capture_before_the_release_is_asked_for() {
    let (lab, open, mut side) = Lab::opened(PATIENT).await;
    side.silence();
    until(|| !lab.is_held()).await;
    assert!(side.signals.try_recv().is_err());
    assert_eq!(Box::new(open).release().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_outlives_the_thread_is_not_called_released() {
    // The source lets go of something else than what the system shows.
    let (lab, plan) = Lab::plan(|steps, _| Scripted {
        steps,
        held: Arc::default(),
    });
    let open = plan.open(link().0).await.expect("it opens");
    let answer = Box::new(open).release().await;
    assert!(matches!(answer, Err(DeviceError::StillHeld { .. })));
    assert!(lab.is_held());
}

/// An opening that waits in the driver until the gate is dropped.
fn slow(lab_plan: (Lab, Plan)) -> (mpsc::Sender<()>, Lab, Plan) {
    let (lab, plan) = lab_plan;
    let (gate, waiting) = mpsc::channel::<()>();
    let Plan {
        name,
        patience,
        counters,
        opener,
    } = plan;
    let waiting = Mutex::new(waiting);
    let opener = Box::new(move |opening: &Opening<'_>| {
        let _ = waiting
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        opener(opening)
    });
    (
        gate,
        lab,
        Plan {
            name,
            patience,
            counters,
            opener,
        },
    )
}

#[tokio::test]
async fn a_camera_that_opens_after_it_was_abandoned_is_closed_at_once() {
    let (gate, lab, plan) = slow(Lab::scripted());
    let (link, side) = link();
    let opening = tokio::spawn(plan.open(link));
    tokio::task::yield_now().await;
    side.silence();
    drop(gate);
    let answer = opening.await.expect("it answers");
    assert_eq!(answer.err(), Some(DeviceError::Abandoned));
    assert!(!lab.is_held());
}

#[tokio::test]
async fn a_camera_that_opens_after_its_future_was_dropped_is_closed_at_once() {
    let _alone = lock_stuck_count().await;
    let (gate, lab, plan) = slow(Lab::scripted());
    let (link, side) = link();
    let opening = tokio::spawn(plan.open(link));
    tokio::task::yield_now().await;
    opening.abort();
    assert!(opening.await.is_err());
    assert_eq!(stuck_threads(), 1);
    drop(gate);
    until(|| stuck_threads() == 0).await;
    assert!(!lab.is_held());
    assert!(side.captured.try_next().is_none());
}

#[tokio::test]
async fn what_the_opening_meets_is_what_the_application_hears() {
    let (_, plan) = Lab::scripted();
    let busy = DeviceError::Busy {
        name: "camera".to_owned(),
    };
    let told = busy.clone();
    let plan = Plan {
        opener: Box::new(move |_| Err(told)),
        ..plan
    };
    assert_eq!(plan.open(link().0).await.err(), Some(busy));

    let (_, plan) = Lab::scripted();
    let plan = Plan {
        opener: Box::new(|_| panic!("a format from the future")),
        ..plan
    };
    assert_eq!(plan.open(link().0).await.err(), Some(DeviceError::Panicked));
}
