//! The server's process.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::net::Ipv4Addr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::configuration::{ADMIN, ADMIN_HTTP, SIGNALLING, write};
use crate::{Admin, LabError, Link, Network, Settings, VideoRoom};

/// A running Janus with WebSocket, admin API and video rooms. Dropping it kills it.
#[derive(Debug)]
pub struct JanusServer {
    // Before the link, which holds the namespace that it lives in.
    process: Process,
    link: Link,
    settings: Settings,
    folder: TempDir,
}

impl JanusServer {
    /// How long it may take to come up; it takes about 0.2 s.
    const COMING_UP: Duration = Duration::from_secs(20);
    /// Between two looks; nothing depends on it.
    const NAP: Duration = Duration::from_millis(10);

    /// Starts `janus` and waits until it answers (at most 20 s).
    pub fn start(network: Network, settings: Settings) -> Result<Self, LabError> {
        let folder = tempfile::Builder::new()
            .prefix("janus-")
            .tempdir()
            .map_err(LabError::system("a temporary folder"))?;
        let link = Link::lay(network)?;
        write(folder.path(), &settings, link.server())
            .map_err(LabError::system("the configuration"))?;
        let process = Process::start(&link, &folder)?;
        let mut server = Self {
            process,
            link,
            settings,
            folder,
        };
        server.come_up()?;
        Ok(server)
    }

    /// Where clients connect: `ws://`, subprotocol `janus-protocol`.
    #[must_use]
    pub fn signalling_url(&self) -> String {
        format!("ws://{}:{SIGNALLING}/", self.address())
    }

    /// The same for those who look on while [signalling is cut](crate::Traffic::Signalling).
    #[must_use]
    pub fn onlookers_url(&self) -> String {
        format!("ws://{}:{SIGNALLING}/", self.link.aside())
    }

    /// The admin API: `ws://`, subprotocol `janus-admin-protocol`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("ws://{}:{ADMIN}/", self.link.aside())
    }

    /// The admin API: `http://`, with its path.
    #[must_use]
    pub fn admin_http_url(&self) -> String {
        format!("http://{}:{ADMIN_HTTP}/admin", self.link.aside())
    }

    /// The server's address, of which its media come and go.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.link.server()
    }

    /// What it was started with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The wire to the server.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Somebody who asks the admin API.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.admin_http_url(), self.settings.admin_secret.clone())
    }

    /// Makes a room, which ends with the server.
    pub fn create_room(&self, room: &VideoRoom) -> Result<(), LabError> {
        let request = room.request(self.settings.admin_key.as_deref());
        let answer = self.admin().video_room(&request)?;
        if answer["videoroom"] == "created" {
            return Ok(());
        }
        Err(LabError::Refused {
            request: request.to_string(),
            answer: answer.to_string(),
        })
    }

    /// Everything that it has said.
    #[must_use]
    pub fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("janus.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.0.id()
    }

    /// Whether its process runs; one that was not killed and does not has crashed.
    pub fn is_running(&mut self) -> Result<bool, LabError> {
        self.process.is_running()
    }

    /// Kills it on the spot, as a crash would. Its machine lives on, and refuses connections.
    pub fn kill(&mut self) {
        self.process.end();
    }

    /// Stops it: its sockets stay open, and nobody answers on them.
    pub fn stop(&self) -> Result<(), LabError> {
        self.process.signal(Signal::STOP)?;
        // Its threads stop one after the other.
        let folder = format!("/proc/{}/task", self.process());
        let deadline = Instant::now() + Self::COMING_UP;
        while !all_stopped(&folder).map_err(LabError::system("/proc"))? {
            if Instant::now() >= deadline {
                return Err(self.not_ready());
            }
            std::thread::sleep(Self::NAP);
        }
        Ok(())
    }

    /// Lets a stopped server go on.
    pub fn go_on(&self) -> Result<(), LabError> {
        self.process.signal(Signal::CONT)
    }

    /// Asks it to end, as an operator does, and waits until it has (at most 20 s).
    pub fn shut_down(&mut self) -> Result<(), LabError> {
        self.process.signal(Signal::TERM)?;
        let deadline = Instant::now() + Self::COMING_UP;
        while self.process.is_running()? {
            if Instant::now() >= deadline {
                return Err(self.not_ready());
            }
            std::thread::sleep(Self::NAP);
        }
        Ok(())
    }

    /// Kills it and starts another one in its place, at the same addresses, which knows nothing of the
    /// first: no session, no room.
    pub fn restart(&mut self) -> Result<(), LabError> {
        self.process.end();
        self.process = Process::start(&self.link, &self.folder)?;
        self.come_up()
    }

    fn come_up(&mut self) -> Result<(), LabError> {
        let admin = self.admin();
        let deadline = Instant::now() + Self::COMING_UP;
        let signalling = (self.link.aside(), SIGNALLING);
        while std::net::TcpStream::connect(signalling).is_err() || admin.sessions().is_err() {
            if Instant::now() >= deadline || !self.process.is_running()? {
                return Err(self.not_ready());
            }
            std::thread::sleep(Self::NAP);
        }
        for token in &self.settings.tokens {
            admin.add_token(token)?;
        }
        Ok(())
    }

    fn not_ready(&self) -> LabError {
        LabError::NotReady { log: self.log() }
    }
}

/// Whether every task in this folder of `/proc` has stopped.
fn all_stopped(folder: &str) -> std::io::Result<bool> {
    for task in std::fs::read_dir(folder)? {
        match exeunt_requirements::state(&task?.path()) {
            Ok('T') => {}
            Ok(_) => return Ok(false),
            // It has ended since it was listed.
            Err(error) if is_of_nobody(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Whether a file of `/proc` could not be opened or read because its task is gone.
fn is_of_nobody(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

#[derive(Debug)]
struct Process(Child);

impl Process {
    fn start(link: &Link, folder: &TempDir) -> Result<Self, LabError> {
        let log = File::create(folder.path().join("janus.log")).map_err(LabError::system("log"))?;
        let errors = log.try_clone().map_err(LabError::system("log"))?;
        let child = link
            .there("janus")
            .arg("-F")
            .arg(folder.path())
            .arg("-C")
            .arg(folder.path().join("janus.jcfg"))
            // What a crash leaves behind goes with the folder.
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(LabError::system("janus"))?;
        Ok(Self(child))
    }

    fn is_running(&mut self) -> Result<bool, LabError> {
        let ended = self.0.try_wait().map_err(LabError::system("janus"))?;
        Ok(ended.is_none())
    }

    fn signal(&self, signal: Signal) -> Result<(), LabError> {
        kill_process(Pid::from_child(&self.0), signal)
            .map_err(|error| LabError::system("kill")(error.into()))
    }

    /// Nothing happens to one that was waited for; one that is stopped dies as well.
    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
