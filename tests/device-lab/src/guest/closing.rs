//! When a node is closed, as the kernel tells it to whoever watches: for each open file of it, as its
//! last descriptor and mapping goes.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

use super::failure::LabFailure;
use super::line::now_micros;

/// The times at which a node was closed.
#[derive(Debug)]
pub(crate) struct Closings(Receiver<u64>);

impl Closings {
    /// Watches a node on a thread of its own, until the process ends.
    pub(crate) fn of(node: &str) -> Result<Self, LabFailure> {
        let failed = || LabFailure::system(format!("watching {node}"));
        let watcher =
            inotify::init(CreateFlags::CLOEXEC).map_err(|error| failed()(error.into()))?;
        inotify::add_watch(&watcher, node, WatchFlags::CLOSE)
            .map_err(|error| failed()(error.into()))?;
        let (sender, times) = channel();
        std::thread::Builder::new()
            .name("closings".to_owned())
            .spawn(move || {
                let send = |at| sender.send(at).is_ok();
                watch(&watcher, send);
            })
            .map_err(failed())?;
        Ok(Self(times))
    }

    /// How long after this time the node was closed last, of what was heard up to now. What happened
    /// before is forgotten.
    pub(crate) fn last_since(&self, begun: u64) -> Result<Duration, LabFailure> {
        /// The watcher may be told a little later than the process that closed.
        const LATE: Duration = Duration::from_millis(500);
        let mut last = None;
        while last.is_none() {
            let Ok(at) = self.0.recv_timeout(LATE) else {
                break;
            };
            last = Some(at).filter(|at| *at >= begun);
        }
        last = self.0.try_iter().last().or(last);
        match last {
            Some(at) => Ok(Duration::from_micros(at - begun)),
            None => Err(LabFailure::Wrong("the camera was not closed".to_owned())),
        }
    }
}

fn watch(watcher: &OwnedFd, mut send: impl FnMut(u64) -> bool) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = Reader::new(watcher, &mut buffer);
    while events.next().is_ok() && send(now_micros()) {}
}
