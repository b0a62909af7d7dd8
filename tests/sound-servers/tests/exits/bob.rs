//! Somebody else in the room, who listens.

use exeunt_requirements::Told;
use exeunt_runtime::{Client, EnterRequest, Room};
use libtest_mimic::Failed;

use crate::stage::Stage;

/// Bob is in the room, and hears.
pub(crate) struct Bob(Room);

impl Bob {
    pub(crate) fn enters(stage: &Stage) -> Result<Self, Failed> {
        let request = EnterRequest::unsigned("bob", "standup")?;
        let mut room = stage.runs(|| Client::new(stage.hub.transport()).enter(request));
        let entered = stage.wait("bob's entering", room.entered())?;
        entered
            .then_some(Self(room))
            .ok_or_else(|| "bob was not let in".into())
    }

    /// Waits until he has heard so many packets from now on, 50 a second.
    pub(crate) fn hears(&self, stage: &Stage, packets: usize) -> Told {
        stage.wait("what bob is to hear", self.packets(packets))
    }

    /// Resolves when he has heard so many packets from now on.
    pub(crate) async fn packets(&self, packets: usize) {
        let frames = self.0.remote_frames();
        while frames.try_next().is_some() {}
        for _ in 0..packets {
            frames.next().await;
        }
    }
}
