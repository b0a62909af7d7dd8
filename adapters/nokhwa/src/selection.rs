//! Which camera is meant.

use exeunt_port::{DeviceError, DeviceKind};

/// A camera as the system names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// For people, for instance `Integrated Camera`.
    pub(crate) name: String,
    /// For the system: a path on Linux, an index or identifier elsewhere.
    pub(crate) node: String,
    /// What the system counts it as.
    pub(crate) index: Option<u32>,
}

/// As errors and lists show it; [`Selection::Named`] takes this, too.
impl std::fmt::Display for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.name, self.node)
    }
}

/// How the application named the camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The first that the system has.
    Default,
    /// By node, name, both as they are shown, index or part of the name.
    Named(String),
}

impl std::fmt::Display for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => formatter.write_str("default camera"),
            Self::Named(name) => write!(formatter, "camera {name}"),
        }
    }
}

impl Selection {
    /// The one camera that is meant. `is_camera` tells whether a node captures pictures at all; it may
    /// have to open it, so only those are asked about that the answer depends on.
    pub(crate) fn among<'a>(
        &self,
        found: &'a [Found],
        is_camera: impl Fn(&Found) -> bool,
    ) -> Result<&'a Found, DeviceError> {
        let cameras = |fits: &dyn Fn(&Found) -> bool| -> Vec<&'a Found> {
            found
                .iter()
                .filter(|one| fits(one) && is_camera(one))
                .collect()
        };
        let wanted = match self {
            Self::Default => {
                return found
                    .iter()
                    .find(|one| is_camera(one))
                    .ok_or_else(|| not_found("default", &[]));
            }
            Self::Named(wanted) => wanted,
        };
        let index: Option<u32> = wanted.parse().ok();
        let part = wanted.to_lowercase();
        // From the most exact to the least: the first way that fits any camera decides.
        let ways: [&dyn Fn(&Found) -> bool; 5] = [
            &|one| one.node == *wanted,
            &|one| one.name == *wanted,
            &|one| one.to_string() == *wanted,
            &|one| index.is_some() && one.index == index,
            &|one| !part.is_empty() && one.name.to_lowercase().contains(&part),
        ];
        for way in ways {
            match cameras(way).as_slice() {
                [] => {}
                [one] => return Ok(one),
                several => {
                    return Err(DeviceError::Ambiguous {
                        kind: DeviceKind::Camera,
                        wanted: wanted.clone(),
                        candidates: several.iter().map(ToString::to_string).collect(),
                    });
                }
            }
        }
        Err(not_found(wanted, &cameras(&|_| true)))
    }
}

fn not_found(wanted: &str, available: &[&Found]) -> DeviceError {
    DeviceError::NotFound {
        kind: DeviceKind::Camera,
        wanted: wanted.to_owned(),
        available: available.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use exeunt_port::DeviceError;

    use super::{Found, Selection};

    fn found() -> Vec<Found> {
        let one = |name: &str, index: u32| Found {
            name: name.to_owned(),
            node: format!("/dev/video{index}"),
            index: Some(index),
        };
        vec![
            one("Decoder", 0),
            one("Integrated Camera", 1),
            one("Integrated Camera: metadata", 2),
            one("USB Camera 4", 4),
        ]
    }

    fn named(wanted: &str) -> Result<String, DeviceError> {
        let selection = Selection::Named(wanted.to_owned());
        chosen(&selection)
    }

    fn chosen(selection: &Selection) -> Result<String, DeviceError> {
        let captures = |one: &Found| one.name.contains("Camera") && !one.name.contains("metadata");
        selection
            .among(&found(), captures)
            .map(|one| one.node.clone())
    }

    #[test]
    fn the_default_is_the_first_node_that_captures() {
        assert_eq!(chosen(&Selection::Default), Ok("/dev/video1".to_owned()));
    }

    #[test]
    fn a_camera_is_found_by_node_index_name_and_part_of_the_name() {
        assert_eq!(named("/dev/video4"), Ok("/dev/video4".to_owned()));
        assert_eq!(named("4"), Ok("/dev/video4".to_owned()));
        assert_eq!(named("Integrated Camera"), Ok("/dev/video1".to_owned()));
        assert_eq!(named("usb"), Ok("/dev/video4".to_owned()));
    }

    #[test]
    fn a_name_that_fits_several_cameras_is_answered_with_all_of_them() {
        let error = named("camera").expect_err("two cameras fit");
        assert_eq!(
            error.to_string(),
            "\"camera\" fits several cameras; name one of them: Integrated Camera (/dev/video1); \
             USB Camera 4 (/dev/video4)"
        );
    }

    #[test]
    fn each_of_the_cameras_that_an_answer_lists_can_be_named_as_it_is_listed() {
        let Err(DeviceError::Ambiguous { candidates, .. }) = named("camera") else {
            panic!("two cameras fit");
        };
        let chosen: Vec<_> = candidates
            .iter()
            .map(|candidate| named(candidate))
            .collect();
        let nodes = ["/dev/video1", "/dev/video4"].map(|node| Ok(node.to_owned()));
        assert_eq!(chosen, nodes);
    }

    #[test]
    fn a_name_that_fits_none_is_answered_with_what_there_is() {
        for absent in ["microscope", "7", "/dev/video9", "Decoder", ""] {
            let Err(DeviceError::NotFound {
                wanted, available, ..
            }) = named(absent)
            else {
                panic!("{absent} is no camera");
            };
            assert_eq!(wanted, absent);
            assert_eq!(available.len(), 2);
        }
    }

    #[test]
    fn without_any_camera_there_is_no_default() {
        let found = found();
        let answer = Selection::Default.among(&found, |_| false);
        assert!(matches!(answer, Err(DeviceError::NotFound { .. })));
    }
}
