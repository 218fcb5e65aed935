//! The distribution of net income, receipt by receipt.
//!
//! One state that cases and calculators feed: costs first, then tiers into pools,
//! then the team's pool among its people, then paying or holding. Every division
//! is [`crate::split`]; every fen is explained by a step; the statutory minima
//! are checked on exact fractions after each receipt.

mod parts;
mod words;
mod minima;
mod books;

pub use books::Totals;
pub use parts::{CostLine, Paid, PersonShare, Receipt, ReceiptSplit, SplitFinding, Terms};

use std::collections::{BTreeMap, BTreeSet};

use dukou_kernel::{Date, Finding, Money, Severity, Share, Text, text};
use dukou_rules::{DistributionPolicy, Flush, Ordered, RuleError, Rulebook, TEAM, Window};
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::split::{Claim, split};
use parts::{Entry, Flow, Holder, Pool};

/// How many times the inventors get back what they paid (教科技〔2020〕1号, 加倍返还).
pub const INVENTOR_COST_FACTOR: i64 = 2;

/// Everything a distribution needs to go on with the next receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionState {
    terms: Terms,
    inventor_due: Money,
    costs: Vec<CostLine>,
    gross: Money,
    net: Money,
    windows: BTreeMap<String, Money>,
    pools: Vec<Pool>,
    people: Vec<Holder>,
    entries: BTreeMap<String, Entry>,
    last_day: Option<Date>,
}

