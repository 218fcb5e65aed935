//! What earlier versions stored is opened for ever after: one data folder and one
//! archive per released version under `edge/store/tests/stored/`, in which every
//! kind of event of that version happened, with its head and its figures beside it.
//!
//! `DUKOU_WRITE_STORED=1 bash scripts/test.sh -p dukou-store --test store stored`
//! makes those of the present version; what is there is never written over.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use dukou_store::{Clock, Db, Fault, Store, Value as Cell};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::conformance::on_both_engines;
use crate::place::*;

/// Tables that do not follow from the journal. An archive holds the first five.
const OWN: [&str; 9] = [
    "sealed",
    "file",
    "account",
    "saved_view",
    "import_mapping",
    "session",
    "invite",
    "draft",
    "api_token",
];

fn stored() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stored"))
}

/// The folder of every version, oldest first.
fn versions() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(stored())
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn golden(version: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(version.join("golden.json")).unwrap()).unwrap()
}

/// What any later version must find again, whatever its own tables look like.
fn figures(db: &mut dyn Db) -> Result<Value, Fault> {
    let mut pairs = |sql: &str| -> Result<Value, Fault> {
        let rows = db.rows(sql, &[])?;
        let sorted: BTreeMap<String, i64> = rows
            .iter()
            .map(|row| (row.text(0).to_owned(), row.int(1)))
            .collect();
        Ok(json!(sorted))
    };
    let kinds = pairs("SELECT kind, COUNT(*) FROM journal GROUP BY kind")?;
    let balances = pairs("SELECT account, amount_minor FROM balance")?;
    let numbers = pairs("SELECT series, last FROM counter")?;
    let names = pairs("SELECT kind, COUNT(*) FROM claim GROUP BY kind")?;
    let received = pairs("SELECT account, COUNT(*) FROM posting GROUP BY account")?;
    let mut own = BTreeMap::new();
    for table in OWN {
        let row = db.row(&format!("SELECT COUNT(*) FROM {table}"), &[])?;
        own.insert(table, row.unwrap().int(0));
    }
    let head = db
        .row("SELECT institution, seq, hash FROM head", &[])?
        .unwrap();
    let hash: String = head.bytes(2).iter().map(|it| format!("{it:02x}")).collect();
    Ok(json!({
        "head": {"institution": head.text(0), "seq": head.int(1), "hash": hash},
        "kinds": kinds,
        "balances": balances,
        "postings": received,
        "numbers": numbers,
        "names": names,
        "own": own,
    }))
}

/// Fills every table of the program's own with one invented row.
fn furnish(office: &Office) {
    let paper = office.store.put_file("签字件.pdf", PAPER).unwrap();
    let who = office.institution.to_string();
    office
        .store
        .write(move |db| {
            let size = i64::try_from(paper.size).unwrap();
            for (sql, cells) in [
                ("sealed (institution, subject, field, text) VALUES ($1, $2, 'name', '李一')", vec![id(1).into()]),
                (
                    "file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, 5, $6)",
                    vec![paper.hash.as_str().into(), paper.name.as_str().into(), paper.media.into(), size.into(), id(1).into()],
                ),
                (
                    "account (institution, id, person, login, password_hash, totp_secret, created_at) VALUES ($1, 'a', $2, 'li', 'x', 'y', 5)",
                    vec![id(1).into()],
                ),
                ("saved_view (institution, person, list, name, query) VALUES ($1, $2, 'cases', '我的', 'q=1')", vec![id(1).into()]),
                ("import_mapping (institution, fingerprint, mapping, saved_at) VALUES ($1, 'f', '{}', 5)", vec![]),
                (
                    "session (institution, token_hash, account, csrf, created_at, seen_at, expires_at) VALUES ($1, 't', 'a', 'c', 5, 5, 6)",
                    vec![],
                ),
                ("invite (institution, token_hash, person, purpose, created_at, expires_at) VALUES ($1, 't', $2, 'open', 5, 6)", vec![id(2).into()]),
                ("draft (institution, id, person, kind, body, saved_at) VALUES ($1, 'd', $2, 'disclosure', '{}', 5)", vec![id(1).into()]),
                (
                    "api_token (institution, token_hash, id, person, name, scopes, created_at, expires_at) VALUES ($1, 't', 'k', $2, '脚本', '*', 5, 6)",
                    vec![id(1).into()],
                ),
            ] {
                let mut all: Vec<Cell> = vec![who.as_str().into()];
                all.extend(cells);
                db.exec(&format!("INSERT INTO {sql}"), &all)?;
            }
            Ok(())
        })
        .unwrap();
}

