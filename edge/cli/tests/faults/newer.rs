//! Data of a newer version is refused by every command before a byte of it, or of
//! anything beside it, has changed.

use crate::damage::{contents, data};
use crate::office::*;

const NEWER: &str = "INSERT INTO schema_version (version, name, at_ms) VALUES (99, 'future', 0)";

fn every_command_refuses(place: &Place, unchanged: impl Fn()) {
    let file = fresh("export.zip");
    let file = file.to_string_lossy().into_owned();
    let ledger = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["verify"],
        &["doctor"],
        &["export", &file],
        &["backup", &file],
        &["rebuild"],
        &["user", "list"],
        &["import", "ledger", ledger],
    ] {
        let output = place.run(words);
        refused(&output, "更新的版本", "use the newer program");
        unchanged();
    }
    assert!(!std::path::Path::new(&file).exists());
}

#[test]
fn newer_data_is_refused_by_every_command_and_not_a_byte_changes() {
    let place = Place::found();
    let db = rusqlite::Connection::open(place.database()).unwrap();
    db.execute_batch(NEWER).unwrap();
    drop(db);
    let before = contents(&place.folder);
    assert!(
        !before
            .keys()
            .any(|it| it.to_string_lossy().contains("-wal"))
    );
    every_command_refuses(&place, || assert_eq!(contents(&place.folder), before));
}

/// The newer program was killed, and what makes the data newer lies in its log.
/// SQLite's index into the log (`-shm`) may be made anew; what it indexes stays.
#[test]
fn newer_data_in_a_log_that_was_left_is_refused_too() {
    let (place, left) = (Place::found(), Place::found_nothing());
    let db = rusqlite::Connection::open(place.database()).unwrap();
    db.execute_batch(NEWER).unwrap();
    std::fs::create_dir_all(left.folder.join("keys")).unwrap();
    for name in [
        "dukou.sqlite",
        "dukou.sqlite-wal",
        "heads.log",
        "keys/seal.key",
        "lock",
    ] {
        std::fs::copy(place.folder.join(name), left.folder.join(name)).unwrap();
    }
    drop(db);
    let before = data(&left.folder);
    assert!(
        before
            .keys()
            .any(|it| it.to_string_lossy().ends_with("-wal"))
    );
    every_command_refuses(&left, || assert_eq!(data(&left.folder), before));
}
