//! The times side by side.

use std::time::Duration;

/// One exit's times, since it was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// As the kernel saw the device closed.
    pub(super) off: Duration,
    /// When the session had begun its exit.
    pub(super) heard: Duration,
    /// When the release was confirmed to us, as the exit's own report has it.
    pub(super) reported: Duration,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Row {
    name: &'static str,
    times: Vec<Duration>,
    slowest: Option<Measured>,
}

impl Row {
    pub(super) fn of(name: &'static str) -> Self {
        Self {
            name,
            times: Vec::new(),
            slowest: None,
        }
    }

    /// One more of which nothing else is known.
    pub(super) fn off(&mut self, off: Duration) {
        self.times.push(off);
    }

    /// One more exit.
    pub(super) fn took(&mut self, measured: Measured) {
        self.off(measured.off);
        if self
            .slowest
            .is_none_or(|slowest| slowest.off < measured.off)
        {
            self.slowest = Some(measured);
        }
    }

    /// Median, ninth decile and maximum, in milliseconds.
    fn figures(&self) -> [f64; 3] {
        let mut times = self.times.clone();
        times.sort_unstable();
        [50, 90, 100].map(|percent| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().map_or(0.0, milliseconds)
        })
    }
}

/// Prints a table; ours are compared with the first of the bare rows, which uses the device as we do.
pub(super) fn print(kind: &str, bare: &[Row], ours: &[Row]) {
    println!(
        "| {:<36} | {:>6} | {:>7} | {:>7} | {:>7} | {:>17} | {:<47} |",
        format!("{kind} off after, in ms"),
        "times",
        "p50",
        "p90",
        "max",
        "beyond the first",
        "the slowest: heard of, and confirmed, after"
    );
    println!(
        "| {:-<36} | {:->6} | {:->7} | {:->7} | {:->7} | {:->17} | {:-<47} |",
        "", ":", ":", ":", ":", ":", ""
    );
    let compared = bare.first().map_or([0.0; 3], Row::figures);
    for row in bare.iter().chain(ours) {
        let [p50, p90, max] = row.figures();
        let (beyond, slowest) = match row.slowest {
            None => (String::new(), String::new()),
            Some(Measured {
                heard, reported, ..
            }) => {
                let [c50, c90, most] = compared;
                (
                    format!("{:+.1} {:+.1} {:+.1}", p50 - c50, p90 - c90, max - most),
                    format!("{:.1}, {:.1}", milliseconds(heard), milliseconds(reported)),
                )
            }
        };
        println!(
            "| {:<36} | {:>6} | {p50:>7.1} | {p90:>7.1} | {max:>7.1} | {beyond:>17} | {slowest:<47} |",
            row.name,
            row.times.len()
        );
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
