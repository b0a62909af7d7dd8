//! The test's end of the program under test.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use serde_json::Value;

/// Set in the environment of the process that is the program under test.
pub(crate) const CONSOLE: &str = "EXEUNT_CPAL_CONSOLE";

/// No answer takes longer than this on any machine; it ends a test that hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(60);

/// A running program under test. Dropping it ends it.
pub(crate) struct Remote {
    process: Child,
    commands: Option<ChildStdin>,
    lines: Receiver<Value>,
    signals: Vec<Value>,
}

impl Remote {
    /// Starts it with this environment.
    pub(crate) fn start(env: Vec<(&'static str, String)>) -> Result<Self, Failed> {
        let mut process = Command::new(std::env::current_exe()?)
            .env(CONSOLE, "1")
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = process.stdin.take();
        let output = process.stdout.take().ok_or("it has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else {
                    continue;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            process,
            commands,
            lines,
            signals: Vec::new(),
        })
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Tells it to do something and waits for the answer.
    pub(crate) fn ask(&mut self, command: &str) -> Result<Value, Failed> {
        self.tell(command)?;
        self.answer()
    }

    /// Tells it to do something, which takes a while.
    pub(crate) fn tell(&mut self, command: &str) -> Result<(), Failed> {
        let commands = self.commands.as_mut().ok_or("it has no input")?;
        writeln!(commands, "{command}")?;
        Ok(())
    }

    /// Waits for the answer to what it was told to do.
    pub(crate) fn answer(&mut self) -> Result<Value, Failed> {
        self.line_with("answer")
    }

    /// Like [`ask`](Self::ask), where the answer must have this key; answers its value.
    pub(crate) fn expect(&mut self, command: &str, key: &str) -> Result<Value, Failed> {
        let mut answer = self.ask(command)?;
        match answer.get_mut(key) {
            Some(value) => Ok(value.take()),
            None => Err(format!("{command}: {answer}").into()),
        }
    }

    /// Waits until a device says something by itself.
    pub(crate) fn signal(&mut self) -> Result<Value, Failed> {
        if self.signals.is_empty() {
            self.line_with("signal")
        } else {
            Ok(self.signals.remove(0))
        }
    }

    /// What else the devices have said by themselves.
    pub(crate) fn other_signals(&self) -> &[Value] {
        &self.signals
    }

    /// Asks again and again until the answer is good.
    pub(crate) fn ask_until(
        &mut self,
        command: &str,
        good: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failed> {
        let deadline = Instant::now() + HANGS;
        loop {
            let answer = self.ask(command)?;
            if good(&answer) {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                return Err(format!("{command}: it stays at {answer}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn line_with(&mut self, key: &str) -> Result<Value, Failed> {
        let deadline = Instant::now() + HANGS;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let mut line: Value = self
                .lines
                .recv_timeout(rest)
                .map_err(|error| format!("no {key}: {error}"))?;
            if let Some(value) = line.get_mut(key) {
                return Ok(value.take());
            }
            if let Some(signal) = line.get_mut("signal") {
                self.signals.push(signal.take());
            }
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
