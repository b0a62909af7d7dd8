//! `exeunt_fuzzing::transcript` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exeunt_fuzzing::transcript(bytes));
