//! Previews that never opened: whose runtime ended, or whose driver does not answer.

use exeunt_loopback::OpenFault;
use exeunt_port::DeviceError;
use exeunt_runtime::{Departures, Policy, Preview};

use crate::previews::microphone;

/// A runtime drops tasks that it has not begun as well as those that it has.
#[test]
fn a_preview_whose_runtime_ends_before_it_began_has_ended_with_it() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    };
    let (device, faults) = microphone();
    let first = runtime();
    let preview = first.block_on(async { Preview::open(device) });
    drop(first);
    runtime().block_on(async {
        let error = preview.opened().await.expect_err("nobody opens it");
        assert!(matches!(error, DeviceError::Vanished { .. }), "{error}");
    });
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_process_waits_for_a_preview_that_never_opens_no_longer_than_for_a_release() {
    let (device, faults) = microphone();
    faults.break_open(OpenFault::OpensLate);
    let departures = Departures::new();
    let preview = Preview::open(device).tracked_by(&departures);
    faults.reached().await;
    drop(preview);
    let bound = Policy::default().device + std::time::Duration::from_millis(1);
    assert!(departures.settled(bound).await);
    faults.let_go();
    faults.until_open(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_never_answers_an_opening_is_not_said_to_hold_nothing() {
    let (device, faults) = microphone();
    faults.break_open(OpenFault::OpensLate);
    let preview = Preview::open(device);
    preview.opened().await.expect_err("it is late");
    // As its stay's owner would: asked again long after everybody has given up.
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    preview
        .release()
        .await
        .expect_err("nobody knows what it holds");
}
