//! The one integration binary of this crate.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside the test functions"
)]

mod build;
mod sample;
mod layouts;
mod wide_layouts;
mod mappings;
mod office_styles;
mod spread_rows;
mod number_forms;
mod units;
mod corrections;
mod money_checks;
mod identifiers;
mod currencies;
mod spoken;
mod bomb_files;
mod bombs;
mod hostile;
