//! Devices that go wrong on command.

use std::sync::Arc;

use exeunt_loopback::{
    FaultyDevice, OpenFault, ReleaseFault, SilentSpeaker, ToneMicrophone, WavMicrophone,
    write_melody_wav,
};
use exeunt_port::{Device, DeviceError, DeviceSignal, OpenDevice, RemoteFrame};

use crate::lab::{frames, link};

fn microphone() -> FaultyDevice<ToneMicrophone> {
    FaultyDevice::new(ToneMicrophone::new(440))
}

fn error() -> DeviceError {
    DeviceError::Busy {
        name: "as asked".to_owned(),
    }
}

fn unplugged() -> DeviceError {
    DeviceError::Vanished {
        name: "microphone".to_owned(),
        detail: "unplugged".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn without_faults_it_is_the_device_inside() {
    let microphone = microphone();
    let (link, side) = link();
    let open = microphone.open(link).await.expect("opens");
    assert_eq!(microphone.name(), ToneMicrophone::new(440).name());
    assert!(open.description().contains("440 Hz"));
    let sequences: Vec<_> = frames(&side, 3)
        .await
        .iter()
        .map(|frame| frame.sequence)
        .collect();
    assert_eq!(sequences, [0, 1, 2]);
    assert_eq!(microphone.faults().open_now(), 1);
    side.silence();
    open.release().await.expect("released");
    assert_eq!(microphone.faults().open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_played_reaches_the_device_inside() {
    let (heard, side) = link();
    let open = ToneMicrophone::new(440).open(heard).await.expect("opens");
    let frame = frames(&side, 1).await.remove(0);
    open.release().await.expect("released");

    let silent = SilentSpeaker::new();
    let meter = silent.meter();
    let silent: Arc<dyn Device> = Arc::new(silent);
    let speaker = FaultyDevice::around(silent);
    let (link, side) = link();
    let open = speaker.open(link).await.expect("opens");
    let alice = "alice".parse().expect("an id");
    side.playback.push(RemoteFrame {
        user: "alice".parse().expect("an id"),
        frame,
    });
    meter.until(&alice, |heard| heard.packets == 1).await;
    open.release().await.expect("released");
}

#[tokio::test]
async fn a_failing_opening_holds_nothing() {
    let microphone = microphone();
    microphone.faults().break_open(OpenFault::Fails(error()));
    assert_eq!(microphone.open(link().0).await.err(), Some(error()));
    assert_eq!(microphone.faults().open_now(), 0);
    microphone.faults().heal();
    microphone
        .open(link().0)
        .await
        .expect("healed")
        .release()
        .await
        .expect("released");
}

#[tokio::test]
async fn a_hanging_opening_ends_when_it_is_abandoned_or_let_go() {
    let microphone = microphone();
    let faults = microphone.faults();
    faults.break_open(OpenFault::Hangs);
    let (abandoned, side) = link();
    let (refused, ()) = tokio::join!(microphone.open(abandoned), async {
        faults.reached().await;
        side.silence();
    });
    assert_eq!(refused.err(), Some(DeviceError::Abandoned));
    let (opened, ()) = tokio::join!(microphone.open(link().0), async {
        faults.reached().await;
        faults.let_go();
    });
    opened.expect("opens").release().await.expect("released");
}

#[tokio::test]
async fn an_opening_that_leaves_the_device_held_ends_so_and_counts_as_open_until_it_is_healed() {
    let microphone = microphone();
    let faults = microphone.faults();
    let held = DeviceError::StillHeld {
        name: "microphone".to_owned(),
        detail: "its thread hangs".to_owned(),
    };
    faults.break_open(OpenFault::StaysHeld(held.clone()));
    let (abandoned, side) = link();
    let (ended, ()) = tokio::join!(microphone.open(abandoned), async {
        faults.reached().await;
        side.silence();
    });
    assert_eq!(ended.err(), Some(held.clone()));
    let (ended, ()) = tokio::join!(microphone.open(link().0), async {
        faults.reached().await;
        faults.let_go();
    });
    assert_eq!(ended.err(), Some(held));
    assert_eq!(faults.open_now(), 2);
    faults.heal();
    assert_eq!(faults.open_now(), 0);
    let open = microphone.open(link().0).await.expect("healed");
    open.release().await.expect("released");
}

#[tokio::test]
async fn a_device_that_ignores_being_abandoned_opens_late_and_can_be_released() {
    let microphone = microphone();
    let faults = microphone.faults();
    faults.break_open(OpenFault::OpensLate);
    let (link, side) = link();
    let (late, ()) = tokio::join!(microphone.open(link), async {
        faults.reached().await;
        side.silence();
        faults.let_go();
    });
    let late = late.expect("it opens all the same");
    assert_eq!(faults.open_now(), 1);
    late.release().await.expect("released");
    assert_eq!(faults.open_now(), 0);
    assert_eq!(side.captured.try_next(), None, "and nobody heard it");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_device_that_opens_for_nobody_is_released_at_once() {
    use crate::lab::descriptors_of;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let microphone = FaultyDevice::new(WavMicrophone::new(&path));
    let faults = microphone.faults();
    faults.break_open(OpenFault::OpensLate);
    let (link, mut side) = link();
    tokio::select! {
        _ = microphone.open(link) => unreachable!("it is held"),
        () = faults.reached() => {}
    }
    faults.let_go();
    assert_eq!(
        side.signals.recv().await,
        None,
        "nobody holds the link any more"
    );
    faults.until_open(0).await;
    assert_eq!(descriptors_of(&path), 0);
}

#[tokio::test]
async fn opening_and_releasing_panic_on_command() {
    let microphone = Arc::new(microphone());
    microphone.faults().break_open(OpenFault::Panics);
    let panicking = Arc::clone(&microphone);
    let crash = tokio::spawn(async move { panicking.open(link().0).await.err() });
    assert!(crash.await.expect_err("it panics").is_panic());

    microphone.faults().heal();
    microphone.faults().break_release(ReleaseFault::Panics);
    let open = microphone.open(link().0).await.expect("opens");
    let crash = tokio::spawn(open.release());
    assert!(crash.await.expect_err("it panics").is_panic());
    microphone.faults().until_open(0).await;
}

#[tokio::test]
async fn a_failing_release_lets_go_all_the_same() {
    let microphone = microphone();
    microphone
        .faults()
        .break_release(ReleaseFault::Fails(error()));
    let open = microphone.open(link().0).await.expect("opens");
    assert_eq!(open.release().await, Err(error()));
    assert_eq!(microphone.faults().open_now(), 0);
}

#[tokio::test]
async fn a_hanging_release_goes_on_when_nobody_waits_for_it() {
    let microphone = microphone();
    let faults = microphone.faults();
    faults.break_release(ReleaseFault::Hangs);
    let open: Box<dyn OpenDevice> = microphone.open(link().0).await.expect("opens");
    tokio::select! {
        _ = open.release() => unreachable!("it is held"),
        () = faults.reached() => {}
    }
    assert_eq!(faults.open_now(), 1, "given up, but not released");
    faults.let_go();
    faults.until_open(0).await;
}

#[tokio::test]
async fn what_nobody_can_let_go_any_more_is_let_go() {
    let microphone = microphone();
    microphone.faults().break_release(ReleaseFault::Hangs);
    let (link, mut side) = link();
    let open = microphone.open(link).await.expect("opens");
    {
        let faults = microphone.faults();
        tokio::select! {
            _ = open.release() => unreachable!("it is held"),
            () = faults.reached() => {}
        }
    }
    drop(microphone);
    assert_eq!(
        side.signals.recv().await,
        None,
        "the device is gone with its link"
    );
}

#[tokio::test(start_paused = true)]
async fn a_vanished_device_says_so_once_and_is_released() {
    let microphone = microphone();
    let (link, mut side) = link();
    let open = microphone.open(link).await.expect("opens");
    frames(&side, 1).await;
    microphone.faults().vanish(unplugged());
    assert_eq!(
        side.signals.recv().await,
        Some(DeviceSignal::Vanished(unplugged()))
    );
    assert_eq!(microphone.faults().open_now(), 0, "gone before it is said");
    microphone.faults().vanish(unplugged());
    assert_eq!(
        open.release().await,
        Ok(()),
        "a device that has gone is released"
    );
    assert_eq!(side.signals.recv().await, None, "once");
    let (next, _side) = crate::lab::link();
    microphone
        .open(next)
        .await
        .expect("plugged in again")
        .release()
        .await
        .expect("released");
}

#[tokio::test(start_paused = true)]
async fn a_failed_device_is_held_until_its_release() {
    let microphone = microphone();
    let (link, mut side) = link();
    let open = microphone.open(link).await.expect("opens");
    microphone.faults().fail(error());
    assert_eq!(
        side.signals.recv().await,
        Some(DeviceSignal::Failed(error()))
    );
    assert_eq!(microphone.faults().open_now(), 1);
    open.release().await.expect("released");
    assert_eq!(microphone.faults().open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_device_delivers_nothing_without_a_word() {
    let microphone = microphone();
    let (link, mut side) = link();
    let open = microphone.open(link).await.expect("opens");
    frames(&side, 1).await;
    microphone.faults().stall();
    while side.captured.try_next().is_some() {}
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(side.captured.try_next(), None);
    assert!(side.signals.try_recv().is_err());
    microphone.faults().heal();
    assert!(
        frames(&side, 1).await[0].sequence > 100,
        "it went on capturing meanwhile"
    );
    open.release().await.expect("released");
}
