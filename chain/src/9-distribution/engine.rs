//! The running entitlements of a deal: the ledger's distribution engine, fed
//! with what the cases and the contract say.
//!
//! [`compute`] and [`refund`] divide by the rules and change nothing; [`Engine::take`]
//! takes over what an event says was divided and reads no rule. So a deal's sums can
//! be made anew from its events for ever, whatever the rules have become.

use std::sync::Arc;

use dukou_kernel::{CaseId, Date, Finding, Money, PersonId, ReceiptId, Refusal, Share, text};
use dukou_ledger::distribution::return_factor;
use dukou_ledger::{
    Computation, DistributionState, PersonShare, Receipt, ReceiptSplit, Running, Terms,
};
use dukou_rules::{RuleError, Rulebook, SchoolPolicy};

use super::event::{Basis, CostTaken, InventorBefore};
use super::{Before, Distribution, Split};
use crate::history::PastDistribution;
use crate::income::Refunded;
use crate::law;
use crate::protection::PaidBy;

/// The running entitlements, one period per set of rules and shares: when the
/// school's rules or the shares change, a new period begins, and a refund goes
/// back to the people of the period of its receipt. Costs, double returns and the
/// windows of the tiers belong to the deal and run on through all periods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// Periods in order; the last one takes new receipts.
    pub(super) periods: Vec<Period>,
    /// What all periods share: costs and returns still due, and the windows.
    pub(super) running: Running,
    /// The inventors who paid costs, in the order of their first payment.
    pub(super) inventors: Vec<Inventor>,
    /// An event did not follow from what stood before it, so nothing more may be
    /// divided until the data are verified.
    broken: bool,
}

/// A stretch of time with the same rules and the same shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// First day of the rules used.
    pub policy_from: Date,
    /// The engine.
    pub state: DistributionState,
}

/// What an inventor who paid costs is to get back, and has got back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inventor {
    pub person: PersonId,
    pub due: Money,
    pub got: Money,
}

/// What a receipt's distribution would be.
pub(super) struct Computed {
    /// How it is divided.
    pub split: Split,
    /// From what.
    pub basis: Basis,
    /// What was checked.
    pub findings: Vec<Finding>,
    /// Costs taken over, by case.
    pub costs_taken: Vec<(CaseId, u32)>,
    /// First day of the rules used.
    pub policy_from: Date,
}

impl Engine {
    /// Takes imported history into account: past amounts stay as they were given,
    /// and the tiers go on from the net income they came from. A window of one
    /// year begins with what arrives here.
    pub fn add_past(&mut self, past: &PastDistribution) {
        for window in [LIFETIME, DEAL] {
            self.running.come(window, past.net);
        }
    }

    /// Takes over what an event says was divided. What does not follow from the sums
    /// before it closes the deal's distribution until somebody has verified the data.
    pub(super) fn take(&mut self, basis: &mut Basis, split: &Split, policy_from: Date) {
        self.broken |= self.try_take(basis, split, Some(policy_from)).is_err();
    }

    /// Takes over what an event says a refund took back.
    pub(super) fn give_back(&mut self, basis: &mut Basis, split: &Split) {
        self.broken |= self.try_take(basis, split, None).is_err();
    }

    fn try_take(
        &mut self,
        basis: &mut Basis,
        split: &Split,
        policy_from: Option<Date>,
    ) -> Result<(), RuleError> {
        let range = |_| RuleError::out_of_range("/costs");
        for cost in &basis.costs {
            match cost.inventor {
                None if cost.due.is_positive() => self.running.owe_cost(&cost.kind, cost.due),
                None => {}
                Some(person) => {
                    self.running.owe_inventors(cost.due).map_err(range)?;
                    self.owe(person, cost.due).map_err(range)?;
                }
            }
        }
        let computation = &mut basis.computation;
        let first = computation.entries.first();
        let at = match (policy_from, first.and_then(|it| it.of.as_deref())) {
            (Some(from), _) => self.period_of(computation, from),
            (None, Some(of)) => self.periods.iter().position(|it| it.state.knows(of)),
            (None, None) => None,
        };
        let period = at.and_then(|at| self.periods.get_mut(at));
        let period = period.ok_or_else(|| RuleError::out_of_range("/receipts"))?;
        period.state.resume(self.running.clone());
        if period.state.terms() == &computation.terms {
            // Kept once for all receipts of the period.
            computation.terms = Arc::clone(period.state.terms());
        }
        if period.state.inventor_due() != computation.before.inventor_due {
            return Err(RuleError::out_of_range("/inventors"));
        }
        for entry in &computation.entries {
            period.state.take(entry)?;
        }
        self.running = period.state.running();
        let net = Money::sum(computation.entries.iter().map(|it| it.net)).map_err(range)?;
        let people = Money::sum(split.people.iter().map(|(_, it)| *it)).map_err(range)?;
        let given = computation.entries.iter().flat_map(|it| it.people.iter());
        if net != split.net || Money::sum(given.copied()).map_err(range)? != people {
            return Err(RuleError::out_of_range("/split"));
        }
        for (person, amount) in &split.returned {
            let mut all = self.inventors.iter_mut();
            if let Some(inventor) = all.find(|it| it.person == *person) {
                inventor.got = inventor.got.plus(*amount).map_err(range)?;
            }
        }
        Ok(())
    }

