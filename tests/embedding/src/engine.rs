//! What the toy SDK calls: its engine below, the application above.

use crate::{Capture, LeaveReason};

/// The number of one stay in a channel. The engine's answers come with the one that it was called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Joined(pub u32);

/// Does the work. Every call only begins something; how it went is told to the SDK later.
pub trait Engine {
    /// Dials the server and joins.
    fn dial(&mut self, joined: Joined);
    /// Stops dialling.
    fn stop_dialling(&mut self, joined: Joined);
    /// Turns a capture device on.
    fn start_capture(&mut self, joined: Joined, capture: Capture);
    /// Sends nothing of what is captured any more.
    fn mute_everything(&mut self, joined: Joined);
    /// Turns a capture device off.
    fn stop_capture(&mut self, joined: Joined, capture: Capture);
    /// Tells the channel that we leave.
    fn send_bye(&mut self, joined: Joined);
    /// Closes the connection.
    fn hang_up(&mut self, joined: Joined);
}

/// What the application hears.
pub trait Callbacks {
    /// In the channel.
    fn on_join_channel(&mut self, joined: Joined);
    /// Out of the channel: nothing of it is held any more.
    fn on_leave_channel(&mut self, joined: Joined, reason: LeaveReason);
}
