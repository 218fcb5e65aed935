//! 整校导出、备份与恢复 — one institution or a whole installation as one file,
//! in open formats that docs/archive.md describes: journal lines exactly as they
//! were hashed, own tables as JSON, evidence by its hash, all in a ZIP.
//!
//! Reading trusts nothing: names in the archive are looked up, never followed;
//! the chain is walked before anything is kept, and the head must be the one that
//! the manifest names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use dukou_journal::{Chain, Hash, SealKey, genesis, next_hash};
use dukou_kernel::InstitutionId;
use serde::Deserialize;
use serde_json::{Map, json};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::commitments::Commitments;
use crate::db::{Db, Value};
use crate::rebuild::{self, Progress};
use crate::store::{Config, Store};
use crate::verify::collect_files;
use crate::{Fault, dialect, files, journal, schema};

/// The archive's format; a reader refuses what is newer.
const VERSION: u64 = 1;
const FORMAT: &str = "dukou-archive";
/// The longest line a reader takes.
const LONGEST: u64 = 16 << 20;

/// Own tables that belong to an institution: what the journal does not hold and
/// an office would miss. Sessions, invitations and drafts are left behind.
const OWN: &[(&str, &[&str])] = &[
    ("sealed", &["subject", "field", "text"]),
    (
        "file",
        &[
            "hash",
            "name",
            "media",
            "size",
            "uploaded_at",
            "uploaded_by",
        ],
    ),
    (
        "account",
        &[
            "id",
            "person",
            "login",
            "password_hash",
            "totp_secret",
            "totp_last_step",
            "failed",
            "locked_until",
            "created_at",
            "disabled",
        ],
    ),
    ("saved_view", &["person", "list", "name", "query"]),
    ("import_mapping", &["fingerprint", "mapping", "saved_at"]),
    (
        "audit",
        &[
            "id", "at_ms", "person", "kind", "action", "path", "status", "via", "address",
        ],
    ),
];

/// The newest entry of an institution in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedHead {
    /// Which.
    pub institution: InstitutionId,
    /// Its number.
    pub seq: i64,
    /// Its hash in hex.
    pub hash: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn broken(why: impl ToString) -> Fault {
    Fault::Other(format!("the archive cannot be read: {}", why.to_string()))
}

fn unwritable(error: impl ToString) -> Fault {
    Fault::Other(format!(
        "the archive cannot be written: {}",
        error.to_string()
    ))
}

type Out = ZipWriter<BufWriter<File>>;

/// Writes the archive of one institution, or of all with `None`, as of one
/// moment; the server may go on.
///
/// # Errors
/// When something cannot be read or written, or no such institution is there.
pub(crate) fn write(
    store: &Store,
    path: &Path,
    only: Option<InstitutionId>,
    progress: &mut Progress<'_>,
) -> Result<Vec<ArchivedHead>, Fault> {
    let file = File::create_new(path).map_err(Fault::io(format!("making {}", path.display())))?;
    let outcome = fill(store, file, only, progress);
    if outcome.is_err() {
        let _ = std::fs::remove_file(path);
    }
    outcome
}

fn fill(
    store: &Store,
    file: File,
    only: Option<InstitutionId>,
    progress: &mut Progress<'_>,
) -> Result<Vec<ArchivedHead>, Fault> {
    let mut out = ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
    let heads = store.read(|db| {
        db.script(dialect::snapshot(db.engine()))?;
        let outcome = inside(db, store, &mut out, only, progress);
        db.script("COMMIT")?;
        outcome
    })?;
    let mut buffer = out.finish().map_err(unwritable)?;
    buffer
        .flush()
        .and_then(|()| buffer.get_ref().sync_all())
        .map_err(unwritable)?;
    Ok(heads)
}

fn member() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .large_file(true)
        .compression_level(Some(1))
        .unix_permissions(0o600)
}

