//! Many seeds, and nothing that must not be.

use exeunt_simulator::{Hunt, hunt, run};

/// As many worlds as fit into a coffee break, or with `FULL=1` into a lunch break.
fn worlds() -> u64 {
    match std::env::var("FULL").as_deref() {
        Ok("1") => 10_000,
        _ => 300,
    }
}

#[test]
fn in_no_world_does_an_exit_break_its_guarantees() {
    let Hunt {
        runs,
        stays,
        lasted,
        failures,
    } = hunt(0..worlds(), None, |_| {});
    println!(
        "{runs} worlds, {stays} stays, {} s of virtual time",
        lasted.as_secs()
    );
    if let Some(first) = failures.first() {
        panic!(
            "{} of {runs} worlds failed; the first:\n{first}",
            failures.len()
        );
    }
    assert_eq!(runs, worlds());
}

/// In these worlds the network brings an `enter` after a later one of the same client, whose stay then
/// ended as replaced before attempts were numbered.
#[test]
fn an_enter_that_is_overtaken_ends_no_newer_stay() {
    for seed in [42, 69] {
        let played = run(seed, None);
        assert!(played.violations.is_empty(), "{played}");
    }
}

#[test]
fn the_same_seed_gives_the_same_transcript_byte_for_byte() {
    let mut stays = 0;
    for seed in 0..worlds() / 10 {
        let (one, other) = (run(seed, None), run(seed, None));
        stays += one.stays;
        assert_eq!(one.transcript, other.transcript, "seed {seed}");
    }
    assert!(stays > 0, "nobody entered anything");
}

#[test]
fn two_seeds_give_two_worlds() {
    assert_ne!(run(1, None).transcript, run(2, None).transcript);
}
