//! The lab that a device's author gives: his device, and what can befall it.

use exeunt_port::{Device, async_trait};

use crate::Obstacle;

/// A device's lab: the device, and what can befall it.
///
/// Only [`device`](Self::device) has to be there. Everything else says `not offered` until it is, and
/// the cases that need it are listed as such. Each case gets a lab of its own and drops it at its end;
/// the device itself may be the same real one every time.
#[async_trait]
pub trait Lab: Send + Sync + 'static {
    /// The device. It is asked for once.
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle>;

    /// How often the system shows the device to be held by this process just now, seen from outside
    /// of the adapter: descriptors, clients of a sound server.
    async fn held(&self) -> Result<usize, Obstacle> {
        Err(Obstacle::not_offered(
            "the system does not show who holds it",
        ))
    }

    /// The device goes away, as if it were unplugged.
    async fn vanish(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered("it cannot be unplugged on command"))
    }

    /// From now on the driver does not come back from opening, until [`let_go`](Self::let_go).
    async fn hold_opening(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered("its driver never hangs on command"))
    }

    /// From now on the driver does not come back from releasing, until [`let_go`](Self::let_go).
    async fn hold_release(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered("its driver never hangs on command"))
    }

    /// From now on an opening that is given up leaves the device held, and the adapter gets to see that,
    /// until [`let_go`](Self::let_go).
    async fn stay_held(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered(
            "its driver never keeps a device on command",
        ))
    }

    /// The driver comes back from what it was held in, and holds nothing any more.
    async fn let_go(&self) -> Result<(), Obstacle> {
        Err(Obstacle::not_offered("its driver never hangs on command"))
    }
}