    /// The period in which a computation was made: the last one, when it goes on from
    /// there, else a new one that begins with it.
    fn period_of(&mut self, computation: &Computation, policy_from: Date) -> Option<usize> {
        let goes_on = self
            .periods
            .last_mut()
            .is_some_and(|last| last.policy_from == policy_from && last.state.goes_on(computation));
        // A new period begins with nothing: what says otherwise does not follow.
        if !goes_on && !computation.before.is_nothing() {
            return None;
        }
        if !goes_on {
            self.periods.push(Period {
                policy_from,
                state: DistributionState::begin(computation),
            });
        }
        self.periods.len().checked_sub(1)
    }

    fn owe(&mut self, person: PersonId, due: Money) -> Result<(), dukou_kernel::MoneyError> {
        match self.inventors.iter_mut().find(|it| it.person == person) {
            Some(known) => known.due = known.due.plus(due)?,
            None => self.inventors.push(Inventor {
                person,
                due,
                got: Money::ZERO,
            }),
        }
        Ok(())
    }

    fn whole(&self) -> Result<(), Refusal> {
        if !self.broken {
            return Ok(());
        }
        Err(Finding::refused(
            "distribution.broken",
            text!(
                "已存的分配前后不符，不能再分配。请系统管理员核验数据（dukou verify）。",
                "The stored distributions of this deal do not follow from one another, so nothing more is divided. Ask the system administrator to verify the data (dukou verify)."
            ),
        )
        .into())
    }
}

/// The ledger's name for the window of all receipts.
const LIFETIME: &str = "";
/// A deal is one agreement: all its receipts share that window.
const DEAL: &str = "deal";

fn refusal(error: RuleError) -> Refusal {
    Finding::refused(&error.code, error.message).into()
}

/// The team as the engine takes it: each case's part times each share.
fn team(before: &Before<'_>) -> Result<Vec<PersonShare>, Refusal> {
    let too_long = || {
        Refusal::from(Finding::refused(
            "shares.unreadable",
            text!("份额的位数太多。", "The shares have too many digits."),
        ))
    };
    let count = u64::try_from(before.cases.len()).unwrap_or(1).max(1);
    let equal = Share::new(1, count).map_err(|_| too_long())?;
    let weights = before.agreement.terms().map(|it| &it.weights);
    let mut people: Vec<PersonShare> = Vec::new();
    for case in before.cases {
        let weight = weights
            .and_then(|it| it.get(&case.id))
            .copied()
            .unwrap_or(equal);
        for contributor in case.disclosure.contributors() {
            let share = contributor.share.times(weight).map_err(|_| too_long())?;
            let id = contributor.person.to_string();
            match people.iter_mut().find(|it| it.id == id) {
                Some(known) => {
                    known.share = known.share.plus(share).map_err(|_| too_long())?;
                    known.main |= contributor.main;
                }
                None => people.push(PersonShare {
                    id,
                    share,
                    main: contributor.main,
                }),
            }
        }
    }
    Ok(people)
}

fn policy_of<'a>(before: &'a Before<'_>, day: Date) -> Result<(&'a SchoolPolicy, Date), Refusal> {
    let institution = before.institution;
    let from = institution
        .policies
        .iter()
        .map(|(from, _)| *from)
        .filter(|from| *from <= day)
        .max();
    institution.policy_on(day).zip(from).ok_or_else(|| {
        Finding::refused(
            "policy.none",
            text!(
                "{day} 没有生效的本校收益分配办法。先由办公室主任采用本校办法。",
                "No rules of the school on distribution are in force on {day}. The office head adopts them first."
            ),
        )
        .cite(law::citation("transfer_law.44"))
        .into()
    })
}

