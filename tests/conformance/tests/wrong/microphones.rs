//! A tone microphone that is made wrong.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use exeunt_conformance::async_trait;
use exeunt_loopback::ToneMicrophone;
use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice};
use tokio::task::yield_now;

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
}

pub(crate) struct WrongMicrophone {
    wrong: Wrong,
    /// Threads that were left behind end when the microphone goes, so that they do not outlive the test.
    end: Arc<std::sync::Mutex<Vec<Sender<()>>>>,
    /// What is left behind, 64 KiB each.
    left: std::sync::Mutex<Vec<Vec<u8>>>,
}

impl WrongMicrophone {
    pub(crate) fn new(wrong: Wrong) -> Self {
        Self {
            wrong,
            end: Arc::default(),
            left: std::sync::Mutex::default(),
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

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
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
            Wrong::Nothing
            | Wrong::KeepsCapturing
            | Wrong::NeverReleases
            | Wrong::LeaksThreads
            | Wrong::LeaksMemory => {
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
        let wrong = self.wrong;
        Ok(Box::new(WrongOpenMicrophone { inner, wrong }))
    }
}

struct WrongOpenMicrophone {
    inner: Box<dyn OpenDevice>,
    wrong: Wrong,
}

#[async_trait]
impl OpenDevice for WrongOpenMicrophone {
    fn description(&self) -> String {
        self.inner.description()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        match self.wrong {
            Wrong::Nothing | Wrong::LeaksThreads | Wrong::LeaksMemory | Wrong::OpensForNobody => {
                self.inner.release().await
            }
            Wrong::KeepsCapturing => {
                std::mem::forget(self.inner);
                Ok(())
            }
            Wrong::NeverReleases => std::future::pending().await,
        }
    }
}
