//! The only place that turns a refusal or a fault into an answer for a browser.

use dukou_kernel::{Finding, Refusal};
use dukou_store::{Fault, Rejected, Trouble};

use crate::session::User;

/// Why a handler has no ordinary answer.
#[derive(Debug)]
pub enum Failure {
    /// Not signed in: go there first.
    SignIn,
    /// Not allowed.
    Forbidden(Lack),
    /// Nothing here, or nothing that this reader may know of.
    NotFound,
    /// The request cannot be read.
    BadRequest(Finding),
    /// A file that is not taken or cannot be had: the kind of problem, and why.
    File(&'static str, Finding),
    /// Rules say no.
    Refused(Refusal),
    /// Somebody was faster.
    Conflict {
        /// Version the form was based on.
        expected: i64,
        /// Version that stands.
        actual: i64,
    },
    /// The key of a call or form was used for something else.
    KeyReused,
    /// Too many attempts.
    TooMany,
    /// More calls than one account or address may make; seconds to wait.
    TooFast(u64),
    /// The place where the data lies fails: how, and in the engine's words.
    Storage(Trouble, String),
    /// More was sent than is taken.
    TooLarge,
    /// The request did not come to its end in time.
    TooSlow,
    /// The address takes other methods.
    Method,
    /// The body is of a kind that is not read here.
    Media,
    /// The machine failed.
    Fault(String),
}

/// What somebody would have to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The action of the permission table.
    pub action: String,
    /// True when the roles allow it and the token does not.
    pub by_token: bool,
}

impl Failure {
    /// The user may not do this.
    pub fn lacks(user: &User, action: &str) -> Self {
        Self::Forbidden(Lack {
            action: action.to_owned(),
            by_token: !user.token_allows(action),
        })
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault.trouble() {
            Some(trouble) => Self::Storage(trouble, fault.to_string()),
            None => Self::Fault(fault.to_string()),
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Refused(refusal) => Self::Refused(refusal),
            Rejected::Conflict {
                expected, actual, ..
            } => Self::Conflict { expected, actual },
            Rejected::KeyReused => Self::KeyReused,
            Rejected::UnknownInstitution => Self::NotFound,
            Rejected::Fault(fault) => Self::from(fault),
        }
    }
}
