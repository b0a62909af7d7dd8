//! Which processes of this machine have a node open, told without opening it.

use std::fs;
use std::path::Path;

use super::held::{maps, refers_to};
use crate::listing::Holder;

/// What can be seen of a node's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holders {
    /// See [`CameraDevice::free`](crate::CameraDevice::free).
    pub(super) free: Option<bool>,
    /// See [`CameraDevice::held_by`](crate::CameraDevice::held_by).
    pub(super) held_by: Vec<Holder>,
}

/// What a look at one process shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Nothing,
    /// It does not show what it has.
    Hidden,
    /// It has the node open, for whatever purpose.
    Open,
    /// It has the node's buffers mapped.
    Streams,
}

pub(super) fn of(node: &str) -> Holders {
    under(Path::new("/proc"), node)
}

fn under(proc: &Path, node: &str) -> Holders {
    let mut held_by = Vec::new();
    let mut hidden = false;
    let Ok(entries) = fs::read_dir(proc) else {
        return Holders {
            free: None,
            held_by,
        };
    };
    for entry in entries.flatten() {
        // Not everything in /proc is a process.
        let Ok(process) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let streams = match hold_of(&entry.path(), node) {
            Hold::Nothing => continue,
            Hold::Hidden => {
                hidden = true;
                continue;
            }
            Hold::Open => false,
            Hold::Streams => true,
        };
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        held_by.push(Holder {
            process,
            name: name.trim_end().to_owned(),
            streams,
        });
    }
    held_by.sort_by_key(|holder| holder.process);
    let free = if held_by.iter().any(|holder| holder.streams) {
        Some(false)
    } else if hidden || !held_by.is_empty() {
        None
    } else {
        Some(true)
    };
    Holders { free, held_by }
}

fn hold_of(process: &Path, node: &str) -> Hold {
    let descriptors = match fs::read_dir(process.join("fd")) {
        Ok(descriptors) => descriptors,
        // Ended while we looked.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Hold::Nothing,
        Err(_) => return Hold::Hidden,
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
        Hold::Open
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{Holders, under};
    use crate::listing::Holder;

    const NODE: &str = "/dev/video0";

    fn process(proc: &Path, number: &str, opened: &str, mapped: &str) {
        let folder = proc.join(number);
        create_dir_all(folder.join("fd")).expect("a folder");
        symlink(opened, folder.join("fd/3")).expect("a link");
        let line = format!("7f00-7f01 rw-s 00000000 00:05 308    {mapped}\n");
        write(folder.join("maps"), line).expect("a file");
        write(folder.join("comm"), format!("program {number}\n")).expect("a file");
    }

    fn holder(process: u32, streams: bool) -> Holder {
        Holder {
            process,
            name: format!("program {process}"),
            streams,
        }
    }

    #[test]
    fn a_camera_is_free_when_nobody_has_it_open() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", "/dev/null", "/usr/lib/libc.so.6");
        create_dir_all(proc.path().join("sys")).expect("a folder");
        let holders = under(proc.path(), NODE);
        assert_eq!((holders.free, holders.held_by), (Some(true), Vec::new()));
    }

    #[test]
    fn a_camera_whose_buffers_somebody_maps_is_not_free_and_it_is_told_who_it_is() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", "/dev/null", "/usr/lib/libc.so.6");
        process(proc.path(), "12", NODE, NODE);
        process(proc.path(), "3", NODE, "/usr/lib/libc.so.6");
        let held_by = vec![holder(3, false), holder(12, true)];
        let free = Some(false);
        assert_eq!(under(proc.path(), NODE), Holders { free, held_by });
    }

    #[test]
    fn a_camera_that_is_merely_open_may_or_may_not_be_free() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", NODE, "/usr/lib/libc.so.6");
        let held_by = vec![holder(1, false)];
        let free = None;
        assert_eq!(under(proc.path(), NODE), Holders { free, held_by });
    }

    #[test]
    fn without_proc_nothing_is_known() {
        let holders = under(Path::new("/nowhere/proc"), NODE);
        assert_eq!((holders.free, holders.held_by), (None, Vec::new()));
    }
}
