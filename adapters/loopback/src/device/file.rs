//! Files that stand in for devices: opened with care, and refused in words that help.

use std::fs::File;
use std::path::Path;

use exeunt_port::{DeviceError, DeviceKind};

/// What a file is to be, for its errors.
#[derive(Clone, Debug)]
pub(crate) struct FileRole {
    pub(crate) kind: DeviceKind,
    pub(crate) path: String,
    /// What is allowed, as the end of a sentence.
    pub(crate) expected: &'static str,
}

impl FileRole {
    pub(crate) fn new(kind: DeviceKind, path: &Path, expected: &'static str) -> Self {
        Self {
            kind,
            path: path.display().to_string(),
            expected,
        }
    }

    /// The error that says what is wrong with the file and what is allowed.
    pub(crate) fn refuse(&self, wrong: impl std::fmt::Display) -> DeviceError {
        let detail = format!("{wrong}; {} is expected", self.expected);
        DeviceError::File {
            kind: self.kind,
            path: self.path.clone(),
            detail,
        }
    }

    /// Opens the file for reading. Only a regular file will do: a pipe could block for ever.
    pub(crate) fn open(&self, path: &Path) -> Result<File, DeviceError> {
        let metadata = std::fs::metadata(path).map_err(|error| self.refuse(error))?;
        if !metadata.is_file() {
            return Err(self.refuse("it is no regular file"));
        }
        if metadata.len() == 0 {
            return Err(self.refuse("it is empty"));
        }
        File::open(path).map_err(|error| self.refuse(error))
    }

    /// Creates the file for writing, or empties it. What is no regular file is left alone.
    pub(crate) fn create(&self, path: &Path) -> Result<File, DeviceError> {
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(self.refuse("it is no regular file"));
        }
        File::create(path).map_err(|error| self.refuse(error))
    }
}
