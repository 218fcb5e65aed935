//! What every stage promises, and what it is given to decide with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dukou_journal::{Actor, StreamId};
use dukou_kernel::{Date, PersonId, Refusal};

use crate::whole::{Event, State};

/// What a decision may lean on besides the states: who, when, for whom.
/// There is no clock and no database behind it.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who gives the command.
    pub actor: Actor,
    /// For whom, when a manager acts on attached paper (代办).
    pub on_behalf: Option<PersonId>,
    /// The legal day in Asia/Shanghai.
    pub today: Date,
    /// The moment, in milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
}

impl Context {
    /// The person for whom the command counts: the represented one, else the actor.
    pub fn acting_for(&self) -> Option<PersonId> {
        self.on_behalf.or_else(|| self.actor.person())
    }
}

/// A stage of the chain: state, and the two functions that move it. No IO, no clock.
pub trait Stage: Default {
    /// What it can be asked to do.
    type Command;
    /// What can have happened.
    type Event;
    /// What this stage may see of earlier stages and of the institution.
    type Before<'a>;

    /// May refuse; never changes anything.
    ///
    /// # Errors
    /// The [`Refusal`] with every finding that says no.
    fn decide(
        &self,
        before: &Self::Before<'_>,
        command: &Self::Command,
        ctx: &Context,
    ) -> Result<Vec<Self::Event>, Refusal>;

    /// May change; never refuses. Holds no rules.
    fn apply(&mut self, event: Self::Event, effective: Date);
}

/// One event about to be appended to a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The story it belongs to.
    pub stream: StreamId,
    /// The fact.
    pub event: Event,
    /// The entry it corrects.
    pub corrects: Option<i64>,
    /// The legal day on which it takes effect, when that is not today.
    pub effective: Option<Date>,
}

/// Something that must be unique in an institution, such as a contract number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// What kind of name: `contract`, `right`, `login`, `import`.
    pub kind: &'static str,
    /// The normalised name.
    pub value: String,
}

/// Something a decision needs that has not been loaded yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The state of a stream, also when it does not exist yet.
    Stream(StreamId),
    /// The next free number of a series such as `case:2026`.
    Number(String),
    /// Which stream holds a unique name, if any.
    Claim(Claim),
}

/// Everything loaded for one decision.
#[derive(Clone, Default)]
pub struct States {
    /// State and version per stream; version 0 does not exist yet.
    pub streams: HashMap<StreamId, (i64, Arc<State>)>,
    /// Next free number per series.
    pub numbers: BTreeMap<String, u32>,
    /// Holder per unique name.
    pub claims: BTreeMap<Claim, Option<StreamId>>,
}

impl States {
    /// True when this need is loaded.
    pub fn has(&self, need: &Need) -> bool {
        match need {
            Need::Stream(stream) => self.streams.contains_key(stream),
            Need::Number(series) => self.numbers.contains_key(series),
            Need::Claim(claim) => self.claims.contains_key(claim),
        }
    }

    /// The state of a stream, when it is loaded.
    pub fn state(&self, stream: StreamId) -> Option<&State> {
        self.streams.get(&stream).map(|(_, state)| state.as_ref())
    }
}

/// A value of a read table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number: counts, fen, milliseconds, 0/1.
    Int(i64),
    /// Text: ids, dates as `YYYY-MM-DD`, words.
    Text(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<bool> for Cell {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}
impl From<Date> for Cell {
    fn from(day: Date) -> Self {
        Self::Text(day.to_string())
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Type of a column of a read table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// BIGINT
    Int,
    /// TEXT
    Text,
}

/// A read table, declared once. The store makes it, fills it inside the
/// transaction of the events, and makes it anew from the journal.
///
/// The store adds the leading columns `institution` and `stream` and the
/// column `line` (place among the rows of the stream); the primary key is
/// these three.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// Name in the database.
    pub name: &'static str,
    /// Columns in order.
    pub columns: &'static [(&'static str, Kind)],
    /// Further indexes, each led by `institution`.
    pub indexes: &'static [&'static [&'static str]],
}

/// One row of a read table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The table's name.
    pub table: &'static str,
    /// Values in the order of the table's columns.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row that an event left as it was, in its place and without its values. A
    /// table has columns, so no row of values looks like it.
    pub const fn unchanged(table: &'static str) -> Self {
        Self {
            table,
            cells: Vec::new(),
        }
    }

    /// True for a row without its values.
    pub fn is_unchanged(&self) -> bool {
        self.cells.is_empty()
    }
}
