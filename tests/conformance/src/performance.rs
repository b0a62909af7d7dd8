//! Plays one case: in a thread and a runtime of its own, within a bound that holds even if the
//! adapter blocks the thread that it is called on.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::Obstacle;
use crate::case::BoxFuture;
use crate::finding::{Finding, Outcome};
use crate::patience::Patience;
use crate::suite::Play;

/// Starts a stage and plays a story on it, in the current runtime.
pub(crate) async fn play<S: Send + Sync + 'static>(
    stage: impl Future<Output = Result<S, Obstacle>> + Send + 'static,
    bound_of: fn(&S) -> Duration,
    story: for<'s> fn(&'s S) -> BoxFuture<'s, Outcome>,
    patience: Patience,
) -> Outcome {
    // In tasks, so that an adapter that blocks its thread does not block the timers as well.
    let starting = tokio::spawn(stage);
    let stage = timeout(STARTING, starting)
        .await
        .map_err(|_| Obstacle::failed(format!("it did not start within {STARTING:?}")))?
        .map_err(blown)??;
    let bound = bound_of(&stage);
    patience.ends_within(bound);
    let mut playing = tokio::spawn(async move { story(&stage).await });
    // A case of many cycles puts its end off as it goes on.
    while let Some(deadline) = patience.deadline() {
        let rest = deadline.saturating_duration_since(Instant::now());
        if let Ok(played) = timeout(rest, &mut playing).await {
            return played.map_err(blown)?;
        }
        if patience.deadline() == Some(deadline) {
            break;
        }
    }
    playing.abort();
    let awaited = patience.awaited();
    Err(Finding::Blown(format!(
        "the case did not get on within {bound:?}; the last that was waited for: {awaited}"
    )))
}

/// How long a world may take to start: servers are slower than what is checked.
const STARTING: Duration = Duration::from_secs(30);

/// Plays a case and waits for its end; answers what came out and how long it took.
pub(crate) fn perform(play: &Play, patience: &Patience) -> (Outcome, Duration) {
    let began = Instant::now();
    patience.ends_within(STARTING);
    let (answer, answered) = channel();
    let (play, within) = (Arc::clone(play), patience.clone());
    let run = move || {
        let played = match runtime() {
            Ok(runtime) => {
                let played = runtime.block_on(play(within));
                // What the case leaves behind is cut off, and has a moment to go.
                runtime.shutdown_timeout(ENDING);
                played
            }
            Err(error) => Err(Obstacle::failed(format!("no runtime: {error}")).into()),
        };
        // Nobody waits any more where the case had been given up.
        let _ = answer.send(played);
    };
    let thread = thread::Builder::new()
        .name("conformance".to_owned())
        .spawn(run);
    let outcome = match thread {
        Err(error) => Err(Obstacle::failed(format!("no thread: {error}")).into()),
        Ok(thread) => loop {
            match answered.recv_timeout(LOOKING) {
                Ok(outcome) => break outcome,
                Err(RecvTimeoutError::Disconnected) => {
                    let panic = thread.join().err();
                    break Err(Finding::Blown(words_of(panic.as_deref())));
                }
                Err(RecvTimeoutError::Timeout) if is_overdue(patience) => {
                    break Err(Finding::Blown(format!(
                        "the adapter blocks every thread; the last that was waited for: {}",
                        patience.awaited()
                    )));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        },
    };
    (outcome, began.elapsed())
}

/// Whether the case should have cut itself off long ago.
fn is_overdue(patience: &Patience) -> bool {
    let deadline = patience.deadline();
    deadline.is_some_and(|deadline| deadline.elapsed() > GIVEN_UP)
}

/// How often it is looked whether a case is overdue.
const LOOKING: Duration = Duration::from_millis(500);
/// How long a runtime may take to end: blocking calls in it are then left alone.
const ENDING: Duration = Duration::from_secs(1);
/// How long a case may be silent beyond its deadline before its threads count as blocked.
const GIVEN_UP: Duration = Duration::from_secs(10);

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(4)
        // Idle threads of the pool for blocking calls go at once: they are no leak.
        .thread_keep_alive(Duration::from_millis(10))
        .enable_all()
        .build()
}

fn blown(error: JoinError) -> Finding {
    Finding::Blown(words_of(error.try_into_panic().ok().as_deref()))
}

/// What a panic said.
fn words_of(panic: Option<&(dyn Any + Send)>) -> String {
    let words = panic.and_then(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
    });
    let words = words.unwrap_or_else(|| "without a word".to_owned());
    format!("it panicked: {words}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread::park_timeout;
    use std::time::Duration;

    use super::{Finding, Outcome, Patience, Play, perform, play};

    type Story = fn() -> Outcome;

    /// What is said of a story that comes to no end of its own within this bound.
    fn said_of(story: Story, bound: fn(&Story) -> Duration) -> String {
        let play: Play = Arc::new(move |patience| {
            let stage = async move { Ok(story) };
            Box::pin(play(
                stage,
                bound,
                |story| Box::pin(async { story() }),
                patience,
            ))
        });
        match perform(&play, &Patience::new(Patience::DEFAULT)).0 {
            Err(Finding::Blown(why)) => why,
            outcome @ (Ok(()) | Err(Finding::Broken { .. } | Finding::Obstacle(_))) => {
                panic!("{outcome:?}")
            }
        }
    }

    #[test]
    fn an_adapter_that_blocks_the_thread_it_is_called_on_is_cut_off() {
        let blocks = || {
            park_timeout(Duration::from_secs(600));
            Ok(())
        };
        let why = said_of(blocks, |_| Duration::from_millis(100));
        assert!(why.contains("did not get on within 100ms"), "{why}");
    }

    #[test]
    fn an_adapter_that_panics_is_quoted() {
        let panics = || panic!("no such socket");
        let why = said_of(panics, |_| Duration::from_secs(60));
        assert_eq!(why, "it panicked: no such socket");
    }
}
