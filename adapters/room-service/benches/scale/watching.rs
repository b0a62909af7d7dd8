//! What looking at the rooms costs them: the time for which their lock is held, since none of these
//! questions waits for anything else. What a page of the console and the metrics ask, beside what they
//! would need if they asked for everything.

use std::time::{Duration, Instant};

use exeunt_room_service::backend::{Backend, MembersWanted, Page};

/// How often each is asked; the middle one counts.
const TIMES: usize = 21;

pub(crate) async fn watch(backend: &dyn Backend) -> String {
    let id = "1".parse().unwrap();
    let rooms = Page {
        offset: 0,
        limit: 100,
    };
    let mut members = MembersWanted {
        named: String::new(),
        page: Page {
            offset: 0,
            limit: 200,
        },
        newer_than: None,
    };
    let everything = middle(async || {
        backend.rooms(rooms).await.unwrap();
        backend.room(&id).await.unwrap();
    });
    let everything = everything.await;
    let page = middle(async || {
        backend.summaries(rooms).await.unwrap();
        backend.members(&id, &members).await.unwrap();
    });
    let page = page.await;
    let known = backend.members(&id, &members).await.unwrap();
    members.newer_than = known.and_then(|known| known.version);
    let unchanged = middle(async || {
        backend.summaries(rooms).await.unwrap();
        assert!(backend.members(&id, &members).await.unwrap().is_none());
    });
    let unchanged = unchanged.await;
    members.newer_than = None;
    "member-9".clone_into(&mut members.named);
    let filtered =
        middle(async || assert!(backend.members(&id, &members).await.unwrap().is_some()));
    let filtered = filtered.await;
    let counted = middle(async || assert!(backend.census().await.unwrap().members > 0)).await;
    let going_through = middle(async || {
        let mut offset = 0;
        loop {
            let page = Page { offset, limit: 500 };
            let page = backend.rooms(page).await.unwrap();
            offset += page.rooms.len();
            if offset >= page.total {
                break;
            }
        }
    });
    let going_through = going_through.await;
    format!(
        "watched by a page: everything {everything:.1?}, what it shows {page:.1?}, unchanged {unchanged:.1?}, \
         by a name {filtered:.1?}; by the metrics: everything {going_through:.1?}, the counts {counted:.1?}"
    )
}

async fn middle(mut ask: impl AsyncFnMut()) -> Duration {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        ask().await;
        took.push(begun.elapsed());
    }
    took.sort();
    took[TIMES / 2]
}
