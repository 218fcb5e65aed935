//! The one integration binary of this crate.

mod build;
mod sample;
mod layouts;
mod mappings;
mod hostile;
