//! A file that nobody gets open: what a driver that hangs in `open` is for a program.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempPath;

use crate::StoryFailure;

/// A regular file whose opening blocks, as long as this lives and at most 45 s.
///
/// Somebody has a write lease on it: Linux makes everybody who opens it wait until the lease is given
/// back, or `/proc/sys/fs/lease-break-time` is over. Needs Linux and `perl`.
#[derive(Debug)]
pub struct HeldFile {
    path: TempPath,
    holder: Child,
}

impl HeldFile {
    /// The programs that it needs.
    pub const NEEDS: &[&str] = &["perl"];

    /// `F_SETLEASE` and `F_WRLCK` by their numbers, for perl has no names for them. Whoever has a lease
    /// is told by `SIGIO` that somebody wants to open the file, and would die of it.
    const HOLD: &str = "\
$SIG{IO} = 'IGNORE';
open(my $file, '+<', $ARGV[0]) or die \"$!\";
fcntl($file, 1024, 1) or die \"no lease: $!\";
$| = 1;
print \"held\\n\";
<STDIN>;";

    /// Makes such a file, and holds it.
    pub fn new() -> Result<Self, StoryFailure> {
        // Not every file system has leases; that in memory has.
        let memory = Path::new("/dev/shm");
        let mut builder = tempfile::Builder::new();
        builder.prefix("held-").suffix(".y4m");
        let file = if memory.is_dir() {
            builder.tempfile_in(memory)
        } else {
            builder.tempfile()
        }
        .map_err(StoryFailure::system("a temporary file"))?;
        // Closed, for there is no lease on a file that somebody else has open.
        let path = file.into_temp_path();
        // What is empty would not even be opened.
        std::fs::write(&path, "YUV4MPEG2 W2 H2 F25:1\n")
            .map_err(StoryFailure::system("the held file"))?;
        let mut holder = Command::new("perl")
            .args(["-e", Self::HOLD])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(StoryFailure::system("perl"))?;
        let mut answer = String::new();
        if let Some(output) = holder.stdout.take() {
            BufReader::new(output)
                .read_line(&mut answer)
                .map_err(StoryFailure::system("perl"))?;
        }
        let held = Self { path, holder };
        if answer.trim() == "held" {
            Ok(held)
        } else {
            let error = std::io::Error::other("no lease was to be had");
            Err(StoryFailure::system("the held file")(error))
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        // It ends with its input, and so it does when this process dies.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
