//! SQLite behind [`Db`].

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};

use crate::db::{Db, Each, EachEntry, Engine, Record, Value};
use crate::{Fault, Trouble, wal};

/// A connection to an SQLite file.
pub struct Sqlite {
    connection: Connection,
}

const NAMES: [&str; 24] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24",
];

/// Bytes of a page in a new file; a file keeps what it was made with. An entry takes
/// half to three KiB, and a page of four holds too few: with eight, whatever reads
/// through many rows (searching, rebuilding, replaying) takes a tenth to a quarter
/// less, and a single command, which writes whole pages, a tenth more.
const PAGE: i64 = 8_192;

impl Sqlite {
    /// Opens a file for writing, making it when absent.
    ///
    /// # Errors
    /// When it cannot be opened or is no database.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        // SQLite opens what it may not write without a word, until somebody writes.
        if connection.is_readonly(rusqlite::MAIN_DB)? {
            return Err(Fault::Storage {
                trouble: Trouble::ReadOnly,
                why: path.display().to_string(),
            });
        }
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "recursive_triggers", "ON")?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(Self { connection })
    }

    /// Opens a file for reading only.
    ///
    /// # Errors
    /// When it is absent or no database.
    pub fn open_reader(path: &Path) -> Result<Self, Fault> {
        let mut reader = Self::reading(Connection::open_with_flags(path, READING)?);
        if let Ok(db) = &mut reader {
            let first = db.row("SELECT COUNT(*) FROM sqlite_schema", &[]);
            reader = first.and(reader);
        }
        // Beside nobody, SQLite wants to make its log even to read; where that is not
        // allowed the file is read as it lies.
        match reader {
            Err(_) if alone(path) => Self::open_untouched(path),
            reader => reader,
        }
    }

    /// Opens a file for a look, without making anything beside it.
    ///
    /// # Errors
    /// When it is absent or no database.
    pub fn open_untouched(path: &Path) -> Result<Self, Fault> {
        if !alone(path) {
            return Self::reading(Connection::open_with_flags(path, READING)?);
        }
        let mut uri = "file:".to_owned();
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                    uri.push(char::from(*byte));
                }
                other => uri.push_str(&format!("%{other:02x}")),
            }
        }
        uri.push_str("?immutable=1");
        let flags = READING | OpenFlags::SQLITE_OPEN_URI;
        Self::reading(Connection::open_with_flags(uri, flags)?)
    }

    fn reading(connection: Connection) -> Result<Self, Fault> {
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "cache_size", -4_096)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection })
    }

    /// A database that lasts as long as the program needs it, for comparing.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn scratch(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection })
    }
}

const READING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// True when the file holds everything: nothing waits in a log beside it.
fn alone(path: &Path) -> bool {
    std::fs::metadata(wal::beside(path)).map_or(true, |log| log.len() == 0)
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value]) -> Result<(), Fault> {
    statement.clear_bindings();
    for (index, value) in params.iter().enumerate() {
        let found = match NAMES.get(index) {
            Some(name) => statement.parameter_index(name)?,
            None => statement.parameter_index(&format!("${}", index + 1))?,
        };
        let Some(position) = found else { continue };
        match value {
            Value::Null => statement.raw_bind_parameter(position, rusqlite::types::Null)?,
            Value::Int(number) => statement.raw_bind_parameter(position, number)?,
            Value::Text(text) => statement.raw_bind_parameter(position, text)?,
            Value::Bytes(bytes) => statement.raw_bind_parameter(position, bytes)?,
        }
    }
    Ok(())
}

/// Puts a column into its place; texts and bytes reuse the room of the row before.
fn fill(place: &mut Value, from: ValueRef<'_>) {
    match (from, place) {
        (ValueRef::Text(text), Value::Text(room)) => {
            room.clear();
            // The strict reading is the fast one; only a damaged text takes the other.
            match simdutf8::basic::from_utf8(text) {
                Ok(sound) => room.push_str(sound),
                Err(_) => room.push_str(&String::from_utf8_lossy(text)),
            }
        }
        (ValueRef::Blob(bytes), Value::Bytes(room)) => {
            room.clear();
            room.extend_from_slice(bytes);
        }
        (ValueRef::Null, place) => *place = Value::Null,
        (ValueRef::Integer(number), place) => *place = Value::Int(number),
        (ValueRef::Real(number), place) => *place = Value::Text(number.to_string()),
        (ValueRef::Text(_), place) => {
            *place = Value::Text(String::new());
            fill(place, from);
        }
        (ValueRef::Blob(bytes), place) => *place = Value::Bytes(bytes.to_vec()),
    }
}

fn damaged(seq: i64) -> Fault {
    Fault::Other(format!("entry {seq}: its columns are of another kind"))
}

/// A disk that fails at the commit may have the whole of it all the same: what was
/// written into the log and could not be synced may be read again after a crash. Only
/// where writing itself failed, the log lacks its last frame.
fn may_be_kept(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(it, _)
        if it.code == ErrorCode::SystemIoFailure
            && it.extended_code != rusqlite::ffi::SQLITE_IOERR_WRITE)
}

impl Db for Sqlite {
    fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        Ok(u64::try_from(statement.raw_execute()?).unwrap_or(0))
    }

    fn each(&mut self, sql: &str, params: &[Value], take: &mut Each<'_>) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut record = Record(vec![Value::Null; columns]);
        while let Some(row) = rows.next()? {
            for (column, place) in record.0.iter_mut().enumerate() {
                fill(place, row.get_ref(column)?);
            }
            take(&record)?;
        }
        Ok(())
    }

    fn each_entry(
        &mut self,
        sql: &str,
        params: &[Value],
        take: &mut EachEntry<'_>,
    ) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            let (ValueRef::Text(bytes), ValueRef::Blob(hash)) = (row.get_ref(1)?, row.get_ref(2)?)
            else {
                return Err(damaged(seq));
            };
            // What is no text any more gives another hash, as it should.
            match simdutf8::basic::from_utf8(bytes) {
                Ok(sound) => take(seq, sound, hash)?,
                Err(_) => take(seq, &String::from_utf8_lossy(bytes), hash)?,
            }
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), Fault> {
        let outcome = self.connection.execute_batch(sql);
        outcome.map_err(|error| match sql {
            "COMMIT" if may_be_kept(&error) => Fault::Storage {
                trouble: Trouble::Uncertain,
                why: format!("SQLite: {error}"),
            },
            _ => error.into(),
        })
    }

    fn engine(&self) -> Engine {
        Engine::Sqlite
    }
}
