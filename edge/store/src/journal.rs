//! Reading and appending entries.

use std::sync::Arc;

use dukou_chain::whole::{Event, State};
use dukou_journal::{Entry, Hash, StreamId};
use dukou_kernel::InstitutionId;

use crate::Fault;
use crate::db::{Db, Value};

pub(crate) fn unreadable(institution: InstitutionId, seq: i64, why: impl ToString) -> Fault {
    Fault::Journal {
        institution: institution.to_string(),
        seq,
        why: why.to_string(),
    }
}

/// Reads an entry and its event from stored bytes.
pub(crate) fn decode(
    institution: InstitutionId,
    seq: i64,
    bytes: &str,
) -> Result<(Entry<'_>, Event), Fault> {
    let entry = Entry::from_bytes(bytes).map_err(|error| unreadable(institution, seq, error))?;
    let event = Event::from_body(&entry.meta.kind, &entry.body)
        .map_err(|error| unreadable(institution, seq, error))?;
    Ok((entry, event))
}

/// The state of a stream, from its entries; version 0 when it has none.
pub(crate) fn load(
    db: &mut dyn Db,
    institution: InstitutionId,
    stream: StreamId,
) -> Result<(i64, Arc<State>), Fault> {
    let mut state = State::new(stream);
    let mut version = 0;
    db.each(
        "SELECT seq, bytes FROM journal WHERE institution = $1 AND stream = $2 ORDER BY version",
        &[institution.to_string().into(), stream.to_string().into()],
        &mut |row| {
            let (entry, event) = decode(institution, row.int(0), row.text(1))?;
            state.apply(event, entry.meta.effective);
            version = entry.meta.version;
            Ok(())
        },
    )?;
    Ok((version, Arc::new(state)))
}

/// Version of a stream.
pub(crate) fn version(
    db: &mut dyn Db,
    institution: InstitutionId,
    stream: StreamId,
) -> Result<i64, Fault> {
    let row = db.row(
        "SELECT COALESCE(MAX(version), 0) FROM journal WHERE institution = $1 AND stream = $2",
        &[institution.to_string().into(), stream.to_string().into()],
    )?;
    Ok(row.map_or(0, |row| row.int(0)))
}

/// Entries of a stream with their hashes, oldest first.
pub(crate) fn entries(
    db: &mut dyn Db,
    institution: InstitutionId,
    stream: StreamId,
) -> Result<Vec<(Entry<'static>, Vec<u8>)>, Fault> {
    let mut list = Vec::new();
    db.each(
        "SELECT seq, bytes, hash FROM journal WHERE institution = $1 AND stream = $2 ORDER BY version",
        &[institution.to_string().into(), stream.to_string().into()],
        &mut |row| {
            let entry = Entry::from_bytes(row.text(1))
                .map_err(|error| unreadable(institution, row.int(0), error))?;
            list.push((entry.into_owned(), row.bytes(2).to_vec()));
            Ok(())
        },
    )?;
    Ok(list)
}

/// Writes one entry.
pub(crate) fn append(
    db: &mut dyn Db,
    entry: &Entry,
    bytes: &str,
    hash: &Hash,
) -> Result<(), Fault> {
    let meta = &entry.meta;
    db.exec(
        "INSERT INTO journal (institution, seq, stream, version, kind, at_ms, bytes, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            meta.institution.to_string().into(),
            meta.seq.into(),
            meta.stream.to_string().into(),
            meta.version.into(),
            meta.kind.as_ref().into(),
            meta.at_ms.into(),
            bytes.into(),
            Value::Bytes(hash.to_vec()),
        ],
    )?;
    Ok(())
}
