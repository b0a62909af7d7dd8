//! The conformance suite over the loopback transport and every device of this crate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use exeunt_conformance::{
    FaultyLab, Lab, Obstacle, World, async_trait, device, device_lab, transport,
};
use exeunt_loopback::{
    AnnounceFault, ConnectFault, FaultyDevice, Hub, PictureCamera, SilentSpeaker, ToneMicrophone,
    TransportFaults, WavMicrophone, WavSpeaker, Y4mCamera, write_melody_wav, write_test_y4m,
};
use exeunt_port::{Device, RoomId, Transport, UserId};
use tempfile::TempDir;

fn main() -> ExitCode {
    transport(|| async { Ok(Rooms::open()) })
        .called("loopback transport")
        .and(device(|| Ok(ToneMicrophone::new(440))).called("tone microphone"))
        .and(device(|| Ok(PictureCamera::new())).called("picture camera"))
        .and(device(|| Ok(SilentSpeaker::new())).called("silent speaker"))
        .and(device_lab(|| async { melody() }).called("WAV microphone"))
        .and(device_lab(|| async { film() }).called("Y4M camera"))
        .and(device_lab(|| async { tape() }).called("WAV speaker"))
        .and(device_lab(|| async { Ok(workbench()) }).called("faulty tone microphone"))
        .run()
}

/// A hub, and the faults of everybody who has a transport into it.
struct Rooms {
    hub: Hub,
    faults: Mutex<BTreeMap<UserId, TransportFaults>>,
}

impl Rooms {
    fn open() -> Self {
        Self {
            hub: Hub::with_lease(Duration::from_millis(400)),
            faults: Mutex::default(),
        }
    }

    fn faults_of(&self, user: &UserId) -> TransportFaults {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.entry(user.clone()).or_default().clone()
    }
}

#[async_trait]
impl World for Rooms {
    async fn transport(&self, user: &UserId) -> Result<Box<dyn Transport>, Obstacle> {
        let transport = self.hub.transport().with_faults(self.faults_of(user));
        Ok(Box::new(transport))
    }

    fn lease(&self) -> Result<Duration, Obstacle> {
        Ok(self.hub.lease())
    }

    fn replaces(&self) -> Result<(), Obstacle> {
        Ok(())
    }

    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        // An error means that he, or the whole room, is not there any more.
        let _ = self.hub.kick(room, user);
        Ok(())
    }

    async fn dismiss(&self, room: &RoomId) -> Result<(), Obstacle> {
        self.hub.dismiss(room).map_err(Obstacle::failed)?;
        Ok(())
    }

    async fn stop_server(&self) -> Result<(), Obstacle> {
        self.hub.stop();
        Ok(())
    }

    /// A hub cannot crash without this process; that no link is coming back is how it would look.
    async fn kill_server(&self) -> Result<(), Obstacle> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        for faults in faults.values() {
            faults.kill_link();
        }
        Ok(())
    }

    async fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        self.faults_of(user).lose_link();
        Ok(())
    }

    async fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        let faults = self.faults_of(user);
        faults.break_connect(ConnectFault::Hangs);
        faults.break_announce(AnnounceFault::Hangs);
        Ok(())
    }

    async fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        let faults = self.faults_of(user);
        faults.heal();
        faults.let_go();
        faults.recover_link();
        Ok(())
    }

    async fn unreachable(&self) -> Result<Box<dyn Transport>, Obstacle> {
        let gone = Hub::new();
        gone.stop();
        Ok(Box::new(gone.transport()))
    }
}

/// A device that is a file, in a folder of its own.
struct Recording<D> {
    device: D,
    path: PathBuf,
    _folder: TempDir,
}

impl<D> Recording<D> {
    fn of(file: &str, device: impl FnOnce(&Path) -> Result<D, Obstacle>) -> Result<Self, Obstacle> {
        let folder = tempfile::tempdir().map_err(Obstacle::failed)?;
        // Descriptors show the path without links in it.
        let path = folder.path().canonicalize().map_err(Obstacle::failed)?;
        let path = path.join(file);
        Ok(Self {
            device: device(&path)?,
            path,
            _folder: folder,
        })
    }
}

fn melody() -> Result<Recording<WavMicrophone>, Obstacle> {
    Recording::of("melody.wav", |path| {
        write_melody_wav(path, 1).map_err(Obstacle::failed)?;
        Ok(WavMicrophone::new(path))
    })
}

fn film() -> Result<Recording<Y4mCamera>, Obstacle> {
    Recording::of("picture.y4m", |path| {
        write_test_y4m(path, 1).map_err(Obstacle::failed)?;
        Ok(Y4mCamera::new(path))
    })
}

fn tape() -> Result<Recording<WavSpeaker>, Obstacle> {
    Recording::of("played.wav", |path| Ok(WavSpeaker::new(path)))
}

#[async_trait]
impl<D: Device + Clone> Lab for Recording<D> {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        Ok(Box::new(self.device.clone()))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        let missing = |_| Obstacle::missing("/proc/self/fd, which shows open files");
        let descriptors = std::fs::read_dir("/proc/self/fd").map_err(missing)?;
        let files = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        Ok(files.filter(|file| *file == self.path).count())
    }
}

/// A microphone that goes wrong on command.
fn workbench() -> FaultyLab {
    let microphone = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = microphone.faults();
    FaultyLab::new(microphone, faults)
}
