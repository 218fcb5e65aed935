//! Out of one engine into the other and back, to the same head; and what a
//! damaged or forged archive meets.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use dukou_store::{ArchivedHead, Clock, Store, Taking};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::own::own;
use crate::place::*;
use crate::stored::migrations;

fn out_of(place: &Place, path: &Path) -> Vec<ArchivedHead> {
    let office = Office::try_open(place).unwrap();
    let archived = office.store.export(path, None, &mut |_, _| {}).unwrap();
    assert_eq!(archived.notes, []);
    office.close();
    archived.heads
}

fn taken(place: &Place, path: &Path, taking: Taking) -> Result<Vec<ArchivedHead>, String> {
    let config = place.config(&Clock::fixed("test", morning("2026-09-21")));
    Store::take_in(&config, path, taking, &mut |_, _| {})
        .map(|archived| archived.heads)
        .map_err(|why| why.to_string())
}

fn into(place: &Place, path: &Path) -> Result<Vec<ArchivedHead>, String> {
    taken(place, path, Taking::Whole)
}

/// What follows from the journal, and the journal; without the seals, which
/// each installation makes with its own key.
fn told(place: &Place) -> Vec<String> {
    let office = Office::try_open(place).unwrap();
    office.verified();
    let dump = office.dump();
    office.close();
    dump.into_iter()
        .filter(|it| !it.starts_with("head "))
        .collect()
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("dukou-{name}-{}.zip", uuid::Uuid::now_v7()))
}

/// A place with two institutions, evidence, a person under a commitment, and a row
/// in every table that is not derived.
fn furnished(place: &Place) {
    let office = Office::open(place);
    office.drive();
    office.register(50, "李一", "1001");
    let other = office.of(2);
    other.staffed();
    other.must(1, other.submit(77));
    other.must(1, other.note(77, "二"));
    office.furnish();
    office.verified();
    drop(other);
    office.close();
}

#[test]
fn from_sqlite_to_postgres_and_back_to_the_same_head() {
    let first = Place::sqlite();
    furnished(&first);
    let (one, two) = (scratch("one"), scratch("two"));
    let heads = out_of(&first, &one);
    assert_eq!(heads.len(), 2);
    // While another server would go on: the archive is of one moment.
    let middle = Place::postgres().unwrap_or_else(Place::sqlite);
    assert_eq!(into(&middle, &one).unwrap(), heads);
    assert_eq!(told(&middle), told(&first));
    assert_eq!(out_of(&middle, &two), heads);
    let last = Place::sqlite();
    assert_eq!(into(&last, &two).unwrap(), heads);
    assert_eq!(told(&last), told(&first));
    let office = Office::try_open(&last).unwrap();
    let kept = office.store.read(own).unwrap();
    let before = Office::try_open(&first).unwrap();
    assert_eq!(kept, before.store.read(own).unwrap());
    before.close();
    for word in ["李一", "li", "whsec", "/cases/1", "脚本", "gone", "草稿"] {
        assert!(kept.iter().any(|it| it.contains(word)), "{word}: {kept:#?}");
    }
    // And the office goes on.
    let other = office.of(2);
    other.must(1, other.note(77, "三"));
    drop(other);
    office.verified();
    office.close();
    // A second time there is something already.
    assert!(into(&last, &one).unwrap_err().contains("here already"));
    for path in [one, two] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn one_institution_goes_alone() {
    let first = Place::sqlite();
    furnished(&first);
    let path = scratch("alone");
    let office = Office::try_open(&first).unwrap();
    let only = Some(institution(2));
    let heads = office
        .store
        .export(&path, only, &mut |_, _| {})
        .unwrap()
        .heads;
    assert_eq!(heads.len(), 1);
    let again = office.store.export(&path, only, &mut |_, _| {});
    assert!(again.is_err(), "a file that is there is not written over");
    let none = office
        .store
        .export(&scratch("none"), Some(institution(9)), &mut |_, _| {});
    assert!(none.is_err());
    office.close();
    let bytes = std::fs::read(&path).unwrap();
    let id = institution(1).to_string();
    assert!(!bytes.windows(id.len()).any(|it| it == id.as_bytes()));
    let there = Place::sqlite();
    assert_eq!(into(&there, &path).unwrap(), heads);
    std::fs::remove_file(path).unwrap();
}

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    text.replacen(from, to, 1).into_bytes()
}

