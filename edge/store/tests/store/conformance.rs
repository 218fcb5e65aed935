//! What both engines promise.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use dukou_chain::whole::Event;
use dukou_journal::{Chain, StreamId};
use dukou_store::{Fault, Rejected, SealedText, Store};
use serde_json::json;

use crate::place::*;

/// Runs each function once per engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::place::Place::sqlite());
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                if let Some(place) = crate::place::Place::postgres() {
                    super::$name(&place);
                }
            })+
        }
    };
}
pub(crate) use on_both_engines;

on_both_engines! {
    entries_are_gapless_and_chained,
    the_whole_road_is_driven_and_verified,
    a_stale_version_is_a_conflict,
    a_key_works_once,
    many_threads_are_each_answered_once,
    one_key_from_many_threads_is_one_entry,
    institutions_never_see_each_other,
    a_dry_run_leaves_nothing,
    a_batch_stands_or_falls_together,
    a_rebuild_gives_identical_tables,
    newer_data_is_refused_before_any_write,
    a_second_opener_is_refused,
    erased_personal_data_leaves_the_chain_whole,
    a_refused_legal_step_stays_on_the_timeline_without_effect,
    a_state_secret_leaves_no_trace,
    a_restart_keeps_everything,
    a_correction_names_an_entry_of_its_own_case,
    a_year_that_arrives_moves_the_due_days,
    verification_beside_a_busy_server_is_calm,
    own_tables_fail_alone,
    a_mistake_of_the_program_ends_no_writing,
    a_text_that_one_engine_cannot_keep_is_kept_by_neither,
}

fn a_mistake_of_the_program_ends_no_writing(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let before = office.dump();
    let wrong: Result<(), Fault> = office.store.write(|db| {
        db.exec("DELETE FROM head", &[])?;
        panic!("a mistake");
    });
    assert!(wrong.unwrap_err().to_string().contains("a mistake"));
    assert_eq!(office.dump(), before, "it was taken back");
    office.must(1, office.submit(10));
    office.verified();
}

fn a_text_that_one_engine_cannot_keep_is_kept_by_neither(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let before = office.count();
    let mut odd = office.submit(10);
    odd["details"]["title"] = json!("膜\0");
    assert_eq!(office.refused(1, odd.clone()), "text.nul");
    assert_eq!(office.count(), before);
    // A backslash and letters are only that, and what is invisible otherwise stays.
    odd["details"]["title"] = json!("膜\\u0000\u{1}💣\u{feff}");
    office.must(1, odd);
    assert_eq!(
        office.case(10).1.disclosure.details.unwrap().title,
        "膜\\u0000\u{1}💣\u{feff}"
    );
    office.verified();
}

fn entries_are_gapless_and_chained(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    for number in 10..20 {
        office.must(1, office.submit(number));
        office.must(1, office.note(number, "一"));
    }
    assert_eq!(office.count(), 23);
    let sql = "SELECT seq, bytes, hash FROM journal WHERE institution = $1 ORDER BY seq";
    let key = [office.institution.to_string().into()];
    let rows = office.store.read(|db| db.rows(sql, &key)).unwrap();
    let mut chain = Chain::new(office.institution);
    for row in &rows {
        let entry = chain.step(row.int(0), row.text(1), row.bytes(2)).unwrap();
        assert_eq!(
            entry.meta.clock.as_deref(),
            Some("test"),
            "a set clock says so"
        );
        assert_eq!(entry.meta.at_ms, morning("2026-09-21"));
        assert_eq!(entry.meta.effective.to_string(), "2026-09-21");
    }
    assert_eq!(office.case(10).0, 2);
    assert_eq!(office.case(19).1.disclosure.number, "YZ-2026-0010");
    office.verified();
}

fn the_whole_road_is_driven_and_verified(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let (_, deal) = office.deal(200);
    assert!(deal.distribution.all_paid());
    let sql = "SELECT account, CAST(SUM(amount_minor) AS BIGINT) FROM posting WHERE institution = $1 GROUP BY account ORDER BY account";
    let key = [office.institution.to_string().into()];
    let rows = office.store.read(|db| db.rows(sql, &key)).unwrap();
    let of = |name: &str| rows.iter().find(|row| row.text(0) == name).unwrap().int(1);
    assert_eq!(of("payer"), -300_000_000);
    assert_eq!(of("clearing"), 0);
    assert_eq!(of("cost_recovery"), 500_000);
    assert_eq!(rows.iter().map(|row| row.int(1)).sum::<i64>(), 0);
    office.verified();
}

