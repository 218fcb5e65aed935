//! Forms as data: each command's form is a list of fields. One template shows
//! every form, one reader turns what was typed into the command's JSON, and the
//! errors come back onto the fields with everything still filled in.

mod catalog;
mod read;
mod show;
mod spec;

pub use catalog::{CASE_STEPS, DEAL_STEPS, Offer, PERSON_STEPS, spec};
pub use read::{Reading, Stored, place, read};
pub use show::{FormView, RowView, Tried, view};
pub use spec::{Choice, Field, Kind, Spec};
