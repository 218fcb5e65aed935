//! One cell into one value: dates, amounts, names, shares, numbers. Each file
//! knows one kind of cell and all its spellings.

pub mod amount;
pub mod currency;
pub mod date;
pub mod instant;
pub mod names;
pub mod numeral;
pub mod payout;
pub mod remainder;
pub mod right;
pub mod share;
pub mod spelling;
pub mod unit;
pub mod uscc;
