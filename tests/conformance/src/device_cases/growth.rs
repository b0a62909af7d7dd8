//! Many openings in a row leave as much behind as one (G-15).

use super::Stage;
use super::opening::opens_again;
use crate::duty::DEVICE_GROWTH;
use crate::finding::Outcome;
use crate::footprint::Counted;
use crate::memory::Memory;

pub(super) async fn tasks(stage: &Stage) -> Outcome {
    const CYCLES: usize = 30;
    cycles(stage, Counted::Tasks, CYCLES, |_| Ok(())).await
}

pub(super) async fn system(stage: &Stage) -> Outcome {
    const CYCLES: usize = 200;
    let mut memory = Memory::default();
    cycles(stage, Counted::System, CYCLES, |cycle| {
        Ok(memory.after(cycle)?)
    })
    .await?;
    memory.is_kept(&DEVICE_GROWTH)
}

async fn cycles(
    stage: &Stage,
    counted: Counted,
    cycles: usize,
    mut after_each: impl FnMut(usize) -> Outcome,
) -> Outcome {
    opens_again(stage).await?;
    let after_one = counted.now()?;
    for cycle in 1..=cycles {
        // Each has the time of a case.
        stage.patience.ends_within(stage.bound());
        opens_again(stage).await?;
        after_each(cycle)?;
    }
    let after = format!("after {cycles} more");
    after_one
        .is_kept(&stage.patience, &DEVICE_GROWTH, &after)
        .await
}
