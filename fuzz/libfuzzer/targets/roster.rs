//! libFuzzer's door to `dukou_fuzz::roster`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dukou_fuzz::roster(data));
