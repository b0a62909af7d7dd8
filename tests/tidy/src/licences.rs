//! Every dependency's licence is one that a library under MIT or Apache-2.0 may be built on.

use spdx::{Expression, LicenseReq, ParseMode};

use crate::finding::Finding;
use crate::packages::Package;
use crate::tree::{Tree, line_where};

/// Permissive licences, and the weak copyleft of MPL-2.0, which ends at the file.
const ALLOWED: [&str; 19] = [
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "IJG",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "WTFPL",
    "Zlib",
];

/// What a `WITH` may add: these permit more than the licence alone.
const ALLOWED_EXCEPTIONS: [&str; 1] = ["LLVM-exception"];

const LOCK: &str = "Cargo.lock";

/// Packages whose licence is not known or not allowed. With all features and for all platforms.
pub(crate) fn findings(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let lock = tree.text(LOCK).unwrap_or_default();
    let allowed = format!("allowed are {}", ALLOWED.join(", "));
    packages
        .iter()
        .filter(|package| package.folder.is_none())
        .filter_map(|package| {
            let wrong = may_be_built_on(package).err()?;
            let line = line_where(lock, |line| line == format!("name = \"{}\"", package.name));
            Some(Finding::error(LOCK, line, wrong, &allowed))
        })
        .collect()
}

fn may_be_built_on(package: &Package) -> Result<(), String> {
    let Package {
        name,
        version,
        licence,
        ..
    } = package;
    let Some(licence) = licence else {
        return Err(format!("{name} {version} names no licence in its manifest"));
    };
    // Lax: older crates write `MIT/Apache-2.0`.
    let expression = Expression::parse_mode(licence, ParseMode::LAX).map_err(|error| {
        format!(
            "{name} {version} has a licence that SPDX cannot read, {licence:?}: {}",
            error.reason
        )
    })?;
    if expression.evaluate(is_allowed) {
        Ok(())
    } else {
        Err(format!("{name} {version} has the licence {licence:?}"))
    }
}

fn is_allowed(required: &LicenseReq) -> bool {
    let licence = required.license.id();
    let plain = licence.is_some_and(|licence| ALLOWED.contains(&licence.name));
    let with = required.addition.as_ref().is_none_or(|addition| {
        let exception = addition.id();
        exception.is_some_and(|exception| ALLOWED_EXCEPTIONS.contains(&exception.name))
    });
    plain && with
}

#[cfg(test)]
mod tests {
    use super::{Package, Tree, findings};

    fn said_of(licence: Option<&str>) -> Option<String> {
        let package = Package {
            name: "quux".to_owned(),
            version: "1.2.3".to_owned(),
            licence: licence.map(ToOwned::to_owned),
            ..Package::default()
        };
        let lock = "[[package]]\nname = \"quuxes\"\n[[package]]\nname = \"quux\"\n";
        let findings = findings(&Tree::of(&[("Cargo.lock", lock)]), &[package]);
        findings.first().map(ToString::to_string)
    }

    #[test]
    fn permissive_licences_are_allowed_however_they_are_written() {
        for licence in [
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "(Apache-2.0 OR MIT) AND BSD-3-Clause",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-3.0-only OR MIT",
            "Unlicense",
        ] {
            assert_eq!(said_of(Some(licence)), None, "{licence}");
        }
    }

    #[test]
    fn one_part_that_is_not_allowed_is_enough_to_fail() {
        for licence in [
            "GPL-3.0-only",
            "MIT AND LGPL-2.1-only",
            "AGPL-3.0-or-later WITH LLVM-exception",
        ] {
            let said = said_of(Some(licence)).unwrap_or_default();
            assert!(
                said.starts_with("Cargo.lock:4: quux 1.2.3 has the licence"),
                "{licence}: {said}"
            );
        }
        assert!(said_of(Some("Apache-2.0 WITH Classpath-exception-2.0")).is_some());
    }

    #[test]
    fn no_licence_and_no_sense_are_errors() {
        assert!(said_of(None).is_some_and(|said| said.contains("names no licence")));
        assert!(
            said_of(Some("see the file")).is_some_and(|said| said.contains("SPDX cannot read"))
        );
        assert!(said_of(Some("LicenseRef-mine")).is_some());
    }
}
