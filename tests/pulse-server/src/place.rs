//! Where a server lives: a folder of its own, and what a program's environment says of it.

use std::path::{Path, PathBuf};

use crate::ServerError;

/// A folder for a server. Programs find the server by the place's [environment](Self::env), also one
/// that is started there later, and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(PathBuf);

impl Place {
    /// In this folder, which has to be there and short enough for a socket's name.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// What a program that is to use the server here needs in its environment.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let run = self.run();
        let shown = |path: PathBuf| path.display().to_string();
        vec![
            ("PULSE_SERVER", format!("unix:{}", self.socket().display())),
            ("PULSE_RUNTIME_PATH", shown(run.join("pulse"))),
            ("XDG_RUNTIME_DIR", shown(run)),
        ]
    }

    /// What the server itself needs besides, so that it reads and writes nobody else's settings.
    pub(crate) fn private_env(&self) -> Vec<(&'static str, String)> {
        let home = self.0.join("home");
        let below = |folder: &str| home.join(folder).display().to_string();
        vec![
            ("HOME", home.display().to_string()),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_STATE_HOME", below("state")),
            ("XDG_CACHE_HOME", below("cache")),
            (
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", self.run().join("bus").display()),
            ),
        ]
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.run().join("pulse/native")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }

    fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// Makes it as if nobody had ever been here.
    pub(crate) fn clear(&self) -> Result<(), ServerError> {
        for part in ["run", "home"] {
            let part = self.0.join(part);
            if part.exists() {
                std::fs::remove_dir_all(&part).map_err(ServerError::system("a folder"))?;
            }
        }
        for part in ["run/pulse", "home"] {
            std::fs::create_dir_all(self.0.join(part)).map_err(ServerError::system("a folder"))?;
        }
        Ok(())
    }
}
