//! The server's processes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::feed::Feed;
use crate::listener::listen;
use crate::onlooker::{Onlooker, Stream};
use crate::pactl::Pactl;
#[cfg(unix)]
use crate::prompter::Prompter;
use crate::watch::Watch;
use crate::{Make, Place, ServerError};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct PulseServer {
    make: Make,
    place: Place,
    keeper: Keeper,
    /// Whether it was [killed](Self::kill).
    killed: AtomicBool,
    fed: Vec<PathBuf>,
    feeds: Vec<Feed>,
    _own: Option<TempDir>,
}

/// A microphone or a speaker that was [plugged in](PulseServer::plug_in_microphone).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "it stays plugged in until it is unplugged or the server ends"]
pub struct Plugged(String);

#[cfg(unix)]
impl Plugged {
    /// The number of the module that it is.
    pub(crate) fn module(&self) -> &str {
        &self.0
    }
}

impl PulseServer {
    /// How long it may take to come up; it takes about 0.1 s, and PipeWire 0.4 s.
    const COMING_UP: Duration = Duration::from_secs(20);

    /// Starts `pulseaudio` with a default microphone `mic` and a default speaker `speaker`, and
    /// waits until it answers (at most 20 s). Needs the programs `sh`, `pulseaudio` and `pactl`.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_as(Make::PulseAudio)
    }

    /// The same with a server of this make, which needs [its programs](Make::programs).
    pub fn start_as(make: Make) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new()
            .prefix("pulse-")
            .tempdir()
            .map_err(ServerError::system("a temporary folder"))?;
        let place = Place::in_folder(folder.path());
        Self::start_within(make, place, Some(folder))
    }

    /// The same in a place that programs know already, where no server runs.
    pub fn start_in(make: Make, place: Place) -> Result<Self, ServerError> {
        Self::start_within(make, place, None)
    }

    fn start_within(make: Make, place: Place, own: Option<TempDir>) -> Result<Self, ServerError> {
        let keeper = come_up(make, &place)?;
        Ok(Self {
            make,
            place,
            keeper,
            killed: AtomicBool::new(false),
            fed: Vec::new(),
            feeds: Vec::new(),
            _own: own,
        })
    }

    /// Which server it is.
    #[must_use]
    pub fn make(&self) -> Make {
        self.make
    }

    /// Kills it and starts another one in its place, which knows nothing of the first. What was fed
    /// is fed again.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.feeds.clear();
        self.keeper.end();
        self.keeper = come_up(self.make, &self.place)?;
        self.killed = AtomicBool::new(false);
        for wav in self.fed.clone() {
            self.feeds.push(Feed::start(&wav, self.env())?);
        }
        Ok(())
    }

    /// What a program that is to use this server needs in its environment.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        self.place.env()
    }

    /// Plays this file into the microphone, again and again, until the server ends. Needs `paplay`.
    pub fn feed(&mut self, wav: &Path) -> Result<(), ServerError> {
        self.feeds.push(Feed::start(wav, self.env())?);
        self.fed.push(wav.to_owned());
        Ok(())
    }

    /// Somebody who looks at the server from outside, and may do so elsewhere.
    #[must_use]
    pub fn onlooker(&self) -> Onlooker {
        Onlooker::at(&self.place)
    }

    /// What is being recorded at this moment, by programs.
    pub fn source_outputs(&self) -> Result<Vec<Stream>, ServerError> {
        self.onlooker().source_outputs()
    }

    /// What is being played at this moment, by programs; what [feeds](Self::feed) the microphone
    /// is not among it.
    pub fn sink_inputs(&self) -> Result<Vec<Stream>, ServerError> {
        self.onlooker().sink_inputs()
    }

    /// What is heard at this speaker from now on: so many samples, 48,000 a second, 1.0 being as loud as
    /// can be. Blocks for as long. Needs `parec`.
    pub fn listen(&self, speaker: &str, samples: usize) -> Result<Vec<f32>, ServerError> {
        listen(&self.pactl(), speaker, samples)
    }

    /// Begins to listen to what the server tells of its streams.
    pub fn watch(&self) -> Result<Watch, ServerError> {
        Watch::start(&self.pactl())
    }

    /// Somebody whose requests are there when a stopped server goes on. Connects while it answers.
    #[cfg(unix)]
    pub fn prompter(&self) -> Result<Prompter, ServerError> {
        Prompter::at(&self.place)
    }

    /// Kills the server on the spot, as a crash would.
    pub fn kill(&self) -> Result<(), ServerError> {
        self.killed.store(true, Ordering::Relaxed);
        self.keeper.signal("KILL")
    }

    /// Whether one of its processes has ended though nobody killed it. The pulse server of `PipeWire`
    /// 0.3.65 now and then does (a segmentation fault in `libpipewire-module-protocol-pulse.so`) while
    /// clients come and go quickly. Only Linux tells.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        cfg!(target_os = "linux")
            && !self.killed.load(Ordering::Relaxed)
            && self.keeper.has_lost_one()
    }

    /// Stops the server: its sockets stay open, and nobody answers on them.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.keeper.signal("STOP")
    }

    /// Lets a stopped server go on.
    pub fn cont(&self) -> Result<(), ServerError> {
        self.keeper.signal("CONT")
    }

    /// Makes a source fall silent, or speak again: while it is suspended nothing at all comes from
    /// it, and nobody who records from it is told.
    pub fn suspend_source(&self, source: &str, suspend: bool) -> Result<(), ServerError> {
        let suspend = if suspend { "1" } else { "0" };
        self.pactl().run(&["suspend-source", source, suspend])?;
        Ok(())
    }

    /// Plugs a further microphone in, at which is heard what is [fed](Self::feed), and waits until the
    /// server lists it. It is not the default.
    pub fn plug_in_microphone(&self, name: &str) -> Result<Plugged, ServerError> {
        self.plug_in("sources", name, &Make::source(name, name))
    }

    /// Plugs a further speaker in, and waits until the server lists it. It is not the default.
    pub fn plug_in_speaker(&self, name: &str) -> Result<Plugged, ServerError> {
        self.plug_in("sinks", name, &self.make.sink(name, name))
    }

    /// Pulls it out again, whoever uses it.
    pub fn unplug(&self, plugged: &Plugged) -> Result<(), ServerError> {
        self.pactl().run(&["unload-module", &plugged.0])?;
        Ok(())
    }

    /// Makes this microphone the default, and waits until the server says that it is.
    pub fn set_default_microphone(&self, name: &str) -> Result<(), ServerError> {
        self.pactl().until_default("source", name)
    }

    /// Makes this speaker the default, and waits until the server says that it is.
    pub fn set_default_speaker(&self, name: &str) -> Result<(), ServerError> {
        self.pactl().until_default("sink", name)
    }

    fn plug_in(&self, sort: &str, name: &str, module: &[String]) -> Result<Plugged, ServerError> {
        let pactl = self.pactl();
        let plugged = Plugged(pactl.load(module)?);
        // PipeWire has loaded a module before it has made what the module is for.
        pactl.until_listed(sort, name)?;
        Ok(plugged)
    }

    fn pactl(&self) -> Pactl {
        Pactl::of(&self.place)
    }
}

