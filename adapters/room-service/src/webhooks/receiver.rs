//! One receiver: the task that tells it what happens.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
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
/// How often, while there are as many, one of them is sent although it is not due: a receiver that is back
/// is not to wait for what is new as long as it is paused between two attempts.
const PROBE: Duration = Duration::from_secs(10);

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
    /// Sends one of those that wait once more before it is due.
    probe: Notify,
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
            probe: Notify::new(),
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
                () = sleep(PROBE), if !has_room => {
                    self.0.probe.notify_one();
                    continue;
                }
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
            let (is_last_call, is_due) = tokio::select! {
                biased;
                () = last_call.cancelled() => (true, true),
                () = sleep_until(began + pause) => (false, true),
                () = self.0.probe.notified() => (false, false),
            };
            // A probe takes nothing from the attempts that are promised.
            if is_due {
                began = Instant::now();
                attempt += 1;
            }
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
    use exeunt_port::RoomId;
    use exeunt_requirements::Nowhere;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::backend::{Happening, HappeningSource, Moment};
    use crate::config::Secret;
    use crate::webhooks::{WebhookReach, WebhookRetry};

    /// A receiver that is told what happens, and never takes it.
    struct Deaf {
        source: HappeningSource,
        journal: Arc<Journal>,
        last_call: CancellationToken,
        telling: JoinHandle<()>,
        _nowhere: Nowhere,
    }

    impl Deaf {
        /// Of so many happenings nothing is lost.
        fn tried_again(retry: WebhookRetry, kept: usize) -> Self {
            let source = HappeningSource::new(kept);
            let nowhere = Nowhere::reserve().unwrap();
            let url = format!("http://{}/", nowhere.address());
            let webhook = Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap();
            let webhook = webhook.retrying(retry).unwrap();
            let journal = Arc::new(Journal::new(vec![webhook.shown()], kept));
            let receiver = Receiver::new(webhook, 0, 1, Arc::clone(&journal));
            let last_call = CancellationToken::new();
            let telling = tokio::spawn(receiver.tell(source.reader(), last_call.clone()));
            Self {
                source,
                journal,
                last_call,
                telling,
                _nowhere: nowhere,
            }
        }

        fn hears_of(&self, number: usize) {
            let room = RoomId::number(i128::try_from(number).unwrap()).unwrap();
            let opened_at = Moment(0);
            let closed = Happening::RoomClosed { room, opened_at };
            self.source.tell(Moment(0), closed);
        }

        /// How many events it did not take at any attempt.
        fn failed(&self) -> u64 {
            self.journal.describe(0, 0).0[0].failed
        }

        /// How often each event was sent, the latest first.
        fn attempts(&self) -> Vec<usize> {
            let deliveries = self.journal.describe(0, usize::MAX).2;
            deliveries.iter().map(|sent| sent.attempts.len()).collect()
        }

        async fn ends(&mut self) {
            self.last_call.cancel();
            (&mut self.telling).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_last_call_what_was_not_taken_is_sent_once_more_and_then_has_failed() {
        let mut deaf = Deaf::tried_again(WebhookRetry::default(), 4);
        deaf.hears_of(7);
        // Sent twice at once, it waits for the third attempt.
        while deaf.attempts() != [2] {
            sleep(Duration::from_millis(100)).await;
        }
        deaf.hears_of(8);
        deaf.ends().await;
        assert_eq!(deaf.failed(), 2);
        assert_eq!(deaf.attempts(), [1, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_asked_eight_times_within_a_minute_and_then_no_more() {
        let mut deaf = Deaf::tried_again(WebhookRetry::default(), 4);
        let began = Instant::now();
        deaf.hears_of(7);
        while deaf.failed() == 0 {
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(deaf.attempts(), [8]);
        assert!(began.elapsed() >= Duration::from_secs(60));
        deaf.ends().await;
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_places_are_taken_one_that_waits_is_sent_every_ten_seconds() {
        let (pause, span) = (Duration::from_secs(3600), Duration::from_secs(36_000));
        let mut deaf = Deaf::tried_again(WebhookRetry { pause, span }, 2 * MOST_RETRIES);
        let began = Instant::now();
        for number in 0..=MOST_RETRIES {
            deaf.hears_of(number + 1);
        }
        // Each is sent twice at once; whatever is more is not due for an hour.
        while deaf.attempts().iter().sum::<usize>() < 2 * MOST_RETRIES + 3 {
            sleep(Duration::from_secs(1)).await;
        }
        assert!(began.elapsed() < pause);
        deaf.ends().await;
    }
}
