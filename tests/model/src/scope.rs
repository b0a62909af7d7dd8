//! How much of the world one run of the model contains.

/// The bounds of one run. Everything that is allowed may happen at every moment, in every order.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// What it is called, in counts and in failures.
    pub name: &'static str,
    /// How often each member may enter; as many members as there are numbers. At most three.
    pub enters: &'static [u8],
    /// Which members are in the room from the beginning (that enter is not counted).
    pub inside: &'static [usize],
    /// Which members may leave.
    pub leavers: &'static [usize],
    /// How often an operator may kick somebody.
    pub kicks: u8,
    /// How often an operator may dismiss the room.
    pub dismissals: u8,
    /// How often something may be lost: a connection cut, a live one taken for dead by its client,
    /// an attempt to connect or to resume, a lease of somebody who is still there.
    pub losses: u8,
    /// How often a client's process may die.
    pub client_crashes: u8,
    /// How often the server's process may die. It may always be started again.
    pub server_crashes: u8,
    /// How often the server may stop in order.
    pub stops: u8,
    /// Whether what the transport tells waits until the session gets to it, in any order between
    /// the transport's tasks; otherwise the session takes it at once.
    pub facts_wait: bool,
    /// What is wrong with this world on purpose.
    pub flaw: Option<Flaw>,
}

impl Scope {
    /// Two members who enter once each and may leave, and nothing else.
    pub const PAIR: Self = Self {
        name: "pair",
        enters: &[1, 1],
        inside: &[],
        leavers: &[0, 1],
        kicks: 0,
        dismissals: 0,
        losses: 0,
        client_crashes: 0,
        server_crashes: 0,
        stops: 0,
        facts_wait: false,
        flaw: None,
    };

    /// The same world with something wrong in it.
    #[must_use]
    pub const fn with(self, flaw: Flaw) -> Self {
        Self {
            flaw: Some(flaw),
            ..self
        }
    }
}

/// What can be wrong on purpose, to show that the model notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// The server ends a stay whose lease ran out, and tells nobody.
    LeaseExpiryUnannounced,
    /// The transport enters again by itself after its user was kicked.
    ReconnectsAfterKick,
    /// The server takes a `leave` on an old socket for one of the user's present stay.
    LateLeaveOfNewerStay,
    /// The server tells the others that somebody left as soon as his socket is gone, although his stay
    /// goes on.
    LossToldAsDeparture,
    /// The runtime calls `onExitRoom` for every secondary cause as well.
    ReportsEveryCause,
    /// The server takes the `enter` that arrives last for the newest.
    EntersUnnumbered,
    /// The server takes the `resume` that arrives last for the newest.
    ResumesUnnumbered,
    /// A transport that was away looks only at who is there, not in which stay.
    ReentriesOverlooked,
}
