//! Somebody who is connected already, so that what he asks for lies before a server that stands still.

use std::ffi::CString;
use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, MAX_VERSION, Prop, Props, ProtocolError, SetClientNameReply,
    read_ack_message, read_reply_message, write_command_message,
};

use crate::{Place, Plugged, ServerError};

/// How long an answer may take.
const ANSWERING: Duration = Duration::from_secs(10);

/// Whoever asks a stopped server with a program of his own is not heard before the server has
/// [gone on](crate::PulseServer::cont) and spoken with that program for some time. This one is heard at
/// once: he has said who he is before, and what he asks for waits in the server's socket.
#[derive(Debug)]
pub struct Prompter {
    socket: BufReader<UnixStream>,
    version: u16,
    asked: u32,
}

impl Prompter {
    pub(crate) fn at(place: &Place) -> Result<Self, ServerError> {
        let socket = UnixStream::connect(place.socket()).and_then(|socket| {
            socket.set_read_timeout(Some(ANSWERING))?;
            Ok(socket)
        });
        let socket = socket.map_err(ServerError::system("the server's socket"))?;
        let mut prompter = Self {
            socket: BufReader::new(socket),
            version: MAX_VERSION,
            asked: 0,
        };
        prompter.ask(&Command::Auth(AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            // These servers let everybody in, but want one of this length.
            cookie: vec![0; 256],
        }))?;
        let (_, welcome) = read_reply_message::<AuthReply>(&mut prompter.socket, MAX_VERSION)
            .map_err(|error| nonsense(&error))?;
        prompter.version = welcome.version.min(MAX_VERSION);
        let mut who = Props::new();
        who.set(Prop::ApplicationName, c"prompter");
        prompter.ask(&Command::SetClientName(who))?;
        read_reply_message::<SetClientNameReply>(&mut prompter.socket, prompter.version)
            .map_err(|error| nonsense(&error))?;
        Ok(prompter)
    }

    /// Asks that this be pulled out, and waits for no answer.
    pub fn unplug(&mut self, plugged: &Plugged) -> Result<(), ServerError> {
        let number = plugged.module();
        let module = number.parse().map_err(|_| ServerError::Answer {
            answer: number.to_owned(),
        })?;
        self.ask(&Command::UnloadModule(module))
    }

    /// Asks that this microphone be the default, and waits for no answer.
    pub fn set_default_microphone(&mut self, name: &str) -> Result<(), ServerError> {
        let name = CString::new(name).map_err(|error| ServerError::Answer {
            answer: error.to_string(),
        })?;
        self.ask(&Command::SetDefaultSource(name))
    }

    /// Waits until the server has said yes to what it was asked for, at most 10 s.
    pub fn until_done(&mut self) -> Result<(), ServerError> {
        read_ack_message(&mut self.socket).map_err(|error| nonsense(&error))?;
        Ok(())
    }

    fn ask(&mut self, command: &Command) -> Result<(), ServerError> {
        self.asked += 1;
        write_command_message(self.socket.get_mut(), self.asked, command, self.version)
            .map_err(|error| nonsense(&error))
    }
}

fn nonsense(error: &ProtocolError) -> ServerError {
    ServerError::Answer {
        answer: error.to_string(),
    }
}
