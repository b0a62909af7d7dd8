//! Many openings in a row leave as much behind as one (G-15).

use super::Stage;
use super::opening::opens_again;
use crate::duty::DEVICE_GROWTH;
use crate::finding::Outcome;
use crate::footprint::Counted;

const CYCLES: usize = 30;

pub(super) async fn tasks(stage: &Stage) -> Outcome {
    cycles(stage, Counted::Tasks).await
}

pub(super) async fn system(stage: &Stage) -> Outcome {
    cycles(stage, Counted::System).await
}

async fn cycles(stage: &Stage, counted: Counted) -> Outcome {
    opens_again(stage).await?;
    let after_one = counted.now()?;
    for _ in 0..CYCLES {
        opens_again(stage).await?;
    }
    let after = format!("after {CYCLES} more");
    after_one
        .is_kept(&stage.patience, &DEVICE_GROWTH, &after)
        .await
}
