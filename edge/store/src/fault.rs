//! What can go wrong: the machine, or the rules.

use dukou_journal::StreamId;
use dukou_kernel::{Refusal, Text};

use crate::Trouble;

/// The machine failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The place where the data lies fails.
    #[error("{} ({why})", .trouble.line())]
    Storage {
        /// How.
        trouble: Trouble,
        /// In the words of the engine or the system.
        why: String,
    },
    /// SQLite says no.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
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
        "数据由更新的版本写成（{found}，本程序只识{known}），没有改动任何内容：请用新版程序 · the data is of version {found}; this program knows version {known}. Nothing was changed: use the newer program"
    )]
    Newer {
        /// Version of the data.
        found: i64,
        /// Version of the program.
        known: i64,
    },
    /// Another server uses this data folder.
    #[error(
        "数据目录 {0} 正被另一个程序使用，请先停掉它 · another program uses the data folder {0}; stop it first"
    )]
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
    /// An event that this program does not know stands in the journal.
    #[error(
        "数据里有本程序不认识的事项 {kind}，没有改动任何内容：由更新的版本写成，请用新版程序 · the journal holds the event {kind}, which this program does not know. Nothing was changed: use the newer program"
    )]
    NewerKind {
        /// Its kind.
        kind: String,
    },
    /// The journal does not hold, so that nothing is made of it.
    #[error(
        "{why_zh}没有写出存档：先运行 dukou verify · entry {seq} of {institution}: {why_en} No archive was written: run dukou verify",
        why_zh = .why.zh, why_en = .why.en
    )]
    Unproven {
        /// Which institution.
        institution: String,
        /// Which entry.
        seq: i64,
        /// What does not hold.
        why: Text,
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
        move |source| match Trouble::of_io(&source) {
            Some(trouble) => Self::Storage {
                trouble,
                why: format!("{what}: {source}"),
            },
            None => Self::Io { what, source },
        }
    }

    /// What an operator can mend, where it is that.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Storage { trouble, .. } => Some(*trouble),
            _ => None,
        }
    }

    /// The same for another who waited for it.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Storage { trouble, why } => Self::Storage {
                trouble: *trouble,
                why: why.clone(),
            },
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match Trouble::of_sqlite(&error) {
            Some(trouble) => Self::Storage {
                trouble,
                why: format!("SQLite: {error}"),
            },
            None => Self::Sqlite(error),
        }
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
