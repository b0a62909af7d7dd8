//! The conformance suite over microphone and speaker, on `PulseAudio` and on `PipeWire`.
//!
//! Every case has a server of its own, which can be stopped, killed and asked who uses it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use exeunt_conformance::{Lab, Obstacle, Suite, async_trait, device_lab};
use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_port::{Device, DeviceKind};
use exeunt_pulse_server::{Make, Place, PulseServer, ServerError};
use exeunt_requirements::missing;
use exeunt_sound_servers::{again, place, tone};
use tokio::task::spawn_blocking;

fn main() -> ExitCode {
    let ended = match place() {
        Some(place) => suites(&place),
        None => in_a_place(),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// The same once more, as a process that will find a server.
fn in_a_place() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let folder = tempfile::Builder::new().prefix("sound-").tempdir()?;
    let status = again(&Place::in_folder(folder.path()))?
        .args(std::env::args_os().skip(1))
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether a server has crashed by itself.
static CRASHED: AtomicBool = AtomicBool::new(false);

fn suites(place: &Place) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let wav = place.folder().join("tone.wav");
    tone(&wav)?;
    let ended = run_suites(place, &wav);
    if ended == ExitCode::FAILURE && CRASHED.swap(false, Ordering::Relaxed) {
        println!("a sound server has crashed by itself, which tells nothing of us: all once more");
        return Ok(run_suites(place, &wav));
    }
    Ok(ended)
}

fn run_suites(place: &Place, wav: &Path) -> ExitCode {
    let of = |make, kind| {
        suite(Arc::new(Setting {
            make,
            kind,
            place: place.clone(),
            wav: wav.to_owned(),
        }))
    };
    let suites = of(Make::PulseAudio, DeviceKind::Microphone)
        .and(of(Make::PulseAudio, DeviceKind::Speaker))
        .and(of(Make::PipeWire, DeviceKind::Microphone))
        .and(of(Make::PipeWire, DeviceKind::Speaker));
    // A busy machine's sound server may keep a microphone waiting for its first sound.
    suites.patience(Duration::from_secs(10)).run()
}

/// Which device, on which server.
struct Setting {
    make: Make,
    kind: DeviceKind,
    place: Place,
    wav: PathBuf,
}

fn suite(setting: Arc<Setting>) -> Suite {
    let name = format!("cpal's {} on {}", setting.kind, setting.make);
    let start = move || {
        let setting = Arc::clone(&setting);
        async move { SoundLab::start(setting).await }
    };
    device_lab(start).called(name)
}

/// A device, and its server.
struct SoundLab {
    setting: Arc<Setting>,
    server: Arc<PulseServer>,
}

impl Drop for SoundLab {
    fn drop(&mut self) {
        // PulseAudio is not known to.
        if self.setting.make == Make::PipeWire && self.server.has_crashed() {
            CRASHED.store(true, Ordering::Relaxed);
        }
    }
}

impl SoundLab {
    async fn start(setting: Arc<Setting>) -> Result<Self, Obstacle> {
        if let Some(part) = missing(setting.make.programs()) {
            return Err(Obstacle::missing(part));
        }
        let (make, place, wav) = (setting.make, setting.place.clone(), setting.wav.clone());
        let starting = spawn_blocking(move || {
            let mut server = PulseServer::start_in(make, place)?;
            server.feed(&wav)?;
            Ok::<_, ServerError>(server)
        });
        let server = starting.await.map_err(Obstacle::failed)?;
        let server = server.map_err(Obstacle::failed)?;
        Ok(Self {
            setting,
            server: Arc::new(server),
        })
    }

    /// Does something to the server, which may block.
    async fn server<T: Send + 'static>(
        &self,
        act: impl FnOnce(&PulseServer) -> Result<T, ServerError> + Send + 'static,
    ) -> Result<T, Obstacle> {
        let server = Arc::clone(&self.server);
        let acting = spawn_blocking(move || act(&server));
        acting
            .await
            .map_err(Obstacle::failed)?
            .map_err(Obstacle::failed)
    }
}

#[async_trait]
impl Lab for SoundLab {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        match self.setting.kind {
            DeviceKind::Microphone => Ok(Box::new(CpalMicrophone::default_device())),
            DeviceKind::Speaker => Ok(Box::new(CpalSpeaker::default_device())),
            DeviceKind::Camera => Err(Obstacle::not_offered("a sound server has no camera")),
        }
    }

    /// What the server shows of this process: recordings and what is played.
    async fn held(&self) -> Result<usize, Obstacle> {
        let ours = self.server(|server| server.onlooker().streams_of(std::process::id()));
        Ok(ours.await?.len())
    }

    /// With a server its devices go. A device that is pulled out alone is replaced by the server.
    async fn vanish(&self) -> Result<(), Obstacle> {
        self.server(PulseServer::kill).await
    }

    async fn hold_opening(&self) -> Result<(), Obstacle> {
        self.server(PulseServer::stop).await
    }

    async fn hold_release(&self) -> Result<(), Obstacle> {
        self.server(PulseServer::stop).await
    }

    async fn let_go(&self) -> Result<(), Obstacle> {
        self.server(PulseServer::cont).await
    }
}
