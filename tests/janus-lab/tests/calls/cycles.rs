//! Again and again: nothing grows, here or there (G-15).

use std::path::Path;

use exeunt_janus_lab::Settings;
use exeunt_requirements::{Told, check};
use exeunt_runtime::Reason;
use libtest_mimic::Failed;

use crate::Scene;
use crate::person::Person;
use crate::stage::{Stage, until};

const CYCLES: usize = 200;
/// After so many everything has been made that is made once.
const WARM: usize = 20;
/// What the allocator keeps differs from moment to moment.
const PLAY: u64 = 4 << 20;

/// What a process holds, seen in `/proc`.
#[derive(Clone, Copy, Debug)]
struct Footprint {
    threads: usize,
    descriptors: usize,
    /// Resident memory in bytes.
    memory: u64,
}

impl Footprint {
    fn of(process: &str) -> Result<Self, Failed> {
        let folder = Path::new("/proc").join(process);
        let count = |part: &str| std::fs::read_dir(folder.join(part)).map(Iterator::count);
        let status = std::fs::read_to_string(folder.join("status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            resident.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(Self {
            threads: count("task")?,
            descriptors: count("fd")?,
            memory: kilobytes.ok_or("no VmRSS")? * 1024,
        })
    }

    fn is_within(&self, before: &Self) -> bool {
        self.threads <= before.threads
            && self.descriptors <= before.descriptors
            && self.memory <= before.memory + PLAY
    }
}

pub(crate) async fn nothing_grows(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let janus = stage.server.process().to_string();
    let both = || Ok::<_, Failed>([Footprint::of("self")?, Footprint::of(&janus)?]);
    let mut person = Person::at(&stage.server, "alice")?;
    let mut before = None;
    for number in 0..CYCLES {
        let (ending, client) = person.enters().await?.leaves().await?;
        ending.was_for(Reason::LocalExit)?;
        ending.was_confirmed()?;
        person = client;
        if number + 1 == WARM {
            stage.server_is_as_before().await?;
            before = Some(both()?);
        }
    }
    stage.server_is_as_before().await?;
    let before = before.ok_or("no cycle")?;
    // Threads and sockets of the last stay end a moment after it.
    let within = || {
        Ok(both()?
            .iter()
            .zip(&before)
            .all(|(now, before)| now.is_within(before)))
    };
    let looked = until("an end of what the last stay held", within).await;
    println!(
        "us and Janus after {WARM} stays {before:?}, after {CYCLES} {:?}",
        both()?
    );
    looked.map_err(|_| {
        format!(
            "us and Janus after {WARM} stays {before:?}, after {CYCLES} {:?}",
            both()
        )
    })?;
    let told = stage.told_of_ends().await?;
    check(told == [CYCLES, 0], || {
        format!("the guest was told of {told:?} leaves and kicks")
    })
}
