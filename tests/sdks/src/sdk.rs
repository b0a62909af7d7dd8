//! Which SDKs there are, and where they are installed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An official SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    /// `tencentcloud-sdk-python-trtc`.
    Python,
    /// `tencentcloud-sdk-nodejs`.
    Node,
}

impl Sdk {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Python, Self::Node];

    /// What it is called in a test's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "the official Python SDK",
            Self::Node => "the official Node SDK",
        }
    }

    /// The programs that running it needs, with the SDK itself among them where it is not installed in
    /// this folder.
    #[must_use]
    pub fn needs(self, folder: &Path) -> Vec<&'static str> {
        let (program, marker) = match self {
            Self::Python => ("python3", "python/bin/python"),
            Self::Node => (
                "node",
                "node/node_modules/tencentcloud-sdk-nodejs/package.json",
            ),
        };
        if folder.join(marker).is_file() {
            vec![program]
        } else {
            vec![program, self.name()]
        }
    }

    /// The operator's process with this SDK, installed in this folder.
    pub(crate) fn command(self, folder: &Path) -> Command {
        let drivers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("drivers");
        match self {
            Self::Python => {
                let mut command = Command::new(folder.join("python/bin/python"));
                // Nothing is written beside the driver.
                command.arg("-B").arg(drivers.join("call_with_sdk.py"));
                command
            }
            Self::Node => {
                let mut command = Command::new("node");
                command
                    .arg(drivers.join("call_with_sdk.js"))
                    .env("NODE_PATH", folder.join("node/node_modules"));
                command
            }
        }
    }
}
