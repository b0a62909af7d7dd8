//! After many calls the process holds what it held after a few (G-15). Alone in its process, because it
//! counts the process's threads and descriptors.
#![cfg(target_os = "linux")]

#[path = "peers/call.rs"]
#[allow(dead_code, reason = "the calls' own tests use all of it")]
mod call;

use call::{Call, Camera, closed, packet};
use exeunt_webrtc::Publishes;

/// Entries of a folder of `/proc/self`.
fn held(folder: &str) -> usize {
    let entries = std::fs::read_dir(format!("/proc/self/{folder}"));
    entries.expect("a Linux").count()
}

async fn a_call_that_is_closed(camera: &mut Camera) {
    let mut call = Call::connected(Publishes::default()).await;
    call.publisher.send(packet(0));
    call.picture(camera).await;
    call.publisher.close().await.expect("closed");
    closed(&mut call.received).await;
    call.subscriber.close().await.expect("closed");
}

/// Its tasks and threads end by themselves; `held` is asked until they have.
async fn a_call_that_is_dropped(camera: &mut Camera) {
    let mut call = Call::connected(Publishes::default()).await;
    call.picture(camera).await;
}

/// Waited for also where the threads have been joined: the kernel lists a thread for a moment longer, so
/// that `before` may be one too many as well.
async fn no_more_than(before: (usize, usize)) {
    call::until(
        || held("task") <= before.0 && held("fd") <= before.1,
        || format!("{:?} instead of {before:?}", (held("task"), held("fd"))),
    )
    .await;
}

/// On one thread, so that every thread beside it is a codec's.
#[tokio::test]
async fn after_fifty_calls_there_are_no_more_threads_and_descriptors_than_before() {
    let mut camera = Camera::of(320, 180);
    a_call_that_is_closed(&mut camera).await;
    let before = (held("task"), held("fd"));
    for _ in 0..50 {
        a_call_that_is_closed(&mut camera).await;
        // At once: `Ok` means that they are closed.
        assert_eq!(held("fd"), before.1);
        no_more_than(before).await;
    }
    for _ in 0..10 {
        a_call_that_is_dropped(&mut camera).await;
    }
    no_more_than(before).await;
}
