//! 确权与知识产权

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, Fen, File, Id, Pen};
use crate::protection as stored;

public_types! {
    /// 权利已登记 — a right was recorded.
    "dukou.protection.right_recorded/v1" => RightRecorded;
    /// 已授权 — a right was granted.
    "dukou.protection.grant_recorded/v1" => GrantRecorded;
    /// 已失效 — a right ended.
    "dukou.protection.right_ended/v1" => RightEnded;
    /// 费用已登记 — a cost was recorded.
    "dukou.protection.cost_recorded/v1" => CostRecorded;
}

/// 权利已登记 — a right was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RightRecorded {
    /// The right.
    pub right: Id,
    /// 种类
    pub kind: Code,
    /// Its number; empty for know-how.
    pub number: String,
    /// 申请日
    #[schemars(with = "Day")]
    pub filed: Date,
    /// 授权日
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub granted: Option<Date>,
    /// The certificate or notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 已授权 — a right was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantRecorded {
    /// The right.
    pub right: Id,
    /// 授权日
    #[schemars(with = "Day")]
    pub granted: Date,
    /// The certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 已失效 — a right ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RightEnded {
    /// The right.
    pub right: Id,
    /// Since when.
    #[schemars(with = "Day")]
    pub ended: Date,
}

/// 费用已登记 — a cost was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostRecorded {
    /// 类别
    pub kind: Code,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// When it was paid.
    #[schemars(with = "Day")]
    pub paid_on: Date,
    /// Who bore it.
    pub paid_by: PaidBy,
    /// The receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// Who bore a cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PaidBy {
    /// `university` or `inventor`.
    pub who: Code,
    /// The inventor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::RightRecorded(it) => RightRecorded {
            right: Id::new(it.right),
            kind: Code::new(it.kind.code()),
            number: it.number.clone(),
            filed: it.filed,
            granted: it.granted,
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::GrantRecorded(it) => GrantRecorded {
            right: Id::new(it.right),
            granted: it.granted,
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::RightEnded(it) => RightEnded {
            right: Id::new(it.right),
            ended: it.ended,
        }
        .into(),
        Event::CostRecorded(it) => CostRecorded {
            kind: Code::new(it.kind.code()),
            amount: pen.fen("amount", it.amount),
            paid_on: it.paid_on,
            paid_by: paid_by(it.paid_by),
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
    }
}

fn paid_by(who: stored::PaidBy) -> PaidBy {
    let (who, person) = match who {
        stored::PaidBy::University => ("university", None),
        stored::PaidBy::Inventor { person } => ("inventor", Some(Id::new(person))),
    };
    PaidBy {
        who: Code::new(who),
        person,
    }
}
