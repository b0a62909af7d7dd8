//! Whether this process still holds a camera's node.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::trace::Evidence;

/// The descriptors that this crate's open cameras have, by number. A number is used again as soon as
/// it is free, so the number alone does not tell whose it is.
static CLAIMS: Mutex<BTreeMap<i32, Holding>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Debug)]
struct Holding {
    opening: u64,
    node: String,
}

fn claims() -> MutexGuard<'static, BTreeMap<i32, Holding>> {
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a descriptor belongs to one opening, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    opening: u64,
    node: String,
    descriptor: i32,
}

impl Claim {
    pub(super) fn on(node: &str, descriptor: i32) -> Self {
        let opening = NEXT.fetch_add(1, Ordering::Relaxed);
        claims().insert(
            descriptor,
            Holding {
                opening,
                node: node.to_owned(),
            },
        );
        Self {
            opening,
            node: node.to_owned(),
            descriptor,
        }
    }

    /// What will show, also after this is dropped, whether the descriptor is closed.
    pub(super) fn evidence(&self) -> Handle {
        Handle {
            opening: self.opening,
            node: self.node.clone(),
            descriptor: self.descriptor,
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = claims();
        // Closed a moment ago, the number may be another opening's by now.
        if claims
            .get(&self.descriptor)
            .is_some_and(|holding| holding.opening == self.opening)
        {
            claims.remove(&self.descriptor);
        }
    }
}

/// Where to look for one opening's handle.
#[derive(Debug)]
pub(super) struct Handle {
    opening: u64,
    node: String,
    descriptor: i32,
}

impl Evidence for Handle {
    fn still_held(&self) -> Option<String> {
        let others: Vec<(i32, Holding)> = claims()
            .iter()
            .filter(|(_, holding)| holding.opening != self.opening)
            .map(|(descriptor, holding)| (*descriptor, holding.clone()))
            .collect();
        let is_ours = others
            .iter()
            .all(|(descriptor, _)| *descriptor != self.descriptor);
        if is_ours && refers_to(format!("/proc/self/fd/{}", self.descriptor), &self.node) {
            return Some(format!(
                "descriptor {} refers to {}",
                self.descriptor, self.node
            ));
        }
        // A mapping keeps the node open without any descriptor.
        let is_alone = others.iter().all(|(_, holding)| holding.node != self.node);
        (is_alone && maps("/proc/self/maps", &self.node))
            .then(|| format!("buffers of {} are still mapped", self.node))
    }
}

/// Whether the descriptor at this path of `/proc` refers to the node.
pub(super) fn refers_to(descriptor: impl AsRef<Path>, node: &str) -> bool {
    fs::read_link(descriptor).is_ok_and(|target| is_node(&target.to_string_lossy(), node))
}

/// Whether the process with this file of mappings maps the node's buffers.
pub(super) fn maps(mappings: impl AsRef<Path>, node: &str) -> bool {
    let lines = fs::read_to_string(mappings).unwrap_or_default();
    // Address, permissions, offset, device, inode; then the path, which may hold spaces.
    lines.lines().any(|line| {
        line.find('/')
            .is_some_and(|path| is_node(&line[path..], node))
    })
}

/// The kernel marks a node that went away with its camera.
fn is_node(target: &str, node: &str) -> bool {
    target.strip_suffix(" (deleted)").unwrap_or(target) == node
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use tempfile::NamedTempFile;

    use super::{Claim, maps};
    use crate::trace::{Evidence, Trace};

    /// Any file has a descriptor that shows where it leads. Each test has one of its own: they run side
    /// by side, and the number that one gives back may be another's next.
    fn some_file() -> (NamedTempFile, String) {
        let file = NamedTempFile::new().expect("a file");
        let node = std::fs::canonicalize(file.path()).expect("a path");
        (file, node.to_string_lossy().into_owned())
    }

    #[test]
    fn a_descriptor_is_held_until_it_is_closed() {
        let (file, node) = some_file();
        let claim = Claim::on(&node, file.as_raw_fd());
        let evidence = claim.evidence();
        drop(claim);
        assert!(
            evidence
                .still_held()
                .is_some_and(|detail| detail.contains(&node))
        );
        drop(file);
        assert_eq!(evidence.still_held(), None);
    }

    #[test]
    fn a_descriptor_that_another_opening_claims_is_not_ours() {
        let (file, node) = some_file();
        let first = Claim::on(&node, file.as_raw_fd());
        let evidence = first.evidence();
        // As if the number had been closed and given out again before the first claim was dropped.
        let second = Claim::on(&node, file.as_raw_fd());
        drop(first);
        assert_eq!(evidence.still_held(), None);
        assert!(second.evidence().still_held().is_some());
    }

    #[test]
    fn a_mapping_is_seen_without_a_descriptor() {
        let binary = std::env::current_exe()
            .and_then(std::fs::canonicalize)
            .expect("a path");
        assert!(maps("/proc/self/maps", &binary.to_string_lossy()));
        assert!(!maps("/proc/self/maps", "/dev/video0"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_handle_that_stays_is_reported_after_a_bounded_wait() {
        let (file, node) = some_file();
        let claim = Claim::on(&node, file.as_raw_fd());
        let trace = Trace::default();
        trace.leave(claim.evidence());
        let answer = trace.is_gone("camera").await;
        assert!(matches!(
            answer,
            Err(exeunt_port::DeviceError::StillHeld { .. })
        ));
        drop((claim, file));
        assert_eq!(trace.is_gone("camera").await, Ok(()));
    }
}
