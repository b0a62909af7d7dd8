//! Transcripts, read and replayed.

use exeunt_runtime::Transcript;

use crate::is_short;

/// What is read as a transcript can be replayed, with an answer, and be written and read again.
pub fn transcript(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let read = match Transcript::parse(text) {
        Ok(read) => read,
        Err(error) => return is_short(&error),
    };
    if let Err(error) = read.replay() {
        is_short(&error);
    }
    let steps = read.steps.iter().map(Transcript::line);
    let lines: Vec<_> = std::iter::once(Transcript::header(read.policy))
        .chain(steps)
        .collect();
    assert_eq!(Transcript::parse(&lines.join("\n")), Ok(read));
}
