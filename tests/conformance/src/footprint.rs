//! What of this process can grow: tasks, threads, descriptors (G-15).

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::Obstacle;
use crate::duty::Duty;
use crate::finding::{Finding, Outcome};
use crate::patience::Patience;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    /// The tasks of the case's own runtime, which are alive.
    Tasks,
    /// The threads and the descriptors of this process.
    System,
}

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footprint {
    Tasks(usize),
    System { threads: usize, descriptors: usize },
}

impl Counted {
    /// Counts now. Where the system shows no threads and descriptors that is a missing part.
    pub(crate) fn now(self) -> Result<Footprint, Obstacle> {
        match self {
            Self::Tasks => Ok(Footprint::Tasks(
                Handle::current().metrics().num_alive_tasks(),
            )),
            Self::System => system(),
        }
    }
}

impl Footprint {
    fn counted(self) -> Counted {
        match self {
            Self::Tasks(_) => Counted::Tasks,
            Self::System { .. } => Counted::System,
        }
    }

    fn is_within(self, bound: Self) -> bool {
        match (self, bound) {
            (Self::Tasks(now), Self::Tasks(then)) => now <= then,
            (
                Self::System {
                    threads,
                    descriptors,
                },
                Self::System {
                    threads: most_threads,
                    descriptors: most_descriptors,
                },
            ) => threads <= most_threads && descriptors <= most_descriptors,
            (Self::Tasks(_), Self::System { .. }) | (Self::System { .. }, Self::Tasks(_)) => false,
        }
    }

    /// Waits until no more is held than was then: what ends by itself has the usual time for it.
    pub(crate) async fn is_kept(
        self,
        patience: &Patience,
        duty: &'static Duty,
        after: &str,
    ) -> Outcome {
        let mut now = self.counted().now()?;
        let shrinks = async {
            while !now.is_within(self) {
                // Nobody tells when a thread or a descriptor has gone; looking again is all there is.
                sleep(Duration::from_millis(5)).await;
                now = self.counted().now()?;
            }
            Ok(())
        };
        match tokio::time::timeout(patience.bound(), shrinks).await {
            Ok(kept) => kept,
            Err(_) => Err(Finding::broken(
                duty,
                format!("after one cycle there were {self}, and {after} there are {now}"),
            )),
        }
    }
}

impl std::fmt::Display for Footprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tasks(tasks) => write!(formatter, "{tasks} tasks"),
            Self::System {
                threads,
                descriptors,
            } => write!(formatter, "{threads} threads and {descriptors} descriptors"),
        }
    }
}

fn system() -> Result<Footprint, Obstacle> {
    let missing = |_| Obstacle::missing("/proc/self, which shows threads and descriptors");
    let status = std::fs::read_to_string("/proc/self/status").map_err(missing)?;
    let threads = status.lines().find_map(|line| {
        line.strip_prefix("Threads:")
            .and_then(|number| number.trim().parse().ok())
    });
    // The listing's own descriptor is among them, every time.
    let descriptors = std::fs::read_dir("/proc/self/fd").map_err(missing)?.count();
    Ok(Footprint::System {
        threads: threads.ok_or_else(|| Obstacle::failed("no Threads: in /proc/self/status"))?,
        descriptors,
    })
}
