//! The distribution of net income, receipt by receipt.
//!
//! One state that cases and calculators feed: costs, then tiers into pools, then the
//! team's pool among its people, then paying or holding. Every division is
//! [`crate::split`]; statutory minima are checked on exact fractions each time.
//!
//! A receipt is computed into an [`Entry`] and taken over by it: computing reads rules
//! and changes nothing, taking over moves sums and reads no rule. The entry with the
//! sums before it is the [`Computation`] that an event stores and [`trace`] explains.

mod parts;
mod computation;
pub mod trace;
mod words;
mod minima;
mod books;
mod paying;
mod reversal;
mod stored;

pub use books::Totals;
pub use computation::{Before, Computation, CostTaken, Entry, Member, PoolBefore, PoolPart, Used};
pub use parts::{CostLine, Paid, PersonShare, Receipt, ReceiptSplit, SplitFinding, Terms};
pub use stored::{StoredRunning, StoredState};
pub use words::{Words, amount_text, step, words};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dukou_kernel::{Date, Finding, Money, Severity, Share, Text, text};
use dukou_rules::{
    DistributionPolicy, InForce, LookupError, Ordered, RuleError, Rulebook, TEAM, Window,
};
use rpds::RedBlackTreeMapSync;

use crate::exact::Exact;
use crate::split::{Claim, split};
use parts::{Flow, Holder, Pool, Taken};

/// Parameter that says how many times the inventors get back what they paid
/// (教科技〔2020〕1号, 加倍返还).
pub const RETURN_FACTOR: &str = "inventor_cost.return_factor";

