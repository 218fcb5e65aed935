//! What can have happened.

use dukou_kernel::{CaseId, Citation, Date, Finding, Money, PersonId, ReceiptId, Text, text};
use serde::{Deserialize, Serialize};

use super::{Engine, EquityShare, RewardPosted};
use crate::kept::Kept;
use crate::terms::Attachment;

/// One line of the arithmetic, as a person can follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// What was computed.
    pub text: Text,
    /// The article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
    /// The sum as written: `914,700.00 × 70%`.
    pub formula: String,
    /// The result.
    pub amount: String,
}

/// How a receipt is divided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The arithmetic.
    pub steps: Kept<Vec<StepLine>>,
    /// What was checked.
    pub findings: Vec<Finding>,
}

impl Split {
    /// The arithmetic, line by line; a single line that says so when what was
    /// written cannot be read.
    pub fn arithmetic(&self) -> Vec<StepLine> {
        let read = self.steps.read().map(std::borrow::Cow::into_owned);
        read.unwrap_or_else(|_| {
            vec![StepLine {
                text: text!(
                    "算式读不出来，请系统管理员核验数据（dukou verify）。",
                    "The arithmetic cannot be read: ask the system administrator to verify the data (dukou verify)."
                ),
                citation: None,
                formula: String::new(),
                amount: String::new(),
            }]
        })
    }

    /// Everything a person gets of this receipt.
    pub fn of(&self, person: PersonId) -> Money {
        let mine = |(who, amount): &(PersonId, Money)| (*who == person).then_some(*amount);
        Money::sum(self.people.iter().chain(&self.returned).filter_map(mine)).unwrap_or_default()
    }
}

/// 分配已拟定
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// How it is divided.
    pub split: Split,
    /// First day of the school's rules that were used.
    pub policy_from: Date,
    /// Who proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

/// 分配已批准
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// How it is divided, as proposed; the arithmetic stands with the proposal.
    pub split: Split,
    /// Costs of each case that this deal has taken over, by count.
    pub costs_taken: Vec<(CaseId, u32)>,
    /// The running entitlements from now on.
    pub engine: Engine,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Remark.
    pub note: String,
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
    /// The running entitlements from now on.
    pub engine: Engine,
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
        "distribution.proposed.v1" => Proposed(Proposed),
        /// 分配已批准
        "distribution.approved.v1" => Approved(Approved),
        /// 分配已退回
        "distribution.rejected.v1" => Rejected(Rejected),
        /// 退款后追回
        "distribution.clawed_back.v1" => ClawedBack(ClawedBack),
        /// 奖励公示已发布
        "distribution.reward_posted.v2" => RewardPosted(RewardPosted),
        /// 奖励公示已结束
        "distribution.reward_closed.v1" => RewardClosed(RewardClosed),
        /// 已兑现
        "distribution.paid.v1" => Paid(Paid),
        /// 股权已分配
        "distribution.equity_allotted.v1" => EquityAllotted(EquityAllotted),
    }
}
