//! What would give us the permission to open a node.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bits of a node's mode that let its group read and write it.
const GROUP_MAY: u32 = 0o060;

/// What would help whoever may not open this node: the group that may, if there is one, else a setting
/// of the machine.
pub(super) fn hint(node: &Path) -> String {
    let owner = fs::metadata(node).ok();
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let of_group = owner
        .filter(|owner| owner.mode() & GROUP_MAY == GROUP_MAY && owner.gid() != 0)
        .map(|owner| name_of(owner.gid(), &groups).unwrap_or_else(|| owner.gid().to_string()));
    match of_group {
        Some(group) => format!(
            "the group {group} may open {node}; add the user to it (usermod -aG {group} USER) and log \
             in again, or pass the node and the group to the container",
            node = node.display()
        ),
        // Not a matter of groups: a container's device rules, or a node for root alone.
        None => format!(
            "no group may open {node}; add a udev rule that gives it to the group video, or let the \
             container or sandbox have the node",
            node = node.display()
        ),
    }
}

/// The group's name, from the text of `/etc/group`.
fn name_of(group: u32, groups: &str) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        // The second is the password's place.
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == group).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::{hint, name_of};

    #[test]
    fn a_group_is_known_by_its_number() {
        let groups = "root:x:0:\nvideo:x:44:alice\nbroken\naudio:x:29:\n";
        assert_eq!(name_of(44, groups).as_deref(), Some("video"));
        assert_eq!(name_of(29, groups).as_deref(), Some("audio"));
        assert_eq!(name_of(4, groups), None);
    }

    #[test]
    fn a_node_that_no_group_may_open_is_a_matter_of_a_setting() {
        let node = tempfile::NamedTempFile::new().expect("a file");
        let only_owner = Permissions::from_mode(0o600);
        std::fs::set_permissions(node.path(), only_owner).expect("it is ours");
        let hint = hint(node.path());
        assert!(
            hint.contains("udev rule") && hint.contains("container"),
            "{hint}"
        );
    }
}
