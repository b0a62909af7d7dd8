//! A further process of the guest's program: what it says, and what is done to it.

use std::io::{BufRead, BufReader, PipeReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::failure::LabFailure;
use super::line::Line;
use super::log;

/// How long anything that has to happen is waited for. It is no claim: what has a bound of its own
/// says itself how long it took.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running process, of the guest's program or another. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    said: Vec<Line>,
    /// How many of the lines were looked at.
    read: usize,
    is_quiet: bool,
}

impl Process {
    /// Starts the guest's program with these arguments.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Result<Self, LabFailure> {
        Self::start_with(name, arguments, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_with(
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, LabFailure> {
        let failed = LabFailure::system(format!("starting {name}"));
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(arguments).envs(environment.iter().copied());
        Self::spawn(name, command)
    }

    /// Starts any program.
    pub(crate) fn spawn(name: &str, mut command: Command) -> Result<Self, LabFailure> {
        let failed = || LabFailure::system(format!("starting {name}"));
        // One pipe for both, so that what went wrong stands where it went wrong.
        let (output, into) = std::io::pipe().map_err(failed())?;
        let errors = into.try_clone().map_err(failed())?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(into)
            .stderr(errors)
            .spawn()
            .map_err(failed())?;
        // It holds this side's copies of the pipe, which would never end.
        drop(command);
        Ok(Self {
            name: name.to_owned(),
            input: child.stdin.take(),
            child,
            lines: read(output).map_err(failed())?,
            said: Vec::new(),
            read: 0,
            is_quiet: false,
        })
    }

    /// Its lines are not put into the log any more; where there are very many.
    pub(crate) fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, command: &str) -> Result<(), LabFailure> {
        if !self.is_quiet {
            log::say(&format!("  to {}: {command}", self.name));
        }
        let failed = LabFailure::system(format!("telling {}", self.name));
        match &mut self.input {
            Some(input) => writeln!(input, "{command}").map_err(failed),
            None => Ok(()),
        }
    }

    /// Waits for a line, of those that were not looked at yet; answers it.
    pub(crate) fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line, LabFailure> {
        self.until_within(PATIENCE, what, wanted)
    }

    /// The same with another bound.
    pub(crate) fn until_within(
        &mut self,
        bound: Duration,
        what: &str,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line, LabFailure> {
        let deadline = Instant::now() + bound;
        loop {
            while let Some(line) = self.said.get(self.read) {
                self.read += 1;
                if wanted(line) {
                    return Ok(line.clone());
                }
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(rest) {
                Ok(line) => self.hear(line),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(LabFailure::Overdue {
                        what: format!("{}: {what}", self.name),
                        seconds: bound.as_secs(),
                        seen: self
                            .said
                            .last()
                            .map_or("nothing".to_owned(), Line::to_string),
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(LabFailure::Ended {
                        who: self.name.clone(),
                        what: what.to_owned(),
                    });
                }
            }
        }
    }

    /// All that it has said up to now.
    pub(crate) fn said(&mut self) -> &[Line] {
        while let Ok(line) = self.lines.try_recv() {
            self.hear(line);
        }
        &self.said
    }

    /// Ends its input, and waits for its end; answers all that it said.
    pub(crate) fn end(self) -> Result<Vec<Line>, LabFailure> {
        self.ends_with().map(|(_, said)| said)
    }

    /// The same, with its exit status; `None` if a signal ended it.
    pub(crate) fn ends_with(mut self) -> Result<(Option<i32>, Vec<Line>), LabFailure> {
        self.input = None;
        match self.until("its end", |_| false) {
            Err(LabFailure::Ended { .. }) => {}
            Err(failure) => return Err(failure),
            Ok(_) => unreachable!("no line is the end"),
        }
        let status = self.child.wait();
        let status = status.map_err(LabFailure::system(format!("waiting for {}", self.name)))?;
        Ok((status.code(), std::mem::take(&mut self.said)))
    }

    /// Lets it go on after it has stopped itself.
    pub(crate) fn thaw(&self) -> Result<(), LabFailure> {
        self.signal(Signal::CONT)
    }

    /// Ends it on the spot, as a crash would.
    pub(crate) fn kill(mut self) -> Result<(), LabFailure> {
        self.signal(Signal::KILL)?;
        self.child
            .wait()
            .map(drop)
            .map_err(LabFailure::system(format!("waiting for {}", self.name)))
    }

    fn signal(&self, signal: Signal) -> Result<(), LabFailure> {
        let failed = LabFailure::system(format!("a signal to {}", self.name));
        let number = i32::try_from(self.number()).ok().and_then(Pid::from_raw);
        let Some(number) = number else { return Ok(()) };
        kill_process(number, signal).map_err(|error| failed(error.into()))
    }

    fn hear(&mut self, line: Line) {
        if !self.is_quiet || line.is("noise") {
            log::say(&format!("  {}: {line}", self.name));
        }
        self.said.push(line);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing to a process that was waited for. One that is stopped dies as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on a thread, which ends with the process.
fn read(output: PipeReader) -> std::io::Result<Receiver<Line>> {
    let (sender, lines) = channel();
    std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(Line::read(&line)).is_err() {
                    return;
                }
            }
        })?;
    Ok(lines)
}
