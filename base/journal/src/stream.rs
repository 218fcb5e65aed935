//! Which story an entry belongs to.

use std::fmt;
use std::str::FromStr;

use dukou_kernel::{CaseId, DealId, PersonId};

/// A stream: the entries of one case, deal, person, or of the institution itself.
/// Each has its own version, so two people cannot overwrite each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// Settings, rules, calendar, permissions of the institution (学校).
    Institution,
    /// A person of the roster (人员).
    Person(PersonId),
    /// One achievement with its rights (成果).
    Case(CaseId),
    /// One transaction over one or more cases (转化项目).
    Deal(DealId),
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Institution => f.write_str("institution"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Case(id) => write!(f, "case:{id}"),
            Self::Deal(id) => write!(f, "deal:{id}"),
        }
    }
}

impl FromStr for StreamId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("not a stream: {text}");
        match text.split_once(':') {
            None if text == "institution" => Ok(Self::Institution),
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| wrong()),
            Some(("case", id)) => id.parse().map(Self::Case).map_err(|_| wrong()),
            Some(("deal", id)) => id.parse().map(Self::Deal).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

dukou_kernel::as_text!(StreamId);
