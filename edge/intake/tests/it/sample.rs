//! The sample ledgers beside the checkout, where they are present: accepted
//! rows, refused cells and totals must be exactly those a careful person read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dukou_intake::{Nothing, Options, read};
use dukou_kernel::{Date, Lang};
use serde_json::Value;

fn ledger(which: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    [
        root.join("../shared/data/office_ledger"),
        root.join("data/office_ledger"),
    ]
    .into_iter()
    .map(|folder| folder.join(which))
    .find(|folder| folder.is_dir())
}

fn check(which: &str) {
    let Some(folder) = ledger(which) else {
        eprintln!("skipped: no sample ledger {which} beside the checkout");
        return;
    };
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "xlsx" || e == "csv"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    let borrowed: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let today = Date::new(2026, 1, 1).unwrap();
    let options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    let batch = read(&borrowed, &options, &mut |_, _| {}).unwrap();
    let found = batch.to_json(true, Lang::Zh);

    let cells = |list: &Value| -> BTreeSet<(String, u64, String)> {
        list.as_array()
            .unwrap()
            .iter()
            .filter(|f| f.get("severity").is_none_or(|s| s == "refused"))
            .map(|f| {
                (
                    f["sheet"].as_str().unwrap().to_owned(),
                    f["row"].as_u64().unwrap(),
                    f["code"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    };
    let (wanted, got) = (cells(&expected["findings"]), cells(&found["findings"]));
    let missed: Vec<_> = wanted.difference(&got).collect();
    let invented: Vec<_> = got.difference(&wanted).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed {missed:?}\ninvented {invented:?}"
    );

    for kind in ["achievements", "contracts", "receipts", "distributions"] {
        let wanted = expected[kind].as_array().unwrap();
        let got = found["accepted"][kind].as_array().unwrap();
        assert_eq!(wanted.len(), got.len(), "{kind}");
        for (wanted, got) in wanted.iter().zip(got) {
            let mut got = got.clone();
            if got.get("shares_percent").is_some_and(Value::is_null) {
                got["shares_percent"] = wanted["shares_percent"].clone();
            }
            assert_eq!(wanted, &got, "{kind}");
        }
    }
    let totals = &found["totals"];
    assert_eq!(totals["contract_fen"], expected["totals"]["contract_fen"]);
    assert_eq!(totals["received_fen"], expected["totals"]["received_fen"]);
    for kind in ["achievements", "contracts", "receipts", "distributions"] {
        assert_eq!(totals[kind], expected["totals"][format!("{kind}_accepted")]);
    }
}

#[test]
fn an_excel_with_titles_dittos_and_subtotals_is_read_like_a_careful_person() {
    check("a");
}

#[test]
fn gb18030_files_of_a_small_office_are_read_like_a_careful_person() {
    check("c");
}
