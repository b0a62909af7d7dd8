//! What can go wrong, in words for whoever typed the command, and the exit status of each.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use exeunt_janus::admin::AdminError;
use exeunt_port::{DeviceError, DeviceKind, EnterError, RoomId, UserId};
use exeunt_room_service::{ServeError, ServerApiError, TlsIdentityError};
use exeunt_runtime::{Reason, TranscriptError};
use thiserror::Error;

use crate::arguments::WayIn;

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Mistyped(String),
    #[error("config file {}: {detail}", path.display())]
    Config { path: PathBuf, detail: String },
    #[error(
        "{service:?} is no address of a room service; expected ws://HOST:PORT or http://HOST:PORT, with TLS wss:// or https://"
    )]
    Service {
        /// What was given, without what may be secret in it.
        service: String,
    },
    #[error(transparent)]
    Enter(#[from] EnterError),
    #[error("{user} did not get into room {room}: {detail}")]
    NotEntered {
        user: UserId,
        room: RoomId,
        detail: String,
        over: WayIn,
        refused: bool,
    },
    #[error("{user} was taken out of room {room}: {}", in_words(*reason))]
    TakenOut {
        user: UserId,
        room: RoomId,
        reason: Reason,
    },
    #[error("{user} left room {room}, for the {kind} that was asked for did not open: {error}")]
    Device {
        user: UserId,
        room: RoomId,
        kind: DeviceKind,
        error: DeviceError,
    },
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Api(#[from] ServerApiError),
    #[error("--tls-cert and --tls-key go together: {missing} is missing")]
    HalfAnIdentity { missing: &'static str },
    #[error("{} and {}: {error}", certificate.display(), key.display())]
    Identity {
        certificate: PathBuf,
        key: PathBuf,
        error: TlsIdentityError,
    },
    #[error("{}: {detail}", path.display())]
    File { path: PathBuf, detail: String },
    #[error("{}: {error}", path.display())]
    Transcript {
        path: PathBuf,
        error: TranscriptError,
    },
    #[error("{missing}; --devices files uses files instead")]
    NoDevice { missing: String },
    #[error("{what} did not happen within {seconds} s")]
    Overdue { what: String, seconds: u64 },
    #[error("{user} was out before the play was over: {detail}")]
    Gone { user: UserId, detail: String },
    #[error("{user}'s process: {detail}")]
    Process { user: UserId, detail: String },
    #[error("the room in this process refused: {0}")]
    Loopback(#[from] exeunt_loopback::HubError),
    #[error("there is no program called janus")]
    NoJanus,
    #[error("the demo's own Janus did not come up: {detail}")]
    OwnJanus { detail: String },
    #[error("Janus takes no loopback address for media, and this machine has no other")]
    NoMediaAddress,
    #[error("Janus did not do what the operator asked for: {0}")]
    Janus(#[from] AdminError),
    #[error("{0} of the guarantees that this run shows did not hold")]
    NotHeld(usize),
    #[error("stopped before the end; nobody is left in a room")]
    Stopped,
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(std::io::Error),
    #[error("the system gives us no threads: {0}")]
    Runtime(std::io::Error),
}

impl Failure {
    /// What went wrong with this file.
    pub(crate) fn of_file<Error: Display>(path: &Path) -> impl Fn(Error) -> Self {
        |error| Self::File {
            path: path.to_owned(),
            detail: error.to_string(),
        }
    }

    /// The exit status; README.md lists them.
    pub(crate) fn status(&self) -> u8 {
        self.status_and_hint().0
    }

    /// What to try next, where that can be said.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        self.status_and_hint().1
    }

    fn status_and_hint(&self) -> (u8, Option<&'static str>) {
        match self {
            Self::Mistyped(_) => (2, None),
            Self::NotEntered {
                over,
                refused: true,
                ..
            } => (3, Some(of_no(*over))),
            Self::NotEntered {
                over,
                refused: false,
                ..
            } => (1, Some(of_silence(*over))),
            Self::Api(ServerApiError::Refused { code, .. }) => (3, of_code(code)),
            Self::TakenOut { .. } => (4, None),
            Self::NotHeld(_)
            | Self::Transcript {
                error: TranscriptError::Differs { .. },
                ..
            } => (5, None),
            Self::Stopped => (130, None),
            Self::Api(ServerApiError::Unreachable { .. }) => (
                1,
                Some(
                    "is the room service running there? `exeunt serve` starts one, --service names another",
                ),
            ),
            Self::Serve(ServeError::DevelopmentKeys { .. }) => (
                1,
                Some(
                    "--user-sig-key and --secret-key, or a file for --config, give keys of your own",
                ),
            ),
            Self::Device { kind, error, .. } => (1, Some(of_device(*kind, error))),
            Self::NoJanus => (
                1,
                Some(
                    "on Debian and Ubuntu apt-get install janus gets it, as `make demo TRANSPORT=janus` does; --janus \
                     names one that runs elsewhere",
                ),
            ),
            Self::NoMediaAddress => (
                1,
                Some(
                    "as root: ip link add exeunt0 type dummy && ip addr add 10.77.0.1/24 dev exeunt0 && ip link set \
                     exeunt0 up",
                ),
            ),
            Self::Config { .. }
            | Self::Service { .. }
            | Self::Enter(_)
            | Self::Serve(_)
            | Self::Api(_)
            | Self::HalfAnIdentity { .. }
            | Self::Identity { .. }
            | Self::File { .. }
            | Self::Transcript { .. }
            | Self::NoDevice { .. }
            | Self::Overdue { .. }
            | Self::Gone { .. }
            | Self::Process { .. }
            | Self::Loopback(_)
            | Self::OwnJanus { .. }
            | Self::Janus(_)
            | Self::Signals(_)
            | Self::Runtime(_) => (1, None),
        }
    }
}

/// What to try where nobody answers.
fn of_silence(over: WayIn) -> &'static str {
    match over {
        WayIn::Websocket => {
            "is a room service running there? `exeunt serve` starts one, --service names another"
        }
        WayIn::Janus => "does a Janus listen there, with its WebSocket? --janus names another",
    }
}

/// What to try where somebody was not let in.
fn of_no(over: WayIn) -> &'static str {
    match over {
        WayIn::Websocket => {
            "--sdk-app-id and --user-sig-key have to be those that the service was started with"
        }
        WayIn::Janus => {
            "--janus-make-rooms makes a room that is not there; pin, keys and secrets (--janus-…) have to be \
             that Janus's"
        }
    }
}

/// What to try where the server API says no.
fn of_code(code: &str) -> Option<&'static str> {
    if code.starts_with("AuthFailure") {
        Some("--secret-id and --secret-key have to be those that the service was started with")
    } else if code.ends_with("RoomNotExist") {
        Some("`exeunt rooms` lists the rooms there are")
    } else {
        None
    }
}

/// What to try where a device did not open.
fn of_device(kind: DeviceKind, error: &DeviceError) -> &'static str {
    if matches!(error, DeviceError::Busy { .. }) {
        "`exeunt devices` says who holds it; with `auto` the stay goes on without a device"
    } else if kind == DeviceKind::Camera && matches!(error, DeviceError::Unsupported { .. }) {
        "--camera-format takes one of these; `exeunt devices --json` lists all of them"
    } else {
        "`exeunt devices` lists what there is; with `auto` the stay goes on without a device"
    }
}

fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::LocalExit => "it left",
        Reason::Kicked => "it was kicked",
        Reason::Dismissed => "the room was dismissed",
        Reason::ConnectionLost => "the connection was lost and did not come back",
        Reason::EnterFailed => "it was never let in",
        Reason::Replaced => "the same user entered from elsewhere",
        Reason::ServerStopped => "the room service stopped",
    }
}
