//! The way to the devices: the sound server where one runs, else the system's own.

use std::sync::Arc;

use cpal::traits::{DeviceTrait, HostTrait};
use exeunt_port::{DeviceError, DeviceKind};

#[cfg(target_os = "linux")]
use crate::alsa_words::AlsaWords;
use crate::naming::{Label, Wanted, place_of, shown};
#[cfg(target_os = "linux")]
use crate::sound_server::Turn;

/// What a sound system is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To record, or only to look: as many as like may do that on one connection.
    Listen,
    /// To play: that needs a connection on which nobody else plays.
    Play,
}

impl Purpose {
    /// What a device of this kind is opened for.
    pub(crate) fn of(kind: DeviceKind) -> Self {
        match kind {
            DeviceKind::Speaker => Self::Play,
            DeviceKind::Microphone | DeviceKind::Camera => Self::Listen,
        }
    }
}

/// A connection to whatever gives out sound devices here. Every method may block for as long as a
/// driver or a server likes, so they are called on device threads only. Dropped after the stream
/// that was opened with it.
pub(crate) struct SoundSystem {
    host: Arc<cpal::Host>,
    #[cfg(target_os = "linux")]
    _held: Held,
}

/// What is kept as long as the system is used.
#[cfg(target_os = "linux")]
enum Held {
    Server { _turn: Turn },
    Alsa { _words: Option<AlsaWords> },
}

/// A device that a sound system offers.
pub(crate) struct Offered {
    pub(crate) device: cpal::Device,
    pub(crate) label: Label,
    pub(crate) is_default: bool,
}

impl SoundSystem {
    /// The sound server if one answers, else the system's own host.
    #[cfg(target_os = "linux")]
    pub(crate) fn connect(purpose: Purpose) -> Result<Self, cpal::Error> {
        if let Some(turn) = crate::sound_server::connect(purpose) {
            return Ok(Self {
                host: turn.host(),
                _held: Held::Server { _turn: turn },
            });
        }
        let words = AlsaWords::listen();
        Ok(Self {
            host: Arc::new(cpal::host_from_id(cpal::HostId::Alsa)?),
            _held: Held::Alsa { _words: words },
        })
    }

