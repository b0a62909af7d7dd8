//! Which crate is built on which: the core on nothing of ours, adapters on core and port, never on each other.

use crate::finding::Finding;
use crate::packages::{Dependency, Package};
use crate::tree::{Tree, line_where};

/// What the core may be built on, beside nothing at all.
const UNDER_THE_CORE: [&str; 3] = ["arrayvec", "statig", "thiserror"];

/// What the core may be built on where a feature asks for it.
const UNDER_THE_CORE_OPTIONALLY: [&str; 2] = ["arbitrary", "serde"];

/// What an adapter may be built on, of ours.
const UNDER_AN_ADAPTER: &[&str] = &["exeunt-core", "exeunt-port"];

/// Who may be built on something else than an adapter may.
const EXCEPTIONS: [(&str, &[&str]); 5] = [
    ("exeunt-port", &["exeunt-core"]),
    // The room service speaks the wire types that the transport speaks, and asks Janus as its admin.
    (
        "exeunt-room-service",
        &[
            "exeunt-core",
            "exeunt-port",
            "exeunt-websocket",
            "exeunt-janus",
        ],
    ),
    // The transports over a WebSocket share how they reach their server and keep a stay there.
    (
        "exeunt-websocket",
        &["exeunt-core", "exeunt-port", "exeunt-signalling"],
    ),
    // Those to SFUs share one peer connection as well.
    (
        "exeunt-janus",
        &[
            "exeunt-core",
            "exeunt-port",
            "exeunt-signalling",
            "exeunt-webrtc",
        ],
    ),
    // The program that has to do without std; nothing of ours but the core does.
    ("exeunt-bare", &["exeunt-core"]),
];

/// The command line, which composes whatever there is, checks aside.
const COMPOSES: &str = "exeunt";

const REMEDY: &str = "what a crate may be built on stands in tests/tidy/src/layering.rs";

/// Dependencies that run against the layers.
pub(crate) fn findings(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let Some(manifest) = package.manifest() else {
            continue;
        };
        for dependency in &package.dependencies {
            if let Err(wrong) = allowed(package, dependency, packages) {
                let line = line_of(tree, &manifest, &dependency.called);
                findings.push(Finding::error(&manifest, line, wrong, REMEDY));
            }
        }
    }
    findings
}

/// `Err` says what is wrong with it.
fn allowed(package: &Package, dependency: &Dependency, packages: &[Package]) -> Result<(), String> {
    let Package { name, .. } = package;
    let Dependency { name: used, .. } = dependency;
    if !dependency.is_ours() {
        return if name == "exeunt-core" && !dependency.only_for_development {
            foreign_under_the_core(dependency)
        } else {
            Ok(())
        };
    }
    let is_a_check = is_below("tests/", used, packages);
    if dependency.only_for_development {
        return if name == "exeunt-core" && !is_a_check {
            Err(format!(
                "the core is tested with {used}; its tests may use our crates under tests/ only"
            ))
        } else {
            Ok(())
        };
    }
    if let Some((_, under)) = EXCEPTIONS.iter().find(|(exception, _)| exception == name) {
        return among(name, used, under);
    }
    let folder = package.folder.as_deref().unwrap_or_default();
    if name == "exeunt-core" {
        among(name, used, &[])
    } else if folder.starts_with("tests/") {
        Ok(())
    } else if is_a_check {
        Err(format!("{name} is built on {used}, which checks it"))
    } else if name == COMPOSES {
        Ok(())
    } else {
        among(name, used, UNDER_AN_ADAPTER)
    }
}

fn among(name: &str, used: &str, under: &[&str]) -> Result<(), String> {
    if under.contains(&used) {
        return Ok(());
    }
    let under = if under.is_empty() {
        "none".to_owned()
    } else {
        under.join(", ")
    };
    Err(format!(
        "{name} is built on {used}; of ours it may be on: {under}"
    ))
}

fn foreign_under_the_core(dependency: &Dependency) -> Result<(), String> {
    let Dependency { name, optional, .. } = dependency;
    if UNDER_THE_CORE.contains(&name.as_str()) {
        Ok(())
    } else if UNDER_THE_CORE_OPTIONALLY.contains(&name.as_str()) {
        let wrong = || format!("the core is always built on {name}, which is to be optional");
        optional.then_some(()).ok_or_else(wrong)
    } else {
        Err(format!(
            "the core is built on {name}; it may be on {} and optionally on {}",
            UNDER_THE_CORE.join(", "),
            UNDER_THE_CORE_OPTIONALLY.join(", "),
        ))
    }
}

fn is_below(folder: &str, name: &str, packages: &[Package]) -> bool {
    let its_folder = |package: &Package| {
        package
            .folder
            .as_ref()
            .filter(|_| package.name == name)
            .cloned()
    };
    packages
        .iter()
        .find_map(its_folder)
        .is_some_and(|its_folder| its_folder.starts_with(folder))
}

