//! What the kernel shows of a process and of the sound cards.

use std::fs;
use std::path::{Path, PathBuf};

use super::failure::LabFailure;

/// How much of the system a process holds (G-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Its memory that is in use, in KiB.
    pub(crate) resident: usize,
}

/// What this process holds at this moment.
pub(crate) fn footprint(process: u32) -> Result<Footprint, LabFailure> {
    let count = |part: &str| {
        fs::read_dir(of(process, part))
            .map(Iterator::count)
            .map_err(LabFailure::system(format!("/proc/{process}/{part}")))
    };
    Ok(Footprint {
        descriptors: count("fd")?,
        threads: count("task")?,
        resident: status(process, "VmRSS:")?,
    })
}

/// The cameras and sound devices that a process holds, by a descriptor or a mapping.
pub(crate) fn held_devices(process: u32) -> Result<Vec<String>, LabFailure> {
    let failed = || LabFailure::system(format!("looking at process {process}"));
    let descriptors = fs::read_dir(of(process, "fd")).map_err(failed())?;
    // One that is closed while we look is not held.
    let links = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let mut held: Vec<String> = links.map(|link| link.display().to_string()).collect();
    let mappings = fs::read_to_string(of(process, "maps")).map_err(failed())?;
    let paths = mappings
        .lines()
        .filter_map(|line| Some(&line[line.find('/')?..]));
    held.extend(paths.map(str::to_owned));
    held.retain(|path| is_device(path));
    held.sort();
    held.dedup();
    Ok(held)
}

/// Where a process shows its descriptors of this node.
pub(crate) fn handles_of(process: u32, node: &str) -> Result<Vec<PathBuf>, LabFailure> {
    let failed = LabFailure::system(format!("looking at process {process}"));
    let descriptors = fs::read_dir(of(process, "fd")).map_err(failed)?;
    let paths = descriptors.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| leads_to(path, node)).collect())
}

/// Whether a descriptor, where its process shows it, is open and this node's.
pub(crate) fn leads_to(handle: &Path, node: &str) -> bool {
    fs::read_link(handle).is_ok_and(|target| target == Path::new(node))
}

/// A sound card's control, which is asked and not recorded with, counts as well.
fn is_device(path: &str) -> bool {
    path.starts_with("/dev/video") || path.starts_with("/dev/snd/")
}

/// Whether a process stands still, having been stopped by a signal.
pub(crate) fn is_stopped(process: u32) -> Result<bool, LabFailure> {
    let folder = format!("/proc/{process}");
    let state = exeunt_requirements::state(Path::new(&folder));
    Ok(state.map_err(LabFailure::system(folder))? == 'T')
}

/// The sound devices that are not closed, each with what the kernel says of it in one line.
pub(crate) fn open_sound_devices() -> Result<Vec<String>, LabFailure> {
    let mut open = Vec::new();
    for card in entries(Path::new("/proc/asound"), "card")? {
        for device in entries(&card, "pcm")? {
            for stream in entries(&device, "sub")? {
                let path = stream.join("status");
                // A card that is being removed takes its files with it.
                let Ok(status) = fs::read_to_string(&path) else {
                    continue;
                };
                if status.trim() != "closed" {
                    let status: Vec<_> = status.split_whitespace().collect();
                    open.push(format!("{}: {}", path.display(), status.join(" ")));
                }
            }
        }
    }
    open.sort();
    Ok(open)
}

/// The entries of a folder whose names begin so; none if it is not there.
fn entries(folder: &Path, beginning: &str) -> Result<Vec<PathBuf>, LabFailure> {
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LabFailure::system(folder.display().to_string())(error)),
    };
    let paths = found.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(beginning) && path.is_dir()
        })
        .collect())
}

/// A number of a process's status.
fn status(process: u32, key: &str) -> Result<usize, LabFailure> {
    let status = fs::read_to_string(of(process, "status"))
        .map_err(LabFailure::system(format!("/proc/{process}/status")))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| LabFailure::Wrong(format!("/proc/{process}/status has no {key}")))
}

fn of(process: u32, part: &str) -> PathBuf {
    Path::new("/proc").join(process.to_string()).join(part)
}
