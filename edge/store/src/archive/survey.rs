//! Looking an archive through, to its last line, before anything is made of it.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use dukou_journal::{Entry, Hash, hex};
use dukou_kernel::InstitutionId;
use serde_json::Map;
use zip::ZipArchive;

use super::write::copied;
use super::{FORMAT, LONGEST, MEMBERS, Manifest, ManifestPart, OWN, VERSION, broken, goes_along};
use crate::check::{Saved, Walk};
use crate::commitments::Texts;
use crate::db::Value;
use crate::{Fault, schema};

pub(super) type In = ZipArchive<BufReader<File>>;

/// An archive that was looked through and found whole.
pub(super) struct Survey {
    pub archive: In,
    pub manifest: Manifest,
    /// Logins of all its accounts.
    pub logins: Vec<String>,
}

/// Opens an archive and looks all of it through.
///
/// # Errors
/// What is wrong with it, and what is newer than this program.
pub(super) fn survey(path: &Path, limit: u64) -> Result<Survey, Fault> {
    let file = File::open(path).map_err(Fault::io(format!("opening {}", path.display())))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    if archive.len() > MEMBERS {
        return Err(broken(format!("it has more than {MEMBERS} members")));
    }
    let manifest = manifest(&mut archive)?;
    members(&archive, &manifest)?;
    let saved = saved_heads(&mut archive, &manifest)?;
    let mut logins = Vec::new();
    for part in &manifest.institutions {
        institution(&mut archive, part, &saved, limit, &mut logins)?;
    }
    Ok(Survey {
        archive,
        manifest,
        logins,
    })
}

fn manifest(archive: &mut In) -> Result<Manifest, Fault> {
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
    schema::known(manifest.schema)?;
    let known = |name: &str| OWN.iter().any(|(table, _)| *table == name);
    let mut seen = HashSet::new();
    for part in &manifest.institutions {
        if !seen.insert(part.institution) {
            return Err(broken("its manifest names an institution twice"));
        }
        if let Some(table) = part.tables.keys().find(|name| !known(name)) {
            return Err(broken(format!(
                "it has the table {table}, which this program does not know; use a newer program"
            )));
        }
    }
    if seen.is_empty() {
        return Err(broken("it holds no institution"));
    }
    Ok(manifest)
}

/// Nothing lies in the archive that its manifest does not name: what a newer program
/// put there is not dropped without a word.
fn members(archive: &In, manifest: &Manifest) -> Result<(), Fault> {
    for name in archive.file_names() {
        let name = name.map_err(broken)?;
        let known = match name.split_once('/') {
            None => name == "manifest.json",
            Some(("folder", rest)) => {
                goes_along(rest) && manifest.folder.iter().any(|it| it == rest)
            }
            Some((id, rest)) => manifest
                .institutions
                .iter()
                .find(|part| part.institution.to_string() == id)
                .is_some_and(|part| expected(part, rest)),
        };
        if !known {
            return Err(broken(format!(
                "it has the member {name}, which this program does not know; use a newer program"
            )));
        }
    }
    Ok(())
}

fn expected(part: &ManifestPart, name: &str) -> bool {
    match name.strip_prefix("files/") {
        Some(hash) => dukou_journal::is_commitment(hash),
        None => name
            .strip_suffix(".jsonl")
            .is_some_and(|table| table == "journal" || part.tables.contains_key(table)),
    }
}

/// A file of the data folder, bounded.
pub(super) fn folder_file(archive: &mut In, name: &str) -> Result<Vec<u8>, Fault> {
    let name = format!("folder/{name}");
    let member = archive
        .by_name(&name)
        .map_err(|_| broken(format!("{name} is missing")))?;
    let mut bytes = Vec::new();
    let read = member
        .take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(broken)?;
    match u64::try_from(read) {
        Ok(read) if read < LONGEST => Ok(bytes),
        _ => Err(broken(format!("{name} is too long"))),
    }
}

fn saved_heads(archive: &mut In, manifest: &Manifest) -> Result<Vec<Saved>, Fault> {
    for name in &manifest.folder {
        folder_file(archive, name)?;
    }
    if !manifest.folder.iter().any(|it| it == "heads.log") {
        return Ok(Vec::new());
    }
    let bytes = folder_file(archive, "heads.log")?;
    let text = String::from_utf8(bytes).map_err(broken)?;
    let known = |saved: &Saved| {
        let all = &manifest.institutions;
        all.iter().any(|part| part.institution == saved.0)
    };
    let heads = crate::folder::heads_in(&text);
    match heads.iter().find(|saved| !known(saved)) {
        Some((who, _, _)) => Err(broken(format!(
            "the journal of {who} is gone; a head of it was saved"
        ))),
        None => Ok(heads),
    }
}

fn institution(
    archive: &mut In,
    part: &ManifestPart,
    saved: &[Saved],
    limit: u64,
    logins: &mut Vec<String>,
) -> Result<(), Fault> {
    let walk = journal(archive, part, saved, &mut |_, _, _| Ok(()))?;
    if let Some((_, seq, why)) = walk.against_saved().into_iter().next() {
        return Err(unreadable(part.institution, seq, why.en));
    }
    let named = walk.evidence();
    if let Some(hash) = named.gone.intersection(&hashes(archive, part)).next() {
        return Err(broken(format!(
            "evidence {hash} names somebody who was erased, and must not be in it"
        )));
    }
    let mut wanted = named.wanted;
    let mut texts = Texts::default();
    for (table, columns) in OWN {
        table_rows(archive, part, (table, columns), &mut |row| {
            match (*table, row) {
                ("file", [Value::Text(hash), ..]) => {
                    wanted.insert(hash.clone());
                }
                ("account", [_, _, Value::Text(login), ..]) => logins.push(login.clone()),
                ("sealed", [Value::Text(subject), Value::Text(field), Value::Text(text)]) => {
                    texts.take(subject, field, text);
                }
                _ => {}
            }
            Ok(())
        })?;
    }
    if let Some(why) = walk.commitments.broken(&texts).into_iter().next() {
        return Err(broken(why.en));
    }
    evidence(archive, part, &wanted, limit)
}

