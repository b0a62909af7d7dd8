//! The door: connections are taken in, their requests are answered, and clients get their sockets.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, State, WebSocketUpgrade};
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use exeunt_websocket::ByteStream;
use exeunt_websocket::wire::{MAX_DOWNSTREAM, PATH};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::accept::{Accept, Accepted};
use crate::client_socket;
use crate::console;
use crate::operating;
use crate::origin;
use crate::places::{Place, Places};
use crate::server_api;
use crate::service::Shared;
use crate::watched::{Ended, Watched};

/// How long the head of a request may take to come.
const TIME_FOR_HEAD: Duration = Duration::from_secs(5);
/// The largest head of a request, in bytes; more get HTTP 431.
const MAX_HEAD: usize = 32 << 10;
/// The pause after a connection could not be accepted, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How much of what a client says is read at once, in bytes; larger messages are read in several goes.
const READ_BUFFER: usize = 8 << 10;

/// Why somebody is turned away: a label of what is counted.
const TOO_OFTEN: &str = "address comes too often";
const NO_PLACE: &str = "address has all its places";

/// Who has come in, and the place that he has taken: until his connection ends, or, where it becomes a
/// client's socket, until the client has entered.
#[derive(Clone, Debug)]
struct Visitor {
    address: Option<IpAddr>,
    place: Option<Arc<Place>>,
}

impl Visitor {
    /// Somebody from this address, if he may come in; else why not.
    fn received(
        address: Option<IpAddr>,
        shared: &Shared,
        places: &Arc<Places>,
    ) -> Result<Self, &'static str> {
        let Some(from) = address else {
            let place = None;
            return Ok(Self { address, place });
        };
        if !shared.rates.take(shared.hall.now(), from) {
            return Err(TOO_OFTEN);
        }
        let place = places.take(from).ok_or(NO_PLACE)?;
        let place = Some(Arc::new(place));
        Ok(Self { address, place })
    }

    /// Whether he may ask again.
    fn may_ask_again(&self, shared: &Shared) -> bool {
        let now = shared.hall.now();
        self.address
            .is_none_or(|address| shared.rates.take(now, address))
    }
}

/// Accepts connections and serves their requests, for as long as this is polled.
pub(crate) async fn keep(
    entrance: &mut dyn Accept,
    shared: &Arc<Shared>,
    requests: &mut JoinSet<()>,
) {
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
                    let visitor = match Visitor::received(address, shared, &places) {
                        Ok(visitor) => visitor,
                        Err(why) => {
                            tracing::debug!(?address, why, "hung up");
                            shared.metrics.turned_away(why);
                            continue;
                        }
                    };
                    requests.spawn(open(stream, Arc::clone(shared), router.clone(), visitor));
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
async fn open(stream: Box<dyn ByteStream>, shared: Arc<Shared>, router: Router, visitor: Visitor) {
    let Some(identity) = &shared.config.tls else {
        return serve(stream, router, &shared, visitor).await;
    };
    let handshake = timeout(TIME_FOR_HEAD, identity.acceptor().accept(stream));
    let shaken = tokio::select! {
        biased;
        () = shared.stopping.cancelled() => return,
        shaken = handshake => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => serve(Box::new(stream), router, &shared, visitor).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => tracing::debug!("no TLS within {TIME_FOR_HEAD:?}"),
    }
}

/// Serves one HTTP connection until it ends or becomes a WebSocket. Both it must do in time: who asks
/// without end, or does not read the answers, would hold a place for ever. When the service stops, what
/// has been asked is still answered.
async fn serve(stream: Box<dyn ByteStream>, router: Router, shared: &Shared, visitor: Visitor) {
    let time = shared.config.limits.time_for_requests;
    let has_asked = AtomicBool::new(false);
    let answering = TowerToHyperService::new(router);
    let (stream, ended) = Watched::new(stream);
    let answering = service_fn(|mut request: Request<_>| {
        let asks_again = has_asked.swap(true, Ordering::Relaxed);
        let answer = if asks_again && !visitor.may_ask_again(shared) {
            shared.metrics.turned_away(TOO_OFTEN);
            Err(too_often())
        } else {
            request.extensions_mut().insert(visitor.clone());
            request.extensions_mut().insert(ended.clone());
            Ok(answering.call(request))
        };
        async {
            match answer {
                Ok(answer) => answer.await,
                Err(refused) => Ok(refused),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_FOR_HEAD)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), answering)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => Ok(served),
        () = shared.stopping.cancelled() => Err(()),
        () = sleep(time) => Err(()),
    };
    let served = match served {
        Err(()) if has_asked.load(Ordering::Relaxed) => {
            connection.as_mut().graceful_shutdown();
            timeout(time, connection).await
        }
        // Nothing is owed to it.
        Err(()) => return,
        Ok(served) => Ok(served),
    };
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
        Err(_) => tracing::info!("cut off: does not read its answers"),
    }
}

fn too_often() -> Response {
    let closing = [(CONNECTION, "close")];
    let words = "this address asks too often";
    (StatusCode::TOO_MANY_REQUESTS, closing, words).into_response()
}

/// Turns a request into a WebSocket, if there is room for one more.
async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(Visitor { address, place }): Extension<Visitor>,
    Extension(ended): Extension<Ended>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
) -> Response {
    if !shared.serves_clients {
        return (StatusCode::NOT_FOUND, "rooms are entered elsewhere").into_response();
    }
    let key = &shared.config.user_sig_key;
    if let Err(foreign) = origin::check(&headers, &shared.config.allowed_origins, key) {
        return (StatusCode::FORBIDDEN, foreign.to_string()).into_response();
    }
    let too_many = |why: &'static str| {
        shared.metrics.turned_away(why);
        (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
    };
    let Ok(permit) = Arc::clone(&shared.sockets).try_acquire_owned() else {
        return too_many("too many connections");
    };
    let of_address = address.map(|address| shared.clients.take(address));
    if let Some(None) = of_address {
        tracing::info!(?address, "sent away: its address has all its clients");
        return too_many("too many connections from this address");
    }
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
                () = client_socket::serve(socket, &shared, place, ended) => {}
            }
            drop((permit, of_address, task));
        })
}
