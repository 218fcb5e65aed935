//! One step of a calculation, in words and numbers, and the error of one.

use dukou_kernel::{Citation, Severity, Text};
use serde::{Deserialize, Serialize};

use crate::ordered::Ordered;
use crate::rulebook::LookupError;

/// One step of a calculation: what was done, under which rule, from what, to
/// what. Whoever reads the steps can redo the calculation with a pencil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub text: Text,
    /// Id of the rule: a parameter or a rule of the house.
    pub rule: String,
    /// The article, where one is behind it.
    #[serde(default)]
    pub citation: Option<Citation>,
    /// What went in, by name.
    pub inputs: Ordered<String>,
    /// What came out.
    pub result: String,
}

impl Step {
    /// A step under a rule, with its result.
    pub fn new(rule: &str, text: Text, result: impl ToString) -> Self {
        Self {
            text,
            rule: rule.to_owned(),
            citation: None,
            inputs: Ordered::new(),
            result: result.to_string(),
        }
    }

    /// Names the article.
    #[must_use]
    pub fn cite(mut self, citation: Citation) -> Self {
        self.citation = Some(citation);
        self
    }

    /// Adds one input.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.inputs.set(name, value.to_string());
        self
    }
}

/// Why a calculation has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {}", .code, .message.en)]
pub struct RuleError {
    /// Stable code, `refund.unknown_receipt`.
    pub code: String,
    /// What is wrong and what is expected.
    pub message: Text,
    /// The place in the input as a JSON pointer, `/receipts/2/of`.
    pub pointer: String,
}

impl RuleError {
    /// An error at a place of the input.
    pub fn new(code: &str, pointer: impl Into<String>, message: Text) -> Self {
        Self {
            code: code.to_owned(),
            message,
            pointer: pointer.into(),
        }
    }

    /// An amount or a date leaves the range that can be computed.
    pub fn out_of_range(pointer: impl Into<String>) -> Self {
        Self::new(
            "input.out_of_range",
            pointer,
            Text::new(
                "数值超出可计算的范围",
                "the value is beyond what can be computed",
            ),
        )
    }

    /// A key that this question needs is missing.
    pub fn missing(key: &str) -> Self {
        Self::new(
            "input.missing_key",
            "",
            Text::new(format!("缺少键 {key}"), format!("the key {key} is missing")),
        )
    }
}

impl From<LookupError> for RuleError {
    fn from(error: LookupError) -> Self {
        Self::new(error.code(), "", error.message())
    }
}

/// How a statutory minimum binds: it refuses for state-established institutions
/// (第45条第2款), for others it is only worth knowing.
pub fn refused_finding_severity(state_established: bool) -> Severity {
    if state_established {
        Severity::Refused
    } else {
        Severity::Info
    }
}
