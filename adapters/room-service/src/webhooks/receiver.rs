//! One receiver: its configuration, and the task that tells it what happens.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::Uri;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::address::WebhookReach;
use super::body::{Event, sign};
use super::journal::{Journal, Verdict};
use super::post::Post;
use super::schedule::pause_after;
use crate::backend::{Happenings, News};
use crate::clock::today;
use crate::config::Secret;

/// Events that are being tried again at a time; while there are as many, no further ones are begun.
const MOST_RETRIES: usize = 64;

/// Where to tell what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    url: Uri,
    key: Secret,
    reach: WebhookReach,
}

/// Why a webhook cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address makes no sense.
    #[error(
        "{url:?} is no address of a webhook; expected http://HOST[:PORT]/PATH, without a user name"
    )]
    Address {
        /// What was given.
        url: String,
    },
    /// The key is none that TRTC would take.
    #[error("a webhook's key must be 1 to 32 letters and digits")]
    Key,
    /// The address is of a machine that webhooks may not reach.
    #[error("a webhook may not be sent to {address}: its reach has to allow such addresses")]
    Forbidden {
        /// Which.
        address: IpAddr,
    },
}

impl Webhook {
    /// A receiver at this address; what is sent to it is signed with this key, 1 to 32 letters and
    /// digits.
    pub fn new(url: &str, key: Secret, reach: WebhookReach) -> Result<Self, WebhookError> {
        let wrong = || WebhookError::Address {
            url: url.chars().take(200).collect(),
        };
        let parsed: Uri = url.parse().map_err(|_| wrong())?;
        let authority = parsed.authority().ok_or_else(wrong)?;
        if parsed.scheme_str() != Some("http")
            || authority.host().is_empty()
            || authority.as_str().contains('@')
        {
            return Err(wrong());
        }
        if let Ok(address) = authority.host().trim_matches(['[', ']']).parse()
            && !reach.allows(address)
        {
            return Err(WebhookError::Forbidden { address });
        }
        let exposed = key.expose();
        let is_short = (1..=32).contains(&exposed.len());
        if !is_short || !exposed.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(WebhookError::Key);
        }
        Ok(Self {
            url: parsed,
            key,
            reach,
        })
    }

    /// The address without its query, where secrets may be.
    pub(crate) fn shown(&self) -> String {
        let authority = self
            .url
            .authority()
            .map_or("", |authority| authority.as_str());
        format!("http://{authority}{}", self.url.path())
    }
}

/// A webhook at work.
#[derive(Clone, Debug)]
pub(super) struct Receiver(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    webhook: Webhook,
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
        while let Some(pause) = pause_after(attempt) {
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
            sdk_app_id,
            journal,
            ..
        } = self.0.as_ref();
        let at = today();
        let body = event.body(at);
        let post = Post {
            url: &webhook.url,
            reach: webhook.reach,
            sdk_app_id: *sdk_app_id,
            sign: sign(webhook.key.expose(), &body),
            body,
        };
        let (outcome, verdict) = match post.send().await {
            Ok(()) => ("ok".to_owned(), Verdict::Delivered),
            Err(error) => {
                let url = webhook.shown();
                let is_last = is_last_call || pause_after(attempt).is_none();
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
        let webhook = webhook(&url, "k", WebhookReach::Private).unwrap();
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
        let webhook = webhook(&url, "k", WebhookReach::Private).unwrap();
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

    fn webhook(url: &str, key: &str, reach: WebhookReach) -> Result<Webhook, WebhookError> {
        Webhook::new(url, Secret::new(key), reach)
    }

    #[test]
    fn an_address_is_http_a_host_and_a_path_and_a_key_is_letters_and_digits() {
        let public = WebhookReach::Public;
        let good = webhook("http://hooks.example:8080/a?token=secret", "k1", public).unwrap();
        assert_eq!(good.shown(), "http://hooks.example:8080/a");
        for wrong in [
            "",
            "hooks.example",
            "https://hooks.example",
            "ftp://hooks.example",
            "http://user:password@hooks.example",
            "http:///path",
        ] {
            let error = webhook(wrong, "k1", public);
            assert!(
                matches!(error, Err(WebhookError::Address { .. })),
                "{wrong}"
            );
        }
        for wrong in ["", "with-dash", &"k".repeat(33)] {
            let error = webhook("http://hooks.example", wrong, public);
            assert_eq!(error, Err(WebhookError::Key), "{wrong}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_refused_unless_it_is_meant() {
        for here in ["http://127.0.0.1/", "http://[::1]:80/", "http://10.0.0.1"] {
            let refused = webhook(here, "k", WebhookReach::Public);
            assert!(
                matches!(refused, Err(WebhookError::Forbidden { .. })),
                "{here}"
            );
            assert!(webhook(here, "k", WebhookReach::Private).is_ok());
        }
        let metadata = "http://169.254.169.254/latest";
        assert!(webhook(metadata, "k", WebhookReach::Private).is_err());
        assert!(webhook(metadata, "k", WebhookReach::Anywhere).is_ok());
    }
}
