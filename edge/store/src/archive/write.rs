//! Writing an archive.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::Path;

use dukou_journal::hex;
use dukou_kernel::{InstitutionId, Text, text};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::part::Part;
use super::{
    Archived, ArchivedHead, FORMAT, Manifest, ManifestHead, ManifestPart, OWN, VERSION, goes_along,
};
use crate::check::{self, Walk, Wrong};
use crate::commitments::Texts;
use crate::db::{Db, Value};
use crate::rebuild::{self, Progress};
use crate::store::Store;
use crate::{Fault, dialect, schema};

type Out = ZipWriter<BufWriter<File>>;

fn unwritable(error: impl ToString) -> Fault {
    Fault::Other(format!(
        "the archive cannot be written: {}",
        error.to_string()
    ))
}

/// Writes the archive of one institution, or of all with `None`, as of one
/// moment; the server may go on.
///
/// # Errors
/// When something cannot be read or written, was changed behind the program's
/// back, or no such institution is there; then no archive is left.
pub(crate) fn write(
    store: &Store,
    path: &Path,
    only: Option<InstitutionId>,
    progress: &mut Progress<'_>,
) -> Result<Archived, Fault> {
    let (part, file) = Part::begin(path)?;
    let mut out = ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
    let archived = store.read(|db| {
        db.script(dialect::snapshot(db.engine()))?;
        let outcome = inside(db, store, &mut out, only, progress);
        db.script("COMMIT")?;
        outcome
    })?;
    let mut buffer = out.finish().map_err(unwritable)?;
    buffer.flush().map_err(unwritable)?;
    part.finish(buffer.get_ref())?;
    Ok(archived)
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
) -> Result<Archived, Fault> {
    let mut all = rebuild::institutions(db)?;
    if let Some(wanted) = only {
        all.retain(|it| *it == wanted);
    }
    if all.is_empty() {
        return Err(Fault::Other("there is no such institution".to_owned()));
    }
    let total = rebuild::entry_count(db)?;
    let mut done = 0;
    let mut notes = Vec::new();
    let mut institutions = Vec::new();
    if store.existing_seal_key().is_none() {
        notes.push(text!(
            "没有封印密钥 keys/seal.key，链头的封印没有核对。",
            "keys/seal.key is missing: the seals on the heads were not checked."
        ));
    }
    for institution in all {
        let part = write_institution(db, store, out, institution, &mut || {
            done += 1;
            if done % 5_000 == 0 {
                progress(done, total);
            }
        })?;
        notes.extend(part.notes());
        institutions.push(part);
    }
    let folder = match only {
        Some(_) => Vec::new(),
        None => write_folder(store, out)?,
    };
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schema::newest(),
        institutions,
        folder,
    };
    out.start_file("manifest.json", member())
        .map_err(unwritable)?;
    let json = serde_json::to_string(&manifest).map_err(unwritable)?;
    writeln!(out, "{json}").map_err(unwritable)?;
    Ok(Archived {
        heads: manifest
            .institutions
            .iter()
            .map(ManifestPart::head)
            .collect(),
        notes,
    })
}

fn write_institution(
    db: &mut dyn Db,
    store: &Store,
    out: &mut Out,
    institution: InstitutionId,
    each: &mut dyn FnMut(),
) -> Result<ManifestPart, Fault> {
    let walk = write_journal(db, store, out, institution, each)?;
    let head = sealed_head(db, store, institution, &walk)?;
    let mut tables = std::collections::BTreeMap::new();
    for (table, columns) in OWN {
        let rows = write_table(db, out, institution, (table, columns))?;
        tables.insert((*table).to_owned(), rows);
    }
    let mut part = ManifestPart {
        institution,
        entries: u64::try_from(head.seq).unwrap_or(0),
        head: ManifestHead {
            seq: head.seq,
            hash: head.hash,
        },
        tables,
        files: 0,
        missing: Vec::new(),
        altered: Vec::new(),
        erased: Vec::new(),
    };
    write_files(db, store, out, walk, &mut part)?;
    Ok(part)
}

fn unproven(institution: InstitutionId, (_, seq, why): Wrong) -> Fault {
    Fault::Unproven {
        institution: institution.to_string(),
        seq,
        why,
    }
}

