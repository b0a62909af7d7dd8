//! The entries, by the moment of the exit.

mod device_opening;
mod device_vanished;
mod ended_by_the_server;
mod entering;
mod inside_a_callback;
mod process_dying;
mod recovering;
mod too_early_re_entry;
mod two_causes;

use crate::Entry;

pub(crate) fn all() -> Vec<Entry> {
    let moments: [&[Entry]; 9] = [
        &entering::ENTRIES,
        &device_opening::ENTRIES,
        &recovering::ENTRIES,
        &device_vanished::ENTRIES,
        &two_causes::ENTRIES,
        &inside_a_callback::ENTRIES,
        &ended_by_the_server::ENTRIES,
        &process_dying::ENTRIES,
        &too_early_re_entry::ENTRIES,
    ];
    moments.concat()
}
