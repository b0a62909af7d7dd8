//! The conformance suite over the tutorial's transport and a real server, with a wire for each user.

use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exeunt_conformance::{Nowhere, Obstacle, TcpWires, World, async_trait, transport};
use exeunt_port::{EnterRequest, RoomId, Transport, UserId};
use exeunt_tutorial::{TcpRooms, TcpTransport};

fn main() -> ExitCode {
    transport(Rooms::open).called("TCP transport").run()
}

/// A server of rooms, and a wire between it and each user.
struct Rooms {
    server: Mutex<Option<TcpRooms>>,
    wires: TcpWires,
    nowhere: Nowhere,
}

impl Rooms {
    const LEASE: Duration = Duration::from_secs(1);
    const KEY: &str = "everybody's key";

    async fn open() -> Result<Self, Obstacle> {
        let server = TcpRooms::open(Self::KEY, Self::LEASE).await;
        let server = server.map_err(Obstacle::failed)?;
        Ok(Self {
            nowhere: Nowhere::reserve().map_err(Obstacle::failed)?,
            wires: TcpWires::before(server.address()),
            server: Mutex::new(Some(server)),
        })
    }

    fn server(&self) -> MutexGuard<'_, Option<TcpRooms>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_server(&self, act: impl FnOnce(&TcpRooms)) -> Result<(), Obstacle> {
        let server = self.server();
        act(server
            .as_ref()
            .ok_or_else(|| Obstacle::failed("the server has gone before"))?);
        Ok(())
    }
}

#[async_trait]
impl World for Rooms {
    async fn transport(&self, user: &UserId) -> Result<Box<dyn Transport>, Obstacle> {
        Ok(Box::new(TcpTransport(self.wires.of(user).await?)))
    }

    fn request(&self, user: &UserId, room: &RoomId) -> Result<EnterRequest, Obstacle> {
        Ok(EnterRequest {
            sdk_app_id: 0,
            user: user.clone(),
            room: room.clone(),
            user_sig: Self::KEY.to_owned(),
        })
    }

    fn lease(&self) -> Result<Duration, Obstacle> {
        Ok(Self::LEASE)
    }

    fn replaces(&self) -> Result<(), Obstacle> {
        Ok(())
    }

    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        self.with_server(|server| server.kick(room, user))
    }

    async fn dismiss(&self, room: &RoomId) -> Result<(), Obstacle> {
        self.with_server(|server| server.dismiss(room))
    }

    async fn stop_server(&self) -> Result<(), Obstacle> {
        let server = self.server().take();
        server
            .ok_or_else(|| Obstacle::failed("the server has gone before"))?
            .stop()
            .await;
        Ok(())
    }

    async fn kill_server(&self) -> Result<(), Obstacle> {
        drop(self.server().take());
        Ok(())
    }

    async fn cut(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.cut(user)
    }

    async fn freeze(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.freeze(user)
    }

    async fn mend(&self, user: &UserId) -> Result<(), Obstacle> {
        self.wires.mend(user)
    }

    async fn unreachable(&self) -> Result<Box<dyn Transport>, Obstacle> {
        Ok(Box::new(TcpTransport(self.nowhere.address())))
    }

    async fn refused(
        &self,
        user: &UserId,
        room: &RoomId,
    ) -> Result<(Box<dyn Transport>, EnterRequest), Obstacle> {
        let transport = self.transport(user).await?;
        let mut request = self.request(user, room)?;
        "another key".clone_into(&mut request.user_sig);
        Ok((transport, request))
    }
}