/// Every entry as it was hashed, held to the stored hashes and all else.
fn write_journal(
    db: &mut dyn Db,
    store: &Store,
    out: &mut Out,
    institution: InstitutionId,
    each: &mut dyn FnMut(),
) -> Result<Walk, Fault> {
    out.start_file(format!("{institution}/journal.jsonl"), member())
        .map_err(unwritable)?;
    let mut walk = Walk::new(institution, &store.saved_heads());
    let sql = format!(
        "SELECT {} FROM journal WHERE institution = $1 ORDER BY seq",
        check::COLUMNS
    );
    db.each(&sql, &[institution.to_string().into()], &mut |row| {
        walk.row(row)
            .map_err(|wrong| unproven(institution, wrong))?;
        each();
        out.write_all(row.text(1).as_bytes())
            .and_then(|()| out.write_all(b"\n"))
            .map_err(unwritable)
    })?;
    Ok(walk)
}

/// The head, when the stored one is the same, its seal opens, no head saved earlier
/// says otherwise, and the names beside the journal are those it commits to.
fn sealed_head(
    db: &mut dyn Db,
    store: &Store,
    institution: InstitutionId,
    walk: &Walk,
) -> Result<ArchivedHead, Fault> {
    let (seq, hash) = (walk.chain.seq(), walk.chain.hash());
    let found = |why: Text| unproven(institution, ("head", seq, why));
    let row = db.row(
        "SELECT seq, hash, seal FROM head WHERE institution = $1",
        &[institution.to_string().into()],
    )?;
    let row = row.filter(|row| row.int(0) == seq && row.bytes(1) == hash);
    let key = store.existing_seal_key();
    let Some(row) = row else {
        return Err(found(text!(
            "记录的末尾不是链头所在。",
            "The journal does not end where its head stands."
        )));
    };
    if key.is_some_and(|key| !key.opens(institution, seq, hash, row.bytes(2))) {
        return Err(found(text!(
            "链头的封印不对：尾部可能被截去，或链被整体改写。",
            "The seal on the head is wrong: the tail may have been cut, or the chain rewritten."
        )));
    }
    if let Some(wrong) = walk.against_saved().into_iter().next() {
        return Err(unproven(institution, wrong));
    }
    let texts = Texts::of(db, institution)?;
    if let Some(why) = walk.commitments.broken(&texts).into_iter().next() {
        return Err(found(why));
    }
    Ok(ArchivedHead {
        institution,
        seq,
        hash: hex(hash),
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

/// Evidence that entries or uploads name. What is missing or altered is written
/// down instead: one lost file must not cost every backup after it.
fn write_files(
    db: &mut dyn Db,
    store: &Store,
    out: &mut Out,
    walk: Walk,
    part: &mut ManifestPart,
) -> Result<(), Fault> {
    let named = walk.evidence();
    let mut evidence = named.wanted;
    part.erased = named.gone.into_iter().collect();
    let rows = db.rows(
        "SELECT hash FROM file WHERE institution = $1",
        &[part.institution.to_string().into()],
    )?;
    evidence.extend(rows.iter().map(|row| row.text(0).to_owned()));
    for hash in evidence {
        let Some((path, mut file)) = store.open_file(&hash)? else {
            part.missing.push(hash);
            continue;
        };
        let reading = || format!("reading {}", path.display());
        let whole = copied(&mut file, &mut std::io::sink()).map_err(Fault::io(reading()))?;
        if whole != hash {
            part.altered.push(hash);
            continue;
        }
        file.rewind().map_err(Fault::io(reading()))?;
        out.start_file(part.member(&format!("files/{hash}")), member())
            .map_err(unwritable)?;
        if copied(&mut file, out).map_err(unwritable)? == hash {
            part.files += 1;
        } else {
            out.abort_file().map_err(unwritable)?;
            part.altered.push(hash);
        }
    }
    Ok(())
}

/// Copies to the end and gives back the SHA-256 of what was copied, in hex.
pub(super) fn copied(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|it| !it.is_empty()) else {
            return Ok(hex(&hasher.finalize()));
        };
        hasher.update(bytes);
        to.write_all(bytes)?;
    }
}

/// Settings, saved heads and holiday arrangements that lie in the data folder.
fn write_folder(store: &Store, out: &mut Out) -> Result<Vec<String>, Fault> {
    let root = store.root();
    let mut names = vec!["config.toml".to_owned(), "heads.log".to_owned()];
    if let Ok(years) = std::fs::read_dir(root.join("calendar")) {
        names.extend(
            years
                .flatten()
                .map(|it| format!("calendar/{}", it.file_name().to_string_lossy())),
        );
    }
    names.retain(|name| goes_along(name) && root.join(name).is_file());
    names.sort();
    for name in &names {
        let path = root.join(name);
        let bytes =
            std::fs::read(&path).map_err(Fault::io(format!("reading {}", path.display())))?;
        out.start_file(format!("folder/{name}"), member())
            .and_then(|()| out.write_all(&bytes).map_err(ZipError::Io))
            .map_err(unwritable)?;
    }
    Ok(names)
}
