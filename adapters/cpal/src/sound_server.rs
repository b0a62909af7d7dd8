//! The sound server, by `PulseAudio`'s protocol: `PulseAudio` itself, or `PipeWire` by its pulse server.
//!
//! Each opening has a connection of its own and closes it in the end, so nothing of one is in another's
//! way and nothing is left at the server (G-15, G-16). That it is closed by the server is the proof that
//! the server has let go (G-13).
//!
//! cpal has a host for such servers. It is not used, because what it does cannot be ended from outside:
//! it abandons a thread and a socket each time a server does not answer, which stay when the server
//! goes on; and a microphone is started in a call that returns at the first sound, or never.

use std::ffi::CString;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cpal::ErrorKind;
use exeunt_port::DeviceKind;
use futures_executor::block_on;
use pulseaudio::protocol::{DEFAULT_SINK, DEFAULT_SOURCE, ProtocolError, PulseError};
use pulseaudio::{Client, ClientError};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use thiserror::Error;

use crate::call::Call;
use crate::server_address::sockets;
use crate::server_device::ServerDevice;

/// How long the server may take for each of its answers to a call.
const ANSWER: Duration = Duration::from_secs(2);

/// The length of a cookie, in bytes.
const COOKIE: usize = 256;

/// A connection to the sound server. Dropping it closes it.
pub(crate) struct SoundServer {
    client: Client,
    call: Call,
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    /// There is no server.
    #[error("there is no sound server")]
    Nobody,
    /// The call is not wanted any more.
    #[error("the call was hung up")]
    HungUp,
    /// Only one that this program does not call is wanted.
    #[error(
        "PULSE_SERVER is {named:?}, which names no socket of this machine: a server is reached by \
         unix:/path or /path"
    )]
    Elsewhere {
        /// What is wanted.
        named: String,
    },
    /// There is one, and it does not answer.
    #[error("the sound server at {address} did not answer within {} s", ANSWER.as_secs())]
    Silent {
        /// Its socket.
        address: String,
    },
    /// It does not serve this program.
    #[error(
        "the sound server at {address} refuses this program ({words}): give the program the server's \
         cookie (PULSE_COOKIE names its file), or its sandbox the permission to use sound"
    )]
    Refused {
        /// Its socket.
        address: String,
        /// The server's words.
        words: String,
    },
    /// It said something else.
    #[error("the sound server at {address} cannot be used: {words}")]
    Failed {
        /// Its socket.
        address: String,
        /// What was said.
        words: String,
    },
}

impl SoundServer {
    /// Calls the server, if there is one. Returns after 2 s without an answer, and as soon as the call is
    /// hung up.
    pub(crate) fn answering(call: &Call) -> Result<Self, CallError> {
        let sockets = sockets().map_err(|named| CallError::Elsewhere { named })?;
        let (path, socket) = reach_one_of(&sockets, call)?;
        let failed = |error: io::Error| CallError::of(&path, &ClientError::Io(error));
        socket.set_read_timeout(Some(ANSWER)).map_err(failed)?;
        socket.set_write_timeout(Some(ANSWER)).map_err(failed)?;
        if !call.begin(socket.try_clone().map_err(failed)?) {
            call.close();
            return Err(CallError::HungUp);
        }
        let called = Client::new_unix(program_name(), socket, Some(cookie()));
        let client = called.map_err(|error| {
            let hung_up = call.is_hung_up();
            call.close();
            if hung_up {
                CallError::HungUp
            } else {
                CallError::of(&path, &error)
            }
        })?;
        Ok(Self {
            client,
            call: call.clone(),
        })
    }

    /// Its devices of this kind.
    pub(crate) fn devices(&self, kind: DeviceKind) -> Result<Vec<ServerDevice>, cpal::Error> {
        let client = &self.client;
        Ok(match kind {
            DeviceKind::Microphone => block_on(client.list_sources())
                .map_err(|error| meaning(&error))?
                .into_iter()
                .map(|source| ServerDevice::source(client, source))
                .collect(),
            DeviceKind::Speaker => block_on(client.list_sinks())
                .map_err(|error| meaning(&error))?
                .into_iter()
                .map(|sink| ServerDevice::sink(client, sink))
                .collect(),
            DeviceKind::Camera => Vec::new(),
        })
    }

    /// The one that is used when nobody says anything, if there is one.
    pub(crate) fn default_device(
        &self,
        kind: DeviceKind,
    ) -> Result<Option<ServerDevice>, cpal::Error> {
        let client = &self.client;
        let found = match kind {
            DeviceKind::Microphone => {
                block_on(client.source_info_by_name(DEFAULT_SOURCE.to_owned()))
                    .map(|source| ServerDevice::source(client, source))
            }
            DeviceKind::Speaker => block_on(client.sink_info_by_name(DEFAULT_SINK.to_owned()))
                .map(|sink| ServerDevice::sink(client, sink)),
            DeviceKind::Camera => return Ok(None),
        };
        match found {
            Ok(device) => Ok(Some(device)),
            Err(error) => match meaning(&error) {
                error if error.kind() == ErrorKind::DeviceNotAvailable => Ok(None),
                error => Err(error),
            },
        }
    }

    /// From now on the server may have something of ours.
    pub(crate) fn may_hold(&self) {
        self.call.may_hold();
    }

    /// Whether it has gone, or nobody wants it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.call.is_dead()
    }

    /// Hangs up, and returns once the server has let go of all that it had for us.
    pub(crate) fn end(&self) {
        self.call.end();
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        self.call.close();
    }
}

