//! A start that brings older data up to date is killed, early and late and in between,
//! and so is the very first one. Whatever it had come to: the next start finishes, the
//! head is the one that was left, and everything verifies.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dukou_store::{Db, Postgres};
use serde_json::Value;
use zip::ZipArchive;

use crate::crash::{database, killed, rounds};
use crate::office::*;
use crate::shim::Shim;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
/// The version of the tables of the oldest data that is kept.
const OLD: i64 = 2;

/// A file of the oldest version whose data is kept.
fn stored(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/tests/stored");
    PathBuf::from(folder).join("0.1.0-schema2").join(name)
}

/// Its data folder, as that version left it.
fn unpack(place: &Place) {
    let _ = std::fs::remove_dir_all(&place.folder);
    let mut zip = ZipArchive::new(std::fs::File::open(stored("folder.zip")).unwrap()).unwrap();
    zip.extract(&place.folder).unwrap();
}

/// The version of the tables now, looked at in a copy: opening it mends what was left.
fn version_of_copy(place: &Place) -> i64 {
    let copy = fresh("copy");
    std::fs::create_dir_all(&copy).unwrap();
    for name in ["dukou.sqlite", "dukou.sqlite-wal"] {
        let _ = std::fs::copy(place.folder.join(name), copy.join(name));
    }
    let db = rusqlite::Connection::open(copy.join("dukou.sqlite")).unwrap();
    let sql = "SELECT MAX(version) FROM schema_version";
    let version = db.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(db);
    std::fs::remove_dir_all(copy).unwrap();
    version
}

/// Takes back what came after the old version, but for the tables that follow from the
/// journal: those are made anew, as after any change of their shape.
fn made_old(db: &mut Postgres) {
    db.script(&format!(
        "DROP TABLE IF EXISTS audit, hook, hook_letter, api_answer, institution_secret CASCADE; DELETE FROM schema_version WHERE version > {OLD}; DELETE FROM store_meta WHERE key = 'derived'"
    ))
    .unwrap();
}

/// It opens, and holds what the old version had written, whole.
fn is_whole(place: &Place, round: u32) {
    let store = place.open();
    let golden = std::fs::read_to_string(stored("golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    let head = store.read(|db| db.row("SELECT seq, hash FROM head", &[]));
    let head = head.unwrap().unwrap();
    let hex: String = head.bytes(1).iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(golden["head"]["seq"], head.int(0), "round {round}");
    assert_eq!(golden["head"]["hash"], hex, "round {round}");
    let report = store.verify(&mut |_, _| {}).unwrap();
    assert!(report.ok(), "round {round}: {:?}", report.findings);
    let rows = store.read(|db: &mut dyn Db| db.row("SELECT COUNT(*) FROM api_answer", &[]));
    assert!(
        rows.unwrap().is_some(),
        "its tables are not the present ones"
    );
}

/// Kills starts on old data at moments from its beginning to its end. How many had not
/// brought the tables up to date when they were killed.
fn upgrades(place: &Place, make_old: impl Fn(), version: impl Fn() -> i64) {
    make_old();
    let began = Instant::now();
    Server::start(place).kill();
    let (all, many) = (began.elapsed(), u32::try_from(rounds()).unwrap());
    let (mut early, mut late) = (0, 0);
    for round in 0..many {
        make_old();
        assert_eq!(version(), OLD);
        killed(place, &SERVE, all * round / many + Duration::from_millis(1));
        match version() {
            OLD => early += 1,
            _ => late += 1,
        }
        // And the start after it, now and then.
        if round % 3 == 0 {
            killed(place, &SERVE, all * (many - round) / many);
        }
        is_whole(place, round);
    }
    assert!(early > 0 && late > 0, "{early} killed early, {late} late");
    eprintln!("{early} starts killed before the tables were up to date, {late} after");
}

#[test]
fn an_upgrade_that_was_killed_is_finished_by_the_next_start() {
    let place = Place::found_nothing();
    upgrades(&place, || unpack(&place), || version_of_copy(&place));
}

/// Kills the program when it first writes into the key or what is to become it.
const KILLS: &str = r#"
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t write(int fd, const void *bytes, size_t many) {
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0 && (strstr(path, "seal.key") || strstr(path, "scratch-")))
        kill(getpid(), SIGKILL);
    return syscall(SYS_write, fd, bytes, many);
}
"#;

/// A key that was made and not yet written would pass for a damaged one for ever after.
#[test]
fn a_first_start_that_was_killed_over_its_key_is_finished() {
    let place = Place::found_nothing();
    let shim = Shim::new(KILLS, &[]);
    let first = place.command(&shim.words(), &SERVE).output().unwrap();
    assert_eq!(
        first.status.code(),
        None,
        "it was not killed: {}",
        said(&first)
    );
    Server::start(&place).stop();
    let key = place.folder.join("keys/seal.key");
    assert_eq!(std::fs::metadata(&key).unwrap().len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let left = std::fs::read_dir(&place.folder).unwrap();
    for entry in left {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with("scratch-"), "{name} is left over");
    }
}

#[test]
fn an_upgrade_that_was_killed_is_finished_on_postgres() {
    let Some(url) = database() else {
        return;
    };
    let mut place = Place::found_nothing();
    place.url = Some(url.clone());
    let archive = stored("archive.zip");
    let restored = place.run(&["restore", &archive.to_string_lossy()]);
    assert!(restored.status.success(), "{}", said(&restored));
    let db = || Postgres::connect(&url).unwrap();
    let version = || {
        let row = db().row("SELECT MAX(version) FROM schema_version", &[]);
        row.unwrap().unwrap().int(0)
    };
    upgrades(&place, || made_old(&mut db()), version);
}
