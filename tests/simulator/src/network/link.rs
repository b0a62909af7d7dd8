//! One connection between a client's host and the server: two directions of bytes under way. Pure;
//! the time is an argument.

use std::collections::VecDeque;
use std::io;
use std::task::Waker;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::time::Instant;

/// Bytes that may be under way in one direction before the writer has to wait.
const WINDOW: usize = 64 * 1024;

/// The two ends of a link, and the direction that leads to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Client = 0,
    Server = 1,
}

impl End {
    pub(crate) const BOTH: [Self; 2] = [Self::Client, Self::Server];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What is under way to a reader.
#[derive(Debug)]
enum Parcel {
    Bytes(Bytes),
    /// The writer has nothing more to say.
    End,
    /// The writer has gone without having read everything.
    Reset,
}

/// How a link treats one parcel: when it leaves the sender, and how long it takes from there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transit {
    pub(crate) latency: Duration,
    pub(crate) bytes_per_milli: usize,
}

/// What a reader or writer finds.
#[derive(Debug)]
pub(crate) enum Found<T> {
    Now(io::Result<T>),
    /// Nothing before then, unless somebody wakes it.
    Later(Option<Instant>),
}

/// One direction.
#[derive(Debug)]
struct Way {
    parcels: VecDeque<(Instant, Parcel)>,
    in_transit: usize,
    free_at: Instant,
    arrived_last: Instant,
    ended: bool,
    /// Nothing arrives any more, and nobody learns of it.
    silent: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// When the writer learns that nobody reads any more.
    unread_from: Option<Instant>,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) host: usize,
    /// Each leads to the end of its number.
    ways: [Way; 2],
    /// Ends to which the connection was cut off, and which know it.
    cut: [bool; 2],
    gone: [bool; 2],
}

impl Link {
    pub(crate) fn new(host: usize, now: Instant) -> Self {
        let way = || Way {
            parcels: VecDeque::new(),
            in_transit: 0,
            free_at: now,
            arrived_last: now,
            ended: false,
            silent: false,
            reader: None,
            writer: None,
            unread_from: None,
        };
        Self {
            host,
            ways: [way(), way()],
            cut: [false; 2],
            gone: [false; 2],
        }
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        self.gone == [true; 2]
    }

    /// Reads what has arrived at this end.
    pub(crate) fn read(
        &mut self,
        end: End,
        now: Instant,
        held: bool,
        room: usize,
        wakers: &mut Vec<Waker>,
        waker: &Waker,
    ) -> Found<Bytes> {
        if self.cut[end as usize] {
            return Found::Now(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let way = &mut self.ways[end as usize];
        way.reader = Some(waker.clone());
        if held || way.silent {
            return Found::Later(None);
        }
        let Some((at, parcel)) = way.parcels.front_mut() else {
            return Found::Later(None);
        };
        if *at > now {
            return Found::Later(Some(*at));
        }
        match parcel {
            Parcel::Bytes(bytes) => {
                let taken = bytes.split_to(room.min(bytes.len()));
                if !bytes.has_remaining() {
                    way.parcels.pop_front();
                }
                way.in_transit -= taken.len();
                wakers.extend(way.writer.take());
                Found::Now(Ok(taken))
            }
            Parcel::End => Found::Now(Ok(Bytes::new())),
            Parcel::Reset => Found::Now(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    /// Puts bytes on the way from this end; answers how many.
    pub(crate) fn write(
        &mut self,
        end: End,
        now: Instant,
        bytes: &[u8],
        transits: &[Transit],
        wakers: &mut Vec<Waker>,
        waker: &Waker,
    ) -> Found<usize> {
        if self.cut[end as usize] {
            return Found::Now(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let way = &mut self.ways[end.other() as usize];
        if way.ended || way.unread_from.is_some_and(|from| from <= now) {
            return Found::Now(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let taken = bytes.len().min(WINDOW - way.in_transit.min(WINDOW));
        if taken == 0 && !bytes.is_empty() {
            way.writer = Some(waker.clone());
            return Found::Later(way.unread_from);
        }
        // As many parcels as there are transits, of about the same size.
        let size = taken.div_ceil(transits.len().max(1)).max(1);
        for (piece, transit) in bytes[..taken].chunks(size).zip(transits) {
            way.send(
                now,
                *transit,
                piece.len(),
                Parcel::Bytes(Bytes::copy_from_slice(piece)),
            );
        }
        wakers.extend(way.reader.take());
        Found::Now(Ok(taken))
    }

    /// This end says nothing more.
    pub(crate) fn finish(
        &mut self,
        end: End,
        now: Instant,
        transit: Transit,
        wakers: &mut Vec<Waker>,
    ) {
        let way = &mut self.ways[end.other() as usize];
        if !way.ended {
            way.ended = true;
            way.send(now, transit, 0, Parcel::End);
            wakers.extend(way.reader.take());
        }
    }

    /// This end is gone. As with TCP, what it has not read is answered with a reset, which overtakes
    /// what it said last.
    pub(crate) fn leave(
        &mut self,
        end: End,
        now: Instant,
        transit: Transit,
        wakers: &mut Vec<Waker>,
    ) {
        self.gone[end as usize] = true;
        let incoming = &mut self.ways[end as usize];
        let is_data = |(_, parcel): &(Instant, Parcel)| matches!(parcel, Parcel::Bytes(_));
        let unread = incoming.parcels.iter().any(is_data);
        incoming.parcels.clear();
        incoming.unread_from = Some(now + transit.latency);
        wakers.extend(incoming.writer.take());
        if unread && !self.cut[end as usize] {
            let outgoing = &mut self.ways[end.other() as usize];
            outgoing.ended = true;
            outgoing.parcels.clear();
            outgoing.arrived_last = now;
            outgoing.send(now, transit, 0, Parcel::Reset);
            wakers.extend(outgoing.reader.take());
        } else {
            self.finish(end, now, transit, wakers);
        }
    }

    /// The connection is gone, and this end knows it.
    pub(crate) fn cut(&mut self, end: End, wakers: &mut Vec<Waker>) {
        self.cut[end as usize] = true;
        wakers.extend(self.ways[end as usize].reader.take());
        wakers.extend(self.ways[end.other() as usize].writer.take());
    }

    /// The connection is gone, and this end does not know it.
    pub(crate) fn silence(&mut self, end: End) {
        self.ways[end as usize].silent = true;
    }

    /// A hold on the way to this end is over: what was under way arrives now, a while later.
    pub(crate) fn release(
        &mut self,
        end: End,
        now: Instant,
        latency: Duration,
        wakers: &mut Vec<Waker>,
    ) {
        let way = &mut self.ways[end as usize];
        for (at, _) in &mut way.parcels {
            *at = (*at).max(now + latency);
        }
        way.arrived_last = way.arrived_last.max(now + latency);
        wakers.extend(way.reader.take());
    }
}

impl Way {
    fn send(&mut self, now: Instant, transit: Transit, length: usize, parcel: Parcel) {
        let millis = length / transit.bytes_per_milli.max(1);
        let leaves =
            self.free_at.max(now) + Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        self.free_at = leaves;
        self.arrived_last = self.arrived_last.max(leaves + transit.latency);
        self.in_transit += length;
        self.parcels.push_back((self.arrived_last, parcel));
    }
}