pub(super) fn unreadable(institution: InstitutionId, seq: i64, why: impl ToString) -> Fault {
    crate::journal::unreadable(institution, seq, why)
}

/// Takes an entry with its bytes and its hash.
type EachLine<'a> = dyn FnMut(&Entry<'_>, &str, &Hash) -> Result<(), Fault> + 'a;

/// Walks a journal in an archive from its first line to the head that the manifest
/// names; `each` takes every entry with its bytes and hash.
pub(super) fn journal(
    archive: &mut In,
    part: &ManifestPart,
    saved: &[Saved],
    each: &mut EachLine<'_>,
) -> Result<Walk, Fault> {
    let institution = part.institution;
    let mut walk = Walk::new(institution, saved);
    let end = format!("entry {} with {}", part.head.seq, part.head.hash);
    let elsewhere = |at: String| broken(format!("its journal {at}, the manifest says {end}"));
    lines(archive, &part.member("journal.jsonl"), &mut |bytes| {
        if walk.chain.seq() >= part.head.seq {
            return Err(elsewhere("goes on behind its end".to_owned()));
        }
        let (entry, _) = walk
            .line(bytes)
            .map_err(|(_, seq, why)| unreadable(institution, seq, why.en))?;
        each(&entry, bytes, walk.chain.hash())
    })?;
    let (seq, hash) = (walk.chain.seq(), hex(walk.chain.hash()));
    let counted = u64::try_from(seq).ok() == Some(part.entries);
    if seq != part.head.seq || hash != part.head.hash || !counted {
        return Err(elsewhere(format!("ends at entry {seq} with {hash}")));
    }
    Ok(walk)
}

/// Reads the rows of an own table, each as its columns in order, and holds their
/// number to the manifest's. A table that an older program did not have has none.
pub(super) fn table_rows(
    archive: &mut In,
    part: &ManifestPart,
    (table, columns): (&str, &[&str]),
    each: &mut dyn FnMut(&[Value]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some(expected) = part.tables.get(table) else {
        return Ok(());
    };
    let wrong = |found: &str| {
        broken(format!(
            "{table} has {found} rows, its manifest says {expected}"
        ))
    };
    let mut rows = 0;
    lines(
        archive,
        &part.member(&format!("{table}.jsonl")),
        &mut |line| {
            if rows == *expected {
                return Err(wrong("more"));
            }
            rows += 1;
            let mut row: Map<String, serde_json::Value> =
                serde_json::from_str(line).map_err(broken)?;
            let mut values = Vec::with_capacity(columns.len());
            for column in columns {
                values.push(match row.remove(*column) {
                    None | Some(serde_json::Value::Null) => Value::Null,
                    Some(serde_json::Value::String(text)) => Value::Text(text),
                    Some(other) => {
                        Value::Int(other.as_i64().ok_or_else(|| {
                            broken(format!("{table}.{column} is no whole number"))
                        })?)
                    }
                });
            }
            if let Some(column) = row.keys().next() {
                return Err(broken(format!(
                    "{table} has the column {column}, which this program does not know; use a newer program"
                )));
            }
            each(&values)
        },
    )?;
    match rows == *expected {
        true => Ok(()),
        false => Err(wrong(&rows.to_string())),
    }
}

/// Names of an institution's evidence in an archive.
pub(super) fn hashes(archive: &In, part: &ManifestPart) -> BTreeSet<String> {
    let head = part.member("files/");
    archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.strip_prefix(&head)?.to_owned()))
        .collect()
}

/// Evidence is what its name says, as many as the manifest says, and whatever is
/// wanted is there or was written down as missing.
fn evidence(
    archive: &mut In,
    part: &ManifestPart,
    wanted: &BTreeSet<String>,
    limit: u64,
) -> Result<(), Fault> {
    let there = hashes(archive, part);
    let count = u64::try_from(there.len()).unwrap_or(u64::MAX);
    if count != part.files {
        return Err(broken(format!(
            "it has {count} files, its manifest says {}",
            part.files
        )));
    }
    let lost: BTreeSet<&String> = part.missing.iter().chain(&part.altered).collect();
    if let Some(hash) = wanted
        .iter()
        .find(|it| !there.contains(*it) && !lost.contains(it))
    {
        return Err(broken(format!("evidence {hash} is missing")));
    }
    for hash in &there {
        open_evidence(archive, part, hash, limit, &mut std::io::sink())?;
    }
    Ok(())
}

/// Copies a file out of the archive, when it is what its name says.
pub(super) fn open_evidence(
    archive: &mut In,
    part: &ManifestPart,
    hash: &str,
    limit: u64,
    to: &mut impl std::io::Write,
) -> Result<(), Fault> {
    let name = part.member(&format!("files/{hash}"));
    let member = archive.by_name(&name).map_err(broken)?;
    let mut bounded = member.take(limit.saturating_add(1));
    let found = copied(&mut bounded, to).map_err(broken)?;
    if bounded.limit() == 0 {
        return Err(broken(format!(
            "evidence {hash} is larger than {limit} bytes; raise upload_mb"
        )));
    }
    match found == hash {
        true => Ok(()),
        false => Err(broken(format!("evidence {hash} was altered"))),
    }
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
