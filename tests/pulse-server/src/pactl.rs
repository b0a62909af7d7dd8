//! The program that asks the server, and tells it what to do.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Place, ServerError};

/// The way to ask a server.
#[derive(Clone, Debug)]
pub(crate) struct Pactl {
    env: Vec<(&'static str, String)>,
}

impl Pactl {
    /// How long a setting may take to be taken over.
    const TAKEN_OVER: Duration = Duration::from_secs(10);
    /// Between two looks; nothing depends on it.
    const NAP: Duration = Duration::from_millis(10);

    pub(crate) fn of(place: &Place) -> Self {
        Self { env: place.env() }
    }

    /// `pactl`, to be given arguments.
    pub(crate) fn command(&self) -> Command {
        self.program("pactl")
    }

    /// Another program that asks the server.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Whether anybody answers.
    pub(crate) fn is_answered(&self) -> Result<bool, ServerError> {
        Ok(self.ask(&["info"])?.status.success())
    }

    /// What it says; an error if it refuses.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, ServerError> {
        let output = self.ask(arguments)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            let answer = format!("{arguments:?}: {}", text(&output.stderr));
            Err(ServerError::Answer { answer })
        }
    }

    /// Loads a module, and answers its number.
    pub(crate) fn load(&self, module: &[String]) -> Result<String, ServerError> {
        let mut arguments = vec!["load-module"];
        arguments.extend(module.iter().map(String::as_str));
        self.run(&arguments)
    }

    /// Makes a source or a sink the default. A server's policy may have another opinion while it starts.
    pub(crate) fn until_default(&self, sort: &str, name: &str) -> Result<(), ServerError> {
        let deadline = Instant::now() + Self::TAKEN_OVER;
        loop {
            let set = self.run(&[&format!("set-default-{sort}"), name]);
            let now = self.run(&[&format!("get-default-{sort}")]);
            match (set, now) {
                (Ok(_), Ok(now)) if now == name => return Ok(()),
                (Err(error), _) | (_, Err(error)) if Instant::now() >= deadline => {
                    return Err(error);
                }
                (Ok(_), Ok(_)) if Instant::now() >= deadline => {
                    let what = format!("{name} as the default {sort}");
                    let within = Self::TAKEN_OVER;
                    return Err(ServerError::Untold { what, within });
                }
                (Ok(_) | Err(_), Ok(_) | Err(_)) => std::thread::sleep(Self::NAP),
            }
        }
    }

    /// Waits until something of this sort and name is listed.
    pub(crate) fn until_listed(&self, sort: &str, name: &str) -> Result<(), ServerError> {
        let deadline = Instant::now() + Self::TAKEN_OVER;
        while !self.list(sort)?.iter().any(|one| one["name"] == name) {
            if Instant::now() >= deadline {
                let what = format!("{name} among the {sort}");
                let within = Self::TAKEN_OVER;
                return Err(ServerError::Untold { what, within });
            }
            std::thread::sleep(Self::NAP);
        }
        Ok(())
    }

    /// Everything of this sort.
    pub(crate) fn list(&self, sort: &str) -> Result<Vec<Value>, ServerError> {
        let output = self.ask(&["--format=json", "list", sort])?;
        let nonsense = || ServerError::Answer {
            answer: String::from_utf8_lossy(if output.stdout.is_empty() {
                &output.stderr
            } else {
                &output.stdout
            })
            .into_owned(),
        };
        serde_json::from_slice(&output.stdout).map_err(|_| nonsense())
    }

    fn ask(&self, arguments: &[&str]) -> Result<Output, ServerError> {
        self.command()
            .args(arguments)
            .output()
            .map_err(ServerError::system("pactl"))
    }
}
