//! Transports and devices of the author's, as the runtime takes them.

use std::sync::Arc;

use exeunt_port::{
    Connection, Device, DeviceError, DeviceKind, DeviceLink, EnterError, EnterRequest, OpenDevice,
    RoomLink, Transport, async_trait,
};

use crate::moments::Tripwire;

/// Passes everything on.
pub(crate) struct Borrowed<T: ?Sized>(pub(crate) Arc<T>);

/// Passes everything on, but while it is entered or opened it is held where the tripwire says, until
/// that has been abandoned.
pub(crate) struct Held<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) tripwire: Arc<Tripwire>,
}

#[async_trait]
impl Transport for Borrowed<dyn Transport> {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        self.0.connect(request, link).await
    }
}

#[async_trait]
impl Transport for Held<dyn Transport> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let abandoned = link.clone();
        let connecting = self.inner.connect(request, link);
        self.tripwire.drive(connecting, abandoned.abandoned()).await
    }
}

#[async_trait]
impl Device for Borrowed<dyn Device> {
    fn kind(&self) -> DeviceKind {
        self.0.kind()
    }

    fn name(&self) -> String {
        self.0.name()
    }

    fn is_shared(&self) -> bool {
        self.0.is_shared()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.0.open(link).await
    }
}

#[async_trait]
impl Device for Held<dyn Device> {
    fn kind(&self) -> DeviceKind {
        self.inner.kind()
    }

    fn name(&self) -> String {
        self.inner.name()
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let abandoned = link.clone();
        let opening = self.inner.open(link);
        self.tripwire.drive(opening, abandoned.abandoned()).await
    }
}
