//! libFuzzer's door to `dukou_fuzz::archive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dukou_fuzz::archive(data));
