//! Files stay small: one idea each.

use crate::finding::Finding;
use crate::tree::Tree;

/// The most lines that a file is meant to have.
const MEANT: usize = 400;

/// The most lines that a file may have.
const MOST: usize = 500;

/// Recorded inputs are as long as they are.
const CORPORA: [&str; 2] = ["tests/corpus/", "fuzz/corpus/"];

/// What a generated file says in one of its first lines.
const GENERATED: &str = concat!("@", "generated");

/// Sources that are too long, generated ones aside.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    tree.texts_ending(".rs")
        .filter(|(path, text)| !is_corpus(path) && !is_generated(text))
        .filter_map(|(path, text)| {
            let lines = text.lines().count();
            let wrong = format!("has {lines} lines");
            if lines > MOST {
                let allowed =
                    format!("{MEANT} are meant and {MOST} allowed: find the second idea in it");
                Some(Finding::error(path, 1, wrong, &allowed))
            } else if lines > MEANT {
                let allowed = format!("{MEANT} are meant, {MOST} allowed");
                Some(Finding::warning(path, 1, wrong, &allowed))
            } else {
                None
            }
        })
        .collect()
}

fn is_corpus(path: &str) -> bool {
    CORPORA.iter().any(|corpus| path.starts_with(corpus))
}

fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains(GENERATED))
}

#[cfg(test)]
mod tests {
    use super::{GENERATED, MEANT, MOST, Tree, findings};
    use crate::finding::Severity;

    fn severity(path: &str, text: &str) -> Option<Severity> {
        let findings = findings(&Tree::of(&[(path, text)]));
        findings.first().map(|finding| finding.severity)
    }

    #[test]
    fn a_long_file_is_a_warning_and_a_too_long_one_an_error() {
        let path = "core/src/a.rs";
        assert_eq!(severity(path, &"\n".repeat(MEANT)), None);
        assert_eq!(
            severity(path, &"\n".repeat(MEANT + 1)),
            Some(Severity::Warning)
        );
        assert_eq!(severity(path, &"\n".repeat(MOST)), Some(Severity::Warning));
        assert_eq!(
            severity(path, &"\n".repeat(MOST + 1)),
            Some(Severity::Error)
        );
    }

    #[test]
    fn what_nobody_wrote_may_be_long() {
        let long = "\n".repeat(MOST + 1);
        assert_eq!(severity("tests/corpus/a.rs", &long), None);
        assert_eq!(
            severity(
                "core/src/a.rs",
                &format!("// {GENERATED} by a test\n{long}")
            ),
            None
        );
        assert_eq!(severity("core/docs/a.md", &long), None);
    }
}
