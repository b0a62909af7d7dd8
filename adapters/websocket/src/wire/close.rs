//! With which code a WebSocket ends, and what that means for the stay.

/// Why a WebSocket was closed. The codes from 4000 up are the protocol's own; the reason text that
/// goes with them says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum CloseCode {
    /// All was said: the client left, or has nothing more to say.
    Normal = 1000,
    /// The stay is over: an operator removed the user.
    Kicked = 4001,
    /// The stay is over: an operator dismissed the room.
    Dismissed = 4002,
    /// The stay is over: the same user entered from elsewhere.
    Replaced = 4003,
    /// The stay is over: the server is stopping.
    ServerStopped = 4004,
    /// The stay goes on: it was resumed on another WebSocket.
    ResumedElsewhere = 4005,
    /// The stay is over: its lease ran out.
    LeaseExpired = 4006,
    /// A message broke the protocol, or was too large. The stay, if there is one, may be resumed until
    /// its lease ends.
    Malformed = 4400,
    /// Entering or resuming was refused, as the message before says.
    Refused = 4403,
    /// Nobody entered in time.
    EnterTimeout = 4408,
    /// More control messages than allowed. The stay may be resumed.
    Flood = 4429,
    /// The client did not read what it was told. The stay may be resumed.
    TooSlow = 4430,
}

impl CloseCode {
    /// Every code, in the order of its number.
    pub const ALL: [Self; 12] = [
        Self::Normal,
        Self::Kicked,
        Self::Dismissed,
        Self::Replaced,
        Self::ServerStopped,
        Self::ResumedElsewhere,
        Self::LeaseExpired,
        Self::Malformed,
        Self::Refused,
        Self::EnterTimeout,
        Self::Flood,
        Self::TooSlow,
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The code of this number, if it is one of the protocol's.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The words that go with it where there are no better ones.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::Kicked => "removed by an operator",
            Self::Dismissed => "the room was dismissed",
            Self::Replaced => "the same user entered from elsewhere",
            Self::ServerStopped => "the server is stopping",
            Self::ResumedElsewhere => "the stay was resumed on another connection",
            Self::LeaseExpired => "nothing was heard until the lease ran out",
            Self::Malformed => "a message broke the protocol",
            Self::Refused => "refused",
            Self::EnterTimeout => "nobody entered in time",
            Self::Flood => "too many messages",
            Self::TooSlow => "messages were not read",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CloseCode;

    #[test]
    fn every_code_is_found_by_its_number_and_no_other_number_is() {
        for number in 0..=u16::MAX {
            let expected = CloseCode::ALL
                .into_iter()
                .find(|code| *code as u16 == number);
            assert_eq!(CloseCode::from_number(number), expected);
        }
        assert!(CloseCode::ALL.is_sorted());
    }
}
