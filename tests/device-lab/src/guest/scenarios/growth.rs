//! Many stays leave as much behind as one (G-15).

use std::time::Duration;

use crate::guest::failure::{LabFailure, Outcome, demand};
use crate::guest::kernel::{Footprint, footprint};
use crate::guest::stage::{eventually, everything_is_free, note};
use crate::guest::subject::Subject;

/// Stays until every buffer that is kept has its size.
const WARM_UP: u32 = 20;
const STAYS: u32 = 100;
/// How much more memory a hundred stays may leave in use, in KiB: a fraction of a frame a stay.
/// An allocator's own movements are below it, anything that is forgotten a stay above.
const MEMORY: usize = 2048;
/// How long the stays may take; a fraction of it unless others use the processors.
const PATIENCE: Duration = Duration::from_secs(400);

pub(super) fn hundred_stays() -> Outcome {
    let mut member = Subject::start()?.quietly();
    let before = after(&mut member, WARM_UP)?;
    note(&format!("after {WARM_UP} stays: {before:?}"));
    let now = after(&mut member, STAYS)?;
    note(&format!("after {STAYS} more: {now:?}"));
    let number = member.number();
    // What ends by itself has the usual time for it.
    let kept = eventually("as few descriptors and threads as before", || {
        let now = footprint(number)?;
        Ok(now.descriptors <= before.descriptors && now.threads <= before.threads)
    });
    if let Err(LabFailure::Overdue { .. }) = kept {
        let now = footprint(number)?;
        return Err(LabFailure::Wrong(format!(
            "after {WARM_UP} stays there was {before:?}, after {STAYS} more {now:?} (G-15)"
        )));
    }
    kept?;
    let growth = now.resident.saturating_sub(before.resident);
    note(&format!(
        "memory grew by {growth} KiB, {MEMORY} KiB are allowed"
    ));
    demand(growth <= MEMORY, || {
        format!("{STAYS} stays left {growth} KiB behind; {MEMORY} KiB are allowed (G-15)")
    })?;
    member.goes_home()?;
    everything_is_free()
}

fn after(member: &mut Subject, stays: u32) -> Result<Footprint, LabFailure> {
    member.tell(&format!("cycle {stays}"))?;
    member.until_within(PATIENCE, "the stays to be over", |line| line.is("cycled"))?;
    footprint(member.number())
}
