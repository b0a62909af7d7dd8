//! A tone microphone that is made wrong.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};

use exeunt_conformance::async_trait;
use exeunt_loopback::ToneMicrophone;
use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, FrameQueue, OpenDevice};
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// `release` answers, and the capture goes on.
    KeepsCapturing,
    /// `release` does not answer.
    NeverReleases,
    /// Every opening leaves a thread behind.
    LeaksThreads,
    /// Every opening leaves memory behind.
    LeaksMemory,
    /// An opening that is dropped opens all the same, and nobody lets go of it.
    OpensForNobody,
    /// Each opening is its own, and it says all the same that others share it.
    SaysStillShared,
    /// It says that others may share it, and that its handle is gone while one does.
    SaysReleased,
    /// Who releases it releases it for everybody.
    TakesOthersAlong,
    /// After ten frames it captures nothing any more, and does not say so.
    FallsSilent,
}

pub(crate) struct WrongMicrophone {
    wrong: Wrong,
    /// Threads that were left behind end when the microphone goes, so that they do not outlive the test.
    end: Arc<std::sync::Mutex<Vec<Sender<()>>>>,
    /// What is left behind, 64 KiB each.
    left: std::sync::Mutex<Vec<Vec<u8>>>,
    /// Whose word it is that ends an opening: everybody's, where one takes the others along.
    opened: Arc<std::sync::Mutex<Vec<Weak<CancellationToken>>>>,
}

impl WrongMicrophone {
    pub(crate) fn new(wrong: Wrong) -> Self {
        Self {
            wrong,
            end: Arc::default(),
            left: std::sync::Mutex::default(),
            opened: Arc::default(),
        }
    }

    fn leave_a_thread(&self) {
        let (end, ended) = channel::<()>();
        std::thread::spawn(move || ended.recv());
        if let Ok(mut ends) = self.end.lock() {
            ends.push(end);
        }
    }
}

#[async_trait]
impl Device for WrongMicrophone {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        format!("wrong microphone ({:?})", self.wrong)
    }

    fn is_shared(&self) -> bool {
        self.wrong == Wrong::SaysReleased
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let end = Arc::new(CancellationToken::new());
        if let Ok(mut opened) = self.opened.lock() {
            opened.retain(|other| other.strong_count() > 0);
            opened.push(Arc::downgrade(&end));
        }
        // As with a driver: it takes some turns to open.
        let inner = match self.wrong {
            Wrong::OpensForNobody => {
                let opening = tokio::spawn(async move {
                    yield_now().await;
                    ToneMicrophone::new(440)
                        .open(link)
                        .await
                        .map(std::mem::ManuallyDrop::new)
                });
                let opened = opening.await.map_err(|_| DeviceError::Panicked)?;
                std::mem::ManuallyDrop::into_inner(opened?)
            }
            Wrong::TakesOthersAlong => {
                yield_now().await;
                passing(link, &end, usize::MAX).await?
            }
            Wrong::FallsSilent => {
                yield_now().await;
                passing(link, &end, 10).await?
            }
            Wrong::Nothing
            | Wrong::KeepsCapturing
            | Wrong::NeverReleases
            | Wrong::LeaksThreads
            | Wrong::LeaksMemory
            | Wrong::SaysStillShared
            | Wrong::SaysReleased => {
                yield_now().await;
                ToneMicrophone::new(440).open(link).await?
            }
        };
        if self.wrong == Wrong::LeaksThreads {
            self.leave_a_thread();
        }
        if self.wrong == Wrong::LeaksMemory
            && let Ok(mut left) = self.left.lock()
        {
            left.push(vec![1; 64 * 1024]);
        }
        Ok(Box::new(WrongOpenMicrophone {
            inner: Some(inner),
            wrong: self.wrong,
            opened: Arc::clone(&self.opened),
            end,
        }))
    }
}

/// A tone microphone that passes on so many frames, until the word comes.
async fn passing(
    link: DeviceLink,
    end: &CancellationToken,
    frames: usize,
) -> Result<Box<dyn OpenDevice>, DeviceError> {
    let (inner_link, side) = DeviceLink::pair(FrameQueue::bounded(16));
    let inner = ToneMicrophone::new(440).open(inner_link).await?;
    let ended = end.clone();
    tokio::spawn(async move {
        let pass = async {
            for _ in 0..frames {
                if let Some(frame) = side.captured.next().await {
                    link.captured(frame);
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = ended.cancelled() => {}
            () = pass => {}
        }
    });
    Ok(inner)
}

struct WrongOpenMicrophone {
    inner: Option<Box<dyn OpenDevice>>,
    wrong: Wrong,
    opened: Arc<std::sync::Mutex<Vec<Weak<CancellationToken>>>>,
    end: Arc<CancellationToken>,
}

impl WrongOpenMicrophone {
    /// The others that are open, besides this one.
    fn others(&self) -> Vec<Arc<CancellationToken>> {
        let opened = self.opened.lock().map(|opened| opened.clone());
        let open = opened.unwrap_or_default().into_iter();
        open.filter_map(|other| other.upgrade())
            .filter(|other| !Arc::ptr_eq(other, &self.end))
            .collect()
    }
}

impl Drop for WrongOpenMicrophone {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

#[async_trait]
impl OpenDevice for WrongOpenMicrophone {
    fn description(&self) -> String {
        let inner = self.inner.as_ref();
        inner.map_or_else(String::new, |inner| inner.description())
    }

    async fn release(mut self: Box<Self>) -> Result<(), DeviceError> {
        let others = self.others();
        let inner = self.inner.take();
        let inner = inner.ok_or(DeviceError::Panicked)?;
        match self.wrong {
            Wrong::Nothing
            | Wrong::LeaksThreads
            | Wrong::LeaksMemory
            | Wrong::OpensForNobody
            | Wrong::FallsSilent
            | Wrong::SaysReleased => inner.release().await,
            Wrong::SaysStillShared if others.is_empty() => inner.release().await,
            Wrong::SaysStillShared => {
                inner.release().await?;
                Err(DeviceError::StillShared {
                    name: "wrong microphone".to_owned(),
                    others: others.len(),
                })
            }
            Wrong::TakesOthersAlong => {
                for other in &others {
                    other.cancel();
                }
                inner.release().await
            }
            Wrong::KeepsCapturing => {
                std::mem::forget(inner);
                Ok(())
            }
            Wrong::NeverReleases => std::future::pending().await,
        }
    }
}
