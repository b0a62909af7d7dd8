//! Somebody else in the room, who listens, and is heard.

use exeunt_loopback::ToneMicrophone;
use exeunt_requirements::Told;
use exeunt_runtime::{Client, EnterRequest, Room};
use libtest_mimic::Failed;

use crate::stage::Stage;

/// Bob is in the room, hears, and says one tone all the time.
pub(crate) struct Bob(Room);

impl Bob {
    /// What he says, in hertz. Another one than what is heard at alice's microphone.
    const SAYS: u16 = 1_000;
    /// How loud that is at least where it is played: it is said at 0.3, and a gap takes something away.
    pub(crate) const LOUD: f64 = 0.1;

    pub(crate) fn enters(stage: &Stage) -> Result<Self, Failed> {
        let request = EnterRequest::unsigned("bob", "standup")?;
        let client = Client::new(stage.hub.transport());
        let client = client.with_device(ToneMicrophone::new(Self::SAYS));
        let mut room = stage.runs(|| client.enter(request));
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

    /// How loud he is at this speaker.
    pub(crate) fn loudness_at(stage: &Stage, speaker: &str) -> Result<f64, Failed> {
        let sound = stage.server.listen(speaker, 24_000)?;
        Ok(loudness(&sound, f64::from(Self::SAYS)))
    }
}

/// The height of the wave of this frequency in sound of 48,000 samples a second.
fn loudness(sound: &[f32], hertz: f64) -> f64 {
    let (mut real, mut imaginary, mut samples) = (0.0, 0.0, 0.0);
    for sample in sound {
        let phase = samples * hertz / 48_000.0 * std::f64::consts::TAU;
        real += f64::from(*sample) * phase.cos();
        imaginary += f64::from(*sample) * phase.sin();
        samples += 1.0;
    }
    2.0 * real.hypot(imaginary) / samples
}
