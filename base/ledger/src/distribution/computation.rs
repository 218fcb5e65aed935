//! 计算依据 — what a division was computed from and what came out: everything that
//! the next receipt and the explanation need, and nothing of what came before but
//! its sums. So its size does not grow with the number of receipts.
//!
//! It is stored with the events of a distribution and is the only input of the
//! [`trace`](super::trace). Taking an [`Entry`] over moves sums and applies no rule:
//! a state made anew from stored entries is the state that computed them.

use std::sync::Arc;

use dukou_kernel::{Citation, Date, Money, Share};
use serde::{Deserialize, Serialize};

use super::parts::Terms;
use crate::exact::Exact;

/// A rule's value that was used, with its article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used<T> {
    /// Id of the parameter: `reward.min.transfer_license`.
    pub rule: String,
    /// The value in force on the day.
    pub value: T,
    /// Where it stands.
    pub article: Citation,
}

/// One person of the team before an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member(
    /// Key; a case uses the person's id.
    pub String,
    /// Part of the team's pool.
    pub Share,
    /// 主要贡献人员
    pub bool,
    /// What was awarded before.
    pub Money,
);

/// One pool before an entry: name, exact cumulative entitlement, what it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolBefore(pub String, pub Exact, pub Money);

/// The sums before the first entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Cumulative net income under these shares and rules.
    pub net: Money,
    /// What is still due to the inventors for their own cost.
    pub inventor_due: Money,
    /// The pools in order.
    pub pools: Vec<PoolBefore>,
    /// The team in order; empty where it stays a pool.
    pub people: Vec<Member>,
}

impl Before {
    /// True where nothing was divided yet under these shares and rules.
    pub fn is_nothing(&self) -> bool {
        let zero = Exact::zero();
        self.net == Money::ZERO
            && self
                .pools
                .iter()
                .all(|it| it.1 == zero && it.2 == Money::ZERO)
            && self.people.iter().all(|it| it.3 == Money::ZERO)
    }
}

/// What an entry took for one cost: place in the list of costs, kind, what was due
/// before, what was taken (negative where a refund gives it back).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostTaken(pub u32, pub String, pub Money, pub Money);

/// What one pool is entitled to in all after an entry, and what it got of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPart(pub Exact, pub Money);

/// One receipt, or one refund of one, as it was divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Key of the receipt or refund.
    pub id: String,
    /// The legal day.
    pub on: Date,
    /// The amount; negative for a refund.
    pub fen: Money,
    /// The receipt that a refund undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// In which window of the tiers it counts; empty for the one of all receipts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub window: String,
    /// Cumulative net income of that window before it.
    pub window_net: Money,
    /// What went back to the inventors.
    pub returned: Money,
    /// What went to costs, in the order of recovery.
    pub costs: Vec<CostTaken>,
    /// 净收入
    pub net: Money,
    /// By pool, in the order of [`Before::pools`].
    pub pools: Vec<PoolPart>,
    /// By person, in the order of [`Before::people`].
    pub people: Vec<Money>,
}

impl Entry {
    /// What went to costs in all. Never overflows: the parts sum to a receipt.
    pub fn recovered(&self) -> Money {
        Money::sum(self.costs.iter().map(|it| it.3)).unwrap_or_default()
    }
}

/// What a division was computed from, and what came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computation {
    /// Which [`trace`](super::trace) explains it.
    pub trace: u32,
    /// The rules it ran under.
    pub terms: Arc<Terms>,
    /// 加倍返还: how many times the inventors get back what they paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Used<u32>>,
    /// The statutory minima that were in force.
    pub minima: Vec<Used<Share>>,
    /// True where nobody said who contributed most, so that nothing can be held against
    /// the main contributors' minimum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub main_unstated: bool,
    /// The sums before.
    pub before: Before,
    /// The receipt, then the refunds it has had before it was approved; or the one
    /// refund of a receipt that was distributed.
    pub entries: Vec<Entry>,
}
