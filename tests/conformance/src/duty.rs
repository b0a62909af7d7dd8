//! What the ports demand of an adapter, in one sentence each. A failed case cites the one that is broken.

use std::fmt;

use crate::Guarantees;

/// One demand of a port.
#[derive(Debug)]
pub(crate) struct Duty {
    /// The method, or what else in the port, that says so.
    method: &'static str,
    /// What it demands.
    demand: &'static str,
    guarantees: Guarantees,
}

impl fmt::Display for Duty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.demand)?;
        if self.guarantees.is_empty() {
            Ok(())
        } else {
            write!(formatter, " ({})", self.guarantees)
        }
    }
}

macro_rules! duties {
    ($($name:ident: $method:literal, $demand:literal, [$($guarantee:literal),*];)*) => {
        $(pub(crate) static $name: Duty = Duty {
            method: $method,
            demand: $demand,
            guarantees: Guarantees::of(&[$($guarantee),*]),
        };)*
    };
}

duties! {
    // ---- transports -------------------------------------------------------------------------
    CONNECT: "Transport::connect", "answers Ok when the server has let us in, else an error", [7];
    CONNECT_ABANDONED: "Transport::connect", "that is abandoned answers Abandoned if the server does not count us in, else the connection", [4, 5];
    CONNECT_DROPPED: "Transport::connect", "can be dropped at any await without leaving anything behind", [7];
    CONNECT_MANY: "Transport", "serves many stays, one after another or at the same time", [11, 16];
    ENTERED: "RoomSignal::RemoteUserEntered", "is told once for everybody who is or comes into the room", [];
    LEFT: "RoomSignal::RemoteUserLeft", "is told once for everybody who leaves, with the reason", [12];
    ANNOUNCE: "Connection::announce_departure", "answers, and Ok means that the others were told", [7, 12];
    CLOSE: "Connection::close", "answers, and Ok means that sockets are closed and tasks have ended", [7];
    CLOSED: "Connection::close", "having answered, the adapter calls nothing and holds nothing", [14, 15];
    DROP: "Connection", "lets go when it is dropped, without a goodbye and without blocking", [3, 12];
    MEDIA: "RoomLink::next_outbound", "is what the others get by RoomLink::received: in order, unchanged, theirs only", [];
    LARGEST: "MediaFrame::MAX_PAYLOAD", "is carried whole, and more is not carried", [];
    GATE: "RoomLink::next_outbound", "is the only source of frames: none is kept back, none leaves after the gate is shut", [14];
    KICKED: "RoomSignal::Kicked", "is told to who was removed; the others hear reason 2", [2];
    DISMISSED: "RoomSignal::Dismissed", "is told to everybody in the room", [2];
    REPLACED: "RoomSignal::Replaced", "is told to the earlier stay of the same user; the others hear reason 2", [2];
    STOPPED: "RoomSignal::ServerStopped", "is told to everybody when the server stops", [2];
    GONE: "RoomSignal::LinkDead", "(or Closed) is told once trying has no sense any more", [17];
    RECOVERED: "RoomSignal::LinkRecovered", "is told when the link is back and the stay is the same", [10];
    NOT_RECOVERED: "RoomLink::abandoned", "ends every recovery of the link", [5];
    GROWTH: "Connection::close", "leaves no task, thread, descriptor or memory behind", [15];
    GROWTH_GIVEN_UP: "Transport::connect", "that is given up leaves no task, thread or descriptor behind", [15];
    // ---- through the runtime ----------------------------------------------------------------
    REPORTED: "RoomEvent::Exited", "comes exactly once for every stay, within Policy::total()", [1, 6];
    REASON: "ExitReport::reason", "says what ended the stay first", [2];
    CLEAN: "ExitReport", "says that everything owed was done", [3];
    // ---- devices ----------------------------------------------------------------------------
    OPEN: "Device::open", "answers Ok when the device runs, else an error", [7];
    OPEN_ABANDONED: "Device::open", "that is abandoned answers Abandoned and holds nothing, or the open device", [4];
    OPEN_HELD: "DeviceError::may_be_held", "is true of what ends an opening that leaves anything held, and the report says so", [13];
    OPEN_DROPPED: "Device::open", "can be dropped at any await; a device that opens after that is let go of", [4, 7];
    CAPTURED: "DeviceLink::captured", "gets valid frames, counted from 0 since the opening", [];
    PLAYED: "DeviceLink::next_playback", "(or try_playback) is taken by an open speaker", [];
    RELEASE: "OpenDevice::release", "answers, and Ok means that the operating system's handle is gone", [7, 13];
    RELEASE_SHARED: "OpenDevice::release", "answers StillShared exactly while others use a device that says is_shared()", [16];
    OTHERS: "OpenDevice::release", "of one opening leaves the others as they were", [16];
    RELEASED: "OpenDevice::release", "having answered, the adapter calls nothing and holds nothing", [14, 15];
    RELEASE_DROPPED: "OpenDevice::release", "goes on when its future is dropped", [7];
    DROP_DEVICE: "OpenDevice", "lets go when it is dropped, without blocking", [3];
    LENT: "OpenDevice", "that is lent goes on after the exit of a stay that used it", [16];
    SHARED: "OpenDevice::release", "of what others use as well comes with the last of them", [13, 16];
    VANISHED: "DeviceSignal::Vanished", "is said once when the device has gone", [13];
    DEVICE_GROWTH: "OpenDevice::release", "leaves no task, thread, descriptor or memory behind", [15];
}
