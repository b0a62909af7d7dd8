//! Where a story plays: a sound server with a tone at its microphone, and a room.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use exeunt_cpal::stuck_threads;
use exeunt_loopback::Hub;
use exeunt_pulse_server::{Make, Place, PulseServer, Stream};
use exeunt_requirements::Told;
use exeunt_sound_servers::tone;
use libtest_mimic::Failed;
use tokio::runtime::{Builder, Handle};

/// A story plays on a thread that may be blocked.
pub(crate) type Story = fn(&mut Stage) -> Told;

/// What is waited for takes no longer than this on any machine; it ends a story that hangs.
const HANGS: Duration = Duration::from_secs(20);
/// The whole of a story.
const ENDLESS: Duration = Duration::from_secs(60);

/// A server, and a room that needs none.
pub(crate) struct Stage {
    pub(crate) server: PulseServer,
    pub(crate) hub: Hub,
    runtime: Option<Handle>,
}

/// Plays a story, which may hang.
pub(crate) fn play(mut stage: Stage, story: Story) -> Told {
    let runtime = Builder::new_multi_thread()
        // Idle threads of the pool for blocking calls go at once: they are no leak.
        .thread_keep_alive(Duration::from_millis(10))
        .enable_all()
        .build()?;
    stage.runtime = Some(runtime.handle().clone());
    let (end, ended) = channel();
    std::thread::spawn(move || {
        let told = story(&mut stage);
        // The server ends with the stage, also under a story that failed.
        drop(stage);
        let _ = end.send(told);
    });
    let told = ended
        .recv_timeout(ENDLESS)
        .unwrap_or_else(|_| Err("the story has no end".into()));
    // What is stuck in a driver must not keep the process.
    runtime.shutdown_background();
    told
}

impl Stage {
    /// Starts the server of this process, and gives it something to hear.
    pub(crate) fn set(make: Make, place: Place) -> Result<Self, Failed> {
        let wav = place.folder().join("tone.wav");
        tone(&wav)?;
        let mut server = PulseServer::start_in(make, place)?;
        server.feed(&wav)?;
        Ok(Self {
            server,
            hub: Hub::new(),
            runtime: None,
        })
    }

    /// Waits for something that has to happen.
    pub(crate) fn wait<T>(&self, what: &str, future: impl Future<Output = T>) -> Result<T, Failed> {
        let runtime = self.runtime.as_ref().ok_or("no runtime")?;
        let waited = runtime.block_on(async { tokio::time::timeout(HANGS, future).await });
        waited.map_err(|_| format!("{what} was waited for in vain").into())
    }

    /// Within the runtime, for what spawns.
    pub(crate) fn runs<T>(&self, act: impl FnOnce() -> T) -> T {
        let _within = self.runtime.as_ref().map(Handle::enter);
        act()
    }

    /// What the server shows of this process.
    pub(crate) fn ours(&self) -> Result<Vec<Stream>, Failed> {
        Ok(self.server.onlooker().streams_of(std::process::id())?)
    }

    /// Waits until the server shows so many streams of this process: `PipeWire` shows a stream that runs
    /// a moment later.
    pub(crate) fn shows(&self, streams: usize) -> Told {
        let are_there = |ours: &Vec<Stream>| ours.len() == streams;
        until(
            &format!("{streams} streams of ours"),
            || self.ours(),
            are_there,
        )
    }

    /// Waits until no thread is stuck, none of ours lives, and the server shows nothing of us: what
    /// was given up is let go of as soon as the driver lets it.
    pub(crate) fn nothing_is_left(&self) -> Told {
        until_no_thread_is_left()?;
        until("an end of our streams", || self.ours(), Vec::is_empty)
    }
}

/// Waits until both devices have been asked to let go, and wait for a server that has stopped: so an exit
/// is under way, and stays so until the server goes on.
pub(crate) fn until_an_exit_waits() -> Told {
    let stuck = || Ok(stuck_threads());
    until("two releases that wait", stuck, |stuck| *stuck == 2)
}

/// Waits until no thread is stuck and none of ours lives.
pub(crate) fn until_no_thread_is_left() -> Told {
    let stuck = || Ok(stuck_threads());
    until("an end of the stuck threads", stuck, |stuck| *stuck == 0)?;
    until("an end of our threads", device_threads, Vec::is_empty)
}

/// The names of the threads that encode and mix for an open microphone and an open speaker, as the
/// kernel shows them. The driver's own threads are called like whoever started them, so the names of the
/// threads that own the devices tell nothing.
fn device_threads() -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for task in std::fs::read_dir("/proc/self/task")? {
        // One that ends while it is looked at has ended.
        if let Ok(name) = std::fs::read_to_string(task?.path().join("comm")) {
            names.push(name.trim().to_owned());
        }
    }
    names.retain(|name| ["exeunt-encode", "exeunt-mix"].contains(&name.as_str()));
    Ok(names)
}

/// How many threads this process has.
pub(crate) fn threads() -> Result<usize, Failed> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

/// Looks again and again at what nobody tells of.
pub(crate) fn until<T: std::fmt::Debug>(
    what: &str,
    look: impl Fn() -> Result<T, Failed>,
    wanted: impl Fn(&T) -> bool,
) -> Told {
    let deadline = Instant::now() + HANGS;
    loop {
        let seen = look()?;
        if wanted(&seen) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(format!("{what} was waited for in vain; seen was {seen:?}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
