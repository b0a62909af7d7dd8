//! Which event ends a stay, why, and what that owes the others: what G-2 and G-12 are checked against.

use exeunt_core::{Cause, Departure, Event, Membership, Origin, Outcome, Wait};

/// The cause that an event is for somebody who is in so far.
pub(crate) fn first_cause(membership: Membership, event: Event) -> Option<Cause> {
    let entering = membership == Membership::Entering;
    let recovering = membership == Membership::Recovering;
    Some(match event {
        Event::ExitRequested => Cause::ExitRequested,
        Event::Kicked => Cause::Kicked,
        Event::Dismissed => Cause::Dismissed,
        Event::Replaced => Cause::Replaced,
        Event::ServerStopped => Cause::ServerStopped,
        // A loss before the server let us in is a failure to enter.
        Event::EnterFailed | Event::LinkDead | Event::TransportClosed if entering => {
            Cause::EnterFailed
        }
        Event::LinkDead => Cause::LinkDead,
        Event::TransportClosed => Cause::TransportClosed,
        Event::DeadlineReached(Wait::Entering) if entering => Cause::EnteringTimedOut,
        Event::DeadlineReached(Wait::Recovering) if recovering => Cause::RecoveringTimedOut,
        Event::EnterRequested
        | Event::DeviceRequested(_)
        | Event::DeviceAdopted(_)
        | Event::DeviceLent(_)
        | Event::DeviceStopRequested(_)
        | Event::Entered
        | Event::EnterFailed
        | Event::LinkLost
        | Event::LinkRecovered
        | Event::DepartureConfirmed
        | Event::DepartureFailed
        | Event::AlreadyOut
        | Event::CloseFailed
        | Event::DeviceOpened(_)
        | Event::DeviceFailed(_)
        | Event::DeviceReleased(_)
        | Event::ReleaseFailed(_)
        | Event::DeviceVanished(_)
        | Event::DeadlineReached(_) => return None,
    })
}

/// What the others are owed when a stay ends like this.
pub(crate) fn departure_owed(membership: Membership, cause: Cause, event: Event) -> Departure {
    if matches!(event, Event::LinkDead | Event::TransportClosed) {
        // There is no link to tell them on, whether or not the server had let us in by then.
        return Departure::Settled(Outcome::Impossible);
    }
    let own = matches!(cause, Cause::ExitRequested | Cause::EnteringTimedOut);
    match (cause.origin(), membership) {
        // The server may count us in; the connect's answer decides.
        _ if own && membership == Membership::Entering => Departure::AwaitingConnect,
        _ if own => Departure::Announced,
        // The server said so, so the others know.
        (Origin::Server, _) => Departure::Settled(Outcome::NotOwed),
        // There is no link to tell them on.
        (Origin::Application | Origin::Inferred, _) => Departure::Settled(Outcome::Impossible),
    }
}
