//! What the transport tells.

use exeunt_core::Event;
use exeunt_port::UserId;
use exeunt_websocket::wire::Member;

/// What the transport tells the runtime on one stay's own channel, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    /// The connect has answered: let in, or not.
    Connected(bool),
    /// The connect was cut off and answers no more.
    ConnectEnded,
    /// A signal that the session hears.
    Session(Event),
    /// Somebody entered; the application is told only who, the stay is for the verdict.
    RemoteEntered(Member),
    RemoteLeft(UserId),
}
