//! The conformance suite on each of the machine's devices.

use exeunt_conformance::device_cases;

use super::{Play, Scenario};
use crate::Boot;

/// What the suite checks of each device, as far as a kernel offers it: no driver here hangs on command.
pub(super) fn scenarios() -> impl Iterator<Item = Scenario> {
    let devices = ["camera", "microphone", "speaker"];
    devices.into_iter().flat_map(|device| {
        let cases = device_cases().into_iter();
        let offered = cases.filter(|case| !case.needs.contains("hold_"));
        offered.map(move |case| Scenario {
            boot: Boot::Conformance,
            name: format!("conformance of the {device}: {}", case.name),
            play: Play::Suite {
                device,
                case: case.name,
            },
        })
    })
}
