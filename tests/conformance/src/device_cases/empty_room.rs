//! A transport with nobody at the other end: what a device's case needs of a room.

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest, RoomLink,
    Transport, async_trait,
};

/// Lets everybody in and tells nothing.
pub(super) struct EmptyRoom;

struct Alone;

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
        _link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        Ok(Box::new(Alone))
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
