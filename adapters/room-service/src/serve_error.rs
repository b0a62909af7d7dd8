//! What a configuration has to be for a service to begin, and why one does not.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use exeunt_websocket::wire::MAX_MEMBERS;
use thiserror::Error;

use crate::config::Config;
use crate::operator_token::MIN_LENGTH;

/// Why a service cannot listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody else listens there.
    #[error(
        "{address} is taken: another program listens there; choose another port, or 0 for a free one"
    )]
    AddressInUse {
        /// Where.
        address: SocketAddr,
    },
    /// The system does not let us listen there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Keys that everybody knows, where everybody can come.
    #[error(
        "{address} can be reached from other machines, and the development keys are known to \
         everybody: give keys of your own (UserSig key, API secret key, operator token), or listen on \
         127.0.0.1"
    )]
    DevelopmentKeys {
        /// Where.
        address: SocketAddr,
    },
    /// A key that is no key.
    #[error("the {name} is empty")]
    EmptyKey {
        /// Which.
        name: &'static str,
    },
    /// An operator token that could be guessed.
    #[error("the operator token has {length} bytes; at least {MIN_LENGTH} are needed")]
    ShortToken {
        /// How many it has.
        length: usize,
    },
    /// A lease that cannot be kept.
    #[error("a lease of {lease:?} cannot be kept; 100 ms to 1 hour can")]
    Lease {
        /// The lease.
        lease: Duration,
    },
    /// More members in a room than a message can name.
    #[error("{members} members a room are not possible; 1 to {MAX_MEMBERS} are")]
    MembersPerRoom {
        /// How many.
        members: usize,
    },
}

/// Whether a service can be set up like this.
pub(crate) fn check(config: &Config) -> Result<(), ServeError> {
    let address = config.listen;
    if config.has_development_keys() && !address.ip().is_loopback() {
        return Err(ServeError::DevelopmentKeys { address });
    }
    for (name, key) in [
        ("UserSig key", config.user_sig_key.expose()),
        ("API secret id", &config.secret_id),
        ("API secret key", config.secret_key.expose()),
    ] {
        if key.is_empty() {
            return Err(ServeError::EmptyKey { name });
        }
    }
    if let Some(token) = &config.operator_token {
        let length = token.expose().len();
        if length < MIN_LENGTH {
            return Err(ServeError::ShortToken { length });
        }
    }
    let lease = config.lease;
    if !(Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&lease) {
        return Err(ServeError::Lease { lease });
    }
    let members = config.limits.members_per_room;
    if !(1..=MAX_MEMBERS).contains(&members) {
        return Err(ServeError::MembersPerRoom { members });
    }
    Ok(())
}
