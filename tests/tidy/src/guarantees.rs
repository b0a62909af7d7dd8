//! Every guarantee is listed with its tests, and the tests exist.
//!
//! `core/docs/guarantees.md` lists G-1 to G-18, one a row of a table or one a heading or list item,
//! and names its tests in backticks after `test:` or `tests:`, up to the end of the row or paragraph.
//! A name is that of a function, with or without the path before it, or that of a file.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::rust::words_after;
use crate::tree::Tree;

const PAGE: &str = "core/docs/guarantees.md";

/// How many guarantees there are.
const COUNT: u32 = 18;

/// One test that the page names.
#[derive(Debug, PartialEq, Eq)]
struct Cited<'a> {
    guarantee: u32,
    line: usize,
    test: &'a str,
}

/// Guarantees without tests, and tests that do not exist.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        let allowed =
            format!("it lists G-1 to G-{COUNT}, each with `test:` and the names of its tests");
        return vec![Finding::error(PAGE, 1, "is not there".to_owned(), &allowed)];
    };
    let (listed, cited) = read(page);
    let tests: BTreeSet<String> = tree
        .texts_ending(".rs")
        .flat_map(|(_, text)| words_after("fn", text))
        .map(|(_, name)| name)
        .collect();
    let mut findings = missing(&listed, &cited);
    for Cited {
        guarantee,
        line,
        test,
    } in cited
    {
        let name = test
            .rsplit("::")
            .next()
            .unwrap_or(test)
            .trim_end_matches("()");
        let exists = tests.contains(name) || (test.contains('/') && tree.has(test));
        if !exists {
            let wrong = format!("G-{guarantee} is to be tested by `{test}`, which is not there");
            let allowed = "after `test:` stand functions of some .rs file, or files by their path from the root";
            findings.push(Finding::error(PAGE, line, wrong, allowed));
        }
    }
    findings
}

fn missing(listed: &[(u32, usize)], cited: &[Cited<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for number in 1..=COUNT {
        let Some((_, line)) = listed.iter().find(|(listed, _)| *listed == number) else {
            let allowed = format!("G-1 to G-{COUNT} each begin a row, a heading or a list item");
            findings.push(Finding::error(
                PAGE,
                1,
                format!("G-{number} is not listed"),
                &allowed,
            ));
            continue;
        };
        if !cited.iter().any(|cited| cited.guarantee == number) {
            let allowed = "its tests stand in backticks after `test:`";
            findings.push(Finding::error(
                PAGE,
                *line,
                format!("G-{number} names no test"),
                allowed,
            ));
        }
    }
    for (number, line) in listed {
        if !(1..=COUNT).contains(number) {
            let allowed = format!(
                "there are G-1 to G-{COUNT}; the count stands in tests/tidy/src/guarantees.rs"
            );
            findings.push(Finding::error(
                PAGE,
                *line,
                format!("G-{number} is unknown"),
                &allowed,
            ));
        }
    }
    findings
}

/// The guarantees listed, with their lines, and the tests cited.
fn read(page: &str) -> (Vec<(u32, usize)>, Vec<Cited<'_>>) {
    let mut listed = Vec::new();
    let mut cited = Vec::new();
    let mut guarantee = None;
    let mut in_tests = false;
    for (index, line) in page.lines().enumerate() {
        let line_number = index + 1;
        if let Some(number) = listed_in(line) {
            listed.push((number, line_number));
            guarantee = Some(number);
            in_tests = false;
        }
        if line.trim().is_empty() {
            in_tests = false;
        }
        let tests = match after_marker(line) {
            Some(rest) => {
                in_tests = true;
                rest
            }
            None if in_tests => line,
            None => continue,
        };
        // Every second piece between backticks stands inside of them.
        for test in tests.split('`').skip(1).step_by(2) {
            if let Some(guarantee) = guarantee {
                cited.push(Cited {
                    guarantee,
                    line: line_number,
                    test,
                });
            }
        }
    }
    (listed, cited)
}

/// The number of the guarantee that a line begins with.
fn listed_in(line: &str) -> Option<u32> {
    let content = line.trim_start_matches(['#', '|', '*', '-', ' ', '`', '[']);
    let rest = content.strip_prefix("G-")?;
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// What stands after `test:` or `tests:`, in whichever case.
fn after_marker(line: &str) -> Option<&str> {
    let lower = line.to_ascii_lowercase();
    ["test:", "tests:"].into_iter().find_map(|marker| {
        let at = lower.find(marker)?;
        line.get(at + marker.len()..)
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{COUNT, PAGE, Tree, findings};

    /// A page of all guarantees, `row` being what stands in each row after its number.
    fn page(row: &str) -> String {
        let mut page = "| | guarantee |\n|---|---|\n".to_owned();
        for number in 1..=COUNT {
            writeln!(page, "| G-{number} | {row} |").expect("a String takes everything");
        }
        page
    }

    fn said(page: &str) -> Vec<String> {
        let source = "#[test]\nfn leaves_once() {}\n// fn only_in_a_comment() {}\n";
        let tree = Tree::of(&[(PAGE, page), ("core/tests/story.rs", source)]);
        findings(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_with_tests_that_exist_are_as_they_should_be() {
        assert_eq!(said(&page("`Once` only. Test: `leaves_once`")), [""; 0]);
        assert_eq!(
            said(&page("tests: `story::leaves_once`, `core/tests/story.rs`")),
            [""; 0]
        );
    }

    #[test]
    fn a_paragraph_of_tests_may_have_several_lines_and_ends_at_an_empty_one() {
        let mut sections =
            page("Test: `leaves_once`").replace("| G-18 | Test: `leaves_once` |\n", "");
        sections.push_str("\n### G-18 Same in, same out.\n\nTests: `leaves_once`,\n`gone`.\n\n`not_a_test` is a word.\n");
        let said = said(&sections);
        assert!(
            said[0].contains("G-18 is to be tested by `gone`"),
            "{said:?}"
        );
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn a_test_that_exists_only_in_a_comment_is_found() {
        let page = page("test: `leaves_once`").replacen("leaves_once", "only_in_a_comment", 1);
        let said = said(&page);
        assert!(
            said[0].starts_with("core/docs/guarantees.md:3: G-1 is to be tested by"),
            "{said:?}"
        );
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn a_guarantee_that_is_not_listed_or_names_no_test_is_found() {
        let row = "| G-7 | test: `leaves_once` |\n";
        let missing = page("test: `leaves_once`").replace(row, "");
        assert!(said(&missing)[0].contains("G-7 is not listed"));
        let without = page("test: `leaves_once`").replace(row, "| G-7 | `leaves_once` |\n");
        assert!(said(&without)[0].starts_with("core/docs/guarantees.md:9: G-7 names no test"));
        let one_more = page("test: `leaves_once`") + "| G-19 | test: `leaves_once` |\n";
        assert!(said(&one_more)[0].contains("G-19 is unknown"));
    }

    #[test]
    fn a_missing_page_is_found() {
        assert_eq!(findings(&Tree::of(&[])).len(), 1);
    }
}