/// The same archive with one member changed.
fn forged(path: &Path, name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> PathBuf {
    let changed = |known: &str, bytes| match known.ends_with(name) {
        true => Some(change(bytes)),
        false => Some(bytes),
    };
    rewritten(path, changed, None)
}

/// The same archive with a member more.
fn extended(path: &Path, name: &str) -> PathBuf {
    rewritten(path, |_, bytes| Some(bytes), Some(name))
}

/// The same archive without a member.
fn without(path: &Path, name: &str) -> PathBuf {
    rewritten(
        path,
        |known, bytes| (!known.contains(name)).then_some(bytes),
        None,
    )
}

fn rewritten(
    path: &Path,
    change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>,
    more: Option<&str>,
) -> PathBuf {
    let mut from = ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let to = scratch("forged");
    let mut out = ZipWriter::new(std::fs::File::create(&to).unwrap());
    for at in 0..from.len() {
        let mut member = from.by_index(at).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let known = member.name().unwrap().into_owned();
        if let Some(bytes) = change(&known, bytes) {
            out.start_file(known, SimpleFileOptions::default()).unwrap();
            out.write_all(&bytes).unwrap();
        }
    }
    if let Some(name) = more {
        out.start_file(name, SimpleFileOptions::default()).unwrap();
        out.write_all(b"{}\n").unwrap();
    }
    out.finish().unwrap();
    to
}

#[test]
fn a_damaged_or_forged_archive_leaves_nothing() {
    let first = Place::sqlite();
    furnished(&first);
    let path = scratch("whole");
    out_of(&first, &path);
    let replace =
        |from: &'static str, to: &'static str| move |bytes: Vec<u8>| replaced(bytes, from, to);
    let cut = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.pop();
        (lines.join("\n") + "\n").into_bytes()
    };
    // Between two characters: half a character is another finding.
    let half = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.as_bytes()[..text.floor_char_boundary(text.len() / 2)].to_vec()
    };
    for (bad, why) in [
        (
            forged(&path, "journal.jsonl", replace("成果", "成华")),
            "manifest",
        ),
        (forged(&path, "journal.jsonl", cut), "manifest"),
        (forged(&path, "journal.jsonl", half), "cut"),
        (
            forged(&path, "sealed.jsonl", |_| Vec::new()),
            "its manifest says",
        ),
        (
            forged(
                &path,
                "manifest.json",
                replace("\"version\":2", "\"version\":9"),
            ),
            "newer",
        ),
        (
            forged(&path, "manifest.json", |bytes| {
                let newest = format!("\"schema\":{}", migrations().len());
                replaced(bytes, &newest, "\"schema\":99")
            }),
            "version 99",
        ),
        (
            forged(&path, "manifest.json", replace("\"hook\":", "\"hoop\":")),
            "the table hoop",
        ),
        (
            forged(&path, "hook.jsonl", replace("\"url\":", "\"uri\":")),
            "the column uri",
        ),
        (
            forged(
                &path,
                "manifest.json",
                replace("\"entries\":29", "\"entries\":28"),
            ),
            "manifest",
        ),
        (
            forged(
                &path,
                "manifest.json",
                replace("\"files\":2", "\"files\":3"),
            ),
            "3",
        ),
        (
            forged(&path, "sealed.jsonl", replace("李一", "李二")),
            "commits to",
        ),
        (
            forged(&path, "sealed.jsonl", replace("\"name_salt\"", "\"name2\"")),
            "commits to",
        ),
        (extended(&path, "x/y.jsonl"), "the member x/y.jsonl"),
        (extended(&path, "folder/keys/seal.key"), "the member folder"),
        (without(&path, "/files/"), "files"),
        (
            forged(&path, "manifest.json", replace("dukou-archive", "other")),
            "no archive",
        ),
        (forged(&path, "manifest.json", half), "cannot be read"),
        (
            forged(&path, "account.jsonl", replace(":5", ":5.5")),
            "whole number",
        ),
        (
            forged(&path, "account.jsonl", |_| b"[1]\n".to_vec()),
            "cannot be read",
        ),
    ] {
        let there = Place::sqlite();
        let said = into(&there, &bad).map_err(|said| assert!(said.contains(why), "{why}: {said}"));
        assert!(said.is_err(), "{why}");
        assert!(!there.folder.exists(), "{why}: nothing was made of it");
        std::fs::remove_file(bad).unwrap();
    }
    let there = Place::sqlite();
    let nothing = scratch("text");
    std::fs::write(&nothing, json!({"format": "dukou-archive"}).to_string()).unwrap();
    assert!(into(&there, &nothing).is_err());
    for path in [path, nothing] {
        std::fs::remove_file(path).unwrap();
    }
}

