//! Out of one engine into the other and back, to the same head; and what a
//! damaged or forged archive meets.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use dukou_store::{ArchivedHead, Clock, Store};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::place::*;

fn out_of(place: &Place, path: &Path) -> Vec<ArchivedHead> {
    let office = Office::try_open(place).unwrap();
    let heads = office.store.export(path, None, &mut |_, _| {}).unwrap();
    office.close();
    heads
}

fn into(place: &Place, path: &Path) -> Result<Vec<ArchivedHead>, String> {
    let config = place.config(&Clock::fixed("test", morning("2026-09-21")));
    Store::take_in(&config, path, &mut |_, _| {}).map_err(|why| why.to_string())
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

/// A place with two institutions, evidence, and a person's name.
fn furnished(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let other = office.of(2);
    other.found();
    other.must(1, other.submit(77));
    other.must(1, other.note(77, "二"));
    office
        .store
        .write(|db| {
            let id = institution(1).to_string();
            db.exec(
                "INSERT INTO sealed (institution, subject, field, text) VALUES ($1, 's', 'name', '李一')",
                &[id.clone().into()],
            )?;
            db.exec(
                "INSERT INTO account (institution, id, person, login, password_hash, created_at) VALUES ($1, 'a', 'p', 'li', 'x', 5)",
                &[id.into()],
            )
        })
        .unwrap();
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
    let names = office
        .store
        .read(|db| {
            db.rows(
                "SELECT text FROM sealed UNION ALL SELECT login FROM account",
                &[],
            )
        })
        .unwrap();
    assert_eq!((names[0].text(0), names[1].text(0)), ("李一", "li"));
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
    let heads = office.store.export(&path, only, &mut |_, _| {}).unwrap();
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

/// The same archive with one member changed.
fn forged(path: &Path, name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> PathBuf {
    let mut from = ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let to = scratch("forged");
    let mut out = ZipWriter::new(std::fs::File::create(&to).unwrap());
    for at in 0..from.len() {
        let mut member = from.by_index(at).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let known = member.name().unwrap().into_owned();
        if known.ends_with(name) {
            bytes = change(bytes);
        }
        out.start_file(known, SimpleFileOptions::default()).unwrap();
        out.write_all(&bytes).unwrap();
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
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap()
                .replacen(from, to, 1)
                .into_bytes()
        }
    };
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
                replace("\"version\":1", "\"version\":9"),
            ),
            "newer",
        ),
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
        let said = into(&there, &bad).unwrap_err();
        assert!(said.contains(why), "{why}: {said}");
        let office = Office::try_open(&there).unwrap();
        assert!(office.store.institutions().unwrap().is_empty(), "{why}");
        assert_eq!(office.count(), 0, "{why}");
        office.close();
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
