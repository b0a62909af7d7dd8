//! One machine: put together, booted, listened to, and ended whatever happens.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::archive::Archive;
use super::{LabError, Parts, program};

/// The busybox programs that the guest's first process uses.
const BUSYBOX: [&str; 13] = [
    "cat", "cut", "dmesg", "echo", "ifconfig", "insmod", "ls", "mkdir", "mount", "poweroff", "sh",
    "sleep", "uname",
];

/// The groups that Debian gives a camera and a sound card to, and a user who is in none of them.
const GROUPS: &str = "root:x:0:\naudio:x:29:\nvideo:x:44:\nguest:x:1000:\n";
const USERS: &str = "root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n";

/// A machine that has not been booted yet.
#[derive(Debug)]
pub struct Machine<'a> {
    /// What it is made of.
    pub parts: &'a Parts,
    /// The program that runs in it.
    pub program: &'a Path,
    /// Another program that the first one starts.
    pub further: Option<&'a Path>,
    /// The first program's arguments; none of them with a line break.
    pub arguments: Vec<String>,
    /// How long it may run.
    pub bound: Duration,
    /// Where its files are put: what it said stays there.
    pub folder: &'a Path,
    /// What its files are called.
    pub name: &'a str,
}

/// What a machine left behind.
#[derive(Debug)]
pub struct Ended {
    /// What was said on the console, line by line.
    pub log: Vec<String>,
    /// What was said on the second line, which nobody else writes to.
    pub verdicts: String,
    /// Why it ended otherwise than by itself.
    pub error: Option<LabError>,
}

impl Machine<'_> {
    /// Where the log is written, and stays.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    /// Boots it and waits for its end, which comes within the bound. Each line it says is shown to
    /// `hear` at once.
    pub fn run(&self, mut hear: impl FnMut(&str)) -> Result<Ended, LabError> {
        fs::create_dir_all(self.folder).map_err(LabError::system("the lab's folder"))?;
        let initrd = self.folder.join(format!("{}.cpio", self.name));
        let verdicts = self.folder.join(format!("{}.verdicts", self.name));
        fs::write(&initrd, self.files()?).map_err(LabError::system("the guest's files"))?;
        // Of an earlier run, which is not to be taken for this one's.
        fs::write(&verdicts, "").map_err(LabError::system("the guest's verdicts"))?;
        let mut log_file =
            File::create(self.log_path()).map_err(LabError::system("the guest's log"))?;

        let running = self.start(&initrd, &verdicts)?;
        let deadline = Instant::now() + self.bound;
        let mut log = Vec::new();
        let error = loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            match running.lines.recv_timeout(rest) {
                Ok(line) => {
                    // Whoever reads the file later misses a line then; the run does not fail for it.
                    let _ = writeln!(log_file, "{line}");
                    hear(&line);
                    log.push(line);
                }
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {
                    break Some(LabError::Overdue { bound: self.bound });
                }
            }
        };
        drop(running);
        let verdicts = fs::read(&verdicts).map_err(LabError::system("the guest's verdicts"))?;
        let _ = fs::remove_file(initrd);
        Ok(Ended {
            log,
            verdicts: String::from_utf8_lossy(&verdicts).into_owned(),
            error,
        })
    }

    /// The guest's files, as an archive.
    fn files(&self) -> Result<Vec<u8>, LabError> {
        let mut archive = Archive::default();
        let failed = || LabError::system("a part of the guest");
        for folder in ["proc", "sys", "dev", "tmp"] {
            archive.folder(folder);
        }
        archive.file("init", include_bytes!("../../guest/init"));
        let busybox = self.parts.busybox();
        archive.copy("bin/busybox", &busybox).map_err(failed())?;
        for applet in BUSYBOX {
            archive.link(&format!("bin/{applet}"), "busybox");
        }
        let modules = self.parts.modules();
        archive
            .copy_all("lab/modules", &modules)
            .map_err(failed())?;
        let alsa = self.parts.alsa();
        archive
            .copy_all("usr/share/alsa", &alsa)
            .map_err(failed())?;
        let mut arguments = self.arguments.join("\n");
        arguments.push('\n');
        archive.file("lab/arguments", arguments.as_bytes());
        archive.file(
            "lab/bound",
            format!("{}\n", self.bound.as_secs()).as_bytes(),
        );
        archive.file("etc/group", GROUPS.as_bytes());
        archive.file("etc/passwd", USERS.as_bytes());
        for program in std::iter::once(self.program).chain(self.further) {
            program::add(&mut archive, program)?;
        }
        Ok(archive.finish())
    }

    fn start(&self, initrd: &Path, verdicts: &Path) -> Result<Running, LabError> {
        // It dies with the thread that waits for it, also if this process is killed.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(self.parts.qemu());
        for firmware in self.parts.firmware() {
            command.arg("-L").arg(firmware);
        }
        // Emulated throughout: where /dev/kvm can be opened it need not work.
        command.args(["-M", "pc", "-accel", "tcg,thread=multi", "-cpu", "max"]);
        command.args(["-smp", "2", "-m", "1024", "-nodefaults", "-no-user-config"]);
        command.args(["-display", "none", "-no-reboot", "-serial", "stdio"]);
        command
            .arg("-serial")
            .arg(format!("file:{}", verdicts.display()));
        command.arg("-kernel").arg(self.parts.kernel());
        command.arg("-initrd").arg(initrd);
        command.arg("-append").arg(
            "console=ttyS0 quiet loglevel=4 panic=-1 reboot=t mitigations=off tsc=reliable rdinit=/init",
        );
        let libraries = std::env::join_paths(self.parts.qemu_libraries())
            .map_err(|error| LabError::system("the cache's path")(std::io::Error::other(error)))?;
        let mut child = command
            .env("LD_LIBRARY_PATH", libraries)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(LabError::system("setpriv, which starts QEMU"))?;
        let output = child.stdout.take();
        // From here on dropping it ends the machine.
        let mut running = Running {
            child,
            lines: channel().1,
        };
        if let Some(output) = output {
            running.lines = read(output)?;
        }
        Ok(running)
    }
}

/// A machine that runs. Dropping it ends it.
#[derive(Debug)]
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to one that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on a thread, which ends with the machine.
fn read(output: ChildStdout) -> Result<Receiver<String>, LabError> {
    let (sender, lines) = channel();
    std::thread::Builder::new()
        .name("console".to_owned())
        .spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            // A console is no text file: what is no UTF-8 is shown as far as it can be.
            while output
                .read_until(b'\n', &mut line)
                .is_ok_and(|length| length > 0)
            {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                if sender.send(text).is_err() {
                    return;
                }
            }
        })
        .map_err(LabError::system("a thread"))?;
    Ok(lines)
}
