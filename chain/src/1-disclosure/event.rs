//! What can have happened.

use dukou_kernel::{Date, PersonId};
use serde::{Deserialize, Serialize};

use super::Details;
use crate::terms::{Attachment, Contributor};

/// 披露已提交
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The human number, `YZ-2026-0042`.
    pub number: String,
    /// Series and place the number was drawn from.
    pub series: String,
    /// Place in the series.
    pub ordinal: u32,
    /// Who disclosed, also when somebody entered it for them.
    pub by: PersonId,
    /// Day by which the office owes an answer (校内规定), unrolled when the year is unknown.
    pub reply_by: Date,
    /// What was disclosed.
    pub details: Details,
}

/// 已受理
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The manager who holds the case.
    pub manager: PersonId,
}

/// 已退回补充
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// What is missing.
    pub reason: String,
}

/// 已补充
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resubmitted {
    /// Day by which the office owes an answer.
    pub reply_by: Date,
    /// What is disclosed now.
    pub details: Details,
}

/// 不予受理
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Why.
    pub reason: String,
}

/// 已转交
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The manager who holds the case.
    pub manager: PersonId,
}

/// 份额已确认
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareConfirmed {
    /// Whose share.
    pub person: PersonId,
    /// Signed paper, when somebody else entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 对份额有异议
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareObjected {
    /// Whose objection.
    pub person: PersonId,
    /// Why.
    pub reason: String,
    /// Day by which it must be answered (校内规定).
    pub answer_by: Date,
}

/// 份额已改
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharesRevised {
    /// The new whole list.
    pub contributors: Vec<Contributor>,
    /// Why.
    pub reason: String,
}

events! {
    /// The events of disclosure.
    Event {
        /// 披露已提交
        "disclosure.submitted.v1" => Submitted(Submitted),
        /// 已受理
        "disclosure.accepted.v1" => Accepted(Accepted),
        /// 已退回补充
        "disclosure.returned.v1" => Returned(Returned),
        /// 已补充
        "disclosure.resubmitted.v1" => Resubmitted(Resubmitted),
        /// 不予受理
        "disclosure.declined.v1" => Declined(Declined),
        /// 已转交
        "disclosure.assigned.v1" => Assigned(Assigned),
        /// 份额已确认
        "disclosure.share_confirmed.v1" => ShareConfirmed(ShareConfirmed),
        /// 对份额有异议
        "disclosure.share_objected.v1" => ShareObjected(ShareObjected),
        /// 份额已改
        "disclosure.shares_revised.v1" => SharesRevised(SharesRevised),
    }
}
