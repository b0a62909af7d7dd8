//! What we send.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use exeunt_webrtc::{PeerConnection, PeerEvent, PeerEvents, Publishes};
use tokio::time::{sleep, timeout};

use super::{Failures, Media, MediaFault, current, replaced};
use crate::translate::Jsep;
use crate::translate::requests::{Body, Publish};

impl Media {
    /// Hands the stay's frames to whichever peer connection there is, until the gate is shut (G-14).
    pub(super) async fn send(&self) -> Infallible {
        while let Some(frame) = self.link.next_outbound().await {
            if let Some(peer) = current(&self.publisher) {
                peer.send(frame);
            }
        }
        self.stop_sending();
        pending().await
    }

    /// Publishes, and once more where that fails or ends, until the gate is shut or it has no sense.
    pub(super) async fn publish(&self) -> Infallible {
        let mut failures = Failures::none();
        loop {
            let fault = tokio::select! {
                biased;
                () = self.silent.cancelled() => return pending().await,
                fault = self.publish_once(&mut failures) => fault,
            };
            self.sending.store(false, Ordering::Relaxed);
            // Cut off: its goodbye would be one for whoever comes after it on this handle.
            drop(replaced(&self.publisher, None));
            let Some(pause) = failures.again(&fault) else {
                tracing::warn!(%fault, "nothing is sent: publishing has failed too often");
                return pending().await;
            };
            tracing::info!(%fault, "publishing has ended; once more in {pause:?}");
            sleep(pause).await;
            self.link_up().await;
            // What is left of the earlier one on Janus's side; an error says that nothing is. That it hung
            // up is told, and is not to be taken for the end of the next one.
            let _ = self.handle.hang_up().await;
            let _ = timeout(Self::HANGING_UP, self.hung_up.notified()).await;
        }
    }

    /// How long Janus may take to say that it hung up, if there was something to hang up.
    const HANGING_UP: Duration = Duration::from_millis(250);

    /// Publishes until that ends, and answers why.
    async fn publish_once(&self, failures: &mut Failures) -> MediaFault {
        let mut events = match self.begin().await {
            Ok(events) => events,
            Err(fault) => return fault,
        };
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = self.hung_up.notified() => return MediaFault::HungUp,
            };
            match event {
                Some(PeerEvent::Connected) => {
                    tracing::debug!("what we send has a connection");
                    self.sending.store(true, Ordering::Relaxed);
                    *failures = Failures::none();
                }
                Some(PeerEvent::Lost) => tracing::info!("what we send does not arrive just now"),
                Some(PeerEvent::Failed(failure)) => return failure.into(),
                Some(PeerEvent::Closed) => return MediaFault::HungUp,
                Some(_) => {}
                None => return MediaFault::Ended,
            }
        }
    }

    async fn begin(&self) -> Result<PeerEvents, MediaFault> {
        let (peer, offer, events) = PeerConnection::publish(self.network()?, Publishes::default())?;
        let peer = Arc::new(peer);
        drop(replaced(&self.publisher, Some(Arc::clone(&peer))));
        if self.silent.is_cancelled() {
            peer.stop_sending();
        }
        let publish = Body::Publish(Publish {
            audiocodec: None,
            videocodec: None,
        });
        let offer = Jsep::offer(offer.sdp);
        let (_, answer) = self.handle.negotiate(publish, Some(offer)).await?;
        let answer = answer.ok_or(MediaFault::NoDescription)?;
        let agreed = peer.accept_answer(&answer.sdp).await?;
        tracing::debug!(?agreed, "published");
        Ok(events)
    }
}
