//! What is counted, for Prometheus.
//!
//! Counters are taken where things happen, gauges when they are asked for. Nothing in a label comes from
//! a client, so that nobody can make the number of series grow (G-15), and no name or key is told.

use exeunt_websocket::wire::{CloseCode, Refusal};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::backend::{Backend, BackendError, Happening, LeaveReason, News, Page};

/// The type of what [`Metrics::text`] answers.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// So many rooms are looked at with one question to the back end.
const ROOMS_AT_A_TIME: usize = 500;

type Label<T> = [(&'static str, T); 1];

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    entered: Counter,
    left: Family<Label<&'static str>, Counter>,
    refused: Family<Label<i64>, Counter>,
    cut_off: Family<Label<u32>, Counter>,
    frames: Family<Label<&'static str>, Counter>,
    api_answers: Family<Label<&'static str>, Counter>,
    logins: Family<Label<&'static str>, Counter>,
    missed: Counter,
}

impl Metrics {
    /// Counts what happens in the rooms, for as long as this is polled.
    pub(crate) async fn watch(&self, backend: &dyn Backend) {
        let mut happenings = backend.happenings();
        while let Some(news) = happenings.next().await {
            match news {
                News::Happened(happened) => match &happened.what {
                    Happening::Entered { .. } => drop(self.entered.inc()),
                    Happening::Left(departure) => {
                        let reason = departure.reason.map_or("not known", LeaveReason::as_str);
                        let labels = [("reason", reason)];
                        self.left.get_or_create(&labels).inc();
                    }
                    Happening::RoomOpened { .. } | Happening::RoomClosed { .. } => {}
                },
                News::Missed(count) => drop(self.missed.inc_by(count)),
            }
        }
        // Rooms that are no more have nothing more to count.
        std::future::pending::<()>().await;
    }

    /// A client was not let in.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let labels = [("code", i64::from(refusal.code()))];
        self.refused.get_or_create(&labels).inc();
    }

    /// A client broke the protocol or a bound.
    pub(crate) fn cut_off(&self, code: CloseCode) {
        let labels = [("code", u32::from(code.number()))];
        self.cut_off.get_or_create(&labels).inc();
    }

    /// A media frame came, and was handed on or was one too many.
    pub(crate) fn frame(&self, handed_on: bool) {
        let fate = if handed_on { "handed_on" } else { "dropped" };
        self.frames.get_or_create(&[("fate", fate)]).inc();
    }

    /// The server API answered; `OK`, or TencentCloud's name for what went wrong.
    pub(crate) fn api_answered(&self, code: &'static str) {
        self.api_answers.get_or_create(&[("code", code)]).inc();
    }

    /// Somebody showed an operator token.
    pub(crate) fn token_shown(&self, good: bool) {
        let token = if good { "good" } else { "wrong" };
        self.logins.get_or_create(&[("token", token)]).inc();
    }

    /// All of it, in the text form of `OpenMetrics`.
    pub(crate) async fn text(
        &self,
        backend: &dyn Backend,
        sockets: usize,
    ) -> Result<String, BackendError> {
        let mut registry = Registry::with_prefix("exeunt");
        let (rooms, members, connected) = census(backend).await?;
        for (name, help, value) in [
            ("rooms", "Rooms there are", rooms),
            ("members", "Members in all rooms", members),
            (
                "members_connected",
                "Members with a connection; the others are waited for",
                connected,
            ),
            ("client_connections", "Clients' connections", sockets),
        ] {
            let gauge: Gauge = Gauge::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        }
        registry.register("stays_begun", "Members who entered", self.entered.clone());
        registry.register(
            "stays_ended",
            "Stays that ended, by reason",
            self.left.clone(),
        );
        registry.register(
            "entrances_refused",
            "Clients that were not let in, by the protocol's code",
            self.refused.clone(),
        );
        registry.register(
            "clients_cut_off",
            "Clients that broke the protocol or a bound, by close code",
            self.cut_off.clone(),
        );
        registry.register(
            "media_frames",
            "Media frames from clients",
            self.frames.clone(),
        );
        registry.register(
            "api_answers",
            "Answers of the server API, by code",
            self.api_answers.clone(),
        );
        registry.register(
            "operator_tokens",
            "Operator tokens shown",
            self.logins.clone(),
        );
        registry.register(
            "happenings_missed",
            "Happenings that went uncounted because too many came at once",
            self.missed.clone(),
        );
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        Ok(text)
    }
}

/// How many rooms, members and connected members there are.
async fn census(backend: &dyn Backend) -> Result<(usize, usize, usize), BackendError> {
    let (mut seen, mut members, mut connected) = (0, 0, 0);
    loop {
        let page = Page {
            offset: seen,
            limit: ROOMS_AT_A_TIME,
        };
        let page = backend.rooms(page).await?;
        seen += page.rooms.len();
        for room in &page.rooms {
            members += room.members.len();
            connected += room
                .members
                .iter()
                .filter(|member| member.connected)
                .count();
        }
        if page.rooms.is_empty() || seen >= page.total {
            return Ok((page.total, members, connected));
        }
    }
}
