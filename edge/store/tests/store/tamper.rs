//! Whatever somebody changes behind the program's back, `verify` names it.
//! On SQLite, whose file anybody with the folder can open.

use std::path::PathBuf;
use std::sync::OnceLock;

use dukou_chain::whole;
use dukou_journal::{Hash, genesis, next_hash};
use dukou_store::{Clock, Store, VerifyFinding};
use rusqlite::{Connection, params};

use crate::place::*;

/// A finished road, closed: a copy of its own for every test.
fn road() -> Place {
    static ROAD: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let files = ROAD.get_or_init(|| {
        let place = Place::sqlite();
        let office = Office::open(&place);
        office.drive();
        office.verified();
        office.close();
        place.files()
    });
    let place = Place::sqlite();
    for (name, bytes) in files {
        let path = place.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    place
}

/// Runs `work` on the bare file with the guards off, puts them back, verifies.
fn after(work: impl FnOnce(&Connection)) -> Vec<VerifyFinding> {
    after_with(|_| {}, work)
}

fn after_with(folder: impl FnOnce(&Place), work: impl FnOnce(&Connection)) -> Vec<VerifyFinding> {
    let place = road();
    folder(&place);
    let db = Connection::open(place.database()).unwrap();
    let guards: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (name, _) in &guards {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    work(&db);
    for (_, sql) in &guards {
        db.execute_batch(sql).unwrap();
    }
    drop(db);
    report(&place)
}

fn report(place: &Place) -> Vec<VerifyFinding> {
    let store = Store::open_reader(place.config(&Clock::System)).unwrap();
    store.verify(&mut |_, _| {}).unwrap().findings
}

#[track_caller]
fn names(found: &[VerifyFinding], code: &str, seq: impl Into<Option<i64>>) {
    let seq = seq.into();
    assert!(
        found.iter().any(|it| it.code == code && it.seq == seq),
        "wanted {code} at {seq:?}, got {found:#?}"
    );
}

/// Finds exactly this.
#[track_caller]
fn only(found: &[VerifyFinding], code: &str, seq: impl Into<Option<i64>>) {
    names(found, code, seq);
    assert_eq!(found.len(), 1, "{found:#?}");
}

fn run(db: &Connection, sql: &str) -> usize {
    db.execute(sql, []).unwrap()
}

fn length(db: &Connection) -> i64 {
    db.query_row("SELECT MAX(seq) FROM journal", [], |row| row.get(0))
        .unwrap()
}

fn rows(db: &Connection) -> Vec<(i64, String)> {
    db.prepare("SELECT seq, bytes FROM journal ORDER BY seq")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Makes every hash, and the head's, fit the bytes: all that can be done
/// without the key.
fn rehash(db: &Connection) {
    let mut hash: Hash = genesis(institution(1));
    let mut last = 0;
    for (seq, bytes) in rows(db) {
        hash = next_hash(&hash, &bytes);
        db.execute(
            "UPDATE journal SET hash = ?1 WHERE seq = ?2",
            params![hash.as_slice(), seq],
        )
        .unwrap();
        last = seq;
    }
    db.execute(
        "UPDATE head SET seq = ?1, hash = ?2",
        params![last, hash.as_slice()],
    )
    .unwrap();
}

fn without_saved_heads(place: &Place) {
    std::fs::remove_file(place.folder.join("heads.log")).unwrap();
}

#[test]
fn an_untouched_copy_is_good() {
    assert_eq!(after(|_| {}), []);
}

#[test]
fn a_changed_byte_is_named_wherever_it_stands() {
    let untouched = road();
    let count = rows(&Connection::open(untouched.database()).unwrap()).len();
    for seq in 1..=i64::try_from(count).unwrap() {
        let found = after(|db| {
            run(
                db,
                &format!(
                    "UPDATE journal SET bytes = replace(replace(bytes, '.v2\"', '.v3\"'), '.v1\"', '.v2\"') WHERE seq = {seq}"
                ),
            );
        });
        only(&found, "chain.changed", seq);
    }
    // One blank more, which no reader of JSON would notice.
    let found = after(|db| {
        run(db, "UPDATE journal SET bytes = bytes || ' ' WHERE seq = 12");
    });
    only(&found, "chain.changed", 12);
    let found = after(|db| {
        run(db, "UPDATE journal SET hash = zeroblob(32) WHERE seq = 12");
    });
    only(&found, "chain.changed", 12);
}

#[test]
fn a_removed_row_is_named() {
    for seq in [1, 2, 15] {
        let found = after(|db| {
            run(db, &format!("DELETE FROM journal WHERE seq = {seq}"));
        });
        only(&found, "chain.gap", seq);
    }
    // Removed, and the later ones moved up.
    let found = after(|db| {
        run(db, "DELETE FROM journal WHERE seq = 15");
        run(db, "UPDATE journal SET seq = -seq WHERE seq > 15");
        run(db, "UPDATE journal SET seq = -seq - 1 WHERE seq < 0");
    });
    only(&found, "chain.changed", 15);
}

#[test]
fn two_swapped_rows_are_named() {
    let found = after(|db| {
        run(db, "UPDATE journal SET seq = -1 WHERE seq = 9");
        run(db, "UPDATE journal SET seq = 9 WHERE seq = 10");
        run(db, "UPDATE journal SET seq = 10 WHERE seq = -1");
    });
    only(&found, "chain.changed", 9);
    // Contents swapped, hashes left where they were.
    let found = after(|db| {
        let all = rows(db);
        for (at, from) in [(9, 9), (10, 8)] {
            db.execute(
                "UPDATE journal SET bytes = ?1 WHERE seq = ?2",
                params![all[from].1, at],
            )
            .unwrap();
        }
    });
    only(&found, "chain.changed", 9);
}

const COPY: &str = "INSERT INTO journal SELECT institution, {seq}, 'case:x', 99, kind, at_ms, bytes, hash FROM journal WHERE seq = 5";

#[test]
fn an_inserted_row_is_named() {
    for (seq, code, named) in [("0", "chain.gap", 1), ("-7", "chain.gap", 1)] {
        let found = after(|db| {
            run(db, &COPY.replace("{seq}", seq));
        });
        only(&found, code, named);
    }
    let mut next = 0;
    let found = after(|db| {
        next = length(db) + 1;
        run(db, &COPY.replace("{seq}", &next.to_string()));
    });
    only(&found, "chain.changed", next);
    let found = after(|db| {
        run(db, &COPY.replace("{seq}", &(next + 5).to_string()));
    });
    only(&found, "chain.gap", next);
    // In the middle, the later ones moved down, every hash made to fit.
    let found = after(|db| {
        run(db, "UPDATE journal SET seq = -seq WHERE seq > 9");
        run(db, "UPDATE journal SET seq = 1 - seq WHERE seq < 0");
        run(db, &COPY.replace("{seq}", "10"));
        rehash(db);
    });
    assert_eq!(found[0].seq, Some(10), "{found:#?}");
    // Appended with a hash that fits, the head left behind.
    let found = after(|db| {
        let hash: Vec<u8> = db
            .query_row("SELECT hash FROM head", [], |row| row.get(0))
            .unwrap();
        let (_, last) = rows(db).pop().unwrap();
        let bytes = last
            .replace(&format!("\"seq\":{}", next - 1), &format!("\"seq\":{next}"))
            .replace("\"version\":", "\"version\":1");
        let before: Hash = hash.try_into().unwrap();
        db.execute(
            "INSERT INTO journal SELECT institution, ?1, stream, version + 1, kind, at_ms, ?2, ?3 FROM journal WHERE seq = ?1 - 1",
            params![next, bytes, next_hash(&before, &bytes).as_slice()],
        )
        .unwrap();
    });
    assert_eq!(found[0].seq, Some(next), "{found:#?}");
    // Under the name of nobody.
    for name in ["nobody", "00000000-0000-0000-0000-00000000A001"] {
        let found = after(|db| {
            run(
                db,
                &format!(
                    "INSERT INTO journal SELECT '{name}', seq, stream, version, kind, at_ms, bytes, hash FROM journal"
                ),
            );
        });
        only(&found, "chain.stranger", None);
    }
    // Under the name of an institution that never was.
    let found = after(|db| {
        run(
            db,
            "INSERT INTO journal SELECT '00000000-0000-0000-0000-00000000b001', seq, stream, version, kind, at_ms, bytes, hash FROM journal",
        );
    });
    only(&found, "chain.changed", 1);
}

#[test]
fn a_cut_tail_is_named() {
    let mut last = 0;
    let found = after(|db| {
        last = length(db);
        run(db, &format!("DELETE FROM journal WHERE seq > {last} - 3"));
    });
    names(&found, "head.cut", last - 2);
    // The head rewritten to match: its seal does not, and a saved head remembers.
    let cut = |db: &Connection| {
        run(db, &format!("DELETE FROM journal WHERE seq > {last} - 3"));
        rehash(db);
    };
    let found = after(cut);
    names(&found, "head.seal", last - 3);
    names(&found, "head.cut", last - 2);
    let found = after_with(without_saved_heads, cut);
    names(&found, "head.seal", last - 3);
    // No key, no proof, and verification says so.
    let found = after_with(
        |place| std::fs::remove_file(place.folder.join("keys/seal.key")).unwrap(),
        cut,
    );
    names(&found, "head.no_key", None);
    names(&found, "head.cut", last - 2);
    let found = after(|db| {
        run(db, "DELETE FROM head");
    });
    only(&found, "head.missing", last);
}

#[test]
fn an_emptied_database_is_named() {
    let found = after(|db| {
        for table in ["journal", "head"].into_iter().chain(derived()) {
            run(db, &format!("DELETE FROM {table}"));
        }
    });
    names(&found, "head.cut", 1);
}

#[test]
fn an_older_copy_put_back_is_named() {
    // An older state of everything has a good seal; the saved head tells.
    let place = Place::sqlite();
    let office = Office::open(&place);
    office.staffed();
    office.must(1, office.submit(10));
    office.close();
    let old = std::fs::read(place.database()).unwrap();
    let office = Office::open(&place);
    office.must(1, office.note(10, "后来"));
    office.close();
    std::fs::write(place.database(), old).unwrap();
    only(&report(&place), "head.cut", 5);
}

#[test]
fn a_chain_rewritten_without_the_key_is_named() {
    let rewrite = |db: &Connection| {
        let changed = run(
            db,
            "UPDATE journal SET bytes = replace(bytes, '\"amount\":300000000', '\"amount\":200000000') WHERE kind = 'income.received.v1'",
        );
        assert_eq!(changed, 1);
        rehash(db);
    };
    let mut last = 0;
    let found = after(|db| {
        last = length(db);
        rewrite(db);
    });
    names(&found, "head.seal", last);
    names(&found, "head.rewritten", last);
    names(&after_with(without_saved_heads, rewrite), "head.seal", last);
    // Also with the derived tables made to fit.
    let found = after_with(without_saved_heads, |db| {
        rewrite(db);
        run(db, "UPDATE head SET seal = zeroblob(32)");
    });
    names(&found, "head.seal", last);
}

/// What an event keeps for people to read is read by whoever verifies, too.
#[test]
fn words_that_cannot_be_read_are_named() {
    for (kind, key) in [
        ("agreement.signed.v1", "severity"),
        ("distribution.proposed.v2", "net"),
    ] {
        let mut at = 0;
        let found = after_with(without_saved_heads, |db| {
            let sql = "SELECT MIN(seq) FROM journal WHERE kind = ?1";
            at = db.query_row(sql, [kind], |row| row.get(0)).unwrap();
            let change = "UPDATE journal SET bytes = replace(bytes, ?1, ?2) WHERE seq = ?3";
            let (old, new) = (format!("\"{key}\":"), format!("\"{key}s\":"));
            assert_eq!(db.execute(change, params![old, new, at]).unwrap(), 1);
            rehash(db);
        });
        names(&found, "chain.unreadable", at);
    }
}

#[test]
fn a_changed_column_beside_the_bytes_is_named() {
    for change in [
        "stream = 'case:x'",
        "version = 77",
        "kind = 'x.y.v1'",
        "at_ms = 1",
    ] {
        let found = after(|db| {
            run(db, &format!("UPDATE journal SET {change} WHERE seq = 12"));
        });
        only(&found, "chain.column", 12);
    }
}

#[test]
fn a_changed_read_row_is_named() {
    for (table, change) in [
        ("case_view", "title = 'x'"),
        ("deal_view", "price_minor = price_minor + 1"),
        ("award", "paid_minor = 0"),
        ("receipt_view", "standing = 'undivided'"),
        ("person_role", "role = 'finance'"),
    ] {
        let found = after(|db| {
            if table == "person_role" {
                run(
                    db,
                    "INSERT INTO person_role VALUES ('x', 'y', 0, 'z', 'finance')",
                );
            } else {
                assert!(
                    run(db, &format!("UPDATE {table} SET {change}")) > 0,
                    "{table}"
                );
            }
        });
        only(&found, "view.differs", None);
        assert!(found[0].message.en.contains(table), "{found:?}");
    }
    for table in derived().into_iter().filter(|it| *it != "posting") {
        let mut gone = 0;
        let found = after(|db| {
            gone = run(
                db,
                &format!("DELETE FROM {table} WHERE rowid = (SELECT MAX(rowid) FROM {table})"),
            )
        });
        if gone > 0 {
            only(&found, "view.differs", None);
        }
    }
    assert!(whole::tables().len() > 8);
}

#[test]
fn a_changed_posting_is_named_with_its_entry() {
    let mut seq = 0;
    let found = after(|db| {
        seq = db
            .query_row("SELECT MIN(seq) FROM posting", [], |row| row.get(0))
            .unwrap();
        run(
            db,
            &format!(
                "UPDATE posting SET amount_minor = amount_minor + 1 WHERE seq = {seq} AND line = 1"
            ),
        );
    });
    names(&found, "posting.differs", seq);
    names(&found, "posting.unbalanced", seq);
    // Both sides, so that it still balances.
    let found = after(|db| {
        run(
            db,
            &format!("UPDATE posting SET amount_minor = amount_minor * 2 WHERE seq = {seq}"),
        );
    });
    only(&found, "posting.differs", seq);
    let found = after(|db| {
        run(
            db,
            "DELETE FROM posting WHERE seq = (SELECT MAX(seq) FROM posting)",
        );
    });
    assert_eq!(found[0].code, "posting.differs");
}

#[test]
fn missing_guards_are_named_and_hide_nothing() {
    let place = road();
    let db = Connection::open(place.database()).unwrap();
    db.execute_batch("DROP TRIGGER journal_no_update; DROP TRIGGER posting_no_update;")
        .unwrap();
    run(&db, "UPDATE posting SET amount_minor = amount_minor * 2");
    drop(db);
    let found = report(&place);
    assert_eq!(
        found.iter().filter(|it| it.code == "guard.missing").count(),
        2
    );
    assert!(
        found.iter().any(|it| it.code == "posting.differs"),
        "{found:#?}"
    );
}

#[test]
fn altered_and_missing_evidence_is_named() {
    fn evidence(folder: &std::path::Path) -> std::path::PathBuf {
        let mut files = vec![folder.join("files")];
        while let Some(path) = files.pop() {
            if path.is_file() {
                if std::fs::read(&path).unwrap() == PAPER {
                    return path;
                }
                continue;
            }
            files.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|it| it.unwrap().path()),
            );
        }
        panic!("no evidence")
    }
    let place = road();
    let file = evidence(&place.folder);
    let mut bytes = PAPER.to_vec();
    bytes[10] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    only(&report(&place), "file.altered", None);
    std::fs::remove_file(&file).unwrap();
    only(&report(&place), "file.missing", None);
    std::fs::write(&file, PAPER).unwrap();
    assert_eq!(report(&place), []);
}

#[test]
fn dropped_read_tables_are_rebuilt_and_verify_again() {
    let place = road();
    let db = Connection::open(place.database()).unwrap();
    for table in derived() {
        db.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    drop(db);
    Store::rebuild(&place.config(&Clock::System), &mut |_, _| {}).unwrap();
    assert_eq!(report(&place), []);
    let dumps: Vec<Vec<String>> = [&road(), &place]
        .map(|it| {
            Store::open_reader(it.config(&Clock::System))
                .unwrap()
                .read(dump)
                .unwrap()
        })
        .into();
    assert_eq!(dumps[0], dumps[1]);
}

/// What was changed behind the program's back does not leave as a sound archive.
#[test]
fn an_archive_is_not_made_of_a_changed_journal() {
    for change in [
        "UPDATE journal SET bytes = replace(bytes, 'at_ms\":1', 'at_ms\":2') WHERE seq = 5",
        "DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)",
        "DELETE FROM journal WHERE seq = 5",
        "UPDATE head SET seal = x'00'",
        "DELETE FROM head",
    ] {
        let place = road();
        let db = Connection::open(place.database()).unwrap();
        for guard in ["journal_no_update", "journal_no_delete"] {
            db.execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
        }
        assert!(db.execute(change, []).unwrap() > 0, "{change}");
        drop(db);
        let store = Store::open_reader(place.config(&Clock::System)).unwrap();
        let path = place.folder.join("out.zip");
        let refused = store.export(&path, None, &mut |_, _| {});
        assert!(refused.is_err(), "{change}: {refused:?}");
        assert!(!path.exists(), "{change}");
    }
}
