//! What would give us the permission to open a sound card, as Linux has it: by the nodes in `/dev/snd`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use exeunt_port::DeviceKind;
use rustix::fs::{Access, access};

use crate::alsa_card::CardDevice;

/// Bits of a node's mode that let its group read and write it.
const GROUP_MAY: u32 = 0o060;

/// What would help whoever may not open this device, by ALSA's identifier of it.
pub(crate) fn hint(kind: DeviceKind, id: &str) -> String {
    // Another card's permission is of no use to whoever wants this one.
    let card = CardDevice::of(id).and_then(|device| device.number());
    match denied(|node| is_of(node, card, kind)) {
        Some(node) => hint_for(&node),
        // The driver refused for another reason than its node's.
        None => "let the container or sandbox have /dev/snd".to_owned(),
    }
}

/// Whether this node has to be opened for a device of this kind: on this card, if it is known which.
fn is_of(node: &str, card: Option<u32>, kind: DeviceKind) -> bool {
    let of_card = |number: &str| card.is_none_or(|card| number.parse() == Ok(card));
    if let Some(number) = node.strip_prefix("controlC") {
        return of_card(number);
    }
    let pcm = node
        .strip_prefix("pcmC")
        .and_then(|rest| rest.strip_suffix(direction(kind)));
    pcm.and_then(|rest| rest.split_once('D'))
        .is_some_and(|(number, _)| of_card(number))
}

/// What would help, if there are cards whose control nodes this user may not open. Then alsa-lib finds
/// no card at all, as if there were none.
pub(crate) fn hint_for_cards() -> Option<String> {
    denied(|name| name.starts_with("controlC")).map(|node| hint_for(&node))
}

fn direction(kind: DeviceKind) -> char {
    match kind {
        DeviceKind::Microphone | DeviceKind::Camera => 'c',
        DeviceKind::Speaker => 'p',
    }
}

/// The first of these nodes that this user may not open, told without opening it: that would be heard.
fn denied(is_meant: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let entries = Path::new("/dev/snd").read_dir().ok()?;
    let nodes = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut meant: Vec<PathBuf> = nodes
        .filter(|node| {
            let name = node.file_name().unwrap_or_default().to_string_lossy();
            is_meant(&name) && may_not_open(node)
        })
        .collect();
    meant.sort();
    meant.into_iter().next()
}

fn may_not_open(node: &Path) -> bool {
    access(node, Access::READ_OK | Access::WRITE_OK)
        .is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// The group that may open it, if there is one, else a setting of the machine.
fn hint_for(node: &Path) -> String {
    let shown = node.display();
    let owner = fs::metadata(node).ok();
    let of_group = owner.filter(|owner| owner.mode() & GROUP_MAY == GROUP_MAY && owner.gid() != 0);
    let Some(owner) = of_group else {
        return format!(
            "no group may open {shown}; add a udev rule that gives it to the group audio, or let the \
             container or sandbox have /dev/snd"
        );
    };
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let group = name_of(owner.gid(), &groups).unwrap_or_else(|| owner.gid().to_string());
    format!(
        "the group {group} may open {shown}; add the user to it (usermod -aG {group} USER) and log in \
         again, or pass /dev/snd and the group to the container"
    )
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
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use exeunt_port::DeviceKind;

    use super::{hint_for, is_of, name_of};

    #[test]
    fn only_the_wanted_cards_nodes_of_the_wanted_direction_matter() {
        let matter = |card| -> Vec<&str> {
            [
                "controlC0",
                "controlC1",
                "pcmC0D0p",
                "pcmC0D1c",
                "pcmC1D0c",
                "seq",
            ]
            .into_iter()
            .filter(|node| is_of(node, card, DeviceKind::Microphone))
            .collect()
        };
        assert_eq!(matter(Some(1)), ["controlC1", "pcmC1D0c"]);
        assert_eq!(
            matter(None),
            ["controlC0", "controlC1", "pcmC0D1c", "pcmC1D0c"],
            "ALSA's default may be on any card"
        );
    }

    fn node(mode: u32) -> tempfile::NamedTempFile {
        let node = tempfile::NamedTempFile::new().expect("a file");
        std::fs::set_permissions(node.path(), Permissions::from_mode(mode)).expect("it is ours");
        node
    }

    #[test]
    fn a_group_is_known_by_its_number() {
        let groups = "root:x:0:\naudio:x:29:alice\nbroken\n";
        assert_eq!(name_of(29, groups).as_deref(), Some("audio"));
        assert_eq!(name_of(44, groups), None);
    }

    #[test]
    fn a_card_that_no_group_may_open_is_a_matter_of_a_setting() {
        let hint = hint_for(node(0o600).path());
        assert!(hint.contains("no group may open"), "{hint}");
        assert!(hint.contains("udev rule"), "{hint}");
    }

    #[test]
    fn a_card_that_a_group_may_open_is_a_matter_of_that_group_and_never_of_roots() {
        let node = node(0o660);
        let hint = hint_for(node.path());
        let of_root = node.as_file().metadata().expect("its owner").gid() == 0;
        assert_eq!(hint.contains("usermod -aG"), !of_root, "{hint}");
        assert_eq!(hint.contains("no group may open"), of_root, "{hint}");
    }
}
