//! What answers say of cases, deals, receipts, people and the institution: types of their own, each with its JSON
//! Schema. A stored struct is the program's own memory and stands in no answer; amounts
//! are written by a [`dukou_chain::public::Pen`], for whoever may read money.

pub(crate) mod parts;
pub(crate) mod case;
pub(crate) mod deal;
pub(crate) mod money;
pub(crate) mod institution;
