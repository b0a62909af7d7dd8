//! A transport with nobody at the other end but a listener: what a device's case needs of a room.

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest, FrameQueue,
    MediaFrame, RoomLink, Transport, async_trait,
};
use tokio::task::JoinSet;

/// Lets everybody in and tells nothing.
pub(super) struct EmptyRoom {
    sent: FrameQueue<MediaFrame>,
}

struct Alone {
    /// Dropping it ends the listening.
    _listening: JoinSet<()>,
}

impl EmptyRoom {
    /// A room, and what was sent into it last.
    pub(super) fn heard() -> (Self, FrameQueue<MediaFrame>) {
        /// Only the newest count.
        const KEPT: usize = 4;
        let sent = FrameQueue::bounded(KEPT);
        (Self { sent: sent.clone() }, sent)
    }
}

#[async_trait]
impl Transport for EmptyRoom {
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "the trait fixes the signature"
    )]
    fn name(&self) -> &str {
        "empty room"
    }

    async fn connect(
        &self,
        _request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let sent = self.sent.clone();
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            while let Some(frame) = link.next_outbound().await {
                sent.push(frame);
            }
        });
        Ok(Box::new(Alone {
            _listening: listening,
        }))
    }
}

#[async_trait]
impl Connection for Alone {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        Ok(DepartureReceipt::default())
    }

    async fn close(&self) -> Result<(), CloseError> {
        Ok(())
    }
}
