//! libFuzzer's door to `dukou_fuzz::hook_url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dukou_fuzz::hook_url(data));
