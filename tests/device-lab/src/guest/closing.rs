//! When a node is closed, as the kernel tells it to whoever watches: for each open file of it, as its
//! last descriptor and mapping goes. Of a sound device the kernel also shows whether it is closed.

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
    /// Watches a node on a thread of its own, until the process ends. Where the kernel shows a `status`,
    /// closed is what says so there.
    pub(crate) fn of(node: &str, status: Option<&'static str>) -> Result<Self, LabFailure> {
        let failed = || LabFailure::system(format!("watching {node}"));
        let watcher =
            inotify::init(CreateFlags::CLOEXEC).map_err(|error| failed()(error.into()))?;
        inotify::add_watch(&watcher, node, WatchFlags::CLOSE)
            .map_err(|error| failed()(error.into()))?;
        let (sender, times) = channel();
        std::thread::Builder::new()
            .name("closings".to_owned())
            .spawn(move || {
                watch(&watcher, || {
                    let at = closed(status);
                    sender.send(at).is_ok()
                });
            })
            .map_err(failed())?;
        Ok(Self(times))
    }

    /// When the node was closed last after this time, of what was heard up to now. What happened before is
    /// forgotten.
    pub(crate) fn last_since(&self, begun: u64) -> Result<u64, LabFailure> {
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
        last.ok_or_else(|| LabFailure::Wrong("the device was not closed".to_owned()))
    }
}

fn watch(watcher: &OwnedFd, mut closing: impl FnMut() -> bool) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = Reader::new(watcher, &mut buffer);
    while events.next().is_ok() && closing() {}
}

/// When it is closed that is being closed. The word comes as the last descriptor goes, and the driver's part
/// follows at once, so there is little to wait for; but another opening may follow as well.
fn closed(status: Option<&str>) -> u64 {
    const MOST_LOOKS: usize = 1000;
    if let Some(status) = status {
        let shows_closed =
            || std::fs::read_to_string(status).is_ok_and(|text| text.trim() == "closed");
        let _ = (0..MOST_LOOKS).find(|_| shows_closed());
    }
    now_micros()
}