/// What a deal keeps whatever becomes of its shares and rules: costs and returns
/// still due, and how far the net income of each window has come. Costs are only
/// ever added, so that a receipt's entry finds its own again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub fn new(terms: Terms, people: Vec<PersonShare>) -> Result<Self, RuleError> {
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
            entries: BTreeMap::new(),
            last_day: None,
        })
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

    /// Adds what the inventors paid themselves; twice the amount goes back to
    /// them before anything else.
    ///
    /// # Errors
    /// `input.negative`, `input.out_of_range`.
    pub fn add_inventor_cost(&mut self, paid: Money) -> Result<(), RuleError> {
        let pointer = "/inventor_paid_fen";
        not_negative(paid, pointer)?;
        let twice = paid
            .fen()
            .checked_mul(INVENTOR_COST_FACTOR)
            .map(Money::from_fen);
        let range = || RuleError::out_of_range(pointer);
        self.inventor_due = self
            .inventor_due
            .plus(twice.ok_or_else(range)?)
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
        let gross = self.gross.plus(receipt.fen).map_err(overflow)?;
        let (flow, window) = if receipt.fen.is_negative() {
            self.undo_flow(receipt)?
        } else {
            (self.take_flow(receipt.fen), self.window_of(receipt))
        };
        let mut out = ReceiptSplit::empty(receipt, &flow);
        self.flush_before(receipt.date, &mut out);
        words::flow(&mut out, &flow, receipt, book);
        self.gross = gross;
        self.apply_flow(&flow)?;
        self.divide(&flow, &window, &mut out)?;
        self.award(&mut out)?;
        self.settle(receipt.date, &mut out);
        minima::check(self, receipt, &mut out, book)?;
        if let Some(of) = &receipt.of
            && let Some(entry) = self.entries.get_mut(of)
        {
            entry.left.subtract(&flow)?;
        }
        self.entries
            .insert(receipt.id.clone(), Entry::new(receipt, window, flow, &out));
        self.last_day = Some(
            self.last_day
                .map_or(receipt.date, |day| day.max(receipt.date)),
        );
        Ok(out)
    }

    /// Takes an entry back: exactly the fen that it gave, from exactly those who
    /// had them. A reversal is not a refund.
    ///
    /// # Errors
    /// `reversal.unknown_receipt`, `reversal.has_refunds`,
    /// `reversal.superseded` for a refund whose costs were recovered since.
    pub fn reverse(&mut self, id: &str, date: Date) -> Result<ReceiptSplit, RuleError> {
        let unknown = || {
            let message = text!("没有到账 {id}", "no receipt is called {id}");
            bad("reversal.unknown_receipt", "", message)
        };
        let entry = self.entries.get(id).cloned().ok_or_else(unknown)?;
        if self
            .entries
            .values()
            .any(|other| other.of.as_deref() == Some(id))
        {
            let message = text!(
                "{id} 已有退款，须先冲销退款",
                "{id} has refunds; reverse those first"
            );
            return Err(bad("reversal.has_refunds", "", message));
        }
        let flow = entry.flow.negated()?;
        self.apply_flow(&flow).map_err(|_| {
            let message = text!(
                "{id} 恢复的费用已由后来的到账收回",
                "the costs that {id} reopened were recovered since"
            );
            bad("reversal.superseded", "", message)
        })?;
        let fen = Money::ZERO.minus(entry.fen).map_err(overflow)?;
        self.gross = self.gross.plus(fen).map_err(overflow)?;
        let named = Receipt {
            id: id.to_owned(),
            date,
            fen,
            of: None,
            agreement: None,
        };
        let mut out = ReceiptSplit::empty(&named, &flow);
        let deltas = self.entitle(&flow, &entry.window)?;
        for ((pool, delta), given) in self.pools.iter_mut().zip(deltas).zip(&entry.pools) {
            let back = Money::ZERO.minus(*given).map_err(overflow)?;
            pool.entitled = pool.entitled.plus(&delta);
            pool.given = pool.given.plus(back).map_err(overflow)?;
            out.pools.set(&pool.name, back);
        }
        for (person, given) in self.people.iter_mut().zip(&entry.people) {
            let back = Money::ZERO.minus(*given).map_err(overflow)?;
            person.given = person.given.plus(back).map_err(overflow)?;
            person.unpaid = person.unpaid.plus(back).map_err(overflow)?;
            out.people.set(&person.who.id, back);
        }
        self.settle(date, &mut out);
        if let Some(of) = &entry.of
            && let Some(original) = self.entries.get_mut(of)
        {
            original.left.subtract(&flow)?;
        }
        self.entries.remove(id);
        out.steps.push(words::reversal(id, fen));
        Ok(out)
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
            if let Some(cost) = costs.get_mut(*index) {
                cost.due_fen = cost.due_fen.minus(*amount).map_err(overflow)?;
            }
        }
        if inventor_due.is_negative() || costs.iter().any(|cost| cost.due_fen.is_negative()) {
            return Err(RuleError::out_of_range("/receipts"));
        }
        (self.net, self.inventor_due, self.costs) = (net, inventor_due, costs);
        Ok(())
    }

    /// Moves the window's net and says by how much each pool's entitlement moves.
    fn entitle(&mut self, flow: &Flow, window: &str) -> Result<Vec<Exact>, RuleError> {
        let before = self.windows.get(window).copied().unwrap_or_default();
        let after = before.plus(flow.net).map_err(overflow)?;
        let policy = &self.terms.policy;
        let moved = |pool: &Pool| {
            entitlement(policy, &pool.name, after).minus(&entitlement(policy, &pool.name, before))
        };
        let deltas = self.pools.iter().map(moved).collect();
        self.windows.insert(window.to_owned(), after);
        Ok(deltas)
    }

    fn divide(
        &mut self,
        flow: &Flow,
        window: &str,
        out: &mut ReceiptSplit,
    ) -> Result<(), RuleError> {
        let deltas = self.entitle(flow, window)?;
        for (pool, delta) in self.pools.iter_mut().zip(deltas) {
            pool.entitled = pool.entitled.plus(&delta);
        }
        let claims: Vec<Claim> = self
            .pools
            .iter()
            .map(|pool| Claim {
                entitled: pool.entitled.clone(),
                given: pool.given,
            })
            .collect();
        let parts = split(flow.net, &claims).map_err(|_| RuleError::out_of_range("/receipts"))?;
        for ((pool, claim), part) in self.pools.iter_mut().zip(&claims).zip(parts) {
            pool.given = pool.given.plus(part).map_err(overflow)?;
            out.pools.set(&pool.name, part);
            out.steps
                .push(words::share_of(&pool.name, claim, part, false));
        }
        Ok(())
    }

    fn award(&mut self, out: &mut ReceiptSplit) -> Result<(), RuleError> {
        let team = self.pools.iter().find(|pool| pool.name == TEAM);
        let posted = Exact::from(team.map(|pool| pool.given).unwrap_or_default());
        let amount = out.pools.get(TEAM).copied().unwrap_or_default();
        if self.people.is_empty() {
            return Ok(());
        }
        let claims: Vec<Claim> = self
            .people
            .iter()
            .map(|person| Claim {
                entitled: posted.times(person.who.share),
                given: person.given,
            })
            .collect();
        let parts = split(amount, &claims).map_err(|_| RuleError::out_of_range("/receipts"))?;
        for ((person, claim), part) in self.people.iter_mut().zip(&claims).zip(parts) {
            person.given = person.given.plus(part).map_err(overflow)?;
            person.unpaid = person.unpaid.plus(part).map_err(overflow)?;
            out.people.set(&person.who.id, part);
            out.steps
                .push(words::share_of(&person.who.id, claim, part, true));
        }
        Ok(())
    }

    /// Pays what reached the threshold; the rest is held.
    fn settle(&mut self, date: Date, out: &mut ReceiptSplit) {
        let year_end = self.terms.policy.flush == Some(Flush::YearEnd)
            && (date.month(), date.day()) == (12, 31);
        let threshold = self.terms.policy.pay_from_fen;
        for person in &mut self.people {
            let mut paid = Money::ZERO;
            if person.unpaid >= threshold || (year_end && person.unpaid.is_positive()) {
                paid = std::mem::take(&mut person.unpaid);
            }
            out.paid_fen.set(&person.who.id, paid);
            out.held_fen.set(&person.who.id, person.unpaid);
            if threshold.is_positive() || person.unpaid != Money::ZERO {
                out.steps
                    .push(words::held(&person.who.id, paid, person.unpaid, threshold));
            }
        }
    }

    /// Pays what was held on the 31 Decembers that passed before this day.
    fn flush_before(&mut self, date: Date, out: &mut ReceiptSplit) {
        let Some(last) = self.last_day else { return };
        if last.year() < date.year() {
            out.flushed = self.flush_year(last.year());
            out.steps.extend(out.flushed.iter().map(words::flushed));
        }
    }

    /// Pays the rest on 31 December of a year, where the policy says so: one
    /// payment for each person who is owed something.
    pub fn flush_year(&mut self, year: i16) -> Vec<Paid> {
        let Ok(date) = Date::new(year, 12, 31) else {
            return Vec::new();
        };
        if self.terms.policy.flush != Some(Flush::YearEnd) {
            return Vec::new();
        }
        let owed = self
            .people
            .iter_mut()
            .filter(|person| person.unpaid.is_positive());
        owed.map(|person| Paid {
            date,
            person: person.who.id.clone(),
            fen: std::mem::take(&mut person.unpaid),
        })
        .collect()
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
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
