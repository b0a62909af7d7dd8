//! The index page, computed from the list that is played.

use std::fmt::Write as _;
use std::path::Path;

use crate::{Entry, Shown, entries};

/// `tests/corpus/README.md`.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "<!-- Computed from src/moments; do not edit. EXEUNT_UPDATE=1 cargo test -p exeunt-corpus -->\n\
         # Exits that went wrong elsewhere\n\n\
         Real reports from public trackers, by the moment of the exit. Each row says what happened there,\n\
         which [guarantee](../../core/docs/guarantees.md) excludes it here, and what shows that. *Story*\n\
         is one of this folder: `cargo test -p exeunt-corpus -- \"NUMBER:\"` plays it.\n",
    );
    let entries = entries();
    let here = entries
        .iter()
        .filter(|entry| matches!(entry.shown, Shown::Here(_)))
        .count();
    let not = entries
        .iter()
        .filter(|entry| matches!(entry.shown, Shown::Not(_)))
        .count();
    let _ = writeln!(
        text,
        "\n{} entries: {here} stories, {} shown by tests elsewhere, {not} that cannot be expressed yet.",
        entries.len(),
        entries.len() - here - not
    );
    let mut moment = None;
    for entry in &entries {
        if moment != Some(entry.moment) {
            moment = Some(entry.moment);
            let heading = entry.moment.heading();
            let _ = write!(
                text,
                "\n## {heading}\n\n| | what happened | excluded by | shown by |\n|---|---|---|---|\n"
            );
        }
        let _ = writeln!(text, "{}", row(entry));
    }
    text
}

fn row(entry: &Entry) -> String {
    let links: Vec<_> = entry.reports.iter().map(|report| link(report)).collect();
    let shown = match entry.shown {
        Shown::Here(_) => "story".to_owned(),
        Shown::Elsewhere(file, words) => format!("[{words}](../../{file})"),
        Shown::Not(why) => format!("not yet: {why}"),
    };
    format!(
        "| {} | {} ({}) | G-{} | {shown} |",
        entry.number,
        entry.world,
        links.join(", "),
        entry.guarantee
    )
}

fn link(report: &str) -> String {
    match report.split_once('#') {
        // GitHub leads from an issue's address to a pull request's by itself.
        Some((repository, number)) => {
            let name = repository.rsplit('/').next().unwrap_or(repository);
            format!("[{name}#{number}](https://github.com/{repository}/issues/{number})")
        }
        None => format!("<{report}>"),
    }
}

/// Compares the page with the list, and looks whether the tests that it names are there.
///
/// # Errors
/// What is stale or missing, in words.
pub fn check_index() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for entry in entries() {
        if let Shown::Elsewhere(file, words) = entry.shown {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            // A test's name, or its sentence.
            if !text.contains(words) && !text.contains(&words.replace(' ', "_")) {
                return Err(format!(
                    "entry {} is to be shown by {words:?} in {file}, which is not there",
                    entry.number
                ));
            }
        }
    }
    let page = root.join("tests/corpus/README.md");
    let computed = document();
    if std::env::var_os("EXEUNT_UPDATE").is_some() {
        return std::fs::write(&page, computed)
            .map_err(|error| format!("{}: {error}", page.display()));
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    if written == computed {
        return Ok(());
    }
    Err("tests/corpus/README.md is stale: EXEUNT_UPDATE=1 cargo test -p exeunt-corpus".to_owned())
}
