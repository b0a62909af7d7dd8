//! The way to the devices: the sound server where one runs, else the system's own.

use cpal::traits::{DeviceTrait, HostTrait};
use exeunt_port::{DeviceError, DeviceKind};
use thiserror::Error;

#[cfg(target_os = "linux")]
use crate::alsa_words::AlsaWords;
use crate::call::Call;
use crate::descriptors::looking;
use crate::naming::{Label, Wanted, place_of, shown};
use crate::sound_device::SoundDevice;
#[cfg(target_os = "linux")]
use crate::sound_server::{CallError, SoundServer};

/// The way to whatever gives out sound devices here. Every method may block for as long as a
/// driver or a server likes, so they are called on device threads only. Dropped after the stream
/// that was opened with it.
pub(crate) struct SoundSystem {
    way: Way,
    refusal: Option<Refusal>,
}

enum Way {
    /// The system's own.
    System {
        host: cpal::Host,
        #[cfg(target_os = "linux")]
        _words: Option<AlsaWords>,
    },
    /// A sound server.
    #[cfg(target_os = "linux")]
    Server(SoundServer),
}

/// Why the system's own devices are asked although there is a sound server, which may hold them all.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// What the server said.
    pub(crate) words: String,
    /// Whether it is a matter of permission.
    pub(crate) is_denial: bool,
}

/// Why nothing gives out devices.
#[derive(Debug, Error)]
pub(crate) enum Unusable {
    /// Nobody wants them any more.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only what is asked of a server can be given up")
    )]
    #[error("nobody wants it any more")]
    Unwanted,
    /// There is a sound server, and it does not answer or is not one of ours. Whatever it does not give out by
    /// itself it holds.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Server(CallError),
    /// The system said something else.
    #[error(transparent)]
    System(#[from] cpal::Error),
}

/// A device that a sound system offers.
pub(crate) struct Offered {
    pub(crate) device: SoundDevice,
    pub(crate) label: Label,
    pub(crate) is_default: bool,
}

impl SoundSystem {
    /// The sound server if one answers on this call, else the system's own host. One that does not answer
    /// is not gone round: it holds the cards, and ALSA would lead back to it and wait without a bound.
    #[cfg(target_os = "linux")]
    pub(crate) fn connect(call: &Call) -> Result<Self, Unusable> {
        let refusal = match SoundServer::answering(call) {
            Ok(server) => {
                return Ok(Self {
                    way: Way::Server(server),
                    refusal: None,
                });
            }
            Err(CallError::Nobody) => None,
            Err(CallError::HungUp) => return Err(Unusable::Unwanted),
            Err(error @ (CallError::Silent { .. } | CallError::Elsewhere { .. })) => {
                return Err(Unusable::Server(error));
            }
            Err(error @ (CallError::Refused { .. } | CallError::Failed { .. })) => {
                tracing::warn!(%error, "using ALSA");
                Some(Refusal {
                    words: error.to_string(),
                    is_denial: matches!(error, CallError::Refused { .. }),
                })
            }
        };
        let words = AlsaWords::listen();
        Ok(Self {
            way: Way::System {
                host: cpal::host_from_id(cpal::HostId::Alsa)?,
                _words: words,
            },
            refusal,
        })
    }

