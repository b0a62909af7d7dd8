//! One device for several sessions of a process, released by the last.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use crate::custody::{Custody, Left, User};

/// A device that several sessions use at the same time: opened for the first that needs it, released
/// by the last (G-16).
///
/// Cloning gives another handle to the same device; each [`Client`](crate::Client) gets one, with
/// [`with_device`](crate::Client::with_device) or [`start`](crate::RoomHandle::start). Every session has
/// a queue and a gate of its own: who leaves is silent at once (G-14), and the others lose no frame. An
/// exit that is not the last reports its line as [`NotOwed`](crate::Outcome::NotOwed), with how many
/// others used the device then; the last one's says `done` when the operating system's handle is gone (G-13).
///
/// * Whoever opens it while the last one still releases it waits for the release, and opens it anew.
/// * A device that vanishes or breaks does so for everybody, and is let go of at once.
/// * A shared speaker plays everybody's rooms; a user who speaks in two of them is two voices. What it
///   has been given for a session is not played any more once that session's use has ended (G-14):
///   what waits in queues is dropped at once, and a device that keeps sound back is told
///   ([`PlaybackUse`](exeunt_port::PlaybackUse)). Ours take it out of what they have mixed with the
///   others' within 10 ms; what the driver has taken by then, it plays.
/// * It runs in the tokio runtime of whoever opened it first. If that one is shut down, the device has
///   vanished for the others.
///
/// ```no_run
/// # use exeunt_port::{Device, EnterRequest, InvalidUserId, Transport};
/// # async fn example(interview: impl Transport, backstage: impl Transport, camera: impl Device)
/// # -> Result<(), exeunt_port::EnterError> {
/// use exeunt_runtime::{Client, Shared};
///
/// let camera = Shared::new(camera);
/// let interview = Client::new(interview).with_device(camera.clone());
/// let backstage = Client::new(backstage).with_device(camera);
/// let interview = interview.enter(EnterRequest::unsigned("alice", "interview")?);
/// let backstage = backstage.enter(EnterRequest::unsigned("alice", "backstage")?);
/// let (report, _) = interview.exit().await;
/// println!("{report}"); // camera not owed, shared: 1 other used it on
/// let (report, _) = backstage.exit().await;
/// println!("{report}"); // camera done
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Shared {
    device: Arc<dyn Device>,
    current: Arc<Mutex<Option<Arc<Custody>>>>,
}

/// How an opening meets what is there already.
enum Met {
    /// It is open, or being opened.
    Joined(User),
    /// It is being let go of.
    Ending(Arc<Custody>),
}

impl Shared {
    /// A device that is to be shared.
    #[must_use]
    pub fn new(device: impl Device) -> Self {
        Self::around(Arc::new(device))
    }

    /// A device that is to be shared, and is known only when the program runs.
    #[must_use]
    pub fn around(device: Arc<dyn Device>) -> Self {
        Self {
            device,
            current: Arc::default(),
        }
    }

    fn meet(&self, named: &(DeviceKind, String), link: &DeviceLink) -> Met {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(custody) = current.as_ref() {
            if let Some(user) = custody.join(link.clone()) {
                return Met::Joined(user);
            }
            if !custody.has_ended() {
                return Met::Ending(Arc::clone(custody));
            }
        }
        let (custody, first) =
            Custody::begin_shared(Arc::clone(&self.device), named.clone(), link.clone());
        *current = Some(custody);
        Met::Joined(first)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("device", &self.device.name())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Device for Shared {
    fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    fn name(&self) -> String {
        self.device.name()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        // Asked before anything is locked: a device may take its time to say who it is (G-8).
        let named = (self.kind(), self.name());
        let mut user = loop {
            if link.is_abandoned() {
                return Err(DeviceError::Abandoned);
            }
            match self.meet(&named, &link) {
                Met::Joined(user) => break user,
                Met::Ending(custody) => tokio::select! {
                    biased;
                    _ = custody.ended() => {}
                    () = link.abandoned() => {}
                },
            }
        };
        let opened = tokio::select! {
            biased;
            opened = user.opened() => Some(opened),
            () = link.abandoned() => None,
        };
        let description = match opened {
            Some(opened) => opened?,
            None if user.give_up_opening() => return Err(DeviceError::Abandoned),
            None => user.opened().await?,
        };
        Ok(Box::new(Share { user, description }))
    }
}

/// One session's share in a device.
struct Share {
    user: User,
    description: String,
}

#[async_trait]
impl OpenDevice for Share {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(mut self: Box<Self>) -> Result<(), DeviceError> {
        match self.user.leave() {
            Left::Others(others) => Err(DeviceError::StillShared {
                name: self.user.custody().name.clone(),
                others,
            }),
            Left::Ending => self.user.ended().await,
        }
    }
}
