//! The server is killed at random moments under concurrent load, and so is whatever
//! else writes: a start, a rebuild, an import, a restore. On PostgreSQL its own
//! processes are killed too. Afterwards every acknowledged command is there once,
//! every acknowledged file is there whole, nothing is there by half, and everything
//! verifies. `DUKOU_CRASH_ROUNDS=200` for the long run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dukou_store::{Db as _, Postgres};
use uuid::Uuid;

use crate::office::*;

pub fn rounds() -> u64 {
    let told = std::env::var("DUKOU_CRASH_ROUNDS").ok();
    told.and_then(|it| it.parse().ok()).unwrap_or(20)
}

/// A moment of its own every round and process: from one to the other, in ms.
fn moment(round: u64, from: u64, to: u64) -> Duration {
    let spread = (round * 7_919 + u64::from(std::process::id())) % (to - from);
    Duration::from_millis(from + spread)
}

/// A database of the test's own; nothing without a server, unless one is required.
pub fn database() -> Option<String> {
    let admin = std::env::var("DUKOU_TEST_DATABASE_URL").ok();
    let Some(admin) = admin.filter(|it| !it.is_empty()) else {
        let required = std::env::var("DUKOU_REQUIRE_POSTGRES").is_ok_and(|it| it == "1");
        assert!(!required, "DUKOU_TEST_DATABASE_URL is not set");
        eprintln!("skipped: DUKOU_TEST_DATABASE_URL is not set");
        return None;
    };
    let name = format!("dukou_crash_{}", Uuid::now_v7().simple());
    let mut db = Postgres::connect(&admin).unwrap();
    db.script(&format!("CREATE DATABASE {name}")).unwrap();
    let (server, _) = admin.rsplit_once('/').unwrap();
    Some(format!("{server}/{name}"))
}

/// Ends the server's processes that work for this database.
fn cut(url: &str) {
    let mut db = Postgres::connect(url).unwrap();
    db.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
        &[],
    )
    .unwrap();
}

/// Runs the program on the folder and kills it after a while.
pub fn killed(place: &Place, words: &[&str], after: Duration) {
    let mut child = place
        .command(&[], words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().unwrap();
}

/// Entries that came from a file.
fn from_file(place: &Place, name: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM journal WHERE bytes LIKE '%{name}%'");
    let store = place.open();
    store.read(|db| db.row(&sql, &[])).unwrap().unwrap().int(0)
}

const CONTRACTS: i64 = 60;

/// An import writes many streams in one piece: all of it is there, or nothing.
fn killed_import(place: &Place, round: u64) {
    let name = format!("ledger-{round}-.csv");
    let path = std::env::temp_dir().join(format!("{}-{name}", Uuid::now_v7().simple()));
    let mut ledger = "合同编号,专利号,受让方,合同金额,签订日期\n".to_owned();
    for n in 0..CONTRACTS {
        ledger.push_str(&format!(
            "K-{round}-{n},CN109876543A,客户{n},100,2020-01-02\n"
        ));
    }
    std::fs::write(&path, ledger).unwrap();
    let words = ["import", "ledger", &path.to_string_lossy()];
    killed(place, &words, moment(round, 20, 320));
    let found = from_file(place, &name);
    assert!(
        found == 0 || found == CONTRACTS,
        "{found} of an import are there"
    );
    // Once more, it is there once.
    let again = place.run(&words);
    assert!(again.status.success() || found > 0, "{}", said(&again));
    assert_eq!(from_file(place, &name), CONTRACTS, "{}", said(&again));
    std::fs::remove_file(path).unwrap();
}

/// A restore into nothing is killed: what is there is refused or whole, never a part
/// that passes for the whole.
fn killed_restore(backup: &Path, head: &str, round: u64) {
    let elsewhere = Place::found_nothing();
    let words = ["restore", &backup.to_string_lossy()];
    killed(&elsewhere, &words, moment(round, 20, 420));
    let again = elsewhere.run(&words);
    let verify = elsewhere.run(&["verify"]);
    assert!(verify.status.success(), "{}", said(&verify));
    if again.status.success() {
        assert_eq!(String::from_utf8_lossy(&again.stdout), head);
    } else {
        // The killed one had come to its end.
        let copy = fresh("copy");
        let made = elsewhere.run(&["backup", &copy.to_string_lossy()]);
        assert_eq!(String::from_utf8_lossy(&made.stdout), head);
        std::fs::remove_file(copy).unwrap();
    }
}

/// Round after round on one place.
fn crash(place: &Place) {
    let rounds = rounds();
    let mut promised = Promised::default();
    let mut backup: Option<(PathBuf, String)> = None;
    for round in 0..rounds {
        let server = Server::start(place);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let load = scope.spawn(|| server.load(place, round, &stop));
            // From a few commands to a few hundred.
            std::thread::sleep(moment(round, 30, 800));
            if let Some(url) = place.url.as_ref().filter(|_| round % 3 == 1) {
                cut(url);
                std::thread::sleep(moment(round, 1, 60));
            }
            let killed = Command::new("kill").args(["-KILL", &server.id()]).status();
            assert!(killed.unwrap().success());
            stop.store(true, Ordering::Relaxed);
            promised.add(load.join().unwrap());
        });
        drop(server);
        match round % 5 {
            1 => killed(
                place,
                &["serve", "--listen", "127.0.0.1:0"],
                moment(round, 2, 60),
            ),
            2 => killed(place, &["rebuild"], moment(round, 10, 250)),
            3 => killed_import(place, round),
            4 if place.url.is_none() => {
                let (path, head) = backup.get_or_insert_with(|| {
                    let path = fresh("backup");
                    let made = place.run(&["backup", &path.to_string_lossy()]);
                    (path, String::from_utf8(made.stdout).unwrap())
                });
                killed_restore(path, head, round);
            }
            _ => {}
        }
        promised.kept(place, usize::try_from(round).unwrap() + 1);
    }
    if let Some((path, _)) = backup {
        std::fs::remove_file(path).unwrap();
    }
    // Where the database's own processes were killed, some were told so.
    promised.failures.retain(|(status, answer)| {
        place.url.is_none() || (*status, &answer["code"]) != (503, &"storage".into())
    });
    let failure = promised.failures.first();
    assert_eq!(failure, None, "one of {}", promised.failures.len());
    let (entries, files) = (promised.entries.len(), promised.files.len());
    assert!(entries as u64 > rounds, "only {entries} commands");
    assert!(files > 0, "no evidence was uploaded");
    let untried = promised.untried();
    assert!(untried.is_empty(), "never acknowledged: {untried:?}");
    eprintln!("{entries} commands and {files} files acknowledged in {rounds} rounds");
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    crash(&Place::found());
}

#[test]
fn what_was_acknowledged_survives_every_kill_on_postgres() {
    if let Some(url) = database() {
        crash(&Place::found_in(fresh("office"), Some(url)));
    }
}

#[test]
fn a_second_server_on_the_folder_says_so_and_goes() {
    let place = Place::found();
    let server = Server::start(&place);
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    refused(&second, "正被另一个程序使用", "another program uses");
    assert!(said(&second).contains(&place.folder.display().to_string()));
    server.stop();
}
