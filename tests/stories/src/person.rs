//! Somebody in a room, in a process of his own.

use exeunt_port::UserId;
use exeunt_runtime::{Reason, StepState};

use crate::process::Process;
use crate::{Ending, Line, Signal, StoryFailure};

/// The room of every story.
pub const ROOM: &str = "standup";

/// Somebody who is about to enter. Unless said otherwise he takes no devices along.
#[derive(Clone, Debug)]
pub struct Entering {
    user: UserId,
    microphone: String,
    speaker: String,
    camera: String,
    user_sig: Option<String>,
    env: Vec<(&'static str, String)>,
}

/// Somebody in a room: `exeunt join` in a process of its own. Dropping it kills it.
#[derive(Debug)]
pub struct Person {
    user: UserId,
    process: Process,
}

impl Entering {
    /// With this microphone, as `exeunt join --microphone` takes it.
    #[must_use]
    pub fn with_microphone(mut self, microphone: &str) -> Self {
        microphone.clone_into(&mut self.microphone);
        self
    }

    /// With this speaker.
    #[must_use]
    pub fn with_speaker(mut self, speaker: &str) -> Self {
        speaker.clone_into(&mut self.speaker);
        self
    }

    /// With this camera.
    #[must_use]
    pub fn with_camera(mut self, camera: &str) -> Self {
        camera.clone_into(&mut self.camera);
        self
    }

    /// With this instead of a signature that is good.
    #[must_use]
    pub fn with_user_sig(mut self, user_sig: &str) -> Self {
        self.user_sig = Some(user_sig.to_owned());
        self
    }

    /// With this in the process's environment.
    #[must_use]
    pub fn with_env(mut self, env: Vec<(&'static str, String)>) -> Self {
        self.env = env;
        self
    }

    /// Begins to enter the [`ROOM`] of the service at this address.
    pub fn enter(self, service: &str) -> Result<Person, StoryFailure> {
        let mut arguments = vec![
            "join".to_owned(),
            format!("--service={service}"),
            format!("--user={}", self.user),
            format!("--room={ROOM}"),
            format!("--microphone={}", self.microphone),
            format!("--speaker={}", self.speaker),
            format!("--camera={}", self.camera),
            // So that nobody stays behind if this process dies.
            "--leave-at-end-of-input".to_owned(),
        ];
        arguments.extend(self.user_sig.map(|sig| format!("--user-sig={sig}")));
        let process = Process::start(self.user.as_str(), &arguments, &self.env)?;
        Ok(Person {
            user: self.user,
            process,
        })
    }
}

impl Person {
    /// Somebody who is about to enter.
    pub fn named(user: &str) -> Result<Entering, StoryFailure> {
        let none = || "none".to_owned();
        Ok(Entering {
            user: user.parse()?,
            microphone: none(),
            speaker: none(),
            camera: none(),
            user_sig: None,
            env: Vec::new(),
        })
    }

    /// Who it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The number of the process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.number()
    }

    /// Waits for a line, at most [`PATIENCE`](crate::PATIENCE); answers the first such one of all that
    /// the person said.
    pub fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line, StoryFailure> {
        self.process.until(what, wanted)
    }

    /// Waits for a callback of this name.
    pub fn until_callback(&mut self, name: &str) -> Result<Line, StoryFailure> {
        self.until(name, |line| line.callback(name).is_some())
    }

    /// Waits until the server has let the person in.
    pub fn until_entered(&mut self) -> Result<(), StoryFailure> {
        self.until_callback("onEnterRoom").map(drop)
    }

    /// Waits until the exit is under way.
    pub fn until_exiting(&mut self) -> Result<(), StoryFailure> {
        let exiting = |line: &Line| {
            line.step()
                .is_some_and(|step| step.state == StepState::Exiting)
        };
        self.until("the beginning of the exit", exiting).map(drop)
    }

    /// Types a line: `q` leaves.
    pub fn type_in(&mut self, line: &str) -> Result<(), StoryFailure> {
        self.process.type_in(line)
    }

    /// Ends the person's input, which asks to leave as well.
    pub fn close_input(&mut self) {
        self.process.close_input();
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), StoryFailure> {
        self.process.signal(signal)
    }

    /// Waits for the end of the process, however it ends.
    pub fn end(self) -> Result<Ending, StoryFailure> {
        let (said, status) = self.process.end()?;
        Ending::new(self.user, said, status)
    }

    /// Waits for the end of the process, and claims what [holds for every
    /// exit](Ending::is_an_exit_for), and that the exit status is 0 for the reasons 0, 1 and 2 alone.
    pub fn exited(self, reason: Reason) -> Result<Ending, StoryFailure> {
        let ending = self.end()?;
        ending.is_an_exit_for(reason)?;
        ending.status_fits_the_reason()?;
        Ok(ending)
    }

    /// Waits for the end of a process that may not have begun to enter: answers what it said, and its
    /// exit status unless a signal ended it.
    pub fn end_of_process(self) -> Result<(Vec<Line>, Option<i32>), StoryFailure> {
        let (said, status) = self.process.end()?;
        Ok((said, status.code()))
    }
}
