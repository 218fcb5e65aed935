//! 申请前评估

use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, File, Id, Pen};
use crate::assessment as stored;

public_types! {
    /// 评估已作出 — the pre-filing assessment was concluded.
    "dukou.assessment.concluded/v1" => Concluded;
}

/// 评估已作出 — the pre-filing assessment was concluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Concluded {
    /// `file`, `know_how` or `not_file`.
    pub conclusion: Code,
    /// Technology readiness level 1–13.
    pub readiness: u8,
    /// The report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<File>,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    let stored::Event::Concluded(it) = event;
    Concluded {
        conclusion: Code::new(it.conclusion.code()),
        readiness: it.readiness,
        report: File::perhaps(it.report.as_ref()),
        by: it.by.map(Id::new),
    }
    .into()
}