    /// The system's own host.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn connect(_call: &Call) -> Result<Self, Unusable> {
        Ok(Self {
            way: Way::System {
                host: cpal::default_host(),
            },
            refusal: None,
        })
    }

    /// What it is called, for instance `PulseAudio`.
    pub(crate) fn name(&self) -> &'static str {
        match &self.way {
            Way::System { host, .. } => host.id().name(),
            #[cfg(target_os = "linux")]
            Way::Server(_) => "PulseAudio",
        }
    }

    /// Whether a server stands between us and the sound card, so that no descriptor of the card
    /// is ever ours.
    pub(crate) fn is_server(&self) -> bool {
        match &self.way {
            Way::System { .. } => false,
            #[cfg(target_os = "linux")]
            Way::Server(_) => true,
        }
    }

    /// Why it is not the sound server, although there is one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// From now on a server may have something of ours.
    pub(crate) fn may_hold(&self) {
        match &self.way {
            Way::System { .. } => {}
            #[cfg(target_os = "linux")]
            Way::Server(server) => server.may_hold(),
        }
    }

    /// That the server has gone, if it is one and has; or that its connection ended by itself, so that the
    /// stream is served no more: whoever spoke with the server has then dropped what it was to call.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(unused_variables, reason = "there is no server")
    )]
    pub(crate) fn lost(&self, is_served: bool) -> Option<cpal::Error> {
        match &self.way {
            Way::System { .. } => None,
            #[cfg(target_os = "linux")]
            Way::Server(server) => (!is_served || server.is_gone()).then(crate::sound_server::gone),
        }
    }

    /// Says that nothing more is wanted of a server, and returns once it has let go of all that it has
    /// for us, so that no further sound of it can arrive (G-13, G-14). A server that has gone has let go.
    pub(crate) fn settle(&self) {
        match &self.way {
            Way::System { .. } => {}
            #[cfg(target_os = "linux")]
            Way::Server(server) => server.end(),
        }
    }

    /// The devices of this kind, those that are not principal among them.
    pub(crate) fn offered(&self, kind: DeviceKind) -> Result<Vec<Offered>, cpal::Error> {
        // What ALSA offers is found by opening it.
        let _closing = (!self.is_server()).then(looking);
        let mut offered: Vec<Offered> = self
            .devices(kind)?
            .into_iter()
            .filter_map(|device| self.offer(kind, device))
            .collect();
        let default = self.default_of(kind).unwrap_or_else(|error| {
            tracing::warn!(%error, %kind, "nobody knows which one is the default");
            None
        });
        let Some(mut default) = default.and_then(|device| self.offer(kind, device)) else {
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
        let failed = |error: cpal::Error| DeviceError::Backend {
            name: self.name().to_owned(),
            detail: error.to_string(),
        };
        let name = match wanted {
            Wanted::Named(name) => name,
            Wanted::Default => {
                let default = self
                    .default_of(kind)
                    .map_err(failed)?
                    .and_then(|device| self.offer(kind, device))
                    // A server without a microphone falls back to what its speaker plays.
                    .filter(|device| device.label.principal);
                return default.ok_or_else(|| self.not_found(kind, wanted));
            }
        };
        let offered = self.offered(kind).map_err(failed)?;
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

    /// That a device that was found is there no more. ALSA's default is always found, also where there
    /// is no card that it could lead to.
    pub(crate) fn went_away(
        &self,
        kind: DeviceKind,
        wanted: &Wanted,
        label: &Label,
        detail: String,
    ) -> DeviceError {
        if !self.is_server() && label.id == "default" {
            let offered = self.offered(kind).unwrap_or_default();
            if offered.iter().all(|device| !device.label.principal) {
                return self.not_found(kind, wanted);
            }
        }
        let name = label.name.clone();
        DeviceError::Vanished { name, detail }
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

    /// What an error means where there is a sound server that does not serve us: then it is why the
    /// system's own devices are not there, are held or may not be opened.
    pub(crate) fn explained(&self, name: &str, error: DeviceError) -> DeviceError {
        let Some(Refusal { words, is_denial }) = &self.refusal else {
            return error;
        };
        let is_about = matches!(
            error,
            DeviceError::NotFound { .. }
                | DeviceError::Busy { .. }
                | DeviceError::Denied { .. }
                | DeviceError::Backend { .. }
        );
        if !is_about {
            return error;
        }
        let name = name.to_owned();
        let both = format!("{words}; without it: {error}");
        if *is_denial {
            DeviceError::Denied { name, hint: both }
        } else {
            DeviceError::Backend { name, detail: both }
        }
    }

    fn devices(&self, kind: DeviceKind) -> Result<Vec<SoundDevice>, cpal::Error> {
        match &self.way {
            Way::System { host, .. } => {
                let fits = |device: &cpal::Device| match kind {
                    DeviceKind::Microphone => device.supports_input(),
                    DeviceKind::Speaker => device.supports_output(),
                    DeviceKind::Camera => false,
                };
                Ok(host
                    .devices()?
                    .filter(fits)
                    .map(|device| SoundDevice::System(Box::new(device)))
                    .collect())
            }
            #[cfg(target_os = "linux")]
            Way::Server(server) => {
                let devices = server.devices(kind)?;
                Ok(devices.into_iter().map(SoundDevice::Server).collect())
            }
        }
    }

    fn offer(&self, kind: DeviceKind, device: SoundDevice) -> Option<Offered> {
        let (id, name) = device.id_and_name()?;
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

    fn default_of(&self, kind: DeviceKind) -> Result<Option<SoundDevice>, cpal::Error> {
        match &self.way {
            Way::System { host, .. } => {
                let default = match kind {
                    DeviceKind::Microphone => host.default_input_device(),
                    DeviceKind::Speaker => host.default_output_device(),
                    DeviceKind::Camera => None,
                };
                Ok(default.map(|device| SoundDevice::System(Box::new(device))))
            }
            #[cfg(target_os = "linux")]
            Way::Server(server) => {
                let default = server.default_device(kind)?;
                Ok(default.map(SoundDevice::Server))
            }
        }
    }
}
