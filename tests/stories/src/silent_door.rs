//! A server that takes connections and never says a word.

use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::{StoryFailure, patience};

/// A server that takes connections and never says a word: whoever enters there stays at the door.
#[derive(Debug)]
pub struct SilentDoor {
    listener: TcpListener,
    address: SocketAddr,
}

impl SilentDoor {
    /// Opens it on a free port of loopback.
    pub fn open() -> Result<Self, StoryFailure> {
        let failed = || StoryFailure::system("a listener");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed())?;
        listener.set_nonblocking(true).map_err(failed())?;
        let address = listener.local_addr().map_err(failed())?;
        Ok(Self { listener, address })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Waits until somebody stands there. Dropping the answer cuts him off.
    pub fn knock(&self) -> Result<TcpStream, StoryFailure> {
        let look = || match self.listener.accept() {
            Ok((stream, _)) => Ok(Some(stream)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(StoryFailure::system("accept")(error)),
        };
        match patience::until("a knock", look, Option::is_some)? {
            Some(stream) => Ok(stream),
            None => unreachable!("it was waited for"),
        }
    }
}
