//! The database file or its log is damaged: nothing starts on it, nothing is
//! repaired or changed, and a backup gives the same head back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::SystemTime;

use crate::office::*;

/// Every file below a folder: what its bytes hash to, how many there are, and when
/// it was changed.
pub type Contents = BTreeMap<PathBuf, (String, usize, SystemTime)>;

pub fn contents(folder: &Path) -> Contents {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path, (hash(&bytes), bytes.len(), changed));
            }
        }
    }
    found
}

/// What matters of it: not the index into the log that SQLite makes to read, nor
/// an empty log, nor the note that a backup was taken.
pub fn data(folder: &Path) -> Contents {
    let mut all = contents(folder);
    all.retain(|path, (_, size, _)| {
        let name = path.to_string_lossy();
        let notes = ["-shm", "audit.spool", "backup.last"];
        let aside = notes.iter().any(|it| name.ends_with(it));
        !(aside || name.ends_with("-wal") && *size == 0)
    });
    all
}

/// The line that a backup, a restore or an export prints.
pub fn head_of(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

/// Serving, verifying and looking all refuse, and leave every byte as it is.
#[track_caller]
fn refuses(place: &Place, commands: &[&[&str]]) {
    let before = data(&place.folder);
    for words in commands {
        refused(&place.run(words), "损坏", "damaged");
        assert_eq!(data(&place.folder), before, "{words:?} changed something");
    }
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// How many bytes a page of the database has: it stands in the file's head.
fn page(place: &Place) -> usize {
    let head = std::fs::read(place.database()).unwrap();
    usize::from(u16::from_be_bytes([head[16], head[17]]))
}

/// An office with some history, its backup, and the head that stands in it.
fn backed_up() -> (Place, PathBuf, String) {
    let place = Place::found();
    let store = place.open();
    for n in 0..200 {
        store
            .execute(place.note(n % 8 + 1, &n.to_string()))
            .unwrap();
    }
    drop(store);
    let backup = fresh("backup");
    let made = place.run(&["backup", &backup.to_string_lossy()]);
    let head = head_of(&made);
    (place, backup, head)
}

#[test]
fn a_damaged_database_is_refused_untouched_and_restored() {
    let (place, backup, head) = backed_up();
    let page = page(&place);
    let whole = std::fs::read(place.database()).unwrap();
    let all: &[&[&str]] = &[SERVE, &["verify"], &["doctor"], &["rebuild"]];
    // Cut at many sizes: between pages, inside of them, inside the head.
    let parts = (1..12).map(|part| whole.len() / page * part / 12 * page);
    // SQLite takes a file of one byte, or of none, for an empty one: it would pass for
    // a new installation.
    for kept in parts.chain([whole.len() / 2 + 77, page + 1, page, 5_000, 100, 1, 0]) {
        std::fs::write(place.database(), &whole[..kept]).unwrap();
        refuses(&place, all);
    }
    std::fs::write(place.database(), &whole).unwrap();
    change(&place.database(), |bytes| bytes.fill(b'?'));
    refuses(&place, all);
    std::fs::remove_file(place.database()).unwrap();
    refuses(&place, &[SERVE, &["rebuild"]]);
    assert!(!place.run(&["verify"]).status.success());

    // Pages in the middle: found by whoever looks at all of them.
    for at in [3, 5, 8] {
        let mut bytes = whole.clone();
        let from = bytes.len() / page * at / 10 * page;
        bytes[from..from + 4 * page].fill(0xFF);
        std::fs::write(place.database(), bytes).unwrap();
        refuses(&place, &[&["verify"], &["doctor"]]);
    }

    let elsewhere = Place::found_nothing();
    let restored = elsewhere.run(&["restore", &backup.to_string_lossy()]);
    assert_eq!(head_of(&restored), head);
    let verify = elsewhere.run(&["verify"]);
    assert!(verify.status.success(), "{}", said(&verify));
    std::fs::remove_file(backup).unwrap();
}

/// What a killed server left: everything since its start lies in the log.
fn killed(place: &Place) -> PathBuf {
    let server = Server::start(place);
    for n in 0..40 {
        let (status, done) = server.note(&n.to_string()).unwrap();
        assert_eq!(status, 201, "{done}");
    }
    server.kill();
    let mut log = place.database().into_os_string();
    log.push("-wal");
    PathBuf::from(log)
}

#[test]
fn a_log_that_lost_what_was_committed_is_refused_untouched() {
    let (place, backup, head) = backed_up();
    let log = killed(&place);
    let whole = std::fs::read(&log).unwrap();
    let all: &[&[&str]] = &[SERVE, &["verify"], &["doctor"]];
    // A page, a frame's head, and the head of the log itself.
    let frame = 24 + page(&place);
    let frames = (whole.len() - 32) / frame;
    assert!(frames > 40, "{frames} frames");
    for at in [
        whole.len() / 2,
        32 + frames / 2 * frame + 9,
        32 + frames / 3 * frame + 17,
        5,
    ] {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(b"????????");
        std::fs::write(&log, bytes).unwrap();
        refuses(&place, all);
    }
    // Put right again, it holds everything.
    std::fs::write(&log, &whole).unwrap();
    let store = place.open();
    assert!(store.verify(&mut |_, _| {}).unwrap().ok());
    drop(store);
    let elsewhere = Place::found_nothing();
    let restored = elsewhere.run(&["restore", &backup.to_string_lossy()]);
    assert_eq!(head_of(&restored), head);
    std::fs::remove_file(backup).unwrap();
}

/// The power goes while the newest frames are being written: they were promised to
/// nobody, and the server starts.
#[test]
fn a_torn_tail_of_the_log_is_no_damage() {
    let place = Place::found();
    let log = killed(&place);
    let whole = std::fs::read(&log).unwrap();
    let page = page(&place);
    for cut in [1, page, page + 24 + 100] {
        std::fs::write(&log, &whole[..whole.len() - cut]).unwrap();
        let verify = place.run(&["verify"]);
        assert!(verify.status.success(), "{cut}: {}", said(&verify));
    }
    let server = Server::start(&place);
    let (status, done) = server.note("again").unwrap();
    assert_eq!(status, 201, "{done}");
    server.stop();
    assert!(place.run(&["verify"]).status.success());
}
