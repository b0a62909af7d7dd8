//! The service itself: listens, serves, stops.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use exeunt_websocket::ByteStream;
use exeunt_websocket::wire::{MAX_DOWNSTREAM, PATH};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::{Accept, Accepted};
use crate::backend::Backend;
use crate::client_socket;
use crate::config::Config;
use crate::console::{self, Sessions};
use crate::hall::Hall;
use crate::history::History;
use crate::metrics::Metrics;
use crate::operating;
use crate::origin;
use crate::places::{Place, Places};
use crate::recent::Recent;
use crate::running::RunningService;
use crate::serve_error::{ServeError, check};
use crate::server_api::{self, CallRate, Repeated};
use crate::webhooks::{Journal, Webhook, Webhooks};

/// How long the head of a request may take to come.
const TIME_FOR_HEAD: Duration = Duration::from_secs(5);
/// The pause after a connection could not be accepted, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How much of what a client says is read at once, in bytes; larger messages are read in several goes.
const READ_BUFFER: usize = 8 << 10;

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
    serves_clients: bool,
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
    sockets: Arc<Semaphore>,
    /// The tasks of the clients' sockets, which outlive the HTTP connections that they began as.
    tasks: TaskTracker,
    /// Ends what is no client's: the console's pages.
    stopping: CancellationToken,
    /// Cuts every client off.
    killed: CancellationToken,
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
            () = accept(entrance.as_mut(), &shared, &mut requests) => {}
        }
        drop(entrance);
        shared.stopping.cancel();
        shared.hall.stop();
        shared.tasks.close();
        if timeout(shared.config.limits.time_to_stop, shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                open = shared.tasks.len(),
                "some clients did not close in time"
            );
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

/// Accepts connections and serves their requests, for as long as this is polled.
async fn accept(entrance: &mut dyn Accept, shared: &Arc<Shared>, requests: &mut JoinSet<()>) {
    let router = Router::new()
        .route("/", any(server_api::answer))
        .route(PATH, get(upgrade))
        .route("/health", get(operating::health))
        .route("/metrics", get(operating::metrics))
        .merge(console::routes(shared))
        .with_state(Arc::clone(shared));
    let limits = &shared.config.limits;
    let places = Places::new(limits.requests_per_address.max(1));
    loop {
        let has_room = requests.len() < limits.requests.max(1);
        tokio::select! {
            biased;
            Some(_ended) = requests.join_next() => {}
            accepted = entrance.accept(), if has_room => match accepted {
                Ok(Accepted { stream, address }) => {
                    let place = address.map(|address| places.take(address));
                    if let Some(None) = place {
                        tracing::debug!(?address, "hung up: its address has all its places");
                        continue;
                    }
                    let shared = Arc::clone(shared);
                    requests.spawn(open(stream, shared, router.clone(), place.flatten()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Takes TLS off, where there is any, and serves what comes.
async fn open(
    stream: Box<dyn ByteStream>,
    shared: Arc<Shared>,
    router: Router,
    place: Option<Place>,
) {
    let time = shared.config.limits.time_for_requests;
    let Some(identity) = &shared.config.tls else {
        return serve(stream, router, time, place).await;
    };
    match timeout(TIME_FOR_HEAD, identity.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => serve(Box::new(stream), router, time, place).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => tracing::debug!("no TLS within {TIME_FOR_HEAD:?}"),
    }
}

/// Serves one HTTP connection until it ends or becomes a WebSocket. Both it must do in time: who asks
/// without end, or does not read the answers, would hold a place for ever.
async fn serve(stream: Box<dyn ByteStream>, router: Router, time: Duration, _place: Option<Place>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_FOR_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut served = timeout(time, connection.as_mut()).await;
    if served.is_err() {
        connection.as_mut().graceful_shutdown();
        served = timeout(time, connection).await;
    }
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
        Err(_) => tracing::info!("cut off: does not read its answers"),
    }
}

/// Turns a request into a WebSocket, if there is room for one more.
async fn upgrade(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
) -> Response {
    if !shared.serves_clients {
        return (StatusCode::NOT_FOUND, "rooms are entered elsewhere").into_response();
    }
    if !origin::is_allowed(&headers, &shared.config.allowed_origins) {
        let words = "pages of this origin may not bring their users in";
        return (StatusCode::FORBIDDEN, words).into_response();
    }
    let Ok(permit) = Arc::clone(&shared.sockets).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
    };
    let limit = shared.config.limits.message_bytes;
    let task = shared.tasks.token();
    request
        .max_message_size(limit)
        .max_frame_size(limit)
        // A buffer a member: most of what a member costs.
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(4 * MAX_DOWNSTREAM)
        .on_upgrade(|socket| async move {
            tokio::select! {
                biased;
                () = shared.killed.cancelled() => {}
                () = client_socket::serve(socket, &shared.config, &shared.hall, &shared.metrics) => {}
            }
            drop((permit, task));
        })
}
