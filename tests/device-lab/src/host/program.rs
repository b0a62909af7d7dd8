//! A program for the guest: itself, and the libraries that it is linked to.

use std::path::Path;
use std::process::Command;

use super::LabError;
use super::archive::Archive;

/// Puts a program of this machine into the guest's `/bin`, with its libraries where it looks for them.
pub(crate) fn add(archive: &mut Archive, program: &Path) -> Result<(), LabError> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let failed = || LabError::system(program.display().to_string());
    archive
        .copy(&format!("bin/{name}"), program)
        .map_err(failed())?;
    let told = Command::new("ldd")
        .arg(program)
        .output()
        .map_err(LabError::system("ldd"))?;
    for line in String::from_utf8_lossy(&told.stdout).lines() {
        match library(line) {
            Library::At(path) => archive
                .copy(path.trim_start_matches('/'), Path::new(path))
                .map_err(LabError::system(path))?,
            Library::Missing(library) => {
                return Err(LabError::NoLibrary {
                    program: program.to_owned(),
                    library: library.to_owned(),
                });
            }
            Library::OfTheKernel => {}
        }
    }
    Ok(())
}

/// What a line of `ldd` says.
#[derive(Debug, PartialEq, Eq)]
enum Library<'a> {
    At(&'a str),
    Missing(&'a str),
    OfTheKernel,
}

fn library(line: &str) -> Library<'_> {
    let line = line.trim();
    let (name, place) = line.split_once(" => ").unwrap_or((line, line));
    if place == "not found" {
        return Library::Missing(name);
    }
    match place.split(" (").next() {
        Some(path) if path.starts_with('/') => Library::At(path),
        Some(_) | None => Library::OfTheKernel,
    }
}

#[cfg(test)]
mod tests {
    use super::{Library, library};

    #[test]
    fn the_lines_of_ldd_are_understood() {
        assert_eq!(
            library("\tlibc.so.6 => /lib/libc.so.6 (0x00007f)"),
            Library::At("/lib/libc.so.6")
        );
        assert_eq!(
            library("\t/lib64/ld-linux-x86-64.so.2 (0x00007f)"),
            Library::At("/lib64/ld-linux-x86-64.so.2")
        );
        assert_eq!(
            library("\tlibasound.so.2 => not found"),
            Library::Missing("libasound.so.2")
        );
        assert_eq!(
            library("\tlinux-vdso.so.1 (0x00007f)"),
            Library::OfTheKernel
        );
    }
}
