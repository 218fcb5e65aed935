//! Backups beside a busy server, archives from one installation into another, runs
//! that are killed, and a doctor that only looks.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::damage::{data, head_of};
use crate::office::*;

fn archive(name: &str) -> PathBuf {
    fresh(name).with_extension("zip")
}

fn words(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Everything that was counted up from the journal, by account and number.
fn figures(place: &Place) -> Vec<String> {
    let store = place.open();
    let sql = "SELECT account, amount_minor FROM balance UNION ALL SELECT series, last FROM counter ORDER BY 1, 2";
    let rows = store.read(|db| db.rows(sql, &[])).unwrap();
    rows.iter().map(|row| format!("{:?}", row.0)).collect()
}

#[test]
fn a_backup_beside_a_busy_server_is_of_one_moment() {
    let place = Place::found();
    let server = Server::start(&place);
    let stop = AtomicBool::new(false);
    let mut made = Vec::new();
    let promised = std::thread::scope(|scope| {
        let load = scope.spawn(|| server.load(&place, 1, &stop));
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(300));
            let path = archive("busy");
            let output = place.run(&["backup", &words(&path)]);
            made.push((path, head_of(&output)));
        }
        stop.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    server.stop();
    assert!(promised.entries.len() > 3, "{}", promised.entries.len());
    promised.kept(&place, 0);
    let heads: Vec<&String> = made.iter().map(|(_, head)| head).collect();
    assert!(heads[0] != heads[2], "it went on meanwhile: {heads:?}");
    for (path, head) in &made {
        let elsewhere = Place::found_nothing();
        let restored = elsewhere.run(&["restore", &words(path)]);
        assert_eq!(head_of(&restored), *head);
        let verify = elsewhere.run(&["verify"]);
        assert!(verify.status.success(), "{}", said(&verify));
        std::fs::remove_file(path).unwrap();
    }
}

/// The server tells how old the newest backup is; one that is not whole, and what is
/// no backup of all of it, does not count.
#[test]
fn a_backup_that_ended_well_is_told_by_its_age() {
    let place = Place::found();
    let server = Server::start(&place);
    let age = || -> Option<u64> {
        let (status, text) = server.get("/metrics");
        assert_eq!(status, 200, "{text}");
        let mut lines = text.lines();
        let line = lines.find_map(|it| it.strip_prefix("dukou_backup_age_seconds "));
        line.map(|it| it.parse().unwrap())
    };
    let (status, file) = server.upload("a.txt", b"evidence").unwrap();
    assert_eq!(status, 201, "{file}");
    let hash = file["file"].as_str().unwrap();
    let named = serde_json::json!({
        "command": "closing.note", "case": id(1), "text": "a",
        "files": [{"file": hash, "name": "a.txt"}],
    });
    assert_eq!(server.command("a", &named).unwrap().0, 201);
    let path = archive("age");
    let exported = place.run(&["export", &words(&path)]);
    assert!(exported.status.success(), "{}", said(&exported));
    std::fs::remove_file(&path).unwrap();
    let evidence = place.folder.join("files").join(&hash[..2]).join(&hash[2..]);
    std::fs::rename(&evidence, place.folder.join("aside")).unwrap();
    let made = place.run(&["backup", &words(&path)]);
    assert_eq!(made.status.code(), Some(3), "{}", said(&made));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(age(), None);
    std::fs::rename(place.folder.join("aside"), evidence).unwrap();
    let made = place.run(&["backup", &words(&path)]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(age().is_some_and(|it| it < 60), "{:?}", age());
    // It is of this installation: what is restored from it has none of its own.
    let elsewhere = Place::found_nothing();
    let restored = elsewhere.run(&["restore", &words(&path)]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(!elsewhere.folder.join("backup.last").exists());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_export_becomes_an_institution_beside_another() {
    let (place, path) = (Place::found(), archive("export"));
    let head = head_of(&place.run(&["export", &words(&path)]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let elsewhere = Place::found_nothing();
    let taken = elsewhere.run(&["import", "institution", &words(&path)]);
    assert_eq!(head_of(&taken), head);
    assert_eq!(figures(&elsewhere), figures(&place));
    assert!(!figures(&place).is_empty());
    // A second time it is there already, and a backup wants an empty place.
    let before = figures(&elsewhere);
    let again = elsewhere.run(&["import", "institution", &words(&path)]);
    refused(&again, "已在这里", "is here already");
    let other = Place::found();
    refused(
        &other.run(&["restore", &words(&path)]),
        "备份只能恢复到空目录",
        "into an empty folder",
    );
    let beside = other.run(&["import", "institution", &words(&path)]);
    assert_eq!(head_of(&beside), head);
    assert_eq!(figures(&elsewhere), before);
    let verify = other.run(&["verify"]);
    assert!(verify.status.success(), "{}", said(&verify));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_backup_that_was_killed_leaves_nothing_that_looks_whole() {
    let (place, path) = (Place::found(), archive("killed"));
    let mut cut = 0;
    for round in 0..12 {
        let mut child = place
            .command(&[], &["backup", &words(&path)])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(4 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        if path.exists() {
            let elsewhere = Place::found_nothing();
            let restored = elsewhere.run(&["restore", &words(&path)]);
            assert!(restored.status.success(), "{}", said(&restored));
            std::fs::remove_file(&path).unwrap();
        } else {
            cut += 1;
        }
    }
    assert!(cut > 0);
    // What was left does not hold the next one up.
    let part = path.with_extension("zip.part");
    std::fs::write(&part, b"PK half of one").unwrap();
    let made = place.run(&["backup", &words(&path)]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(path.exists() && !part.exists());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_doctor_only_looks() {
    let place = Place::found();
    let before = data(&place.folder);
    let looked = place.run(&["doctor"]);
    assert!(looked.status.success(), "{}", said(&looked));
    assert_eq!(data(&place.folder), before);
    // Also where something is to mend.
    let key = place.folder.join("keys/seal.key");
    let whole = std::fs::read(&key).unwrap();
    for (left, problem) in [(Some(&whole[..31]), "31 bytes"), (None, "is missing")] {
        match left {
            Some(bytes) => std::fs::write(&key, bytes).unwrap(),
            None => std::fs::remove_file(&key).unwrap(),
        }
        let before = data(&place.folder);
        let looked = place.run(&["doctor"]);
        refused(&looked, problem, "from where keys/ is kept");
        assert_eq!(data(&place.folder), before);
    }
    // Nor does the server make a key anew where heads were sealed with another.
    let before = data(&place.folder);
    refused(
        &place.run(&["serve", "--listen", "127.0.0.1:0"]),
        "不见了",
        "copy it back",
    );
    assert_eq!(data(&place.folder), before);
    // The way out that it names: seals cannot be checked, all else is.
    let path = archive("keyless");
    let made = place.run(&["backup", &words(&path)]);
    assert_eq!(made.status.code(), Some(3), "{}", said(&made));
    let elsewhere = Place::found_nothing();
    let restored = elsewhere.run(&["restore", &words(&path)]);
    assert!(restored.status.success(), "{}", said(&restored));
    let verify = elsewhere.run(&["verify"]);
    assert!(verify.status.success(), "{}", said(&verify));
    std::fs::remove_file(path).unwrap();
}
