//! One stay: the task that reads, writes, and gets a lost link back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use exeunt_port::{DepartureError, DepartureReceipt, MediaFrame, RoomLink, RoomSignal};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, interval, sleep, timeout, timeout_at};
use tokio::{select, sync::watch};
use tokio_util::sync::CancellationToken;

use crate::wire::{Answer, Said, Wire, call, pack, unpack};

/// What became of the departure.
pub(crate) type Departure = Result<DepartureReceipt, DepartureError>;

pub(crate) struct Stay {
    pub(crate) server: SocketAddr,
    pub(crate) pass: String,
    pub(crate) lease: Duration,
    pub(crate) link: RoomLink,
    pub(crate) leave: CancellationToken,
    pub(crate) heard: u64,
}

impl Stay {
    pub(crate) async fn keep(mut self, mut wire: Wire, told: watch::Sender<Option<Departure>>) {
        let departure = loop {
            if let Ok(departure) = self.converse(&mut wire).await {
                break departure;
            }
            self.link.signal(RoomSignal::LinkLost).await;
            // An exit ends every recovery (G-5); after the lease there is nothing to recover (G-17).
            let found = select! {
                biased;
                () = self.leave.cancelled() => None,
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
        told.send_replace(Some(departure));
    }

    /// Talks until the stay is over; an error is a link that is down.
    async fn converse(&mut self, wire: &mut Wire) -> io::Result<Departure> {
        let (mut gate_open, mut leaving) = (true, false);
        let (silence, mut last_heard) = (self.lease / 2, Instant::now());
        let mut beats = interval(self.lease / 8);
        loop {
            let word = select! {
                biased;
                () = self.leave.cancelled(), if !leaving => {
                    leaving = true;
                    Said::Leave
                }
                _ = beats.tick() => Said::Beat(self.heard),
                // A link that says nothing is down, however well the socket looks (G-17).
                packet = timeout_at(last_heard + silence, wire.next()) => {
                    last_heard = Instant::now();
                    match self.heed(unpack(packet?)?).await {
                        Some(departure) => return Ok(departure),
                        None => continue,
                    }
                }
                // A frame is taken when it can be sent: none waits behind the gate (G-14).
                frame = self.link.next_outbound(), if gate_open && !leaving => match frame {
                    Some(frame) if frame.payload.len() <= MediaFrame::MAX_PAYLOAD => Said::Frame(frame),
                    too_large => {
                        gate_open = too_large.is_some();
                        continue;
                    }
                },
            };
            timeout(silence, wire.send(pack(&word)?)).await??;
        }
    }

    /// Passes on what the server says; answers what became of the departure if that ends the stay.
    async fn heed(&mut self, answer: Answer) -> Option<Departure> {
        match answer {
            Answer::Left(told) => {
                let peers_told = Some(told);
                Some(Ok(DepartureReceipt { peers_told }))
            }
            Answer::Signal(signal) => {
                self.heard += 1;
                let of_others = matches!(
                    signal,
                    RoomSignal::RemoteUserEntered(_) | RoomSignal::RemoteUserLeft(..)
                );
                self.link.signal(signal).await;
                (!of_others).then_some(Err(DepartureError::AlreadyOut))
            }
            Answer::Frame(frame) => {
                self.link.received(frame);
                None
            }
            Answer::Beat | Answer::Entered(..) | Answer::Refused(..) => None,
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
