//! A process of `exeunt`: what it says, and what is done to it.

use std::io::{BufRead, BufReader, PipeReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use crate::{Line, PATIENCE, Signal, StoryFailure, program};

/// A running process of `exeunt`. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    said: Vec<Line>,
}

impl Process {
    /// Starts `exeunt --json` with these arguments. Of this process's environment it does not get
    /// what would set it up otherwise.
    pub(crate) fn start(
        name: &str,
        arguments: &[String],
        env: &[(&'static str, String)],
    ) -> Result<Self, StoryFailure> {
        // One pipe for both, so that what went wrong stands where it went wrong.
        let (output, into) = std::io::pipe().map_err(StoryFailure::system("a pipe"))?;
        let errors = into.try_clone().map_err(StoryFailure::system("a pipe"))?;
        let mut command = with_usual_signals(program::path()?);
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("EXEUNT_") {
                command.env_remove(variable);
            }
        }
        let child = command
            .arg("--json")
            .args(arguments)
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(into)
            .stderr(errors)
            .spawn()
            .map_err(StoryFailure::system("exeunt"));
        // It holds this side's copies of the pipe, which would never end.
        drop(command);
        let mut child = child?;
        Ok(Self {
            name: name.to_owned(),
            input: child.stdin.take(),
            child,
            lines: read(output)?,
            said: Vec::new(),
        })
    }

    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line; answers the first such one of all that it said.
    pub(crate) fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line, StoryFailure> {
        if let Some(line) = self.said.iter().find(|line| wanted(line)) {
            return Ok(line.clone());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(rest) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if wanted(&line) {
                        return Ok(line);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(StoryFailure::Overdue {
                        what: format!("{}: {what}", self.name),
                        said: self.transcript(),
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(StoryFailure::Ended {
                        who: self.name.clone(),
                        what: what.to_owned(),
                        said: self.transcript(),
                    });
                }
            }
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), StoryFailure> {
        signal.send(self.number())
    }

    /// Types a line.
    pub(crate) fn type_in(&mut self, line: &str) -> Result<(), StoryFailure> {
        match &mut self.input {
            Some(input) => writeln!(input, "{line}").map_err(StoryFailure::system("its input")),
            None => Ok(()),
        }
    }

    /// Ends its input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for its end; answers all that it said, and how it ended.
    pub(crate) fn end(mut self) -> Result<(Vec<Line>, ExitStatus), StoryFailure> {
        match self.until("its end", |_| false) {
            Err(StoryFailure::Ended { .. }) => {}
            Err(failure) => return Err(failure),
            Ok(_) => unreachable!("no line is the end"),
        }
        // Its output ended, and only its end does that: this does not wait.
        let status = self.child.wait().map_err(StoryFailure::system("wait"))?;
        Ok((std::mem::take(&mut self.said), status))
    }

    fn transcript(&self) -> String {
        transcript(&self.name, &self.said)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing to a process that was waited for. One that is stopped dies as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process said, for whoever has to find out what went wrong.
pub(crate) fn transcript(name: &str, said: &[Line]) -> String {
    /// What was said before is seldom the cause.
    const LAST: usize = 60;
    let last = said.iter().skip(said.len().saturating_sub(LAST));
    let lines: Vec<_> = last.map(|line| format!("\n    {}", line.text())).collect();
    format!("; {name} said:{}", lines.concat())
}

/// Reads on a thread, which ends with the process. What it reads waits without a bound, for a process
/// that is not read from would wait for us.
fn read(output: PipeReader) -> Result<Receiver<Line>, StoryFailure> {
    let (sender, lines) = channel();
    std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(Line::new(line)).is_err() {
                    return;
                }
            }
        })
        .map_err(StoryFailure::system("a thread"))?;
    Ok(lines)
}

/// The program, started so that signals do what they usually do to it before it listens to them. What
/// started this process may have had it ignore some, as `nohup` does, and that is inherited.
fn with_usual_signals(program: &Path) -> Command {
    const USUAL: &str = "--default-signal=INT,TERM,HUP";
    static KNOWS_IT: LazyLock<bool> = LazyLock::new(|| {
        let tried = Command::new("env").args([USUAL, "true"]).output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    // What has an equals sign it would take for a variable.
    if !cfg!(unix) || program.to_string_lossy().contains('=') || !*KNOWS_IT {
        return Command::new(program);
    }
    // It becomes the program, and has its number.
    let mut command = Command::new("env");
    command.arg(USUAL).arg(program);
    command
}
