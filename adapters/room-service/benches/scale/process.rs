//! Processes that are told line by line what to do, and answer with a line.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Another process of this program. It ends with this.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(crate) fn playing(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(crate::ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    pub(crate) fn hear(&mut self) -> String {
        self.output.next().expect("an answer").unwrap()
    }

    pub(crate) fn asked(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }
}

/// Does what it is told, until nobody is there any more to tell it.
pub(crate) fn obey<'a, T>(mut act: impl AsyncFnMut(&[&str]) -> T + 'a)
where
    T: std::fmt::Display,
{
    allow_descriptors(1 << 20);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let answer = runtime.block_on(act(&words));
        println!("{answer}");
    }
}

/// Allows as many file descriptors as are needed, or as may be; answers how many.
pub(crate) fn allow_descriptors(needed: u64) -> u64 {
    let allowed = rlimit::increase_nofile_limit(needed).unwrap_or(0);
    if allowed >= needed {
        return allowed;
    }
    // Whoever may raise the hard limit as well does it.
    let raised = rlimit::setrlimit(rlimit::Resource::NOFILE, needed, needed);
    raised.map_or(allowed, |()| needed)
}

/// How much memory this process has, in bytes; 0 where the system does not say.
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    1024 * kilobytes.unwrap_or(0_usize)
}
