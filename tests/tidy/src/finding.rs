//! What is wrong, where, and what is allowed instead.

use std::fmt;

/// Whether a finding fails the check. Errors sort last, next to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Warning,
    Error,
}

/// One thing that is wrong. Sorts by severity, then by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    path: String,
    line: usize,
    wrong: String,
    allowed: String,
}

impl Finding {
    /// A finding that fails the check. `line` counts from 1; where the whole file is meant it is 1.
    pub(crate) fn error(path: &str, line: usize, wrong: String, allowed: &str) -> Self {
        Self {
            severity: Severity::Error,
            path: path.to_owned(),
            line,
            wrong,
            allowed: allowed.to_owned(),
        }
    }

    /// A finding that is only printed.
    pub(crate) fn warning(path: &str, line: usize, wrong: String, allowed: &str) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(path, line, wrong, allowed)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            Severity::Warning => "warning: ",
            Severity::Error => "",
        };
        let Self {
            path,
            line,
            wrong,
            allowed,
            ..
        } = self;
        write!(formatter, "{path}:{line}: {kind}{wrong}; {allowed}")
    }
}

/// What they say, a line each.
#[cfg(test)]
pub(crate) fn said(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn a_finding_reads_as_place_fault_and_remedy() {
        let finding = Finding::error("core/src/a.rs", 7, "it is red".to_owned(), "make it blue");
        assert_eq!(
            finding.to_string(),
            "core/src/a.rs:7: it is red; make it blue"
        );
    }

    #[test]
    fn errors_stand_after_warnings() {
        let error = Finding::error("a", 1, String::new(), "");
        let warning = Finding::warning("b", 1, String::new(), "");
        assert!(warning < error);
    }
}
