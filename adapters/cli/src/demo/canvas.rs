//! The file that the picture goes into: looked at before the play, so that nobody plays for nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use svg::Document;

use crate::failure::Failure;

/// A file that can be written. One that was made for this and never drawn on is removed again.
pub(crate) struct Canvas {
    path: PathBuf,
    file: File,
    is_empty_and_ours: bool,
}

impl Canvas {
    /// Opens the file, or makes it. What it holds stays until there is something new.
    pub(crate) fn lay_out(path: &Path) -> Result<Self, Failure> {
        let opened = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => Ok((file, true)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new()
                .write(true)
                .open(path)
                .map(|file| (file, false)),
            Err(error) => Err(error),
        };
        let (file, is_empty_and_ours) = opened.map_err(|error| failure(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            is_empty_and_ours,
        })
    }

    /// Draws the picture.
    pub(crate) fn keep(mut self, picture: &Document) -> Result<(), Failure> {
        let path = self.path.clone();
        self.draw(picture).map_err(|error| failure(&path, &error))
    }

    fn draw(&mut self, picture: &Document) -> io::Result<()> {
        // A pipe or a terminal has no length to be cut.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        writeln!(self.file, "{picture}")?;
        self.is_empty_and_ours = false;
        Ok(())
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        if self.is_empty_and_ours {
            // Whoever removed it meanwhile has done it for us.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::File {
        path: path.to_owned(),
        detail: format!("the picture cannot be written: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use svg::Document;

    use super::{Canvas, Failure};

    #[test]
    fn a_canvas_that_was_never_drawn_on_leaves_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("picture.svg");
        drop(Canvas::lay_out(&path).expect("a file can be made"));
        assert!(!path.exists());
    }

    #[test]
    fn an_older_picture_stays_until_there_is_a_new_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("picture.svg");
        let older = "an older picture, which is longer than the new one ".repeat(9);
        std::fs::write(&path, &older).expect("written");
        drop(Canvas::lay_out(&path).expect("a file"));
        assert_eq!(std::fs::read_to_string(&path).expect("read"), older);
        let canvas = Canvas::lay_out(&path).expect("a file");
        canvas.keep(&Document::new()).expect("drawn");
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(
            text.starts_with("<svg") && text.trim_end().ends_with("/>"),
            "{text}"
        );
    }

    #[test]
    fn a_folder_is_no_canvas() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Canvas::lay_out(folder.path()).err();
        assert!(matches!(error, Some(Failure::File { .. })));
    }
}
