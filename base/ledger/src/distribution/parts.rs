//! What goes into a distribution and what comes out.

use std::sync::Arc;

use dukou_kernel::{Date, Finding, Money, Share};
use dukou_rules::{DistributionPolicy, Ordered, RuleError};
use serde::{Deserialize, Serialize};

use super::computation::{Computation, CostTaken, Entry};
use super::overflow;
use super::trace::Line;
use crate::exact::Exact;

/// Under which rules a distribution runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// `CN` or a province with an overlay.
    pub jurisdiction: String,
    /// 国家设立的高等院校: the minima bind.
    pub state_established: bool,
    /// How net income is divided and paid.
    pub policy: DistributionPolicy,
}

/// One person of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonShare {
    /// Key; a case uses the person's id.
    pub id: String,
    /// Part of the team's pool.
    pub share: Share,
    /// 主要贡献人员
    #[serde(default)]
    pub main: bool,
}

/// Money received; a negative amount is a refund and names its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Key.
    pub id: String,
    /// The legal day.
    pub date: Date,
    /// The amount.
    pub fen: Money,
    /// The receipt that a refund undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The agreement under which it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}

/// A cost and what is still to be recovered of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// Kind, free text.
    pub kind: String,
    /// Still to be recovered.
    pub due_fen: Money,
}

/// A payment of held money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The day.
    pub date: Date,
    /// Who.
    pub person: String,
    /// How much.
    pub fen: Money,
}

/// A finding of a distribution, with the receipt and what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitFinding {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// At which receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// How many fen are missing, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall_fen: Option<Money>,
}

/// One receipt divided. Every pool and every person appears, also with zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSplit {
    /// Key of the receipt.
    pub id: String,
    /// The legal day.
    pub date: Date,
    /// The amount received; negative for refunds and reversals.
    pub fen: Money,
    /// What was divided.
    pub net_fen: Money,
    /// What went to costs.
    pub recovered_fen: Money,
    /// What went back to the inventors.
    pub returned_to_inventors_fen: Money,
    /// What each pool got.
    pub pools: Ordered<Money>,
    /// What each person was awarded.
    pub people: Ordered<Money>,
    /// What each person is unpaid after this receipt.
    pub held_fen: Ordered<Money>,
    /// What each person is paid with this receipt.
    pub paid_fen: Ordered<Money>,
    /// Year-end payments that came before this receipt.
    #[serde(default)]
    pub flushed: Vec<Paid>,
    /// The explanation, line by line; [`words`](super::words) put it to people.
    #[serde(skip)]
    pub lines: Vec<Line>,
    /// What it was computed from.
    #[serde(skip)]
    pub computation: Option<Arc<Computation>>,
    /// What was found.
    pub findings: Vec<SplitFinding>,
}

impl ReceiptSplit {
    pub(super) fn empty(receipt: &Receipt) -> Self {
        Self {
            id: receipt.id.clone(),
            date: receipt.date,
            fen: receipt.fen,
            net_fen: Money::ZERO,
            recovered_fen: Money::ZERO,
            returned_to_inventors_fen: Money::ZERO,
            pools: Ordered::new(),
            people: Ordered::new(),
            held_fen: Ordered::new(),
            paid_fen: Ordered::new(),
            flushed: Vec::new(),
            lines: Vec::new(),
            computation: None,
            findings: Vec::new(),
        }
    }

    /// What a computation of one entry gave.
    pub(super) fn of(receipt: &Receipt, computation: &Computation) -> Self {
        let mut out = Self::empty(receipt);
        for entry in &computation.entries {
            out.net_fen = entry.net;
            out.recovered_fen = entry.recovered();
            out.returned_to_inventors_fen = entry.returned;
            for (pool, part) in computation.before.pools.iter().zip(&entry.pools) {
                out.pools.set(&pool.0, part.1);
            }
            for (person, part) in computation.before.people.iter().zip(&entry.people) {
                out.people.set(&person.0, *part);
            }
        }
        out
    }
}

/// Where the money of one entry goes. All parts share the sign of the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub net: Money,
    pub returned: Money,
    /// Cost line and amount, in the order of recovery.
    pub lines: Vec<(usize, Money)>,
}

impl Flow {
    pub fn of(entry: &Entry) -> Self {
        let line = |it: &CostTaken| (usize::try_from(it.0).unwrap_or(usize::MAX), it.3);
        Self {
            net: entry.net,
            returned: entry.returned,
            lines: entry.costs.iter().map(line).collect(),
        }
    }

    /// Never overflows: the parts sum to a receipt.
    pub fn recovered(&self) -> Money {
        Money::sum(self.lines.iter().map(|(_, amount)| *amount)).unwrap_or_default()
    }

    pub fn total(&self) -> i128 {
        [self.net, self.returned, self.recovered()]
            .iter()
            .map(|it| i128::from(it.fen()))
            .sum()
    }

    pub fn negated(&self) -> Result<Self, RuleError> {
        let negative = |amount: Money| Money::ZERO.minus(amount).map_err(overflow);
        let mut lines = Vec::with_capacity(self.lines.len());
        for (index, amount) in &self.lines {
            lines.push((*index, negative(*amount)?));
        }
        Ok(Self {
            net: negative(self.net)?,
            returned: negative(self.returned)?,
            lines,
        })
    }

    /// Moves what is left of a receipt by a refund (whose parts are negative) or
    /// by the reversal of one.
    pub fn subtract(&mut self, refund: &Self) -> Result<(), RuleError> {
        self.net = self.net.plus(refund.net).map_err(overflow)?;
        self.returned = self.returned.plus(refund.returned).map_err(overflow)?;
        for (index, amount) in &refund.lines {
            if let Some((_, left)) = self.lines.iter_mut().find(|(known, _)| known == index) {
                *left = left.plus(*amount).map_err(overflow)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    pub name: String,
    pub entitled: Exact,
    pub given: Money,
}

impl Pool {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            entitled: Exact::zero(),
            given: Money::ZERO,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub who: PersonShare,
    pub given: Money,
    pub unpaid: Money,
}

impl Holder {
    pub fn new(who: PersonShare) -> Self {
        Self {
            who,
            given: Money::ZERO,
            unpaid: Money::ZERO,
        }
    }
}

/// What is remembered of a receipt or refund, for refunds and reversals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub fen: Money,
    pub of: Option<String>,
    pub window: String,
    pub flow: Flow,
    pub left: Flow,
    pub pools: Vec<Money>,
    pub people: Vec<Money>,
}

impl Taken {
    pub fn of(entry: &Entry) -> Self {
        let flow = Flow::of(entry);
        Self {
            fen: entry.fen,
            of: entry.of.clone(),
            window: entry.window.clone(),
            left: flow.clone(),
            flow,
            pools: entry.pools.iter().map(|it| it.1).collect(),
            people: entry.people.clone(),
        }
    }
}
