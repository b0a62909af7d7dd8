//! The times side by side.

use std::fmt;
use std::time::Duration;

use crate::call::Measured;

/// Rows of times, and the row that they are compared with.
pub(crate) struct Table {
    title: String,
    bare: Row,
    ours: Vec<Row>,
}

struct Row {
    name: &'static str,
    times: Vec<Duration>,
    /// What the slowest exit's report says that the device took.
    slowest: Option<Measured>,
}

impl Table {
    pub(crate) fn of(title: String, bare: &'static str) -> Self {
        let times = Vec::new();
        Self {
            title,
            bare: Row {
                name: bare,
                times,
                slowest: None,
            },
            ours: Vec::new(),
        }
    }

    pub(crate) fn bare(&mut self, time: Duration) {
        self.bare.times.push(time);
    }

    pub(crate) fn ours(&mut self, name: &'static str, measured: Measured) {
        let place = self.ours.iter().position(|row| row.name == name);
        let place = place.unwrap_or_else(|| {
            self.ours.push(Row {
                name,
                times: Vec::new(),
                slowest: None,
            });
            self.ours.len() - 1
        });
        if let Some(row) = self.ours.get_mut(place) {
            row.times.push(measured.off);
            let slower = row.slowest.is_none_or(|slowest| slowest.off < measured.off);
            row.slowest = if slower { Some(measured) } else { row.slowest };
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
            "{:26} {:>8} {:>8} {:>8}   beyond bare: {:>8} {:>8} {:>8}",
            "", "p50", "p90", "max", "p50", "p90", "max"
        )?;
        for row in std::iter::once(&self.bare).chain(&self.ours) {
            let [p50, p90, max] = [50, 90, 100].map(|percent| row.within(percent));
            write!(formatter, "{:26} {p50:8.2} {p90:8.2} {max:8.2}", row.name)?;
            if std::ptr::eq(row, &raw const self.bare) {
                writeln!(formatter)?;
            } else {
                let [b50, b90, most] = [50, 90, 100].map(|percent| self.bare.within(percent));
                let (p50, p90, max) = (p50 - b50, p90 - b90, max - most);
                write!(formatter, "{:>14} {p50:+8.2} {p90:+8.2} {max:+8.2}", "")?;
                // Whether the slowest was slow here, or in being told.
                let reported = row.slowest.map(|slowest| slowest.reported);
                let reported = reported.unwrap_or_default().as_secs_f64() * 1000.0;
                writeln!(formatter, "   the slowest reported {reported:.2}")?;
            }
        }
        Ok(())
    }
}
