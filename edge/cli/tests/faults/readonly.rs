//! The data folder, or the database file alone, cannot be written: the server says
//! so and does not start; reading, checking and backing up go on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::damage::{data, head_of};
use crate::office::*;

/// Something made read-only. Rights do not bind root, so root mounts it read-only
/// over itself.
struct ReadOnly {
    path: PathBuf,
    mounted: bool,
}

fn ran(program: &str, words: &[&str], path: &Path) -> bool {
    let status = Command::new(program).args(words).arg(path).status();
    status.is_ok_and(|it| it.success())
}

impl ReadOnly {
    fn make(path: &Path) -> Option<Self> {
        let who = Command::new("id").arg("-u").output().unwrap();
        let root = who.stdout.starts_with(b"0\n");
        let mut made = Self {
            path: path.to_owned(),
            mounted: false,
        };
        if !root {
            return ran("chmod", &["-R", "a-w"], path).then_some(made);
        }
        let place = path.to_string_lossy().into_owned();
        made.mounted = ran("mount", &["--bind", &place], path);
        let words = ["-o", "remount,bind,ro"];
        (made.mounted && ran("mount", &words, path)).then_some(made)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let words: (&str, &[&str]) = if self.mounted {
            ("umount", &[])
        } else {
            ("chmod", &["-R", "u+w"])
        };
        ran(words.0, words.1, &self.path);
    }
}

/// Refused while `path` is read-only, untouched, and goes on afterwards.
fn refuses(place: &Place, path: &Path) {
    let before = data(&place.folder);
    let Some(readonly) = ReadOnly::make(path) else {
        skipped(&format!("nothing here makes {} read-only", path.display()));
        return;
    };
    let serve = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    refused(&serve, "只读，写不进去", "read-only");
    let verify = place.run(&["verify"]);
    assert!(verify.status.success(), "{}", said(&verify));
    let backup = fresh("backup");
    let made = place.run(&["backup", &backup.to_string_lossy()]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(!head_of(&made).is_empty());
    std::fs::remove_file(backup).unwrap();
    drop(readonly);
    assert_eq!(data(&place.folder), before);

    let server = Server::start(place);
    let (status, done) = server.note("again").unwrap();
    assert_eq!(status, 201, "{done}");
    server.stop();
}

#[test]
fn a_read_only_folder_is_told_and_left_alone() {
    let place = Place::found();
    refuses(&place, &place.folder);
}

#[test]
fn a_read_only_database_is_told_and_left_alone() {
    let place = Place::found();
    refuses(&place, &place.database());
}