fn inside(
    db: &mut dyn Db,
    store: &Store,
    out: &mut Out,
    only: Option<InstitutionId>,
    progress: &mut Progress<'_>,
) -> Result<Vec<ArchivedHead>, Fault> {
    let mut all = rebuild::institutions(db)?;
    if let Some(wanted) = only {
        all.retain(|it| *it == wanted);
    }
    if all.is_empty() {
        return Err(Fault::Other("there is no such institution".to_owned()));
    }
    let total = rebuild::entry_count(db)?;
    let mut done = 0;
    let mut heads = Vec::new();
    let mut parts = Vec::new();
    for institution in all {
        let entries = done;
        let mut evidence = BTreeSet::new();
        let key = store.existing_seal_key();
        let head = write_journal(db, out, institution, key.as_ref(), &mut |bytes| {
            done += 1;
            if done % 5_000 == 0 {
                progress(done, total);
            }
            collect_files(bytes, &mut evidence);
        })?;
        let mut tables = Map::new();
        for (table, columns) in OWN {
            let rows = write_table(db, out, institution, (table, columns))?;
            tables.insert((*table).to_owned(), json!(rows));
        }
        let evidence = write_files(db, store, out, (institution, evidence))?;
        parts.push(json!({
            "institution": institution.to_string(), "entries": done - entries,
            "head": {"seq": head.seq, "hash": head.hash}, "tables": tables, "files": evidence,
        }));
        heads.push(head);
    }
    out.start_file("manifest.json", member())
        .map_err(unwritable)?;
    let manifest = json!({
        "format": FORMAT, "version": VERSION, "program": env!("CARGO_PKG_VERSION"),
        "schema": schema::newest(), "institutions": parts,
    });
    writeln!(out, "{manifest}").map_err(unwritable)?;
    Ok(heads)
}

/// Every entry as it was hashed. What was changed behind the program's back is not
/// dressed up with a new head: the chain is walked against the stored hashes, and must
/// end where the sealed head says.
fn write_journal(
    db: &mut dyn Db,
    out: &mut Out,
    institution: InstitutionId,
    key: Option<&SealKey>,
    each: &mut dyn FnMut(&str),
) -> Result<ArchivedHead, Fault> {
    out.start_file(format!("{institution}/journal.jsonl"), member())
        .map_err(unwritable)?;
    let mut chain = Chain::new(institution);
    let school = [institution.to_string().into()];
    db.each_entry(
        "SELECT seq, bytes, hash FROM journal WHERE institution = $1 ORDER BY seq",
        &school,
        &mut |seq, bytes, hash| {
            chain
                .step(seq, bytes, hash)
                .map_err(|why| journal::unreadable(institution, seq, why))?;
            each(bytes);
            out.write_all(bytes.as_bytes())
                .and_then(|()| out.write_all(b"\n"))
                .map_err(unwritable)
        },
    )?;
    let (seq, hash) = (chain.seq(), *chain.hash());
    let head = db.row(
        "SELECT seq, hash, seal FROM head WHERE institution = $1",
        &school,
    )?;
    let sound = head.is_some_and(|row| {
        let same = row.int(0) == seq && row.bytes(1) == hash;
        same && key.is_none_or(|key| key.opens(institution, seq, &hash, row.bytes(2)))
    });
    if !sound {
        let why = "the journal does not end where its sealed head says; run dukou verify";
        return Err(journal::unreadable(institution, seq, why));
    }
    Ok(ArchivedHead {
        institution,
        seq,
        hash: hex(&hash),
    })
}

fn write_table(
    db: &mut dyn Db,
    out: &mut Out,
    institution: InstitutionId,
    (table, columns): (&str, &[&str]),
) -> Result<u64, Fault> {
    out.start_file(format!("{institution}/{table}.jsonl"), member())
        .map_err(unwritable)?;
    let order = columns
        .iter()
        .take(4)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT {} FROM {table} WHERE institution = $1 ORDER BY {order}",
        columns.join(", ")
    );
    let mut rows = 0;
    db.each(&sql, &[institution.to_string().into()], &mut |row| {
        let mut line = Map::new();
        for (at, column) in columns.iter().enumerate() {
            let value = match row.get(at) {
                Value::Null => serde_json::Value::Null,
                Value::Int(number) => json!(number),
                Value::Text(text) => json!(text),
                Value::Bytes(bytes) => json!(hex(bytes)),
            };
            line.insert((*column).to_owned(), value);
        }
        rows += 1;
        writeln!(out, "{}", serde_json::Value::Object(line)).map_err(unwritable)
    })?;
    Ok(rows)
}

fn write_files(
    db: &mut dyn Db,
    store: &Store,
    out: &mut Out,
    (institution, mut evidence): (InstitutionId, BTreeSet<String>),
) -> Result<u64, Fault> {
    let rows = db.rows(
        "SELECT hash FROM file WHERE institution = $1",
        &[institution.to_string().into()],
    )?;
    evidence.extend(rows.iter().map(|row| row.text(0).to_owned()));
    let mut written = 0;
    for hash in &evidence {
        let bytes = store
            .file(hash)?
            .ok_or_else(|| Fault::Other(format!("evidence {hash} is missing; run dukou verify")))?;
        out.start_file(format!("{institution}/files/{hash}"), member())
            .and_then(|()| out.write_all(&bytes).map_err(ZipError::Io))
            .map_err(unwritable)?;
        written += 1;
    }
    Ok(written)
}

