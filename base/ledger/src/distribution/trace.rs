//! 算式 — the explanation of a division as data (`dukou.trace/v1`): under which rule,
//! for whom, by which operation, from what, to what. Pages, programs and papers put
//! it into words for their reader; who may read a line is decided by its subject.
//!
//! A [`Computation`] names the version that explains it. A version is a pure function
//! and stays as it is for ever; another way of explaining is another version.

use dukou_kernel::{Citation, Date, Money, Share};
use dukou_rules::{OFFICE, TEAM, school_policy};
use serde::{Deserialize, Serialize};

use super::computation::{Before, Computation, Entry, Member, PoolBefore, PoolPart, Used};
use crate::exact::Exact;

/// The published name of the shape.
pub const SCHEMA: &str = "dukou.trace/v1";

/// The version that new computations are explained by.
pub const VERSION: u32 = 1;

/// Whose money a line is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// The whole receipt.
    Total,
    /// One pool.
    Pool {
        /// Its name in the school's rules.
        name: String,
    },
    /// One person.
    Person {
        /// Key; a case uses the person's id.
        id: String,
    },
}

/// What was done with the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// What arrived, or went back.
    Receive,
    /// The smaller of what is there and what is due.
    Least,
    /// The first less the others.
    Subtract,
    /// The amount times the share.
    Multiply,
    /// `entitled − given` in whole fen, by the one rounding rule.
    Round,
    /// A refund takes back: net first, then costs, then the return to inventors.
    Undo,
    /// The part is at least the whole times the least share.
    Compare,
    /// Paid once the unpaid sum reaches the threshold; the rest is held.
    Hold,
    /// Held money is paid.
    Pay,
    /// Exactly what the entry gave is taken back.
    Reverse,
    /// As an older program wrote it, in words.
    Told,
}

/// A number that went in or came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Fen, exact: `"61443900"`, `"37/3"`.
    Amount(Exact),
    /// A part of a whole: `"7/10"`.
    Share(Share),
    /// A day.
    Date(Date),
    /// A number of times.
    Count(u32),
    /// Whether a comparison holds.
    Met(bool),
}

impl From<Money> for Quantity {
    fn from(amount: Money) -> Self {
        Self::Amount(amount.into())
    }
}

/// One input by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `received`, `due`, `entitled`, `given`, `share`, `stretch` …
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub value: Quantity,
}

/// One line of the explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Id of the rule: a parameter of `law/`, or a rule of the house.
    pub rule: String,
    /// Whose money it is about.
    pub subject: Subject,
    /// What was done.
    pub operation: Operation,
    /// From what.
    pub inputs: Vec<Input>,
    /// What came out.
    pub result: Quantity,
    /// The article, where one is behind it.
    pub article: Option<Citation>,
    /// What else it is about, such as the kind of a cost or the receipt of a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl Line {
    /// A line without inputs.
    pub fn new(
        rule: &str,
        subject: Subject,
        operation: Operation,
        result: impl Into<Quantity>,
    ) -> Self {
        Self {
            rule: rule.to_owned(),
            subject,
            operation,
            inputs: Vec::new(),
            result: result.into(),
            article: None,
            of: None,
        }
    }

    /// Adds an input.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Quantity>) -> Self {
        self.inputs.push(Input {
            name: name.to_owned(),
            value: value.into(),
        });
        self
    }

    /// Names the article.
    #[must_use]
    pub fn cite(mut self, article: &Citation) -> Self {
        self.article = Some(article.clone());
        self
    }

    /// Says what else it is about.
    #[must_use]
    pub fn about(mut self, of: &str) -> Self {
        self.of = Some(of.to_owned());
        self
    }

    /// An input by its name.
    pub fn input(&self, name: &str) -> Option<&Quantity> {
        let mut inputs = self.inputs.iter();
        inputs.find(|it| it.name == name).map(|it| &it.value)
    }
}

impl From<Exact> for Quantity {
    fn from(amount: Exact) -> Self {
        Self::Amount(amount)
    }
}

/// A computation names a trace that this program does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no trace of version {0}")]
pub struct UnknownVersion(pub u32);

