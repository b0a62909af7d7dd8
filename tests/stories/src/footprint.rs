//! What a process holds, seen from outside.

use std::path::Path;

use crate::StoryFailure;

/// How much of the system a process holds (G-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
}

impl Footprint {
    /// What this process holds at this moment. Needs `/proc`.
    pub(crate) fn of(process: u32) -> Result<Self, StoryFailure> {
        let folder = Path::new("/proc").join(process.to_string());
        let count = |part: &str| {
            std::fs::read_dir(folder.join(part))
                .map(Iterator::count)
                .map_err(StoryFailure::system("/proc"))
        };
        Ok(Self {
            descriptors: count("fd")?,
            threads: count("task")?,
        })
    }
}
