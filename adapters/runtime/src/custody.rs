//! A device that more than one may use: one task owns it and serves everybody who uses it.
//!
//! Previews, lent and shared devices are all of this kind; they differ only in who says when the
//! device is to be let go of.

mod task;
mod user;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exeunt_core::Policy;
use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, DeviceSignal, FrameQueue, MediaFrame,
    PlaybackQueue, PlaybackUse,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use user::Playing;
pub(crate) use user::{Left, User};

/// Frames between the device and those who use it; they are handed out as they come.
const PASSING: usize = 16;

/// Who says when the device is to be let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The application, or the stay that it handed the device over to.
    Owner(Policy),
    /// Whoever uses it last.
    LastUser,
}

/// A device in custody.
pub(crate) struct Custody {
    pub(crate) kind: DeviceKind,
    pub(crate) name: String,
    /// Whether the device is shared with others than those who use it here.
    pub(crate) is_shared: bool,
    keeper: Keeper,
    users: Mutex<Users>,
    progress: watch::Sender<Progress>,
    /// Nobody wants it to open any more; what opens all the same is waited for.
    abandoned: CancellationToken,
    /// It is to be let go of, whatever stage it is in.
    let_go: CancellationToken,
    /// What it captures, for an owner who looks at it.
    pub(crate) view: FrameQueue<MediaFrame>,
    playback: PlaybackQueue,
    departing: Mutex<Option<TaskTrackerToken>>,
}

/// Who uses it now. Joining, leaving and the decision that nobody is left are one after another here,
/// so that the last one's release and the next one's opening cannot cross.
#[derive(Default)]
struct Users {
    /// Nobody can join any more: it is broken, or being let go of.
    closed: bool,
    numbers: u64,
    links: BTreeMap<u64, DeviceLink>,
}

/// How far it has come.
#[derive(Clone, Default)]
struct Progress {
    opened: Option<Result<String, DeviceError>>,
    /// It has gone, or broke, while it was open.
    broken: Option<DeviceError>,
    /// Nothing is held any more, or nothing more can be done about it.
    ended: Option<Result<(), DeviceError>>,
}

impl Progress {
    fn broken(&self) -> Option<DeviceError> {
        let failed = self.opened.clone().and_then(Result::err);
        self.broken.clone().or(failed)
    }
}

impl Custody {
    /// Takes a device into custody and begins to open it.
    pub(crate) fn begin(device: Arc<dyn Device>, keeper: Keeper) -> Arc<Self> {
        let mut custody = Self::new(device.kind(), device.name(), keeper);
        custody.is_shared = device.is_shared();
        let custody = Arc::new(custody);
        custody.start(device);
        custody
    }

    /// The first user is there before the device opens: no frame is lost, and nobody finds it unused.
    pub(crate) fn begin_shared(
        device: Arc<dyn Device>,
        (kind, name): (DeviceKind, String),
        link: DeviceLink,
    ) -> (Arc<Self>, User) {
        let custody = Arc::new(Self::new(kind, name, Keeper::LastUser));
        let first = custody.admit(&mut custody.users(), link);
        custody.start(device);
        (custody, first)
    }

    fn new(kind: DeviceKind, name: String, keeper: Keeper) -> Self {
        Self {
            kind,
            name,
            is_shared: false,
            keeper,
            users: Mutex::default(),
            progress: watch::Sender::default(),
            abandoned: CancellationToken::new(),
            let_go: CancellationToken::new(),
            view: FrameQueue::bounded(PASSING),
            playback: PlaybackQueue::bounded(PASSING),
            departing: Mutex::default(),
        }
    }

