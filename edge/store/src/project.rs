//! Read tables and books, written in the transaction of their events.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dukou_chain::contract::{Cell, Row, Table};
use dukou_chain::whole::{self, Event};
use dukou_journal::{Meta, StreamId};
use dukou_kernel::InstitutionId;

use crate::Fault;
use crate::db::{Db, Value};

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => Value::Int(*number),
        Cell::Text(text) => Value::Text(text.clone()),
    }
}

/// The INSERT of every read table, made once.
pub(crate) fn insert_sql(table: &Table) -> String {
    let mut sql = format!("INSERT INTO {} (institution, stream, line", table.name);
    for (name, _) in table.columns {
        let _ = write!(sql, ", {name}");
    }
    sql.push_str(") VALUES ($1, $2, $3");
    for at in 0..table.columns.len() {
        let _ = write!(sql, ", ${}", at + 4);
    }
    sql.push(')');
    sql
}

fn statements() -> &'static BTreeMap<&'static str, (String, String)> {
    static ALL: std::sync::OnceLock<BTreeMap<&'static str, (String, String)>> =
        std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        whole::tables()
            .iter()
            .map(|table| {
                let delete = format!(
                    "DELETE FROM {} WHERE institution = $1 AND stream = $2 AND line = $3",
                    table.name
                );
                (table.name, (insert_sql(table), delete))
            })
            .collect()
    })
}

fn by_table(rows: &[Row]) -> BTreeMap<&'static str, Vec<&Row>> {
    let mut tables: BTreeMap<&'static str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        tables.entry(row.table).or_default().push(row);
    }
    tables
}

/// Writes one row of a stream.
fn insert(
    db: &mut dyn Db,
    institution: &str,
    stream: &str,
    line: usize,
    row: &Row,
) -> Result<(), Fault> {
    let Some((sql, _)) = statements().get(row.table) else {
        return Err(Fault::Other(format!(
            "no read table is called {}",
            row.table
        )));
    };
    let mut params = Vec::with_capacity(row.cells.len() + 3);
    params.push(institution.into());
    params.push(stream.into());
    params.push(i64::try_from(line).unwrap_or(i64::MAX).into());
    params.extend(row.cells.iter().map(value));
    db.exec(sql, &params)?;
    Ok(())
}

/// Brings the rows of a stream from what they were to what they are; rows that
/// did not change are not touched.
pub(crate) fn replace(
    db: &mut dyn Db,
    institution: InstitutionId,
    stream: StreamId,
    before: &[Row],
    after: &[Row],
) -> Result<(), Fault> {
    let (institution, stream) = (institution.to_string(), stream.to_string());
    let (old, new) = (by_table(before), by_table(after));
    let none = Vec::new();
    for table in whole::tables() {
        let old = old.get(table.name).unwrap_or(&none);
        let new = new.get(table.name).unwrap_or(&none);
        for line in 0..old.len().max(new.len()) {
            let (was, is) = (old.get(line), new.get(line));
            if was == is {
                continue;
            }
            if was.is_some()
                && let Some((_, delete)) = statements().get(table.name)
            {
                let at = i64::try_from(line).unwrap_or(i64::MAX);
                let params = [
                    institution.as_str().into(),
                    stream.as_str().into(),
                    at.into(),
                ];
                db.exec(delete, &params)?;
            }
            if let Some(row) = is {
                insert(db, &institution, &stream, line, row)?;
            }
        }
    }
    Ok(())
}

/// Postings, unique names and numbers of one event.
pub(crate) fn books(db: &mut dyn Db, meta: &Meta<'_>, event: &Event) -> Result<(), Fault> {
    let institution = meta.institution.to_string();
    let stream = meta.stream.to_string();
    let mut line = 0i64;
    let mut moved: BTreeMap<String, i64> = BTreeMap::new();
    for posting in event.postings() {
        let amount = posting.amount().fen();
        for (account, signed) in [(posting.from(), -amount), (posting.to(), amount)] {
            line += 1;
            let sum = moved.entry(account.to_string()).or_default();
            *sum = sum.saturating_add(signed);
            db.exec(
                "INSERT INTO posting (institution, seq, line, stream, account, amount_minor) VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    institution.as_str().into(),
                    meta.seq.into(),
                    line.into(),
                    stream.as_str().into(),
                    account.to_string().into(),
                    signed.into(),
                ],
            )?;
        }
    }
    for (account, amount) in moved.into_iter().filter(|(_, it)| *it != 0) {
        db.exec(
            "INSERT INTO balance (institution, account, amount_minor) VALUES ($1, $2, $3) \
             ON CONFLICT (institution, account) DO UPDATE SET amount_minor = balance.amount_minor + excluded.amount_minor",
            &[institution.as_str().into(), account.into(), amount.into()],
        )?;
    }
    for (claim, taken) in event.claims() {
        let key = [
            institution.as_str().into(),
            claim.kind.into(),
            claim.value.as_str().into(),
        ];
        db.exec(
            "DELETE FROM claim WHERE institution = $1 AND kind = $2 AND value = $3",
            &key,
        )?;
        if taken {
            let [a, b, c] = key;
            db.exec(
                "INSERT INTO claim (institution, kind, value, stream) VALUES ($1, $2, $3, $4)",
                &[a, b, c, stream.as_str().into()],
            )?;
        }
    }
    for (series, number) in event.numbers() {
        let key = [institution.as_str().into(), series.as_str().into()];
        db.exec(
            "DELETE FROM counter WHERE institution = $1 AND series = $2",
            &key,
        )?;
        let [a, b] = key;
        db.exec(
            "INSERT INTO counter (institution, series, last) VALUES ($1, $2, $3)",
            &[a, b, i64::from(number).into()],
        )?;
    }
    Ok(())
}

/// Remembers the key of a command with the entries it made.
pub(crate) fn remember_key(
    db: &mut dyn Db,
    institution: &str,
    key: &str,
    request: &str,
    at: (&str, i64, i64, i64),
) -> Result<(), Fault> {
    let (stream, first, last, version) = at;
    db.exec(
        "INSERT INTO command_key (institution, key, request, stream, first_seq, last_seq, version) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            institution.into(),
            key.into(),
            request.into(),
            stream.into(),
            first.into(),
            last.into(),
            version.into(),
        ],
    )?;
    Ok(())
}
