//! The toy SDK's exit keeps the guarantees, and what is wrong is caught.

mod proved;
mod recorder;
mod wrong;

use exeunt_core::Slot;
use exeunt_scenario::{check, histories};
use proptest::prelude::*;

use proved::Proved;

const SLOTS: [Slot; 2] = [Slot::new(0).unwrap(), Slot::new(1).unwrap()];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn leaving_a_channel_keeps_every_guarantee(history in histories()) {
        let history = history.on_slots(&SLOTS);
        check(&history, Proved::new(history.policy))?;
    }
}
