//! The program under test, and what it said.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use nix::sys::signal::Signal;
use serde_json::Value;

/// Somebody who would enter without any device.
pub(crate) const ALICE: [&str; 6] = [
    "join",
    "--room=1",
    "--user=alice",
    "--microphone=none",
    "--speaker=none",
    "--camera=none",
];

/// Nothing here takes as long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What is about to be typed.
pub(crate) struct Exeunt(Command);

/// A program that runs. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    said: Vec<String>,
    complaining: Option<JoinHandle<String>>,
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit status; none if a signal ended it.
    pub(crate) status: Option<i32>,
    /// What it said, line by line.
    pub(crate) said: Vec<String>,
    /// What it complained of.
    pub(crate) complaints: String,
}

impl Exeunt {
    /// These words, in an environment that says nothing about room services.
    pub(crate) fn typed(words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        for name in [
            "CONFIG",
            "SERVICE",
            "SDK_APP_ID",
            "USER_SIG_KEY",
            "USER_SIG",
            "SECRET_ID",
            "SECRET_KEY",
            "LISTEN",
            "BACK_END",
            "JANUS",
            "JANUS_ADMIN_KEY",
            "JANUS_ROOM_SECRETS",
            "JANUS_DEFAULT_SECRET",
        ] {
            command.env_remove(format!("EXEUNT_{name}"));
        }
        command.env_remove("RUST_LOG").args(words);
        Self(command)
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self
            .0
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program that was built can be started");
        let output = child.stdout.take().expect("piped");
        let mut errors = child.stderr.take().expect("piped");
        let (say, lines) = channel();
        std::thread::spawn(move || {
            // Ends with the program, or when nobody listens any more.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    return;
                }
            }
        });
        let complaining = std::thread::spawn(move || {
            let mut complaints = String::new();
            let _ = errors.read_to_string(&mut complaints);
            complaints
        });
        Running {
            input: child.stdin.take(),
            child,
            lines,
            said: Vec::new(),
            complaining: Some(complaining),
        }
    }

    /// Runs it with nothing to read.
    pub(crate) fn run(self) -> Ended {
        let mut running = self.start();
        running.close_input();
        running.end()
    }
}

impl Running {
    /// Waits for a line.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("it never said {what}: {:#?}", self.said)
                }
            }
        }
    }

    /// Waits for a line that has this in it.
    pub(crate) fn until_it_says(&mut self, words: &str) -> String {
        self.until(words, |line| line.contains(words))
    }

    /// Types a line.
    pub(crate) fn type_in(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        writeln!(input, "{line}").expect("it reads");
    }

    /// Ends its input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Stops listening to it.
    pub(crate) fn turn_away(&mut self) {
        self.lines = channel().1;
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let process = self.child.id().to_string();
        let pressed = Command::new("kill").args(["-INT", &process]).status();
        assert!(pressed.expect("kill is everywhere").success());
    }

    /// Sends a signal, at once.
    #[cfg(target_os = "linux")]
    pub(crate) fn signal(&self, signal: Signal) {
        let process = self.child.id().try_into().expect("a process's number");
        let process = nix::unistd::Pid::from_raw(process);
        nix::sys::signal::kill(process, signal).expect("it is ours");
    }

    /// Waits until this signal does not end it any more, and not a moment longer.
    #[cfg(target_os = "linux")]
    pub(crate) fn until_it_listens_to(&self, signal: Signal) {
        let status = format!("/proc/{}/status", self.child.id());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let status = std::fs::read_to_string(&status).expect("it runs");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.expect("Linux says").trim(), 16);
            if caught.expect("a number") & (1 << (signal as u32 - 1)) != 0 {
                return;
            }
            std::thread::yield_now();
        }
        panic!("it never listens to {signal}");
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:#?}", self.said),
            }
        }
        // Its output has ended, so it has.
        let status = self.child.wait().expect("it was started").code();
        let complaining = self.complaining.take().expect("asked once");
        Ended {
            status,
            said: std::mem::take(&mut self.said),
            complaints: complaining.join().unwrap_or_default(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// All that it said.
    pub(crate) fn text(&self) -> String {
        self.said.join("\n")
    }

    /// All that it said, one JSON object a line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let object = |line: &String| match serde_json::from_str(line) {
            Ok(Value::Object(object)) => Value::Object(object),
            Ok(_) | Err(_) => panic!("not one JSON object: {line}"),
        };
        self.said.iter().map(object).collect()
    }

    /// The objects of this type.
    pub(crate) fn of_type(&self, name: &str) -> Vec<Value> {
        let mut objects = self.objects();
        objects.retain(|object| object["type"] == name);
        objects
    }

    /// Checks that it did what was asked, and had nothing to complain of.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        assert!(!self.complaints.contains("exeunt:"), "{self:#?}");
        self
    }

    /// Checks that it failed with this status, and that what it complained of has these words in it.
    #[track_caller]
    pub(crate) fn failed(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        for word in words {
            assert!(self.complaints.contains(word), "no {word:?}: {self:#?}");
        }
        assert!(!self.complaints.contains("panicked"), "{self:#?}");
        self
    }
}