impl CallError {
    fn of(path: &Path, error: &ClientError) -> Self {
        let address = path.display().to_string();
        let words = words(error);
        let is_late = |error: &io::Error| {
            [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind())
        };
        let denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
        match error {
            ClientError::Io(error) | ClientError::Protocol(ProtocolError::Io(error))
                if is_late(error) =>
            {
                Self::Silent { address }
            }
            ClientError::Io(error) if denied(error) => Self::Refused { address, words },
            ClientError::ServerError(PulseError::AccessDenied | PulseError::AuthKey)
            | ClientError::Protocol(ProtocolError::ServerError(
                PulseError::AccessDenied | PulseError::AuthKey,
            )) => Self::Refused { address, words },
            ClientError::ServerUnavailable
            | ClientError::UnexpectedSequenceNumber
            | ClientError::Protocol(_)
            | ClientError::ServerError(_)
            | ClientError::Io(_)
            | ClientError::Disconnected => Self::Failed { address, words },
        }
    }
}

/// The first of these at which somebody is, and a socket that leads there.
fn reach_one_of(paths: &[PathBuf], call: &Call) -> Result<(PathBuf, UnixStream), CallError> {
    for path in paths {
        match reach(path, call) {
            Err(CallError::Nobody) => {}
            reached => return reached.map(|socket| (path.clone(), socket)),
        }
    }
    Err(CallError::Nobody)
}

/// A socket that leads to the server. One that has stopped leaves callers waiting at its door, and when it
/// has left enough of them there the others are turned away.
fn reach(path: &Path, call: &Call) -> Result<UnixStream, CallError> {
    let failed = |error: Errno| CallError::of(path, &ClientError::Io(error.into()));
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket =
        socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed)?;
    let deadline = Instant::now() + ANSWER;
    while let Err(error) = connect(&socket, &address) {
        if call.is_hung_up() {
            return Err(CallError::HungUp);
        }
        if [Errno::NOENT, Errno::NOTDIR, Errno::CONNREFUSED].contains(&error) {
            // What is there is left over from a server that has gone.
            return Err(CallError::Nobody);
        }
        if error != Errno::AGAIN || Instant::now() >= deadline {
            return Err(failed(error));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let socket = UnixStream::from(socket);
    socket
        .set_nonblocking(false)
        .map_err(|error| CallError::of(path, &ClientError::Io(error)))?;
    Ok(socket)
}

/// What shows the server that we may use it, or zeros where there is none: a server that asks for none
/// takes them, as it does from everybody else, but nothing of another length.
fn cookie() -> Vec<u8> {
    let path = pulseaudio::cookie_path_from_env();
    let found = path.and_then(|path| std::fs::read(path).ok());
    found
        .filter(|cookie| cookie.len() == COOKIE)
        .unwrap_or_else(|| vec![0; COOKIE])
}

/// What people see in their mixer, and in the light that shows who listens.
fn program_name() -> CString {
    let program = std::env::current_exe().ok();
    let name = program
        .as_deref()
        .and_then(Path::file_name)
        .map_or_else(|| "exeunt".into(), |name| name.to_string_lossy());
    CString::new(name.as_bytes()).unwrap_or_default()
}

/// What is told of a connection that the other end has closed.
const CLOSED: [io::ErrorKind; 3] = [
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::BrokenPipe,
];

fn words(error: &ClientError) -> String {
    match error {
        ClientError::Protocol(ProtocolError::ServerError(error))
        | ClientError::ServerError(error) => error.to_string(),
        ClientError::Io(error) | ClientError::Protocol(ProtocolError::Io(error))
            if CLOSED.contains(&error.kind()) =>
        {
            "it closed the connection".to_owned()
        }
        ClientError::Protocol(error) => error.to_string(),
        ClientError::Io(error) => error.to_string(),
        ClientError::ServerUnavailable
        | ClientError::UnexpectedSequenceNumber
        | ClientError::Disconnected => error.to_string(),
    }
}

/// What an answer of the server means.
pub(crate) fn meaning(error: &ClientError) -> cpal::Error {
    let kind = match error {
        ClientError::Disconnected | ClientError::Io(_) => return gone(),
        ClientError::ServerError(error)
        | ClientError::Protocol(ProtocolError::ServerError(error)) => kind_of(*error),
        ClientError::ServerUnavailable
        | ClientError::UnexpectedSequenceNumber
        | ClientError::Protocol(_) => ErrorKind::BackendError,
    };
    cpal::Error::with_message(kind, words(error))
}

/// That the server has gone.
pub(crate) fn gone() -> cpal::Error {
    cpal::Error::with_message(ErrorKind::StreamInvalidated, "PulseAudio disconnected")
}

fn kind_of(error: PulseError) -> ErrorKind {
    match error {
        PulseError::AccessDenied | PulseError::AuthKey => ErrorKind::PermissionDenied,
        PulseError::NoEntity => ErrorKind::DeviceNotAvailable,
        PulseError::Busy => ErrorKind::DeviceBusy,
        PulseError::Invalid | PulseError::TooLarge => ErrorKind::InvalidInput,
        PulseError::ConnectionTerminated | PulseError::Killed => ErrorKind::StreamInvalidated,
        PulseError::Command
        | PulseError::Exist
        | PulseError::ConnectionRefused
        | PulseError::Protocol
        | PulseError::Timeout
        | PulseError::Internal
        | PulseError::InvalidServer
        | PulseError::ModInitFailed
        | PulseError::BadState
        | PulseError::NoData
        | PulseError::Version
        | PulseError::NotSupported
        | PulseError::Unknown
        | PulseError::NoExtension
        | PulseError::Obsolete
        | PulseError::NotImplemented
        | PulseError::Forked
        | PulseError::Io => ErrorKind::BackendError,
    }
}
