//! The worlds that are visited.

use exeunt_core::Cause;

use crate::scope::{Flaw, Scope};

/// Two who are in the room from the beginning.
const INSIDE: Scope = Scope {
    enters: &[0, 0],
    inside: &[0, 1],
    ..Scope::PAIR
};

/// The same, and the first may enter again.
const AGAIN: Scope = Scope {
    enters: &[1, 0],
    ..INSIDE
};

/// Three who are in the room from the beginning, of whom the first may leave.
const THREE: Scope = Scope {
    enters: &[0, 0, 0],
    inside: &[0, 1, 2],
    leavers: &[0],
    ..Scope::PAIR
};

/// What is visited every time, each with the causes by which somebody's stay ends in it: a world in which
/// nothing happens would prove nothing.
pub const EVERY_TIME: &[(Scope, &[Cause])] = &[
    (
        Scope {
            name: "two enter and leave, one is kicked",
            kicks: 1,
            ..Scope::PAIR
        },
        &[Cause::ExitRequested, Cause::EnteringTimedOut, Cause::Kicked],
    ),
    (
        Scope {
            name: "one enters and leaves, facts wait, one is kicked",
            enters: &[1, 0],
            inside: &[1],
            leavers: &[0],
            kicks: 1,
            facts_wait: true,
            ..Scope::PAIR
        },
        &[Cause::ExitRequested, Cause::Kicked],
    ),
    (
        Scope {
            name: "two inside, one leaves, a loss, facts wait",
            leavers: &[0],
            losses: 1,
            facts_wait: true,
            ..INSIDE
        },
        &[
            Cause::ExitRequested,
            Cause::RecoveringTimedOut,
            Cause::LinkDead,
        ],
    ),
    (
        Scope {
            name: "two inside, one leaves, two losses",
            leavers: &[0],
            losses: 2,
            ..INSIDE
        },
        &[
            Cause::ExitRequested,
            Cause::RecoveringTimedOut,
            Cause::LinkDead,
        ],
    ),
    (
        Scope {
            name: "two inside, one is kicked, the room is dismissed, a loss",
            kicks: 1,
            dismissals: 1,
            losses: 1,
            ..INSIDE
        },
        &[
            Cause::ExitRequested,
            Cause::Kicked,
            Cause::Dismissed,
            Cause::LinkDead,
        ],
    ),
    (
        Scope {
            name: "one leaves and enters again, one is kicked",
            leavers: &[0],
            kicks: 1,
            ..AGAIN
        },
        &[Cause::ExitRequested, Cause::Kicked],
    ),
    (
        Scope {
            name: "one leaves and enters again, a client's process dies",
            client_crashes: 1,
            ..AGAIN
        },
        &[Cause::ExitRequested],
    ),
    (
        Scope {
            name: "one leaves and enters again, the server's process dies",
            leavers: &[0],
            server_crashes: 1,
            ..AGAIN
        },
        &[Cause::ExitRequested, Cause::LinkDead, Cause::EnterFailed],
    ),
    (
        Scope {
            name: "one leaves and enters again, the server stops in order",
            stops: 1,
            ..AGAIN
        },
        &[Cause::ExitRequested, Cause::ServerStopped],
    ),
    (
        Scope {
            name: "three, one leaves, one is kicked, a loss",
            kicks: 1,
            losses: 1,
            ..THREE
        },
        &[Cause::ExitRequested, Cause::Kicked, Cause::LinkDead],
    ),
    (
        Scope {
            name: "three, two of them enter, one leaves",
            enters: &[1, 1, 0],
            inside: &[2],
            ..THREE
        },
        &[Cause::ExitRequested],
    ),
    (
        Scope {
            name: "three, one leaves, a client's process dies, the room is dismissed",
            client_crashes: 1,
            dismissals: 1,
            ..THREE
        },
        &[Cause::ExitRequested, Cause::Dismissed],
    ),
    (LATE_ENTER, &[Cause::ExitRequested]),
];

/// What is visited besides with `FULL=1`.
pub const AT_LENGTH: &[(Scope, &[Cause])] = &[
    (
        Scope {
            name: "two enter and leave, a loss",
            losses: 1,
            ..Scope::PAIR
        },
        &[Cause::ExitRequested, Cause::LinkDead],
    ),
    (
        Scope {
            name: "two inside, the server's process dies, facts wait",
            server_crashes: 1,
            facts_wait: true,
            ..INSIDE
        },
        &[Cause::ExitRequested, Cause::LinkDead],
    ),
    (
        Scope {
            name: "one leaves and enters again, a loss",
            losses: 1,
            ..AGAIN
        },
        &[Cause::ExitRequested, Cause::LinkDead],
    ),
];

/// Worlds with something wrong in them, each with the name of the law that it breaks.
pub const FLAWED: &[Scope] = &[
    Scope {
        name: "the server forgets to tell that a lease ran out",
        losses: 1,
        ..INSIDE
    }
    .with(Flaw::LeaseExpiryUnannounced),
    Scope {
        name: "the transport enters again after a kick",
        kicks: 1,
        facts_wait: true,
        ..INSIDE
    }
    .with(Flaw::ReconnectsAfterKick),
    Scope {
        name: "the server takes a late leave for one of the next stay",
        ..AGAIN
    }
    .with(Flaw::LateLeaveOfNewerStay),
    Scope {
        name: "the server tells a lost connection as a departure",
        losses: 1,
        ..INSIDE
    }
    .with(Flaw::LossToldAsDeparture),
    Scope {
        name: "the runtime reports every cause",
        kicks: 1,
        ..INSIDE
    }
    .with(Flaw::ReportsEveryCause),
    LATE_ENTER.with(Flaw::EntersUnnumbered),
    Scope {
        name: "the server takes the resume that arrives last for the newest",
        losses: 2,
        leavers: &[],
        ..INSIDE
    }
    .with(Flaw::ResumesUnnumbered),
    Scope {
        name: "a transport that was away looks only at who is there",
        losses: 1,
        leavers: &[0],
        ..AGAIN
    }
    .with(Flaw::ReentriesOverlooked),
];

/// One who may enter twice, where the network may bring the first `enter` after the second.
const LATE_ENTER: Scope = Scope {
    name: "one enters twice, the first enter may be late",
    enters: &[2, 0],
    inside: &[1],
    leavers: &[0],
    ..Scope::PAIR
};

/// The same, but the process dies between the two: the second `enter` is another client's, and which of
/// two clients is the newer one nobody can know.
pub const UNKNOWABLE: Scope = Scope {
    name: "a process dies and another enters, the first enter may be late",
    leavers: &[],
    client_crashes: 1,
    ..LATE_ENTER
};
