//! Whom to believe beside the system's authorities when a server says who it is.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Reads a file of certificates in PEM form; what they are made of is said by whoever believes them.
pub(crate) fn read<Trust, Error: Display>(
    path: &Path,
    made_of: impl FnOnce(&[u8]) -> Result<Trust, Error>,
) -> Result<Trust, Failure> {
    let pem = fs::read(path).map_err(Failure::of_file(path))?;
    made_of(&pem).map_err(Failure::of_file(path))
}
