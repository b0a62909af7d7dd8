//! Entering a room, and the handle to the stay that comes of it.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use exeunt_port::{
    CloseError, Connection, DepartureError, EnterError, EnterRequest, RoomLink, Transport,
    async_trait,
};
use tokio::{select, sync::watch, task::AbortHandle, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::stay::{Departure, Stay};
use crate::wire::{Answer, Said, Wire, call};

/// Enters the rooms of the [`TcpRooms`](crate::TcpRooms) at this address.
#[derive(Clone, Copy, Debug)]
pub struct TcpTransport(pub SocketAddr);

/// The leases that can be kept: timers are made of what the server says.
const LEASES: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

#[async_trait]
impl Transport for TcpTransport {
    fn name(&self) -> &'static str {
        "tcp"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let (server, endpoint) = (self.0, self.0.to_string());
        let enter = Said::Enter(request.user, request.room, request.user_sig);
        // Who gives up may have been let in all the same: an answer that comes soon counts (G-4).
        let given_up = async {
            link.abandoned().await;
            sleep(Duration::from_millis(500)).await;
        };
        let answer = select! {
            biased;
            answer = call(server, enter) => answer.map_err(|error| error.to_string()),
            () = given_up => return Err(EnterError::Abandoned),
        };
        match answer {
            Ok((Answer::Entered(pass, lease), wire)) if LEASES.contains(&lease) => {
                let stay = Stay {
                    server,
                    pass,
                    lease,
                    link,
                    leave: CancellationToken::new(),
                    heard: 0,
                };
                Ok(Box::new(TcpConnection::keep(stay, wire)))
            }
            Ok(_) | Err(_) if link.is_abandoned() => Err(EnterError::Abandoned),
            Ok((Answer::Refused(code, message), _)) => Err(EnterError::Refused { code, message }),
            Ok((other, _)) => {
                let detail = format!("{other:?}, on entering");
                Err(EnterError::Protocol { endpoint, detail })
            }
            Err(detail) => Err(EnterError::Unreachable { endpoint, detail }),
        }
    }
}

/// The handle to one stay. What there is of it the task holds.
struct TcpConnection {
    leave: CancellationToken,
    departure: watch::Receiver<Option<Departure>>,
    task: AbortHandle,
    tasks: TaskTracker,
}

impl TcpConnection {
    fn keep(stay: Stay, wire: Wire) -> Self {
        let (told, departure) = watch::channel(None);
        let (leave, tasks) = (stay.leave.clone(), TaskTracker::new());
        let task = tasks.spawn(stay.keep(wire, told)).abort_handle();
        tasks.close();
        Self {
            leave,
            departure,
            task,
            tasks,
        }
    }
}

#[async_trait]
impl Connection for TcpConnection {
    async fn announce_departure(&self) -> Departure {
        self.leave.cancel();
        let mut departure = self.departure.clone();
        // The sender goes with the task: whatever ends the stay ends this as well (G-7).
        let known = departure.wait_for(Option::is_some).await;
        let known = known.ok().and_then(|known| known.clone());
        known.unwrap_or(Err(DepartureError::Closed))
    }

    async fn close(&self) -> Result<(), CloseError> {
        self.task.abort();
        self.tasks.wait().await;
        Ok(())
    }
}

impl Drop for TcpConnection {
    /// No goodbye and no waiting: the socket goes with the task, and the lease does the rest (G-12).
    fn drop(&mut self) {
        self.task.abort();
    }
}
