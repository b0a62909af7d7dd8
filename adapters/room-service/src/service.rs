//! The service itself: listens, serves, stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use exeunt_websocket::wire::PATH;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Accept;
use crate::backend::Backend;
use crate::config::Config;
use crate::console::{self, Sessions};
use crate::door;
use crate::hall::Hall;
use crate::history::History;
use crate::metrics::Metrics;
use crate::operating::Pulse;
use crate::places::Places;
use crate::rates::Rates;
use crate::recent::Recent;
use crate::running::RunningService;
use crate::serve_error::{ServeError, check};
use crate::server_api::{CallRate, Repeated};
use crate::webhooks::{Journal, Webhook, Webhooks};

/// A room service that listens, but does not serve yet.
pub struct RoomService {
    entrance: Box<dyn Accept>,
    address: SocketAddr,
    shared: Shared,
}

/// What all tasks of a service share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// The rooms of this process.
    pub(crate) hall: Arc<Hall>,
    /// The rooms that operators see: these, or those of another server.
    pub(crate) backend: Arc<dyn Backend>,
    /// Whether clients may enter here: whether the rooms are those of this process.
    pub(crate) serves_clients: bool,
    pub(crate) call_rate: CallRate,
    pub(crate) metrics: Metrics,
    pub(crate) recent: Recent,
    /// Who is logged in at the console.
    pub(crate) sessions: Sessions,
    /// How many more pages of the console may be open.
    pub(crate) live_pages: Arc<Semaphore>,
    /// What happened, for operators.
    pub(crate) history: History,
    /// What became of the webhooks.
    pub(crate) deliveries: Arc<Journal>,
    /// What was answered to calls that may be repeated.
    pub(crate) repeated: Repeated,
    pub(crate) sockets: Arc<Semaphore>,
    /// Whether the rooms are well.
    pub(crate) pulse: Pulse,
    /// How often each address comes.
    pub(crate) rates: Rates,
    /// How many clients each address has.
    pub(crate) clients: Arc<Places>,
    /// What outlives the HTTP connections that it began as: the clients' sockets, and what an operator
    /// has asked for.
    pub(crate) tasks: TaskTracker,
    /// Ends what is no client's: the console's pages, and connections that ask nothing.
    pub(crate) stopping: CancellationToken,
    /// Cuts off whoever is left.
    pub(crate) killed: CancellationToken,
}

impl Shared {
    /// How many clients are connected.
    pub(crate) fn open_sockets(&self) -> usize {
        let most = self.config.limits.connections.min(Semaphore::MAX_PERMITS);
        most.saturating_sub(self.sockets.available_permits())
    }

    /// Does this as one of the service's tasks, unless it is cut off.
    pub(crate) async fn until_stopped(&self, doing: impl Future<Output = ()>) {
        let _task = self.tasks.token();
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => {}
            () = doing => {}
        }
    }

    /// Does this as one of the service's tasks, also if nobody waits for it any more. When the service
    /// stops it is waited for, within [`Limits::time_to_stop`](crate::Limits::time_to_stop); `None` if
    /// that is over.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        doing: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let killed = self.killed.clone();
        let task = self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = killed.cancelled() => None,
                done = doing => Some(done),
            }
        });
        // An error means that it panicked, or that the runtime is shutting down.
        task.await.ok().flatten()
    }

    /// Keeps the history, for as long as this is polled.
    async fn keep_history(&self) {
        self.history.keep(self.backend.as_ref()).await;
        // The rooms are no more, but whoever asks still gets an answer.
        std::future::pending::<()>().await;
    }
}

