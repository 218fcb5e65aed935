//! The whole road: every stage's commands and events under one roof, the state
//! of a case and of a deal, what a decision needs, and the read tables.

pub mod closing;
mod command;
mod event;
mod state;
mod decide;
mod named;
mod compliance;
mod rail;
mod tasks;
mod upcast;
mod views;

pub use command::{BadCommand, Command};
pub use compliance::{case_findings, deal_findings};
pub use decide::{decide, needs, refused};
pub use event::{Event, EventError};
pub use named::Named;
pub use rail::{Progress, RailStep, Stop, case_rail, case_stop, deal_rail, deal_stop};
pub use state::{Case, Deal, State, case_view};
pub use tasks::{Basis, Holder, Task, case_tasks, deal_tasks};
pub use upcast::{OLD_SHAPES, OldShape, present_kind};
pub use views::{CASE_STANDINGS, NO_DAY, changed_rows, reprojects, rows, tables};
