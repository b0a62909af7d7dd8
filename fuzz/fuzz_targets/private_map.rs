//! `exeunt_fuzzing::private_map` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exeunt_fuzzing::private_map(bytes));
