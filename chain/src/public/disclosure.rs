//! 披露

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, File, Id, Pen, Shared};
use crate::disclosure as stored;
use crate::terms;

public_types! {
    /// 披露已提交 — a result was disclosed.
    "dukou.disclosure.submitted/v1" => Submitted;
    /// 已受理 — a manager took the case in hand.
    "dukou.disclosure.accepted/v1" => Accepted;
    /// 已退回补充 — something is missing.
    "dukou.disclosure.returned/v1" => Returned;
    /// 已补充 — it was disclosed anew.
    "dukou.disclosure.resubmitted/v1" => Resubmitted;
    /// 不予受理 — the office does not take it.
    "dukou.disclosure.declined/v1" => Declined;
    /// 已转交 — another manager holds the case.
    "dukou.disclosure.assigned/v1" => Assigned;
    /// 份额已确认 — a contributor agreed to a share.
    "dukou.disclosure.share_confirmed/v1" => ShareConfirmed;
    /// 对份额有异议 — a contributor objected.
    "dukou.disclosure.share_objected/v1" => ShareObjected;
    /// 份额已改 — the whole list of contributors as it is now.
    "dukou.disclosure.shares_revised/v1" => SharesRevised;
}

/// 披露已提交 — a result was disclosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Submitted {
    /// The human number, `YZ-2026-0042`.
    pub number: String,
    /// Who disclosed.
    pub by: Id,
    /// Day by which the office owes an answer.
    #[schemars(with = "Day")]
    pub reply_by: Date,
    /// What was disclosed.
    pub details: Details,
}

/// 已受理 — a manager took the case in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Accepted {
    /// Who holds the case.
    pub manager: Id,
}

/// 已退回补充 — something is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Returned {}

/// 已补充 — it was disclosed anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Resubmitted {
    /// Day by which the office owes an answer.
    #[schemars(with = "Day")]
    pub reply_by: Date,
    /// What is disclosed now.
    pub details: Details,
}

/// 不予受理 — the office does not take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Declined {}

/// 已转交 — another manager holds the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Assigned {
    /// Who holds the case.
    pub manager: Id,
}

/// 份额已确认 — a contributor agreed to a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShareConfirmed {
    /// Whose share.
    pub person: Id,
    /// Signed paper, when somebody else entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 对份额有异议 — a contributor objected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShareObjected {
    /// Whose objection.
    pub person: Id,
    /// Day by which it must be answered.
    #[schemars(with = "Day")]
    pub answer_by: Date,
}

/// 份额已改 — the whole list of contributors as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharesRevised {
    /// Everybody who contributed.
    pub contributors: Vec<Contributor>,
}

/// What is disclosed; what is told of it in sentences stays inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Details {
    /// Name of the result.
    pub title: String,
    /// 成果类型
    pub kind: Code,
    /// Who contributed.
    pub contributors: Vec<Contributor>,
    /// 经费来源
    pub funding: Vec<Code>,
    /// 公开情况: `no`, `planned`, `yes`.
    pub disclosed: Code,
    /// When it was or will be made public.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub disclosed_on: Option<Date>,
    /// College or department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Id>,
    /// Measurements, drawings, drafts.
    pub evidence: Vec<File>,
}

/// A person who contributed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contributor {
    /// Who.
    pub person: Id,
    /// Part of the team's whole.
    pub share: Shared,
    /// A main contributor (主要贡献人员).
    pub main: bool,
}

/// Contributors without what they did, which is free text.
pub(super) fn contributors(all: &[terms::Contributor]) -> Vec<Contributor> {
    let one = |it: &terms::Contributor| Contributor {
        person: Id::new(it.person),
        share: Shared::new(it.share),
        main: it.main,
    };
    all.iter().map(one).collect()
}

fn details(it: &stored::Details) -> Details {
    Details {
        title: it.title.clone(),
        kind: Code::new(it.kind.code()),
        contributors: contributors(&it.contributors),
        funding: it.funding.iter().map(|it| Code::new(it.code())).collect(),
        disclosed: Code::new(it.disclosed.code()),
        disclosed_on: it.disclosed_on,
        unit: it.unit.map(Id::new),
        evidence: it.evidence.iter().map(File::of).collect(),
    }
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Submitted(it) => Submitted {
            number: it.number.clone(),
            by: Id::new(it.by),
            reply_by: it.reply_by,
            details: details(&it.details),
        }
        .into(),
        Event::Accepted(it) => Accepted {
            manager: Id::new(it.manager),
        }
        .into(),
        Event::Returned(_) => Returned {}.into(),
        Event::Resubmitted(it) => Resubmitted {
            reply_by: it.reply_by,
            details: details(&it.details),
        }
        .into(),
        Event::Declined(_) => Declined {}.into(),
        Event::Assigned(it) => Assigned {
            manager: Id::new(it.manager),
        }
        .into(),
        Event::ShareConfirmed(it) => ShareConfirmed {
            person: Id::new(it.person),
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::ShareObjected(it) => ShareObjected {
            person: Id::new(it.person),
            answer_by: it.answer_by,
        }
        .into(),
        Event::SharesRevised(it) => SharesRevised {
            contributors: contributors(&it.contributors),
        }
        .into(),
    }
}
