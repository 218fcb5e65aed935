//! The whole road through the pure rooms: no database, no clock, a fixed day.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod complete;
mod golden;
mod money;
mod permissions;
mod rights;
mod road;
mod runner;
mod turns;
mod wrong;
