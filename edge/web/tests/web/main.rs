//! The pages as a browser meets them: rights, forms, languages, one whole case.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

mod api;
mod audit;
mod browser;
mod fixture;
mod forms;
mod hooks;
mod hostile;
mod inventory;
mod languages;
mod rights;
mod security;
mod server;
mod stored;
mod story;
