//! Visits larger worlds than the tests do, with progress on the standard error.
//!
//! ```text
//! cargo run --release -p exeunt-model --example hunt -- KICKS LOSSES [facts-wait]
//! ```

use std::process::ExitCode;

use exeunt_model::{Scope, Survey};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place)?.parse().ok();
    let (Some(kicks), Some(losses)) = (number(0), number(1)) else {
        eprintln!("usage: hunt KICKS LOSSES [facts-wait]   for instance: hunt 1 1");
        return ExitCode::from(2);
    };
    let scope = Scope {
        name: "hunt: two inside, one leaves and enters again",
        enters: &[1, 0],
        inside: &[0, 1],
        kicks,
        losses,
        facts_wait: arguments.get(2).is_some_and(|word| word == "facts-wait"),
        ..Scope::PAIR
    };
    let mut shown = 0;
    let survey = Survey::of(scope, 2, |states| {
        if states >= shown + 100_000 {
            shown = states;
            eprintln!("{states} states");
        }
    });
    print!("{survey}");
    ExitCode::from(u8::from(!survey.counter_examples.is_empty()))
}
