//! Every member of the workspace is described, licensed, linted, and where its name says; the root holds nothing else.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::packages::Package;
use crate::tree::{Tree, line_where};

const ROOT_MANIFEST: &str = "Cargo.toml";

/// What may stand in the root beside what begins with `.` or `LICENSE-`.
const IN_THE_ROOT: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
    "README.md",
    "adapters",
    "core",
    "fuzz",
    "tests",
];

/// The member whose folder is not its name less the prefix: the command is called like the project.
const COMMAND: (&str, &str) = ("exeunt", "adapters/cli");

/// The member that cannot take the workspace's lints over; why stands in its manifest.
const WITH_LINTS_OF_ITS_OWN: &str = "exeunt-bare";

/// Members and root entries that are not as they should be.
pub(crate) fn findings(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut findings = in_the_root(tree);
    findings.extend(without_comment(tree));
    for package in packages {
        if let (Some(folder), Some(manifest)) = (&package.folder, package.manifest()) {
            let text = tree.text(&manifest).unwrap_or_default();
            findings.extend(of_a_member(package, folder, &manifest, text));
        }
    }
    findings
}

fn in_the_root(tree: &Tree) -> Vec<Finding> {
    let entry = |path: &str| path.split('/').next().map(ToOwned::to_owned);
    let entries: BTreeSet<String> = tree
        .files()
        .iter()
        .filter_map(|file| entry(&file.path))
        .collect();
    let is_foreign = |entry: &String| {
        !entry.starts_with('.')
            && !entry.starts_with("LICENSE-")
            && !IN_THE_ROOT.contains(&entry.as_str())
    };
    let allowed = format!(
        "the root may hold {}, LICENSE-* and what begins with a dot",
        IN_THE_ROOT.join(", ")
    );
    entries
        .iter()
        .filter(|entry| is_foreign(entry))
        .map(|entry| Finding::error(entry, 1, "does not belong in the root".to_owned(), &allowed))
        .collect()
}

/// Members in the root manifest without a comment above.
fn without_comment(tree: &Tree) -> Vec<Finding> {
    let allowed = "the line above says in a comment what the member is for";
    let Some(text) = tree.text(ROOT_MANIFEST) else {
        let wrong = "is not there".to_owned();
        return vec![Finding::error(
            ROOT_MANIFEST,
            1,
            wrong,
            "the workspace's manifest is in the root",
        )];
    };
    let mut findings = Vec::new();
    let mut in_members = false;
    let mut above = "";
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("members") {
            in_members = true;
        } else if in_members && line.starts_with(']') {
            in_members = false;
        } else if in_members && line.starts_with('"') && !above.starts_with('#') {
            let wrong = format!("the member {} has no comment", line.trim_end_matches(','));
            findings.push(Finding::error(ROOT_MANIFEST, index + 1, wrong, allowed));
        }
        above = line;
    }
    findings
}

fn of_a_member(package: &Package, folder: &str, manifest: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |key: &str, wrong: String, allowed: &str| {
        let line = line_where(text, |line| line.starts_with(key));
        findings.push(Finding::error(manifest, line, wrong, allowed));
    };
    let Package { name, .. } = package;
    let is_blank =
        |field: &Option<String>| field.as_ref().is_none_or(|text| text.trim().is_empty());
    if is_blank(&package.description) {
        let allowed = "it says in `description` what it is for";
        wrong("[package]", format!("{name} has no description"), allowed);
    }
    if is_blank(&package.licence) {
        let allowed = "it takes the workspace's over: license.workspace = true";
        wrong("[package]", format!("{name} has no licence"), allowed);
    }
    let last = folder.rsplit('/').next().unwrap_or(folder);
    if (name.as_str(), folder) != COMMAND && *name != format!("exeunt-{last}") {
        let allowed = "a crate's folder is its name less `exeunt-`";
        wrong(
            "name",
            format!("the crate in {folder} is called {name}"),
            allowed,
        );
    }
    let takes_the_lints_over = text
        .split_once("[lints]")
        .is_some_and(|(_, rest)| rest.trim_start().starts_with("workspace = true"));
    if !takes_the_lints_over && name != WITH_LINTS_OF_ITS_OWN {
        let allowed = "a member says `[lints]` and, in the next line, `workspace = true`";
        wrong(
            "[lints",
            format!("{name} does not take the workspace's lints over"),
            allowed,
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{Package, Tree, findings};

    const MANIFEST: &str = "[workspace]\nmembers = [\n    # The machine.\n    \"core\",\n]\n";
    const LINTED: &str = "[package]\nname = \"x\"\n[lints]\nworkspace = true\n";

    fn member(name: &str, folder: &str) -> Package {
        Package {
            name: name.to_owned(),
            folder: Some(folder.to_owned()),
            description: Some("What it is for".to_owned()),
            licence: Some("MIT".to_owned()),
            ..Package::default()
        }
    }

    fn said(files: &[(&str, &str)], packages: &[Package]) -> Vec<String> {
        let findings = findings(&Tree::of(files), packages);
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_member_as_it_should_be_is_not_mentioned() {
        let files = [
            ("Cargo.toml", MANIFEST),
            ("core/Cargo.toml", LINTED),
            ("adapters/cli/Cargo.toml", LINTED),
            (".ci/run", ""),
            ("LICENSE-MIT", ""),
        ];
        let packages = [
            member("exeunt-core", "core"),
            member("exeunt", "adapters/cli"),
        ];
        assert_eq!(said(&files, &packages), [""; 0]);
    }

    #[test]
    fn a_stray_file_in_the_root_is_found() {
        let said = said(&[("Cargo.toml", MANIFEST), ("notes.txt", "")], &[]);
        assert!(
            said[0].starts_with("notes.txt:1: does not belong in the root"),
            "{said:?}"
        );
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn a_member_without_a_comment_is_found() {
        let manifest = MANIFEST.replace("\"core\",", "\"core\",\n    \"adapters/port\",");
        let said = said(&[("Cargo.toml", &manifest)], &[]);
        assert!(
            said[0].starts_with("Cargo.toml:5: the member \"adapters/port\""),
            "{said:?}"
        );
    }

    #[test]
    fn a_tree_without_a_manifest_is_found() {
        assert_eq!(said(&[("README.md", "")], &[]).len(), 1);
    }

    #[test]
    fn a_member_without_description_licence_or_lints_is_found() {
        let files = [
            ("Cargo.toml", MANIFEST),
            ("core/Cargo.toml", "[package]\nname = \"x\"\n"),
        ];
        let package = Package {
            description: Some(" ".to_owned()),
            licence: None,
            ..member("exeunt-core", "core")
        };
        let said = said(&files, &[package]);
        assert!(
            said[0].contains("exeunt-core has no description"),
            "{said:?}"
        );
        assert!(said[1].contains("exeunt-core has no licence"), "{said:?}");
        assert!(
            said[2].contains("does not take the workspace's lints over"),
            "{said:?}"
        );
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn a_member_in_a_folder_of_another_name_is_found() {
        let files = [
            ("Cargo.toml", MANIFEST),
            ("adapters/mic/Cargo.toml", LINTED),
        ];
        let said = said(&files, &[member("exeunt-cpal", "adapters/mic")]);
        assert!(
            said[0].starts_with("adapters/mic/Cargo.toml:2: the crate in"),
            "{said:?}"
        );
    }
}
