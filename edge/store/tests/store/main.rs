//! The store, each test on SQLite and on PostgreSQL. PostgreSQL is reached
//! through `DUKOU_TEST_DATABASE_URL`; with `DUKOU_REQUIRE_POSTGRES=1` its
//! absence is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod archive;
mod conformance;
mod guards;
mod law;
mod own;
mod persons;
mod pages;
mod place;
mod proof;
mod replay;
mod stored;
mod tamper;
