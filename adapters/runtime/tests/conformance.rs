//! The conformance suite over a shared device: it is a device like any other.

use std::process::ExitCode;

use exeunt_conformance::{FaultyLab, device, device_lab};
use exeunt_loopback::{FaultyDevice, PictureCamera, SilentSpeaker, ToneMicrophone};
use exeunt_runtime::Shared;

fn main() -> ExitCode {
    device_lab(|| async { Ok(workbench()) })
        .called("shared faulty microphone")
        .and(device(|| Ok(Shared::new(PictureCamera::new()))).called("shared camera"))
        .and(device(|| Ok(Shared::new(SilentSpeaker::new()))).called("shared speaker"))
        .run()
}

/// A microphone that is shared, and goes wrong on command.
fn workbench() -> FaultyLab {
    let microphone = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = microphone.faults();
    FaultyLab::new(Shared::new(microphone), faults)
}