/// The present version's folder, archive and figures; the same bytes of journal
/// whenever and wherever it is made.
fn write(version: &Path) {
    let place = Place::sqlite();
    std::fs::create_dir_all(place.folder.join("keys")).unwrap();
    std::fs::write(place.folder.join("keys/seal.key"), [7u8; 32]).unwrap();
    let office = Office::open(&place);
    office.play("story.jsonl");
    furnish(&office);
    std::fs::create_dir_all(version).unwrap();
    let archive = version.join("archive.zip");
    office.store.export(&archive, None, &mut |_, _| {}).unwrap();
    let figures = office.store.read(figures).unwrap();
    office.close();
    let text = serde_json::to_string_pretty(&figures).unwrap() + "\n";
    std::fs::write(version.join("golden.json"), text).unwrap();
    let mut files = place.files();
    files.sort();
    let mut out = ZipWriter::new(std::fs::File::create(version.join("folder.zip")).unwrap());
    for (name, bytes) in files {
        if name != Path::new("lock") {
            let name = name.to_string_lossy().into_owned();
            out.start_file(name, SimpleFileOptions::default()).unwrap();
            out.write_all(&bytes).unwrap();
        }
    }
    out.finish().unwrap();
}

fn unpack(version: &Path) -> Place {
    let place = Place::sqlite();
    let zip = std::fs::File::open(version.join("folder.zip")).unwrap();
    let mut zip = ZipArchive::new(zip).unwrap();
    for at in 0..zip.len() {
        let mut member = zip.by_index(at).unwrap();
        let path = place.folder.join(member.name().unwrap().into_owned());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    place
}

/// Every released version's data is kept: the versions are those of the changelog.
#[test]
fn every_released_version_left_a_folder() {
    let present = stored().join(env!("CARGO_PKG_VERSION"));
    if std::env::var_os("DUKOU_WRITE_STORED").is_some() && !present.exists() {
        write(&present);
    }
    let changes = concat!(env!("CARGO_MANIFEST_DIR"), "/../../CHANGELOG.md");
    let changes = std::fs::read_to_string(changes).unwrap();
    let released: Vec<&str> = changes
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert!(!released.is_empty());
    for version in released {
        let folder = stored().join(version);
        for name in ["folder.zip", "archive.zip", "golden.json"] {
            assert!(
                folder.join(name).is_file(),
                "{version} has no {name}: DUKOU_WRITE_STORED=1 bash scripts/test.sh -p dukou-store --test store stored"
            );
        }
    }
}

#[test]
fn a_folder_of_every_version_is_opened_and_found_whole() {
    for version in versions() {
        let place = unpack(&version);
        let before = journal_of(&place);
        let office = Office::open(&place);
        let found = office.store.read(figures).unwrap();
        assert_eq!(found, golden(&version), "{}", version.display());
        office.verified();
        // The tables as they were taken over are those the journal gives.
        let dump = office.dump();
        let config = place.config(&office.clock);
        office.close();
        Store::rebuild(&config, &mut |_, _| {}).unwrap();
        let office = Office::open(&place);
        assert_eq!(office.dump(), dump, "{}", version.display());
        assert_eq!(office.store.file(&hash_of_paper()).unwrap().unwrap(), PAPER);
        // Nothing that was written has moved by a byte, and the office goes on.
        assert_eq!(journal_of(&place), before);
        office.must(1, office.submit(700));
        office.verified();
        assert_eq!(journal_of(&place).len(), before.len() + 1);
        office.close();
    }
}

fn hash_of_paper() -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(PAPER);
    hash.iter().map(|it| format!("{it:02x}")).collect()
}

/// The journal as it lies in the file, past this program.
fn journal_of(place: &Place) -> Vec<(i64, String, Vec<u8>)> {
    let db = rusqlite::Connection::open(place.database()).unwrap();
    let mut rows = db
        .prepare("SELECT seq, bytes, hash FROM journal ORDER BY seq")
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

on_both_engines! { an_archive_of_every_version_is_taken_in }

fn an_archive_of_every_version_is_taken_in(place: &Place) {
    // An archive goes into an empty place, and so one version after the other.
    for (at, version) in versions().into_iter().enumerate() {
        let other = (at > 0).then(|| place.again());
        let place = other.as_ref().unwrap_or(place);
        let config = place.config(&Clock::fixed("test", morning("2026-11-27")));
        let path = version.join("archive.zip");
        let heads = Store::take_in(&config, &path, &mut |_, _| {}).unwrap();
        let mut golden = golden(&version);
        assert_eq!(heads.len(), 1);
        assert_eq!(golden["head"]["hash"], json!(heads[0].hash));
        let office = Office::open(place);
        let found = office.store.read(figures).unwrap();
        for table in &OWN[5..] {
            golden["own"][table] = json!(0);
        }
        assert_eq!(found, golden, "{}", version.display());
        office.verified();
        office.close();
    }
}
