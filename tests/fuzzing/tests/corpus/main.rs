//! Replays the corpus in `fuzz/corpus` without a fuzzer: what was found once is looked at for ever.

mod api_seeds;
mod seeds;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use exeunt_fuzzing::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The inputs of a target, by their path.
fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = fuzz().join("corpus").join(target);
    let entries = fs::read_dir(&folder).expect("every target has a corpus");
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn everything_in_the_corpus_still_holds() {
    for (target, run) in TARGETS {
        let inputs = inputs(target);
        assert!(inputs.len() > 5, "{target} has a corpus worth the name");
        for path in inputs {
            let bytes = fs::read(&path).expect("the corpus can be read");
            let holds = catch_unwind(AssertUnwindSafe(|| run(&bytes))).is_ok();
            assert!(holds, "{target} does not hold for {}", path.display());
        }
    }
}

#[test]
fn the_corpus_is_small_enough_to_be_committed() {
    let sizes = TARGETS.iter().flat_map(|(target, _)| inputs(target));
    let bytes: u64 = sizes
        .map(|path| fs::metadata(path).expect("it is there").len())
        .sum();
    assert!(
        bytes < 1 << 20,
        "{bytes} bytes; `make fuzz-corpus` keeps what is needed"
    );
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("fuzz has a manifest");
    let programs: Vec<_> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| *name != "exeunt-fuzz")
        .collect();
    assert_eq!(programs, TARGETS.map(|(target, _)| target));
    for target in programs {
        let program = fuzz().join(format!("fuzz_targets/{target}.rs"));
        let text = fs::read_to_string(program).expect("a target has a program");
        assert!(text.contains(&format!("exeunt_fuzzing::{target}(bytes)")));
    }
}

/// What a fuzzer begins with: one of everything, as it should be and as it should not.
/// `EXEUNT_UPDATE=1` writes them.
#[test]
fn every_seed_is_in_the_corpus() {
    for (target, name, bytes) in seeds::all().into_iter().chain(api_seeds::all()) {
        let path = fuzz()
            .join("corpus")
            .join(target)
            .join(format!("seed-{name}"));
        if std::env::var_os("EXEUNT_UPDATE").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(&path, &bytes).expect("a seed can be written");
        }
        let is = fs::read(&path).unwrap_or_default();
        assert_eq!(
            is,
            bytes,
            "{} is stale: EXEUNT_UPDATE=1 cargo test -p exeunt-fuzzing writes it",
            path.display()
        );
    }
}
