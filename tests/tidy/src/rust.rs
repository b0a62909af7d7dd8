//! Rust source as a flat row of tokens: what the checks need, without comments and texts in the way.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

use crate::finding::Finding;
use crate::tree::Tree;

/// One token and the line, from 1, that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) line: usize,
    /// A word, a punctuation character or a bracket; a literal is shortened to `"`.
    pub(crate) text: String,
}

/// The tokens of a source text, with those inside of macros.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, LexError> {
    // A shebang is the one thing in a Rust file that is no token.
    let text = if text.starts_with("#!/") {
        text.split_once('\n').map_or("", |(_, rest)| rest)
    } else {
        text
    };
    let mut tokens = Vec::new();
    flatten(text.parse()?, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |line, text: &str| {
            let text = text.to_owned();
            tokens.push(Token { line, text });
        };
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(line, open);
                flatten(group.stream(), tokens);
                let line = group.span_close().start().line;
                tokens.push(Token {
                    line,
                    text: close.to_owned(),
                });
            }
            TokenTree::Ident(word) => push(line, &word.to_string()),
            TokenTree::Punct(mark) => push(line, mark.as_char().encode_utf8(&mut [0; 4])),
            TokenTree::Literal(_) => push(line, "\""),
        }
    }
}

/// Whether the row begins with these tokens.
pub(crate) fn begins_with(row: &[Token], wanted: &[&str]) -> bool {
    row.len() >= wanted.len()
        && row
            .iter()
            .zip(wanted)
            .all(|(token, wanted)| token.text == *wanted)
}

/// The words that follow a keyword, with their lines: the names of all functions (`fn`) or modules (`mod`).
pub(crate) fn words_after(keyword: &str, text: &str) -> Vec<(usize, String)> {
    let tokens = tokens(text).unwrap_or_default();
    let is_word = |token: &Token| {
        token
            .text
            .starts_with(|first: char| first.is_alphabetic() || first == '_')
    };
    tokens
        .windows(2)
        .filter(|pair| pair[0].text == keyword && is_word(&pair[1]))
        .map(|pair| (pair[1].line, pair[1].text.clone()))
        .collect()
}

/// Sources that cannot be read, which the other checks then say nothing about.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    tree.texts_ending(".rs")
        .filter_map(|(path, text)| {
            let error = tokens(text).err()?;
            let wrong = format!("is not Rust: {error}");
            Some(Finding::error(
                path,
                error.span().start().line,
                wrong,
                "a .rs file is Rust source",
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Tree, begins_with, findings, tokens, words_after};

    #[test]
    fn comments_and_texts_are_no_code() {
        let source =
            "// fn one() {}\n/* fn two() {} */ const A: &str = \"fn three() {}\";\nfn four() {}";
        assert_eq!(words_after("fn", source), [(3, "four".to_owned())]);
    }

    #[test]
    fn functions_inside_of_macros_are_found() {
        let source = "proptest! {\n    #[test]\n    fn leaves_once(n in 0..9) {}\n}";
        assert_eq!(words_after("fn", source), [(3, "leaves_once".to_owned())]);
    }

    #[test]
    fn a_row_is_compared_token_by_token() {
        let row = tokens("a ! ( )").expect("tokens");
        assert!(begins_with(&row, &["a", "!", "("]));
        assert!(!begins_with(&row, &["a", "("]));
        assert!(!begins_with(&row[3..], &[")", ")"]));
    }

    #[test]
    fn what_is_not_rust_is_found() {
        let tree = Tree::of(&[
            ("core/src/a.rs", "fn a() {"),
            ("core/src/b.rs", "fn b() {}"),
        ]);
        let findings = findings(&tree);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].to_string().starts_with("core/src/a.rs:"),
            "{findings:?}"
        );
    }
}
