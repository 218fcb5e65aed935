//! 收益分配、兑现与股权

use dukou_kernel::{Date, Money};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Award, Checked, Code, Day, Fen, File, Held, Id, Part, Pen, Pool};
use crate::distribution as stored;

public_types! {
    /// 分配已拟定 — it was proposed how a receipt is divided.
    "dukou.distribution.proposed/v1" => Proposed;
    /// 分配已批准 — the division was approved.
    "dukou.distribution.approved/v1" => Approved;
    /// 分配已退回 — the proposal was sent back.
    "dukou.distribution.rejected/v1" => Rejected;
    /// 退款后追回 — what was divided is taken back after a refund.
    "dukou.distribution.clawed_back/v1" => ClawedBack;
    /// 奖励公示已发布 — the awards stand in the open.
    "dukou.distribution.reward_posted/v1" => RewardPosted;
    /// 奖励公示已结束 — the notice of awards was closed.
    "dukou.distribution.reward_closed/v1" => RewardClosed;
    /// 已兑现 — an award was paid.
    "dukou.distribution.paid/v1" => Paid;
    /// 已备案 — the awards paid in a month were filed with the tax office.
    "dukou.distribution.relief_filed/v1" => ReliefFiled;
    /// 股权已分配 — a holding was allotted.
    "dukou.distribution.equity_allotted/v1" => EquityAllotted;
}

/// 分配已拟定 — it was proposed how a receipt is divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proposed {
    /// Which receipt.
    pub receipt: Id,
    /// How it is divided.
    pub split: Split,
    /// First day of the school's rules that were used.
    #[schemars(with = "Day")]
    pub policy_from: Date,
    /// Who proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 分配已批准 — the division was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Approved {
    /// Which receipt.
    pub receipt: Id,
    /// How it is divided.
    pub split: Split,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 分配已退回 — the proposal was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rejected {
    /// Which receipt.
    pub receipt: Id,
}

/// 退款后追回 — what was divided is taken back after a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClawedBack {
    /// The receipt that went back in part or whole.
    pub receipt: Id,
    /// The refund.
    pub refund: Id,
    /// What is taken back; all amounts at most zero.
    pub split: Split,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 奖励公示已发布 — the awards stand in the open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RewardPosted {
    /// Which receipt.
    pub receipt: Id,
    /// The notice; its public page is `/notice/<id>`.
    pub notice: Id,
    /// Year of its number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Working days.
    pub days: u32,
    /// Working days asked for.
    pub days_min: u32,
    /// Id of the article.
    pub article: Code,
}

/// 奖励公示已结束 — the notice of awards was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RewardClosed {
    /// Which receipt.
    pub receipt: Id,
}

/// 已兑现 — an award was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Paid {
    /// Which receipt's award.
    pub receipt: Id,
    /// For whom.
    pub person: Id,
    /// Who received it: the person, or the heir.
    pub to: Id,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// The day it left the bank.
    #[schemars(with = "Day")]
    pub paid: Date,
    /// Voucher number; for whoever may read the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-right" = "money.read"))]
    pub voucher: Option<String>,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 已备案 — the awards paid in a month were filed with the tax office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReliefFiled {
    /// Which receipt's award.
    pub receipt: Id,
    /// First day of the month in which they were paid.
    #[schemars(with = "Day")]
    pub month: Date,
    /// The day it was filed.
    #[schemars(with = "Day")]
    pub filed: Date,
    /// The form as the tax office took it.
    pub paper: File,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 股权已分配 — a holding was allotted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EquityAllotted {
    /// Parts for persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Held>>,
    /// Part that stays with the university.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub university: Option<Part>,
    /// The whole holding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<Part>,
    /// Registration.
    pub paper: File,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// How a receipt is divided, in whole fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Split {
    /// What arrived, less refunds so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gross: Option<Fen>,
    /// Costs recovered by the university.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Fen>,
    /// What goes back to contributors who paid costs, in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_total: Option<Fen>,
    /// The same by person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Vec<Award>>,
    /// 净收入
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<Fen>,
    /// Pools in order; `team` is the contributors'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pools: Option<Vec<Pool>>,
    /// The team's pool by person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Award>>,
}

/// The totals and pools, and what of it each person gets, as far as the reader may
/// read it. How it was computed stays inside.
fn split(it: &stored::Split, pen: &mut Pen) -> Split {
    let returned = Money::sum(it.returned.iter().map(|(_, amount)| *amount)).ok();
    Split {
        gross: pen.fen("split.gross", it.gross),
        recovered: pen.fen("split.recovered", it.recovered),
        returned_total: pen.perhaps("split.returned_total", returned),
        returned: pen.awards("split.returned", &it.returned),
        net: pen.fen("split.net", it.net),
        pools: pen.pools("split.pools", &it.pools),
        people: pen.awards("split.people", &it.people),
    }
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Proposed(it) => Proposed {
            receipt: Id::new(it.receipt),
            split: split(&it.split, pen),
            policy_from: it.policy_from,
            by: it.by.map(Id::new),
            findings: Checked::all(&it.findings),
        }
        .into(),
        Event::Approved(it) => Approved {
            receipt: Id::new(it.receipt),
            split: split(&it.split, pen),
            by: it.by.map(Id::new),
            findings: Checked::all(&it.findings),
        }
        .into(),
        Event::Rejected(it) => Rejected {
            receipt: Id::new(it.receipt),
        }
        .into(),
        Event::ClawedBack(it) => ClawedBack {
            receipt: Id::new(it.receipt),
            refund: Id::new(it.refund),
            split: split(&it.split, pen),
            findings: Checked::all(&it.findings),
        }
        .into(),
        Event::RewardPosted(it) => RewardPosted {
            receipt: Id::new(it.receipt),
            notice: Id::new(it.notice),
            year: it.year,
            ordinal: it.ordinal,
            days: it.days,
            days_min: it.days_min,
            article: Code::new(&it.citation.id),
        }
        .into(),
        Event::RewardClosed(it) => RewardClosed {
            receipt: Id::new(it.receipt),
        }
        .into(),
        Event::Paid(it) => paid(it, pen).into(),
        Event::ReliefFiled(it) => ReliefFiled {
            receipt: Id::new(it.receipt),
            month: it.month,
            filed: it.filed,
            paper: File::of(&it.paper),
            findings: Checked::all(&it.findings),
        }
        .into(),
        Event::EquityAllotted(it) => allotted(it, pen).into(),
    }
}

fn paid(it: &stored::Paid, pen: &mut Pen) -> Paid {
    Paid {
        receipt: Id::new(it.receipt),
        person: Id::new(it.person),
        to: Id::new(it.to),
        amount: pen.fen_of("amount", it.person, it.amount),
        paid: it.paid,
        voucher: pen.word_of("voucher", it.person, &it.voucher),
        paper: File::perhaps(it.paper.as_ref()),
        findings: Checked::all(&it.findings),
    }
}

fn allotted(it: &stored::EquityAllotted, pen: &mut Pen) -> EquityAllotted {
    EquityAllotted {
        people: pen.held("people", &it.people),
        university: pen.part("university", it.university),
        holding: pen.part("holding", it.holding),
        paper: File::of(&it.paper),
        findings: Checked::all(&it.findings),
    }
}
