//! One small language for both engines: numbered parameters, four kinds of value.

use crate::Fault;

/// A value of a column or parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// BIGINT
    Int(i64),
    /// TEXT
    Text(String),
    /// BLOB or BYTEA
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(pub Vec<Value>);

impl Record {
    /// A value, or nothing.
    pub fn get(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// A whole number; nothing counts as 0.
    pub fn int(&self, column: usize) -> i64 {
        match self.get(column) {
            Value::Int(number) => *number,
            _ => 0,
        }
    }

    /// A text; nothing counts as empty.
    pub fn text(&self, column: usize) -> &str {
        match self.get(column) {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// Bytes; nothing counts as none.
    pub fn bytes(&self, column: usize) -> &[u8] {
        match self.get(column) {
            Value::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// True when there is nothing.
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.get(column), Value::Null)
    }
}

/// Which engine is behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Takes rows one by one.
pub type Each<'a> = dyn FnMut(&Record) -> Result<(), Fault> + 'a;

/// Takes stored entries one by one: number, bytes, hash.
pub type EachEntry<'a> = dyn FnMut(i64, &str, &[u8]) -> Result<(), Fault> + 'a;

/// A connection. SQL is one text for both engines, with parameters `$1`, `$2` …
pub trait Db {
    /// Runs a statement; how many rows an UPDATE changed. Of others it says nothing
    /// to rely on: PostgreSQL takes INSERT and DELETE in groups, later.
    ///
    /// # Errors
    /// What the engine says.
    fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Fault>;

    /// Runs a query and hands over its rows one by one.
    ///
    /// # Errors
    /// What the engine or the taker says.
    fn each(&mut self, sql: &str, params: &[Value], take: &mut Each<'_>) -> Result<(), Fault>;

    /// Runs a query for `seq`, `bytes` and `hash` of entries and hands them over as
    /// they lie with the engine, not copied where that can be.
    ///
    /// # Errors
    /// What the engine or the taker says.
    fn each_entry(
        &mut self,
        sql: &str,
        params: &[Value],
        take: &mut EachEntry<'_>,
    ) -> Result<(), Fault> {
        self.each(sql, params, &mut |row| {
            take(row.int(0), row.text(1), row.bytes(2))
        })
    }

    /// Runs several statements without parameters.
    ///
    /// # Errors
    /// What the engine says.
    fn script(&mut self, sql: &str) -> Result<(), Fault>;

    /// Which engine this is.
    fn engine(&self) -> Engine;

    /// False when it is known that nothing can be asked of this connection any
    /// more; nothing is asked of the engine to find out.
    fn alive(&mut self) -> bool {
        true
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// What the engine says.
    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Record>, Fault> {
        let mut rows = Vec::new();
        self.each(sql, params, &mut |row| {
            rows.push(row.clone());
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// What the engine says.
    fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Record>, Fault> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }
}
