//! What alsa-lib says.

use std::cell::RefCell;
use std::rc::Rc;

use alsa::Output;

/// What alsa-lib says on this thread while this is there. It would go to the program's standard
/// error, several lines for every look at a machine without a sound card; it goes to the trace.
pub(crate) struct AlsaWords(Rc<RefCell<Output>>);

impl AlsaWords {
    /// Begins to listen, if there is memory for it.
    pub(crate) fn listen() -> Option<Self> {
        Output::local_error_handler().ok().map(Self)
    }
}

impl Drop for AlsaWords {
    fn drop(&mut self) {
        // The handler stays with the thread, which ends soon, or listens anew.
        let output = self.0.borrow();
        output.buffer_string(|words| {
            for line in String::from_utf8_lossy(words).lines() {
                tracing::debug!("alsa-lib: {line}");
            }
        });
    }
}
