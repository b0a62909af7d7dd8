//! A device that the application opened itself: to look at it, to hand it over, or to lend it.

use std::sync::Arc;

use exeunt_core::Policy;
use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, FrameQueue, MediaFrame, OpenDevice, async_trait,
};
use tokio::time::timeout;

use crate::Departures;
use crate::custody::{Custody, Keeper, User};
use crate::ports::{self, Opened};

/// A device that the application opened itself.
///
/// * It can **look at it**: [`frames`](Self::frames).
/// * It can **hand it over** to a stay, before entering ([`Client::with_preview`](crate::Client::with_preview))
///   or in mid-room ([`RoomHandle::adopt`](crate::RoomHandle::adopt)), also while it still opens. From
///   then on the stay owns it and releases it in its exit, whatever ends it, a failed enter included
///   (G-3). [`frames`](Self::frames) go on until then.
/// * It can **lend it** to stays: [`lend`](Self::lend). They use it, fall silent at their exit, and leave
///   it open (G-16).
/// * It can **release it**: [`release`](Self::release). Dropping it does the same in the background,
///   without blocking; [`tracked_by`](Self::tracked_by) lets a process that ends wait for that.
///
/// A device that vanishes or breaks is let go of at once; [`broken`](Self::broken) tells it.
///
/// ```no_run
/// # use exeunt_port::{Device, EnterRequest, Transport};
/// # async fn example(transport: impl Transport, camera: impl Device)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use exeunt_runtime::{Client, Preview};
///
/// let preview = Preview::open(camera);
/// println!("{}", preview.opened().await?);
/// let mirror = preview.frames();
/// let _picture = mirror.next().await; // how do I look?
///
/// let client = Client::new(transport).with_preview(preview);
/// let room = client.enter(EnterRequest::unsigned("alice", "standup")?);
/// let (report, _client) = room.exit().await; // the camera is off
/// # drop(report); Ok(()) }
/// ```
#[must_use = "dropping a preview releases its device"]
pub struct Preview {
    custody: Arc<Custody>,
    policy: Policy,
}

/// What a stay gets to use of a device that stays the application's (G-16).
///
/// It is lent with [`Client::with_lent`](crate::Client::with_lent) to every stay of a client, or with
/// [`RoomHandle::lend`](crate::RoomHandle::lend) to one. Cloning gives another one of the same device, and several
/// stays may use it at the same time. It does not keep the device open: when the application releases
/// its [`Preview`], the device has vanished for them.
///
/// ```no_run
/// # use exeunt_port::{Device, EnterRequest, Transport};
/// # async fn example(transport: impl Transport, microphone: impl Device)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use exeunt_runtime::{Client, Preview};
///
/// let microphone = Preview::open(microphone);
/// let client = Client::new(transport).with_lent(microphone.lend());
/// let room = client.enter(EnterRequest::unsigned("alice", "standup")?);
/// let (report, client) = room.exit().await; // silent, and the microphone is still open
/// let room = client.enter(EnterRequest::unsigned("alice", "retrospective")?);
/// let (report, _client) = room.exit().await;
/// microphone.release().await?; // now it is off
/// # drop(report); Ok(()) }
/// ```
#[derive(Clone)]
pub struct Lent(Arc<Custody>);

impl Preview {
    /// Begins to open a device, with the default deadlines.
    ///
    /// # Panics
    /// Outside of a tokio runtime. The device lives in the runtime it was opened in, also after it was
    /// handed over.
    pub fn open(device: impl Device) -> Self {
        Self::open_within(device, Policy::default())
    }

    /// Begins to open a device that is to open within [`Policy::opening`] and to let go within
    /// [`Policy::device`].
    ///
    /// # Panics
    /// Outside of a tokio runtime, as [`open`](Self::open) does.
    pub fn open_within(device: impl Device, policy: Policy) -> Self {
        Self {
            custody: Custody::begin(Arc::new(device), Keeper::Owner(policy)),
            policy,
        }
    }

    /// Counts it among what a process that ends waits for, until its device is released or has not
    /// let go within [`Policy::device`].
    pub fn tracked_by(self, departures: &Departures) -> Self {
        self.custody.track(departures.stay());
        self
    }

