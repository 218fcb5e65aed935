//! libFuzzer's door to `dukou_fuzz::ledger_book`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dukou_fuzz::ledger_book(data));
