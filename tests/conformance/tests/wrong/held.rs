//! Devices that are still held, and do not say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use exeunt_conformance::{Lab, Obstacle, Suite, async_trait, device_lab};
use exeunt_loopback::{DeviceFaults, FaultyDevice, OpenFault, ToneMicrophone};
use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice};

use crate::verdicts::{fails_exactly, fails_nothing, said_of};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// An opening that is abandoned keeps a handle.
    KeepsAHandle,
    /// Whether the device is still held or not, it says that nothing is.
    KeepsItToItself,
}

/// A microphone whose driver is the test's.
struct Keeping {
    wrong: Wrong,
    device: Arc<FaultyDevice<ToneMicrophone>>,
    kept: Arc<AtomicUsize>,
}

#[async_trait]
impl Device for Keeping {
    fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    fn name(&self) -> String {
        format!("keeping microphone ({:?})", self.wrong)
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let opened = self.device.open(link.clone()).await;
        match self.wrong {
            Wrong::Nothing => opened,
            Wrong::KeepsAHandle => {
                if link.is_abandoned() {
                    self.kept.fetch_add(1, Ordering::SeqCst);
                }
                opened
            }
            Wrong::KeepsItToItself => opened.map_err(|error| {
                if error.may_be_held() {
                    DeviceError::Abandoned
                } else {
                    error
                }
            }),
        }
    }
}

/// Shows what is held, and keeps it on command.
struct Bench {
    wrong: Wrong,
    device: Arc<FaultyDevice<ToneMicrophone>>,
    faults: DeviceFaults,
    kept: Arc<AtomicUsize>,
}

#[async_trait]
impl Lab for Bench {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        Ok(Box::new(Keeping {
            wrong: self.wrong,
            device: Arc::clone(&self.device),
            kept: Arc::clone(&self.kept),
        }))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        Ok(self.faults.open_now() + self.kept.load(Ordering::SeqCst))
    }

    async fn stay_held(&self) -> Result<(), Obstacle> {
        let held = DeviceError::StillHeld {
            name: "keeping microphone".to_owned(),
            detail: "its driver keeps it".to_owned(),
        };
        self.faults.break_open(OpenFault::StaysHeld(held));
        Ok(())
    }

    async fn let_go(&self) -> Result<(), Obstacle> {
        self.faults.heal();
        Ok(())
    }
}

fn microphone(wrong: Wrong) -> Suite {
    device_lab(move || async move {
        let device = FaultyDevice::new(ToneMicrophone::new(440));
        Ok(Bench {
            wrong,
            faults: device.faults(),
            device: Arc::new(device),
            kept: Arc::default(),
        })
    })
}

#[test]
fn a_microphone_that_says_what_it_keeps_fails_nothing() {
    fails_nothing(microphone(Wrong::Nothing));
}

#[test]
fn a_microphone_that_keeps_a_handle_fails_where_the_system_is_asked() {
    let case = "once an opening that was abandoned, at any moment, has answered the system shows no handle";
    let report = fails_exactly(microphone(Wrong::KeepsAHandle), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("the system shows 1 handle(s)"), "{said}");
}

#[test]
fn a_microphone_that_keeps_to_itself_that_it_is_held_fails_where_that_is_to_be_said() {
    let through_the_runtime =
        "through the runtime: an exit while it opens says what that leaves held";
    let report = fails_exactly(
        microphone(Wrong::KeepsItToItself),
        &[
            "an opening that leaves the device held says so",
            through_the_runtime,
        ],
    );
    let said = said_of(&report, through_the_runtime);
    assert!(said.contains("the report says otherwise"), "{said}");
}
