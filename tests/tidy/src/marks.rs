//! Nothing is left unfinished, and nothing names the folders of one machine.

use crate::finding::Finding;
use crate::rust::{begins_with, tokens};
use crate::tree::Tree;

/// Words that mark a place as unfinished. Put together here, so that this file passes itself.
const UNFINISHED_WORDS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Macros that stand for code that is not there.
const UNFINISHED_MACROS: [&str; 2] = ["todo", "unimplemented"];

/// Folders that only one machine has.
const MACHINE_FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// A folder beside the repository.
const BESIDE: &str = concat!("../sha", "red");

/// Marks of unfinished work and paths of one machine.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            if let Some(word) = UNFINISHED_WORDS
                .into_iter()
                .find(|word| has_word(line, word))
            {
                let wrong = format!("{word} marks something as unfinished");
                findings.push(Finding::error(
                    path,
                    line_number,
                    wrong,
                    "finish it, or say in words what is so",
                ));
            }
            if let Some(folder) = machine_path(line) {
                let wrong = format!("{folder} is a folder of one machine");
                findings.push(Finding::error(
                    path,
                    line_number,
                    wrong,
                    "paths are relative to the repository",
                ));
            }
        }
    }
    for (path, text) in tree.texts_ending(".rs") {
        findings.extend(unfinished_macros(path, text));
    }
    findings
}

fn unfinished_macros(path: &str, text: &str) -> Vec<Finding> {
    let tokens = tokens(text).unwrap_or_default();
    let mut findings = Vec::new();
    for start in 0..tokens.len() {
        let row = &tokens[start..];
        if let Some(name) = UNFINISHED_MACROS
            .into_iter()
            .find(|name| begins_with(row, &[name, "!"]))
        {
            let wrong = format!("{name}! stands for code that is not there");
            findings.push(Finding::error(path, row[0].line, wrong, "write it"));
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn machine_path(line: &str) -> Option<&'static str> {
    // After one of these the slash continues a path or an address: it does not begin one.
    let continues =
        |character: char| character.is_alphanumeric() || "._-~$})]*".contains(character);
    let begins_at = |at: usize| !line[..at].chars().next_back().is_some_and(continues);
    let named = |folder: &&str| line.match_indices(*folder).any(|(at, _)| begins_at(at));
    MACHINE_FOLDERS
        .into_iter()
        .find(named)
        .or_else(|| line.contains(BESIDE).then_some(BESIDE))
}

#[cfg(test)]
mod tests {
    use super::{BESIDE, MACHINE_FOLDERS, Tree, UNFINISHED_WORDS, findings};
    use crate::finding;

    fn said(path: &str, text: &str) -> Vec<String> {
        finding::said(&findings(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn unfinished_words_are_found_in_any_text() {
        for word in UNFINISHED_WORDS {
            let said = said("Makefile", &format!("\n# {word}: more"));
            assert!(said[0].starts_with("Makefile:2: "), "{said:?}");
        }
    }

    #[test]
    fn a_word_inside_of_a_longer_one_is_not_meant() {
        for word in UNFINISHED_WORDS {
            assert_eq!(
                said("a.md", &format!("mktemp {word}{word} A{word} {word}_B")),
                [""; 0]
            );
        }
    }

    #[test]
    fn unfinished_macros_are_found_in_code_and_not_in_comments() {
        let source = "// todo!()\nfn f() { todo!() }\nfn g() { unimplemented!(\"later\") }\n";
        let said = said("core/src/a.rs", source);
        assert!(said[0].starts_with("core/src/a.rs:2: todo!"), "{said:?}");
        assert!(
            said[1].starts_with("core/src/a.rs:3: unimplemented!"),
            "{said:?}"
        );
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(
                said("a.md", &format!("see {folder}main")).len(),
                1,
                "{folder}"
            );
            assert_eq!(
                said("a.sh", &format!("cd \"{folder}main\"")).len(),
                1,
                "{folder}"
            );
            assert_eq!(
                said("a.toml", &format!("path = \"file://{folder}x\"")).len(),
                1,
                "{folder}"
            );
        }
        assert_eq!(said("a.md", &format!("see {BESIDE}/x")).len(), 1);
    }

    #[test]
    fn addresses_and_relative_paths_are_free() {
        for folder in MACHINE_FOLDERS {
            let text = format!("https://example.com{folder}x adapters{folder}y $HOME{folder}z");
            assert_eq!(said("a.md", &text), [""; 0]);
        }
    }
}