    /// The system's own host, which serves every purpose.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn connect(_purpose: Purpose) -> Result<Self, cpal::Error> {
        Ok(Self {
            host: Arc::new(cpal::default_host()),
        })
    }

    /// What it is called, for instance `PulseAudio`.
    pub(crate) fn name(&self) -> &'static str {
        self.host.id().name()
    }

    /// Whether a server stands between us and the sound card, so that no descriptor of the card
    /// is ever ours.
    pub(crate) fn is_server(&self) -> bool {
        #[cfg(target_os = "linux")]
        return self.host.id() == cpal::HostId::PulseAudio;
        #[cfg(not(target_os = "linux"))]
        return false;
    }

    /// Returns once the server has done what it was asked before on this connection; it answers in
    /// order. So after a stream was dropped this is the proof that the server has let go of it
    /// and that no further sound of it can arrive (G-13, G-14). A server that has gone has let go.
    pub(crate) fn settle(&self) {
        if self.is_server() {
            let _ = self.host.devices();
        }
    }

    /// The devices of this kind, those that are not principal among them.
    pub(crate) fn offered(&self, kind: DeviceKind) -> Result<Vec<Offered>, cpal::Error> {
        let fits = |device: &cpal::Device| match kind {
            DeviceKind::Microphone => device.supports_input(),
            DeviceKind::Speaker => device.supports_output(),
            DeviceKind::Camera => false,
        };
        let mut offered: Vec<Offered> = self
            .host
            .devices()?
            .filter(fits)
            .filter_map(|device| self.offer(kind, device))
            .collect();
        let Some(mut default) = self
            .default_of(kind)
            .and_then(|device| self.offer(kind, device))
        else {
            return Ok(offered);
        };
        let listed = offered
            .iter_mut()
            .find(|device| device.label.id == default.label.id);
        if let Some(device) = listed {
            device.is_default = true;
        } else {
            // ALSA does not always count its default among its devices.
            default.is_default = true;
            offered.insert(0, default);
        }
        // ALSA has a default even where there is no card that it could lead to.
        let is_card = |device: &Offered| device.label.principal && !device.is_default;
        if !self.is_server() && !offered.iter().any(is_card) {
            for device in &mut offered {
                device.label.principal = false;
            }
        }
        Ok(offered)
    }

    /// The device that is wanted.
    pub(crate) fn find(&self, kind: DeviceKind, wanted: &Wanted) -> Result<Offered, DeviceError> {
        let name = match wanted {
            Wanted::Named(name) => name,
            Wanted::Default => {
                let default = self
                    .default_of(kind)
                    .and_then(|device| self.offer(kind, device));
                return default.ok_or_else(|| self.not_found(kind, wanted));
            }
        };
        let offered = self.offered(kind).map_err(|error| DeviceError::Backend {
            name: self.name().to_owned(),
            detail: error.to_string(),
        })?;
        let labels: Vec<Label> = offered.iter().map(|device| device.label.clone()).collect();
        let place = place_of(kind, name, &labels)
            .map_err(|error| self.invisible(kind, wanted, &labels).unwrap_or(error))?;
        offered
            .into_iter()
            .nth(place)
            .ok_or_else(|| self.not_found(kind, wanted))
    }

    /// That there is no such device, and what there is instead.
    pub(crate) fn not_found(&self, kind: DeviceKind, wanted: &Wanted) -> DeviceError {
        let offered = self.offered(kind).unwrap_or_default();
        let labels: Vec<Label> = offered.into_iter().map(|device| device.label).collect();
        if let Some(denied) = self.invisible(kind, wanted, &labels) {
            return denied;
        }
        DeviceError::NotFound {
            kind,
            wanted: match wanted {
                Wanted::Named(name) => name.clone(),
                Wanted::Default => "default".to_owned(),
            },
            available: shown(labels.iter().filter(|label| label.principal)),
        }
    }

    /// That there is nothing because we may not see it, if that is so.
    fn invisible(&self, kind: DeviceKind, wanted: &Wanted, seen: &[Label]) -> Option<DeviceError> {
        let hint = self.denial()?;
        let name = wanted.shown(kind);
        let nothing = seen.iter().all(|label| !label.principal);
        nothing.then_some(DeviceError::Denied { name, hint })
    }

    /// What would help, if there are devices that this user may not even see.
    #[cfg(target_os = "linux")]
    pub(crate) fn denial(&self) -> Option<String> {
        if self.is_server() {
            return None;
        }
        crate::permission::hint_for_cards()
    }

    /// Other systems show their devices to everybody.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn denial(&self) -> Option<String> {
        None
    }

    fn offer(&self, kind: DeviceKind, device: cpal::Device) -> Option<Offered> {
        let id = device.id().ok()?.id().to_owned();
        let name = device.description().ok()?.name().to_owned();
        let principal = self.is_principal(&id, kind);
        Some(Offered {
            device,
            label: Label {
                id,
                name,
                principal,
            },
            is_default: false,
        })
    }

    /// ALSA offers each card in a dozen ways, and plugins as devices; a server offers what each
    /// speaker plays as a source. Only cards, the default and real sources are devices of their own.
    #[cfg(target_os = "linux")]
    fn is_principal(&self, id: &str, kind: DeviceKind) -> bool {
        if self.is_server() {
            return !id.ends_with(".monitor");
        }
        id == "default" || crate::alsa_card::CardDevice::of(id).is_some_and(|card| card.does(kind))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_principal(&self, _id: &str, _kind: DeviceKind) -> bool {
        true
    }

    fn default_of(&self, kind: DeviceKind) -> Option<cpal::Device> {
        match kind {
            DeviceKind::Microphone => self.host.default_input_device(),
            DeviceKind::Speaker => self.host.default_output_device(),
            DeviceKind::Camera => None,
        }
    }
}
