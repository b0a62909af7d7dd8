//! What is wrong on purpose is found, and said so that a stranger understands it.

use exeunt_simulator::{Hunt, Run, Sabotage, hunt};

/// Worlds until the moments have come that tell.
const WORLDS: u64 = 250;

/// The complaints about a world that is wrong in this way.
fn complaints(sabotage: Sabotage) -> Vec<String> {
    let Hunt { failures, .. } = hunt(0..WORLDS, Some(sabotage), |_| {});
    for Run {
        seed, violations, ..
    } in failures.iter().take(3)
    {
        println!("{sabotage:?}, seed {seed}: {}", violations[0]);
    }
    let violations = failures.iter().flat_map(|run| &run.violations);
    violations.map(ToString::to_string).collect()
}

fn says(complaints: &[String], words: &str) -> bool {
    complaints.iter().any(|complaint| complaint.contains(words))
}

#[test]
fn a_client_that_ignores_a_kick_is_found() {
    let complaints = complaints(Sabotage::KicksAreIgnored);
    assert!(
        says(&complaints, "believes to be in, and the service says no"),
        "{complaints:#?}"
    );
}

#[test]
fn a_departure_that_was_never_announced_is_found() {
    let complaints = complaints(Sabotage::DeparturesAreNotAnnounced);
    assert!(
        says(
            &complaints,
            "left with reason TimedOut, but nothing ailed his network"
        ),
        "{complaints:#?}"
    );
    assert!(
        says(&complaints, "nobody had told it of the departure of"),
        "{complaints:#?}"
    );
}

#[test]
fn a_departure_that_is_told_twice_is_found() {
    let complaints = complaints(Sabotage::DeparturesAreToldTwice);
    assert!(
        says(&complaints, "left without being there"),
        "{complaints:#?}"
    );
}

#[test]
fn a_service_whose_leases_do_not_expire_is_found() {
    let complaints = complaints(Sabotage::LeasesDoNotExpire);
    assert!(says(&complaints, "the service counts"), "{complaints:#?}");
    assert!(says(&complaints, "nobody told it that"), "{complaints:#?}");
}

#[test]
fn a_device_that_stays_on_is_found() {
    let complaints = complaints(Sabotage::DevicesStayOn);
    assert!(
        says(&complaints, "is released, and it is open"),
        "{complaints:#?}"
    );
    assert!(says(&complaints, "tasks are alive"), "{complaints:#?}");
}
