//! The peer connection of the transports to SFUs.