impl std::fmt::Debug for RoomService {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RoomService")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl RoomService {
    /// Checks the configuration and begins to listen. Connections wait until the service runs.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        check(&config)?;
        let address = config.listen;
        let failed = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                ServeError::AddressInUse { address }
            } else {
                ServeError::Listen { address, source }
            }
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self::at(address, Box::new(listener), config))
    }

    /// Checks the configuration, and takes who comes in at `entrance`: a Unix socket, streams that TLS
    /// was taken off, a simulated network. It is known under `config.listen`, and listens nowhere.
    pub fn behind(entrance: impl Accept, config: Config) -> Result<Self, ServeError> {
        check(&config)?;
        Ok(Self::at(config.listen, Box::new(entrance), config))
    }

    fn at(address: SocketAddr, entrance: Box<dyn Accept>, config: Config) -> Self {
        let hall = Arc::new(Hall::new(&config));
        let shared = Shared {
            recent: Recent::of(hall.as_ref()),
            history: History::of(hall.as_ref(), config.limits.remembered_departures),
            repeated: Repeated::default(),
            deliveries: Arc::new(Journal::new(
                config.webhooks.iter().map(Webhook::shown).collect(),
                config.limits.remembered_deliveries,
            )),
            backend: Arc::clone(&hall) as Arc<dyn Backend>,
            hall,
            serves_clients: true,
            call_rate: CallRate::new(config.limits.api_per_second),
            metrics: Metrics::default(),
            sessions: Sessions::default(),
            live_pages: Arc::new(Semaphore::new(console::MAX_LIVE)),
            sockets: Arc::new(Semaphore::new(
                config.limits.connections.min(Semaphore::MAX_PERMITS),
            )),
            pulse: Pulse::default(),
            rates: Rates::new(config.limits.requests_per_second_per_address),
            clients: Places::new(config.limits.connections_per_address.max(1)),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            killed: CancellationToken::new(),
            config,
        };
        Self {
            entrance,
            address,
            shared,
        }
    }

    /// Puts rooms that are elsewhere behind the server API. Clients enter there; here they get HTTP 404.
    #[must_use]
    pub fn with_backend(mut self, backend: Arc<dyn Backend>) -> Self {
        let remembered = self.shared.config.limits.remembered_departures;
        self.shared.history = History::of(backend.as_ref(), remembered);
        self.shared.recent = Recent::of(backend.as_ref());
        self.shared.backend = backend;
        self.shared.serves_clients = false;
        self
    }

    /// The rooms behind the server API, for whoever wants to watch them or to act on them without it.
    #[must_use]
    pub fn backend(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.shared.backend)
    }

    /// Where it listens, with the port that was found for port 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address for a [`WebSocketTransport`](exeunt_websocket::WebSocketTransport).
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.shared.config.tls {
            Some(_) => "wss",
            None => "ws",
        };
        format!("{scheme}://{}{PATH}", self.address)
    }

    /// Serves until the token is cancelled; then everybody is told `server_stopped`, within
    /// [`Limits::time_to_stop`](crate::Limits::time_to_stop). Dropping the future cuts everybody off
    /// without a word, as a crash would.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self {
            mut entrance,
            address,
            shared,
        } = self;
        let shared = Arc::new(shared);
        // However this ends, no socket outlives it.
        let _killing = shared.killed.clone().drop_guard();
        let _stopping = shared.stopping.clone().drop_guard();
        tracing::info!(%address, "room service listens");
        let mut requests = JoinSet::new();
        let webhooks = Webhooks::begin(
            &shared.config.webhooks,
            shared.config.sdk_app_id,
            shared.backend.as_ref(),
            &shared.deliveries,
        );
        tokio::select! {
            // In this order, here and elsewhere: a simulation of the same world has the same outcome.
            biased;
            // Those who come last: however many they are, leases run out in time (G-12).
            () = shutdown.cancelled() => {}
            () = shared.metrics.watch(&*shared.backend) => {}
            () = shared.recent.watch(&*shared.backend) => {}
            () = shared.hall.watch_leases() => {}
            () = shared.keep_history() => {}
            () = door::keep(entrance.as_mut(), &shared, &mut requests) => {}
        }
        drop(entrance);
        shared.stopping.cancel();
        shared.hall.stop();
        shared.tasks.close();
        // Clients read their last words, and operators the answers to what they have asked.
        let all_ended = async {
            shared.tasks.wait().await;
            while requests.join_next().await.is_some() {}
        };
        if timeout(shared.config.limits.time_to_stop, all_ended)
            .await
            .is_err()
        {
            let (open, unanswered) = (shared.tasks.len(), requests.len());
            tracing::warn!(open, unanswered, "some did not close in time");
        }
        requests.shutdown().await;
        webhooks
            .end(shared.config.limits.time_to_tell_webhooks)
            .await;
        // Who is left is cut off, and every task has ended before we answer (G-15).
        shared.killed.cancel();
        shared.tasks.wait().await;
        tracing::info!(%address, "room service has stopped");
    }

    /// Serves in a task of its own.
    #[must_use]
    pub fn spawn(self) -> RunningService {
        let (address, url, shutdown) = (self.address, self.url(), CancellationToken::new());
        let backend = self.backend();
        let task = tokio::spawn(self.run(shutdown.clone()));
        RunningService {
            address,
            url,
            backend,
            shutdown,
            task,
        }
    }
}
