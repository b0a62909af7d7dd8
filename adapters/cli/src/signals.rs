//! Asked to end: Ctrl-C, a terminal that closes, a supervisor that stops the process.

/// Resolves when somebody asks this process to end. Every further request is taken as well, so that an
/// impatient second Ctrl-C does not cut off what is under way: that ends in time by itself (G-6).
pub(crate) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut asked = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ]
        .into_iter()
        .filter_map(|kind| signal(kind).ok());
        match (asked.next(), asked.next(), asked.next()) {
            (Some(mut interrupt), Some(mut terminate), Some(mut hangup)) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            },
            _ => std::future::pending().await,
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
