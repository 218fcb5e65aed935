//! Check-lists of the law: a condition that is not met is a finding, and so is
//! one of which nobody said anything.

use dukou_kernel::{Finding, Severity, Text};

use crate::register::Row;
use crate::step::Step;

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is met.
    Met,
    /// It is not.
    Unmet,
    /// Nobody said.
    Unsaid,
    /// It does not apply here.
    Beside,
}

impl From<Option<bool>> for Known {
    fn from(said: Option<bool>) -> Self {
        match said {
            Some(true) => Self::Met,
            Some(false) => Self::Unmet,
            None => Self::Unsaid,
        }
    }
}

impl Known {
    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Unmet => "unmet",
            Self::Unsaid => "unknown",
            Self::Beside => "not_asked",
        }
    }
}

/// The finding of one row: none when the condition is met, `weight` when it is
/// not, a warning while nobody said.
pub(crate) fn finding(row: &Row, known: Known, code: &str, weight: Severity) -> Option<Finding> {
    let (zh, en) = (&row.words.zh, &row.words.en);
    let article = (&row.citation.zh, &row.citation.en);
    let made = match known {
        Known::Met | Known::Beside => return None,
        Known::Unmet => Finding::new(
            weight,
            code,
            Text::new(
                format!("不满足条件：{zh}（{}）。", article.0),
                format!("Condition not met: {en} ({}).", article.1),
            ),
        ),
        Known::Unsaid => Finding::new(
            Severity::Warning,
            &format!("{code}_unknown"),
            Text::new(
                format!("尚未说明是否满足：{zh}（{}）；结论以此为前提。", article.0),
                format!(
                    "Nobody said whether this holds: {en} ({}); the answer rests on it.",
                    article.1
                ),
            ),
        ),
    };
    Some(made.cite(row.citation.clone()).at(&row.key))
}

/// One row as a step, so that a condition which is not asked for is seen too.
pub(crate) fn step(list: &str, row: &Row, known: Known) -> Step {
    Step::new(
        &format!("{list}.{}", row.key),
        row.words.clone(),
        known.word(),
    )
    .cite(row.citation.clone())
}
