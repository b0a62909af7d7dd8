//! The machine answers every event by name: no `_` arm in the core (a new event must not compile unanswered).

use crate::finding::Finding;
use crate::rust::{begins_with, tokens};
use crate::tree::Tree;

const WHERE: &str = "core/src/";

/// Arms in the core that match whatever is left.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree
        .texts_ending(".rs")
        .filter(|(path, _)| path.starts_with(WHERE))
    {
        let tokens = tokens(text).unwrap_or_default();
        for start in 0..tokens.len() {
            let row = &tokens[start..];
            // Inside of a tuple or a variant `_` is followed by a comma or a bracket.
            if begins_with(row, &["_", "=", ">"]) || begins_with(row, &["_", "if"]) {
                let wrong = "an arm `_` answers what it does not name".to_owned();
                let allowed =
                    "in the core every case is named, so that a new one has to be answered";
                findings.push(Finding::error(path, row[0].line, wrong, allowed));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{Tree, findings};
    use crate::finding;

    fn said(path: &str, text: &str) -> Vec<String> {
        finding::said(&findings(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn an_arm_for_the_rest_is_found() {
        let source = "fn f(x: u8) {\n    match x {\n        1 => {}\n        _ => {}\n    }\n}";
        assert!(said("core/src/a.rs", source)[0].starts_with("core/src/a.rs:4: "));
        assert_eq!(
            said("core/src/a.rs", "fn f() { match x { 1 | _ => {} } }").len(),
            1
        );
        assert_eq!(
            said("core/src/a.rs", "fn f() { match x { _ if true => {} } }").len(),
            1
        );
    }

    #[test]
    fn an_underscore_inside_of_a_pattern_is_not_meant() {
        let source = "// _ => {}\nfn f() { match x { Some(_) => {} (_, 1) => {} A { a: _ } => {} None => \"_ => {}\" } }";
        assert_eq!(said("core/src/a.rs", source), [""; 0]);
    }

    #[test]
    fn elsewhere_the_linter_watches_enums_and_the_rest_is_free() {
        assert_eq!(
            said("adapters/cli/src/a.rs", "fn f() { match x { _ => {} } }"),
            [""; 0]
        );
    }
}
