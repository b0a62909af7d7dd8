//! Which of the devices a name means.

use exeunt_port::{DeviceError, DeviceKind};

/// Which device is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Whatever the system uses when nobody says anything.
    Default,
    /// One of this name.
    Named(String),
}

impl Wanted {
    /// What the device is called before it is found.
    pub(crate) fn shown(&self, kind: DeviceKind) -> String {
        match self {
            Self::Default => format!("default {kind}"),
            Self::Named(name) => name.clone(),
        }
    }
}

/// What a device is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The host's own identifier, for instance `hw:CARD=Loopback,DEV=1`.
    pub(crate) id: String,
    /// What people call it, for instance `Built-in Audio Analog Stereo`.
    pub(crate) name: String,
    /// Whether it stands for a device of its own. The many other ways to reach the same device
    /// are found by their identifier only, or every name would be ambiguous.
    pub(crate) principal: bool,
}

impl Label {
    /// How errors and lists show it.
    pub(crate) fn shown(&self) -> String {
        if self.name == self.id {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.id)
        }
    }

    fn is(&self, wanted: &str) -> bool {
        // As lists and errors show it, it can be given back.
        self.id == wanted || (self.principal && (self.name == wanted || self.shown() == wanted))
    }

    fn contains(&self, wanted_lowercase: &str) -> bool {
        self.principal
            && [&self.id, &self.name]
                .iter()
                .any(|text| text.to_lowercase().contains(wanted_lowercase))
    }
}

/// The place in `labels` of the device that `wanted` names: exactly, or else as a part in any case.
pub(crate) fn place_of(
    kind: DeviceKind,
    wanted: &str,
    labels: &[Label],
) -> Result<usize, DeviceError> {
    let exact = places(labels, |label| label.is(wanted));
    let found = if exact.is_empty() {
        let lowercase = wanted.to_lowercase();
        places(labels, |label| label.contains(&lowercase))
    } else {
        exact
    };
    match found.as_slice() {
        [] => Err(DeviceError::NotFound {
            kind,
            wanted: wanted.to_owned(),
            available: shown(labels.iter().filter(|label| label.principal)),
        }),
        [place] => Ok(*place),
        several => Err(DeviceError::Ambiguous {
            kind,
            wanted: wanted.to_owned(),
            candidates: shown(several.iter().filter_map(|place| labels.get(*place))),
        }),
    }
}

fn places(labels: &[Label], fits: impl Fn(&Label) -> bool) -> Vec<usize> {
    labels
        .iter()
        .enumerate()
        .filter(|(_, label)| fits(label))
        .map(|(place, _)| place)
        .collect()
}

/// The names of these devices as lists show them.
pub(crate) fn shown<'a>(labels: impl Iterator<Item = &'a Label>) -> Vec<String> {
    labels.map(Label::shown).collect()
}

#[cfg(test)]
mod tests {
    use exeunt_port::{DeviceError, DeviceKind};

    use super::{Label, place_of};

    fn labels() -> Vec<Label> {
        let label = |id: &str, name: &str, principal| Label {
            id: id.to_owned(),
            name: name.to_owned(),
            principal,
        };
        vec![
            label("alsa_input.usb", "Yeti Microphone", true),
            label("alsa_input.pci", "Built-in Microphone", true),
            label("pci", "Microphone", true),
            label("alsa_output.pci.monitor", "Monitor of Built-in", false),
        ]
    }

    fn place(wanted: &str) -> Result<usize, DeviceError> {
        place_of(DeviceKind::Microphone, wanted, &labels())
    }

    #[test]
    fn an_exact_name_wins_over_the_names_that_contain_it() {
        assert_eq!(place("Microphone"), Ok(2));
        assert_eq!(place("pci"), Ok(2));
    }

    #[test]
    fn a_device_is_found_by_what_errors_and_lists_call_it() {
        for (place, label) in labels().iter().enumerate().take(3) {
            assert_eq!(self::place(&label.shown()), Ok(place));
        }
    }

    #[test]
    fn a_part_in_any_case_is_enough_when_it_is_the_only_one() {
        assert_eq!(place("yETI"), Ok(0));
        assert_eq!(place("built-IN"), Ok(1));
    }

    #[test]
    fn a_part_that_fits_several_names_them() {
        let candidates = vec![
            "Yeti Microphone (alsa_input.usb)".to_owned(),
            "Built-in Microphone (alsa_input.pci)".to_owned(),
        ];
        assert_eq!(
            place("alsa_input"),
            Err(DeviceError::Ambiguous {
                kind: DeviceKind::Microphone,
                wanted: "alsa_input".to_owned(),
                candidates,
            })
        );
    }

    #[test]
    fn a_name_that_fits_nothing_lists_what_there_is() {
        let error = place("webcam").expect_err("nothing is called that");
        assert_eq!(
            error.to_string(),
            "no microphone is called \"webcam\"; there is Yeti Microphone (alsa_input.usb); \
             Built-in Microphone (alsa_input.pci); Microphone (pci)"
        );
    }

    #[test]
    fn a_second_way_to_a_device_is_found_by_its_identifier_only() {
        assert_eq!(place("alsa_output.pci.monitor"), Ok(3));
        assert!(matches!(
            place("Monitor of Built-in"),
            Err(DeviceError::NotFound { .. })
        ));
    }
}
