//! The namespace that a server lives in, and the wire to it.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::{LabError, Network};

/// The protocols by number: their names stand in a file that a small system need not have.
const TCP: u8 = 6;
const UDP: u8 = 17;

/// What passes the wire between us and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// UDP: ICE, DTLS, SRTP.
    Media,
    /// TCP to and from the server's first address. The address for
    /// [onlookers](crate::JanusServer::onlookers_url) and the admin API are spared.
    Signalling,
}

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From us to the server.
    ToServer,
    /// From the server to us.
    FromServer,
}

/// A wire of virtual interfaces between this process's network and a server's.
///
/// What is cut is dropped without a word where it arrives, as on a network that has failed somewhere far
/// away: nobody is told, sockets stay open, and what TCP sends again arrives after mending.
#[derive(Debug)]
pub struct Link {
    /// Holds the server's namespace, also while no server runs.
    holder: Child,
    number: u16,
}

/// How many subnets there are, of 10.64.0.0/10.
const SUBNETS: u16 = 1 << 14;
/// How long an interface may take until it runs; it takes a second at most where nothing is wrong.
const RUNNING: Duration = Duration::from_secs(20);
/// Between two looks; nothing depends on it.
const NAP: Duration = Duration::from_millis(10);
static NEXT: AtomicU16 = AtomicU16::new(0);

impl Link {
    pub(crate) fn lay(_network: Network) -> Result<Self, LabError> {
        let number = NEXT
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                (next < SUBNETS).then_some(next + 1)
            })
            .map_err(|_| LabError::NoAddress)?;
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo; read end"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(LabError::system("unshare"))?;
        if let Some(output) = holder.stdout.take() {
            // The line says that the namespace is there.
            BufReader::new(output)
                .read_line(&mut String::new())
                .map_err(LabError::system("unshare"))?;
        }
        let link = Self { holder, number };
        let (near, far, there) = (link.near(), link.far(), link.holder.id());
        let ours = link.ours();
        ip(&format!(
            "link add {near} type veth peer name {far} netns {there}"
        ))?;
        ip(&format!("addr add {ours}/24 dev {near}"))?;
        // Only what is for our address on this wire comes over it. A browser offers the addresses of all
        // wires to all servers, and libnice answers on the wire it was asked on, whatever the routes say:
        // media would go through an address that vanishes with another server.
        ip(&format!(
            "rule add pref 20 iif {near} to {ours} lookup local"
        ))?;
        ip(&format!("rule add pref 21 iif {near} blackhole"))?;
        ip(&format!("link set {near} up"))?;
        link.ip_there("link set lo up")?;
        for address in [link.server(), link.aside()] {
            link.ip_there(&format!("addr add {address}/24 dev {far}"))?;
        }
        link.ip_there(&format!("link set {far} up"))?;
        link.ip_there("rule add pref 100 lookup local")?;
        link.ip_there("rule del pref 0")?;
        until_running(|| ip(&format!("link show dev {near}")))?;
        until_running(|| link.ip_there(&format!("link show dev {far}")))?;
        Ok(link)
    }

    /// Cuts this traffic both ways.
    pub fn cut(&self, traffic: Traffic) -> Result<(), LabError> {
        self.cut_one_way(traffic, Way::ToServer)?;
        self.cut_one_way(traffic, Way::FromServer)
    }

    /// Cuts this traffic one way. What is cut already stays cut.
    pub fn cut_one_way(&self, traffic: Traffic, way: Way) -> Result<(), LabError> {
        // Of two equal rules one is refused, but `mend` takes one away; so there is never a second.
        self.mend_one_way(traffic, way)?;
        let rule = self.rule(traffic, way);
        self.ip_where_it_arrives(way, &format!("rule add {rule} blackhole"))
            .map(drop)
    }

    /// Lets this traffic pass again, both ways.
    pub fn mend(&self, traffic: Traffic) -> Result<(), LabError> {
        self.mend_one_way(traffic, Way::ToServer)?;
        self.mend_one_way(traffic, Way::FromServer)
    }

    fn mend_one_way(&self, traffic: Traffic, way: Way) -> Result<(), LabError> {
        let rule = self.rule(traffic, way);
        match self.ip_where_it_arrives(way, &format!("rule del {rule} blackhole")) {
            Err(LabError::Command { said, .. }) if said.contains("No such file") => Ok(()),
            other => other.map(drop),
        }
    }

    fn rule(&self, traffic: Traffic, way: Way) -> String {
        let interface = match way {
            Way::ToServer => self.far(),
            Way::FromServer => self.near(),
        };
        let which = match (traffic, way) {
            (Traffic::Media, _) => format!("ipproto {UDP}"),
            (Traffic::Signalling, Way::ToServer) => format!("ipproto {TCP} to {}", self.server()),
            (Traffic::Signalling, Way::FromServer) => {
                format!("ipproto {TCP} from {}", self.server())
            }
        };
        format!("pref 10 iif {interface} {which}")
    }

    fn ip_where_it_arrives(&self, way: Way, arguments: &str) -> Result<String, LabError> {
        match way {
            Way::ToServer => self.ip_there(arguments),
            Way::FromServer => ip(arguments),
        }
    }

    fn ip_there(&self, arguments: &str) -> Result<String, LabError> {
        let mut command = self.there("ip");
        command.args(arguments.split(' '));
        run(command)
    }

    /// A program in the server's namespace, which has the number of the process that is started.
    pub(crate) fn there(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.holder.id()));
        command.arg(program);
        command
    }

    fn near(&self) -> String {
        format!("near{}", self.number)
    }

    fn far(&self) -> String {
        format!("far{}", self.number)
    }

    /// The server's first address.
    pub(crate) fn server(&self) -> Ipv4Addr {
        self.address(1)
    }

    /// The server's address for those whose signalling is not cut. That the first one is no beginning of
    /// its text matters: Janus takes a text for all addresses that begin with it.
    pub(crate) fn aside(&self) -> Ipv4Addr {
        self.address(2)
    }

    /// Our own address on this wire.
    #[must_use]
    pub fn ours(&self) -> Ipv4Addr {
        self.address(9)
    }

    fn address(&self, host: u8) -> Ipv4Addr {
        let [high, low] = self.number.to_be_bytes();
        Ipv4Addr::new(10, 64 + high, low, host)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Waits until an interface runs, of which this is what `ip` shows.
///
/// It is up at once and traffic passes, but it may take the kernel a second to call it running, and who
/// looks for addresses of his own takes none of an interface that is not: Janus cannot publish for want of
/// candidates, Chromium has none.
pub(crate) fn until_running(show: impl Fn() -> Result<String, LabError>) -> Result<(), LabError> {
    let deadline = Instant::now() + RUNNING;
    loop {
        let shown = show()?;
        if shown.contains(" state UP ") {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let within = RUNNING;
            return Err(LabError::NotRunning { within, shown });
        }
        std::thread::sleep(NAP);
    }
}

/// What `ip` prints when it is asked for this.
pub(crate) fn ip(arguments: &str) -> Result<String, LabError> {
    let mut command = Command::new("ip");
    command.args(arguments.split(' '));
    run(command)
}

fn run(mut command: Command) -> Result<String, LabError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(LabError::system("ip"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Command {
        command: format!("{command:?}"),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
