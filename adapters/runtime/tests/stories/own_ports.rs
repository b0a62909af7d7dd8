//! Ports written by somebody else, who reads contracts in a way of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, Device, DeviceError, DeviceKind,
    DeviceLink, EnterError, EnterRequest, OpenDevice, RemoteLeaveReason, RoomLink, RoomSignal,
    Transport, async_trait,
};
use exeunt_runtime::{Client, Outcome, Policy, Reason, RoomEvent};
use tokio::sync::{Semaphore, mpsc};

use crate::people::{in_room, request, user};

/// What was called of a connection, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<&'static str>>>);

impl Calls {
    fn note(&self, call: &'static str) {
        self.0.lock().expect("no panics").push(call);
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.lock().expect("no panics").clone()
    }
}

/// A connection that answers everything, after a turn of the others.
struct Plain(Calls, mpsc::Sender<()>);

impl Plain {
    fn boxed() -> Box<dyn Connection> {
        Box::new(Self(Calls::default(), mpsc::channel(1).0))
    }
}

#[async_trait]
impl Connection for Plain {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        tokio::task::yield_now().await;
        self.0.note("announced");
        Ok(DepartureReceipt::default())
    }

    async fn close(&self) -> Result<(), CloseError> {
        self.0.note("closed");
        Ok(())
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.1.try_send(());
    }
}

/// A full room: everybody in it is told before the enter is answered.
struct FullRoom;

#[async_trait]
impl Transport for FullRoom {
    fn name(&self) -> &'static str {
        "full room"
    }

    async fn connect(
        &self,
        _: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        for number in 0..900 {
            let member = user(&format!("member{number}"));
            link.signal(RoomSignal::RemoteUserEntered(member)).await;
        }
        Ok(Plain::boxed())
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_room_that_tells_its_members_before_it_lets_one_in_can_be_entered() {
    let mut room = Client::new(FullRoom).enter(request("alice"));
    assert!(room.entered().await, "nothing waits for itself (G-8)");
    let mut members = 0;
    while members < 900 {
        if let RoomEvent::RemoteUserEntered(_) = room.next_event().await.expect("lasts") {
            members += 1;
        }
    }
}

/// A transport that never stops talking.
struct Chatter;

#[async_trait]
impl Transport for Chatter {
    fn name(&self) -> &'static str {
        "chatter"
    }

    async fn connect(
        &self,
        _: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        for name in ["left", "right"] {
            let link = link.clone();
            tokio::spawn(async move {
                while !link.is_abandoned() {
                    let gone = RoomSignal::RemoteUserLeft(user(name), RemoteLeaveReason::Left);
                    link.signal(gone).await;
                }
            });
        }
        Ok(Plain::boxed())
    }
}

#[tokio::test]
async fn whoever_never_stops_talking_keeps_nobody_from_stopping_a_device_or_leaving() {
    let room = in_room(Client::new(Chatter), "bob").await;
    let handle = room.handle();
    let device = Keeps::default();
    let slot = handle.start(device).await.expect("a free slot");
    handle.stop(slot).await.expect("it can be stopped");
    let (report, _) = room.exit().await;
    assert!(report.is_clean(), "{report}");
}

/// A device that keeps every link it ever got.
#[derive(Default)]
struct Keeps {
    links: Mutex<Vec<DeviceLink>>,
    described: AtomicUsize,
    panics: bool,
}

struct Kept(bool);

#[async_trait]
impl Device for Keeps {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        let times = self.described.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics || times == 0, "it is asked for its name once");
        "keeps".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.links.lock().expect("no panics").push(link);
        Ok(Box::new(Kept(self.panics)))
    }
}

#[async_trait]
impl OpenDevice for Kept {
    fn description(&self) -> String {
        assert!(!self.0, "it cannot describe itself");
        "kept".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        Ok(())
    }
}

/// The same device, opened again and again.
#[derive(Clone)]
struct Shared(Arc<Keeps>);

#[async_trait]
impl Device for Shared {
    fn kind(&self) -> DeviceKind {
        self.0.kind()
    }

    fn name(&self) -> String {
        self.0.name()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.0.open(link).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_keeps_its_links_leaves_no_task_behind_when_it_is_stopped() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let device = Shared(Arc::default());
    let mut room = in_room(Client::new(FullRoom), "carol").await;
    let handle = room.handle();
    let mut after_the_first = None;
    for _ in 0..20 {
        let slot = handle.start(device.clone()).await.expect("a free slot");
        handle.stop(slot).await.expect("it can be stopped");
        loop {
            if let RoomEvent::DeviceReleased { .. } = room.next_event().await.expect("lasts") {
                break;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        assert_eq!(tasks(), *after_the_first.get_or_insert_with(tasks));
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_panics_when_it_is_described_is_a_fact_like_any_other() {
    let device = Keeps {
        panics: true,
        ..Keeps::default()
    };
    let mut room = Client::new(FullRoom)
        .with_device(device)
        .enter(request("dave"));
    loop {
        if let RoomEvent::DeviceFailed { error, .. } = room.next_event().await.expect("lasts") {
            assert_eq!(error, DeviceError::Panicked);
            break;
        }
    }
    let (report, _) = room.exit().await;
    assert_eq!(report.reason, Reason::LocalExit);
    assert_eq!(report.devices[0].name, "keeps");
}

/// A transport that blocks its thread while it connects, which nobody should.
struct Blocks {
    calls: Calls,
    reached: Arc<Semaphore>,
    go: Mutex<std::sync::mpsc::Receiver<()>>,
    dropped: mpsc::Sender<()>,
}

#[async_trait]
impl Transport for Blocks {
    fn name(&self) -> &'static str {
        "blocks"
    }

    async fn connect(
        &self,
        _: EnterRequest,
        _: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        self.reached.add_permits(1);
        self.go.lock().expect("no panics").recv().expect("told to");
        Ok(Box::new(Plain(self.calls.clone(), self.dropped.clone())))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_connect_that_succeeds_after_the_exit_is_over_is_announced_and_only_then_closed() {
    let calls = Calls::default();
    let reached = Arc::new(Semaphore::new(0));
    let (go, told) = std::sync::mpsc::channel();
    let (dropped, mut gone) = mpsc::channel(1);
    let transport = Blocks {
        calls: calls.clone(),
        reached: Arc::clone(&reached),
        go: Mutex::new(told),
        dropped,
    };
    // Real time, for a blocked thread knows no other. The late announcement has as long, and has to
    // begin in it on the busiest machine.
    let impatient = Policy {
        departure: std::time::Duration::from_millis(500),
        transport: std::time::Duration::from_millis(500),
        ..Policy::default()
    };
    let room = Client::new(transport)
        .with_policy(impatient)
        .enter(request("erin"));
    drop(reached.acquire().await);
    let (report, _client) = room.exit().await;
    assert_eq!(report.transport.outcome, Outcome::TimedOut);
    go.send(()).expect("it waits");
    gone.recv().await.expect("the connection is dropped");
    assert_eq!(calls.all(), ["announced", "closed"]);
}
