//! The server: rooms over TCP, on this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{RoomId, RoomSignal, UserId};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{interval, timeout};
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::stays::{Seat, Stays};
use crate::wire::{Answer, Said, Wire, pack, unpack};

/// A server of rooms. It runs until it is dropped, which its clients see as a crash.
#[derive(Debug)]
pub struct TcpRooms {
    address: SocketAddr,
    stays: Arc<Stays>,
    tasks: TaskTracker,
    lease: Duration,
    _running: DropGuard,
}

impl TcpRooms {
    /// Opens on a free port of 127.0.0.1, for everybody who has the key. A stay that is silent for a
    /// lease is over.
    pub async fn open(key: &str, lease: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stays = Arc::new(Stays::new(key, lease));
        let (tasks, running) = (TaskTracker::new(), CancellationToken::new());
        let serving = serve(
            listener,
            Arc::clone(&stays),
            tasks.clone(),
            lease,
            running.clone(),
        );
        tokio::spawn(running.clone().run_until_cancelled_owned(serving));
        Ok(Self {
            address,
            stays,
            tasks,
            lease,
            _running: running.drop_guard(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Removes a user from a room; one who is not there is passed over.
    pub fn kick(&self, room: &RoomId, user: &UserId) {
        self.stays.kick(room, user);
    }

    /// Ends a room.
    pub fn dismiss(&self, room: &RoomId) {
        self.stays.end_room(Some(room), &RoomSignal::Dismissed);
    }

    /// Tells everybody that it stops, and waits until they have gone, a lease at most.
    pub async fn stop(self) {
        self.stays.end_room(None, &RoomSignal::ServerStopped);
        self.tasks.close();
        // Who does not go is cut off.
        let _ = timeout(self.lease, self.tasks.wait()).await;
    }
}

async fn serve(
    listener: TcpListener,
    stays: Arc<Stays>,
    tasks: TaskTracker,
    lease: Duration,
    running: CancellationToken,
) {
    let mut sweeps = interval(lease / 8);
    loop {
        tokio::select! {
            _ = sweeps.tick() => stays.sweep(),
            accepted = listener.accept() => {
                // Who could not be accepted tries again.
                if let Ok((socket, _)) = accepted {
                    let attending = attend(socket, Arc::clone(&stays), lease);
                    tasks.spawn(running.clone().run_until_cancelled_owned(attending));
                }
            }
        }
    }
}

/// Attends to one socket until either side is through with it.
async fn attend(socket: TcpStream, stays: Arc<Stays>, lease: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut wire = Framed::new(socket, LengthDelimitedCodec::new());
    let seat = match unpack(timeout(lease, wire.next()).await?)? {
        Said::Enter(user, room, key) => stays.enter(user, &room, &key),
        Said::Resume(pass, heard) => stays.resume(&pass, heard),
        Said::Beat(_) | Said::Frame(_) | Said::Leave => return Ok(()),
    };
    let Some(seat) = seat else {
        let refused = Answer::Refused(-1, "no such key, or no such stay".to_owned());
        wire.send(pack(&refused)?).await?;
        // Closed before everything was read, a socket is reset, and the refusal might be lost.
        wire.get_mut().shutdown().await?;
        while timeout(lease, wire.next()).await?.is_some() {}
        return Ok(());
    };
    wire.send(pack(&Answer::Entered(seat.pass.clone(), lease))?)
        .await?;
    let (sink, stream) = wire.split();
    let beat = Notify::new();
    // Side by side: who does not read may still be writing.
    tokio::select! {
        read = read(stream, &stays, &seat, &beat) => read,
        written = write(sink, &stays, &seat, &beat) => written,
        () = seat.taken_over.cancelled() => Ok(()),
    }
}

async fn read(
    mut stream: SplitStream<Wire>,
    stays: &Stays,
    seat: &Seat,
    beat: &Notify,
) -> io::Result<()> {
    loop {
        match unpack(stream.next().await)? {
            Said::Beat(heard) => {
                stays.beat(&seat.pass, heard);
                beat.notify_one();
            }
            Said::Frame(frame) => stays.carry(&seat.pass, &frame),
            Said::Leave => stays.leave(&seat.pass),
            Said::Enter(..) | Said::Resume(..) => return Ok(()),
        }
    }
}

async fn write(
    mut sink: SplitSink<Wire, bytes::Bytes>,
    stays: &Stays,
    seat: &Seat,
    beat: &Notify,
) -> io::Result<()> {
    let mut said = seat.heard;
    loop {
        while let Some(answer) = stays.unsaid(&seat.pass, said) {
            sink.send(pack(&answer)?).await?;
            said += 1;
        }
        if stays.is_over(&seat.pass) {
            // The reader goes on until the other end has closed as well.
            sink.close().await?;
            return std::future::pending().await;
        }
        let answer = tokio::select! {
            biased;
            () = seat.told.notified() => continue,
            () = beat.notified() => Answer::Beat,
            frame = seat.frames.next() => match frame {
                Some(frame) => Answer::Frame(frame),
                None => return Ok(()),
            },
        };
        sink.send(pack(&answer)?).await?;
    }
}
