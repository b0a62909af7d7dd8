//! What a stay gets to use, and whose it is.

use std::sync::Arc;

use exeunt_port::{Device, DeviceKind};
use serde::{Deserialize, Serialize};

use crate::preview::{Lent, Preview};

/// Whose a stay's device is, and so who releases it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// The stay's own, opened by it or handed over to it: its exit releases it (G-3).
    #[default]
    Owned,
    /// The application's: the stay falls silent on it and leaves it open (G-16).
    Lent,
    /// Several sessions': the last of them releases it (G-16).
    Shared,
}

impl std::fmt::Display for Ownership {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Owned => "owned",
            Self::Lent => "lent",
            Self::Shared => "shared",
        })
    }
}

/// A device, and what it said of itself when it was handed over. It is asked once, by whoever hands
/// it over: the session's task calls out to nobody.
pub(crate) struct Named {
    pub(crate) kind: DeviceKind,
    pub(crate) name: String,
    pub(crate) ownership: Ownership,
    pub(crate) source: Source,
}

/// Where an open device comes from.
pub(crate) enum Source {
    /// The stay opens it.
    Device(Arc<dyn Device>),
    /// The application opens or has opened it, and hands it over.
    Preview(Preview),
    /// The application opens or has opened it, and keeps it.
    Lent(Lent),
}

impl Named {
    pub(crate) fn device(device: Arc<dyn Device>) -> Self {
        Self {
            kind: device.kind(),
            name: device.name(),
            ownership: if device.is_shared() {
                Ownership::Shared
            } else {
                Ownership::Owned
            },
            source: Source::Device(device),
        }
    }

    pub(crate) fn preview(preview: Preview) -> Self {
        Self {
            kind: preview.kind(),
            name: preview.name().to_owned(),
            ownership: if preview.is_shared() {
                Ownership::Shared
            } else {
                Ownership::Owned
            },
            source: Source::Preview(preview),
        }
    }

    pub(crate) fn lent(lent: Lent) -> Self {
        Self {
            kind: lent.kind(),
            name: lent.name().to_owned(),
            ownership: Ownership::Lent,
            source: Source::Lent(lent),
        }
    }
}

/// What a client brings into its stays, in the order of the slots.
pub(crate) enum Equipment {
    /// Opened in every stay.
    Device(Arc<dyn Device>),
    /// Used in every stay.
    Lent(Lent),
    /// Handed over to the next stay.
    Preview(Preview),
}

impl Equipment {
    /// What the next stay gets of it, and what is left for the ones after it.
    pub(crate) fn hand_over(self) -> (Named, Option<Self>) {
        match self {
            Self::Device(device) => (
                Named::device(Arc::clone(&device)),
                Some(Self::Device(device)),
            ),
            Self::Lent(lent) => (Named::lent(lent.clone()), Some(Self::Lent(lent))),
            Self::Preview(preview) => (Named::preview(preview), None),
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Device(device) => device.name(),
            Self::Lent(lent) => lent.name().to_owned(),
            Self::Preview(preview) => preview.name().to_owned(),
        }
    }
}