/// Explains a computation, by the version that it names.
///
/// # Errors
/// When this program does not have that version.
pub fn explain(computation: &Computation) -> Result<Vec<Line>, UnknownVersion> {
    match computation.trace {
        1 => Ok(v1(computation)),
        other => Err(UnknownVersion(other)),
    }
}

fn pool(name: &str) -> Subject {
    Subject::Pool {
        name: name.to_owned(),
    }
}

fn person(id: &str) -> Subject {
    Subject::Person { id: id.to_owned() }
}

/// Version 1: what arrived, what goes back to inventors and costs, the net, each
/// tier's part, each pool's and each person's whole fen, and the minima.
pub fn v1(computation: &Computation) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut before = computation.before.clone();
    for entry in &computation.entries {
        match &entry.of {
            None => received(computation, &before, entry, &mut lines),
            Some(of) => undone(entry, of, &mut lines),
        }
        tiers(computation, &before, entry, &mut lines);
        parts(computation, &mut before, entry, &mut lines);
        before.net = sum(before.net, entry.net);
        before.inventor_due = less(before.inventor_due, entry.returned);
        minima(computation, &before, &mut lines);
    }
    lines
}

// The amounts of an entry were added up without overflow when it was computed; a
// forged one saturates here, and its sums are refused where they are checked.
fn sum(one: Money, other: Money) -> Money {
    Money::from_fen(one.fen().saturating_add(other.fen()))
}

fn less(one: Money, other: Money) -> Money {
    Money::from_fen(one.fen().saturating_sub(other.fen()))
}

fn received(computation: &Computation, before: &Before, entry: &Entry, lines: &mut Vec<Line>) {
    let receive = Line::new("receipt", Subject::Total, Operation::Receive, entry.fen);
    lines.push(receive.with("received_on", Quantity::Date(entry.on)));
    let mut left = entry.fen;
    if before.inventor_due.is_positive() {
        let rule = computation.factor.as_ref();
        let id = rule.map_or("inventor_cost.return_factor", |it| it.rule.as_str());
        let mut line = Line::new(id, Subject::Total, Operation::Least, entry.returned)
            .with("left", left)
            .with("due", before.inventor_due);
        if let Some(Used { value, article, .. }) = rule {
            line = line.with("factor", Quantity::Count(*value)).cite(article);
        }
        lines.push(line);
        left = less(left, entry.returned);
    }
    for cost in &entry.costs {
        let line = Line::new("cost.recover", Subject::Total, Operation::Least, cost.3)
            .with("left", left)
            .with("due", cost.2);
        lines.push(line.cite(&school_policy()).about(&cost.1));
        left = less(left, cost.3);
    }
    let net = Line::new("net_income", Subject::Total, Operation::Subtract, entry.net)
        .with("received", entry.fen)
        .with("returned", entry.returned)
        .with("recovered", entry.recovered());
    lines.push(net);
}

fn undone(entry: &Entry, of: &str, lines: &mut Vec<Line>) {
    let line = Line::new("refund", Subject::Total, Operation::Undo, entry.net)
        .with("refunded", entry.fen)
        .with("refunded_on", Quantity::Date(entry.on))
        .with("recovered", entry.recovered())
        .with("returned", entry.returned);
    lines.push(line.about(of));
}

/// The stretch of each tier that this entry moves through, times each pool's share.
fn tiers(computation: &Computation, before: &Before, entry: &Entry, lines: &mut Vec<Line>) {
    let policy = &computation.terms.policy;
    let (from, to) = (entry.window_net, sum(entry.window_net, entry.net));
    for PoolBefore(name, ..) in &before.pools {
        let mut floor = Money::ZERO;
        for tier in &policy.tiers {
            let inside = |net: Money| {
                let top = tier.up_to_fen.map_or(net, |up_to| up_to.min(net));
                less(top.max(floor), floor)
            };
            let stretch = less(inside(to), inside(from));
            if stretch != Money::ZERO
                && let Some(share) = tier.pools.get(name)
            {
                let part = Exact::from(stretch).times(*share);
                let mut line = Line::new("policy.tier", pool(name), Operation::Multiply, part)
                    .with("stretch", stretch)
                    .with("share", Quantity::Share(*share))
                    .with("above", floor);
                if let Some(up_to) = tier.up_to_fen {
                    line = line.with("up_to", up_to);
                }
                lines.push(line.cite(&school_policy()));
            }
            let Some(up_to) = tier.up_to_fen else { break };
            floor = up_to;
        }
    }
}

