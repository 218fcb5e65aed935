//! libFuzzer's door to `dukou_fuzz::parts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dukou_fuzz::parts(data));
