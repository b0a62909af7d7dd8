//! The files of the repository and what stands in them.

use std::io;
use std::path::Path;
use std::process::Command;
use std::string::FromUtf8Error;

use thiserror::Error;

/// Every file of the repository that git knows or would add.
#[derive(Debug)]
pub(crate) struct Tree(Vec<File>);

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// `None` where it is no text.
    pub(crate) text: Option<String>,
}

/// Why the files cannot be listed or read.
#[derive(Debug, Error)]
pub(crate) enum TreeUnreadable {
    #[error("git cannot be started, and it knows which files are the repository's: {0}")]
    NoGit(#[source] io::Error),
    #[error("git cannot list the repository's files: {said}")]
    NoListing { said: String },
    #[error("git lists a file whose name is not UTF-8: {0}")]
    Name(#[from] FromUtf8Error),
    #[error("{path} cannot be read: {error}")]
    File { path: String, error: io::Error },
}

impl Tree {
    /// What stands below `root`, ignored files aside: committed, staged or new, as it is on the disk.
    pub(crate) fn of_the_repository(root: &Path) -> Result<Self, TreeUnreadable> {
        let listing = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .map_err(TreeUnreadable::NoGit)?;
        if !listing.status.success() {
            let said = String::from_utf8_lossy(&listing.stderr).trim().to_owned();
            return Err(TreeUnreadable::NoListing { said });
        }
        let names = String::from_utf8(listing.stdout)?;
        let mut paths: Vec<&str> = names.split_terminator('\0').collect();
        paths.sort_unstable();
        paths.dedup();
        paths
            .into_iter()
            .filter_map(|path| File::read(root, path).transpose())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A tree of made-up files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        Self(files.iter().map(file).collect())
    }

    pub(crate) fn files(&self) -> &[File] {
        &self.0
    }

    /// Path and text of every file that is text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    /// Path and text of every text whose name ends so (`.rs`, `.md`).
    pub(crate) fn texts_ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| path.ends_with(ending))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let file = self.0.iter().find(|file| file.path == path)?;
        file.text.as_deref()
    }

    /// Whether there is a file or a folder of this path; the empty path is the root.
    pub(crate) fn has(&self, path: &str) -> bool {
        let is_it_or_below = |file: &File| match file.path.strip_prefix(path) {
            Some(rest) => rest.is_empty() || path.is_empty() || rest.starts_with('/'),
            None => false,
        };
        self.0.iter().any(is_it_or_below)
    }
}

impl File {
    /// `None` for what git lists but the disk does not hold any more.
    fn read(root: &Path, path: &str) -> Result<Option<Self>, TreeUnreadable> {
        let bytes = match std::fs::read(root.join(path)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let path = path.to_owned();
                return Err(TreeUnreadable::File { path, error });
            }
        };
        let is_text = !bytes.contains(&0);
        Ok(Some(Self {
            path: path.to_owned(),
            text: String::from_utf8(bytes).ok().filter(|_| is_text),
        }))
    }
}

/// The number, from 1, of the first line that `is_it` holds for; 1 where there is none.
pub(crate) fn line_where(text: &str, is_it: impl Fn(&str) -> bool) -> usize {
    text.lines().position(is_it).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn a_folder_is_there_when_a_file_is_in_it() {
        let tree = Tree::of(&[("core/src/lib.rs", "")]);
        assert!(tree.has("core/src"));
        assert!(tree.has("core/src/lib.rs"));
        assert!(tree.has(""));
        assert!(!tree.has("core/sr"));
        assert!(!tree.has("core/src/lib"));
    }
}
