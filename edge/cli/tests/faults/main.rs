//! What happens to a running server when the machine fails it. Whatever breaks:
//! nothing that was acknowledged is lost, nothing stands by half, the log and the
//! user are told in plain words, and the server goes on by itself or stops cleanly.
//! docs/operations.md says the same to the operator, fault by fault.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod backup;
mod clock;
mod cluster;
mod crash;
mod damage;
mod disk;
mod money;
mod newer;
mod office;
mod pages;
mod postgres;
mod readonly;
mod shim;
mod sync;
mod upgrade;