/// Each pool's and each person's whole fen; moves the sums on.
fn parts(computation: &Computation, before: &mut Before, entry: &Entry, lines: &mut Vec<Line>) {
    for (PoolBefore(name, entitled, given), PoolPart(after, part)) in
        before.pools.iter_mut().zip(&entry.pools)
    {
        lines.push(
            Line::new("pools.split", pool(name), Operation::Round, *part)
                .with("entitled", after.clone())
                .with("given", *given),
        );
        entitled.clone_from(after);
        *given = sum(*given, *part);
    }
    let team = before.pools.iter().find(|it| it.0 == TEAM);
    let posted = team.map_or(Money::ZERO, |it| it.2);
    for (Member(id, share, _, given), part) in before.people.iter_mut().zip(&entry.people) {
        lines.push(
            Line::new("people.split", person(id), Operation::Round, *part)
                .with("team", posted)
                .with("share", Quantity::Share(*share))
                .with("entitled", Exact::from(posted).times(*share))
                .with("given", *given),
        );
        *given = sum(*given, *part);
    }
    let threshold = computation.terms.policy.pay_from_fen;
    if threshold.is_positive() && entry.of.is_none() {
        let line = Line::new(
            "policy.pay_from",
            Subject::Total,
            Operation::Hold,
            threshold,
        );
        lines.push(line.cite(&school_policy()));
    }
}

/// The minima on exact fractions, over everything received so far under these shares.
fn minima(computation: &Computation, before: &Before, lines: &mut Vec<Line>) {
    if !before.net.is_positive() {
        return;
    }
    let team = before.pools.iter().find(|it| it.0 == TEAM);
    let team = team.map_or_else(Exact::zero, |it| it.1.clone());
    for minimum in &computation.minima {
        let (subject, part, whole) = if minimum.rule == MAIN_MINIMUM {
            let mut main = before.people.iter().filter(|it| it.2);
            let (first, more) = (main.next(), main.next().is_some());
            let shares = before.people.iter().filter(|it| it.2).map(|it| it.1);
            let share = Share::sum(shares).unwrap_or(Share::ZERO);
            if computation.main_unstated || before.people.is_empty() || !team.is_positive() {
                continue;
            }
            // What one main contributor gets is that person's to read.
            let subject = match first {
                Some(first) if !more => person(&first.0),
                _ => pool(TEAM),
            };
            (subject, team.times(share), team.clone())
        } else if minimum.rule == OFFICE_MINIMUM {
            let office = before.pools.iter().find(|it| it.0 == OFFICE);
            let office = office.map_or_else(Exact::zero, |it| it.1.clone());
            let whole = team.plus(&office);
            (pool(OFFICE), office, whole)
        } else {
            (pool(TEAM), team.clone(), Exact::from(before.net))
        };
        let met = part >= whole.times(minimum.value);
        let line = Line::new(
            &minimum.rule,
            subject,
            Operation::Compare,
            Quantity::Met(met),
        )
        .with("part", part)
        .with("whole", whole)
        .with("least", Quantity::Share(minimum.value));
        lines.push(line.cite(&minimum.article));
    }
}

/// Parameter of the team's least part of net income (转化法第45条).
pub const TEAM_MINIMUM: &str = "reward.min.transfer_license";
/// Parameter of the main contributors' least part of the reward (国发〔2016〕16号（六）).
pub const MAIN_MINIMUM: &str = "reward.main_contributor.min";
/// Parameter of the transfer and management staff's least part of the rewards
/// (浙江省条例第37条第2款); only where the region has it.
pub const OFFICE_MINIMUM: &str = "reward.office.min";
