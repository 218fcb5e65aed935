//! The pages as a browser meets them: rights, forms, languages, one whole case.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

mod api;
mod audit;
mod browser;
mod coverage;
mod entered;
mod find;
mod fixture;
mod foreign;
mod forms;
mod headers;
mod hooks;
mod hostile;
mod calculators;
mod clock;
mod inventory;
mod languages;
mod law;
mod manners;
mod neighbours;
mod notices;
mod paging;
mod planted;
mod reach;
mod redirects;
mod rights;
mod security;
mod server;
mod shapes;
mod spelling;
mod stored;
mod story;
mod told;
mod tokens;
