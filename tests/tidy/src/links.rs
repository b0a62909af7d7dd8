//! What a page points at is there.

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::finding::Finding;
use crate::tree::Tree;

/// Relative links in Markdown files to files that are not in the repository.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts_ending(".md") {
        for (event, range) in Parser::new_ext(text, Options::all()).into_offset_iter() {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event
            else {
                continue;
            };
            let Some(target) = file_of(&dest_url) else {
                continue;
            };
            if !from(path, target).is_some_and(|target| tree.has(&target)) {
                let line = text[..range.start].lines().count().max(1);
                let at_line_start = text[..range.start].ends_with('\n');
                let line = line + usize::from(at_line_start);
                let wrong = format!("the link to {dest_url} leads nowhere");
                let allowed = "a relative link names a file of the repository";
                findings.push(Finding::error(path, line, wrong, allowed));
            }
        }
    }
    findings
}

/// The file that a link names; `None` for an address, a place in the same page and an item of rustdoc.
fn file_of(link: &str) -> Option<&str> {
    let file = link.split(['#', '?']).next().unwrap_or_default();
    let has_scheme = file.split_once(':').is_some_and(|(scheme, _)| {
        scheme
            .chars()
            .all(|character| character.is_ascii_alphanumeric())
    });
    (!file.is_empty() && !has_scheme && !file.starts_with("//") && !file.contains("::"))
        .then_some(file)
}

/// The path from the root of what a page names; `None` where that is outside.
fn from(page: &str, target: &str) -> Option<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (start, target) = match target.strip_prefix('/') {
        Some(from_the_root) => ("", from_the_root),
        None => (folder, target),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Tree, findings};

    fn said(page: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("core/docs/page.md", page),
            ("core/docs/table.svg", ""),
            ("core/src/lib.rs", ""),
        ]);
        findings(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_to_files_folders_and_addresses_lead_somewhere() {
        let page = "[a](table.svg) ![b](./table.svg) [c](../src/lib.rs#L3) [d](../..) [e](/core/src) \
            [f](https://example.com/nothing) [g](#below) [h](mailto:a@example.com) [i] [j](crate::Session)\n\n\
            [i]: ../src/lib.rs\n";
        assert_eq!(said(page), [""; 0]);
    }

    #[test]
    fn a_link_to_nothing_is_found_with_its_line() {
        let said = said(
            "# Page\n\nSee [a](../src/gone.rs).\n[b](gone.md#there)\n\n![c][d]\n\n[d]: gone.png\n",
        );
        assert!(
            said[0].starts_with("core/docs/page.md:3: the link to ../src/gone.rs"),
            "{said:?}"
        );
        assert!(
            said[1].starts_with("core/docs/page.md:4: the link to gone.md#there"),
            "{said:?}"
        );
        assert!(
            said[2].starts_with("core/docs/page.md:6: the link to gone.png"),
            "{said:?}"
        );
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn a_link_out_of_the_repository_is_found() {
        assert_eq!(said("[a](../../../other/README.md)").len(), 1);
    }

    #[test]
    fn a_link_in_code_is_an_example() {
        assert_eq!(
            said("`[a](gone.md)`\n\n```text\n[b](gone.md)\n```\n"),
            [""; 0]
        );
    }
}