fn line_of(tree: &Tree, manifest: &str, called: &str) -> usize {
    let text = tree.text(manifest).unwrap_or_default();
    line_where(text, |line| {
        let rest = line.trim_start().trim_start_matches('"');
        rest.strip_prefix(called)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
    })
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Package, Tree, findings};

    fn member(name: &str, folder: &str, dependencies: &[Dependency]) -> Package {
        Package {
            name: name.to_owned(),
            folder: Some(folder.to_owned()),
            dependencies: dependencies.to_vec(),
            ..Package::default()
        }
    }

    fn on(name: &str) -> Dependency {
        Dependency {
            name: name.to_owned(),
            called: name.to_owned(),
            ..Dependency::default()
        }
    }

    fn tested_with(name: &str) -> Dependency {
        Dependency {
            only_for_development: true,
            ..on(name)
        }
    }

    fn optionally_on(name: &str) -> Dependency {
        Dependency {
            optional: true,
            ..on(name)
        }
    }

    /// What is said about a member of these dependencies, in a workspace that has the usual others.
    fn said(name: &str, folder: &str, dependencies: &[Dependency]) -> Vec<String> {
        let packages = [
            member(name, folder, dependencies),
            member("exeunt-conformance", "tests/conformance", &[]),
            member("exeunt-loopback", "adapters/loopback", &[]),
        ];
        findings(&Tree::of(&[]), &packages)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_core_stands_on_nothing_of_ours() {
        assert_eq!(said("exeunt-core", "core", &[on("statig")]), [""; 0]);
        let said = said("exeunt-core", "core", &[on("exeunt-port")]);
        assert!(
            said[0].contains("built on exeunt-port; of ours it may be on: none"),
            "{said:?}"
        );
    }

    #[test]
    fn the_core_stands_on_few_others_and_on_serde_only_when_asked() {
        assert_eq!(
            said("exeunt-core", "core", &[optionally_on("serde")]),
            [""; 0]
        );
        assert!(said("exeunt-core", "core", &[on("serde")])[0].contains("to be optional"));
        assert!(said("exeunt-core", "core", &[on("tokio")])[0].contains("built on tokio"));
        assert_eq!(
            said("exeunt-core", "core", &[tested_with("proptest")]),
            [""; 0]
        );
    }

    #[test]
    fn the_core_is_tested_with_checks_and_not_with_adapters() {
        assert_eq!(
            said("exeunt-core", "core", &[tested_with("exeunt-conformance")]),
            [""; 0]
        );
        let said = said("exeunt-core", "core", &[tested_with("exeunt-loopback")]);
        assert!(said[0].contains("tested with exeunt-loopback"), "{said:?}");
    }

    #[test]
    fn an_adapter_stands_on_no_other_adapter_but_may_be_tested_with_one() {
        let folder = "adapters/cpal";
        assert_eq!(
            said(
                "exeunt-cpal",
                folder,
                &[on("exeunt-port"), on("exeunt-core")]
            ),
            [""; 0]
        );
        assert_eq!(
            said("exeunt-cpal", folder, &[tested_with("exeunt-loopback")]),
            [""; 0]
        );
        let said = said("exeunt-cpal", folder, &[on("exeunt-loopback")]);
        assert!(
            said[0].contains("exeunt-cpal is built on exeunt-loopback"),
            "{said:?}"
        );
    }

    #[test]
    fn the_port_stands_on_the_core_alone() {
        assert_eq!(
            said("exeunt-port", "adapters/port", &[on("exeunt-core")]),
            [""; 0]
        );
        assert_eq!(
            said("exeunt-port", "adapters/port", &[on("exeunt-runtime")]).len(),
            1
        );
    }

    #[test]
    fn the_room_service_shares_the_wire_types_and_nothing_else() {
        let folder = "adapters/room-service";
        assert_eq!(
            said("exeunt-room-service", folder, &[on("exeunt-websocket")]),
            [""; 0]
        );
        assert_eq!(
            said("exeunt-room-service", folder, &[on("exeunt-loopback")]).len(),
            1
        );
    }

    #[test]
    fn the_transports_over_a_websocket_share_their_signalling_with_nobody_else() {
        let shared = [on("exeunt-port"), on("exeunt-signalling")];
        for (name, said_of_it) in [
            ("websocket", 0),
            ("janus", 0),
            ("room-service", 1),
            ("loopback", 1),
            ("port", 1),
        ] {
            let folder = format!("adapters/{name}");
            let said = said(&format!("exeunt-{name}"), &folder, &shared);
            let about_signalling = said.iter().filter(|said| said.contains("signalling;"));
            assert_eq!(about_signalling.count(), said_of_it, "{said:?}");
        }
        let said = said(
            "exeunt-signalling",
            "adapters/signalling",
            &[on("exeunt-websocket")],
        );
        assert_eq!(said.len(), 1, "{said:?}");
    }

    #[test]
    fn the_command_line_composes_adapters_but_not_checks() {
        assert_eq!(
            said("exeunt", "adapters/cli", &[on("exeunt-loopback")]),
            [""; 0]
        );
        let said = said("exeunt", "adapters/cli", &[on("exeunt-conformance")]);
        assert!(said[0].contains("which checks it"), "{said:?}");
    }

    #[test]
    fn a_check_may_use_what_it_checks() {
        assert_eq!(
            said("exeunt-stories", "tests/stories", &[on("exeunt-loopback")]),
            [""; 0]
        );
        assert_eq!(
            said("exeunt-bare", "tests/bare", &[on("exeunt-loopback")]).len(),
            1
        );
    }

    #[test]
    fn the_line_of_the_dependency_is_named() {
        let manifest = "[dependencies]\nexeunt-port-more = \"1\"\nexeunt-port.workspace = true\n";
        let tree = Tree::of(&[("core/Cargo.toml", manifest)]);
        let packages = [member("exeunt-core", "core", &[on("exeunt-port")])];
        let said = findings(&tree, &packages)[0].to_string();
        assert!(said.starts_with("core/Cargo.toml:3: "), "{said}");
    }
}
