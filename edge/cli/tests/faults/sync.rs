//! The disk takes what is written and fails when it is to keep it: whether it did is
//! then known to nobody, and nobody is told more than that.

use std::path::{Path, PathBuf};

use crate::office::*;
use crate::shim::Shim;

/// Stands between the program and the system: syncing fails while the file that
/// `DUKOU_SYNC_FAILS` names is there, for paths that hold what it says.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int sync_or_fail(long call, int fd) {
    char wanted[64] = "", link[64], path[4096] = "";
    const char *flag = getenv("DUKOU_SYNC_FAILS");
    int told = flag ? open(flag, O_RDONLY) : -1;
    if (told >= 0) {
        read(told, wanted, sizeof wanted - 1);
        close(told);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        readlink(link, path, sizeof path - 1);
        if (strstr(path, wanted)) { errno = EIO; return -1; }
    }
    return syscall(call, fd);
}
int fsync(int fd) { return sync_or_fail(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_or_fail(SYS_fdatasync, fd); }
"#;

/// A disk whose syncing can be made to fail.
struct Disk {
    shim: Shim,
    flag: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let flag = fresh("flag");
        let shim = Shim::new(SHIM, &[("DUKOU_SYNC_FAILS", &flag)]);
        Self { shim, flag }
    }

    fn server(&self, place: &Place) -> Server {
        self.shim.server(place)
    }

    /// For paths that hold these words.
    fn fails(&self, at: &str) {
        std::fs::write(&self.flag, at).unwrap();
    }

    fn works(&self) {
        std::fs::remove_file(&self.flag).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.flag);
    }
}

/// A note that nobody knows to be kept; the answer says no more than that.
#[track_caller]
fn uncertain(server: &Server, key: &str) {
    let (status, answer) = server.note(key).unwrap();
    assert_eq!((status, &answer["code"]), (503, &"storage".into()));
    let why = answer["detail"].as_str().unwrap();
    assert!(why.contains("不能确定是否已保存"), "{why}");
    assert!(!why.contains("没有保存任何东西"), "{why}");
}

#[track_caller]
fn taken(server: &Server, promised: &mut Promised, key: &str) {
    let (status, done) = server.note(key).unwrap();
    assert_eq!(status, 201, "{done}");
    let seq = done["first_seq"].as_i64().unwrap();
    promised.entries.insert(key.to_owned(), seq);
}

#[test]
fn a_sync_that_fails_promises_neither_way() {
    let disk = Disk::new();
    let place = Place::found();
    let mut promised = Promised::default();
    let server = disk.server(&place);
    taken(&server, &mut promised, "first");
    disk.fails("");
    uncertain(&server, "a");
    uncertain(&server, "b");
    assert_eq!(server.read("/api/v1/cases"), 200);
    disk.works();
    taken(&server, &mut promised, "a");
    taken(&server, &mut promised, "c");
    // Whatever the log holds after a crash: under its key, it is there once.
    disk.fails("");
    uncertain(&server, "d");
    server.kill();
    disk.works();
    let server = disk.server(&place);
    taken(&server, &mut promised, "d");
    taken(&server, &mut promised, "b");
    taken(&server, &mut promised, "e");
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.stop();
    promised.kept(&place, 0);
}

/// Where evidence with this content lies.
fn path_of(place: &Place, content: &str) -> PathBuf {
    let hash = hash(content.as_bytes());
    let (head, tail) = hash.split_at(2);
    place.folder.join("files").join(head).join(tail)
}

fn lay(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A file that lies there already was perhaps never synced, or is torn: whoever sends
/// it again is promised it only when it is whole and on the disk.
#[test]
fn evidence_that_lies_there_already_is_made_sure_of() {
    let disk = Disk::new();
    let place = Place::found();
    let mut promised = Promised::default();
    lay(&path_of(&place, "whole"), "whole");
    lay(&path_of(&place, "torn evidence"), "torn\0\0\0\0\0\0\0\0\0");
    let server = disk.server(&place);
    disk.fails("/files");
    for content in ["whole", "torn evidence", "new"] {
        let (status, answer) = server.upload("a.txt", content.as_bytes()).unwrap();
        assert_eq!(status, 503, "{content}: {answer}");
    }
    disk.works();
    for content in ["whole", "torn evidence", "new"] {
        let (status, file) = server.upload("a.txt", content.as_bytes()).unwrap();
        assert_eq!(status, 201, "{file}");
        let hash = file["file"].as_str().unwrap().to_owned();
        promised.files.insert(hash, content.to_owned());
    }
    server.stop();
    promised.kept(&place, 0);
}
