//! What we receive: one subscription with the streams of everybody.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use exeunt_port::{RemoteFrame, UserId};
use exeunt_webrtc::{PeerConnection, PeerEvent, PeerEvents};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Failures, Media, MediaFault, Wanted, choices, closed, replaced};
use crate::error::{JanusError, code};
use crate::handle::{Handle, HandleEvents};
use crate::translate::messages::Event;
use crate::translate::requests::{Body, Join, StreamChoice};
use crate::translate::videoroom::{Subscribed, Word};
use crate::translate::{Id, Jsep};

/// A subscription that has begun.
struct Subscription {
    handle: Handle,
    events: HandleEvents,
    peer: Arc<PeerConnection>,
    peer_events: PeerEvents,
    /// Whose stream each medium is, by the medium's name; and what the publisher calls it.
    streams: BTreeMap<String, (Id, String)>,
    /// How often the link had been recovered when it began.
    recoveries: u64,
}

impl Media {
    /// Receives from whoever sends, and once more where that fails, until it has no sense.
    pub(super) async fn subscribe(&self) -> Infallible {
        let mut wanted = self.wanted.subscribe();
        let mut failures = Failures::none();
        loop {
            // Where nobody sends there is nothing to subscribe to. The sending end is ours.
            let _ = wanted.wait_for(|wanted| !wanted.feeds.is_empty()).await;
            self.link_up().await;
            let (handle, fault) = self.receive(&mut wanted, &mut failures).await;
            // What hangs is said where it is closed; the next one is made all the same.
            let _ = closed(&self.subscriber).await;
            if let Some(handle) = handle {
                self.detach(&handle).await;
            }
            let Some(pause) = failures.again(&fault) else {
                tracing::warn!(%fault, "nothing is received: subscribing has failed too often");
                // Somebody else's streams may do.
                if wanted.changed().await.is_err() {
                    return pending().await;
                }
                failures = Failures::none();
                continue;
            };
            tracing::info!(%fault, "the subscription has ended; once more in {pause:?}");
            sleep(pause).await;
        }
    }

    /// Gives a handle back, when there is a link to do it over: a lost link must not leave one behind each
    /// time it is recovered (G-15).
    async fn detach(&self, handle: &Handle) {
        loop {
            self.link_up().await;
            match handle.detach().await {
                Err(JanusError::Down { .. }) => tokio::task::yield_now().await,
                Ok(()) | Err(_) => return,
            }
        }
    }

    /// Receives until that ends; answers the handle that is to be detached, and why it ended.
    async fn receive(
        &self,
        wanted: &mut watch::Receiver<Wanted>,
        failures: &mut Failures,
    ) -> (Option<Handle>, MediaFault) {
        let (handle, events) = match self.session.attach().await {
            Ok(attached) => attached,
            Err(error) => return (None, error.into()),
        };
        let mut subscription = match self.join(handle.clone(), events, wanted).await {
            Ok(subscription) => subscription,
            Err(fault) => return (Some(handle), fault),
        };
        loop {
            if let Err(fault) = self.next(&mut subscription, wanted, failures).await {
                return (Some(handle), fault);
            }
        }
    }

    async fn join(
        &self,
        handle: Handle,
        events: HandleEvents,
        wanted: &mut watch::Receiver<Wanted>,
    ) -> Result<Subscription, MediaFault> {
        let (peer, peer_events) = PeerConnection::subscribe(self.network()?)?;
        let peer = Arc::new(peer);
        drop(replaced(&self.subscriber, Some(Arc::clone(&peer))));
        let Wanted { recoveries, feeds } = wanted.borrow_and_update().clone();
        let feeds = feeds.iter();
        let streams = feeds.flat_map(|(id, feed)| choices(id, &feed.mids));
        let streams = streams.collect();
        let join = Body::Join(Join::Subscriber {
            room: self.room.clone(),
            private_id: self.private_id,
            pin: self.pin.clone(),
            streams,
        });
        let (word, offer) = handle.negotiate(join, None).await?;
        let mut subscription = Subscription {
            handle,
            events,
            peer,
            peer_events,
            streams: BTreeMap::new(),
            recoveries,
        };
        subscription.agree(word, offer).await?;
        Ok(subscription)
    }

