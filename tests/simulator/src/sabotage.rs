//! Faults that are built in on purpose, to show that they are found.

use std::sync::Arc;

use exeunt_loopback::FaultyDevice;
use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, Device, DeviceError, DeviceKind,
    DeviceLink, EnterError, EnterRequest, OpenDevice, RoomLink, RoomSignal, Transport, async_trait,
};
use exeunt_websocket::WebSocketTransport;

/// Something that is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// The transport keeps a kick to itself.
    KicksAreIgnored,
    /// The transport claims to have announced a departure, and has not.
    DeparturesAreNotAnnounced,
    /// The transport tells of everybody's departure twice.
    DeparturesAreToldTwice,
    /// The service's leases last for an hour.
    LeasesDoNotExpire,
    /// Devices say that they are released, and are not.
    DevicesStayOn,
}

/// The transport of a person: the real one, or one that is wrong on purpose.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    transport: WebSocketTransport,
    sabotage: Option<Sabotage>,
}

impl Line {
    pub(crate) fn new(transport: WebSocketTransport, sabotage: Option<Sabotage>) -> Self {
        Self {
            transport,
            sabotage,
        }
    }
}

#[async_trait]
impl Transport for Line {
    fn name(&self) -> &str {
        self.transport.name()
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        match self.sabotage {
            Some(sabotage @ (Sabotage::KicksAreIgnored | Sabotage::DeparturesAreToldTwice)) => {
                let link = tampered(link, sabotage);
                self.transport.connect(request, link).await
            }
            Some(Sabotage::DeparturesAreNotAnnounced) => {
                let connection = self.transport.connect(request, link).await?;
                Ok(Box::new(Silent(connection)))
            }
            Some(Sabotage::LeasesDoNotExpire | Sabotage::DevicesStayOn) | None => {
                self.transport.connect(request, link).await
            }
        }
    }
}

/// A link whose signals pass through wrong hands.
fn tampered(outer: RoomLink, sabotage: Sabotage) -> RoomLink {
    let (inner, mut side) = RoomLink::pair();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = outer.abandoned() => break side.abandon.cancel(),
                signal = side.signals.recv() => match signal {
                    None => break,
                    Some(RoomSignal::Kicked) if sabotage == Sabotage::KicksAreIgnored => {}
                    Some(left @ RoomSignal::RemoteUserLeft(..))
                        if sabotage == Sabotage::DeparturesAreToldTwice =>
                    {
                        outer.signal(left.clone()).await;
                        outer.signal(left).await;
                    }
                    Some(signal) => outer.signal(signal).await,
                },
                Some(frame) = outer.next_outbound() => {
                    side.outbound.push(frame);
                }
                Some(frame) = side.inbound.next() => outer.received(frame),
            }
        }
        // What is said during the exit is said as it is.
        side.outbound.close();
        while let Some(signal) = side.signals.recv().await {
            outer.signal(signal).await;
        }
    });
    inner
}

/// A connection that leaves without a word.
struct Silent(Box<dyn Connection>);

#[async_trait]
impl Connection for Silent {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        Ok(DepartureReceipt { peers_told: None })
    }

    async fn close(&self) -> Result<(), CloseError> {
        self.0.close().await
    }
}

/// A way to let devices be wrong.
pub(crate) trait KeepsDevices {
    fn keeps_devices(self, device: FaultyDevice<dyn Device>) -> Kept;
}

impl KeepsDevices for Option<Sabotage> {
    fn keeps_devices(self, device: FaultyDevice<dyn Device>) -> Kept {
        let stays_on = self == Some(Sabotage::DevicesStayOn);
        Kept {
            device: Arc::new(device),
            stays_on,
        }
    }
}

/// A device that may stay on.
pub(crate) struct Kept {
    device: Arc<FaultyDevice<dyn Device>>,
    stays_on: bool,
}

#[async_trait]
impl Device for Kept {
    fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    fn name(&self) -> String {
        self.device.name()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let open = self.device.open(link).await?;
        if self.stays_on {
            Ok(Box::new(StaysOn(open)))
        } else {
            Ok(open)
        }
    }
}

struct StaysOn(Box<dyn OpenDevice>);

#[async_trait]
impl OpenDevice for StaysOn {
    fn description(&self) -> String {
        self.0.description()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        // The task that holds it ends with the process.
        tokio::spawn(async move {
            let _on = self;
            std::future::pending::<()>().await;
        });
        Ok(())
    }
}
