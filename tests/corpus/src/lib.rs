//! Exits that went wrong elsewhere: real reports from public trackers, each as a story in which its
//! world comes up again and the exit ends well.
//!
//! The stories are grouped by the moment of the exit. Each names the report, the guarantee that
//! excludes it, and its numbers are those of a larger collection; gaps are meant. `README.md` is
//! the index, computed from the same list that is played.

mod cast;
mod entry;
mod index;
mod moments;

pub use entry::{Entry, Moment, Shown};
pub use index::{check_index, document};

/// Every entry, by moment.
#[must_use]
pub fn entries() -> Vec<Entry> {
    moments::all()
}

/// The entries that are played here: a name, and a story that panics if it does not end well.
#[must_use]
pub fn stories() -> Vec<(String, fn())> {
    let played = entries().into_iter().filter_map(|entry| match entry.shown {
        Shown::Here(story) => Some((format!("{}: {}", entry.number, entry.world), story)),
        Shown::Elsewhere(..) | Shown::Not(_) => None,
    });
    played.collect()
}
