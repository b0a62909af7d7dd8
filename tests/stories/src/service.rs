//! The room service, in a process of its own.

use std::process::ExitStatus;
use std::time::Duration;

use crate::process::Process;
use crate::{Footprint, Signal, StoryFailure};

/// `exeunt serve` on a free port of loopback. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    process: Process,
    address: String,
    lease: Duration,
}

impl Service {
    /// The lease of its stays: short, for stories wait for its end; and long enough that a busy machine
    /// loses nobody by mistake.
    pub const LEASE: Duration = Duration::from_secs(2);

    /// A lease so long that a departure runs out of time before the link counts as lost, which it does
    /// after half a lease of silence.
    pub const LONG_LEASE: Duration = Duration::from_secs(6);

    /// Starts it with [`LEASE`](Self::LEASE), and waits until it listens.
    pub fn start() -> Result<Self, StoryFailure> {
        Self::start_with_lease(Self::LEASE)
    }

    /// Starts it with this lease, and waits until it listens.
    pub fn start_with_lease(lease: Duration) -> Result<Self, StoryFailure> {
        let arguments = [
            "serve".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            format!("--lease={}", lease.as_millis()),
        ];
        let mut process = Process::start("the service", &arguments, &[])?;
        let serving = process.until("listening", |line| line.kind() == "serving")?;
        let address = serving.get("address").as_str().unwrap_or_default();
        Ok(Self {
            address: address.to_owned(),
            lease,
            process,
        })
    }

    /// How long a silent member stays in its room.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where rooms are entered.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), StoryFailure> {
        self.process.signal(signal)
    }

    /// What the process holds at this moment.
    pub fn footprint(&self) -> Result<Footprint, StoryFailure> {
        Footprint::of(self.process.number())
    }

    /// Waits for the end of the process.
    pub fn end(self) -> Result<ExitStatus, StoryFailure> {
        self.process.end().map(|(_, status)| status)
    }
}
