//! Plays every story of the corpus, and compares the index page with them.

use libtest_mimic::{Arguments, Trial};

/// A fault that panics because it was told to is no news; its backtrace would bury what is.
fn hush_planned_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.to_string().contains("as it was told") {
            report(panic);
        }
    }));
}

fn main() {
    hush_planned_panics();
    let mut trials: Vec<_> = exeunt_corpus::stories()
        .into_iter()
        .map(|(name, story)| {
            Trial::test(name, move || {
                story();
                Ok(())
            })
        })
        .collect();
    trials.push(Trial::test(
        "the index page names every entry and what shows it",
        || exeunt_corpus::check_index().map_err(Into::into),
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
