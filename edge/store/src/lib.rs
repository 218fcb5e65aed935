//! The store: the only way to change anything.
//!
//! [`Store::execute`] takes a command, loads what the decision needs, lets the
//! pure rooms decide, and writes journal, read tables and books in ONE
//! transaction. One writer thread commits in groups; readers have connections
//! of their own. SQLite and PostgreSQL run the same SQL; what differs lives in
//! `dialect.rs`.

mod archive;
mod check;
mod clock;
mod commitments;
mod db;
mod dialect;
mod fault;
mod files;
mod folder;
mod journal;
mod law;
mod own;
mod pages;
mod postgres;
mod process;
mod project;
mod rebuild;
mod record;
mod schema;
mod secrets;
mod sqlite;
mod store;
mod trouble;
mod verify;
mod wal;
mod writer;

pub use archive::{Archived, ArchivedHead, Taking};
pub use clock::Clock;
pub use db::{Db, Engine, Record, Value};
pub use fault::{Fault, Rejected};
pub use files::{FileError, FileMeta, MEDIA_TYPES, sniff};
pub use folder::heads_in;
pub use postgres::{Postgres, redacted};
pub use process::{Done, Envelope, SealedText};
pub use record::{Asked, Recorder};
pub use store::{Config, Store};
pub use trouble::Trouble;
pub use verify::{Report, VerifyFinding};
