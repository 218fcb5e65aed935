//! Tables: the migrations of what is kept, and the derived tables that can be
//! made anew at any time.

use std::fmt::Write as _;

use dukou_chain::contract::{Kind, Table};
use dukou_chain::whole::{self, Event};
use dukou_journal::Entry;
use dukou_kernel::InstitutionId;
use sha2::{Digest, Sha256};

use crate::db::{Db, Value};
use crate::{Fault, dialect};

/// Migrations in order; forward only, one text for both engines.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "0001_foundation",
        include_str!("../migrations/0001_foundation.sql"),
    ),
    ("0002_tokens", include_str!("../migrations/0002_tokens.sql")),
    ("0003_audit", include_str!("../migrations/0003_audit.sql")),
    ("0004_hooks", include_str!("../migrations/0004_hooks.sql")),
    (
        "0005_answers",
        include_str!("../migrations/0005_answers.sql"),
    ),
    (
        "0006_hook_scopes",
        include_str!("../migrations/0006_hook_scopes.sql"),
    ),
    (
        "0007_secrets",
        include_str!("../migrations/0007_secrets.sql"),
    ),
];

/// Version of the newest migration.
pub fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Derived tables beside the read tables of the chain.
pub const DERIVED: &[&str] = &["posting", "balance", "claim", "counter", "command_key"];

/// Version of the data behind a connection; 0 when it is empty.
///
/// # Errors
/// When the database cannot be read.
pub fn version(db: &mut dyn Db) -> Result<i64, Fault> {
    let engine = db.engine();
    if db
        .row(dialect::table_exists(engine), &["schema_version".into()])?
        .is_none()
    {
        return Ok(0);
    }
    let row = db.row("SELECT COALESCE(MAX(version), 0) FROM schema_version", &[])?;
    Ok(row.map_or(0, |row| row.int(0)))
}

/// The version, unless it is newer than this program.
///
/// # Errors
/// [`Fault::Newer`].
pub fn known(found: i64) -> Result<i64, Fault> {
    let known = newest();
    if found > known {
        return Err(Fault::Newer { found, known });
    }
    Ok(found)
}

/// The version of what is there, unless a newer program wrote it: by its tables, or
/// by events in its journal that this program does not know.
///
/// # Errors
/// [`Fault::Newer`], [`Fault::NewerKind`].
pub fn look(db: &mut dyn Db) -> Result<i64, Fault> {
    let found = known(version(db)?)?;
    if found > 0 {
        for institution in crate::rebuild::institutions(db)? {
            kinds_of(db, institution)?;
        }
    }
    Ok(found)
}

/// From one kind to the next along the journal's own index: as many steps as there
/// are kinds, however many entries.
const KINDS: &str = "WITH RECURSIVE k(kind) AS (
SELECT MIN(kind) FROM journal WHERE institution = $1
UNION ALL
SELECT (SELECT MIN(j.kind) FROM journal j WHERE j.institution = $1 AND j.kind > k.kind) FROM k WHERE k.kind IS NOT NULL
) SELECT kind FROM k WHERE kind IS NOT NULL";

fn kinds_of(db: &mut dyn Db, institution: InstitutionId) -> Result<(), Fault> {
    let who = institution.to_string();
    let stored = db.rows(KINDS, &[who.as_str().into()])?;
    for kind in stored.iter().map(|row| row.text(0)) {
        if Event::knows(kind) {
            continue;
        }
        // A column that was changed is for `verify` to name, not a newer program's.
        let entry = db.row(
            "SELECT bytes FROM journal WHERE institution = $1 AND kind = $2 ORDER BY seq LIMIT 1",
            &[who.as_str().into(), kind.into()],
        )?;
        let bytes = entry.as_ref().map_or("", |row| row.text(0));
        if Entry::from_bytes(bytes).is_ok_and(|entry| entry.meta.kind == kind) {
            return Err(Fault::NewerKind {
                kind: kind.to_owned(),
            });
        }
    }
    Ok(())
}

/// True when a head was sealed here before.
///
/// # Errors
/// When the database cannot be read.
pub fn sealed(db: &mut dyn Db) -> Result<bool, Fault> {
    if version(db)? == 0 {
        return Ok(false);
    }
    Ok(db.row("SELECT 1 FROM head LIMIT 1", &[])?.is_some())
}

