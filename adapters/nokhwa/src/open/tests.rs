//! The whole way of a camera, over cameras that are made up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use exeunt_port::{DeviceError, DeviceSignal, OpenDevice};

use super::Plan;
use super::lab::{Lab, PATIENT, SHORT, Step, frame, gone, link, slow, until};
use crate::stuck::CameraThreads;
use crate::supervisor::Patience;

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
    let (lab, plan) = Lab::hanging();
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
    assert_eq!(lab.threads.stuck(), 1);
    let (held, threads) = (Arc::clone(&lab.held), lab.threads);
    drop(lab);
    until(|| threads.stuck() == 0).await;
    assert!(!held.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_driver_that_hangs_is_counted_while_somebody_still_waits_for_the_release() {
    let (lab, plan) = Lab::hanging();
    let open = plan.open(link().0).await.expect("it opens");
    assert_eq!(lab.threads.stuck(), 0);
    // As the runtime does: the exit has long been reported, and the release is listened for.
    let release = tokio::spawn(Box::new(open).release());
    until(|| lab.threads.stuck() == 1).await;
    assert!(!release.is_finished() && lab.is_held());
    let threads = lab.threads;
    drop(lab);
    assert_eq!(release.await.expect("it answers"), Ok(()));
    assert_eq!(threads.stuck(), 0);
}

#[tokio::test]
async fn drivers_that_hang_in_opening_get_only_so_many_threads() {
    let threads: &CameraThreads = Box::leak(Box::default());
    let mut gates = Vec::new();
    for _ in 0..CameraThreads::MOST_STUCK {
        let (gate, _, plan) = slow();
        let opening = tokio::spawn(Plan { threads, ..plan }.open(link().0));
        tokio::task::yield_now().await;
        opening.abort();
        assert!(opening.await.is_err());
        gates.push(gate);
    }
    let (lab, plan) = Lab::scripted();
    let refused = Plan { threads, ..plan }.open(link().0).await.err();
    assert_eq!(
        refused.map(|error| error.to_string()).as_deref(),
        Some("camera: 16 threads are stuck in camera drivers; no further one is started")
    );
    assert!(!lab.is_held());
    gates.clear();
    until(|| threads.stuck() == 0).await;
    let (_lab, plan) = Lab::scripted();
    let open = Plan { threads, ..plan }.open(link().0).await;
    assert_eq!(Box::new(open.expect("it opens")).release().await, Ok(()));
}

#[tokio::test]
async fn dropping_an_open_camera_lets_go_of_it() {
    let (lab, open, _side) = Lab::opened(PATIENT).await;
    drop(open);
    until(|| !lab.is_held() && lab.threads.stuck() == 0).await;
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
    let (lab, plan) = Lab::leaking();
    let open = plan.open(link().0).await.expect("it opens");
    let answer = Box::new(open).release().await;
    assert!(matches!(answer, Err(DeviceError::StillHeld { .. })));
    assert!(lab.is_held());
}

#[tokio::test]
async fn a_camera_that_opens_after_it_was_abandoned_is_closed_at_once() {
    let (gate, lab, plan) = slow();
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
    let (gate, lab, plan) = slow();
    let (link, side) = link();
    let opening = tokio::spawn(plan.open(link));
    tokio::task::yield_now().await;
    opening.abort();
    assert!(opening.await.is_err());
    assert_eq!(lab.threads.stuck(), 1);
    drop(gate);
    until(|| lab.threads.stuck() == 0).await;
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
