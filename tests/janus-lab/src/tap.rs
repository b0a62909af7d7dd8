//! Looks at what leaves this process's network towards a server.

use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fd::OwnedFd;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SocketType, recv, socket};

use crate::{LabError, Link};

/// A tap on the wire to a server, which counts the datagrams of media that leave us: before the first
/// mark, between it and the second, and so on.
///
/// It is the kernel's copy of every packet, in the order in which they left, marks among them.
#[derive(Debug)]
pub struct Tap {
    marker: Marker,
    counts: Arc<Counts>,
    reader: Option<JoinHandle<()>>,
}

/// Makes a mark on a [`Tap`], from wherever it is.
#[derive(Clone, Debug)]
pub struct Marker {
    socket: Arc<UdpSocket>,
}

#[derive(Debug, Default)]
struct Counts {
    seen: Mutex<Seen>,
    marked: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    /// Datagrams of media, by how many marks stood before them.
    media: Vec<usize>,
    ended: bool,
}

/// What a mark and the end look like on loopback.
const MARK: &[u8] = b"exeunt: mark";
const END: &[u8] = b"exeunt: end!";
/// All protocols, in the network's order of bytes.
const ALL: u32 = 0x0003_u16.to_be() as u32;
/// How long the kernel may take to show what has left. It is no claim: it ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

impl Tap {
    /// Taps the wire from now on.
    pub fn on(link: &Link) -> Result<Self, LabError> {
        let system = |error: rustix::io::Errno| LabError::system("a tap")(error.into());
        // Of packets, without their link's header.
        let packets = socket(
            AddressFamily::PACKET,
            SocketType::DGRAM,
            std::num::NonZeroU32::new(ALL).map(Protocol::from_raw),
        )
        .map_err(system)?;
        // So that it looks up now and then if nothing at all comes.
        set_socket_timeout(&packets, Timeout::Recv, Some(PATIENCE)).map_err(system)?;
        let marks = || -> std::io::Result<UdpSocket> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            // To itself, which is never read: the port tells the marks of one tap from another's.
            socket.connect(socket.local_addr()?)?;
            Ok(socket)
        };
        let socket = marks().map_err(LabError::system("a tap's marks"))?;
        let port = socket
            .local_addr()
            .map_err(LabError::system("a tap's marks"))?
            .port();
        let counts = Arc::new(Counts::default());
        let counting = Arc::clone(&counts);
        let (ours, server) = (link.ours(), link.server());
        let reader = std::thread::Builder::new()
            .name("tap".to_owned())
            .spawn(move || read(&packets, [ours, server], port, &counting))
            .map_err(LabError::system("a thread"))?;
        let socket = Arc::new(socket);
        Ok(Self {
            marker: Marker { socket },
            counts,
            reader: Some(reader),
        })
    }

    /// Somebody who makes marks.
    #[must_use]
    pub fn marker(&self) -> Marker {
        self.marker.clone()
    }

    /// How many datagrams of media (RTP) have left by now: before the first mark, after it, after the
    /// second, and so on.
    pub fn media(mut self) -> Result<Vec<usize>, LabError> {
        let _ = self.marker.socket.send(END);
        let seen = self
            .counts
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .counts
            .marked
            .wait_timeout_while(seen, PATIENCE, |seen| !seen.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let (media, ended) = (waited.0.media.clone(), waited.0.ended);
        drop(waited);
        if !ended {
            let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
            return Err(LabError::system("the tap's end")(error));
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        Ok(media)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let _ = self.marker.socket.send(END);
    }
}

impl Marker {
    /// What leaves from now on stands behind this mark. Nothing is awaited.
    pub fn mark(&self) {
        let _ = self.socket.send(MARK);
    }
}

fn read(packets: &OwnedFd, [ours, server]: [Ipv4Addr; 2], port: u16, counts: &Counts) {
    let mut marks = 0;
    let mut buffer = [MaybeUninit::uninit(); 128];
    // What is cut off is of no interest.
    while let Ok((packet, _)) = recv(packets, buffer.as_mut_slice(), RecvFlags::empty()) {
        let Some(datagram) = Datagram::of(packet.0) else {
            continue;
        };
        let is_mark = datagram.from == (Ipv4Addr::LOCALHOST, port);
        // Loopback shows everything twice, leaving and coming.
        if is_mark && datagram.payload.starts_with(MARK) {
            marks += 1;
        } else if is_mark && datagram.payload.starts_with(END) {
            counts
                .seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .ended = true;
            counts.marked.notify_all();
            return;
        } else if datagram.from.0 == ours && datagram.to == server && is_rtp(datagram.payload) {
            let mut seen = counts.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let since = marks / 2;
            let parts = seen.media.len().max(since + 1);
            seen.media.resize(parts, 0);
            seen.media[since] += 1;
        }
    }
}

struct Datagram<'a> {
    from: (Ipv4Addr, u16),
    to: Ipv4Addr,
    payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// A UDP datagram of IPv4.
    fn of(packet: &'a [u8]) -> Option<Self> {
        const UDP: u8 = 17;
        let first = *packet.first()?;
        let header = usize::from(first & 0xf) * 4;
        if first >> 4 != 4 || *packet.get(9)? != UDP {
            return None;
        }
        let address = |at: usize| -> Option<Ipv4Addr> {
            let bytes: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
            Some(bytes.into())
        };
        let port = packet.get(header..header + 2)?.try_into().ok()?;
        Some(Self {
            from: (address(12)?, u16::from_be_bytes(port)),
            to: address(16)?,
            payload: packet.get(header + 8..)?,
        })
    }
}

/// Media, as RFC 7983 tells them from STUN and DTLS, and RFC 5761 from RTCP.
fn is_rtp(payload: &[u8]) -> bool {
    matches!(payload, [128..=191, kind, ..] if !(192..=223).contains(kind))
}