fn begin(engine: &mut Engine, before: &Before<'_>, day: Date) -> Result<Date, Refusal> {
    let (policy, policy_from) = policy_of(before, day)?;
    let people = team(before)?;
    let terms = Terms {
        jurisdiction: before.institution.jurisdiction().to_owned(),
        state_established: before.institution.state_established(),
        policy: policy.distribution.clone(),
    };
    let same = engine
        .periods
        .last_mut()
        .is_some_and(|it| it.policy_from == policy_from && it.state.same_shares(&people));
    let stated = people.iter().any(|it| it.main);
    if !same {
        let state = DistributionState::new(Arc::new(terms), people).map_err(refusal)?;
        engine.periods.push(Period { policy_from, state });
    }
    if let Some(period) = engine.periods.last_mut() {
        period.state.main_stated(stated);
    }
    Ok(policy_from)
}

/// Takes a receipt or refund into a period, with what all periods share.
fn receive(
    engine: &mut Engine,
    at: usize,
    take: &Receipt,
    book: &Rulebook,
) -> Result<ReceiptSplit, Refusal> {
    let period = engine.periods.get_mut(at).ok_or_else(law::needs_person)?;
    period.state.resume(engine.running.clone());
    let split = period.state.receive(take, book).map_err(refusal)?;
    engine.running = period.state.running();
    Ok(split)
}

/// Costs taken over, and how many of each case were by then.
type TakenOver = (Vec<CostTaken>, Vec<(CaseId, u32)>);

/// Costs that no deal has taken over yet.
fn take_costs(
    distribution: &Distribution,
    before: &Before<'_>,
    engine: &mut Engine,
    day: Date,
    findings: &mut Vec<Finding>,
) -> Result<TakenOver, Refusal> {
    let (mut costs, mut counts) = (Vec::new(), Vec::new());
    let range = |_| law::needs_person();
    let factor = return_factor(before.institution.rulebook(), day)
        .map_err(refusal)?
        .value;
    for case in before.cases {
        let from = distribution.costs_taken.get(&case.id).copied().unwrap_or(0);
        let all = u32::try_from(case.protection.costs.len()).unwrap_or(u32::MAX);
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        for cost in case.protection.costs.iter().skip(skip) {
            let period = engine.periods.last_mut().ok_or_else(law::needs_person)?;
            period.state.resume(engine.running.clone());
            let mut taken = CostTaken {
                case: case.id,
                kind: cost.kind.code().to_owned(),
                paid_on: cost.paid_on,
                amount: cost.amount,
                due: cost.amount,
                inventor: None,
            };
            match cost.paid_by {
                PaidBy::University => {
                    let left = period.state.add_cost(cost.kind.code(), cost.amount);
                    if let Some(left) = left.map_err(refusal)? {
                        taken.due = Money::ZERO;
                        if !findings.contains(&left.finding) {
                            findings.push(left.finding);
                        }
                    }
                }
                PaidBy::Inventor { person } => {
                    let due_before = period.state.inventor_due();
                    let added = period.state.add_inventor_cost(cost.amount, factor);
                    added.map_err(refusal)?;
                    let due = period.state.inventor_due().minus(due_before);
                    taken.due = due.map_err(range)?;
                    taken.inventor = Some(person);
                    engine.running = period.state.running();
                    engine.owe(person, taken.due).map_err(range)?;
                }
            }
            if let Some(period) = engine.periods.last() {
                engine.running = period.state.running();
            }
            costs.push(taken);
        }
        if all > from {
            counts.push((case.id, all));
        }
    }
    Ok((costs, counts))
}

/// Divides a receipt, with the refunds it has had so far.
pub(super) fn compute(
    distribution: &Distribution,
    before: &Before<'_>,
    receipt: ReceiptId,
) -> Result<Computed, Refusal> {
    let entered = before.income.receipt(receipt)?;
    let day = entered.received.received;
    let mut engine = distribution.engine.clone();
    engine.whole()?;
    let mut findings = Vec::new();
    let policy_from = begin(&mut engine, before, day)?;
    let (costs, costs_taken) = take_costs(distribution, before, &mut engine, day, &mut findings)?;
    let at = engine.periods.len().saturating_sub(1);
    let take = Receipt {
        id: receipt.to_string(),
        date: day,
        fen: entered.received.amount,
        of: None,
        agreement: Some(DEAL.to_owned()),
    };
    let mut parts = vec![receive(
        &mut engine,
        at,
        &take,
        before.institution.rulebook(),
    )?];
    for refund in &entered.refunds {
        parts.push(receive(
            &mut engine,
            at,
            &refund_of(refund),
            before.institution.rulebook(),
        )?);
    }
    let (split, mut basis) = joined(&mut engine, &parts)?;
    basis.costs = costs;
    findings.extend(found(&parts));
    Ok(Computed {
        split,
        basis,
        findings,
        costs_taken,
        policy_from,
    })
}

