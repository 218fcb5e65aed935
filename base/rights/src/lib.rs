//! 权利与成果的种类 — what a result is, what protects it, which office grants that, and
//! how its number is read.
//!
//! The tables are data under `law/rights/`; codes are stored in events and never change.
//! [`read`] is the one reader of numbers: forms, API and import call it. What it does not
//! understand is a [`Fault`] that says what is wrong and what is expected.

mod kind;
mod number;
mod table;

pub use kind::{ResultKind, RightKind};
pub use number::{Absence, Fault, Form, Number, Reading, check_digit, plain, read, read_as};
pub use table::{KindRow, OfficeRow, ResultRow, kinds, office, offices, results};
