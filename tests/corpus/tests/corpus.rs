//! Plays every story of the corpus, and compares the index page with them.

use libtest_mimic::{Arguments, Trial};

fn main() {
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
