//! What became of each event at each receiver: bounded, for operators to read.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use exeunt_port::{RoomId, UserId};
use serde::Serialize;

use super::body::Event;
use crate::backend::Moment;

/// The latest deliveries, and how many there were in all.
#[derive(Debug)]
pub(crate) struct Journal {
    remembered: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    last: u64,
    deliveries: VecDeque<DeliveryDescription>,
    receivers: Vec<ReceiverDescription>,
}

/// A receiver as `DescribeDeliveries` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiverDescription {
    /// Its address, without what may be secret in it.
    pub(crate) url: String,
    /// Events that it took.
    pub(crate) delivered: u64,
    /// Events that it did not take at any attempt.
    pub(crate) failed: u64,
    /// Events that were never sent to it, because it was too slow for what happened.
    pub(crate) dropped: u64,
}

/// An event at a receiver as `DescribeDeliveries` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeliveryDescription {
    #[serde(skip)]
    number: u64,
    /// Which receiver, counted from 0.
    pub(crate) receiver: usize,
    /// 101 to 104.
    pub(crate) event_type: u16,
    pub(crate) room_id: RoomId,
    pub(crate) user_id: Option<UserId>,
    pub(crate) event_ms_ts: u64,
    /// `Pending`, `Delivered` or `Failed`.
    pub(crate) state: &'static str,
    pub(crate) attempts: Vec<AttemptDescription>,
}

/// An attempt to send an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttemptDescription {
    /// When it began, in milliseconds since 1970.
    pub(crate) at: u64,
    /// `ok`, or what went wrong.
    pub(crate) outcome: String,
}

/// What an attempt means for its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    TryAgain,
    Failed,
}

impl Journal {
    pub(crate) fn new(urls: Vec<String>, remembered: usize) -> Self {
        let receivers = urls.into_iter().map(|url| ReceiverDescription {
            url,
            delivered: 0,
            failed: 0,
            dropped: 0,
        });
        let inside = Inside {
            last: 0,
            deliveries: VecDeque::new(),
            receivers: receivers.collect(),
        };
        let inside = Mutex::new(inside);
        Self { remembered, inside }
    }

    /// The receivers, how many deliveries are remembered, and some of them, the latest first.
    pub(crate) fn describe(
        &self,
        offset: usize,
        limit: usize,
    ) -> (Vec<ReceiverDescription>, usize, Vec<DeliveryDescription>) {
        self.with(|inside| {
            let deliveries = inside.deliveries.iter().rev().skip(offset).take(limit);
            let deliveries = deliveries.cloned().collect();
            (
                inside.receivers.clone(),
                inside.deliveries.len(),
                deliveries,
            )
        })
    }

    /// An event is to be sent; answers its number.
    pub(super) fn begin(&self, receiver: usize, event: &Event) -> u64 {
        let info = &event.info;
        self.with(|inside| {
            inside.last += 1;
            inside.deliveries.push_back(DeliveryDescription {
                number: inside.last,
                receiver,
                event_type: event.number,
                room_id: info.room_id.clone(),
                user_id: info.user_id.clone(),
                event_ms_ts: info.event_ms_ts,
                state: "Pending",
                attempts: Vec::new(),
            });
            while inside.deliveries.len() > self.remembered {
                inside.deliveries.pop_front();
            }
            inside.last
        })
    }

    /// An attempt is over.
    pub(super) fn attempted(
        &self,
        receiver: usize,
        number: u64,
        at: Moment,
        outcome: String,
        verdict: Verdict,
    ) {
        self.with(|inside| {
            if let Some(receiver) = inside.receivers.get_mut(receiver) {
                match verdict {
                    Verdict::Delivered => receiver.delivered += 1,
                    Verdict::Failed => receiver.failed += 1,
                    Verdict::TryAgain => {}
                }
            }
            // Numbers go up by one, so the place follows from the first.
            let first = inside.deliveries.front().map_or(0, |first| first.number);
            let place = number.checked_sub(first).map(usize::try_from);
            if let Some(Ok(place)) = place
                && let Some(delivery) = inside.deliveries.get_mut(place)
            {
                delivery
                    .attempts
                    .push(AttemptDescription { at: at.0, outcome });
                delivery.state = match verdict {
                    Verdict::Delivered => "Delivered",
                    Verdict::Failed => "Failed",
                    Verdict::TryAgain => "Pending",
                };
            }
        });
    }

    /// Events were lost before they were sent.
    pub(super) fn dropped(&self, receiver: usize, count: u64) {
        self.with(|inside| {
            if let Some(receiver) = inside.receivers.get_mut(receiver) {
                receiver.dropped += count;
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        act(&mut self.inside.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