/// How many times the inventors get back what they paid, as in force on a day. What
/// arrived before the rule began goes by its first value: whoever divides today
/// divides under it.
///
/// # Errors
/// When the rulebook has no such parameter.
pub fn return_factor(book: &Rulebook, on: Date) -> Result<Used<u32>, RuleError> {
    let used = |it: InForce<u32>| Used {
        rule: RETURN_FACTOR.to_owned(),
        value: it.value,
        article: it.citation,
    };
    match book.at(on).count(RETURN_FACTOR) {
        Ok(found) => Ok(used(found)),
        Err(error @ LookupError::NotInForce { .. }) => {
            let first = book
                .parameter(RETURN_FACTOR)
                .and_then(|it| it.values.first());
            let first = first.filter(|it| on < it.from).ok_or(error)?;
            Ok(used(book.at(first.from).count(RETURN_FACTOR)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// Everything a distribution needs to go on with the next receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionState {
    terms: Arc<Terms>,
    inventor_due: Money,
    costs: Vec<CostLine>,
    gross: Money,
    net: Money,
    windows: BTreeMap<String, Money>,
    pools: Vec<Pool>,
    people: Vec<Holder>,
    /// Shared between states: a copy costs nothing.
    entries: RedBlackTreeMapSync<String, Arc<Taken>>,
    last_day: Option<Date>,
    main_unstated: bool,
}

/// What a deal keeps whatever becomes of its shares and rules: costs and returns
/// still due, and how far the net income of each window has come. Costs are only
/// ever added, so that a receipt's entry finds its own again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    inventor_due: Money,
    costs: Vec<CostLine>,
    windows: BTreeMap<String, Money>,
}

impl Running {
    /// Net income of a window that was distributed elsewhere, before.
    pub fn come(&mut self, window: &str, net: Money) {
        let so_far = self.windows.entry(window.to_owned()).or_default();
        *so_far = Money::from_fen(so_far.fen().saturating_add(net.fen()));
    }

    /// A cost that receipts are to bring back; `due` is not negative.
    pub fn owe_cost(&mut self, kind: &str, due: Money) {
        self.costs.push(CostLine {
            kind: kind.to_owned(),
            due_fen: due,
        });
    }

    /// What receipts are to bring back to the inventors who paid.
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn owe_inventors(&mut self, due: Money) -> Result<(), dukou_kernel::MoneyError> {
        self.inventor_due = self.inventor_due.plus(due)?;
        Ok(())
    }
}

fn bad(code: &str, pointer: impl Into<String>, message: Text) -> RuleError {
    RuleError::new(code, pointer, message)
}

fn overflow(_: dukou_kernel::MoneyError) -> RuleError {
    RuleError::out_of_range("/receipts")
}

impl DistributionState {
    /// A distribution before its first receipt. Without people the team's pool
    /// stays a pool.
    ///
    /// # Errors
    /// `policy.tiers`, `policy.shares_sum`, `people.shares_sum`,
    /// `people.duplicate_id`.
    pub fn new(terms: Arc<Terms>, people: Vec<PersonShare>) -> Result<Self, RuleError> {
        terms.policy.validate().map_err(|error| {
            bad(
                error.code,
                format!("/policy{}", error.pointer),
                error.message,
            )
        })?;
        let mut seen = BTreeSet::new();
        for (index, person) in people.iter().enumerate() {
            if !seen.insert(person.id.as_str()) {
                let id = &person.id;
                let message = text!("人员 {id} 出现了两次", "{id} is named twice");
                return Err(bad(
                    "people.duplicate_id",
                    format!("/people/{index}/id"),
                    message,
                ));
            }
        }
        if !people.is_empty() && Share::sum(people.iter().map(|it| it.share)) != Ok(Share::ONE) {
            let message = Text::new(
                "人员份额之和须恰为 100%",
                "the people's shares sum to exactly 100 %",
            );
            return Err(bad("people.shares_sum", "/people", message));
        }
        let pools = terms.policy.pools().into_iter().map(Pool::new).collect();
        Ok(Self {
            terms,
            inventor_due: Money::ZERO,
            costs: Vec::new(),
            gross: Money::ZERO,
            net: Money::ZERO,
            windows: BTreeMap::new(),
            pools,
            people: people.into_iter().map(Holder::new).collect(),
            entries: RedBlackTreeMapSync::new_sync(),
            last_day: None,
            main_unstated: false,
        })
    }

    /// The state before a stored computation: its rules, its people and its sums.
    /// Costs, returns and windows come with [`DistributionState::resume`].
    pub fn begin(computation: &Computation) -> Self {
        let pool = |it: &PoolBefore| Pool {
            name: it.0.clone(),
            entitled: it.1.clone(),
            given: it.2,
        };
        let holder = |it: &Member| Holder {
            who: PersonShare {
                id: it.0.clone(),
                share: it.1,
                main: it.2,
            },
            given: it.3,
            unpaid: Money::ZERO,
        };
        Self {
            terms: Arc::clone(&computation.terms),
            inventor_due: Money::ZERO,
            costs: Vec::new(),
            gross: Money::ZERO,
            net: computation.before.net,
            windows: BTreeMap::new(),
            pools: computation.before.pools.iter().map(pool).collect(),
            people: computation.before.people.iter().map(holder).collect(),
            entries: RedBlackTreeMapSync::new_sync(),
            last_day: None,
            main_unstated: computation.main_unstated,
        }
    }

    /// What runs on beside the people and the pools.
    pub fn running(&self) -> Running {
        Running {
            inventor_due: self.inventor_due,
            costs: self.costs.clone(),
            windows: self.windows.clone(),
        }
    }

    /// Goes on from what ran on elsewhere: under other shares or other rules.
    pub fn resume(&mut self, running: Running) {
        (self.inventor_due, self.costs, self.windows) =
            (running.inventor_due, running.costs, running.windows);
    }

    /// Adds what the inventors paid themselves; so many times the amount goes back
    /// to them before anything else ([`return_factor`]).
    ///
    /// # Errors
    /// `input.negative`, `input.out_of_range`.
    pub fn add_inventor_cost(&mut self, paid: Money, factor: u32) -> Result<(), RuleError> {
        let pointer = "/inventor_paid_fen";
        not_negative(paid, pointer)?;
        let due = paid
            .fen()
            .checked_mul(i64::from(factor))
            .map(Money::from_fen);
        let range = || RuleError::out_of_range(pointer);
        self.inventor_due = self
            .inventor_due
            .plus(due.ok_or_else(range)?)
            .map_err(|_| range())?;
        Ok(())
    }

    /// Adds a cost. One whose kind the policy does not deduct is left out, with
    /// a finding that says so.
    ///
    /// # Errors
    /// `input.negative`.
    pub fn add_cost(&mut self, kind: &str, fen: Money) -> Result<Option<SplitFinding>, RuleError> {
        not_negative(fen, "/costs")?;
        if self.terms.policy.deduct.iter().any(|known| known == kind) {
            self.costs.push(CostLine {
                kind: kind.to_owned(),
                due_fen: fen,
            });
            return Ok(None);
        }
        let message = text!(
            "费用“{kind}”不在办法的扣除范围内，未予扣除。",
            "The policy does not deduct costs of the kind {kind}; it is left out."
        );
        let finding = Finding::new(Severity::Warning, "cost.not_deductible", message).at("costs");
        Ok(Some(SplitFinding {
            finding,
            receipt: None,
            shortfall_fen: None,
        }))
    }

    /// Takes the next receipt, or a refund of an earlier one, and divides it. On
    /// an error nothing has changed.
    ///
    /// # Errors
    /// `receipt.duplicate_id`, `receipt.agreement_missing`,
    /// `receipt.of_without_refund`, `refund.unknown_receipt`,
    /// `refund.exceeds_receipt`, `input.out_of_range`.
    pub fn receive(
        &mut self,
        receipt: &Receipt,
        book: &Rulebook,
    ) -> Result<ReceiptSplit, RuleError> {
        self.check(receipt)?;
        let entry = self.compute(receipt)?;
        let computation = self.computation(entry, book)?;
        let mut out = ReceiptSplit::of(receipt, &computation);
        minima::check(&computation, &mut out.findings)?;
        let flushed = self.due_before(receipt.date);
        for entry in &computation.entries {
            self.take(entry)?;
        }
        out.lines = trace::explain(&computation).unwrap_or_default();
        self.pay_flushed(flushed, &mut out);
        self.settle(receipt.date, &mut out);
        out.computation = Some(Arc::new(computation));
        Ok(out)
    }

    /// What a receipt would be divided from and into; changes nothing.
    fn compute(&self, receipt: &Receipt) -> Result<Entry, RuleError> {
        let (flow, window) = if receipt.fen.is_negative() {
            self.undo_flow(receipt)?
        } else {
            (self.take_flow(receipt.fen), self.window_of(receipt))
        };
        self.gross.plus(receipt.fen).map_err(overflow)?;
        let window_net = self.windows.get(&window).copied().unwrap_or_default();
        let claims = self.pool_claims(flow.net, window_net)?;
        let range = |_| RuleError::out_of_range("/receipts");
        let parts = split(flow.net, &claims).map_err(range)?;
        let people = self.awards(&parts)?;
        let taken = |(index, amount): &(usize, Money)| {
            let cost = self.costs.get(*index);
            CostTaken(
                u32::try_from(*index).unwrap_or(u32::MAX),
                cost.map_or_else(String::new, |it| it.kind.clone()),
                cost.map_or(Money::ZERO, |it| it.due_fen),
                *amount,
            )
        };
        Ok(Entry {
            id: receipt.id.clone(),
            on: receipt.date,
            fen: receipt.fen,
            of: receipt.of.clone(),
            window,
            window_net,
            returned: flow.returned,
            costs: flow.lines.iter().map(taken).collect(),
            net: flow.net,
            pools: claims
                .into_iter()
                .zip(parts)
                .map(|(claim, part)| PoolPart(claim.entitled, part))
                .collect(),
            people,
        })
    }

    /// The pools' claims once this net income has moved their window on.
    fn pool_claims(&self, net: Money, window_net: Money) -> Result<Vec<Claim>, RuleError> {
        let after = window_net.plus(net).map_err(overflow)?;
        let policy = &self.terms.policy;
        let claim = |pool: &Pool| {
            let moved = entitlement(policy, &pool.name, after)
                .minus(&entitlement(policy, &pool.name, window_net));
            Claim {
                entitled: pool.entitled.plus(&moved),
                given: pool.given,
            }
        };
        Ok(self.pools.iter().map(claim).collect())
    }

    /// The team's part by person: each share of all that the team was ever given.
    fn awards(&self, parts: &[Money]) -> Result<Vec<Money>, RuleError> {
        let team = self.pools.iter().zip(parts).find(|it| it.0.name == TEAM);
        let (posted, amount) = match team {
            Some((pool, part)) => (pool.given.plus(*part).map_err(overflow)?, *part),
            None => (Money::ZERO, Money::ZERO),
        };
        let posted = Exact::from(posted);
        let claim = |person: &Holder| Claim {
            entitled: posted.times(person.who.share),
            given: person.given,
        };
        if self.people.is_empty() {
            return Ok(Vec::new());
        }
        let claims: Vec<Claim> = self.people.iter().map(claim).collect();
        split(amount, &claims).map_err(|_| RuleError::out_of_range("/receipts"))
    }

    /// An entry with the sums before it and the rules that were in force.
    fn computation(&self, entry: Entry, book: &Rulebook) -> Result<Computation, RuleError> {
        let on = entry.on;
        let due = self.inventor_due.is_positive() || entry.returned != Money::ZERO;
        Ok(Computation {
            trace: trace::VERSION,
            terms: Arc::clone(&self.terms),
            factor: due.then(|| return_factor(book, on)).transpose()?,
            minima: minima::in_force(&self.terms, book, on)?,
            main_unstated: self.main_unstated,
            before: self.before(),
            entries: vec![entry],
        })
    }

    fn before(&self) -> Before {
        let pool = |it: &Pool| PoolBefore(it.name.clone(), it.entitled.clone(), it.given);
        let member = |it: &Holder| Member(it.who.id.clone(), it.who.share, it.who.main, it.given);
        Before {
            net: self.net,
            inventor_due: self.inventor_due,
            pools: self.pools.iter().map(pool).collect(),
            people: self.people.iter().map(member).collect(),
        }
    }

    /// Takes an entry over as it was computed: sums move, no rule is read. On an
    /// error nothing has changed.
    ///
    /// # Errors
    /// `input.out_of_range` when the entry does not follow from this state.
    pub fn take(&mut self, entry: &Entry) -> Result<(), RuleError> {
        let gross = self.gross.plus(entry.fen).map_err(overflow)?;
        let known = self.windows.get(&entry.window).copied().unwrap_or_default();
        let whole =
            entry.pools.len() == self.pools.len() && entry.people.len() == self.people.len();
        if known != entry.window_net || !whole {
            return Err(RuleError::out_of_range("/receipts"));
        }
        let after = entry.window_net.plus(entry.net).map_err(overflow)?;
        let mut pools = self.pools.clone();
        for (pool, part) in pools.iter_mut().zip(&entry.pools) {
            pool.entitled.clone_from(&part.0);
            pool.given = pool.given.plus(part.1).map_err(overflow)?;
        }
        let mut sums = Vec::with_capacity(self.people.len());
        for (person, part) in self.people.iter().zip(&entry.people) {
            let given = person.given.plus(*part).map_err(overflow)?;
            sums.push((given, person.unpaid.plus(*part).map_err(overflow)?));
        }
        let taken = Taken::of(entry);
        let original = entry.of.as_ref().and_then(|of| self.entries.get(of));
        let original = match original {
            Some(it) => {
                let mut it = Taken::clone(it);
                it.left.subtract(&taken.flow)?;
                Some(it)
            }
            None => None,
        };
        self.apply_flow(&taken.flow)?;
        (self.gross, self.pools) = (gross, pools);
        self.windows.insert(entry.window.clone(), after);
        for (person, (given, unpaid)) in self.people.iter_mut().zip(sums) {
            (person.given, person.unpaid) = (given, unpaid);
        }
        if let (Some(of), Some(original)) = (&entry.of, original) {
            self.entries.insert_mut(of.clone(), Arc::new(original));
        }
        self.entries.insert_mut(entry.id.clone(), Arc::new(taken));
        self.last_day = Some(self.last_day.map_or(entry.on, |day| day.max(entry.on)));
        Ok(())
    }

    fn check(&self, receipt: &Receipt) -> Result<(), RuleError> {
        let id = &receipt.id;
        if self.entries.contains_key(id) {
            let message = text!("到账 {id} 出现了两次", "the receipt {id} is named twice");
            return Err(bad("receipt.duplicate_id", "/id", message));
        }
        if !receipt.fen.is_negative() && receipt.of.is_some() {
            let message = Text::new(
                "只有退款（负数）才写 of",
                "only a refund (negative) names its receipt with `of`",
            );
            return Err(bad("receipt.of_without_refund", "/of", message));
        }
        if self.terms.policy.window == Window::Agreement
            && !receipt.fen.is_negative()
            && receipt.agreement.is_none()
        {
            let message = Text::new(
                "按合同累计时，到账须写 agreement",
                "a window of agreements needs `agreement` on the receipt",
            );
            return Err(bad("receipt.agreement_missing", "/agreement", message));
        }
        Ok(())
    }

    fn window_of(&self, receipt: &Receipt) -> String {
        match self.terms.policy.window {
            Window::Lifetime => String::new(),
            Window::Year => receipt.date.year().to_string(),
            Window::Agreement => receipt.agreement.clone().unwrap_or_default(),
            Window::Receipt => receipt.id.clone(),
        }
    }

    /// Where the money of a new receipt goes: back to the inventors, to costs,
    /// the rest is net.
    fn take_flow(&self, fen: Money) -> Flow {
        let mut left = fen.fen();
        let returned = left.min(self.inventor_due.fen());
        left -= returned;
        let mut lines = Vec::new();
        for (index, cost) in self.costs.iter().enumerate() {
            let part = left.min(cost.due_fen.fen());
            if part > 0 {
                lines.push((index, Money::from_fen(part)));
                left -= part;
            }
        }
        Flow {
            net: Money::from_fen(left),
            returned: Money::from_fen(returned),
            lines,
        }
    }

    /// What a refund undoes of its receipt: net first, then costs, then the
    /// return to the inventors.
    fn undo_flow(&self, refund: &Receipt) -> Result<(Flow, String), RuleError> {
        let named = refund.of.as_deref().unwrap_or_default();
        let entry = self
            .entries
            .get(named)
            .filter(|entry| entry.of.is_none())
            .ok_or_else(|| {
                let message = text!(
                    "退款须写明此前的到账（of），未找到“{named}”",
                    "a refund names an earlier receipt (of); {named} is not one"
                );
                bad("refund.unknown_receipt", "/of", message)
            })?;
        let exceeds = || {
            let left = entry.left.total();
            let message = text!(
                "退款超过到账 {named} 的余额 {left} 分",
                "the refund exceeds what is left of {named}: {left} fen"
            );
            bad("refund.exceeds_receipt", "/fen", message)
        };
        let mut left = refund.fen.fen().checked_neg().ok_or_else(exceeds)?;
        let mut take = |available: Money| {
            let part = left.min(available.fen());
            left -= part;
            Money::from_fen(-part)
        };
        let net = take(entry.left.net);
        let mut lines: Vec<(usize, Money)> = Vec::new();
        for (index, amount) in entry.left.lines.iter().rev() {
            lines.push((*index, take(*amount)));
        }
        lines.reverse();
        let returned = take(entry.left.returned);
        if left > 0 {
            return Err(exceeds());
        }
        Ok((
            Flow {
                net,
                returned,
                lines,
            },
            entry.window.clone(),
        ))
    }

    /// Moves what is due to inventors and costs; on an error nothing has changed.
    fn apply_flow(&mut self, flow: &Flow) -> Result<(), RuleError> {
        let net = self.net.plus(flow.net).map_err(overflow)?;
        let inventor_due = self.inventor_due.minus(flow.returned).map_err(overflow)?;
        let mut costs = self.costs.clone();
        for (index, amount) in &flow.lines {
            let cost = costs
                .get_mut(*index)
                .ok_or_else(|| RuleError::out_of_range("/costs"))?;
            cost.due_fen = cost.due_fen.minus(*amount).map_err(overflow)?;
        }
        if inventor_due.is_negative() || costs.iter().any(|cost| cost.due_fen.is_negative()) {
            return Err(RuleError::out_of_range("/receipts"));
        }
        (self.net, self.inventor_due, self.costs) = (net, inventor_due, costs);
        Ok(())
    }

    /// The terms.
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// The team with its shares, in order.
    pub fn team(&self) -> impl ExactSizeIterator<Item = &PersonShare> {
        self.people.iter().map(|it| &it.who)
    }

    /// True when these people with these shares are the team. Who of them counts as a
    /// main contributor divides no money, and is taken over.
    pub fn same_shares(&mut self, people: &[PersonShare]) -> bool {
        let same = self.people.len() == people.len()
            && self
                .people
                .iter()
                .zip(people)
                .all(|(known, new)| (&known.who.id, known.who.share) == (&new.id, new.share));
        if same {
            for (known, new) in self.people.iter_mut().zip(people) {
                known.who.main = new.main;
            }
        }
        same
    }

    /// True when a computation was made from exactly these sums, so that its entries
    /// follow. Takes over who counts as a main contributor.
    pub fn goes_on(&mut self, computation: &Computation) -> bool {
        let Before {
            net, pools, people, ..
        } = &computation.before;
        let now = self.before();
        let given = |it: &Member| it.3;
        let member = |it: &Member| PersonShare {
            id: it.0.clone(),
            share: it.1,
            main: it.2,
        };
        now.net == *net
            && now.pools == *pools
            && now.people.iter().map(given).eq(people.iter().map(given))
            && self.same_shares(&people.iter().map(member).collect::<Vec<_>>())
    }

    /// Says whether anybody named the main contributors (主要贡献人员). Whoever lists a team
    /// has, unless told otherwise here.
    pub fn main_stated(&mut self, stated: bool) {
        self.main_unstated = !stated;
    }

    /// True when this receipt or refund was taken here.
    pub fn knows(&self, id: &str) -> bool {
        self.entries.contains_key(id)
    }

    /// Costs and what is still due of each.
    pub fn costs(&self) -> &[CostLine] {
        &self.costs
    }

    /// What is still due to the inventors for their own cost.
    pub fn inventor_due(&self) -> Money {
        self.inventor_due
    }
}

fn not_negative(amount: Money, pointer: &str) -> Result<(), RuleError> {
    if amount.is_negative() {
        return Err(bad(
            "input.negative",
            pointer,
            Text::new("金额不得为负", "the amount is not negative"),
        ));
    }
    Ok(())
}

/// A pool's exact part of a window's cumulative net: each tier's own stretch
/// times the pool's share in it.
fn entitlement(policy: &DistributionPolicy, pool: &str, net: Money) -> Exact {
    let mut floor = Money::ZERO;
    let mut total = Exact::zero();
    for tier in &policy.tiers {
        let top = tier.up_to_fen.map_or(net, |up_to| up_to.min(net));
        let stretch = top.fen().saturating_sub(floor.fen());
        if stretch <= 0 {
            break;
        }
        if let Some(share) = tier.pools.get(pool) {
            total = total.plus(&Exact::from(Money::from_fen(stretch)).times(*share));
        }
        floor = top;
    }
    total
}

/// Divides a whole list of receipts: in date order, in the given order on one
/// day.
///
/// # Errors
/// See [`DistributionState::receive`]; the pointer names the receipt in the
/// given order.
pub fn distribute(
    state: &mut DistributionState,
    receipts: &[Receipt],
    book: &Rulebook,
) -> Result<Vec<ReceiptSplit>, RuleError> {
    let mut order: Vec<(usize, &Receipt)> = receipts.iter().enumerate().collect();
    order.sort_by_key(|(_, receipt)| receipt.date);
    let take = |(index, receipt): (usize, &Receipt)| {
        state.receive(receipt, book).map_err(|mut error| {
            if !error.pointer.starts_with("/receipts") {
                error.pointer = format!("/receipts/{index}{}", error.pointer);
            }
            error
        })
    };
    order.into_iter().map(take).collect()
}

/// Named amounts, all zero, so that every name appears.
fn zeros<'a>(names: impl Iterator<Item = &'a str>) -> Ordered<Money> {
    names.map(|name| (name.to_owned(), Money::ZERO)).collect()
}

#[cfg(test)]
mod tests;
