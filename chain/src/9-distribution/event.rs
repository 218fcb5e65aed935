//! What can have happened.

use dukou_kernel::{CaseId, Date, Finding, Money, PersonId, ReceiptId};
use dukou_ledger::Computation;
use serde::{Deserialize, Serialize};

use super::{EquityShare, ReliefFiled, RewardPosted, v1};
use crate::terms::Attachment;

/// How a receipt is divided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// What arrived, less refunds so far.
    pub gross: Money,
    /// Costs recovered by the university.
    pub recovered: Money,
    /// What goes back to contributors who paid costs, doubled.
    pub returned: Vec<(PersonId, Money)>,
    /// 净收入
    pub net: Money,
    /// Pools in order; `team` is the contributors' pool.
    pub pools: Vec<(String, Money)>,
    /// The team's pool by person.
    pub people: Vec<(PersonId, Money)>,
}

impl Split {
    /// Everything a person gets of this receipt.
    pub fn of(&self, person: PersonId) -> Money {
        let mine = |(who, amount): &(PersonId, Money)| (*who == person).then_some(*amount);
        Money::sum(self.people.iter().chain(&self.returned).filter_map(mine)).unwrap_or_default()
    }
}

/// A cost that a deal takes over when its next receipt is divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTaken {
    /// Of which case.
    pub case: CaseId,
    /// Code of its kind.
    pub kind: String,
    /// The day it was paid.
    pub paid_on: Date,
    /// How much was paid.
    pub amount: Money,
    /// What is to come back of it from receipts: the amount; its multiple where an
    /// inventor paid; nothing where the school's rules do not deduct the kind.
    pub due: Money,
    /// The inventor who paid; `None` for the university.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventor: Option<PersonId>,
}

/// What an inventor who paid costs was to get back, and what of it came back, before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventorBefore(pub PersonId, pub Money, pub Money);

/// 计算依据 — what a division was computed from: inputs, rule values and articles, and
/// the sums before it. The explanation follows from it ([`super::explain`]), and so do
/// the running sums ([`super::Engine`]); it holds nothing of earlier receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The division, step by step.
    pub computation: Computation,
    /// Costs taken over with this receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<CostTaken>,
    /// The inventors who paid costs, where some of it comes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventors: Vec<InventorBefore>,
}

/// 分配已拟定
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// How it is divided.
    pub split: Split,
    /// From what; `None` for what was stored before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// What was checked.
    pub findings: Vec<Finding>,
    /// First day of the school's rules that were used.
    pub policy_from: Date,
    /// Who proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// What the first shape of this event had instead of a basis.
    #[serde(default, skip_serializing)]
    pub v1: Option<v1::Stored>,
}

/// 分配已批准
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// How it is divided, as proposed.
    pub split: Split,
    /// From what; `None` for what was stored before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// What was checked.
    pub findings: Vec<Finding>,
    /// Costs of each case that this deal has taken over, by count.
    pub costs_taken: Vec<(CaseId, u32)>,
    /// First day of the school's rules that were used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_from: Option<Date>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Remark.
    pub note: String,
    /// What the first shape of this event had instead of a basis.
    #[serde(default, skip_serializing)]
    pub v1: Option<v1::Stored>,
}

/// 分配已退回
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// Why.
    pub reason: String,
}

/// 退款后追回
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClawedBack {
    /// The receipt that went back in part or whole.
    pub receipt: ReceiptId,
    /// The refund.
    pub refund: ReceiptId,
    /// What is taken back; all amounts at most zero.
    pub split: Split,
    /// From what; `None` for what was stored before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// What was checked.
    pub findings: Vec<Finding>,
    /// What the first shape of this event had instead of a basis.
    #[serde(default, skip_serializing)]
    pub v1: Option<v1::Stored>,
}

/// 奖励公示已结束
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardClosed {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// Result.
    pub result: String,
}

/// 已兑现
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Which receipt's award.
    pub receipt: ReceiptId,
    /// For whom.
    pub person: PersonId,
    /// Who received it: the person, or the heir.
    pub to: PersonId,
    /// How much.
    pub amount: Money,
    /// The day it left the bank.
    pub paid: Date,
    /// Voucher number.
    pub voucher: String,
    /// The bank slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
    /// What was checked.
    pub findings: Vec<Finding>,
}

/// 股权已分配
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquityAllotted {
    /// Parts for persons.
    pub people: Vec<EquityShare>,
    /// Part that stays with the university.
    pub university: dukou_kernel::Share,
    /// The whole holding.
    pub holding: dukou_kernel::Share,
    /// Registration.
    pub paper: Attachment,
    /// What was checked.
    pub findings: Vec<Finding>,
}

events! {
    /// The events of distribution.
    Event {
        /// 分配已拟定
        "distribution.proposed.v2" => Proposed(Proposed),
        /// 分配已批准
        "distribution.approved.v2" => Approved(Approved),
        /// 分配已退回
        "distribution.rejected.v1" => Rejected(Rejected),
        /// 退款后追回
        "distribution.clawed_back.v2" => ClawedBack(ClawedBack),
        /// 奖励公示已发布
        "distribution.reward_posted.v2" => RewardPosted(RewardPosted),
        /// 奖励公示已结束
        "distribution.reward_closed.v1" => RewardClosed(RewardClosed),
        /// 已兑现
        "distribution.paid.v1" => Paid(Paid),
        /// 已备案
        "distribution.relief_filed.v1" => ReliefFiled(ReliefFiled),
        /// 股权已分配
        "distribution.equity_allotted.v1" => EquityAllotted(EquityAllotted),
    }
}
