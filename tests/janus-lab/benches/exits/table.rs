//! The times side by side.

use std::fmt;
use std::time::Duration;

/// Rows of times, and the row that they are compared with.
pub(crate) struct Table {
    title: String,
    bare: Row,
    ours: Vec<Row>,
}

struct Row {
    name: &'static str,
    times: Vec<Duration>,
}

impl Table {
    pub(crate) fn of(title: String, bare: &'static str) -> Self {
        let times = Vec::new();
        Self {
            title,
            bare: Row { name: bare, times },
            ours: Vec::new(),
        }
    }

    pub(crate) fn bare(&mut self, time: Duration) {
        self.bare.times.push(time);
    }

    pub(crate) fn ours(&mut self, name: &'static str, time: Duration) {
        match self.ours.iter_mut().find(|row| row.name == name) {
            Some(row) => row.times.push(time),
            None => self.ours.push(Row {
                name,
                times: vec![time],
            }),
        }
    }
}

impl Row {
    /// In milliseconds: what this part of the times is within.
    fn within(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times
            .get(place)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "\n{} ({} each, ms)",
            self.title,
            self.bare.times.len()
        )?;
        writeln!(
            formatter,
            "{:26} {:>8} {:>8} {:>8}   p50 against bare",
            "", "p50", "p90", "max"
        )?;
        for row in std::iter::once(&self.bare).chain(&self.ours) {
            let [p50, p90, max] = [50, 90, 100].map(|percent| row.within(percent));
            write!(formatter, "{:26} {p50:8.2} {p90:8.2} {max:8.2}", row.name)?;
            let bare = self.bare.within(50);
            if std::ptr::eq(row, &raw const self.bare) {
                writeln!(formatter)?;
            } else {
                writeln!(formatter, "   x {:.2}, {:+.2} ms", p50 / bare, p50 - bare)?;
            }
        }
        Ok(())
    }
}
