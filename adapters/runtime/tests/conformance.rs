//! The conformance suite over a shared device: it is a device like any other.

use std::process::ExitCode;

use exeunt_conformance::{Lab, Obstacle, async_trait, device, device_lab};
use exeunt_loopback::{
    DeviceFaults, FaultyDevice, OpenFault, PictureCamera, ReleaseFault, SilentSpeaker,
    ToneMicrophone,
};
use exeunt_port::{Device, DeviceError};
use exeunt_runtime::Shared;

fn main() -> ExitCode {
    device_lab(|| async { Ok(Workbench::new()) })
        .called("shared faulty microphone")
        .and(device(|| Ok(Shared::new(PictureCamera::new()))).called("shared camera"))
        .and(device(|| Ok(Shared::new(SilentSpeaker::new()))).called("shared speaker"))
        .run()
}

struct Workbench {
    device: Shared,
    faults: DeviceFaults,
}

impl Workbench {
    fn new() -> Self {
        let device = FaultyDevice::new(ToneMicrophone::new(440));
        let faults = device.faults();
        Self {
            device: Shared::new(device),
            faults,
        }
    }
}

#[async_trait]
impl Lab for Workbench {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        Ok(Box::new(self.device.clone()))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        Ok(self.faults.open_now())
    }

    async fn vanish(&self) -> Result<(), Obstacle> {
        self.faults.vanish(DeviceError::Vanished {
            name: "microphone".to_owned(),
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
            name: "microphone".to_owned(),
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
