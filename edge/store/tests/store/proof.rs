//! What is newer than this program, and what was changed beside the journal.

use dukou_chain::whole::Event;
use dukou_journal::{Hash, next_hash};
use dukou_store::{Fault, Store, Value as Cell};
use serde_json::json;

use crate::conformance::on_both_engines;
use crate::place::*;

on_both_engines! {
    an_event_of_a_newer_program_is_refused_before_any_write,
    names_are_those_the_journal_commits_to,
}

fn an_event_of_a_newer_program_is_refused_before_any_write(place: &Place) {
    let office = Office::open(place);
    office.found();
    // No table is newer, and yet somebody wrote what this program does not know.
    office
        .store
        .write(|db| {
            let row = db.row("SELECT institution, bytes, hash FROM journal", &[])?.unwrap();
            let bytes = row
                .text(1)
                .replacen("\"seq\":1", "\"seq\":2", 1)
                .replacen("\"version\":1", "\"version\":2", 1)
                .replacen("institution.founded.v1", "institution.moved.v1", 1);
            let before: Hash = row.bytes(2).try_into().unwrap();
            let cells = [row.text(0).into(), bytes.as_str().into(), Cell::Bytes(next_hash(&before, &bytes).to_vec())];
            db.exec("INSERT INTO journal (institution, seq, stream, version, kind, at_ms, bytes, hash) VALUES ($1, 2, 'institution', 2, 'institution.moved.v1', 5, $2, $3)", &cells)
        })
        .unwrap();
    let clock = office.clock.clone();
    office.close();
    let before = place.files();
    let newer = |fault: Option<Fault>| match fault {
        Some(Fault::NewerKind { kind }) => assert_eq!(kind, "institution.moved.v1"),
        other => panic!("{other:?}"),
    };
    newer(Office::try_open(place).err());
    newer(Store::open_reader(place.config(&clock)).err());
    newer(Store::rebuild(&place.config(&clock), &mut |_, _| {}).err());
    assert_eq!(place.files(), before);
    // Every kind that is written is known, and those that were.
    for kind in Event::kinds() {
        assert!(Event::knows(kind), "{kind}");
    }
    assert!(!Event::knows("institution.moved.v1") && !Event::knows(""));
}

fn names_are_those_the_journal_commits_to(place: &Place) {
    let office = Office::open(place);
    office.found();
    office.register(50, "李一", "1001");
    office.register(51, "王二", "");
    office.verified();
    let found = |sql: &'static str| {
        office.store.write(move |db| db.exec(sql, &[])).unwrap();
        let findings = office.store.verify(&mut |_, _| {}).unwrap().findings;
        let codes: Vec<_> = findings.iter().map(|it| it.code).collect();
        codes
    };
    let swapped = "UPDATE sealed SET text = '李二' WHERE text = '李一'";
    assert_eq!(found(swapped), ["person.differs"]);
    let path = place.folder.join("out.zip");
    let refused = office.store.export(&path, None, &mut |_, _| {});
    assert!(
        matches!(refused, Err(Fault::Unproven { .. })),
        "{refused:?}"
    );
    assert!(!path.exists() && !place.folder.join("out.zip.part").exists());
    assert_eq!(
        found("UPDATE sealed SET text = '李一' WHERE text = '李二'"),
        Vec::<&str>::new()
    );
    assert_eq!(
        found("UPDATE sealed SET text = '1002' WHERE text = '1001'"),
        ["person.differs"]
    );
    assert_eq!(
        found("UPDATE sealed SET text = '1001' WHERE text = '1002'"),
        Vec::<&str>::new()
    );
    // Erased lawfully they may be gone, and then must be.
    office.must(
        4,
        json!({"command": "people.erase", "person": id(50), "reason": "个人信息保护法第47条"}),
    );
    office.verified();
    let put = "INSERT INTO sealed (institution, subject, field, text) SELECT institution, '00000000-0000-0000-0000-000000000032', 'name', '李一' FROM sealed WHERE field = 'name'";
    assert_eq!(found(put), ["person.differs"]);
    assert_eq!(
        found("DELETE FROM sealed"),
        ["person.differs"],
        "nobody erased the other"
    );
}
