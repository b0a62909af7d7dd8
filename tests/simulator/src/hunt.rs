//! Many seeds, on several threads: each run has its thread for itself.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::sabotage::Sabotage;
use crate::world::{Run, run};

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Hunt {
    /// How many runs there were.
    pub runs: u64,
    /// How many stays were in them.
    pub stays: usize,
    /// How much virtual time passed in them.
    pub lasted: Duration,
    /// The runs in which something must not be, in the order of their seeds.
    pub failures: Vec<Run>,
}

/// More failures than this tell nothing new; the hunt ends then.
const ENOUGH: usize = 20;

/// Plays the worlds of these seeds on as many threads as the machine has, and tells of every run.
pub fn hunt(seeds: Range<u64>, sabotage: Option<Sabotage>, progress: impl Fn(&Run) + Sync) -> Hunt {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicU64::new(seeds.start);
    let hunted = Mutex::new(Hunt::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let run = run(seed, sabotage);
                    progress(&run);
                    let mut hunted = hunted.lock().unwrap_or_else(PoisonError::into_inner);
                    hunted.take_in(run);
                    if hunted.failures.len() >= ENOUGH {
                        next.store(seeds.end, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut hunted = hunted.into_inner().unwrap_or_else(PoisonError::into_inner);
    hunted.failures.sort_by_key(|run| run.seed);
    hunted
}

impl Hunt {
    fn take_in(&mut self, run: Run) {
        self.runs += 1;
        self.stays += run.stays;
        self.lasted += run.lasted;
        if !run.violations.is_empty() {
            self.failures.push(run);
        }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.transcript)?;
        writeln!(formatter)?;
        for violation in &self.violations {
            writeln!(formatter, "{violation}")?;
        }
        write!(
            formatter,
            "seed {seed}; to see exactly this again: make simulate SEED={seed}",
            seed = self.seed
        )
    }
}
