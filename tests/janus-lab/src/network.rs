//! A network namespace for the whole test process.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use thiserror::Error;

use crate::LabError;
use crate::link::{ip, until_running};

/// Says that this process is in a network of its own.
const INSIDE: &str = "EXEUNT_JANUS_LAB_INSIDE";

/// What is tried first, since a refusal is to be reported and not to end the process: everything that
/// the lab needs of the kernel. The rule is about UDP, by its number as in a wire's rules.
const PROBE: &str = "ip link set lo up \
    && ip link add near0 type veth peer name far0 \
    && ip rule add pref 10 iif near0 ipproto 17 blackhole";

/// The first process of the namespaces. It is a shell and not the test itself, because a first process
/// inherits and must reap what others leave behind, and is deaf to signals. The rules say that local
/// addresses are looked up after the rules of the lab, which could cut nothing otherwise.
const FIRST: &str =
    "ip link set lo up && ip rule add pref 100 lookup local && ip rule del pref 0 || exit 70
    \"$0\" \"$@\"
    exit $?";

/// The network of this process, which has nothing in it but what the lab has made.
///
/// It is the proof that [`Network::own`] has been there, and can be copied.
#[derive(Clone, Copy, Debug)]
pub struct Network(());

/// Why there is no network of this process's own.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct NoNetwork(String);

impl Network {
    /// Gives the network an address beside loopback, on a wire that leads nowhere. Once.
    pub fn lay_address(self, address: Ipv4Addr) -> Result<(), LabError> {
        ip("link add own0 type veth peer name own1")?;
        ip(&format!("addr add {address}/24 dev own0"))?;
        ip("link set own0 up")?;
        ip("link set own1 up")?;
        until_running(|| ip("link show dev own0"))
    }

    /// Moves this process into a network of its own: starts the program once more, in namespaces for
    /// network, process numbers and mounts, with the same arguments, and never returns from there. In
    /// the program that was started so it returns the network.
    ///
    /// To be called first in `main`. All processes in the namespaces are killed by the kernel when the
    /// one that was started first ends, however it ends.
    pub fn own() -> Result<Self, NoNetwork> {
        if std::env::var_os(INSIDE).is_some() {
            return Ok(Self(()));
        }
        if let Some(missing) = exeunt_requirements::missing(&["unshare", "nsenter", "ip", "sh"]) {
            return Err(NoNetwork(missing));
        }
        let tried = unshare()
            .args(["sh", "-c", PROBE])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| NoNetwork(format!("unshare ({error})")))?;
        if !tried.status.success() {
            let said = String::from_utf8_lossy(&tried.stderr);
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            return Err(NoNetwork(format!("network namespaces ({said})")));
        }
        let program = std::env::current_exe()
            .map_err(|error| NoNetwork(format!("this program's path ({error})")))?;
        let mut again = unshare();
        again
            .args(["sh", "-c", FIRST])
            .arg(program)
            .args(std::env::args_os().skip(1))
            .env(INSIDE, "1");
        Err(NoNetwork(format!("unshare ({})", become_it(again))))
    }
}

/// `unshare`, as whom it takes. Its first process dies with it, and all others with that.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Returns only if this process cannot become that program.
#[cfg(unix)]
fn become_it(mut command: Command) -> std::io::Error {
    use std::os::unix::process::CommandExt;

    command.exec()
}
