//! `exeunt_fuzzing::tc3_request` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exeunt_fuzzing::tc3_request(bytes));
