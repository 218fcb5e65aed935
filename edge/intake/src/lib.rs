//! Reads the ledgers offices keep in Excel or CSV. Finds the tables, guesses
//! what each column holds, and turns every row into a typed row in normal
//! form or into findings that say which cell is wrong and what to write
//! instead. Knows nothing of databases: what the system already has comes in
//! through [`Known`], the day through [`Options`].
//!
//! A walk: [`read`] opens each file (`file/`), finds its tables (`layout/`),
//! reads their rows (`row/`, with one file per kind of cell in `value/`),
//! checks all rows of all files against each other (`check.rs`) and counts.

mod cell;
mod grid;
mod file;
mod value;
mod total;
mod layout;
mod finding;
mod row;
mod table;
mod known;
mod batch;
mod money;
mod check;
mod json;
mod fix_list;

pub use batch::{Accepted, Batch, Options, SheetReport, Totals, guess, read};
pub use cell::Cell;
pub use file::{Unreadable, open};
pub use finding::{CellFinding, Code};
pub use fix_list::fix_list_xlsx;
pub use grid::{Grid, column_letters};
pub use known::{Known, KnownSets, Nothing};
pub use layout::{Column, Field, Kind, Mapping};
pub use row::{Achievement, Contract, Distribution, Place, Receipt, contract_key, title_key};
pub use value::amount::Unit;
pub use value::right::kind as right_kind;