fn a_stale_version_is_a_conflict(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    let mut first = office.envelope(3, office.note(10, "先"));
    first.expected = Some(1);
    let mut second = office.envelope(2, office.note(10, "后"));
    second.expected = Some(1);
    assert_eq!(office.store.execute(first).unwrap().version, 2);
    let before = office.dump();
    match office.store.execute(second.clone()) {
        Err(Rejected::Conflict {
            stream,
            expected: 1,
            actual: 2,
        }) => {
            assert_eq!(stream, StreamId::Case(case(10)));
        }
        other => panic!("not a conflict: {other:?}"),
    }
    assert_eq!(office.dump(), before);
    second.expected = Some(2);
    assert_eq!(office.store.execute(second).unwrap().version, 3);
    // Something that does not exist yet is at version 0.
    let mut new = office.envelope(1, office.submit(11));
    new.expected = Some(0);
    office.store.execute(new.clone()).unwrap();
    assert!(matches!(
        office.store.execute(new),
        Err(Rejected::Conflict { actual: 1, .. })
    ));
}

fn a_key_works_once(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let mut envelope = office.envelope(1, office.submit(10));
    envelope.key = Some("form-1".into());
    let done = office.store.execute(envelope.clone()).unwrap();
    assert!(!done.replayed);
    let before = office.dump();
    let again = office.store.execute(envelope.clone()).unwrap();
    assert!(again.replayed && again.events.is_empty());
    assert_eq!(
        (again.first_seq, again.last_seq, again.version),
        (done.first_seq, done.last_seq, 1)
    );
    // Also when the version it was based on has passed.
    let mut late = envelope.clone();
    late.expected = Some(0);
    assert!(office.store.execute(late).unwrap().replayed);
    let mut other = office.envelope(1, office.submit(11));
    other.key = Some("form-1".into());
    assert!(matches!(
        office.store.execute(other),
        Err(Rejected::KeyReused)
    ));
    let mut somebody = envelope.clone();
    somebody.actor = actor(2);
    assert!(matches!(
        office.store.execute(somebody),
        Err(Rejected::KeyReused)
    ));
    assert_eq!(office.dump(), before);
    // A key belongs to its institution.
    let neighbour = office.of(2);
    neighbour.staffed();
    let mut same = neighbour.envelope(1, neighbour.submit(10));
    same.key = Some("form-1".into());
    assert!(!neighbour.store.execute(same).unwrap().replayed);
    // And outlives a restart.
    drop(neighbour);
    office.close();
    let office = Office::open(place);
    assert!(office.store.execute(envelope).unwrap().replayed);
    // A refused command does not use its key up.
    let mut refused = office.envelope(1, office.note(10, ""));
    refused.key = Some("form-2".into());
    assert!(matches!(
        office.store.execute(refused),
        Err(Rejected::Refused(_))
    ));
    let mut right = office.envelope(1, office.note(10, "写了"));
    right.key = Some("form-2".into());
    assert!(!office.store.execute(right).unwrap().replayed);
    office.verified();
}

fn many_threads_are_each_answered_once(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    let before = office.count();
    let done: Vec<_> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..64)
            .map(|number| {
                let office = &office;
                scope.spawn(move || {
                    let mut envelope = office.envelope(3, office.note(10, &format!("第{number}")));
                    envelope.key = Some(format!("thread-{number}"));
                    let done = office.store.execute(envelope.clone()).unwrap();
                    assert!(!done.replayed);
                    assert!(
                        office.store.execute(envelope).unwrap().replayed,
                        "a double submit"
                    );
                    done
                })
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().unwrap()).collect()
    });
    let seqs: BTreeSet<i64> = done.iter().map(|it| it.first_seq).collect();
    let versions: BTreeSet<i64> = done.iter().map(|it| it.version).collect();
    assert_eq!((seqs.len(), versions.len()), (64, 64));
    assert_eq!(office.count(), before + 64);
    assert_eq!(office.case(10).0, 65);
    let bodies: BTreeSet<String> = office
        .store
        .entries(office.institution, StreamId::Case(case(10)))
        .unwrap()
        .into_iter()
        .map(|(entry, _)| entry.body.into_owned())
        .collect();
    assert_eq!(bodies.len(), 65, "each note is there, and there once");
    office.verified();
}

