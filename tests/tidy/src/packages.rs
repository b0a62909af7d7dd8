//! The packages that the workspace is made of and built on, as far as the checks care.

use std::path::PathBuf;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand};
use thiserror::Error;

/// The prefix of the crates that are ours.
pub(crate) const OURS: &str = "exeunt";

/// One package: a member of the workspace or something it is built on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// From the root of the repository, for a member; `None` for what is not ours.
    pub(crate) folder: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependency {
    /// The package's own name, however the manifest renames it.
    pub(crate) name: String,
    /// How the manifest calls it.
    pub(crate) called: String,
    pub(crate) only_for_development: bool,
    pub(crate) optional: bool,
}

/// Why the packages are not known.
#[derive(Debug, Error)]
pub(crate) enum PackagesUnknown {
    #[error("cargo metadata does not answer: {0}")]
    NoMetadata(#[from] cargo_metadata::Error),
}

impl Package {
    /// The manifest's path from the root of the repository, for a member.
    pub(crate) fn manifest(&self) -> Option<String> {
        Some(format!("{}/Cargo.toml", self.folder.as_ref()?))
    }
}

impl Dependency {
    pub(crate) fn is_ours(&self) -> bool {
        is_ours(&self.name)
    }
}

/// Whether a crate of this name is one of ours.
pub(crate) fn is_ours(name: &str) -> bool {
    name.strip_prefix(OURS)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The root of the workspace, and every package with all features and for all platforms.
pub(crate) fn of_the_workspace() -> Result<(PathBuf, Vec<Package>), PackagesUnknown> {
    let metadata = MetadataCommand::new()
        .features(CargoOpt::AllFeatures)
        .other_options(["--locked".to_owned()])
        .exec()?;
    let packages = metadata
        .packages
        .iter()
        .map(|package| translated(&metadata, package))
        .collect();
    Ok((metadata.workspace_root.into_std_path_buf(), packages))
}

fn translated(metadata: &Metadata, package: &cargo_metadata::Package) -> Package {
    let folder = metadata
        .workspace_members
        .contains(&package.id)
        .then(|| package.manifest_path.parent())
        .flatten()
        .and_then(|folder| folder.strip_prefix(&metadata.workspace_root).ok())
        .map(|folder| folder.as_str().replace('\\', "/"));
    let dependency = |dependency: &cargo_metadata::Dependency| Dependency {
        name: dependency.name.clone(),
        called: dependency
            .rename
            .clone()
            .unwrap_or_else(|| dependency.name.clone()),
        only_for_development: dependency.kind == DependencyKind::Development,
        optional: dependency.optional,
    };
    Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        folder,
        description: package.description.clone(),
        licence: package.license.clone(),
        dependencies: package.dependencies.iter().map(dependency).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn ours_are_the_command_and_everything_with_the_prefix() {
        assert!(is_ours("exeunt"));
        assert!(is_ours("exeunt-core"));
        assert!(!is_ours("exeuntish"));
        assert!(!is_ours("tokio"));
    }
}