    /// Waits for the next thing that happens, and does what it asks for.
    async fn next(
        &self,
        subscription: &mut Subscription,
        wanted: &mut watch::Receiver<Wanted>,
        failures: &mut Failures,
    ) -> Result<(), MediaFault> {
        tokio::select! {
            biased;
            event = subscription.events.recv() => match event {
                Some(Event::Said {
                    word: word @ (Word::Attached(_) | Word::Updated(_)),
                    jsep,
                }) => subscription.agree(word, jsep).await,
                Some(Event::Said { word, .. }) => {
                    tracing::trace!(?word, "of what we receive");
                    Ok(())
                }
                Some(Event::HungUp { reason }) => {
                    tracing::debug!(reason, "Janus hung up what we receive");
                    Err(MediaFault::HungUp)
                }
                Some(Event::Detached) | None => Err(MediaFault::Ended),
                Some(
                    Event::MediaUp | Event::Receiving { .. } | Event::SlowLink | Event::Trickled,
                ) => Ok(()),
            },
            Ok(()) = wanted.changed() => {
                let now = wanted.borrow_and_update().clone();
                subscription.change(&now).await
            }
            event = subscription.peer_events.next() => match event {
                Some(PeerEvent::Frame { mid, frame }) => {
                    if let Some(user) = self.sender(subscription, mid.as_str()) {
                        self.link.received(RemoteFrame { user, frame });
                    }
                    Ok(())
                }
                Some(PeerEvent::Connected) => {
                    *failures = Failures::none();
                    Ok(())
                }
                Some(PeerEvent::Failed(failure)) => Err(failure.into()),
                Some(PeerEvent::Closed) => Err(MediaFault::HungUp),
                Some(_) => Ok(()),
                None => Err(MediaFault::Ended),
            },
        }
    }

    /// Whose this medium is, if he is still in the room.
    fn sender(&self, subscription: &Subscription, mid: &str) -> Option<UserId> {
        let (id, _) = subscription.streams.get(mid)?;
        let wanted = self.wanted.borrow();
        wanted.feeds.get(id).map(|feed| feed.user.clone())
    }
}

impl Subscription {
    /// Takes over what the subscription consists of now, and agrees to what is offered.
    async fn agree(&mut self, word: Word, offer: Option<Jsep>) -> Result<(), MediaFault> {
        let (Word::Attached(streams) | Word::Updated(streams)) = word else {
            return Err(MediaFault::Unexpected(Box::new(word)));
        };
        if let Some(offer) = offer {
            let answer = self.peer.answer(&offer.sdp).await?;
            let answer = Some(Jsep::answer(answer));
            self.handle.negotiate(Body::Start, answer).await?;
        }
        // Where nothing has changed, as for streams whose sender is gone, Janus names none.
        if !streams.is_empty() {
            self.streams = by_medium(streams);
        }
        Ok(())
    }

    /// Receives what is wanted now, and no more what is not.
    async fn change(&mut self, wanted: &Wanted) -> Result<(), MediaFault> {
        if wanted.recoveries != self.recoveries {
            return Err(MediaFault::Outdated);
        }
        let has = |choice: &StreamChoice| {
            let mut streams = self.streams.values();
            streams.any(|(id, mid)| {
                *id == choice.feed && choice.mid.as_ref().is_none_or(|wanted| wanted == mid)
            })
        };
        let feeds = wanted.feeds.iter();
        let all = feeds.flat_map(|(id, feed)| choices(id, &feed.mids));
        let subscribe: Vec<_> = all.filter(|choice| !has(choice)).collect();
        let unwanted = self.streams.values().filter(|(id, mid)| {
            let feed = wanted.feeds.get(id);
            feed.is_none_or(|feed| !feed.mids.is_empty() && !feed.mids.contains(mid))
        });
        let unsubscribe: Vec<_> = unwanted
            .flat_map(|(id, mid)| choices(id, std::slice::from_ref(mid)))
            .collect();
        if subscribe.is_empty() && unsubscribe.is_empty() {
            return Ok(());
        }
        match self.update(subscribe.clone(), unsubscribe.clone()).await {
            // Somebody has left meanwhile, and Janus has done nothing of it. The rest is still wanted.
            Err(MediaFault::Janus(error)) if error.code() == Some(code::NO_SUCH_FEED) => {
                let unsubscribe = (!unsubscribe.is_empty()).then(|| (Vec::new(), unsubscribe));
                let subscribe = subscribe.into_iter().map(|one| (vec![one], Vec::new()));
                for (subscribe, unsubscribe) in unsubscribe.into_iter().chain(subscribe) {
                    match self.update(subscribe, unsubscribe).await {
                        Err(MediaFault::Janus(error)) if error.is_gone() => {
                            tracing::debug!(%error, "not received");
                        }
                        done => done?,
                    }
                }
                Ok(())
            }
            done => done,
        }
    }

    async fn update(
        &mut self,
        subscribe: Vec<StreamChoice>,
        unsubscribe: Vec<StreamChoice>,
    ) -> Result<(), MediaFault> {
        let update = Body::Update {
            subscribe,
            unsubscribe,
        };
        let (word, offer) = self.handle.negotiate(update, None).await?;
        self.agree(word, offer).await
    }
}

fn by_medium(streams: Vec<Subscribed>) -> BTreeMap<String, (Id, String)> {
    let streams = streams.into_iter().filter(|stream| stream.active);
    let of_feeds = streams.filter_map(|stream| {
        let feed = stream.feed_id?;
        Some((stream.mid, (feed, stream.feed_mid?)))
    });
    of_feeds.collect()
}