    fn start(self: &Arc<Self>, device: Arc<dyn Device>) {
        // Made here and not in the task: a runtime that is shut down drops tasks that have not begun.
        let end = task::End::new(Arc::clone(self));
        tokio::spawn(task::keep(end, device));
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody more uses it, who hears what befalls it from now on. `None` when it is broken or
    /// being let go of.
    pub(crate) fn join(self: &Arc<Self>, link: DeviceLink) -> Option<User> {
        let mut users = self.users();
        (!users.closed).then(|| self.admit(&mut users, link))
    }

    fn admit(self: &Arc<Self>, users: &mut Users, link: DeviceLink) -> User {
        users.numbers += 1;
        let number = users.numbers;
        let playing = (self.kind == DeviceKind::Speaker).then(|| {
            let (link, playback) = (link.clone(), self.playback.clone());
            let (whom, used) = PlaybackUse::begin();
            let passing = tokio::spawn(async move {
                while let Some((inner, frame)) = link.next_playback_for().await {
                    playback.push_for(inner.within(&whom), frame);
                }
            });
            Playing::new(passing.abort_handle(), used)
        });
        users.links.insert(number, link);
        User::new(Arc::clone(self), number, playing)
    }

    /// Whether it is open, and not broken or being let go of.
    pub(crate) fn is_open(&self) -> bool {
        let opened = matches!(self.progress.borrow().opened, Some(Ok(_)));
        opened && !self.users().closed
    }

    /// Waits until it is open, or cannot be opened; what was opened.
    pub(crate) async fn opened(&self) -> Result<String, DeviceError> {
        self.until(|progress| progress.opened.clone()).await
    }

    /// Waits until it is open, or cannot be opened any more; what was opened. The error is one for an
    /// [answer to an opening](DeviceError::may_be_held): it says that nothing is held only where that is so
    /// (G-13), and is not there before.
    pub(crate) async fn opened_for(&self) -> Result<String, DeviceError> {
        let error = match self.opened().await {
            Ok(description) => return Ok(description),
            Err(error) => error,
        };
        Err(match self.ended().await {
            // An opening that was late, and has let go since.
            Ok(()) => {
                if let DeviceError::StillHeld { name, detail } = error {
                    DeviceError::Backend { name, detail }
                } else {
                    error
                }
            }
            Err(held) if held.may_be_held() => held,
            Err(unconfirmed) => DeviceError::StillHeld {
                name: self.name.clone(),
                detail: unconfirmed.to_string(),
            },
        })
    }

    /// Waits until it has gone or broke, could not be opened, or was let go of without that.
    pub(crate) async fn broken(&self) -> Option<DeviceError> {
        let over = |progress: &Progress| match (progress.broken(), &progress.ended) {
            (None, None) => None,
            (broken, _) => Some(broken),
        };
        self.until(over).await
    }

    /// What it suffered, if it did.
    pub(crate) fn broken_now(&self) -> Option<DeviceError> {
        self.progress.borrow().broken()
    }

    /// What was opened; empty until then.
    pub(crate) fn description_now(&self) -> String {
        let opened = self.progress.borrow().opened.clone();
        opened.and_then(Result::ok).unwrap_or_default()
    }

    /// Whether nothing is held any more, or nothing more can be done about it.
    pub(crate) fn has_ended(&self) -> bool {
        self.progress.borrow().ended.is_some()
    }

    /// Waits until nothing is held any more, or nothing more can be done about it.
    pub(crate) async fn ended(&self) -> Result<(), DeviceError> {
        self.until(|progress| progress.ended.clone()).await
    }

    async fn until<T>(&self, reached: impl Fn(&Progress) -> Option<T>) -> T {
        let mut progress = self.progress.subscribe();
        loop {
            if let Some(answer) = reached(&progress.borrow_and_update()) {
                return answer;
            }
            // The sender is ours; it cannot be gone while we wait.
            let _ = progress.changed().await;
        }
    }

    /// Nobody wants it to open any more. What opens all the same is whoever's it was, to be released.
    pub(crate) fn abandon(&self) {
        self.users().closed = true;
        self.abandoned.cancel();
    }

    /// Lets go of it. Whoever still uses it hears that it has gone.
    pub(crate) fn let_go(&self) {
        let links = {
            let mut users = self.users();
            users.closed = true;
            std::mem::take(&mut users.links)
        };
        self.let_go.cancel();
        self.tell(
            links,
            &DeviceSignal::Vanished(self.vanished("it was let go of by its owner")),
        );
    }

    /// Counts it among those that a process waits for before it ends.
    pub(crate) fn track(&self, token: TaskTrackerToken) {
        let mut departing = self
            .departing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.has_ended() {
            *departing = Some(token);
        }
    }

    fn untrack(&self) {
        let mut departing = self
            .departing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *departing = None;
    }

    pub(crate) fn vanished(&self, detail: &str) -> DeviceError {
        DeviceError::Vanished {
            name: self.name.clone(),
            detail: detail.to_owned(),
        }
    }

    fn tell(&self, links: BTreeMap<u64, DeviceLink>, signal: &DeviceSignal) {
        // Nobody looks at, or plays on, what is not there any more (G-14).
        self.view.close();
        self.playback.close();
        for link in links.into_values() {
            link.signal(signal.clone());
        }
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        self.progress.send_modify(change);
    }
}