fn one_key_from_many_threads_is_one_entry(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let fresh = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..16)
            .map(|_| {
                let office = &office;
                scope.spawn(move || {
                    let mut envelope = office.envelope(1, office.submit(10));
                    envelope.key = Some("one".into());
                    !office.store.execute(envelope).unwrap().replayed
                })
            })
            .collect();
        hands
            .into_iter()
            .map(|hand| hand.join().unwrap())
            .filter(|it| *it)
            .count()
    });
    assert_eq!(fresh, 1);
    assert_eq!(office.count(), 4);
}

fn institutions_never_see_each_other(place: &Place) {
    let one = Office::open(place);
    assert!(matches!(
        one.give(1, one.submit(10)),
        Err(Rejected::UnknownInstitution)
    ));
    one.staffed();
    let two = one.of(2);
    assert!(matches!(
        two.give(1, two.submit(10)),
        Err(Rejected::UnknownInstitution)
    ));
    two.staffed();
    one.must(1, one.submit(10));
    // The other's case does not exist here: nothing can be done to it.
    let accept = json!({"command": "disclosure.accept", "case": id(10), "manager": id(3)});
    assert_eq!(two.refused(4, accept.clone()), "case.unknown");
    assert_eq!(two.case(10).0, 0);
    // The same ids and numbers live side by side.
    two.must(1, two.submit(10));
    assert_eq!(two.case(10).1.disclosure.number, "YZ-2026-0001");
    one.must(4, accept);
    assert_eq!((one.case(10).0, two.case(10).0), (2, 1));
    assert_eq!((one.count(), two.count()), (5, 4));
    for table in derived() {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE institution NOT IN ($1, $2)");
        let key = [
            one.institution.to_string().into(),
            two.institution.to_string().into(),
        ];
        assert_eq!(
            one.store
                .read(|db| Ok(db.row(&sql, &key)?.unwrap().int(0)))
                .unwrap(),
            0
        );
    }
    assert_eq!(
        one.store.institutions().unwrap(),
        [one.institution, two.institution]
    );
    one.verified();
}

fn a_dry_run_leaves_nothing(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    let before = office.dump();
    let tried = vec![
        office.envelope(1, office.submit(11)),
        office.envelope(
            4,
            json!({"command": "disclosure.accept", "case": id(11), "manager": id(3)}),
        ),
    ];
    let done = office.store.dry_run(tried).unwrap();
    assert_eq!((done.len(), done[1].version), (2, 2));
    assert_eq!(office.dump(), before);
    assert_eq!(office.case(11).0, 0);
    // A refused dry run leaves nothing either, and numbers are not used up.
    let wrong = office.envelope(
        1,
        json!({"command": "disclosure.accept", "case": id(10), "manager": id(1)}),
    );
    assert!(office.store.dry_run(vec![wrong]).is_err());
    assert_eq!(office.dump(), before);
    office.must(1, office.submit(12));
    assert_eq!(office.case(12).1.disclosure.number, "YZ-2026-0002");
    office.verified();
}

fn a_batch_stands_or_falls_together(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let before = office.dump();
    let batch = vec![
        office.envelope(1, office.submit(10)),
        office.envelope(1, office.note(10, "好")),
        office.envelope(1, office.note(10, "")),
        office.envelope(1, office.submit(11)),
    ];
    let (place_of_failure, why) = office.store.execute_all(batch.clone()).unwrap_err();
    assert_eq!(place_of_failure, 2);
    assert!(matches!(why, Rejected::Refused(_)));
    assert_eq!(office.dump(), before);
    let good = batch
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != 2)
        .map(|(_, it)| it)
        .collect();
    assert_eq!(office.store.execute_all(good).unwrap().len(), 3);
    office.verified();
}

fn a_rebuild_gives_identical_tables(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let neighbour = office.of(2);
    neighbour.staffed();
    let mut keyed = neighbour.envelope(1, neighbour.submit(10));
    keyed.key = Some("k".into());
    neighbour.store.execute(keyed).unwrap();
    let before = office.dump();
    let entries = office.count() + neighbour.count();
    let config = place.config(&office.clock);
    assert!(matches!(
        Store::rebuild(&config, &mut |_, _| {}),
        Err(Fault::Locked(_))
    ));
    // Every derived table goes; the journal stays.
    office
        .store
        .write(|db| {
            derived()
                .iter()
                .try_for_each(|it| db.script(&format!("DROP TABLE {it}")))
        })
        .unwrap();
    drop(neighbour);
    office.close();
    let done = Store::rebuild(&config, &mut |_, _| {}).unwrap();
    assert_eq!(i64::try_from(done).unwrap(), entries);
    let office = Office::open(place);
    assert_eq!(office.dump(), before);
    office.verified();
}

