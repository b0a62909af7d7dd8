//! Histories, played to machine and reference.

use arbitrary::Unstructured;
use exeunt_scenario::{compare, play};

/// Plays the bytes as a history, and compares the machine with the reference.
#[expect(
    clippy::panic,
    reason = "that is how a fuzz target says that it found something"
)]
pub fn histories(bytes: &[u8]) {
    let Ok(history) = play(&mut Unstructured::new(bytes)) else {
        return;
    };
    if let Err(violation) = compare(&history) {
        panic!("{violation}\n{history:?}");
    }
}
