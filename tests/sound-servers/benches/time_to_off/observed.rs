//! The view from outside: which stream of this process is open, and when it is gone.

use std::time::{Duration, Instant};

use exeunt_port::DeviceKind;
use exeunt_pulse_server::{Onlooker, PulseServer, Watch};

use crate::measuring::Failure;

/// No server takes longer to tell that a stream is gone.
const TOLD: Duration = Duration::from_secs(20);

/// Somebody who watches the server.
pub(crate) struct Observed {
    kind: DeviceKind,
    onlooker: Onlooker,
    watch: Watch,
}

impl Observed {
    pub(crate) fn on(server: &PulseServer, kind: DeviceKind) -> Result<Self, Failure> {
        Ok(Self {
            kind,
            onlooker: server.onlooker(),
            watch: server.watch()?,
        })
    }

    /// The only stream that this process has open. `PipeWire` shows one that runs a moment later.
    pub(crate) fn open(&self) -> Result<u64, Failure> {
        let deadline = Instant::now() + TOLD;
        loop {
            let streams = self.onlooker.streams_of(std::process::id())?;
            match streams.as_slice() {
                [stream] => return Ok(stream.index),
                [] if Instant::now() < deadline => {}
                other => return Err(format!("there is to be one stream: {other:?}").into()),
            }
        }
    }

    /// When the server told that it is gone.
    pub(crate) fn off(&self, stream: u64) -> Result<Instant, Failure> {
        let sort = match self.kind {
            DeviceKind::Speaker => "sink-input",
            DeviceKind::Microphone | DeviceKind::Camera => "source-output",
        };
        Ok(self.watch.until_removed(sort, stream, TOLD)?)
    }
}
