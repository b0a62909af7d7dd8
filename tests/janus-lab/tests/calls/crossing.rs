//! A kick that crosses an own leave.

use std::time::Duration;

use exeunt_janus_lab::Settings;
use exeunt_requirements::{Told, check};
use exeunt_runtime::{Outcome, Reason};

use crate::Scene;
use crate::person::Person;
use crate::stage::Stage;

/// Both at once, the one or the other a little earlier: one of them is the reason, the others are told of
/// one end, and the report knows it.
pub(crate) async fn kick_and_leave(scene: Scene) -> Told {
    let mut stage = Stage::set(scene.network, Settings::default()).await?;
    let mut person = Person::at(&stage.server, "alice")?;
    let mut seen = [0_u32; 2];
    for number in 0..60_u32 {
        let room = person.enters().await?;
        let handle = room.room.handle();
        // Up to 1.5 ms either way.
        let offset = Duration::from_micros(50) * (number / 2);
        if number % 2 == 0 {
            stage.send_kick().await?;
            tokio::time::sleep(offset).await;
            handle.request_exit();
        } else {
            handle.request_exit();
            tokio::time::sleep(offset).await;
            stage.send_kick().await?;
        }
        let (ending, client) = room.leaves().await?;
        person = client;
        let reason = ending.report.reason;
        check(matches!(reason, Reason::LocalExit | Reason::Kicked), || {
            format!("{}", ending.report)
        })?;
        ending.was_clean()?;
        let wanted = if reason == Reason::Kicked {
            [Outcome::NotOwed].as_slice()
        } else {
            // A kick settles the announcement, since the others know.
            &[Outcome::Done, Outcome::NotOwed]
        };
        ending.departure_was(wanted)?;
        stage.server_is_as_before().await?;
        let told = stage.told_of_ends().await?;
        check(told == [1, 0] || told == [0, 1], || {
            format!(
                "the guest was told of {told:?} leaves and kicks: {}",
                ending.report
            )
        })?;
        // The first cause to arrive is the reason, and hers was there before a kick that followed it.
        if number % 2 == 1 {
            ending.was_for(Reason::LocalExit)?;
        }
        seen[usize::from(reason == Reason::Kicked)] += 1;
    }
    check(seen.iter().all(|count| *count > 0), || {
        format!("of leaves and kicks {seen:?} came first: nothing crossed")
    })
}
