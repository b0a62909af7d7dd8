//! Which cases a command line asks for, in the words of `cargo test`.

/// What the command line wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To see which cases there are.
    List,
    /// To have them run.
    Run(Selection),
}

/// The cases whose names contain one of these; all where there are none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl Wish {
    /// Flags that the standard harness knows and that change nothing here are passed over.
    pub(crate) fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut selection = Selection::everything();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => return Self::List,
                "--skip" => selection.unwanted.extend(arguments.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => {
                    drop(arguments.next());
                }
                flag if flag.starts_with('-') => {}
                _ => selection.wanted.push(argument),
            }
        }
        Self::Run(selection)
    }
}

impl Selection {
    pub(crate) fn everything() -> Self {
        Self {
            wanted: Vec::new(),
            unwanted: Vec::new(),
        }
    }

    /// Whether this case of this subject is among them.
    pub(crate) fn contains(&self, subject: &str, case: &str) -> bool {
        let name = format!("{subject}: {case}");
        let is_in = |part: &String| name.contains(part.as_str());
        (self.wanted.is_empty() || self.wanted.iter().any(is_in))
            && !self.unwanted.iter().any(is_in)
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, Wish};

    fn selection(line: &str) -> Selection {
        match Wish::of(line.split_whitespace().map(str::to_owned)) {
            Wish::Run(selection) => selection,
            Wish::List => panic!("{line} lists"),
        }
    }

    #[test]
    fn without_an_argument_everything_is_run() {
        assert!(selection("--nocapture --test-threads 1").contains("a", "b"));
    }

    #[test]
    fn an_argument_chooses_by_subject_or_sentence() {
        let chosen = selection("kick");
        assert!(chosen.contains("mine", "a kick is told"));
        assert!(!chosen.contains("mine", "an exit"));
        assert!(selection("mine").contains("mine", "an exit"));
        assert!(!selection("mine --skip exit").contains("mine", "an exit"));
    }

    #[test]
    fn the_cases_can_be_listed() {
        assert_eq!(Wish::of(["--list".to_owned()].into_iter()), Wish::List);
    }
}