impl Drop for PulseServer {
    fn drop(&mut self) {
        self.feeds.clear();
        self.keeper.end();
    }
}

fn come_up(make: Make, place: &Place) -> Result<Keeper, ServerError> {
    place.clear()?;
    let configuration = make.configuration(&place.socket());
    std::fs::write(place.folder().join("default.pa"), configuration)
        .map_err(ServerError::system("the server's configuration"))?;
    let keeper = Keeper::start(make, place)?;
    let pactl = Pactl::of(place);
    let deadline = Instant::now() + PulseServer::COMING_UP;
    while !pactl.is_answered()? {
        if Instant::now() >= deadline {
            let log = place.log();
            return Err(ServerError::NotReady { log });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    if make == Make::PipeWire {
        for module in make.devices() {
            pactl.load(&module)?;
        }
        pactl.until_default("sink", "speaker")?;
        pactl.until_default("source", "mic")?;
    }
    Ok(keeper)
}

/// The shell that keeps a server, and the server's processes.
#[derive(Debug)]
struct Keeper {
    shell: Child,
    processes: Vec<String>,
}

impl Keeper {
    fn start(make: Make, place: &Place) -> Result<Self, ServerError> {
        let mut shell = Command::new("sh")
            .args(["-c", make.keeper()])
            .arg(place.folder())
            .envs(place.env())
            .envs(place.private_env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ServerError::system("sh"))?;
        let mut line = String::new();
        if let Some(output) = shell.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(ServerError::system("sh"))?;
        }
        let processes: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let is_number = |word: &String| word.parse::<u32>().is_ok();
        let keeper = Self { shell, processes };
        if keeper.processes.is_empty() || !keeper.processes.iter().all(is_number) {
            let log = place.log();
            return Err(ServerError::NotReady { log });
        }
        Ok(keeper)
    }

    fn signal(&self, signal: &str) -> Result<(), ServerError> {
        let status = Command::new("sh")
            .args(["-c", "kill -\"$0\" \"$@\"", signal])
            .args(&self.processes)
            .stderr(Stdio::null())
            .status()
            .map_err(ServerError::system("kill"))?;
        if status.success() {
            Ok(())
        } else {
            let error = std::io::Error::other(format!("processes {:?} are gone", self.processes));
            Err(ServerError::System {
                what: "kill",
                error,
            })
        }
    }

    /// Whether a process has ended. The shell, whose child it is, waits for none of them.
    fn has_lost_one(&self) -> bool {
        self.processes.iter().any(|process| {
            let state = exeunt_requirements::state(&Path::new("/proc").join(process));
            state.map_or(true, |state| state == 'Z')
        })
    }

    /// Ends the server, which ends with the shell.
    fn end(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}
