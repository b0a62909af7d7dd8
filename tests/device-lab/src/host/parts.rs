//! What the machine is made of: unpacked packages of Debian, in a cache outside of the clone.

use std::path::{Path, PathBuf};

/// What the machine is made of. `tests/setup/device-lab.sh fetch` gets it.
#[derive(Clone, Debug)]
pub struct Parts {
    place: PathBuf,
}

impl Parts {
    /// Counts up when what stands in the cache changes; `tests/setup/device-lab.sh` has the same.
    const LAYOUT: u32 = 1;

    /// The parts, if they are all there; else what is missing, to complete the sentence "needs …".
    pub fn find() -> Result<Self, String> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err("Linux on x86_64".to_owned());
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let cache = variable("EXEUNT_LAB_CACHE").or_else(|| {
            let caches =
                variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
            Some(caches?.join("exeunt-device-lab"))
        });
        let place = cache.map(|cache| cache.join(format!("layout-{}", Self::LAYOUT)));
        match place {
            Some(place) if place.join("complete").exists() => Ok(Self { place }),
            Some(_) | None => {
                Err("the device lab's parts, which `make device-lab` fetches".to_owned())
            }
        }
    }

    pub(crate) fn kernel(&self) -> PathBuf {
        self.place.join("kernel")
    }

    pub(crate) fn busybox(&self) -> PathBuf {
        self.place.join("busybox")
    }

    /// The drivers, with the order in which to load them.
    pub(crate) fn modules(&self) -> PathBuf {
        self.place.join("modules")
    }

    /// ALSA's configuration, without which no sound device is found.
    pub(crate) fn alsa(&self) -> PathBuf {
        self.place.join("alsa")
    }

    pub(crate) fn qemu(&self) -> PathBuf {
        self.qemu_folder().join("usr/bin/qemu-system-x86_64")
    }

    /// Where QEMU's own libraries are.
    pub(crate) fn qemu_libraries(&self) -> [PathBuf; 2] {
        ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map(|folder| self.qemu_folder().join(folder))
    }

    /// Where the machine's firmware is.
    pub(crate) fn firmware(&self) -> [PathBuf; 2] {
        ["usr/share/qemu", "usr/share/seabios"].map(|folder| self.qemu_folder().join(folder))
    }

    fn qemu_folder(&self) -> PathBuf {
        Path::new(&self.place).join("qemu")
    }
}