/// What was found, once each.
fn found(parts: &[ReceiptSplit]) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for it in parts.iter().flat_map(|it| &it.findings) {
        if !all.contains(&it.finding) {
            all.push(it.finding.clone());
        }
    }
    all
}

fn refund_of(refund: &Refunded) -> Receipt {
    Receipt {
        id: refund.refund.to_string(),
        date: refund.paid,
        fen: Money::from_fen(refund.amount.fen().saturating_neg()),
        of: Some(refund.of.to_string()),
        agreement: Some(DEAL.to_owned()),
    }
}

/// What a refund takes back of a distributed receipt: how, from what, and what was
/// found.
pub(super) fn refund(
    distribution: &Distribution,
    refund: &Refunded,
    book: &Rulebook,
) -> Result<(Split, Basis, Vec<Finding>), Refusal> {
    let mut engine = distribution.engine.clone();
    engine.whole()?;
    let id = refund.of.to_string();
    let at = engine.periods.iter().position(|it| it.state.knows(&id));
    let at = at.ok_or_else(|| {
        Refusal::from(Finding::refused(
            "refund.unknown_receipt",
            text!(
                "这笔到账没有经本系统分配。",
                "This receipt was not distributed here."
            ),
        ))
    })?;
    let parts = [receive(&mut engine, at, &refund_of(refund), book)?];
    let (split, basis) = joined(&mut engine, &parts)?;
    Ok((split, basis, found(&parts)))
}

/// What was returned to each inventor of a total, earlier payers first; takes it off
/// what is due to them.
fn share_returns(
    inventors: &mut [Inventor],
    total: Money,
) -> Result<Vec<(PersonId, Money)>, Refusal> {
    let range = |_| law::needs_person();
    let mut left = total;
    let mut returned = Vec::new();
    for inventor in inventors {
        let owed = inventor.due.minus(inventor.got).map_err(range)?;
        let part = if left.is_negative() {
            Money::from_fen(left.fen().max(inventor.got.fen().saturating_neg()))
        } else {
            Money::from_fen(left.fen().min(owed.fen()))
        };
        if part != Money::ZERO {
            left = left.minus(part).map_err(range)?;
            inventor.got = inventor.got.plus(part).map_err(range)?;
            returned.push((inventor.person, part));
        }
    }
    if left == Money::ZERO {
        Ok(returned)
    } else {
        // Whoever is owed it is not known: never guessed.
        Err(law::needs_person())
    }
}

fn person(key: &str) -> Result<PersonId, Refusal> {
    key.parse().map_err(|_| law::needs_person())
}

/// One split of a receipt and its refunds, and one computation of all of them.
fn joined(engine: &mut Engine, parts: &[ReceiptSplit]) -> Result<(Split, Basis), Refusal> {
    let range = |_| law::needs_person();
    let sum = |of: fn(&ReceiptSplit) -> Money| Money::sum(parts.iter().map(of)).map_err(range);
    let total = sum(|it| it.returned_to_inventors_fen)?;
    let inventors = engine.inventors.iter();
    let inventors: Vec<InventorBefore> = inventors
        .map(|it| InventorBefore(it.person, it.due, it.got))
        .collect();
    let moved = parts
        .iter()
        .any(|it| it.returned_to_inventors_fen != Money::ZERO);
    let mut split = Split {
        gross: sum(|it| it.fen)?,
        recovered: sum(|it| it.recovered_fen)?,
        returned: share_returns(&mut engine.inventors, total)?,
        net: sum(|it| it.net_fen)?,
        ..Split::default()
    };
    let mut computation: Option<Computation> = None;
    for part in parts {
        let made = part.computation.as_deref().ok_or_else(law::needs_person)?;
        match &mut computation {
            Some(whole) => whole.entries.extend(made.entries.iter().cloned()),
            None => computation = Some(made.clone()),
        }
        for (name, amount) in part.pools.iter() {
            match split.pools.iter_mut().find(|(it, _)| it == name) {
                Some((_, known)) => *known = known.plus(*amount).map_err(range)?,
                None => split.pools.push((name.to_owned(), *amount)),
            }
        }
        for (key, amount) in part.people.iter() {
            let who = person(key)?;
            match split.people.iter_mut().find(|(it, _)| *it == who) {
                Some((_, known)) => *known = known.plus(*amount).map_err(range)?,
                None => split.people.push((who, *amount)),
            }
        }
    }
    let basis = Basis {
        computation: computation.ok_or_else(law::needs_person)?,
        costs: Vec::new(),
        inventors: if moved { inventors } else { Vec::new() },
    };
    Ok((split, basis))
}
