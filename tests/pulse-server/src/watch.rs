//! What the server tells of its streams as it happens.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::ServerError;
use crate::pactl::Pactl;

/// A subscription to what the server tells. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    process: Child,
    changes: Receiver<Change>,
}

/// Something that the server told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was heard here.
    pub at: Instant,
    /// `new`, `change` or `remove`.
    pub what: String,
    /// Of what: `source-output`, `sink-input`, `client` and so on.
    pub sort: String,
    /// Its number.
    pub index: u64,
}

impl Watch {
    /// How long a subscription may take.
    const SUBSCRIBING: Duration = Duration::from_secs(10);

    pub(crate) fn start(pactl: &Pactl) -> Result<Self, ServerError> {
        let mut process = pactl
            .command()
            .arg("subscribe")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ServerError::system("pactl"))?;
        let (sender, changes) = channel();
        if let Some(output) = process.stdout.take() {
            // Ends with the process.
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let told = Change::told(&line, Instant::now());
                    if told.is_some_and(|change| sender.send(change).is_err()) {
                        return;
                    }
                }
            });
        }
        let watch = Self { process, changes };
        let deadline = Instant::now() + Self::SUBSCRIBING;
        // Nothing says that it has subscribed; but everybody who asks the server is told of.
        while watch.changes.try_recv().is_err() {
            if Instant::now() >= deadline {
                let what = "a client, which is asking it".to_owned();
                let within = Self::SUBSCRIBING;
                return Err(ServerError::Untold { what, within });
            }
            pactl.is_answered()?;
        }
        Ok(watch)
    }

    /// Waits until the server tells that a stream of this sort is new (`source-output`, `sink-input`),
    /// and answers its number. What it tells before is passed over.
    pub fn until_new(&self, sort: &str, within: Duration) -> Result<u64, ServerError> {
        let is_it = |change: &Change| change.what == "new" && change.sort == sort;
        let new = self.until(&format!("a new {sort}"), within, is_it)?;
        Ok(new.index)
    }

    /// Waits until the server tells that this stream is gone, and answers when it did.
    pub fn until_removed(
        &self,
        sort: &str,
        index: u64,
        within: Duration,
    ) -> Result<Instant, ServerError> {
        let is_it = |change: &Change| {
            change.what == "remove" && change.sort == sort && change.index == index
        };
        let what = format!("the end of {sort} {index}");
        let removed = self.until(&what, within, is_it)?;
        Ok(removed.at)
    }

    fn until(
        &self,
        what: &str,
        within: Duration,
        is_it: impl Fn(&Change) -> bool,
    ) -> Result<Change, ServerError> {
        let deadline = Instant::now() + within;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let Ok(change) = self.changes.recv_timeout(rest) else {
                let what = what.to_owned();
                return Err(ServerError::Untold { what, within });
            };
            if is_it(&change) {
                return Ok(change);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Change {
    /// Of `Event 'remove' on source-output #12`.
    fn told(line: &str, at: Instant) -> Option<Self> {
        let (what, thing) = line.strip_prefix("Event '")?.split_once("' on ")?;
        let (sort, index) = thing.split_once(" #")?;
        Some(Self {
            at,
            what: what.to_owned(),
            sort: sort.to_owned(),
            index: index.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::Change;

    #[test]
    fn what_the_server_tells_is_understood() {
        let at = Instant::now();
        let change = Change::told("Event 'remove' on source-output #12", at);
        let expected = Change {
            at,
            what: "remove".to_owned(),
            sort: "source-output".to_owned(),
            index: 12,
        };
        assert_eq!(change, Some(expected));
        assert_eq!(Change::told("Connection failure", at), None);
    }
}
