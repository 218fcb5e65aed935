//! Takes down what a connection is asked, so that the same can be asked of the
//! bare engine when the two are measured side by side.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Fault;
use crate::db::{Db, Each, Engine, Value};

/// One thing that was asked of a connection.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A statement that changes rows.
    Exec(String, Vec<Value>),
    /// A query.
    Rows(String, Vec<Value>),
    /// Statements without parameters: `BEGIN`, `COMMIT`, savepoints.
    Script(String),
}

/// Keeps what the writer's connection is asked, in order.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Asked>>>);

impl Recorder {
    /// What was asked since the last call.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, asked: Asked) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(asked);
    }
}

/// A connection that is listened to.
pub(crate) struct Recorded {
    pub db: Box<dyn Db + Send>,
    pub recorder: Recorder,
}

impl Db for Recorded {
    fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Fault> {
        self.recorder
            .note(Asked::Exec(sql.to_owned(), params.to_vec()));
        self.db.exec(sql, params)
    }

    fn each(&mut self, sql: &str, params: &[Value], take: &mut Each<'_>) -> Result<(), Fault> {
        self.recorder
            .note(Asked::Rows(sql.to_owned(), params.to_vec()));
        self.db.each(sql, params, take)
    }

    fn script(&mut self, sql: &str) -> Result<(), Fault> {
        self.recorder.note(Asked::Script(sql.to_owned()));
        self.db.script(sql)
    }

    fn engine(&self) -> Engine {
        self.db.engine()
    }

    fn alive(&mut self) -> bool {
        self.db.alive()
    }
}
