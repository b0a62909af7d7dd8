//! The lab of a device that goes wrong on command.

use std::sync::{Mutex, PoisonError};

use exeunt_loopback::{DeviceFaults, OpenFault, ReleaseFault};
use exeunt_port::{Device, DeviceError, async_trait};

use crate::{Lab, Obstacle};

/// The lab of a device that is a [`FaultyDevice`](exeunt_loopback::FaultyDevice) or is built on one:
/// what can befall it are those faults, and held is what the faulty one counts as open.
///
/// It takes the feature `loopback`.
pub struct FaultyLab {
    name: String,
    device: Mutex<Option<Box<dyn Device>>>,
    faults: DeviceFaults,
}

impl FaultyLab {
    /// The lab of this device, with the faults of the faulty one in it.
    #[must_use]
    pub fn new(device: impl Device, faults: DeviceFaults) -> Self {
        Self {
            name: device.name(),
            device: Mutex::new(Some(Box::new(device))),
            faults,
        }
    }
}

#[async_trait]
impl Lab for FaultyLab {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        let mut device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        device
            .take()
            .ok_or_else(|| Obstacle::failed("it was given away"))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        Ok(self.faults.open_now())
    }

    async fn vanish(&self) -> Result<(), Obstacle> {
        self.faults.vanish(DeviceError::Vanished {
            name: self.name.clone(),
            detail: "unplugged".to_owned(),
        });
        Ok(())
    }

    async fn hold_opening(&self) -> Result<(), Obstacle> {
        self.faults.break_open(OpenFault::OpensLate);
        Ok(())
    }

    async fn stay_held(&self) -> Result<(), Obstacle> {
        let held = DeviceError::StillHeld {
            name: self.name.clone(),
            detail: "its driver keeps it".to_owned(),
        };
        self.faults.break_open(OpenFault::StaysHeld(held));
        Ok(())
    }

    async fn hold_release(&self) -> Result<(), Obstacle> {
        self.faults.break_release(ReleaseFault::Hangs);
        Ok(())
    }

    async fn let_go(&self) -> Result<(), Obstacle> {
        self.faults.heal();
        self.faults.let_go();
        Ok(())
    }
}
