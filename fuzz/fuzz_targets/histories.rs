//! `exeunt_fuzzing::histories` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exeunt_fuzzing::histories(bytes));
