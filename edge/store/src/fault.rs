//! What can go wrong: the machine, or the rules.

use dukou_journal::StreamId;
use dukou_kernel::Refusal;

/// The machine failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// SQLite says no.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says no.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// A file or folder cannot be used.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The data was written by a newer version of the program.
    #[error(
        "the data is of version {found}; this program knows version {known}. Nothing was changed: use the newer program"
    )]
    Newer {
        /// Version of the data.
        found: i64,
        /// Version of the program.
        known: i64,
    },
    /// Another server uses this data folder.
    #[error("another program uses the data folder {0}; stop it first")]
    Locked(String),
    /// The journal cannot be read.
    #[error("journal entry {seq} of {institution} cannot be read: {why}")]
    Journal {
        /// Which institution.
        institution: String,
        /// Which entry.
        seq: i64,
        /// Why.
        why: String,
    },
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl Fault {
    /// Names what was tried on a file or folder.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// Why a command was not carried out. Nothing was written, except the record
/// of a refusal by law.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// The office's rules say no.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// Somebody was faster.
    #[error("{stream} is at version {actual}, the command was based on {expected}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Version the command was based on.
        expected: i64,
        /// Version that stands.
        actual: i64,
    },
    /// The idempotency key belongs to another command.
    #[error("the idempotency key was used for another command")]
    KeyReused,
    /// There is no such institution.
    #[error("there is no such institution")]
    UnknownInstitution,
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
