//! The conformance suite on each of the machine's devices.

use exeunt_conformance::device_cases;

use super::{Play, Scenario};
use crate::Boot;

/// What the suite checks of each device, as far as a kernel offers it: no driver here hangs on command, or
/// keeps a device.
pub(super) fn scenarios() -> impl Iterator<Item = Scenario> {
    let devices = ["camera", "microphone", "speaker"];
    devices.into_iter().flat_map(|device| {
        let cases = device_cases().into_iter();
        let offered =
            cases.filter(move |case| !case.needs.contains("let_go") && is_about(device, case.name));
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

/// Whether a case is about such a device: what captures does not play.
fn is_about(device: &str, case: &str) -> bool {
    match case.strip_prefix("an open ") {
        Some(rest) => rest.split(' ').any(|word| word == device),
        None => true,
    }
}
