//! Files, folders and modules are named after what they do.

use crate::finding::Finding;
use crate::rust::words_after;
use crate::tree::Tree;

/// Words that say nothing about what is inside.
const EMPTY_WORDS: [&str; 8] = [
    "common",
    "helper",
    "helpers",
    "manager",
    "misc",
    "util",
    "utils",
    "utilities",
];

const REMEDY: &str = "name it after the one thing that it does";

/// Files, folders and modules whose names say nothing.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        if let Some(word) = file.path.split('/').find_map(empty_word) {
            let wrong = format!("{word:?} in its path says nothing");
            findings.push(Finding::error(&file.path, 1, wrong, REMEDY));
        }
    }
    for (path, text) in tree.texts_ending(".rs") {
        for (line, module) in words_after("mod", text) {
            if let Some(word) = empty_word(&module) {
                let wrong = format!("{word:?} in the name of the module {module} says nothing");
                findings.push(Finding::error(path, line, wrong, REMEDY));
            }
        }
    }
    findings
}

fn empty_word(name: &str) -> Option<&'static str> {
    let mut words = name.split(['_', '-', '.']);
    words.find_map(|word| {
        EMPTY_WORDS
            .into_iter()
            .find(|empty| word.eq_ignore_ascii_case(empty))
    })
}

#[cfg(test)]
mod tests {
    use super::{Tree, findings};
    use crate::finding;

    fn said(path: &str, text: &str) -> Vec<String> {
        finding::said(&findings(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn empty_words_in_paths_are_found() {
        for path in [
            "core/src/utils.rs",
            "tests/common/mod.rs",
            "core/src/room_manager.rs",
            "a/test-helpers.py",
        ] {
            assert_eq!(said(path, "").len(), 1, "{path}");
        }
    }

    #[test]
    fn longer_words_are_not_meant() {
        assert_eq!(said("core/src/utility_room.rs", "mod commons { }"), [""; 0]);
    }

    #[test]
    fn empty_words_in_modules_are_found() {
        let said = said("core/src/lib.rs", "// mod utils\n\nmod device_helpers;\n");
        assert!(
            said[0].starts_with("core/src/lib.rs:3: \"helpers\""),
            "{said:?}"
        );
        assert_eq!(said.len(), 1);
    }
}
