//! The guest's files, as the archive that a kernel unpacks at its start: cpio in the "newc" format.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Types of the mode that cpio gives a file.
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// An archive under construction. Paths are those of the guest, without the leading slash.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    names: BTreeSet<String>,
}

impl Archive {
    /// Adds a folder, and those above it.
    pub(crate) fn folder(&mut self, path: &str) {
        self.above(path);
        if self.names.insert(path.to_owned()) {
            self.entry(path, FOLDER | 0o755, &[]);
        }
    }

    /// Adds a file that can be read and run.
    pub(crate) fn file(&mut self, path: &str, content: &[u8]) {
        self.above(path);
        if self.names.insert(path.to_owned()) {
            self.entry(path, FILE | 0o755, content);
        }
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, path: &str, target: &str) {
        self.above(path);
        if self.names.insert(path.to_owned()) {
            self.entry(path, LINK | 0o777, target.as_bytes());
        }
    }

    /// Adds a file of this machine.
    pub(crate) fn copy(&mut self, path: &str, from: &Path) -> io::Result<()> {
        self.file(path, &fs::read(from)?);
        Ok(())
    }

    /// Adds a folder of this machine with all that is in it.
    pub(crate) fn copy_all(&mut self, path: &str, from: &Path) -> io::Result<()> {
        self.folder(path);
        let mut entries: Vec<_> = fs::read_dir(from)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = format!("{path}/{}", entry.file_name().to_string_lossy());
            // Links among them are followed: what they lead to need not be in the guest.
            if fs::metadata(entry.path())?.is_dir() {
                self.copy_all(&path, &entry.path())?;
            } else {
                self.copy(&path, &entry.path())?;
            }
        }
        Ok(())
    }

    /// The finished archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn above(&mut self, path: &str) {
        if let Some((above, _)) = path.rsplit_once('/')
            && !above.is_empty()
        {
            self.folder(above);
        }
    }

    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) {
        let number = self.names.len();
        let (size, name_size) = (content.len(), name.len() + 1);
        // Inode, mode, user, group, links, time, size, four device numbers, the name's size, no sum.
        let head = format!(
            "070701{number:08x}{mode:08x}{0:08x}{0:08x}{1:08x}{0:08x}{size:08x}{0:08x}{0:08x}{0:08x}{0:08x}{name_size:08x}{0:08x}",
            0, 1
        );
        self.bytes.extend(head.as_bytes());
        self.bytes.extend(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    /// Heads and contents begin at multiples of four.
    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn folders_come_before_what_is_in_them_and_once() {
        let mut archive = Archive::default();
        archive.file("lab/one", b"1");
        archive.file("lab/two", b"22");
        let bytes = archive.finish();
        let text = String::from_utf8(bytes).expect("nothing else was put in");
        let at = |name: &str| text.find(&format!("{name}\0")).expect("it is there");
        assert!(at("lab") < at("lab/one") && at("lab/two") < at("TRAILER!!!"));
        assert_eq!(text.matches("070701").count(), 4);
    }

    #[test]
    fn every_entry_begins_at_a_multiple_of_four() {
        let mut archive = Archive::default();
        archive.file("a", b"12345");
        archive.link("bc", "a");
        let bytes = archive.finish();
        let starts = bytes
            .windows(6)
            .enumerate()
            .filter(|(_, window)| window == b"070701");
        assert!(starts.map(|(at, _)| at).all(|at| at.is_multiple_of(4)));
        assert!(bytes.len().is_multiple_of(4));
    }
}
