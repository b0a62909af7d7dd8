//! Somebody on stage: a process of its own, or a task in this one.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use exeunt_port::UserId;
use exeunt_runtime::RoomHandle;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

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
        arguments: &[String],
        story: &Story,
    ) -> Result<Self, Failure> {
        let failure = |error: std::io::Error| Failure::Process {
            user: user.to_string(),
            detail: error.to_string(),
        };
        let program = std::env::current_exe().map_err(failure)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failure)?;
        let number = child.id().unwrap_or_default();
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let story = story.clone();
        let listening = tokio::spawn(async move {
            let Some(stdout) = stdout else { return };
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(text)) = lines.next_line().await {
                match serde_json::from_str::<Line>(&text) {
                    Ok(line) => story.hear(line),
                    Err(_) => story.say(&text),
                }
            }
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
                let user = process.user.to_string();
                if let Some(mut stdin) = process.stdin.take() {
                    // The end of its input, which follows, asks again.
                    stdin
                        .write_all(b"q\n")
                        .await
                        .map_err(|error| Failure::Process {
                            user,
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

    /// Waits for its end, which ought to have come by itself; asks for it if it has not.
    pub(crate) async fn end(self, patience: Duration) -> Result<(), Failure> {
        match self {
            Self::Process(mut process) => {
                drop(process.stdin.take());
                let ended = tokio::time::timeout(patience, process.child.wait()).await;
                let listening = tokio::time::timeout(patience, process.listening).await;
                drop(listening);
                process_ended(&process.user, ended, patience)
            }
            Self::Task { room, attending } => {
                room.request_exit();
                let overdue = |_| Failure::Overdue {
                    what: "an exit".to_owned(),
                    seconds: patience.as_secs(),
                };
                tokio::time::timeout(patience, attending)
                    .await
                    .map_err(overdue)
                    .map(drop)
            }
        }
    }
}

fn process_ended(
    user: &UserId,
    ended: Result<std::io::Result<ExitStatus>, tokio::time::error::Elapsed>,
    patience: Duration,
) -> Result<(), Failure> {
    let detail = match ended {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it did not end within {} s", patience.as_secs()),
    };
    Err(Failure::Process {
        user: user.to_string(),
        detail,
    })
}
