//! Linux: nokhwa finds the cameras, v4l asks them and reads them.

mod arrivals;
mod errno;
mod held;
mod holders;
mod node;
mod permission;
mod picture_format;
mod rate;
mod sizes;
mod stream;

use std::io;
use std::path::Path;

use exeunt_port::DeviceError;

use self::held::Claim;
use self::holders::Holders;
use self::node::Node;
use self::stream::MappedStream;
use crate::choice::{self, Wanted};
use crate::listing::CameraDevice;
use crate::open::{Opened, Opener, Opening};
use crate::selection::{Found, Selection};

/// What opens the camera that is meant.
pub(crate) fn opener(selection: Selection, wanted: Wanted) -> Opener {
    Box::new(move |opening| open(&selection, wanted, opening))
}

/// The cameras there are. Blocks for as long as the drivers take.
pub(crate) fn devices() -> Result<Vec<CameraDevice>, DeviceError> {
    let cameras = node::found()?.into_iter().filter(node::is_camera);
    Ok(cameras
        .enumerate()
        .map(|(place, found)| {
            // A node that does not let us ask is a camera all the same.
            let formats = Node::open(&found.node)
                .and_then(|node| node.offers(None))
                .map(|offers| offers.iter().map(choice::Offer::to_format).collect())
                .map_err(|error| refused(&found, &error));
            // After our own descriptor is closed.
            let Holders { free, held_by } = holders::of(&found.node);
            CameraDevice {
                is_default: place == 0,
                formats,
                free,
                held_by,
                name: found.name,
                node: found.node,
            }
        })
        .collect())
}

fn open(
    selection: &Selection,
    wanted: Wanted,
    opening: &Opening<'_>,
) -> Result<Opened, DeviceError> {
    let found = node::found()?;
    let selection = node::resolved(selection);
    let camera = selection.among(&found, node::is_camera)?;
    let name = camera.to_string();
    opening.still_wanted()?;

    let refused = |error: io::Error| refused(camera, &error);
    let node = Node::open(&camera.node).map_err(refused)?;
    let claim = Claim::on(&camera.node, node.descriptor());
    opening.trace.leave(claim.evidence());
    opening.still_wanted()?;

    let offers = node.offers(Some(wanted)).map_err(refused)?;
    let choice = choice::choose(&name, &offers, wanted)?;
    let format = node.set(choice, wanted.required).map_err(refused)?;
    // A driver may promise more than it does.
    if !format.meets(wanted.required) {
        let set = format.to_format();
        return Err(choice::set_otherwise(&name, &set, &offers, wanted));
    }
    opening.still_wanted()?;
    let mut stream = MappedStream::allocate(node, format, name.clone(), claim).map_err(refused)?;
    opening.wakes(stream.bell());
    opening.still_wanted()?;
    stream.start().map_err(refused)?;
    let description = format!("{name}, {}", stream.format());
    Ok(Opened {
        source: Box::new(stream),
        description,
    })
}

/// What an error of the system means for a camera that was found, before its stream runs.
fn refused(camera: &Found, error: &io::Error) -> DeviceError {
    let name = camera.to_string();
    match error.raw_os_error() {
        Some(errno::EBUSY) => DeviceError::Busy { name },
        Some(errno::EACCES | errno::EPERM) => DeviceError::Denied {
            name,
            hint: permission::hint(Path::new(&camera.node)),
        },
        Some(errno::ENOENT | errno::ENODEV | errno::ENXIO) => DeviceError::Vanished {
            name,
            detail: format!("it was there a moment ago, and now the system says: {error}"),
        },
        // What the kernel answers to USB cameras; its own words speak of a disk.
        Some(errno::ENOSPC) => DeviceError::Backend {
            name,
            detail: "its USB bus has no room left for the stream; ask for a smaller size, a lower \
                     rate or mjpeg, or plug it in elsewhere"
                .to_owned(),
        },
        _ => DeviceError::Backend {
            name,
            detail: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use exeunt_port::DeviceError;

    use super::refused;
    use crate::selection::Found;

    fn meaning(number: i32) -> DeviceError {
        let camera = Found {
            name: "Camera".to_owned(),
            node: "/dev/video0".to_owned(),
            index: Some(0),
        };
        refused(&camera, &Error::from_raw_os_error(number))
    }

    #[test]
    fn what_the_kernel_answers_becomes_what_the_application_can_act_on() {
        assert!(matches!(meaning(16), DeviceError::Busy { .. }));
        assert!(matches!(meaning(5), DeviceError::Backend { .. }));
        let DeviceError::Denied { hint, .. } = meaning(13) else {
            panic!("EACCES is a denial")
        };
        assert!(hint.contains("group"), "{hint}");
    }

    #[test]
    fn a_camera_that_goes_away_while_it_opens_has_vanished_and_was_found_before() {
        for (number, said) in [
            (2, "No such file or directory"),
            (6, "No such device or address"),
            (19, "No such device"),
        ] {
            let DeviceError::Vanished { name, detail } = meaning(number) else {
                panic!("error {number} is a camera that went away")
            };
            assert_eq!(name, "Camera (/dev/video0)");
            assert!(detail.contains(said), "{detail}");
        }
    }

    #[test]
    fn a_usb_bus_that_is_full_is_no_matter_of_disks() {
        let words = meaning(28).to_string();
        assert!(
            words.contains("USB bus") && words.contains("smaller size"),
            "{words}"
        );
        assert!(!words.contains("space"), "{words}");
    }
}
