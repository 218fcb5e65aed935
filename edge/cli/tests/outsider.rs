//! A second verifier, written from `docs/journal.md` and `docs/archive.md` alone,
//! agrees with the program: on an export, on a data folder, and on what is wrong
//! when somebody changed them.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("dukou-outsider-{}", Uuid::now_v7()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn dukou(&self, words: &[&str]) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"));
        let output = program
            .args(words)
            .arg("--data")
            .arg(self.path("data"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The verifier's answer; nothing where there is no Python.
fn outsider(words: &[&Path]) -> Option<Output> {
    let script = root().join("docs/verify.py");
    match Command::new("python3").arg(script).args(words).output() {
        Ok(output) => Some(output),
        Err(why) => {
            let required = std::env::var("DUKOU_REQUIRE_PYTHON").is_ok_and(|it| it == "1");
            assert!(!required, "python3 does not start: {why}");
            eprintln!("skipped: python3 does not start: {why}");
            None
        }
    }
}

/// What it says of an archive or folder that is not whole.
fn found(words: &[&Path]) -> String {
    let output = outsider(words).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

/// A whole school: the folder kept from 0.1.0, taken in and written out again. One of
/// its people stands under a commitment.
fn school() -> (Folder, PathBuf) {
    let folder = Folder::new();
    let kept = root().join("edge/store/tests/stored/0.1.0/archive.zip");
    folder.dukou(&["restore", kept.to_str().unwrap()]);
    let archive = folder.path("backup.zip");
    folder.dukou(&["backup", archive.to_str().unwrap()]);
    (folder, archive)
}

/// What somebody does to the bytes of a member.
type Change = fn(Vec<u8>) -> Vec<u8>;

/// Writes an archive anew with one member changed.
fn forged(archive: &Path, member: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> PathBuf {
    let mut from = ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    let path = archive.with_file_name(format!("{}.zip", Uuid::now_v7()));
    let mut to = ZipWriter::new(std::fs::File::create(&path).unwrap());
    let mut changed = 0;
    for index in 0..from.len() {
        let mut entry = from.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if name.contains(member) {
            bytes = change(bytes);
            changed += 1;
        }
        to.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap();
    assert!(changed > 0, "no member {member}");
    path
}

/// A text of lines with some of them changed.
fn relined(bytes: Vec<u8>, change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    (lines.join("\n") + "\n").into_bytes()
}

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn an_outsider_agrees_on_an_export() {
    let (folder, archive) = school();
    let Some(on_archive) = outsider(&[&archive]) else {
        return;
    };
    assert!(on_archive.status.success(), "{}", text(&on_archive.stderr));
    let said = text(&on_archive.stdout);
    let data = folder.path("data");
    let key = data.join("keys/seal.key");
    // What the archive says, kept elsewhere, is a line of heads.log.
    let heads = folder.path("heads");
    std::fs::write(&heads, &said).unwrap();
    let with: [&Path; 5] = [
        &data,
        Path::new("--key"),
        &key,
        Path::new("--heads"),
        &heads,
    ];
    let on_folder = outsider(&with).unwrap();
    assert!(on_folder.status.success(), "{}", text(&on_folder.stderr));
    assert_eq!(
        said,
        text(&on_folder.stdout),
        "archive and folder have one head"
    );
    let verified = folder.dukou(&["verify", "--json"]);
    let mut words = said.split_whitespace();
    let (who, seq, hash) = (
        words.next().unwrap(),
        words.next().unwrap(),
        words.next().unwrap(),
    );
    assert!(seq.parse::<u64>().unwrap() > 50);
    for word in [who, seq, hash] {
        assert!(verified.contains(word), "{word}: {verified}");
    }
}

#[test]
fn an_outsider_names_what_was_changed_in_an_export() {
    let (_folder, archive) = school();
    if outsider(&[&archive]).is_none() {
        return;
    }
    let cases: [(&str, Change, &str); 13] = [
        (
            "sealed.jsonl",
            |bytes| replaced(bytes, "李一", "李二"),
            "not what the journal commits to",
        ),
        ("sealed.jsonl", |_| Vec::new(), "the texts are gone"),
        (
            "sealed.jsonl",
            |bytes| {
                let text = String::from_utf8(bytes).unwrap();
                text.replace("-000000000032\"", "-000000000011\"")
                    .into_bytes()
            },
            "has texts",
        ),
        (
            "journal.jsonl",
            |bytes| replaced(bytes, "\"v\":1,", "\"v\":1, "),
            "writes them otherwise",
        ),
        (
            "journal.jsonl",
            |bytes| replaced(bytes, "\"body\":{", "\"body\":{\"x\":{\"y\":1,\"y\":2},"),
            "twice",
        ),
        (
            "manifest.json",
            |bytes| replaced(bytes, "\"files\":1", "\"files\":2"),
            "1 files",
        ),
        (
            "heads.log",
            |bytes| {
                relined(bytes, |all| {
                    let last = all[0].pop().unwrap();
                    all[0].push(if last == '0' { '1' } else { '0' });
                })
            },
            "whose head was saved",
        ),
        (
            "journal.jsonl",
            |bytes| {
                relined(bytes, |all| {
                    all[20] = all[20].replacen("\"at_ms\":1", "\"at_ms\":2", 1);
                })
            },
            "the head says",
        ),
        (
            "journal.jsonl",
            |bytes| {
                relined(bytes, |all| {
                    all.pop();
                })
            },
            "the head says",
        ),
        (
            "journal.jsonl",
            |bytes| {
                relined(bytes, |all| {
                    all.swap(10, 11);
                })
            },
            "entry 11 says it is another",
        ),
        (
            "journal.jsonl",
            |bytes| {
                relined(bytes, |all| {
                    all.remove(10);
                })
            },
            "entry 11 says it is another",
        ),
        (
            "journal.jsonl",
            |bytes| bytes[..bytes.len() - 1].to_vec(),
            "is cut",
        ),
        (
            "/files/",
            |mut bytes| {
                bytes.push(b'!');
                bytes
            },
            "was altered",
        ),
    ];
    for (member, change, why) in cases {
        let said = found(&[&forged(&archive, member, change)]);
        assert!(said.contains(why), "{member}: {said}");
    }
}

#[test]
fn an_outsider_names_what_was_changed_in_a_folder() {
    let (folder, archive) = school();
    if outsider(&[&archive]).is_none() {
        return;
    }
    let data = folder.path("data");
    let open = || Connection::open(data.join("dukou.sqlite")).unwrap();
    let key = data.join("keys/seal.key");
    let sealed = open()
        .query_row("SELECT seal FROM head", [], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    open()
        .execute("UPDATE head SET seal = zeroblob(32)", [])
        .unwrap();
    let said = found(&[&data, Path::new("--key"), &key]);
    assert!(said.contains("seal"), "{said}");
    open()
        .execute("UPDATE head SET seal = ?1", [&sealed])
        .unwrap();
    // Whoever may take the guards away changes an entry, and is found.
    let guards: Vec<String> = open()
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'journal'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!guards.is_empty());
    for guard in guards {
        open()
            .execute_batch(&format!("DROP TRIGGER {guard}"))
            .unwrap();
    }
    open()
        .execute(
            "UPDATE journal SET kind = 'closing.noted.v1' WHERE seq = 9",
            [],
        )
        .unwrap();
    let said = found(&[&data]);
    assert!(
        said.contains("entry 9") && said.contains("column"),
        "{said}"
    );
    open()
        .execute(
            "UPDATE journal SET bytes = replace(bytes, '\"v\":1', '\"v\":2') WHERE seq = 7",
            [],
        )
        .unwrap();
    let said = found(&[&data]);
    assert!(said.contains("entry 7 was changed"), "{said}");
    open()
        .execute("DELETE FROM journal WHERE seq = 5", [])
        .unwrap();
    let said = found(&[&data]);
    assert!(said.contains("entry 5 was removed"), "{said}");
}
