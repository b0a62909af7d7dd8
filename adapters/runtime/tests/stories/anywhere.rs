//! Leaving from anywhere: callbacks, dropped futures, dropped rooms, ends of processes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use exeunt_core::Event;
use exeunt_loopback::{AnnounceFault, Hub, ToneMicrophone};
use exeunt_runtime::{Departures, Outcome, RoomHandle};

use crate::people::{bystander, client, end, in_room, request, sees};

#[tokio::test(start_paused = true)]
async fn leaving_from_inside_a_callback_is_legal() {
    let hub = Hub::new();
    let handle: Arc<OnceLock<RoomHandle>> = Arc::default();
    let inside = Arc::clone(&handle);
    let alice = client(hub.transport()).with_observer(move |step| {
        if step.event == Event::Entered {
            inside
                .get()
                .expect("set before anything runs")
                .request_exit();
        }
    });
    let room = alice.enter(request("alice"));
    handle.set(room.handle()).expect("set once");
    let (report, _) = end(room).await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_an_exit_does_not_stop_the_exit() {
    let hub = Hub::new();
    let mut others = bystander(&hub).await;
    let transport = hub.transport();
    let faults = transport.faults();
    faults.break_announce(AnnounceFault::Hangs);
    let room = in_room(client(transport), "bob").await;
    let handle = room.handle();
    let gave_up = tokio::time::timeout(Duration::from_millis(1), room.exit()).await;
    assert!(gave_up.is_err());
    faults.let_go();
    assert_eq!(handle.report().await.departure.outcome, Outcome::Done);
    assert_eq!(sees(&mut others).await, "+bob");
    assert_eq!(sees(&mut others).await, "-bob 0");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_room_leaves_it_and_a_process_that_ends_can_wait_for_that() {
    let hub = Hub::new();
    let departures = Departures::new();
    let carol = client(hub.transport())
        .tracked_by(&departures)
        .with_device(ToneMicrophone::new(220));
    let room = in_room(carol, "carol").await;
    assert_eq!(departures.outstanding(), 1);
    drop(room);
    assert!(departures.settled(Duration::from_secs(3)).await);
    assert_eq!(departures.outstanding(), 0);
    assert!(hub.rooms().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_exit_is_heard_even_by_an_application_that_never_listened() {
    let hub = Hub::new();
    let dave = in_room(client(hub.transport()), "dave").await;
    for number in 0..800 {
        let visitor = in_room(client(hub.transport()), &format!("visitor{number}")).await;
        drop(visitor.exit().await);
    }
    dave.handle().request_exit();
    let (report, _) = end(dave).await;
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn two_hundred_stays_leave_no_task_behind() {
    let hub = Hub::new();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let mut erin = client(hub.transport()).with_device(ToneMicrophone::new(440));
    let mut after_the_first = None;
    for _ in 0..200 {
        let room = in_room(erin, "erin").await;
        let (report, back) = room.exit().await;
        assert!(report.is_clean());
        erin = back;
        // Whatever the exit set going has its turn to end.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let expected = *after_the_first.get_or_insert_with(tasks);
        assert_eq!(tasks(), expected);
    }
    drop(erin);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(tasks(), 0, "the session's task goes with its client");
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_ends_nothing() {
    let hub = Hub::new();
    let frank = client(hub.transport()).with_observer(|step| {
        assert_ne!(step.event, Event::Entered, "the observer panics");
    });
    let room = in_room(frank, "frank").await;
    let (report, _) = room.exit().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn leaving_begins_with_the_call_and_not_with_the_first_look_at_its_future() {
    let hub = Hub::new();
    let room = in_room(client(hub.transport()), "grace").await;
    let (owner, other) = (room.handle(), room.handle());
    let leaving = room.exit();
    assert!(
        format!("{owner:?}").contains("leaving: true"),
        "silence begins here (G-14)"
    );
    drop(leaving);
    assert!(other.report().await.is_clean());
}
