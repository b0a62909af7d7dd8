//! In what a microphone and a speaker are alike: which one is meant, and what can be set about it.

use std::marker::PhantomData;
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use crate::call::Call;
use crate::device_thread::{self, Plan};
use crate::naming::Wanted;
use crate::opening::Settings;
use crate::stream::OpenStream;

/// A sound device of this machine; [`CpalMicrophone`](crate::CpalMicrophone) or
/// [`CpalSpeaker`](crate::CpalSpeaker), as `D` says.
///
/// Making one touches nothing; the device is looked for each time it is opened.
#[derive(Clone, Debug)]
pub struct CpalDevice<D> {
    wanted: Wanted,
    settings: Settings,
    direction: PhantomData<D>,
}

/// Which way the sound goes.
pub trait Direction: Opens + Send + Sync + 'static {}

/// What differs between the directions. Nobody else can name it, so nobody else can add one.
pub trait Opens {
    /// What the device is.
    const KIND: DeviceKind;
    /// What its thread is called.
    const THREAD: &'static str;
    /// Opens it without starting it. Runs on the device thread.
    #[doc(hidden)]
    fn open(opened: Opened<'_>) -> Result<OpenStream, DeviceError>;
}

/// What is to be opened.
pub struct Opened<'a> {
    pub(crate) wanted: Wanted,
    pub(crate) settings: Settings,
    pub(crate) link: &'a DeviceLink,
    pub(crate) call: &'a Call,
}

impl<D: Direction> CpalDevice<D> {
    /// The one that the system uses when nobody says anything. Where a sound server has another one later,
    /// the stream goes on there.
    #[must_use]
    pub fn default_device() -> Self {
        Self::of(Wanted::Default)
    }

    /// The one whose name or identifier is `name`, or else the only one that contains it in any case.
    /// [`list`](crate::list) shows them.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::of(Wanted::Named(name.into()))
    }

    fn of(wanted: Wanted) -> Self {
        Self {
            wanted,
            settings: Settings::default(),
            direction: PhantomData,
        }
    }

    /// How much sound the driver is asked to deliver or to take at once: 20 ms unless set, and always
    /// within what the device allows. A slow machine needs more.
    #[must_use]
    pub fn with_period(mut self, period: Duration) -> Self {
        self.settings.period = period;
        self
    }

    /// How long the device may deliver nothing, or ask for nothing, before it counts as vanished: 2 s
    /// unless set.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }
}

#[async_trait]
impl<D: Direction> Device for CpalDevice<D> {
    fn kind(&self) -> DeviceKind {
        D::KIND
    }

    fn name(&self) -> String {
        self.wanted.shown(D::KIND)
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let (wanted, settings) = (self.wanted.clone(), self.settings);
        let open = move |link: &DeviceLink, call: &Call| {
            D::open(Opened {
                wanted,
                settings,
                link,
                call,
            })
        };
        let plan = Plan {
            thread: D::THREAD,
            name: self.name(),
            patience: settings.patience,
            open: Box::new(open),
        };
        device_thread::open(plan, link).await
    }
}
