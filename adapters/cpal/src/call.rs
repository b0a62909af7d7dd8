//! A call to the sound server: a connection that somebody else can hang up.
//!
//! Whoever asks a server may wait for ever for its answer: it may have stopped, and a microphone may have
//! no sound to deliver. So whoever has asked for the device can end that waiting from outside (G-6).

#[cfg(target_os = "linux")]
use std::sync::{Arc, Mutex};

/// A call to the sound server, or one that is still to be made. Cloning gives another hold of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    #[cfg(target_os = "linux")]
    progress: Arc<Mutex<linux::Progress>>,
}

impl Call {
    /// Says that nothing more is wanted: what waits for the server ends, and a call that was not made yet
    /// is not made any more.
    ///
    /// While nothing of ours can be at the server nobody waits for it. Where a stream may be there, the
    /// server is told that no more comes; it then lets go of what it has for us and closes its end, and
    /// until it does nothing is taken for released (G-13). A server that has stopped does so when it goes
    /// on. Never blocks.
    #[cfg(target_os = "linux")]
    pub(crate) fn hang_up(&self) {
        self.progress().hang_up();
    }

    /// Other systems have no server that is asked by a call.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn hang_up(&self) {
        let _ = self;
    }
}

/// Hangs up when it is dropped.
#[derive(Debug)]
pub(crate) struct HangsUp(pub(crate) Call);

impl Drop for HangsUp {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, MutexGuard, PoisonError};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::Call;

    #[derive(Debug, Default)]
    pub(super) struct Progress {
        socket: Option<Arc<UnixStream>>,
        may_hold: bool,
        hung_up: bool,
    }

    impl Progress {
        pub(super) fn hang_up(&mut self) {
            self.hung_up = true;
            if let Some(socket) = &self.socket {
                let how = if self.may_hold {
                    Shutdown::Write
                } else {
                    Shutdown::Both
                };
                // One that the server has closed is as good.
                let _ = socket.shutdown(how);
            }
        }
    }

    impl Call {
        /// It is made on this socket. Answers whether it is still wanted.
        pub(crate) fn begin(&self, socket: UnixStream) -> bool {
            let mut progress = self.progress();
            progress.socket = Some(Arc::new(socket));
            if progress.hung_up {
                progress.hang_up();
            }
            !progress.hung_up
        }

        /// From now on the server may have something of ours.
        pub(crate) fn may_hold(&self) {
            self.progress().may_hold = true;
        }

        /// Whether somebody has hung up.
        pub(crate) fn is_hung_up(&self) -> bool {
            self.progress().hung_up
        }

        /// Whether the server has closed its end.
        pub(crate) fn is_dead(&self) -> bool {
            let socket = self.progress().socket.clone();
            socket.is_none_or(|socket| is_closed(&socket, Some(Duration::ZERO)))
        }

        /// Hangs up, and returns once the server has closed its end: before that it lets go of all that it
        /// has for us. Blocks for as long as the server does not answer.
        pub(crate) fn end(&self) {
            self.hang_up();
            let socket = self.progress().socket.clone();
            if let Some(socket) = socket {
                while !is_closed(&socket, None) {}
            }
            self.close();
        }

        /// Hangs up and waits for nobody.
        pub(crate) fn close(&self) {
            self.hang_up();
            self.progress().socket = None;
        }

        pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
            self.progress.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// Whether nothing can be said in either direction any more, waited for as long as this.
    fn is_closed(socket: &UnixStream, patience: Option<Duration>) -> bool {
        // What arrives on it is read elsewhere; that it is closed is told unasked.
        let mut looked_at = [PollFd::new(socket, PollFlags::empty())];
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        // A look that was interrupted saw nothing.
        let seen = poll(&mut looked_at, patience.as_ref()).unwrap_or(0);
        seen > 0
            && looked_at[0]
                .revents()
                .intersects(PollFlags::HUP | PollFlags::ERR)
    }

    #[cfg(test)]
    mod tests {
        use std::io::Read;
        use std::os::unix::net::UnixStream;

        use super::Call;

        #[test]
        fn a_call_that_holds_nothing_is_dead_as_soon_as_it_is_hung_up() {
            let (ours, _servers) = UnixStream::pair().expect("two sockets");
            let call = Call::default();
            assert!(call.begin(ours));
            assert!(!call.is_dead());
            call.hang_up();
            assert!(call.is_dead(), "although the server has not answered");
            call.end();
        }

        #[test]
        fn a_call_that_may_hold_something_is_dead_when_the_server_has_closed_it() {
            let (ours, mut servers) = UnixStream::pair().expect("two sockets");
            let call = Call::default();
            assert!(call.begin(ours));
            call.may_hold();
            call.hang_up();
            assert!(!call.is_dead(), "the server has not answered yet");
            let mut said = Vec::new();
            servers
                .read_to_end(&mut said)
                .expect("it is told of the end");
            drop(servers);
            call.end();
            assert!(call.is_dead());
        }

        #[test]
        fn a_call_that_was_hung_up_before_it_was_made_is_of_no_use() {
            let (ours, mut servers) = UnixStream::pair().expect("two sockets");
            let call = Call::default();
            call.hang_up();
            assert!(!call.begin(ours));
            let mut said = Vec::new();
            servers
                .read_to_end(&mut said)
                .expect("it is told of the end");
        }
    }
}
