//! What a browser sees: pages and forms of every stage.
//!
//! One table ([`routes::ROUTES`]) lists every route with the action it needs;
//! one function ([`authorise::authorise`]) says whether it may be done. A
//! handler is a plain function from a request to an answer: the store is
//! synchronous, so handlers are, and [`serve`] runs them on blocking threads.

pub mod accounts;
pub mod api;
pub mod app;
pub mod audit;
pub mod authorise;
pub mod caller;
mod cursor;
mod data;
mod failure;
mod find;
mod listen;
pub mod hooks;
pub mod ledger;
mod meters;
mod pace;
mod forms;
mod pages;
mod page;
mod password;
pub mod problem;
mod request;
pub mod routes;
mod serve;
mod session;
mod sight;
mod turns;
mod watch;

pub use app::{App, DemoPerson, Limits, Settings};
pub use forms::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};
pub use listen::serve;
pub use serve::router;