type In = ZipArchive<BufReader<File>>;

/// Takes an archive into an installation that has none of its institutions yet,
/// and makes every derived table. All or nothing.
///
/// # Errors
/// When the archive is damaged, altered or newer, an institution is there
/// already, or the data is in use or cannot be written.
pub(crate) fn read(
    config: &Config,
    path: &Path,
    progress: &mut Progress<'_>,
) -> Result<Vec<ArchivedHead>, Fault> {
    let file = File::open(path).map_err(Fault::io(format!("opening {}", path.display())))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let manifest = manifest(&mut archive)?;
    let parts: Vec<ArchivedHead> = manifest.iter().map(|(head, _)| head.clone()).collect();
    // Makes folder, keys and tables as a first start would.
    let mut store = Store::open(config.clone())?;
    let known = store.institutions()?;
    for part in &parts {
        if known.contains(&part.institution) {
            return Err(Fault::Other(format!(
                "institution {} is here already; take the archive into an empty folder",
                part.institution
            )));
        }
    }
    for part in &parts {
        read_files(&mut archive, &store, part.institution)?;
    }
    store.close();
    drop(store);
    let (mut db, key, _lock) = Store::alone(config)?;
    db.script(dialect::begin(db.engine()))?;
    let outcome = manifest
        .iter()
        .try_for_each(|part| take(db.as_mut(), &mut archive, part, &key, progress));
    db.script(if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    outcome?;
    Ok(parts)
}

/// What a reader needs of the manifest.
#[derive(Deserialize)]
struct Manifest {
    format: String,
    version: u64,
    institutions: Vec<ManifestPart>,
}

#[derive(Deserialize)]
struct ManifestPart {
    institution: String,
    head: ManifestHead,
    tables: Tables,
}

/// Rows per own table. What an older program did not have yet is not named.
type Tables = BTreeMap<String, u64>;

#[derive(Deserialize)]
struct ManifestHead {
    seq: i64,
    hash: String,
}

fn manifest(archive: &mut In) -> Result<Vec<(ArchivedHead, Tables)>, Fault> {
    let member = archive
        .by_name("manifest.json")
        .map_err(|_| broken("it has no manifest.json, so it is no archive of this program"))?;
    let mut json = String::new();
    member
        .take(LONGEST)
        .read_to_string(&mut json)
        .map_err(broken)?;
    let manifest: Manifest = serde_json::from_str(&json).map_err(broken)?;
    if manifest.format != FORMAT {
        return Err(broken("it is no archive of this program"));
    }
    if manifest.version > VERSION {
        let version = manifest.version;
        return Err(broken(format!(
            "it has format {version}, this program knows {VERSION}; use a newer program"
        )));
    }
    let mut heads = Vec::new();
    for part in manifest.institutions {
        let institution = part
            .institution
            .parse()
            .map_err(|_| broken("its manifest names no institution"))?;
        let ManifestHead { seq, hash } = part.head;
        let head = ArchivedHead {
            institution,
            seq,
            hash,
        };
        heads.push((head, part.tables));
    }
    if heads.is_empty() {
        return Err(broken("it holds no institution"));
    }
    Ok(heads)
}

fn read_files(archive: &mut In, store: &Store, institution: InstitutionId) -> Result<(), Fault> {
    let head = format!("{institution}/files/");
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .filter(|name| name.starts_with(&head))
        .collect();
    for name in names {
        let hash = name.trim_start_matches(&head);
        let member = archive.by_name(&name).map_err(broken)?;
        let limit = u64::try_from(store.file_limit()).unwrap_or(u64::MAX);
        if member.size() > limit {
            return Err(broken(format!(
                "evidence {hash} is larger than {limit} bytes"
            )));
        }
        let mut bytes = Vec::new();
        member
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(broken)?;
        if files::hash_of(&bytes) != hash {
            return Err(broken(format!("evidence {hash} was altered")));
        }
        store.keep_file(hash, &bytes)?;
    }
    Ok(())
}

/// The lines of a member, each bounded.
fn lines(
    archive: &mut In,
    name: &str,
    each: &mut dyn FnMut(&str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let member = archive
        .by_name(name)
        .map_err(|_| broken(format!("{name} is missing")))?;
    let mut reader = BufReader::with_capacity(1 << 20, member);
    let mut line = String::new();
    loop {
        line.clear();
        let read = reader
            .by_ref()
            .take(LONGEST)
            .read_line(&mut line)
            .map_err(broken)?;
        if read == 0 {
            return Ok(());
        }
        let Some(text) = line.strip_suffix('\n') else {
            return Err(broken(format!("a line of {name} is cut or too long")));
        };
        each(text)?;
    }
}

fn take(
    db: &mut dyn Db,
    archive: &mut In,
    (part, tables): &(ArchivedHead, Tables),
    key: &dukou_journal::SealKey,
    progress: &mut Progress<'_>,
) -> Result<(), Fault> {
    let institution = part.institution;
    let (hash, commitments) = take_journal(db, archive, part, progress)?;
    for (table, columns) in OWN {
        let Some(expected) = tables.get(*table) else {
            continue;
        };
        let found = take_table(db, archive, institution, (table, columns))?;
        if found != *expected {
            return Err(broken(format!(
                "{table} has {found} rows, its manifest says {expected}"
            )));
        }
    }
    if let [person, ..] = commitments.broken(db, institution)?.as_slice() {
        return Err(broken(format!(
            "name or staff number of person {person} are not those the journal commits to"
        )));
    }
    db.exec(
        "INSERT INTO head (institution, seq, hash, seal) VALUES ($1, $2, $3, $4)",
        &[
            institution.to_string().into(),
            part.seq.into(),
            Value::Bytes(hash.to_vec()),
            Value::Bytes(key.seal(institution, part.seq, &hash)),
        ],
    )?;
    let mut done = 0;
    let total = u64::try_from(part.seq).unwrap_or(0);
    rebuild::books_of(db, institution, &mut done, total, progress)?;
    rebuild::views_of(db, institution)
}

fn take_journal(
    db: &mut dyn Db,
    archive: &mut In,
    part: &ArchivedHead,
    progress: &mut Progress<'_>,
) -> Result<(Hash, Commitments), Fault> {
    let institution = part.institution;
    let mut commitments = Commitments::default();
    let mut hash = genesis(institution);
    let mut seq = 0;
    let total = u64::try_from(part.seq).unwrap_or(0);
    lines(
        archive,
        &format!("{institution}/journal.jsonl"),
        &mut |bytes| {
            seq += 1;
            let (entry, event) = journal::decode(institution, seq, bytes)?;
            commitments.take(entry.meta.stream, &event);
            if entry.meta.institution != institution || entry.meta.seq != seq {
                return Err(journal::unreadable(
                    institution,
                    seq,
                    "it stands out of place",
                ));
            }
            hash = next_hash(&hash, bytes);
            journal::append(db, &entry, bytes, &hash)?;
            if seq % 5_000 == 0 {
                progress(u64::try_from(seq).unwrap_or(0), total);
            }
            Ok(())
        },
    )?;
    if seq != part.seq || hex(&hash) != part.hash {
        return Err(broken(format!(
            "its journal ends at entry {seq} with {}, the manifest says {} with {}",
            hex(&hash),
            part.seq,
            part.hash
        )));
    }
    Ok((hash, commitments))
}

fn take_table(
    db: &mut dyn Db,
    archive: &mut In,
    institution: InstitutionId,
    (table, columns): (&str, &[&str]),
) -> Result<u64, Fault> {
    let mut rows = 0;
    let places: Vec<String> = (2..columns.len() + 2).map(|at| format!("${at}")).collect();
    let sql = format!(
        "INSERT INTO {table} (institution, {}) VALUES ($1, {})",
        columns.join(", "),
        places.join(", ")
    );
    lines(
        archive,
        &format!("{institution}/{table}.jsonl"),
        &mut |line| {
            let row: Map<String, serde_json::Value> = serde_json::from_str(line).map_err(broken)?;
            let mut params = vec![Value::Text(institution.to_string())];
            for column in columns {
                params.push(match row.get(*column) {
                    None | Some(serde_json::Value::Null) => Value::Null,
                    Some(serde_json::Value::String(text)) => Value::Text(text.clone()),
                    Some(other) => {
                        Value::Int(other.as_i64().ok_or_else(|| {
                            broken(format!("{table}.{column} is no whole number"))
                        })?)
                    }
                });
            }
            db.exec(&sql, &params)?;
            rows += 1;
            Ok(())
        },
    )?;
    Ok(rows)
}
