//! What earlier versions stored is opened for ever after: one data folder and one
//! archive per released version under `edge/store/tests/stored/`, in which every
//! kind of event of that version happened, with its head and its figures beside it.
//!
//! `DUKOU_WRITE_STORED=1 bash scripts/test.sh -p dukou-store --test store stored`
//! makes those of the present version; what is there is never written over.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dukou_store::{Clock, Db, Fault, Postgres, Store, Taking, Value as Cell};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::conformance::on_both_engines;
use crate::own::OWN;
use crate::place::*;

pub fn stored() -> PathBuf {
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

/// Found again is what a version's figures say. Tables that it did not have are not
/// among them, and from an archive those it did not hold are empty.
fn agrees(found: &Value, version: &Path, held: Option<&Value>) {
    let (mut found, mut golden) = (found.clone(), golden(version));
    for (table, rows) in golden["own"].as_object_mut().unwrap() {
        if held.is_some_and(|held| held.get(table).is_none()) {
            *rows = json!(0);
        }
    }
    let known = golden["own"].as_object().unwrap();
    let own = found["own"].as_object_mut().unwrap();
    own.retain(|table, _| known.contains_key(table));
    assert_eq!(found, golden, "{}", version.display());
}

/// The present version's folder, archive and figures; the same bytes of journal
/// whenever and wherever it is made.
fn write(version: &Path) {
    let place = Place::sqlite();
    std::fs::create_dir_all(place.folder.join("keys")).unwrap();
    std::fs::write(place.folder.join("keys/seal.key"), [7u8; 32]).unwrap();
    let office = Office::open(&place);
    office.play("story.jsonl");
    office.register(50, "李一", "1001");
    office.furnish();
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

fn manifest(archive: &Path) -> Value {
    let mut zip = ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    serde_json::from_reader(zip.by_name("manifest.json").unwrap()).unwrap()
}

pub fn unpack(version: &Path) -> Place {
    let place = Place::sqlite();
    let zip = std::fs::File::open(version.join("folder.zip")).unwrap();
    let mut zip = ZipArchive::new(zip).unwrap();
    zip.extract(&place.folder).unwrap();
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

/// The data of the present version is of its present tables: who adds a migration
/// before the release cuts it anew.
#[test]
fn the_present_version_left_its_last_tables() {
    let place = unpack(&stored().join(env!("CARGO_PKG_VERSION")));
    let db = rusqlite::Connection::open(place.database()).unwrap();
    let left: i64 = db
        .query_row("SELECT MAX(version) FROM schema_version", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(
        left,
        i64::try_from(migrations().len()).unwrap(),
        "remove the folder of this version, then DUKOU_WRITE_STORED=1 bash scripts/test.sh -p dukou-store --test store stored"
    );
    for table in OWN {
        let rows: i64 = db
            .query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(rows > 0, "{table} is empty");
    }
}

/// The migrations' texts, oldest first.
pub fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    paths.sort();
    let texts = paths.iter().map(|it| std::fs::read_to_string(it).unwrap());
    texts.collect()
}

/// Guards as the tables of every stored version have them on PostgreSQL.
const GUARDS: &str = "\
CREATE FUNCTION dukou_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE FUNCTION dukou_next_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM journal WHERE institution = NEW.institution), 0) THEN
RAISE EXCEPTION 'only the next entry may be appended to the journal'; END IF; RETURN NEW; END $$;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_next_only BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION dukou_next_only();";

/// A version's folder as that version would have left it on PostgreSQL: the tables by
/// the migrations it had, and every row that is not derived.
fn on_postgres(from: &Place, to: &Place) {
    let old = rusqlite::Connection::open(from.database()).unwrap();
    let schema: u32 = old
        .query_row("SELECT MAX(version) FROM schema_version", [], |row| {
            row.get(0)
        })
        .unwrap();
    let mut new = Postgres::connect(to.url.as_ref().unwrap()).unwrap();
    new.script("CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, at_ms BIGINT NOT NULL); CREATE TABLE store_meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)").unwrap();
    for text in migrations().iter().take(schema.try_into().unwrap()) {
        new.script(&text.replace("{bytes}", "BYTEA")).unwrap();
    }
    new.script(GUARDS).unwrap();
    for table in OWN.into_iter().chain(["schema_version", "journal", "head"]) {
        let Ok(mut rows) = old.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")) else {
            continue;
        };
        let names = rows.column_names().collect::<Vec<_>>().join(", ");
        let width = rows.column_count();
        let places: Vec<String> = (1..=width).map(|at| format!("${at}")).collect();
        let sql = format!(
            "INSERT INTO {table} ({names}) VALUES ({})",
            places.join(", ")
        );
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<Cell> = (0..width)
                .map(|at| match row.get_ref(at).unwrap() {
                    ValueRef::Integer(number) => Cell::Int(number),
                    ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec()).unwrap()),
                    ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
                    other => {
                        assert_eq!(other, ValueRef::Null);
                        Cell::Null
                    }
                })
                .collect();
            new.exec(&sql, &cells).unwrap();
        }
    }
    new.script("SELECT 1").unwrap();
    for (name, bytes) in from.files() {
        if !name.to_string_lossy().starts_with("dukou.sqlite") {
            let path = to.folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

#[test]
fn a_database_of_every_version_is_brought_up_to_date_in_place() {
    for version in versions() {
        let Some(place) = Place::postgres() else {
            return;
        };
        let from = unpack(&version);
        on_postgres(&from, &place);
        let office = Office::open(&place);
        agrees(&office.store.read(figures).unwrap(), &version, None);
        office.verified();
        office.must(1, office.submit(700));
        office.verified();
        office.close();
    }
}

#[test]
fn a_folder_of_every_version_is_opened_and_found_whole() {
    for version in versions() {
        let place = unpack(&version);
        let before = journal_of(&place);
        let office = Office::open(&place);
        let found = office.store.read(figures).unwrap();
        agrees(&found, &version, None);
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
        let heads = Store::take_in(&config, &path, Taking::Whole, &mut |_, _| {})
            .unwrap()
            .heads;
        assert_eq!(heads.len(), 1);
        assert_eq!(golden(&version)["head"]["hash"], json!(heads[0].hash));
        let office = Office::open(place);
        let found = office.store.read(figures).unwrap();
        let tables = &manifest(&path)["institutions"][0]["tables"];
        agrees(&found, &version, Some(tables));
        office.verified();
        office.close();
    }
}
