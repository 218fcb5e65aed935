//! Small parts of answers that several things have.

use dukou_chain::public::{Code, Id, Shared};
use dukou_chain::terms;
use dukou_kernel::{Finding, Lang, Severity};
use schemars::JsonSchema;
use serde::Serialize;

/// A piece of evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Paper {
    /// SHA-256 in hex.
    pub file: String,
    /// Name it was uploaded under.
    pub name: String,
}

/// The other side of a deal.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Party {
    /// Registered name.
    pub name: String,
    /// Unified social credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Nature.
    pub kind: Code,
    /// Size.
    pub size: Code,
}

/// Somebody who contributed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Contributor {
    /// Who.
    pub person: Id,
    /// What the person did.
    pub role: String,
    /// Part of the team's whole.
    pub share: Shared,
    /// A main contributor.
    pub main: bool,
}

impl Paper {
    /// Of an attachment.
    pub fn of(it: &terms::Attachment) -> Self {
        Self {
            file: it.file.to_string(),
            name: it.name.clone(),
        }
    }

    /// Of an attachment that may be missing.
    pub fn perhaps(it: Option<&terms::Attachment>) -> Option<Self> {
        it.map(Self::of)
    }
}

impl Party {
    /// Of a party.
    pub fn of(it: &terms::Party) -> Self {
        Self {
            name: it.name.clone(),
            uscc: it.uscc.clone(),
            kind: Code::new(it.kind.code()),
            size: Code::new(it.size.code()),
        }
    }
}

impl Contributor {
    /// Of contributors, in order.
    pub fn all(all: &[terms::Contributor]) -> Vec<Self> {
        let one = |it: &terms::Contributor| Self {
            person: Id::new(it.person),
            role: it.role.clone(),
            share: Shared::new(it.share),
            main: it.main,
        };
        all.iter().map(one).collect()
    }
}

/// Something that was checked, in the reader's language.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    /// Stable code.
    pub code: Code,
    /// `refused`, `warning` or `info`.
    pub severity: Code,
    /// The field of the command it concerns.
    pub field: Option<String>,
    /// What, why, and what to do next.
    pub message: String,
    /// The article.
    pub article: Option<String>,
    /// False while nobody has confirmed the article's text.
    pub verified: Option<bool>,
    /// The first day on which the step becomes lawful.
    #[schemars(with = "Option<dukou_chain::public::Day>")]
    pub earliest: Option<dukou_kernel::Date>,
}

impl Found {
    /// Of findings.
    pub fn all(found: &[Finding], lang: Lang) -> Vec<Self> {
        let one = |it: &Finding| Self {
            code: Code::new(&it.code),
            severity: Code::new(match it.severity {
                Severity::Refused => "refused",
                Severity::Warning => "warning",
                Severity::Info => "info",
            }),
            field: it.field.clone(),
            message: it.message.get(lang).to_owned(),
            article: it.citation.as_ref().map(|it| it.get(lang).to_owned()),
            verified: it.citation.as_ref().map(|it| it.verified),
            earliest: it.earliest,
        };
        found.iter().map(one).collect()
    }
}
