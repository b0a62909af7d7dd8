//! Somebody on stage: a process of its own, or a task in this one.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use exeunt_port::UserId;
use exeunt_runtime::RoomHandle;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::story::Story;
use crate::failure::Failure;
use crate::line::Line;

/// Somebody on stage.
pub(crate) enum Performer {
    /// `exeunt join` in a process of its own.
    Process(Process),
    /// The same in a task of this process.
    Task {
        /// How to ask it to leave.
        room: RoomHandle,
        /// Ends when the stay is over.
        attending: JoinHandle<()>,
    },
}

/// What a process is told that enters a room.
pub(crate) struct Entering {
    pub(crate) arguments: Vec<String>,
    /// Keys that nobody is to read in a list of processes.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// A process that attends a room and says what happens, a JSON line each.
pub(crate) struct Process {
    user: UserId,
    child: Child,
    stdin: Option<ChildStdin>,
    listening: JoinHandle<()>,
    number: u32,
}

impl Performer {
    /// Starts `exeunt join` with these arguments.
    pub(crate) fn spawn(
        user: &UserId,
        entering: &Entering,
        story: &Story,
    ) -> Result<Self, Failure> {
        let failure = |error: std::io::Error| Failure::Process {
            user: user.clone(),
            detail: error.to_string(),
        };
        let program = std::env::current_exe().map_err(failure)?;
        let mut command = Command::new(program);
        command
            .args(&entering.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        // What is meant for this machine's own service is not meant for the demo's.
        let of_ours =
            |(name, _): &(OsString, OsString)| name.to_string_lossy().starts_with("EXEUNT_");
        for (name, _) in std::env::vars_os().filter(of_ours) {
            command.env_remove(name);
        }
        command.envs(entering.environment.iter().cloned());
        // Ctrl-C in the terminal is for the demo, which then asks everybody to leave. Should the demo
        // be killed, its end of their input closes, and they leave all the same.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(failure)?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let (number, story, listener) =
            (child.id().unwrap_or_default(), story.clone(), user.clone());
        let listening = tokio::spawn(async move {
            let last_words = match stdout {
                Some(stdout) => listen(stdout, &story).await,
                None => None,
            };
            story.over(&listener, last_words);
        });
        Ok(Self::Process(Process {
            user: user.clone(),
            child,
            stdin,
            listening,
            number,
        }))
    }

    /// The number of the process that holds its devices.
    pub(crate) fn process(&self) -> u32 {
        match self {
            Self::Process(process) => process.number,
            Self::Task { .. } => std::process::id(),
        }
    }

    /// Asks it to leave, twice: the second asking must change nothing (G-9).
    pub(crate) async fn leave(&mut self) -> Result<(), Failure> {
        match self {
            Self::Process(process) => {
                if let Some(mut stdin) = process.stdin.take() {
                    // The end of its input, which follows, asks again.
                    let asked = stdin.write_all(b"q\n").await;
                    asked.map_err(|error| Failure::Process {
                        user: process.user.clone(),
                        detail: error.to_string(),
                    })?;
                }
            }
            Self::Task { room, .. } => {
                room.request_exit();
                room.request_exit();
            }
        }
        Ok(())
    }

    /// Asks it to leave if it has not, and does not wait.
    fn dismiss(&mut self) {
        match self {
            Self::Process(process) => drop(process.stdin.take()),
            Self::Task { room, .. } => room.request_exit(),
        }
    }

    /// Waits for its end; a process that does not end is killed.
    async fn ended(self, deadline: Instant) -> Result<(), Failure> {
        match self {
            Self::Process(process) => process.ended(deadline).await,
            Self::Task { attending, .. } => {
                let attended = timeout_at(deadline, attending).await;
                attended.map(drop).map_err(|_| Failure::Overdue {
                    what: "an exit".to_owned(),
                    seconds: super::LEAVING.as_secs(),
                })
            }
        }
    }
}

impl Process {
    async fn ended(mut self, deadline: Instant) -> Result<(), Failure> {
        let ended = timeout_at(deadline, self.child.wait()).await;
        let detail = match ended {
            Ok(Ok(status)) => {
                // Its end closes the pipe, so that what it said last is heard.
                let heard = timeout_at(deadline, self.listening).await;
                drop(heard);
                failed(status)
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => {
                let killed = self.child.kill().await;
                let too = killed.err().map(|error| format!(" ({error})"));
                Some(format!(
                    "it did not end in time and was killed{}",
                    too.unwrap_or_default()
                ))
            }
        };
        match detail {
            None => Ok(()),
            Some(detail) => Err(Failure::Process {
                user: self.user,
                detail,
            }),
        }
    }
}

/// Asks everybody to leave, waits for everybody, and says who did not go well.
pub(crate) async fn end(mut cast: Vec<Performer>, patience: Duration) -> Result<(), Failure> {
    let deadline = Instant::now() + patience;
    for performer in &mut cast {
        performer.dismiss();
    }
    let mut first_failure = Ok(());
    for performer in cast {
        let ended = performer.ended(deadline).await;
        first_failure = first_failure.and(ended);
    }
    first_failure
}

/// Passes on what a process says; answers what it gave as the reason for failing.
async fn listen(stdout: ChildStdout, story: &Story) -> Option<String> {
    let mut last_words = None;
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(text)) = lines.next_line().await {
        match serde_json::from_str::<Line>(&text) {
            Ok(line) => story.hear(line),
            Err(_) => match failure_in(&text) {
                Some(message) => last_words = Some(message),
                None => story.note(&text),
            },
        }
    }
    last_words
}

/// The message of a line that tells of a failure.
fn failure_in(text: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(text).ok()?;
    let failure = line["type"] == "failure";
    failure.then(|| line["message"].as_str().unwrap_or_default().to_owned())
}

fn failed(status: ExitStatus) -> Option<String> {
    (!status.success()).then(|| status.to_string())
}
