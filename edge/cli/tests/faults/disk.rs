//! The disk is full, or a limit on file sizes is reached: what is asked for then is
//! refused in plain words, reading goes on, and with room everything goes on.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::office::*;
use crate::postgres::insist;
use crate::shim::Shim;

/// A small disk of its own, in memory. Only root may have one.
struct Disk(PathBuf);

impl Disk {
    /// Nothing where none can be mounted, unless it was said that one can.
    fn of(size: &str) -> Option<Self> {
        let folder = fresh("disk");
        std::fs::create_dir_all(&folder).unwrap();
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .status();
        let disk = Self(folder);
        if made.is_ok_and(|it| it.success()) {
            return Some(disk);
        }
        skipped("only root may mount a small disk");
        None
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        for size in [65_536, 512] {
            let zeros = vec![0u8; size];
            while file.write_all(&zeros).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// What the log says of it, and `/readyz`.
const FULL: (&str, &str) = ("The server's disk is full", "full");
const FAILING: (&str, &str) = ("The disk fails to read or write", "failing");

/// Writes until it is told that it cannot; what was promised until then.
#[track_caller]
fn until_refused(server: &Server, promised: &mut Promised) -> String {
    for _ in 0..5_000 {
        let key = format!("before-{}", promised.entries.len());
        let (status, answer) = server.note(&key).unwrap();
        match status {
            201 => {
                let seq = answer["first_seq"].as_i64().unwrap();
                promised.entries.insert(key, seq);
            }
            503 => {
                assert_eq!(answer["code"], "storage");
                return answer["detail"].as_str().unwrap().to_owned();
            }
            other => panic!("{other}: {answer}"),
        }
    }
    panic!("it never ran out of room");
}

/// Without room nothing is kept and reading goes on; with room, writing too.
fn goes_on(
    place: &Place,
    server: Server,
    (fill, make_room): (impl FnOnce(), impl FnOnce()),
    (log, word): (&str, &str),
) {
    let mut promised = Promised::default();
    let (status, done) = server.note("first").unwrap();
    assert_eq!(status, 201, "{done}");
    let seq = done["first_seq"].as_i64().unwrap();
    promised.entries.insert("first".to_owned(), seq);
    fill();
    let why = until_refused(&server, &mut promised);
    assert!(why.contains("没有保存任何东西"), "{why}");
    let large = vec![b'x'; 4 << 20];
    let (status, answer) = server.upload("large.txt", &large).unwrap();
    assert_eq!((status, &answer["code"]), (503, &"storage".into()));
    let left = std::fs::read_dir(place.folder.join("files")).unwrap();
    for entry in left {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with("upload-"), "half a file holds the room");
    }
    for path in ["/api/v1/cases", "/api/v1/deals", "/healthz"] {
        assert_eq!(server.read(path), 200, "{path}");
    }
    assert!(server.log().contains(log), "{}", server.log());
    let (status, ready) = server.get("/readyz");
    assert_eq!(status, 503, "{ready}");
    assert!(ready.contains(&format!("writer {word}\n")), "{ready}");
    make_room();
    let (status, done) = server.note("after").unwrap();
    assert_eq!(status, 201, "{done}");
    let seq = done["first_seq"].as_i64().unwrap();
    promised.entries.insert("after".to_owned(), seq);
    assert_eq!(server.get("/readyz").0, 200);
    let (status, file) = server.upload("small.txt", b"small").unwrap();
    assert_eq!(status, 201, "{file}");
    let hash = file["file"].as_str().unwrap().to_owned();
    promised.files.insert(hash, "small".to_owned());
    server.stop();
    promised.kept(place, 0);
}

#[test]
fn a_full_disk_is_told_and_with_room_it_goes_on() {
    let Some(disk) = Disk::of("16m") else {
        return;
    };
    let place = Place::found_in(disk.0.join("data"), None);
    let server = Server::start(&place);
    let turns = (|| disk.fill(), || disk.make_room());
    goes_on(&place, server, turns, FULL);
    drop(place);
}

/// Whoever asks a server only when it is ready would ask it no more: it finds by itself
/// that there is room again, and not before.
#[test]
fn room_is_found_again_though_nobody_writes() {
    let Some(disk) = Disk::of("16m") else {
        return;
    };
    let place = Place::found_in(disk.0.join("data"), None);
    let server = Server::start(&place);
    let mut promised = Promised::default();
    disk.fill();
    until_refused(&server, &mut promised);
    let until = |ready: u16, seconds: u64| {
        let began = Instant::now();
        while server.read("/readyz") != ready {
            if began.elapsed().as_secs() > seconds {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    };
    assert!(!until(200, 6), "there is no room yet");
    disk.make_room();
    assert!(until(200, 30), "{}", server.get("/readyz").1);
    assert_eq!(server.note("after").unwrap().0, 201);
    server.stop();
    promised.kept(&place, 0);
    drop(place);
}

/// The tables and the evidence lie on the disk that fills up, what else PostgreSQL
/// writes on another.
#[test]
fn a_full_disk_under_the_tables_of_postgres_is_told_and_with_room_it_goes_on() {
    let (Some(disk), Some(cluster)) = (Disk::of("48m"), Cluster::start()) else {
        return;
    };
    let space = disk.0.join("space");
    std::fs::create_dir(&space).unwrap();
    cluster.give(&space);
    cluster.order(&[
        &format!("CREATE TABLESPACE small LOCATION '{}'", space.display()),
        "CREATE DATABASE small TABLESPACE small",
    ]);
    let url = cluster.url().replace("/postgres", "/small");
    let place = Place::found_in(disk.0.join("data"), Some(url));
    let server = Server::start(&place);
    let turns = (|| disk.fill(), || disk.make_room());
    goes_on(&place, server, turns, FULL);
    drop((place, cluster));
}

/// Everything of PostgreSQL lies on the disk that fills up: without room for its log
/// it goes down, and comes back with all that it had confirmed.
#[test]
fn a_full_disk_under_all_of_postgres_loses_nothing() {
    let Some(disk) = Disk::of("128m") else {
        return;
    };
    let folder = disk.0.join("cluster");
    let Some(cluster) = Cluster::start_in(folder, &["--wal-segsize=1"]) else {
        return;
    };
    let place = Place::found_in(fresh("office"), Some(cluster.url()));
    let server = Server::start(&place);
    let mut promised = Promised::default();
    insist(&server, &mut promised, "first");
    disk.fill();
    until_refused(&server, &mut promised);
    cluster.fill_log();
    // It may have come back by itself, and have room for a few in what it holds.
    until_refused(&server, &mut promised);
    disk.make_room();
    cluster.back();
    insist(&server, &mut promised, "after");
    assert_eq!(server.read("/readyz"), 200);
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.stop();
    promised.kept(&place, 0);
    drop((place, cluster));
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// Writing into the data folder fails as on a disk that the system made read-only,
/// while the file is there that `DUKOU_READ_ONLY` names.
const READ_ONLY: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int refused(int fd) {
    char link[64], path[4096] = "";
    const char *flag = getenv("DUKOU_READ_ONLY");
    if (!flag || access(flag, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "dukou-fault-office")) return 0;
    errno = EROFS;
    return 1;
}
ssize_t write(int fd, const void *bytes, size_t many) {
    return refused(fd) ? -1 : syscall(SYS_write, fd, bytes, many);
}
ssize_t pwrite64(int fd, const void *bytes, size_t many, off64_t at) {
    return refused(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, many, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t many, off_t at) {
    return pwrite64(fd, bytes, many, at);
}
"#;

#[test]
fn a_disk_that_turns_read_only_is_told_and_goes_on_afterwards() {
    let place = Place::found();
    let flag = fresh("flag");
    let shim = Shim::new(READ_ONLY, &[("DUKOU_READ_ONLY", &flag)]);
    let server = shim.server(&place);
    let turns = (
        || std::fs::write(&flag, "").unwrap(),
        || std::fs::remove_file(&flag).unwrap(),
    );
    goes_on(&place, server, turns, FAILING);
}

/// Beyond such a limit the system sends a signal that ends a program which does not
/// take it.
#[test]
fn a_limit_on_file_sizes_ends_nothing() {
    let place = Place::found();
    let limit = format!("--fsize={}:", size(&place.database()) + (64 << 10));
    let server = Server::behind(&place, &["prlimit", &limit]);
    let process = server.id();
    let room = || {
        let lifted = Command::new("prlimit")
            .args(["--pid", &process, "--fsize=unlimited:"])
            .status();
        assert!(lifted.unwrap().success());
    };
    goes_on(&place, server, (|| {}, room), FAILING);
}
