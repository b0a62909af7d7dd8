//! The conformance suite, in a process of its own: it counts what its process holds.

use exeunt_conformance::{Lab, Obstacle, Verdict, async_trait, device_lab};
use exeunt_port::Device;
use serde_json::json;
use std::time::Duration;

use super::failure::{LabFailure, Outcome};
use super::line::tell;
use super::{camera, kernel, member, sound};

/// How long the suite waits for one answer: the machine is emulated.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs the suite on one device, and tells a line a case.
pub(crate) fn run(device: &str, words: &[String]) -> Outcome {
    let suite = match device {
        "camera" => device_lab(|| std::future::ready(Ok(RealCamera))),
        "microphone" => device_lab(|| std::future::ready(Ok(RealMicrophone))),
        "speaker" => device_lab(|| std::future::ready(Ok(RealSpeaker))),
        other => return Err(LabFailure::Wrong(format!("there is no {other} in the lab"))),
    };
    let report = words
        .iter()
        .fold(suite, |suite, words| suite.only(words))
        .patience(PATIENCE)
        .report();
    for line in report.lines() {
        let wrong = match &line.verdict {
            Verdict::Passed => None,
            Verdict::Failed(why) | Verdict::NotOffered(why) | Verdict::NotRun(why) => Some(why),
        };
        let took = format!("{:.2} s", line.took.as_secs_f64());
        tell(
            "case",
            json!({ "case": line.case, "took": took, "wrong": wrong }),
        );
    }
    Ok(())
}

/// What this process holds of the devices.
fn held() -> Result<usize, Obstacle> {
    let held = kernel::held_devices(std::process::id()).map_err(Obstacle::failed)?;
    Ok(held.len())
}

struct RealCamera;

#[async_trait]
impl Lab for RealCamera {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        let watchdog = Duration::from_secs(2);
        Ok(Box::new(member::camera(camera::NODE, watchdog)))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        held()
    }

    async fn vanish(&self) -> Result<(), Obstacle> {
        camera::unplug().map_err(Obstacle::failed)
    }
}

struct RealMicrophone;

#[async_trait]
impl Lab for RealMicrophone {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        Ok(Box::new(member::microphone(sound::MICROPHONE)))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        held()
    }

    async fn vanish(&self) -> Result<(), Obstacle> {
        sound::unplug(sound::Card::Microphone).map_err(Obstacle::failed)
    }
}

struct RealSpeaker;

#[async_trait]
impl Lab for RealSpeaker {
    async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
        Ok(Box::new(member::speaker(sound::SPEAKER)))
    }

    async fn held(&self) -> Result<usize, Obstacle> {
        held()
    }

    async fn vanish(&self) -> Result<(), Obstacle> {
        sound::unplug(sound::Card::Speaker).map_err(Obstacle::failed)
    }
}
