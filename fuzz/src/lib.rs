//! The targets: one function per parser that meets what strangers send. Each
//! takes any bytes and returns; a panic, an endless loop or boundless memory is a
//! bug. `tests/mutations.rs` runs them everywhere on the corpus and on changes of
//! it; `libfuzzer/` runs them under libFuzzer (`scripts/fuzz.sh`).

use dukou_chain::whole::{Command, Event};
use dukou_intake::{Nothing, Options};
use dukou_journal::Entry;
use dukou_kernel::Lang;

/// A target: the name of its corpus, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("ledger_csv", ledger_csv),
    ("ledger_xlsx", ledger_xlsx),
    ("entry", entry),
    ("calculator", calculator),
    ("command", command),
    ("upload", upload),
];

fn ledger(name: &str, data: &[u8]) {
    let options = Options {
        today: jiff::civil::date(2026, 11, 23),
        mappings: &[],
        known: &Nothing,
    };
    if let Ok(batch) = dukou_intake::read(&[(name, data)], &options, &mut |_, _| {}) {
        let _ = batch.to_json(true, Lang::Zh);
    }
}

/// An office's ledger as CSV.
pub fn ledger_csv(data: &[u8]) {
    ledger("a.csv", data);
}

/// An office's ledger as a workbook.
pub fn ledger_xlsx(data: &[u8]) {
    ledger("a.xlsx", data);
}

/// An entry's canonical bytes, and the event in them.
pub fn entry(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(read) = Entry::from_bytes(text) {
        let again = read.to_bytes().map(|bytes| Entry::from_bytes(&bytes));
        assert!(matches!(&again, Ok(Ok(same)) if same.meta == read.meta));
        let _ = Event::from_body(&read.meta.kind, &read.body);
    }
}

/// A question to each calculator.
pub fn calculator(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for one in dukou_calc::calculators() {
        let _ = dukou_calc::run_line(one, text, Lang::En, dukou_calc::Env::builtin());
    }
}

/// A command as JSON.
pub fn command(data: &[u8]) {
    let Ok(value) = serde_json::from_slice(data) else {
        return;
    };
    if let Ok(read) = Command::from_json(value) {
        assert_eq!(Command::from_json(read.to_json()).ok(), Some(read));
    }
}

/// An upload of any name.
pub fn upload(data: &[u8]) {
    for name in ["a", "a.csv", "a.docx", "a.xlsx", "a.doc", ".."] {
        let _ = dukou_store::sniff(name, data);
    }
}
