//! The database itself refuses to change what was written.

use dukou_store::Engine;

use crate::conformance::on_both_engines;
use crate::place::*;

on_both_engines! { journal_and_books_are_append_only }

fn journal_and_books_are_append_only(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let before = office.dump();
    let columns = "institution, seq, stream, version, kind, at_ms, bytes, hash";
    let postings = "institution, seq, line, stream, account, amount_minor";
    let mut attempts = vec![
        "UPDATE journal SET bytes = '{}' WHERE seq = 3".to_owned(),
        "UPDATE journal SET kind = kind".to_owned(),
        "DELETE FROM journal WHERE seq = 3".to_owned(),
        "DELETE FROM journal".to_owned(),
        "UPDATE posting SET amount_minor = amount_minor + 1".to_owned(),
        "DELETE FROM posting WHERE line = 1".to_owned(),
        // An entry that is not the next one: in between, before all, far ahead.
        format!(
            "INSERT INTO journal ({columns}) SELECT institution, 3, 'x', 1, kind, at_ms, bytes, hash FROM journal WHERE seq = 3"
        ),
        format!(
            "INSERT INTO journal ({columns}) SELECT institution, 0, 'x', 1, kind, at_ms, bytes, hash FROM journal WHERE seq = 3"
        ),
        format!(
            "INSERT INTO journal ({columns}) SELECT institution, 9999, 'x', 1, kind, at_ms, bytes, hash FROM journal WHERE seq = 3"
        ),
        format!(
            "INSERT INTO journal ({columns}) SELECT {columns} FROM journal WHERE seq = 3 ON CONFLICT (institution, seq) DO UPDATE SET kind = 'x'"
        ),
        format!(
            "INSERT INTO posting ({postings}) SELECT {postings} FROM posting WHERE line = 1 ON CONFLICT (institution, seq, line) DO UPDATE SET amount_minor = 0"
        ),
    ];
    match office.store.engine() {
        Engine::Sqlite => attempts.extend([
            format!("REPLACE INTO journal ({columns}) SELECT {columns} FROM journal WHERE seq = 3"),
            format!("INSERT OR REPLACE INTO posting ({postings}) SELECT institution, seq, line, stream, account, 0 FROM posting"),
            "UPDATE OR REPLACE journal SET seq = seq + 1".to_owned(),
        ]),
        Engine::Postgres => attempts.extend([
            "TRUNCATE journal".to_owned(),
            "TRUNCATE posting".to_owned(),
            "MERGE INTO journal j USING (SELECT 3 AS s) s ON j.seq = s.s WHEN MATCHED THEN DELETE".to_owned(),
        ]),
    }
    for sql in &attempts {
        let text = sql.clone();
        let outcome = office.store.write(move |db| db.script(&text));
        let Err(why) = outcome.map_err(|it| it.to_string()) else {
            panic!("allowed: {sql}")
        };
        assert!(why.contains("append"), "{sql}: {why}");
    }
    assert_eq!(office.dump(), before);
    // A plain connection, without this program's settings, fares no better.
    if office.store.engine() == Engine::Sqlite {
        office.close();
        let plain = rusqlite::Connection::open(place.database()).unwrap();
        plain
            .pragma_update(None, "recursive_triggers", "OFF")
            .unwrap();
        for sql in &attempts {
            let outcome = plain.execute_batch(sql).map_err(|it| it.to_string());
            let Err(why) = outcome else {
                panic!("allowed: {sql}")
            };
            assert!(why.contains("append"), "{sql}: {why}");
        }
        drop(plain);
        let office = Office::open(place);
        assert_eq!(office.dump(), before);
        office.verified();
    }
}
