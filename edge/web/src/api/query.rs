//! What a query parameter may hold: told in the description and held at the door
//! by one table, so that neither is looser than the other.

use dukou_chain::people::{PersonKind, Role};
use dukou_chain::terms::Mode;
use dukou_chain::whole::Basis;
use dukou_journal::StreamId;
use dukou_kernel::{Date, Finding, text};
use serde_json::{Value, json};

use super::{MOST, reads};
use crate::audit::Kind;
use crate::cursor;
use crate::failure::Failure;
use crate::request::Req;

/// The largest number that every reader of JSON keeps whole.
const LARGEST: i64 = (1 << 53) - 1;

/// The kind of a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any text.
    Words,
    /// A text that is not empty.
    Name,
    /// True or false.
    Flag,
    /// A day.
    Day,
    /// A kind of event.
    Event,
    /// What somebody is to the institution.
    Person,
    /// A role.
    Role,
    /// Why something is due.
    Basis,
    /// Mine, or everybody's.
    Whose,
    /// A stream of the journal.
    Stream,
    /// A number of an entry.
    Number,
    /// How many rows.
    Rows,
    /// An id.
    Id,
    /// A stop of the rail.
    Stop,
    /// Where a case stands.
    CaseStanding,
    /// Where a receipt stands.
    ReceiptStanding,
    /// How a result is put to use.
    Mode,
    /// A kind of line of the audit log.
    AuditKind,
    /// Where the list of this name goes on.
    Cursor(&'static str),
}

impl Takes {
    /// The words of a parameter that takes one of a few.
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Flag => vec!["true", "false"],
            Self::Whose => vec!["mine", "all"],
            Self::Stop => reads::stops(),
            Self::Event => dukou_chain::public::names().collect(),
            Self::Person => PersonKind::ALL.iter().map(|it| it.code()).collect(),
            Self::Role => Role::ALL.iter().map(|it| it.code()).collect(),
            Self::Basis => Basis::ALL.iter().map(|it| it.code()).collect(),
            Self::CaseStanding => dukou_chain::whole::CASE_STANDINGS.to_vec(),
            Self::ReceiptStanding => crate::pages::money::STANDINGS.to_vec(),
            Self::Mode => Mode::ALL.iter().map(|it| it.code()).collect(),
            Self::AuditKind => Kind::ALL.iter().map(|it| it.code()).collect(),
            _ => Vec::new(),
        }
    }

    /// As JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Words => json!({"type": "string", "pattern": "^[^\\x00]*$"}),
            Self::Name => json!({"type": "string", "pattern": "^[^\\x00]+$"}),
            Self::Day => json!({"type": "string", "format": "date"}),
            Self::Number => json!({"type": "integer", "minimum": 0, "maximum": LARGEST}),
            Self::Rows => json!({"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}),
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Cursor(_) => json!({
                "type": "string", "pattern": "^[A-Za-z0-9_-]*$",
                "description": "`next` of the page before; empty for the first",
            }),
            Self::Stream => {
                json!({"type": "string", "pattern": "^(institution|(case|deal|person):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"})
            }
            _ => json!({"type": "string", "enum": self.words()}),
        }
    }

    /// Is this a value of the kind?
    fn holds(self, value: &str) -> bool {
        let number = |from: i64, to: i64| {
            let digits = !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit());
            digits && value.parse().is_ok_and(|it: i64| (from..=to).contains(&it))
        };
        match self {
            Self::Words => !value.contains('\0'),
            Self::Name => !value.is_empty() && !value.contains('\0'),
            Self::Day => value.parse::<Date>().is_ok() && value.len() == 10,
            Self::Number => number(0, LARGEST),
            Self::Rows => number(1, MOST),
            Self::Id => id(value),
            Self::Cursor(list) => value.is_empty() || cursor::fits(list, value),
            Self::Stream => value.parse::<StreamId>().is_ok(),
            _ => self.words().contains(&value),
        }
    }
}

fn id(value: &str) -> bool {
    value.len() == 36 && uuid::Uuid::parse_str(value).is_ok()
}

/// Refuses a question that the description does not allow.
///
/// # Errors
/// The parameters that are not known; the first that is not of its kind, stands
/// twice, or is missing.
pub fn check(told: &[(&'static str, Takes)], req: &Req) -> Result<(), Failure> {
    let known = |key: &str| told.iter().any(|(name, _)| *name == key);
    let mut strange: Vec<&str> = req.query.iter().map(|(key, _)| key.as_str()).collect();
    strange.retain(|key| !known(key));
    if let Some(first) = strange.first() {
        let names = strange.join(", ");
        return Err(Failure::BadRequest(
            Finding::refused(
                "query.unknown",
                text!(
                    "这个地址不收参数 {names}。",
                    "This address does not take the parameters {names}."
                ),
            )
            .at(first),
        ));
    }
    for (name, takes) in told {
        let twice = req.query.iter().filter(|(key, _)| key == name).count() > 1;
        let mut given = req.query.iter().filter(|(key, _)| key == name).peekable();
        let missing = *takes == Takes::Name && given.peek().is_none();
        if missing || twice || given.any(|(_, value)| !takes.holds(value)) {
            return Err(Failure::BadRequest(
                Finding::refused(
                    "query.unreadable",
                    text!(
                        "地址里的参数 {name} 写得不对；/api/v1/openapi.json 说明它收什么。",
                        "The parameter {name} cannot be read; /api/v1/openapi.json says what it takes."
                    ),
                )
                .at(name),
            ));
        }
    }
    Ok(())
}
