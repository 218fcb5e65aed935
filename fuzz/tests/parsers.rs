//! Every reader of bytes or text in the tree is known here: by the target that
//! sends it anything, or by why nobody hostile reaches it.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a reader looks like.
const SIGNS: &[&str] = &[
    "FromStr for ",
    "toml::from_str",
    "serde_json::from_str",
    "serde_json::from_slice",
    "serde_json::from_reader",
    "serde_json::Deserializer",
    "form_urlencoded::parse",
    "multer::Multipart",
    "ZipArchive::new",
    "CompoundFile::open",
    "calamine::open",
    "csv::Reader",
    "Reader::from_reader",
    "fn parse(",
    "fn parse_yuan(",
    "fn from_bytes(",
    "fn from_json(",
    "fn from_body(",
    "fn scan(",
    "fn sniff(",
    "fn saved_heads(",
];

/// File, and the target; or, in brackets, why there is none.
const READERS: &[(&str, &str)] = &[
    ("base/journal/src/exact.rs", "entry"),
    ("edge/store/src/archive/survey.rs", "archive"),
    ("edge/store/src/store.rs", "heads"),
    ("edge/web/src/api/mod.rs", "request"),
    (
        "edge/web/src/audit/machine.rs",
        "(what the operator's own commands left)",
    ),
    ("edge/web/src/caller.rs", "request"),
    ("edge/web/src/cursor.rs", "request"),
    ("edge/web/src/pages/import/open.rs", "request"),
    ("edge/web/src/pages/list.rs", "request"),
    ("edge/web/src/pages/me.rs", "request"),
    ("edge/web/src/sight.rs", "(entries of the journal)"),
    ("base/calendar/src/year.rs", "toml"),
    ("base/journal/src/entry.rs", "entry"),
    ("base/journal/src/stream.rs", "words"),
    ("base/kernel/src/ids.rs", "words"),
    ("base/kernel/src/money.rs", "cells"),
    ("base/kernel/src/share.rs", "cells"),
    ("base/kernel/src/text.rs", "words"),
    ("base/kernel/src/words.rs", "command"),
    ("base/rights/src/kind.rs", "words"),
    (
        "edge/cli/src/law/worked.rs",
        "(the operator's own files, read by toml)",
    ),
    ("edge/web/src/pages/law.rs", "toml"),
    ("base/ledger/src/account.rs", "words"),
    ("base/ledger/src/exact.rs", "words"),
    ("base/rules/src/file.rs", "toml"),
    ("base/rules/src/policy.rs", "toml"),
    ("base/rules/src/proposed.rs", "toml"),
    ("base/rules/src/rulebook.rs", "toml"),
    ("calc/src/strict.rs", "calculator"),
    ("chain/src/events.rs", "entry"),
    ("chain/src/kept.rs", "entry"),
    ("chain/src/people/permission.rs", "toml"),
    ("chain/src/whole/command.rs", "command"),
    ("chain/src/whole/event.rs", "entry"),
    ("chain/src/whole/upcast.rs", "entry"),
    (
        "edge/cli/src/bench/load.rs",
        "(what the bench wrote itself)",
    ),
    (
        "edge/cli/src/command.rs",
        "(the operator's own command; its JSON is read by command)",
    ),
    ("edge/cli/src/config.rs", "(the operator's own settings)"),
    ("edge/intake/src/file/archive.rs", "parts"),
    ("edge/intake/src/file/compound.rs", "ledger_book"),
    ("edge/intake/src/file/repeats.rs", "parts"),
    ("edge/store/src/files.rs", "upload"),
    ("edge/store/src/folder.rs", "heads"),
    ("edge/store/src/wal.rs", "wal"),
    ("edge/web/src/audit.rs", "request"),
    ("edge/web/src/forms/read.rs", "request"),
    (
        "edge/web/src/hooks.rs",
        "(the journal, checked when it was written)",
    ),
    ("edge/web/src/hooks/send.rs", "words"),
    ("edge/web/src/ledger.rs", "(what the program kept itself)"),
    (
        "edge/web/src/pages/case/words.rs",
        "(the journal, checked when it was written)",
    ),
    (
        "edge/web/src/pages/disclose.rs",
        "(what the program kept itself)",
    ),
    (
        "edge/web/src/pages/disclose/draft.rs",
        "(what the program kept itself)",
    ),
    (
        "edge/web/src/pages/import.rs",
        "(what the program kept itself)",
    ),
    (
        "edge/web/src/pages/journal.rs",
        "(the journal, checked when it was written)",
    ),
    ("edge/web/src/serve.rs", "request"),
];

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_reader_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut all = Vec::new();
    for folder in ["base", "edge"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            sources(&entry.unwrap().path().join("src"), &mut all);
        }
    }
    for folder in ["calc/src", "chain/src"] {
        sources(&root.join(folder), &mut all);
    }
    let mut found = BTreeSet::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if SIGNS.iter().any(|sign| code.contains(sign)) {
            let path = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.insert(path.replace('\\', "/"));
        }
    }
    let known: BTreeSet<String> = READERS.iter().map(|(path, _)| (*path).to_owned()).collect();
    let new: Vec<&String> = found.difference(&known).collect();
    assert!(new.is_empty(), "readers without a target: {new:#?}");
    let gone: Vec<&String> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no readers any more: {gone:#?}");
    for (path, target) in READERS {
        let there = dukou_fuzz::TARGETS.iter().any(|(name, _)| name == target);
        assert!(
            there || target.starts_with('('),
            "{path}: no target {target}"
        );
    }
}
