//! Whether any process of this machine streams from a node, told without opening it.

use std::fs;
use std::path::Path;

use super::held::{maps, refers_to};

/// What a look at one process shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Nothing,
    /// It has the node open, for whatever purpose, or does not show what it has.
    Unknown,
    /// It has the node's buffers mapped.
    Streams,
}

/// See [`CameraDevice::free`](crate::CameraDevice::free).
pub(super) fn is_free(node: &str) -> Option<bool> {
    is_free_under(Path::new("/proc"), node)
}

fn is_free_under(proc: &Path, node: &str) -> Option<bool> {
    let mut free = Some(true);
    for entry in fs::read_dir(proc).ok()?.flatten() {
        let is_process = entry
            .file_name()
            .to_string_lossy()
            .bytes()
            .all(|byte| byte.is_ascii_digit());
        if !is_process {
            continue;
        }
        match hold_of(&entry.path(), node) {
            Hold::Nothing => {}
            Hold::Unknown => free = None,
            Hold::Streams => return Some(false),
        }
    }
    free
}

fn hold_of(process: &Path, node: &str) -> Hold {
    let descriptors = match fs::read_dir(process.join("fd")) {
        Ok(descriptors) => descriptors,
        // Ended while we looked.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Hold::Nothing,
        Err(_) => return Hold::Unknown,
    };
    if !descriptors
        .flatten()
        .any(|descriptor| refers_to(descriptor.path(), node))
    {
        return Hold::Nothing;
    }
    if maps(process.join("maps"), node) {
        Hold::Streams
    } else {
        Hold::Unknown
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::is_free_under;

    const NODE: &str = "/dev/video0";

    fn process(proc: &Path, number: &str, opened: &str, mapped: &str) {
        let folder = proc.join(number);
        create_dir_all(folder.join("fd")).expect("a folder");
        symlink(opened, folder.join("fd/3")).expect("a link");
        let line = format!("7f00-7f01 rw-s 00000000 00:05 308    {mapped}\n");
        write(folder.join("maps"), line).expect("a file");
    }

    #[test]
    fn a_camera_is_free_when_nobody_has_it_open() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", "/dev/null", "/usr/lib/libc.so.6");
        create_dir_all(proc.path().join("sys")).expect("a folder");
        assert_eq!(is_free_under(proc.path(), NODE), Some(true));
    }

    #[test]
    fn a_camera_whose_buffers_somebody_maps_is_not_free() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", "/dev/null", "/usr/lib/libc.so.6");
        process(proc.path(), "2", NODE, NODE);
        assert_eq!(is_free_under(proc.path(), NODE), Some(false));
    }

    #[test]
    fn a_camera_that_is_merely_open_may_or_may_not_be_free() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", NODE, "/usr/lib/libc.so.6");
        assert_eq!(is_free_under(proc.path(), NODE), None);
    }
}