fn newer_data_is_refused_before_any_write(place: &Place) {
    let office = Office::open(place);
    office.found();
    let sql = "INSERT INTO schema_version (version, name, at_ms) VALUES (99, 'future', 0)";
    office.store.write(move |db| db.script(sql)).unwrap();
    let clock = office.clock.clone();
    office.close();
    let names = std::fs::read_dir(&place.folder).unwrap();
    let left = names.filter(|it| {
        it.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("-wal")
    });
    assert_eq!(left.count(), 0, "a closed folder holds one database file");
    let bytes = std::fs::read(place.database()).ok();
    let heads = std::fs::read(place.folder.join("heads.log")).unwrap();
    assert!(matches!(
        Office::try_open(place).err(),
        Some(Fault::Newer { found: 99, .. })
    ));
    let config = place.config(&clock);
    assert!(matches!(
        Store::rebuild(&config, &mut |_, _| {}),
        Err(Fault::Newer { found: 99, .. })
    ));
    assert!(matches!(
        Store::open_reader(config).err(),
        Some(Fault::Newer { found: 99, .. })
    ));
    assert!(
        std::fs::read(place.database()).ok() == bytes,
        "not a byte was written"
    );
    assert_eq!(
        std::fs::read(place.folder.join("heads.log")).unwrap(),
        heads
    );
}

fn a_second_opener_is_refused(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    assert!(matches!(
        Office::try_open(place).err(),
        Some(Fault::Locked(_))
    ));
    // Reading beside it is fine, and cannot write.
    let reader = Store::open_reader(place.config(&office.clock)).unwrap();
    assert_eq!(
        reader
            .state(office.institution, StreamId::Institution)
            .unwrap()
            .0,
        1
    );
    let tried = reader.execute(office.envelope(1, office.submit(10)));
    assert!(matches!(tried, Err(Rejected::Fault(Fault::Closed))));
    office.must(1, office.submit(10));
    office.close();
    Office::open(place).verified();
}

fn erased_personal_data_leaves_the_chain_whole(place: &Place) {
    let office = Office::open(place);
    office.found();
    let mut register = office.envelope(4, json!({
        "command": "people.register", "person": id(1), "kind": "staff", "posts": [], "seals": {"name": "c0ffee"},
    }));
    let subject = id(1).parse().unwrap();
    register.sealed = vec![SealedText {
        subject,
        field: "name".into(),
        text: "李小舟".into(),
    }];
    office.store.execute(register).unwrap();
    let sealed = |office: &Office| {
        office
            .store
            .read(|db| db.rows("SELECT text FROM sealed", &[]))
            .unwrap()
    };
    assert_eq!(sealed(&office)[0].text(0), "李小舟");
    assert!(
        !office.dump().join("").contains("李小舟"),
        "no name in journal or read tables"
    );
    office.verified();
    office.must(
        4,
        json!({"command": "people.erase", "person": id(1), "reason": "个人信息保护法第47条"}),
    );
    assert!(sealed(&office).is_empty());
    office.verified();
}

fn a_refused_legal_step_stays_on_the_timeline_without_effect(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    let versions = office.case(10).0;
    // A contributor as manager: an article says no.
    let own = json!({"command": "disclosure.accept", "case": id(10), "manager": id(1)});
    assert_eq!(office.refused(4, own.clone()), "case.own");
    let (version, state) = office.case(10);
    assert_eq!(version, versions + 1);
    assert!(state.disclosure.manager.is_none(), "without effect");
    let entries = office
        .store
        .entries(office.institution, StreamId::Case(case(10)))
        .unwrap();
    let (last, _) = entries.last().unwrap();
    assert_eq!(last.meta.kind, "closing.refused.v1");
    assert_eq!(last.meta.actor, actor(4));
    assert!(last.body.contains("disclosure.accept") && last.body.contains("case.own"));
    // A slip of the pen is not put on record.
    assert_eq!(office.refused(4, office.note(10, " ")), "field.required");
    assert_eq!(office.case(10).0, versions + 1);
    // Nor does something come to be by being refused.
    let sign = json!({
        "command": "agreement.sign", "deal": id(200), "contract_no": "X", "signed": "2026-09-21",
        "paper": {"file": "0".repeat(64), "name": "a.pdf"},
    });
    office.refused(4, sign);
    assert_eq!(office.deal(200).0, 0);
    // A key that was refused may be used for the step once it is right.
    let mut keyed = office.envelope(4, own);
    keyed.key = Some("k".into());
    assert!(office.store.execute(keyed).is_err());
    let mut right = office.envelope(
        4,
        json!({"command": "disclosure.accept", "case": id(10), "manager": id(3)}),
    );
    right.key = Some("k".into());
    assert!(!office.store.execute(right).unwrap().replayed);
    office.verified();
}