/// What a newer program recorded is not dropped, nor taken for damage.
#[test]
fn an_archive_with_a_newer_event_is_refused_as_newer() {
    let (first, path) = (Place::sqlite(), scratch("newer"));
    let office = Office::open(&first);
    office.found();
    let head = office
        .store
        .export(&path, None, &mut |_, _| {})
        .unwrap()
        .heads;
    office.close();
    let mut line = String::new();
    let bad = forged(&path, "journal.jsonl", |bytes| {
        let more = replaced(bytes.clone(), "\"seq\":1", "\"seq\":2");
        let more = replaced(more, "\"version\":1", "\"version\":2");
        let more = replaced(more, "founded.v1", "moved.v1");
        [bytes, more].concat()
    });
    let mut zip = ZipArchive::new(std::fs::File::open(&bad).unwrap()).unwrap();
    zip.by_name(&format!("{}/journal.jsonl", institution(1)))
        .unwrap()
        .read_to_string(&mut line)
        .unwrap();
    let hash = line
        .lines()
        .fold(dukou_journal::genesis(institution(1)), |hash, line| {
            dukou_journal::next_hash(&hash, line)
        });
    let worse = forged(&bad, "manifest.json", |bytes| {
        let bytes = replaced(bytes, &head[0].hash, &dukou_journal::hex(&hash));
        let bytes = replaced(bytes, "\"seq\":1", "\"seq\":2");
        replaced(bytes, "\"entries\":1", "\"entries\":2")
    });
    let there = Place::sqlite();
    let said = into(&there, &worse).unwrap_err();
    assert!(
        said.contains("institution.moved.v1") && said.contains("newer program"),
        "{said}"
    );
    assert!(!there.folder.exists());
    for path in [path, bad, worse] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn lost_evidence_is_named_and_costs_no_backup() {
    let (first, path) = (Place::sqlite(), scratch("lost"));
    furnished(&first);
    let office = Office::try_open(&first).unwrap();
    let also = office
        .store
        .put_file("另一件.pdf", b"%PDF-1.4 other")
        .unwrap()
        .hash;
    let hash = also.clone();
    office
        .store
        .write(move |db| db.exec("INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) SELECT institution, $1, name, media, size, 6, uploaded_by FROM file WHERE media = 'application/pdf'", &[hash.into()]))
        .unwrap();
    let lying = |hash: &str| first.folder.join("files").join(&hash[..2]).join(&hash[2..]);
    std::fs::write(lying(&also), b"another").unwrap();
    let paper = office.store.put_file("签字件.pdf", PAPER).unwrap().hash;
    std::fs::remove_file(lying(&paper)).unwrap();
    let made = office.store.export(&path, None, &mut |_, _| {}).unwrap();
    let notes: Vec<&str> = made.notes.iter().map(|it| it.en.as_str()).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].contains(&paper) && notes[0].contains("missing"),
        "{notes:?}"
    );
    assert!(
        notes[1].contains(&also) && notes[1].contains("altered"),
        "{notes:?}"
    );
    office.close();
    // It can be restored, and what was lost stays known.
    let there = Place::sqlite();
    let config = there.config(&Clock::fixed("test", morning("2026-09-21")));
    let taken = Store::take_in(&config, &path, Taking::Whole, &mut |_, _| {}).unwrap();
    assert_eq!(taken, made);
    let office = Office::try_open(&there).unwrap();
    let findings = office.store.verify(&mut |_, _| {}).unwrap().findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().all(|it| it.code == "file.missing"));
    office.close();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_backup_holds_the_folder_and_an_export_does_not() {
    let (first, whole, one) = (Place::sqlite(), scratch("folder"), scratch("one"));
    furnished(&first);
    std::fs::create_dir(first.folder.join("calendar")).unwrap();
    std::fs::write(first.folder.join("calendar/2027.toml"), "# 2027\n").unwrap();
    std::fs::write(first.folder.join("config.toml"), "audit_days = 500\n").unwrap();
    let office = Office::try_open(&first).unwrap();
    office.store.export(&whole, None, &mut |_, _| {}).unwrap();
    let only = Some(institution(1));
    office.store.export(&one, only, &mut |_, _| {}).unwrap();
    office.close();
    let there = Place::sqlite();
    into(&there, &whole).unwrap();
    let read = |name: &str| std::fs::read_to_string(there.folder.join(name)).unwrap();
    assert_eq!(read("calendar/2027.toml"), "# 2027\n");
    assert_eq!(read("config.restored.toml"), "audit_days = 500\n");
    assert!(read("heads.log").contains(&institution(2).to_string()));
    assert!(!there.folder.join("config.toml").exists());
    let there = Place::sqlite();
    taken(&there, &one, Taking::Institution).unwrap();
    assert!(!there.folder.join("calendar").exists());
    // Several institutions are a backup.
    let said = taken(&Place::sqlite(), &whole, Taking::Institution).unwrap_err();
    assert!(said.contains("several institutions"), "{said}");
    for path in [whole, one] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_login_of_another_institution_is_named() {
    let (first, path) = (Place::sqlite(), scratch("login"));
    furnished(&first);
    let office = Office::try_open(&first).unwrap();
    let only = Some(institution(1));
    office.store.export(&path, only, &mut |_, _| {}).unwrap();
    office.close();
    let there = Place::sqlite();
    let office = Office::open(&there).of(3);
    office.found();
    let id = office.institution.to_string();
    office
        .store
        .write(move |db| db.exec("INSERT INTO account (institution, id, person, login, password_hash, created_at) VALUES ($1, 'b', 'p', 'li', 'x', 5)", &[id.into()]))
        .unwrap();
    office.close();
    let before: Vec<_> = there.files().into_iter().map(|(name, _)| name).collect();
    let said = taken(&there, &path, Taking::Institution).unwrap_err();
    assert!(said.contains("the login li"), "{said}");
    let after: Vec<_> = there.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(after, before);
    std::fs::remove_file(path).unwrap();
}

/// A run that was killed after its transaction stood has evidence in waiting; one that
/// was killed before has evidence for nobody.
#[test]
fn staged_evidence_is_finished_or_swept_at_the_next_start() {
    let (first, path) = (Place::sqlite(), scratch("staged"));
    furnished(&first);
    out_of(&first, &path);
    let there = Place::sqlite();
    into(&there, &path).unwrap();
    let files = there.folder.join("files");
    let office = Office::try_open(&there).unwrap();
    let paper = office.store.put_file("签字件.pdf", PAPER).unwrap().hash;
    let batch = office
        .store
        .read(|db| db.row("SELECT value FROM store_meta WHERE key = 'taken_in'", &[]))
        .unwrap()
        .unwrap();
    let batch = batch.text(0).to_owned();
    office.close();
    let (mine, other) = (
        files.join(format!("incoming-{batch}")),
        files.join("incoming-x"),
    );
    for folder in [&mine, &other] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::rename(files.join(&paper[..2]).join(&paper[2..]), mine.join(&paper)).unwrap();
    std::fs::write(other.join("0".repeat(64)), b"of nobody").unwrap();
    std::fs::write(there.folder.join("scratch-x"), b"of a killed look").unwrap();
    let office = Office::try_open(&there).unwrap();
    assert_eq!(office.store.file(&paper).unwrap().unwrap(), PAPER);
    assert!(office.store.file(&"0".repeat(64)).unwrap().is_none());
    office.verified();
    office.close();
    assert!(!mine.exists() && !other.exists());
    assert!(!there.folder.join("scratch-x").exists());
    std::fs::remove_file(path).unwrap();
}
