//! The server's process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use thiserror::Error;

use crate::feed::Feed;
use crate::pactl::{Stream, streams};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct PulseServer {
    folder: TempDir,
    keeper: Child,
    process: u32,
    feeds: Vec<Feed>,
}

/// Why a server cannot be had, or does not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A program is not installed, or the system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        error: std::io::Error,
    },
    /// The server did not come up.
    #[error("the server did not come up: {log}")]
    NotReady {
        /// What it said.
        log: String,
    },
    /// The server's answer makes no sense.
    #[error("pactl answered {answer:?}")]
    Answer {
        /// The answer.
        answer: String,
    },
}

impl ServerError {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::System { what, error }
    }
}

impl PulseServer {
    /// How long it may take to come up; it takes about 0.1 s.
    const COMING_UP: Duration = Duration::from_secs(10);

    /// The speaker, and what feeds the microphone, take sound in small pieces: without `norewinds`
    /// such a sink works in pieces of two seconds.
    const CONFIGURATION: &str = "\
load-module module-null-sink sink_name=speaker rate=48000 norewinds=1 sink_properties=device.description=Speaker
load-module module-null-sink sink_name=micfeed rate=48000 norewinds=1 sink_properties=device.description=MicFeed
load-module module-remap-source source_name=mic master=micfeed.monitor source_properties=device.description=Mic
load-module module-native-protocol-unix auth-anonymous=1 socket=SOCKET
set-default-sink speaker
set-default-source mic
";

    /// Starts `pulseaudio` with a default microphone `mic` and a default speaker `speaker`, and
    /// waits until it answers (at most 10 s). Needs the programs `sh`, `pulseaudio` and `pactl`.
    pub fn start() -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new()
            .prefix("pulse-")
            .tempdir()
            .map_err(ServerError::system("a temporary folder"))?;
        for part in ["run/pulse", "home"] {
            std::fs::create_dir_all(folder.path().join(part))
                .map_err(ServerError::system("a folder"))?;
        }
        let socket = socket(folder.path());
        let configuration = Self::CONFIGURATION.replace("SOCKET", &socket.to_string_lossy());
        std::fs::write(folder.path().join("default.pa"), configuration)
            .map_err(ServerError::system("the server's configuration"))?;
        let (keeper, process) = launch(folder.path())?;
        let server = Self {
            folder,
            keeper,
            process,
            feeds: Vec::new(),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// What a program that is to use this server needs in its environment.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        env(self.folder.path())
    }

    /// Plays this file into the microphone, again and again, until the server ends. Needs `paplay`.
    pub fn feed(&mut self, wav: &Path) -> Result<(), ServerError> {
        self.feeds.push(Feed::start(wav, self.env())?);
        Ok(())
    }

    /// What is being recorded at this moment, by programs.
    pub fn source_outputs(&self) -> Result<Vec<Stream>, ServerError> {
        streams("source-outputs", "sources", "source", &self.env())
    }

    /// What is being played at this moment, by programs; what [feeds](Self::feed) the microphone
    /// is not among it.
    pub fn sink_inputs(&self) -> Result<Vec<Stream>, ServerError> {
        let mut streams = streams("sink-inputs", "sinks", "sink", &self.env())?;
        streams.retain(|stream| stream.device != "micfeed");
        Ok(streams)
    }

    /// Kills the server on the spot, as a crash would.
    pub fn kill(&self) -> Result<(), ServerError> {
        self.signal("KILL")
    }

    /// Stops the server: its sockets stay open, and nobody answers on them.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.signal("STOP")
    }

    /// Lets a stopped server go on.
    pub fn cont(&self) -> Result<(), ServerError> {
        self.signal("CONT")
    }

    /// Makes a source fall silent, or speak again: while it is suspended nothing at all comes from
    /// it, and nobody who records from it is told.
    pub fn suspend_source(&self, source: &str, suspend: bool) -> Result<(), ServerError> {
        let output = Command::new("pactl")
            .args(["suspend-source", source, if suspend { "1" } else { "0" }])
            .envs(self.env())
            .output()
            .map_err(ServerError::system("pactl"))?;
        if output.status.success() {
            Ok(())
        } else {
            let answer = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(ServerError::Answer { answer })
        }
    }

    fn signal(&self, signal: &str) -> Result<(), ServerError> {
        let status = Command::new("sh")
            .args([
                "-c",
                "kill -\"$0\" \"$1\"",
                signal,
                &self.process.to_string(),
            ])
            .status()
            .map_err(ServerError::system("kill"))?;
        if status.success() {
            Ok(())
        } else {
            let error = std::io::Error::other(format!("process {} is gone", self.process));
            Err(ServerError::System {
                what: "kill",
                error,
            })
        }
    }

    fn wait_until_ready(&self) -> Result<(), ServerError> {
        let deadline = Instant::now() + Self::COMING_UP;
        loop {
            let answer = Command::new("pactl")
                .arg("info")
                .envs(self.env())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .map_err(ServerError::system("pactl"))?;
            if answer.success() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let log =
                    std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(ServerError::NotReady { log });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for PulseServer {
    fn drop(&mut self) {
        self.feeds.clear();
        // The keeper kills the server as soon as its own input ends, and then ends itself.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Starts the server under a shell that kills it when its input ends: so it ends with this process,
/// however that ends.
fn launch(folder: &Path) -> Result<(Child, u32), ServerError> {
    const KEEP: &str = "\
pulseaudio -n -F \"$0/default.pa\" --daemonize=no --exit-idle-time=-1 --use-pid-file=no \
  --high-priority=no --realtime=no >\"$0/log\" 2>&1 </dev/null &
echo $!
read -r nothing
kill -KILL $!
wait";
    let mut keeper = Command::new("sh")
        .args(["-c", KEEP])
        .arg(folder)
        .envs(env(folder))
        .env("HOME", folder.join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ServerError::system("sh"))?;
    let mut line = String::new();
    if let Some(output) = keeper.stdout.take() {
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(ServerError::system("sh"))?;
    }
    let process = line
        .trim()
        .parse()
        .map_err(|_| ServerError::NotReady { log: line.clone() })?;
    Ok((keeper, process))
}

fn env(folder: &Path) -> Vec<(&'static str, String)> {
    let run = folder.join("run");
    vec![
        ("PULSE_SERVER", format!("unix:{}", socket(folder).display())),
        (
            "PULSE_RUNTIME_PATH",
            run.join("pulse").display().to_string(),
        ),
        ("XDG_RUNTIME_DIR", run.display().to_string()),
    ]
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("run/pulse/native")
}
