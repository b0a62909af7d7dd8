//! Again and again.

use exeunt_port::UserId;
use exeunt_requirements::same;
use exeunt_runtime::Reason;
use exeunt_stories::{Footprint, Person, Service, until};
use libtest_mimic::Failed;

const CYCLES: usize = 20;
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

pub(crate) fn nothing_grows() -> Result<(), Failed> {
    let service = Service::start()?;
    let before = service.footprint()?;
    come_and_go(&service)?;
    // The last socket of a process that has ended is closed a little later.
    let as_before = |now: &Footprint| now.descriptors == before.descriptors;
    let after_one = until("closed sockets", || look(&service), as_before)?;
    for _ in 1..CYCLES {
        come_and_go(&service)?;
    }
    let as_after_one = |now: &Footprint| *now == after_one;
    let after_all = until(
        "a service as it was (G-15)",
        || look(&service),
        as_after_one,
    )?;
    same("what the service holds", &after_all, &after_one)
}

fn look(service: &Service) -> Result<Footprint, Failed> {
    Ok(service.footprint()?)
}

/// Three enter, see each other, and leave at the same time.
fn come_and_go(service: &Service) -> Result<(), Failed> {
    let enter = |name| {
        let person = Person::named(name)?
            .with_microphone("tone")
            .with_speaker("silent");
        Ok::<_, Failed>(person.enter(&service.url())?)
    };
    let mut people = PEOPLE
        .into_iter()
        .map(enter)
        .collect::<Result<Vec<_>, _>>()?;
    let users: Vec<UserId> = people.iter().map(|person| person.user().clone()).collect();
    for person in &mut people {
        for other in users
            .iter()
            .filter(|user| *user != person.user())
            .cloned()
            .collect::<Vec<_>>()
        {
            person.until("the others' coming", |line| line.says_entered(&other))?;
        }
    }
    for person in &mut people {
        person.type_in("q")?;
    }
    for person in people {
        person.exited(Reason::LocalExit)?.was_clean()?;
    }
    Ok(())
}
