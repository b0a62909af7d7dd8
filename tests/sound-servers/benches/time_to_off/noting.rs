//! When a transport hears of a kick, noted before the session does.

use std::sync::mpsc::Sender;
use std::time::Instant;

use exeunt_port::{
    Connection, EnterError, EnterRequest, RoomLink, RoomSide, RoomSignal, Transport, async_trait,
};

/// A transport that notes when it signals a kick, and hands everything on.
pub(crate) struct Noting<T> {
    pub(crate) transport: T,
    pub(crate) kicked: Sender<Instant>,
}

#[async_trait]
impl<T: Transport> Transport for Noting<T> {
    fn name(&self) -> &str {
        self.transport.name()
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let (inner, side) = RoomLink::pair();
        tokio::spawn(hand_on(link, side, self.kicked.clone()));
        self.transport.connect(request, inner).await
    }
}

/// Ends with the stay: nobody signals any more, the gate is shut, and nothing is recovered.
async fn hand_on(link: RoomLink, side: RoomSide, kicked: Sender<Instant>) {
    let RoomSide {
        mut signals,
        outbound,
        inbound: _nobody_speaks,
        abandon,
    } = side;
    let signals = async {
        while let Some(signal) = signals.recv().await {
            if signal == RoomSignal::Kicked {
                let _ = kicked.send(Instant::now());
            }
            link.signal(signal).await;
        }
    };
    let sound = async {
        while let Some(frame) = link.next_outbound().await {
            outbound.push(frame);
        }
        outbound.close();
    };
    let abandoned = async {
        link.abandoned().await;
        abandon.cancel();
    };
    tokio::join!(signals, sound, abandoned);
}
