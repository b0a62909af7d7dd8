//! Panics of a run's tasks, which tokio would keep to itself.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static SEEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// What a device says that panics because it was told to.
const PLANNED: &str = "as it was told";

/// Notes the panics of this thread until it is ended. They are not printed meanwhile.
pub(crate) struct Watch {
    /// What a panic says that was planned.
    planned: &'static str,
}

/// Begins to watch this thread, on which a run does everything.
pub(crate) fn watch() -> Watch {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let noted = SEEN.with_borrow_mut(|seen| {
                let noted = seen.as_mut().map(|seen| seen.push(info.to_string()));
                noted.is_some()
            });
            if !noted {
                before(info);
            }
        }));
    });
    SEEN.set(Some(Vec::new()));
    Watch { planned: PLANNED }
}

impl Watch {
    /// The panics that nobody had planned.
    pub(crate) fn end(self) -> Vec<String> {
        let mut seen = SEEN.take().unwrap_or_default();
        seen.retain(|panic| !panic.contains(self.planned));
        seen
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        SEEN.set(None);
    }
}
