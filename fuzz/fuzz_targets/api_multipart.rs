//! `exeunt_fuzzing::api_multipart` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exeunt_fuzzing::api_multipart(bytes));
