//! What a check found, and a refusal: the findings that say no.

use serde::{Deserialize, Serialize};

use crate::{Date, Text};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The step may not be taken.
    Refused,
    /// The step may be taken; something is missing or odd.
    Warning,
    /// Worth knowing; includes checks that were satisfied.
    Info,
}

/// Where a rule stands: the article a person can look up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Citation {
    /// Stable id in `law/`, e.g. `transfer_law.45`.
    pub id: String,
    /// 促进科技成果转化法第45条
    pub zh: String,
    /// Transfer Law art. 45
    pub en: String,
    /// False while nobody has confirmed the text on a published copy; pages say so.
    pub verified: bool,
}

impl Citation {
    /// The article in the reader's language.
    pub fn get(&self, lang: crate::Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// One thing a check found, with the words for it and the article behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, `stage.obstacle`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What, why, and what to do next.
    pub message: Text,
    /// The article, where a rule is behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
    /// The form field it concerns, as the command spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The first day on which the step becomes lawful, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Date>,
}

impl Finding {
    /// A finding of any weight without article or field.
    pub fn new(severity: Severity, code: &str, message: Text) -> Self {
        Self {
            code: code.to_owned(),
            severity,
            message,
            citation: None,
            field: None,
            earliest: None,
        }
    }

    /// A finding that says no.
    pub fn refused(code: &str, message: Text) -> Self {
        Self::new(Severity::Refused, code, message)
    }

    /// Names the article.
    #[must_use]
    pub fn cite(mut self, citation: Citation) -> Self {
        self.citation = Some(citation);
        self
    }

    /// Names the field.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Names the first lawful day.
    #[must_use]
    pub fn from_day(mut self, day: Date) -> Self {
        self.earliest = Some(day);
        self
    }
}

/// Why a command was refused: at least one finding, the weightiest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", .findings.first().map(|f| f.message.en.as_str()).unwrap_or("refused"))]
pub struct Refusal {
    /// The findings that say no.
    pub findings: Vec<Finding>,
}

impl Refusal {
    /// True when an article of law or contract refuses, so that the attempt
    /// stays on the record.
    pub fn is_legal(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.citation.is_some())
    }

    /// The first code, for logs and tests.
    pub fn code(&self) -> &str {
        self.findings
            .first()
            .map_or("refused", |finding| finding.code.as_str())
    }
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        Self {
            findings: vec![finding],
        }
    }
}
