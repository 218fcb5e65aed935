//! The whole road through the pure rooms: no database, no clock, a fixed day.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod complete;
mod continued;
mod filing;
mod golden;
mod law_files;
mod public;
mod money;
mod notice;
mod permissions;
mod rights;
mod road;
mod runner;
mod same_law;
mod turns;
mod wrong;