/// Brings the data up to this program's version. Data of a newer version is
/// refused before anything is written.
///
/// # Errors
/// Newer data, or what the engine says; then nothing has changed.
pub fn migrate(db: &mut dyn Db, now_ms: i64) -> Result<(), Fault> {
    let found = known(version(db)?)?;
    if found == newest() {
        return Ok(());
    }
    db.script(dialect::begin(db.engine()))?;
    let outcome = run_migrations(db, found, now_ms);
    db.script(if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    outcome
}

fn run_migrations(db: &mut dyn Db, found: i64, now_ms: i64) -> Result<(), Fault> {
    let engine = db.engine();
    if found == 0 {
        db.script("CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, at_ms BIGINT NOT NULL)")?;
        db.script("CREATE TABLE store_meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)")?;
    }
    let skip = usize::try_from(found).unwrap_or(0);
    for (number, (name, sql)) in (1i64..).zip(MIGRATIONS).skip(skip) {
        db.script(&sql.replace("{bytes}", dialect::bytes(engine)))?;
        if number == 1 {
            db.script(&dialect::journal_guards(engine))?;
        }
        db.exec(
            "INSERT INTO schema_version (version, name, at_ms) VALUES ($1, $2, $3)",
            &[number.into(), (*name).into(), now_ms.into()],
        )?;
    }
    Ok(())
}

fn column_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "BIGINT",
        Kind::Text => "TEXT",
    }
}

fn create_view(sql: &mut String, table: &Table) {
    let _ = write!(
        sql,
        "CREATE TABLE {} (institution TEXT NOT NULL, stream TEXT NOT NULL, line BIGINT NOT NULL",
        table.name
    );
    for (name, kind) in table.columns {
        let _ = write!(sql, ", {name} {}", column_type(*kind));
    }
    sql.push_str(", PRIMARY KEY (institution, stream, line));\n");
    for (number, columns) in table.indexes.iter().enumerate() {
        let _ = writeln!(
            sql,
            "CREATE INDEX {0}_i{number} ON {0} (institution, {1});",
            table.name,
            columns.join(", ")
        );
    }
}

/// The books: postings with the balance of every account, unique names, numbers,
/// and the keys of commands.
const BOOKS: &str = "CREATE TABLE posting (institution TEXT NOT NULL, seq BIGINT NOT NULL, line BIGINT NOT NULL, stream TEXT NOT NULL, account TEXT NOT NULL, amount_minor BIGINT NOT NULL, PRIMARY KEY (institution, seq, line));
CREATE INDEX posting_account ON posting (institution, account);
CREATE INDEX posting_stream ON posting (institution, stream);
CREATE TABLE balance (institution TEXT NOT NULL, account TEXT NOT NULL, amount_minor BIGINT NOT NULL, PRIMARY KEY (institution, account));
CREATE TABLE claim (institution TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, stream TEXT NOT NULL, PRIMARY KEY (institution, kind, value));
CREATE TABLE counter (institution TEXT NOT NULL, series TEXT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (institution, series));
CREATE TABLE command_key (institution TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, stream TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (institution, key));
";

/// SQL that makes every derived table.
pub fn create_derived(db: &dyn Db) -> String {
    let mut sql = BOOKS.to_owned();
    for table in whole::tables() {
        create_view(&mut sql, table);
    }
    sql.push_str(&dialect::posting_guards(db.engine()));
    sql
}

/// SQL that drops every derived table, whether it is there or not.
pub fn drop_derived(extra: &[String]) -> String {
    let views = whole::tables().iter().map(|table| table.name);
    let mut names: Vec<String> = DERIVED
        .iter()
        .copied()
        .chain(views)
        .map(str::to_owned)
        .collect();
    names.extend(extra.iter().cloned());
    names.iter().fold(String::new(), |mut sql, name| {
        let _ = writeln!(sql, "DROP TABLE IF EXISTS {name};");
        sql
    })
}

/// What the derived tables hang on besides the journal: their shape, and the
/// law data that the program carries. When it differs, they are made anew.
pub fn fingerprint() -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{BOOKS}{:?}", whole::tables()).as_bytes());
    hasher.update(format!("{:?}", dukou_chain::law::builtin_calendar()).as_bytes());
    hasher.update(format!("{:?}", dukou_chain::institution::Law::default().book()).as_bytes());
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher
        .finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A value that the store keeps about itself.
///
/// # Errors
/// When the database cannot be read.
pub fn meta(db: &mut dyn Db, key: &str) -> Result<Option<String>, Fault> {
    let row = db.row("SELECT value FROM store_meta WHERE key = $1", &[key.into()])?;
    Ok(row.map(|row| row.text(0).to_owned()))
}

/// Sets such a value.
///
/// # Errors
/// When the database cannot be written.
pub fn set_meta(db: &mut dyn Db, key: &str, value: &str) -> Result<(), Fault> {
    db.exec("DELETE FROM store_meta WHERE key = $1", &[key.into()])?;
    db.exec(
        "INSERT INTO store_meta (key, value) VALUES ($1, $2)",
        &[key.into(), Value::Text(value.to_owned())],
    )?;
    Ok(())
}
