//! What a sheet holds and in which columns: guessed from words and content,
//! corrected and saved by people.

mod content;
mod field;
mod find;
mod unit;
mod draft;
mod guess;
mod words;

pub use field::{Field, Kind};
pub use find::{Block, blank_mapping, blocks};
pub use guess::{Column, Mapping};
