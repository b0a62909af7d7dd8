//! Many stays in a row leave as much behind as one (G-15).

use super::Stage;
use super::giving_up::{abandon, drop_at, guest};
use super::stage::user;
use crate::duty::{GROWTH, GROWTH_GIVEN_UP};
use crate::finding::Outcome;
use crate::footprint::Counted;
use crate::memory::Memory;

const CYCLES: usize = 20;

pub(super) async fn stays_and_tasks(stage: &Stage) -> Outcome {
    stays(stage, Counted::Tasks, CYCLES, |_| Ok(())).await
}

pub(super) async fn stays_and_the_system(stage: &Stage) -> Outcome {
    const CYCLES: usize = 200;
    let mut memory = Memory::default();
    stays(stage, Counted::System, CYCLES, |stay| {
        Ok(memory.after(stay)?)
    })
    .await?;
    memory.is_kept(&GROWTH)
}

pub(super) async fn given_up_and_tasks(stage: &Stage) -> Outcome {
    given_up(stage, Counted::Tasks).await
}

pub(super) async fn given_up_and_the_system(stage: &Stage) -> Outcome {
    given_up(stage, Counted::System).await
}

async fn stays(
    stage: &Stage,
    counted: Counted,
    cycles: usize,
    mut after_each: impl FnMut(usize) -> Outcome,
) -> Outcome {
    let alice = user("alice");
    let transport = stage.transport(&alice).await?;
    let cycle = async || {
        let member = stage.enter_over(&*transport, &alice, &stage.room).await?;
        member.leaves().await?;
        member.closes_well().await
    };
    cycle().await?;
    let after_one = counted.now()?;
    for stay in 1..=cycles {
        // Each has the time of a case.
        stage.patience.ends_within(stage.bound());
        cycle().await?;
        after_each(stay)?;
    }
    let after = format!("after {cycles} more stays");
    after_one.is_kept(&stage.patience, &GROWTH, &after).await
}

/// Entries given up in turn: abandoned and dropped, now at one await and then at another.
async fn given_up(stage: &Stage, counted: Counted) -> Outcome {
    let alice = user("alice");
    let transport = stage.transport(&alice).await?;
    let cycle = async |number: usize| {
        let moment = number / 2 % 8;
        let guest = guest(number);
        if number.is_multiple_of(2) {
            abandon(stage, &*transport, &guest, moment).await
        } else {
            drop_at(stage, &*transport, &guest, moment).await
        }
    };
    cycle(0).await?;
    cycle(1).await?;
    let after_one = counted.now()?;
    for number in 2..=CYCLES + 1 {
        cycle(number).await?;
    }
    let after = format!("after {CYCLES} more entries that were given up");
    after_one
        .is_kept(&stage.patience, &GROWTH_GIVEN_UP, &after)
        .await
}
