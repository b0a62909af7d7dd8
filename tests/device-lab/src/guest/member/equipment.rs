//! Whose the devices are: the stay's, the application's, or everybody's.

use clap::ValueEnum;
use exeunt_port::Device;
use exeunt_runtime::{Client, DeviceError, Policy, Preview, Shared};

/// Whose the devices are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ownership {
    /// The stay opens them and releases them.
    #[default]
    Owned,
    /// The application has opened them, and hands them over to the stay.
    HandedOver,
    /// The application has opened them, and lends them to the stay.
    Lent,
    /// Two sessions of the process share them.
    Shared,
}

/// Clients that are given devices: one, or two that share.
pub(super) struct Equipment {
    ownership: Ownership,
    policy: Policy,
    pub(super) clients: Vec<Client>,
    /// What stays the application's.
    pub(super) lent: Vec<Preview>,
}

impl Equipment {
    pub(super) fn of(ownership: Ownership, policy: Policy, clients: Vec<Client>) -> Self {
        Self {
            ownership,
            policy,
            clients,
            lent: Vec::new(),
        }
    }

    /// Gives a device to every client.
    pub(super) fn add(&mut self, device: impl Device) {
        let clients = std::mem::take(&mut self.clients).into_iter();
        self.clients = match self.ownership {
            Ownership::Owned => {
                let mut device = Some(device);
                let give = |client: Client| match device.take() {
                    Some(device) => client.with_device(device),
                    None => client,
                };
                clients.map(give).collect()
            }
            Ownership::Shared => {
                let shared = Shared::new(device);
                clients
                    .map(|client| client.with_device(shared.clone()))
                    .collect()
            }
            Ownership::HandedOver => {
                let mut preview = Some(Preview::open_within(device, self.policy));
                let hand_over = |client: Client| match preview.take() {
                    Some(preview) => client.with_preview(preview),
                    None => client,
                };
                clients.map(hand_over).collect()
            }
            Ownership::Lent => {
                let preview = Preview::open_within(device, self.policy);
                let lent = clients
                    .map(|client| client.with_lent(preview.lend()))
                    .collect();
                self.lent.push(preview);
                lent
            }
        };
    }
}

/// Lets go of what was lent; answers when nothing of it is held any more.
pub(super) async fn let_go(lent: Vec<Preview>) -> Result<(), DeviceError> {
    for preview in lent {
        preview.release().await?;
    }
    Ok(())
}
