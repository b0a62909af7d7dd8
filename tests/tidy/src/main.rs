//! What `make check` looks at beside formatting, lints and docs: `cargo run -q -p exeunt-tidy`.
//!
//! | module | what it proves |
//! | --- | --- |
//! | [`layering`] | which crate is built on which |
//! | [`members`] | every member of the workspace is described, licensed, linted and where its name says |
//! | [`licences`] | every dependency's licence is one that we may build on |
//! | [`names`] | files and modules are named after what they do |
//! | [`length`] | files stay small |
//! | [`arms`] | the machine answers every event by name |
//! | [`marks`] | nothing is left unfinished, and nothing names one machine's folders |
//! | [`links`] | what a page points at is there |
//! | [`guarantees`] | every guarantee has tests, and they exist |
//!
//! A finding says where, what is wrong and what is allowed. The exit status is 1 where there is one.

mod arms;
mod finding;
mod guarantees;
mod layering;
mod length;
mod licences;
mod links;
mod marks;
mod members;
mod names;
mod packages;
mod rust;
mod tree;

use std::process::ExitCode;

use finding::{Finding, Severity};
use packages::{Package, PackagesUnknown};
use thiserror::Error;
use tree::{Tree, TreeUnreadable};

/// Why nothing could be looked at.
#[derive(Debug, Error)]
enum Unknown {
    #[error(transparent)]
    Packages(#[from] PackagesUnknown),
    #[error(transparent)]
    Tree(#[from] TreeUnreadable),
}

fn main() -> ExitCode {
    match look() {
        Ok((tree, packages)) => report(&tree, &packages),
        Err(error) => {
            eprintln!("exeunt-tidy: {error}");
            ExitCode::from(2)
        }
    }
}

fn look() -> Result<(Tree, Vec<Package>), Unknown> {
    let (root, packages) = packages::of_the_workspace()?;
    Ok((Tree::of_the_repository(&root)?, packages))
}

fn report(tree: &Tree, packages: &[Package]) -> ExitCode {
    let mut findings = every_finding(tree, packages);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    println!(
        "exeunt-tidy: {errors} errors and {} warnings in {} files and {} packages",
        findings.len() - errors,
        tree.files().len(),
        packages.len(),
    );
    if errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn every_finding(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    [
        layering::findings(tree, packages),
        members::findings(tree, packages),
        licences::findings(tree, packages),
        rust::findings(tree),
        names::findings(tree),
        length::findings(tree),
        arms::findings(tree),
        marks::findings(tree),
        links::findings(tree),
        guarantees::findings(tree),
    ]
    .concat()
}
