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

use std::path::Path;

use exeunt_port::{DeviceError, DeviceKind};

use self::held::Claim;
use self::holders::Holders;
use self::node::Node;
use self::stream::MappedStream;
use crate::choice::{self, Wanted};
use crate::listing::CameraDevice;
use crate::open::{Opened, Opener, Opening};
use crate::selection::Selection;

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
                .map(|node| {
                    node.offers(None)
                        .iter()
                        .map(choice::Offer::to_format)
                        .collect()
                })
                .map_err(|error| {
                    let selection = Selection::Named(found.node.clone());
                    refused(&found.to_string(), &found.node, &selection, &error)
                });
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

    let refused = |error: std::io::Error| refused(&name, &camera.node, &selection, &error);
    let node = Node::open(&camera.node).map_err(refused)?;
    let claim = Claim::on(&camera.node, node.descriptor());
    opening.trace.leave(claim.evidence());
    opening.still_wanted()?;

    let offers = node.offers(Some(wanted));
    let choice = choice::choose(&name, &offers, wanted)?;
    let format = node.set(choice, wanted.required).map_err(refused)?;
    // A driver may promise more than it does.
    if !format.meets(wanted.required) {
        return Err(choice::unsupported(&name, &offers, wanted));
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

/// What an error of the system means before the stream runs.
fn refused(name: &str, node: &str, selection: &Selection, error: &std::io::Error) -> DeviceError {
    let name = name.to_owned();
    match error.raw_os_error() {
        Some(errno::EBUSY) => DeviceError::Busy { name },
        Some(errno::EACCES | errno::EPERM) => DeviceError::Denied {
            name,
            hint: permission::hint(Path::new(node)),
        },
        Some(errno::ENOENT | errno::ENODEV | errno::ENXIO) => DeviceError::NotFound {
            kind: DeviceKind::Camera,
            wanted: selection.to_string(),
            available: Vec::new(),
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
    use crate::selection::Selection;

    fn meaning(number: i32) -> DeviceError {
        refused(
            "Camera (/dev/video0)",
            "/dev/video0",
            &Selection::Default,
            &Error::from_raw_os_error(number),
        )
    }

    #[test]
    fn what_the_kernel_answers_becomes_what_the_application_can_act_on() {
        assert!(matches!(meaning(16), DeviceError::Busy { .. }));
        assert!(matches!(meaning(2), DeviceError::NotFound { .. }));
        assert!(matches!(meaning(19), DeviceError::NotFound { .. }));
        assert!(matches!(meaning(5), DeviceError::Backend { .. }));
        let DeviceError::Denied { hint, .. } = meaning(13) else {
            panic!("EACCES is a denial")
        };
        assert!(hint.contains("group"), "{hint}");
    }
}
