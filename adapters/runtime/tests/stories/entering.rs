//! Leaving before one is in.

use std::time::Duration;

use exeunt_loopback::{ConnectFault, Hub};
use exeunt_port::EnterError;
use exeunt_runtime::{Outcome, Reason};

use crate::people::{bystander, client, end, request, sees};

#[tokio::test(start_paused = true)]
async fn leaving_while_entering_ends_at_once_when_the_connect_lets_go() {
    let hub = Hub::new();
    let transport = hub.transport();
    let faults = transport.faults();
    faults.break_connect(ConnectFault::Hangs);
    let room = client(transport).enter(request("alice"));
    faults.reached().await;
    let (report, _) = room.exit().await;
    assert_eq!(report.reason, Reason::LocalExit);
    assert_eq!(report.departure.outcome, Outcome::NotOwed);
    assert_eq!(report.took, Duration::ZERO, "nothing was waited for");
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_succeeds_after_it_was_abandoned_is_announced_and_closed() {
    let hub = Hub::new();
    let mut others = bystander(&hub).await;
    let transport = hub.transport();
    let faults = transport.faults();
    faults.break_connect(ConnectFault::SucceedsLate);
    let room = client(transport).enter(request("bob"));
    faults.reached().await;
    room.handle().request_exit();
    tokio::task::yield_now().await;
    faults.let_go();
    let (report, _) = room.exit().await;
    assert_eq!(report.departure.outcome, Outcome::Done);
    assert_eq!(sees(&mut others).await, "+bob");
    assert_eq!(sees(&mut others).await, "-bob 0");
    assert_eq!(
        hub.rooms()[0].members.len(),
        1,
        "only the bystander is left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_never_answers_is_given_up_within_the_bound() {
    let hub = Hub::new();
    let transport = hub.transport();
    transport.faults().break_connect(ConnectFault::SucceedsLate);
    let room = client(transport).enter(request("carol"));
    let (report, _) = room.exit().await;
    assert_eq!(report.departure.outcome, Outcome::TimedOut);
    assert_eq!(
        report.transport.outcome,
        Outcome::Done,
        "cutting the connect off closes it"
    );
    assert!(report.took <= report.bound);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_stay_with_the_servers_words() {
    let hub = Hub::new();
    let transport = hub.transport();
    let refused = EnterError::Refused {
        code: -3320,
        message: "the UserSig has expired".to_owned(),
    };
    transport
        .faults()
        .break_connect(ConnectFault::Fails(refused));
    let (report, _) = end(client(transport).enter(request("dave"))).await;
    assert_eq!(report.reason.number(), 101);
    let words = report.enter_error.as_deref().unwrap_or_default();
    assert!(words.contains("expired"), "{words}");
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up_and_told_apart_from_a_refusal() {
    let hub = Hub::new();
    let transport = hub.transport();
    transport.faults().break_connect(ConnectFault::Hangs);
    let (report, _) = end(client(transport).enter(request("erin"))).await;
    assert_eq!(report.reason, Reason::EnterFailed);
    assert_eq!(report.cause, exeunt_runtime::Cause::EnteringTimedOut);
}
