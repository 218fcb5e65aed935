//! Ids and numbers of rights: imported ones, of 0.1.0 and of now.

use std::collections::BTreeSet;

use dukou_chain::terms::RightKind;
use dukou_chain::whole::{Event, State};
use dukou_chain::{history, protection};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date, RightId};
use serde_json::{Value, json};

const BATCH: &str = "01a22ead-84e5-77b5-b198-c1b4e12903ea";
const DAY: Date = Date::constant(2026, 11, 30);

/// A body as 0.1.0 stored it.
fn stored(row: u32) -> Value {
    json!({
        "number": format!("YZ-2026-{row:04}"), "series": "case:2026", "ordinal": row,
        "past": {
            "title": "一种水泵", "kind": "invention", "right_number": format!("CN11394215{row}A"),
            "contributors": [], "filed": "2019-01-07",
            "origin": {"batch": BATCH, "file": "台账.xlsx", "sheet": "成果", "row": row},
        },
    })
}

fn imported(body: &Value) -> history::CaseImported {
    match Event::from_body("history.case_imported.v1", &body.to_string()) {
        Ok(Event::History(history::Event::Case(it))) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_imported_rights_of_one_batch_have_three_ids() {
    let ids: BTreeSet<RightId> = (2..5).map(|row| imported(&stored(row)).right).collect();
    assert_eq!(ids.len(), 3);
    assert!(!ids.contains(&BATCH.parse().unwrap()));
    // Any part that differs gives another id, also when the parts joined are the same.
    let first = imported(&stored(2)).right;
    for (path, value) in [
        ("/past/origin/file", json!("台账")),
        ("/past/origin/sheet", json!("果")),
        ("/past/origin/row", json!(3)),
        ("/past/right_number", json!("CN113942159A")),
        ("/number", json!("XX-2026-0002")),
        ("/ordinal", json!(3)),
    ] {
        let mut other = stored(2);
        *other.pointer_mut(path).unwrap() = value;
        assert_ne!(imported(&other).right, first, "{path}");
    }
}

#[test]
fn the_id_of_an_imported_right_never_changes() {
    // The vector of docs/journal.md.
    let page = include_str!("../../../docs/journal.md");
    let right = imported(&stored(2)).right.to_string();
    assert_eq!(right, VECTOR);
    assert!(page.contains(VECTOR));
}

const VECTOR: &str = "46987f3c-6df7-8161-a60e-6b5bf690f90c";

#[test]
fn a_new_import_derives_the_same_id_as_the_old_entry() {
    let old = imported(&stored(2));
    let new = history::right_id(
        &old.number,
        old.ordinal,
        &old.past.right_number,
        &old.past.origin,
    );
    assert_eq!(old.right, new);
}

#[test]
fn an_entry_that_names_the_shared_id_still_finds_its_right() {
    let case = CaseId(uuid::Uuid::from_u128(7));
    let mut state = State::new(StreamId::Case(case));
    for (kind, body) in [
        ("history.case_imported.v1", stored(2)),
        (
            "protection.grant_recorded.v1",
            json!({"right": BATCH, "granted": "2021-05-06"}),
        ),
        (
            "protection.right_ended.v1",
            json!({"right": BATCH, "ended": "2024-01-07", "reason": "未缴年费"}),
        ),
    ] {
        let event = Event::from_body(kind, &body.to_string()).unwrap();
        assert!(state.accepts(&event));
        state.apply(event, DAY);
    }
    let State::Case(case) = state else {
        panic!("no case");
    };
    assert_eq!(case.protection.rights.len(), 1);
    let (id, right) = case.protection.rights.iter().next().unwrap();
    assert_eq!(*id, imported(&stored(2)).right);
    assert_eq!(right.recorded.right, *id);
    assert_eq!(right.granted, Some(Date::constant(2021, 5, 6)));
    assert!(right.ended.is_some());
    assert_eq!(case.protection.resolve(BATCH.parse().unwrap()), *id);
    let stranger = RightId(uuid::Uuid::from_u128(9));
    assert_eq!(case.protection.resolve(stranger), stranger);
}

#[test]
fn an_old_body_that_lacks_its_row_is_refused() {
    let mut body = stored(2);
    body["past"]["origin"]
        .as_object_mut()
        .unwrap()
        .remove("row");
    assert!(Event::from_body("history.case_imported.v1", &body.to_string()).is_err());
}

/// Two results kept secret are imported side by side: neither holds a number.
#[test]
fn an_import_without_a_number_claims_none() {
    let mut body = stored(2);
    let number = body.pointer_mut("/past/right_number").unwrap();
    let told = number.take();
    assert!(!protection::right_claims(told.as_str().unwrap()).is_empty());
    *number = json!("");
    let event = Event::from_body("history.case_imported.v1", &body.to_string()).unwrap();
    assert_eq!(event.claims(), []);
    let event = Event::from_body("history.case_imported.v1", &stored(2).to_string()).unwrap();
    assert_eq!(event.claims().len(), 1);
    for nothing in ["", "  "] {
        assert_eq!(protection::right_claims(nothing), [], "{nothing:?}");
    }
}

#[test]
fn one_application_has_one_unique_name_however_it_is_written() {
    let held = protection::right_claim("ZL201810123456.5");
    for typed in ["201810123456.5", "ZL 2018 1 0123456.5", "CN201810123456.5"] {
        assert!(protection::right_claims(typed).contains(&held), "{typed}");
    }
    assert!(!protection::right_claims("201810123457.3").contains(&held));
}

#[test]
fn stored_codes_of_rights_are_still_read() {
    for code in [
        "invention",
        "utility_model",
        "design",
        "software",
        "ic_layout",
        "plant_variety",
        "biomedical",
        "know_how",
    ] {
        assert_eq!(RightKind::parse(code).map(RightKind::code), Some(code));
    }
}
