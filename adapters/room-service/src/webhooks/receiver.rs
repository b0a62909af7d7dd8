//! One receiver: the task that tells it what happens.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::body::{Event, sign};
use super::encryption::Encryption;
use super::journal::{Journal, Verdict};
use super::post::Post;
use super::target::Webhook;
use crate::backend::{Happenings, News};
use crate::clock::today;

/// Events that are being tried again at a time; while there are as many, no further ones are begun.
const MOST_RETRIES: usize = 64;

/// A webhook at work.
#[derive(Clone, Debug)]
pub(super) struct Receiver(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    webhook: Webhook,
    encryption: Option<Encryption>,
    number: usize,
    sdk_app_id: u32,
    journal: Arc<Journal>,
}

/// An event that was sent and not taken.
struct Retry {
    event: Event,
    number: u64,
    began: Instant,
}

impl Receiver {
    pub(super) fn new(
        webhook: Webhook,
        number: usize,
        sdk_app_id: u32,
        journal: Arc<Journal>,
    ) -> Self {
        Self(Arc::new(Inside {
            encryption: Encryption::to(&webhook),
            webhook,
            number,
            sdk_app_id,
            journal,
        }))
    }

    /// Tells what happens, until the last call; then what has happened already, and once more what was
    /// not taken so far.
    pub(super) async fn tell(self, mut happenings: Happenings, last_call: CancellationToken) {
        let mut retries = JoinSet::new();
        loop {
            let has_room = retries.len() < MOST_RETRIES;
            let news = tokio::select! {
                biased;
                () = last_call.cancelled() => break,
                Some(_ended) = retries.join_next() => continue,
                news = happenings.next(), if has_room => news,
            };
            let Some(news) = news else {
                break;
            };
            if let Some(retry) = self.first(news, false).await {
                retries.spawn(self.clone().again(retry, last_call.clone()));
            }
        }
        let what_happened_last = async {
            while let Some(news) = happenings.next_now() {
                self.first(news, true).await;
            }
        };
        let what_was_not_taken = async { while retries.join_next().await.is_some() {} };
        tokio::join!(what_happened_last, what_was_not_taken);
    }

    /// Sends what happened for the first time; answers what has to be sent again.
    async fn first(&self, news: News, is_last_call: bool) -> Option<Retry> {
        let happened = match news {
            News::Happened(happened) => happened,
            News::Missed(count) => {
                let url = self.0.webhook.shown();
                tracing::warn!(url, count, "webhook too slow: events are lost to it");
                self.0.journal.dropped(self.0.number, count);
                return None;
            }
        };
        let event = Event::of(&happened);
        let number = self.0.journal.begin(self.0.number, &event);
        let began = Instant::now();
        let taken = self.attempt(&event, number, 1, is_last_call).await;
        (!taken).then_some(Retry {
            event,
            number,
            began,
        })
    }

    /// Sends it again, until it is taken or the schedule is over; at the last call once more at once.
    async fn again(self, retry: Retry, last_call: CancellationToken) {
        let Retry {
            event,
            number,
            mut began,
        } = retry;
        let mut attempt = 1;
        while let Some(pause) = self.0.webhook.retry.pause_after(attempt) {
            let is_last_call = tokio::select! {
                biased;
                () = last_call.cancelled() => true,
                () = sleep_until(began + pause) => false,
            };
            began = Instant::now();
            attempt += 1;
            if self.attempt(&event, number, attempt, is_last_call).await || is_last_call {
                return;
            }
        }
    }

    /// Whether it was taken.
    async fn attempt(&self, event: &Event, number: u64, attempt: u32, is_last_call: bool) -> bool {
        let Inside {
            webhook,
            encryption,
            sdk_app_id,
            journal,
            ..
        } = self.0.as_ref();
        let at = today();
        let body = event.body(at);
        let post = Post {
            url: &webhook.url,
            encryption: encryption.as_ref(),
            reach: webhook.reach,
            sdk_app_id: *sdk_app_id,
            sign: sign(webhook.key.expose(), &body),
            body,
        };
        let (outcome, verdict) = match post.send().await {
            Ok(()) => ("ok".to_owned(), Verdict::Delivered),
            Err(error) => {
                let url = webhook.shown();
                let is_last = is_last_call || webhook.retry.pause_after(attempt).is_none();
                tracing::info!(url, event = event.number, attempt, is_last, %error, "webhook failed");
                let verdict = if is_last {
                    Verdict::Failed
                } else {
                    Verdict::TryAgain
                };
                (error.to_string(), verdict)
            }
        };
        journal.attempted(self.0.number, number, at, outcome, verdict);
        verdict == Verdict::Delivered
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use exeunt_port::RoomId;

    use super::*;
    use crate::backend::{Happening, HappeningSource, Moment};
    use crate::config::Secret;
    use crate::webhooks::WebhookReach;

    #[tokio::test(start_paused = true)]
    async fn at_the_last_call_what_was_not_taken_is_sent_once_more_and_then_has_failed() {
        let source = HappeningSource::new(4);
        // A port at which nobody listens any more.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let url = format!("http://127.0.0.1:{port}/");
        let webhook = Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap();
        let journal = Arc::new(Journal::new(vec![webhook.shown()], 10));
        let receiver = Receiver::new(webhook, 0, 1, Arc::clone(&journal));
        let (reader, last_call) = (source.reader(), CancellationToken::new());
        let telling = tokio::spawn(receiver.tell(reader, last_call.clone()));
        let tell = |number| {
            let room = RoomId::number(number).unwrap();
            let opened_at = Moment(0);
            source.tell(Moment(0), Happening::RoomClosed { room, opened_at });
        };
        tell(7);
        // Sent twice at once, it waits for the third attempt.
        while journal
            .describe(0, 1)
            .2
            .first()
            .map(|sent| sent.attempts.len())
            != Some(2)
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tell(8);
        last_call.cancel();
        telling.await.unwrap();
        let (receivers, _, deliveries) = journal.describe(0, 2);
        assert_eq!(receivers[0].failed, 2);
        let attempts = deliveries.iter().map(|sent| sent.attempts.len());
        assert_eq!(attempts.collect::<Vec<_>>(), [1, 3], "the latest first");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_asked_eight_times_within_a_minute_and_then_no_more() {
        let source = HappeningSource::new(4);
        // A port at which nobody listens any more.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let url = format!("http://127.0.0.1:{port}/");
        let webhook = Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap();
        let journal = Arc::new(Journal::new(vec![webhook.shown()], 10));
        let receiver = Receiver::new(webhook, 0, 1, Arc::clone(&journal));
        let (reader, last_call) = (source.reader(), CancellationToken::new());
        let telling = tokio::spawn(receiver.tell(reader, last_call.clone()));
        let began = Instant::now();
        let room = RoomId::number(7).unwrap();
        let opened_at = Moment(0);
        source.tell(Moment(0), Happening::RoomClosed { room, opened_at });
        let attempts = loop {
            let (receivers, _, deliveries) = journal.describe(0, 1);
            if receivers[0].failed == 1 {
                break deliveries[0].attempts.len();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!(attempts, 8);
        assert!(began.elapsed() >= Duration::from_secs(60));
        last_call.cancel();
        telling.await.unwrap();
    }
}
