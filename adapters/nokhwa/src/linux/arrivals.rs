//! Waiting for a picture, or for the word that none is wanted any more.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::thread::Wake;

/// The driver's word and a bell in one wait.
///
/// mio tells changes (it is edge-triggered): that a picture has come, not that one is there. So whoever
/// waits looks first, and looks again after the wait, whatever that came to.
pub(super) struct Arrivals {
    poll: Poll,
    events: Events,
    bell: Arc<Bell>,
}

/// Ends a wait from another thread.
#[derive(Debug)]
pub(super) struct Bell(Waker);

impl Wake for Bell {
    fn wake(&self) {
        // It is an eventfd; a write to it fails only when it is rung already.
        let _ = self.0.wake();
    }
}

impl Arrivals {
    const BELL: Token = Token(0);
    const DRIVER: Token = Token(1);

    /// Hears the bell only.
    pub(super) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let bell = Arc::new(Bell(Waker::new(poll.registry(), Self::BELL)?));
        Ok(Self {
            poll,
            events: Events::with_capacity(2),
            bell,
        })
    }

    pub(super) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// From here on hears the driver as well, which must be streaming: asked before that, some drivers
    /// take it for the beginning of a read(2).
    pub(super) fn hear(&self, descriptor: i32) -> io::Result<()> {
        self.poll
            .registry()
            .register(&mut SourceFd(&descriptor), Self::DRIVER, Interest::READABLE)
    }

    /// Waits for either, `at_most` so long. A signal ends the wait early, too.
    pub(super) fn wait(&mut self, at_most: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(at_most)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            ended => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::Arrivals;
    use crate::thread::{StopRequest, Wake};

    /// So long that a test which waits for it to be over never ends well.
    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_stop_request_ends_a_wait_and_one_before_the_wait_ends_it_too() {
        let mut arrivals = Arrivals::new().expect("an epoll");
        let stop = StopRequest::default();
        stop.wakes(arrivals.bell());
        let (begins, begun) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let waiting = thread::spawn(move || {
            begins.send(()).expect("the test listens");
            arrivals.wait(LONG).expect("the bell");
            ends.send(()).expect("the test listens");
            arrivals
        });
        begun.recv().expect("the thread");
        stop.ask();
        ended.recv().expect("an end");
        let mut arrivals = waiting.join().expect("no panic");
        stop.ask();
        arrivals.wait(LONG).expect("the bell");
    }

    #[test]
    fn what_arrives_ends_a_wait() {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        let mut arrivals = Arrivals::new().expect("an epoll");
        arrivals.hear(ours.as_raw_fd()).expect("a descriptor");
        theirs.write_all(b"a picture").expect("room for it");
        arrivals.wait(LONG).expect("an arrival");
    }

    #[test]
    fn a_bell_that_outlives_the_wait_does_no_harm() {
        let arrivals = Arrivals::new().expect("an epoll");
        let bell = arrivals.bell();
        drop(arrivals);
        bell.wake();
    }
}
