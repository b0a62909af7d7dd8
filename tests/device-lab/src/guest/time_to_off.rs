//! How long a device takes to be off: from the call that ends it until the kernel sees the node's last
//! descriptor closed, and a sound device's status says closed. Ours beside programs that know nothing of
//! rooms.

mod table;

use std::ops::Range;
use std::time::Duration;

use self::table::{Measured, Row};
use super::bare::Way;
use super::closing::Closings;
use super::failure::Outcome;
use super::process::Process;
use super::subject::Subject;
use super::{camera, log, sound, stage};

/// A device, and how it is used.
struct Device {
    kind: &'static str,
    /// What the member is told to use.
    option: &'static str,
    name: &'static str,
    node: &'static str,
    status: Option<&'static str>,
    /// What the room has of it before the exit, where it is anything.
    heard: Option<&'static str>,
    bare: &'static [(&'static str, Way)],
}

#[rustfmt::skip]
const DEVICES: [Device; 3] = [
    Device {
        kind: "camera", option: "--camera", name: camera::NODE, node: camera::NODE, status: None, heard: Some("pictures"),
        // All of them, and the member, in 320x180 NV12 at 15 a second, and every picture is taken.
        bare: &[
            ("bare v4l, the stream is dropped", Way::V4l),
            ("bare nokhwa, stop_stream and drop", Way::Nokhwa),
            ("bare nokhwa, CallbackCamera dropped", Way::NokhwaCallback),
        ],
    },
    Device {
        kind: "microphone", option: "--microphone", name: sound::MICROPHONE, node: sound::MICROPHONE_NODE, status: Some(sound::MICROPHONE_STATUS), heard: Some("sound"),
        bare: &[("bare cpal, the stream is dropped", Way::CpalMicrophone)],
    },
    Device {
        kind: "speaker", option: "--speaker", name: sound::SPEAKER, node: sound::SPEAKER_NODE, status: Some(sound::SPEAKER_STATUS), heard: None,
        bare: &[("bare cpal, the stream is dropped", Way::CpalSpeaker)],
    },
];

/// How a stay ends: first what is done to the network, then what ends it.
#[derive(Clone, Copy, Debug)]
struct End {
    shown: &'static str,
    network: Option<&'static str>,
    ended_by: &'static str,
}

#[rustfmt::skip]
const ENDS: [End; 4] = [
    End { shown: "Exeunt, exit", network: None, ended_by: "exit" },
    End { shown: "Exeunt, exit with the network cut", network: Some("cut"), ended_by: "exit" },
    End { shown: "Exeunt, exit with the server hung", network: Some("never confirm"), ended_by: "exit" },
    End { shown: "Exeunt, kicked", network: None, ended_by: "kick" },
];

/// The rows take turns, so that what else the machine has to do slows none of them down alone.
const ROUNDS: u32 = 5;

/// Measures every row of every device, or of this one, so many times, and prints a table each.
pub(crate) fn measure(only: Option<&str>, times: u32) -> Outcome {
    stage::restore()?;
    let is_wanted = |device: &&Device| only.is_none_or(|only| only == device.kind);
    for device in DEVICES.iter().filter(is_wanted) {
        device.measure(times)?;
    }
    Ok(())
}

impl Device {
    fn measure(&self, times: u32) -> Outcome {
        let closings = Closings::of(self.node, self.status)?;
        let mut bare: Vec<Row> = self.bare.iter().map(|(name, _)| Row::of(name)).collect();
        let mut ours = ENDS.map(|end| Row::of(end.shown));
        for round in 0..ROUNDS {
            let turns = times * round / ROUNDS..times * (round + 1) / ROUNDS;
            for ((name, way), row) in self.bare.iter().zip(&mut bare) {
                log::say(&format!("{}, round {round}, measuring: {name}", self.kind));
                bare_program(*way, turns.clone(), &closings, row)?;
            }
            for (end, row) in ENDS.iter().zip(&mut ours) {
                log::say(&format!(
                    "{}, round {round}, measuring: {}",
                    self.kind, end.shown
                ));
                self.member(*end, turns.clone(), &closings, row)?;
            }
        }
        table::print(self.kind, &bare, &ours);
        Ok(())
    }

    fn member(&self, end: End, turns: Range<u32>, closings: &Closings, row: &mut Row) -> Outcome {
        let mut member = Subject::with_only(self.option, self.name)?;
        for turn in turns {
            member.tell("enter")?;
            member.opens(&[self.kind])?;
            if let Some(heard) = self.heard {
                member.tell(&format!("heard {heard}"))?;
                member.until("to be heard", |line| line.is("heard"))?;
            }
            if let Some(network) = end.network {
                member.tell(network)?;
            }
            at_some_moment(turn);
            member.tell(end.ended_by)?;
            let begun = member.until("the end to begin", |line| {
                line.is("exiting") || line.is("kicking")
            })?;
            let exited = member.until("onExitRoom", |line| line.is("exited"))?;
            member.tell("out")?;
            member.until("to be out", |line| line.is("out"))?;
            let begun = begun.number("at");
            let since = |at: u64| Duration::from_micros(at.saturating_sub(begun));
            let measured = Measured {
                off: since(closings.last_since(begun)?),
                heard: since(exited.number("began")),
                reported: since(exited.number("began"))
                    + Duration::from_micros(exited.number("off_us")),
            };
            log::say(&format!("{measured:?}"));
            row.took(measured);
        }
        Ok(())
    }
}

fn bare_program(way: Way, turns: Range<u32>, closings: &Closings, row: &mut Row) -> Outcome {
    let mut program = Process::start("bare", &["bare", way.name()])?.quiet();
    for turn in turns {
        program.tell("open")?;
        program.until("a stream", |line| line.is("streaming"))?;
        at_some_moment(turn);
        program.tell("drop")?;
        let dropped = program.until("the drop", |line| line.is("dropped"))?;
        let from = dropped.number("from");
        row.off(Duration::from_micros(closings.last_since(from)? - from));
    }
    Ok(())
}

/// Nobody exits when a device has just delivered. What a program does once a period would else meet every
/// drop, or none; so the moments are spread over the longest of the periods, evenly, and the same for all.
fn at_some_moment(turn: u32) {
    // Far from the one before, and each but once in a hundred.
    std::thread::sleep(sound::PERIOD * (turn * 61 % 100) / 100);
}
