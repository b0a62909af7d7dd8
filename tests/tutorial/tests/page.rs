//! The page shows the transport as it is, whole and in order.

use std::fs::read_to_string;
use std::path::Path;

use exeunt_conformance::transport_cases;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// What the page shows every line of.
const WHOLE: [&str; 2] = ["src/wire.rs", "src/transport.rs"];

#[test]
fn the_page_shows_every_line_of_the_transport_in_order() {
    let pieces = pieces();
    let mut pieces = pieces.iter().map(String::as_str);
    for file in WHOLE {
        let text = text_of(file);
        let mut rest = text.trim_end();
        while !rest.is_empty() {
            let piece = pieces.next().unwrap_or_default().trim_end();
            let after = rest.strip_prefix(piece).filter(|_| !piece.is_empty());
            rest = after.unwrap_or_else(|| {
                panic!("adapters/README.md is to go on with {file}:\n\n{rest}\n\nand not with\n\n{piece}")
            });
            rest = rest.trim_start_matches('\n');
        }
    }
    // What comes after that are parts of the test.
    let test = text_of("tests/conformance.rs");
    for piece in pieces {
        let shown = test.contains(piece.trim_end());
        assert!(shown, "in tests/conformance.rs there is not\n\n{piece}");
    }
}

#[test]
fn the_transport_has_less_than_200_lines_and_the_page_says_how_many() {
    let is_code = |line: &&str| !line.is_empty() && !line.trim_start().starts_with("//");
    let lines = |file| text_of(file).lines().filter(is_code).count();
    let lines: usize = WHOLE.into_iter().map(lines).sum();
    assert!(lines < 200, "{lines} lines of code");
    let said = format!("Its {lines} lines of code");
    assert!(
        page().contains(&said),
        "adapters/README.md is to say: {said}"
    );
}

#[test]
fn the_page_says_how_many_cases_there_are() {
    let cases = transport_cases();
    let always = cases.iter().filter(|case| case.needs.is_empty()).count();
    let all = cases.len();
    for said in [
        format!("With `transport` alone there are {always} cases"),
        format!("conformance: {all} passed, 0 failed"),
    ] {
        assert!(
            page().contains(&said),
            "adapters/README.md is to say: {said}"
        );
    }
}

/// The pieces of Rust on the page that belong to a file: those of the doc-tests are called `rust`.
fn pieces() -> Vec<String> {
    let page = page();
    let (mut pieces, mut piece) = (Vec::new(), None);
    for event in Parser::new(&page) {
        match (event, &mut piece) {
            (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))), _) => {
                piece = (&*language == "rs").then(String::new);
            }
            (Event::Text(text), Some(piece)) => piece.push_str(&text),
            (Event::End(TagEnd::CodeBlock), _) => pieces.extend(piece.take()),
            _ => {}
        }
    }
    pieces
}

fn page() -> String {
    text_of("../../adapters/README.md")
}

fn text_of(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    read_to_string(path).expect("the page and the sources can be read")
}
