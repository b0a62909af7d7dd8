//! With which devices a member enters, and how patient he is.

use std::time::Duration;

use clap::Args;
use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_loopback::LoopbackTransport;
use exeunt_nokhwa::NokhwaCamera;
use exeunt_runtime::{Client, Policy};

use super::equipment::{Equipment, Ownership};
use super::standstill::Standstill;
use crate::guest::sound;

/// An emulated machine takes many times as long as a real one, so the exit's deadlines are this many
/// times the defaults; they bound it all the same.
const SLOWER: u32 = 2;

/// With which devices, and how patient.
#[derive(Clone, Debug, Args)]
pub(crate) struct Devices {
    /// The camera's node.
    #[arg(long)]
    camera: Option<String>,
    /// The microphone's identifier.
    #[arg(long)]
    microphone: Option<String>,
    /// The speaker's identifier.
    #[arg(long)]
    speaker: Option<String>,
    /// How long the room may take to let it in, in milliseconds.
    #[arg(long, default_value_t = 10_000)]
    entering: u64,
    /// How long the room may take to confirm that it left, in milliseconds.
    #[arg(long, default_value_t = 3_000)]
    departure: u64,
    /// How long the camera may deliver nothing, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    watchdog: u64,
    /// Whose they are.
    #[arg(long, value_enum, default_value_t)]
    pub(super) ownership: Ownership,
}

impl Devices {
    fn policy(&self) -> Policy {
        Policy {
            entering: Duration::from_millis(self.entering),
            departure: Duration::from_millis(self.departure),
            device: SLOWER * Policy::DEFAULT.device,
            transport: SLOWER * Policy::DEFAULT.transport,
            ..Policy::default()
        }
    }

    /// Clients with these devices, one for each of the transports.
    pub(super) fn clients(
        &self,
        transports: Vec<LoopbackTransport>,
        standstill: &Standstill,
    ) -> Equipment {
        let policy = self.policy();
        let clients = transports.into_iter().map(|transport| {
            let standstill = standstill.clone();
            Client::new(transport)
                .with_policy(policy)
                .with_observer(move |step| standstill.observe(step))
        });
        let mut equipment = Equipment::of(self.ownership, policy, clients.collect());
        if let Some(node) = &self.camera {
            equipment.add(camera(node, Duration::from_millis(self.watchdog)));
        }
        if let Some(name) = &self.microphone {
            equipment.add(microphone(name));
        }
        if let Some(name) = &self.speaker {
            equipment.add(speaker(name));
        }
        equipment
    }
}

/// A camera whose pictures an emulated machine can encode.
pub(crate) fn camera(node: &str, watchdog: Duration) -> NokhwaCamera {
    NokhwaCamera::named(node)
        .size(320, 180)
        .rate(15)
        .watchdog(watchdog)
}

pub(crate) fn microphone(name: &str) -> CpalMicrophone {
    CpalMicrophone::named(name).with_period(sound::PERIOD)
}

pub(crate) fn speaker(name: &str) -> CpalSpeaker {
    CpalSpeaker::named(name).with_period(sound::PERIOD)
}