    /// What the device does.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        self.custody.kind
    }

    /// What the device is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.custody.name
    }

    /// Whether other sessions may use the device at the same time ([`Device::is_shared`]).
    pub(crate) fn is_shared(&self) -> bool {
        self.custody.is_shared
    }

    /// Waits until the device is open, and answers what was really opened; or why it could not be.
    /// Dropping the future stops nothing (G-7).
    pub async fn opened(&self) -> Result<String, DeviceError> {
        self.custody.opened().await
    }

    /// What the device captures, for showing it. The oldest frames are dropped when nobody takes them. It
    /// closes when the device is let go of, whoever does so.
    #[must_use]
    pub fn frames(&self) -> FrameQueue<MediaFrame> {
        self.custody.view.clone()
    }

    /// Waits until the device could not be opened, has gone by itself, or broke; it is let go of then.
    pub async fn broken(&self) -> DeviceError {
        let broken = self.custody.broken().await;
        broken.unwrap_or_else(|| self.custody.vanished("it was released"))
    }

    /// Something of it for stays to use, while it stays the application's (G-16).
    #[must_use]
    pub fn lend(&self) -> Lent {
        Lent(Arc::clone(&self.custody))
    }

    /// Releases the device. The release begins with the call; the future only waits for its end, at
    /// most for [`Policy::device`]. `Ok` means that the operating system's handle is gone (G-13);
    /// a device that never opened, or has gone by itself, is released. One whose opening
    /// [may have left it held](DeviceError::may_be_held) answers that opening's error.
    pub fn release(self) -> impl Future<Output = Result<(), DeviceError>> + Send + use<> {
        let (custody, bound) = (Arc::clone(&self.custody), self.policy.device);
        drop(self);
        async move {
            match timeout(bound, custody.ended()).await {
                Ok(released) => released,
                Err(_) => Err(ports::not_let_go(&custody.name, bound)),
            }
        }
    }

    /// Whether a stay can adopt it as open.
    pub(crate) fn is_open(&self) -> bool {
        self.custody.is_open()
    }

    /// Becomes a stay's open device. Answers as well what has befallen it meanwhile.
    pub(crate) fn adopt(self, link: DeviceLink) -> (Opened, Option<DeviceError>) {
        let user = self.custody.join(link);
        let broken = user.is_none().then(|| {
            let custody = &self.custody;
            let broken = custody.broken_now();
            broken.unwrap_or_else(|| custody.vanished("it was let go of"))
        });
        let description = self.custody.description_now();
        let device = Adopted {
            _user: user,
            description: description.clone(),
            preview: self,
        };
        let opened = Opened {
            device: Box::new(device),
            description,
        };
        (opened, broken)
    }

    /// Becomes a stay's opening: of a device that is not open yet.
    pub(crate) async fn open_for(self, link: DeviceLink) -> Result<Opened, DeviceError> {
        let user = self.custody.join(link.clone());
        // One that was late may still open, so an error waits until it is known what is held.
        let description = tokio::select! {
            biased;
            opened = self.custody.opened_for() => opened,
            () = link.abandoned() => {
                self.custody.abandon();
                self.custody.opened_for().await
            }
        }?;
        if user.is_none()
            && let Some(error) = self.custody.broken_now()
        {
            link.signal(exeunt_port::DeviceSignal::Vanished(error));
        }
        let device = Adopted {
            preview: self,
            _user: user,
            description: description.clone(),
        };
        Ok(Opened {
            device: Box::new(device),
            description,
        })
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.custody.let_go();
    }
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Preview")
            .field("device", &self.custody.name)
            .field("open", &self.custody.is_open())
            .finish_non_exhaustive()
    }
}

/// A preview that a stay owns. Dropping it lets go of the device.
struct Adopted {
    preview: Preview,
    _user: Option<User>,
    description: String,
}

#[async_trait]
impl OpenDevice for Adopted {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let custody = Arc::clone(&self.preview.custody);
        drop(self);
        // The stay bounds it.
        custody.ended().await
    }
}

impl Lent {
    /// What the device does.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        self.0.kind
    }

    /// What the device is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Begins to use it.
    pub(crate) fn join(&self, link: DeviceLink) -> Option<User> {
        self.0.join(link)
    }

    /// Waits until it is open.
    pub(crate) async fn opened(&self) -> Result<String, DeviceError> {
        self.0.opened().await
    }

    /// Why it cannot be used any more.
    pub(crate) fn why_not(&self) -> DeviceError {
        let broken = self.0.broken_now();
        broken.unwrap_or_else(|| self.0.vanished("the application has let go of it"))
    }
}

impl std::fmt::Debug for Lent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Lent").field(&self.0.name).finish()
    }
}
