//! The client's end of one stay: what it says to its room link, and in which state its line is.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use exeunt_port::{MediaFrame, RemoteFrame, RoomLink, RoomSignal};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::hub::Lease;
use crate::rooms::StayNumber;
use crate::{Hub, TransportFaults};

/// One stay as its client knows it. Shared by the connection, its task, the hub and the faults.
#[derive(Debug)]
pub(crate) struct Client {
    stay: StayNumber,
    hub: Hub,
    link: RoomLink,
    faults: TransportFaults,
    /// Where a lease runs; a connection may be dropped where there is no runtime.
    runtime: Handle,
    line: Mutex<Line>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Line {
    state: LineState,
    /// What the client itself has to say, before anything from the hub.
    sayings: VecDeque<RoomSignal>,
    /// The lease that runs while the line is down.
    lease: Option<AbortHandle>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineState {
    #[default]
    Up,
    Down,
    /// Down for good.
    Dead,
    /// The connection is gone.
    Closed,
}

impl Client {
    /// Words of the client's own that may wait.
    const SAYINGS: usize = 64;

    pub(crate) fn new(
        stay: StayNumber,
        hub: Hub,
        link: RoomLink,
        faults: TransportFaults,
        runtime: Handle,
    ) -> Self {
        Self {
            stay,
            hub,
            link,
            faults,
            runtime,
            line: Mutex::default(),
            woken: Notify::new(),
        }
    }

    /// Carries frames and words both ways; ends only when the connection closes by itself.
    /// The task that awaits it is ended by [`Connection::close`](exeunt_port::Connection::close) or by
    /// dropping the connection.
    pub(crate) async fn attend(&self) {
        tokio::select! {
            () = self.tell() => {}
            () = self.send() => {}
        }
        self.hang_up();
        self.link.signal(RoomSignal::Closed).await;
    }

    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Hands over what another member sent.
    pub(crate) fn receive(&self, frame: RemoteFrame) {
        if self.is_up() {
            self.link.received(frame);
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.with_line(|line| line.state == LineState::Up)
    }

    /// Tells the others that we leave. `None` if we are no member any more.
    pub(crate) fn leave(&self) -> Option<u32> {
        self.hub.leave(self.stay)
    }

    /// Lets go of everything; a membership that is left behind lapses with its lease (G-12).
    pub(crate) fn hang_up(&self) {
        self.with_line(|line| line.state = LineState::Closed);
        if let Some(lease) = self.hub.forget(self.stay) {
            self.start(lease);
        }
    }

    pub(crate) fn lose_link(&self) -> bool {
        let lost = self.with_line(|line| {
            let up = line.state == LineState::Up;
            if up {
                line.state = LineState::Down;
                line.say(RoomSignal::LinkLost);
            }
            up
        });
        if lost {
            self.silence();
        }
        lost
    }

    pub(crate) fn recover_link(&self) -> bool {
        let down = |line: &Line| line.state == LineState::Down && !self.link.is_abandoned();
        if !self.with_line(|line| down(line)) {
            return false;
        }
        let member = self.hub.resume(self.stay);
        let recovered = self.with_line(|line| {
            let still_down = down(line);
            if still_down {
                line.state = LineState::Up;
                // Who is no member any more hears why from his mailbox instead.
                if member {
                    line.say(RoomSignal::LinkRecovered);
                }
                if let Some(lease) = line.lease.take() {
                    lease.abort();
                }
            }
            still_down
        });
        self.wake();
        recovered
    }

    pub(crate) fn kill_link(&self) -> bool {
        let killed = self.with_line(|line| {
            let alive = matches!(line.state, LineState::Up | LineState::Down);
            if alive {
                line.state = LineState::Dead;
                line.say(RoomSignal::LinkDead);
            }
            alive
        });
        if killed {
            self.silence();
        }
        killed
    }

    pub(crate) fn close_by_itself(&self) -> bool {
        let closed = self.with_line(|line| {
            let open = line.state != LineState::Closed;
            line.state = LineState::Closed;
            open
        });
        self.wake();
        closed
    }

    pub(crate) fn say(&self, signal: RoomSignal) -> bool {
        let said = self.with_line(|line| line.state != LineState::Closed && line.say(signal));
        self.wake();
        said
    }

    /// Ends when the line is closed.
    async fn tell(&self) {
        loop {
            let woken = self.woken.notified();
            if self.with_line(|line| line.state == LineState::Closed) {
                return;
            }
            let Some(signal) = self.next_signal() else {
                woken.await;
                continue;
            };
            for _ in 0..self.faults.plan().repeats {
                self.link.signal(signal.clone()).await;
            }
            self.link.signal(signal).await;
        }
    }

    /// Carries frames until the gate is shut or the membership is over, and then never ends, so that
    /// the stay's last words are still heard.
    async fn send(&self) {
        while let Some(frame) = self.link.next_outbound().await {
            if frame.payload.len() > MediaFrame::MAX_PAYLOAD {
                tracing::warn!(
                    bytes = frame.payload.len(),
                    "a frame is too large and is not carried"
                );
                continue;
            }
            if self.is_up() && !self.hub.forward(self.stay, &frame) {
                break;
            }
        }
        std::future::pending::<()>().await;
    }

    fn next_signal(&self) -> Option<RoomSignal> {
        let (own, up) =
            self.with_line(|line| (line.sayings.pop_front(), line.state == LineState::Up));
        own.or_else(|| {
            if up {
                self.hub.next_signal(self.stay)
            } else {
                None
            }
        })
    }

    /// The hub hears nothing of us from now on.
    fn silence(&self) {
        if let Some(lease) = self.hub.fall_silent(self.stay) {
            self.start(lease);
        }
        self.wake();
    }

    fn start(&self, lease: Lease) {
        let running = self.runtime.spawn(lease.run_out()).abort_handle();
        self.with_line(|line| line.lease = Some(running));
    }

    fn with_line<T>(&self, act: impl FnOnce(&mut Line) -> T) -> T {
        act(&mut self.line.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Line {
    fn say(&mut self, signal: RoomSignal) -> bool {
        let room = self.sayings.len() < Client::SAYINGS;
        if room {
            self.sayings.push_back(signal);
        }
        room
    }
}
