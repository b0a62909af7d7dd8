//! The transport: entering, the handle to a stay, and the task that keeps the stay.

use std::{io, net::SocketAddr, ops::RangeInclusive, time::Duration};

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest, MediaFrame,
    RoomLink, RoomSignal, Transport, async_trait,
};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, interval, sleep, timeout, timeout_at};
use tokio::{select, sync::watch};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::wire::{Answer, Said, Wire, call, pack, unpack};

/// Enters the rooms of the [`TcpRooms`](crate::TcpRooms) at this address.
#[derive(Clone, Copy, Debug)]
pub struct TcpTransport(pub SocketAddr);

/// How long an entry that nobody wants any more waits for its answer.
const SOON: Duration = Duration::from_millis(500);
/// The leases that can be kept: timers are made of what the server says.
const LEASES: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

#[async_trait]
impl Transport for TcpTransport {
    fn name(&self) -> &'static str {
        "tcp"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let (server, endpoint) = (self.0, self.0.to_string());
        let enter = Said::Enter(request.user, request.room, request.user_sig);
        let answer = select! {
            biased;
            answer = call(server, enter) => answer.map_err(|error| error.to_string()),
            // Who gives up may have been let in all the same: an answer that comes soon counts (G-4).
            () = async { link.abandoned().await; sleep(SOON).await } => return Err(EnterError::Abandoned),
        };
        match answer {
            Ok((Answer::Entered(pass, lease), wire)) if LEASES.contains(&lease) => {
                let (told, fate) = watch::channel(Err(DepartureError::Closed));
                let exit = CancellationToken::new();
                let stay = Stay {
                    server,
                    pass,
                    lease,
                    link,
                    exit: exit.clone(),
                    heard: 0,
                    told,
                };
                let task = AbortOnDropHandle::new(tokio::spawn(stay.keep(wire)));
                Ok(Box::new(TcpConnection { exit, fate, task }))
            }
            Ok(_) | Err(_) if link.is_abandoned() => Err(EnterError::Abandoned),
            Ok((Answer::Refused(code, message), _)) => Err(EnterError::Refused { code, message }),
            Ok((other, _)) => {
                let detail = format!("{other:?}, on entering");
                Err(EnterError::Protocol { endpoint, detail })
            }
            Err(detail) => Err(EnterError::Unreachable { endpoint, detail }),
        }
    }
}

type Departure = Result<DepartureReceipt, DepartureError>;

/// The handle to one stay. A task holds what there is of it, and goes with the handle: dropped without
/// a goodbye, the socket falls, and the server's lease does the rest (G-12).
struct TcpConnection {
    exit: CancellationToken,
    fate: watch::Receiver<Departure>,
    task: AbortOnDropHandle<()>,
}

#[async_trait]
impl Connection for TcpConnection {
    async fn announce_departure(&self) -> Departure {
        self.exit.cancel();
        let mut fate = self.fate.clone();
        // The sender goes with the task: whatever ends the stay ends this as well (G-7).
        while fate.changed().await.is_ok() {}
        fate.borrow().clone()
    }

    async fn close(&self) -> Result<(), CloseError> {
        self.task.abort();
        let mut fate = self.fate.clone();
        // The sender is the last that the task lets go of.
        while fate.changed().await.is_ok() {}
        Ok(())
    }
}

/// One stay, as its task has it.
struct Stay {
    server: SocketAddr,
    pass: String,
    lease: Duration,
    link: RoomLink,
    exit: CancellationToken,
    heard: u64,
    told: watch::Sender<Departure>,
}

impl Stay {
    async fn keep(mut self, mut wire: Wire) {
        let departure = loop {
            if let Ok(departure) = self.converse(&mut wire).await {
                break departure;
            }
            self.link.signal(RoomSignal::LinkLost).await;
            // An exit ends every recovery (G-5); after the lease there is nothing to recover (G-17).
            let found = select! {
                biased;
                () = self.exit.cancelled() => None,
                () = self.link.abandoned() => None,
                found = timeout(self.lease, self.resume()) => found.ok().flatten(),
            };
            let Some(found) = found else {
                self.link.signal(RoomSignal::LinkDead).await;
                break Err(DepartureError::LinkDown);
            };
            wire = found;
            self.link.signal(RoomSignal::LinkRecovered).await;
        };
        drop(self.told.send_replace(departure));
    }

    /// Talks until the stay is over; an error is a link that is down.
    async fn converse(&mut self, wire: &mut Wire) -> io::Result<Departure> {
        let (mut gate_open, mut leaving) = (true, false);
        let (silence, mut last_heard) = (self.lease / 2, Instant::now());
        let mut beats = interval(self.lease / 8);
        loop {
            let word = select! {
                () = self.exit.cancelled(), if !leaving => { leaving = true; Said::Leave }
                _ = beats.tick() => Said::Beat(self.heard),
                // A link that says nothing is down, however well the socket looks (G-17).
                packet = timeout_at(last_heard + silence, wire.next()) => {
                    last_heard = Instant::now();
                    match unpack(packet?)? {
                        Answer::Left(told) => return Ok(Ok(DepartureReceipt { peers_told: Some(told) })),
                        Answer::Signal(signal) => {
                            self.heard += 1;
                            self.link.signal(signal).await;
                        }
                        Answer::Over(signal) => {
                            self.link.signal(signal).await;
                            return Ok(Err(DepartureError::AlreadyOut));
                        }
                        Answer::Frame(frame) => self.link.received(frame),
                        Answer::Beat | Answer::Entered(..) | Answer::Refused(..) => {}
                    }
                    continue;
                }
                // A frame is taken when it can be sent: none waits behind the gate (G-14).
                frame = self.link.next_outbound(), if gate_open && !leaving => match frame {
                    Some(frame) if frame.payload.len() <= MediaFrame::MAX_PAYLOAD => Said::Frame(frame),
                    too_large => { gate_open = too_large.is_some(); continue }
                },
            };
            timeout(silence, wire.send(pack(&word)?)).await??;
        }
    }

    /// A new wire for the same stay; `None` where the server does not know it any more.
    async fn resume(&self) -> Option<Wire> {
        loop {
            sleep(self.lease / 16).await;
            let resume = Said::Resume(self.pass.clone(), self.heard);
            match timeout(self.lease / 4, call(self.server, resume)).await {
                Ok(Ok((Answer::Entered(..), wire))) => return Some(wire),
                Ok(Ok(_)) => return None,
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }
}