fn a_state_secret_leaves_no_trace(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    office.must(
        4,
        json!({"command": "disclosure.return", "case": id(10), "reason": "补充"}),
    );
    let mut details = office.submit(10)["details"].clone();
    details["title"] = json!("不得留下的名称");
    details["secrecy"] = json!("yes_or_maybe");
    for name in ["disclosure.submit", "disclosure.resubmit"] {
        let tried = json!({"command": name, "case": id(10), "details": details});
        assert_eq!(office.refused(1, tried), "disclosure.secret");
    }
    assert!(!office.dump().join("").contains("不得留下"));
    office.verified();
}

fn a_restart_keeps_everything(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let (before, version) = (office.dump(), office.deal(200).0);
    office.close();
    let office = Office::open(place);
    assert_eq!(office.dump(), before);
    assert_eq!(office.deal(200).0, version);
    let next = office.count() + 1;
    assert_eq!(office.must(1, office.submit(11)).first_seq, next);
    office.verified();
}

fn a_correction_names_an_entry_of_its_own_case(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let entry = office.must(1, office.submit(10)).first_seq;
    let other = office.must(1, office.submit(11)).first_seq;
    let correct = |entry: i64| json!({"command": "closing.correct", "case": id(10), "entry": entry, "text": "应为2025年"});
    for wrong in [other, entry + 100, 1, 0, -1] {
        assert_eq!(office.refused(3, correct(wrong)), "closing.no_entry");
    }
    office.must(3, correct(entry));
    let entries = office
        .store
        .entries(office.institution, StreamId::Case(case(10)))
        .unwrap();
    assert_eq!(entries.last().unwrap().0.meta.corrects, Some(entry));
}

fn a_year_that_arrives_moves_the_due_days(place: &Place) {
    let office = Office::open(place);
    office.drive();
    office.clock.set(morning("2026-12-20"));
    // A reward notice that runs into a year nobody has arranged yet.
    office.must(
        3,
        json!({
            "command": "distribution.post_reward", "deal": id(200), "receipt": id(500),
            "notice": id(402), "days": 15, "contact": "科技处",
        }),
    );
    let sql = "SELECT last_raw, last_day FROM notice WHERE id = $1";
    let row = || {
        office
            .store
            .read(|db| db.row(sql, &[id(402).into()]))
            .unwrap()
            .unwrap()
    };
    assert!(row().is_null(1), "待国务院安排: {:?}", row());
    office.verified();
    office.must(
        4,
        json!({"command": "institution.adopt_year", "year": {
            "year": 2027, "notice": "测试用放假安排", "holidays": [{
                "name": {"zh": "元旦", "en": "New Year"}, "off": ["2027-01-01", "2027-01-03"],
            }],
        }}),
    );
    assert_eq!(row().text(1), "2027-01-11");
    office.verified();
}

fn verification_beside_a_busy_server_is_calm(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    office.must(1, office.submit(10));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                office.must(3, office.note(10, "忙"));
            }
        });
        let reader = Store::open_reader(place.config(&office.clock)).unwrap();
        let mut reports = Vec::new();
        for _ in 0..20 {
            reports.push(reader.verify(&mut |_, _| {}).unwrap());
        }
        stop.store(true, Ordering::Relaxed);
        for report in reports {
            assert!(report.ok(), "{:#?}", report.findings);
        }
    });
}

fn own_tables_fail_alone(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let before = office.dump();
    let failed: Result<(), Fault> = office.store.write(|db| {
        db.exec(
            "INSERT INTO sealed (institution, subject, field, text) VALUES ('a', 'b', 'c', 'd')",
            &[],
        )?;
        Err(Fault::Other("thought better of it".into()))
    });
    assert!(failed.is_err());
    assert!(
        office
            .store
            .write(|db| db.script("SELECT no_such_column FROM sealed"))
            .is_err()
    );
    let rows = office
        .store
        .read(|db| db.rows("SELECT * FROM sealed", &[]))
        .unwrap();
    assert!(rows.is_empty());
    assert_eq!(office.dump(), before);
    // The writer goes on.
    assert!(matches!(
        office.must(1, office.submit(10)).events[0],
        Event::Disclosure(_)
    ));
    office.verified();
}
