//! Whether the memory of this process grows from cycle to cycle (G-15).
//!
//! What a process holds goes up and down by itself: an allocator keeps what it may need again, and takes
//! a page here and there. So the memory is read every 40 cycles, the first time when 40 have warmed
//! everything up, and what counts is the smallest growth from one reading to the next: a leak is in each
//! of them, a whim in one or two.

use crate::Obstacle;
use crate::duty::Duty;
use crate::finding::{Outcome, demand};

/// How many cycles there are from one reading to the next.
const CYCLES: usize = 40;
/// What a cycle may leave behind and is not seen: a page.
const ALLOWANCE: u64 = 4096;

/// What the process held, every so many cycles.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    readings: Vec<u64>,
}

impl Memory {
    /// So many cycles are over.
    pub(crate) fn after(&mut self, cycles: usize) -> Result<(), Obstacle> {
        if cycles.is_multiple_of(CYCLES) {
            self.readings.push(held()?);
        }
        Ok(())
    }

    /// Demands that it has not grown all the time.
    pub(crate) fn is_kept(&self, duty: &'static Duty) -> Outcome {
        let bound = ALLOWANCE * CYCLES as u64;
        let grown = self.least_growth().unwrap_or_default();
        demand(duty, grown <= bound, || {
            let kibibytes = self.readings.iter().map(|held| (held / 1024).to_string());
            let kibibytes: Vec<_> = kibibytes.collect();
            format!(
                "the memory grows by more than {ALLOWANCE} bytes a cycle; every {CYCLES} cycles it was {} KiB",
                kibibytes.join(", ")
            )
        })
    }

    fn least_growth(&self) -> Option<u64> {
        let growth = self.readings.windows(2).map(|pair| match pair {
            [before, after] => after.saturating_sub(*before),
            _ => 0,
        });
        growth.min()
    }
}

/// What this process has of its own in memory, in bytes: heap and stacks, not what is mapped from files.
fn held() -> Result<u64, Obstacle> {
    let shown = std::fs::read_to_string("/proc/self/smaps_rollup")
        .map_err(|_| Obstacle::missing("/proc/self/smaps_rollup, which shows the memory"))?;
    let kibibytes: Option<u64> = shown.lines().find_map(|line| {
        let number = line.strip_prefix("Anonymous:")?.trim();
        number.strip_suffix("kB")?.trim().parse().ok()
    });
    let kibibytes =
        kibibytes.ok_or_else(|| Obstacle::failed("no Anonymous: in /proc/self/smaps_rollup"))?;
    Ok(1024 * kibibytes)
}

#[cfg(test)]
mod tests {
    use super::{ALLOWANCE, CYCLES, Memory, held};
    use crate::duty::GROWTH;

    fn memory(kibibytes: [u64; 5]) -> Memory {
        Memory {
            readings: kibibytes.map(|held| 1024 * held).to_vec(),
        }
    }

    #[test]
    fn a_jump_or_two_is_no_leak() {
        let kept = memory([5000, 9000, 9040, 12000, 12000]).is_kept(&GROWTH);
        assert!(kept.is_ok(), "{kept:?}");
    }

    #[test]
    fn what_grows_all_the_time_is_one() {
        let grown = memory([5000, 5400, 9000, 9200, 9600]).is_kept(&GROWTH);
        let said = format!("{:?}", grown.expect_err("it grows"));
        assert!(said.contains("5000, 5400, 9000, 9200, 9600 KiB"), "{said}");
    }

    #[test]
    fn what_is_kept_is_seen() -> Result<(), crate::Obstacle> {
        let before = held()?;
        let size = 64 * CYCLES * usize::try_from(ALLOWANCE).unwrap_or_default();
        let kept = std::hint::black_box(vec![1_u8; size]);
        assert!(held()? >= before + kept.len() as u64 / 2);
        Ok(())
    }
}
