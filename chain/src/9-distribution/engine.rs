//! The running entitlements of a deal: the ledger's distribution engine, fed
//! with what the cases and the contract say.

use std::borrow::Cow;

use dukou_kernel::{CaseId, Date, Finding, Money, PersonId, ReceiptId, Refusal, Share, text};
use dukou_ledger::{DistributionState, PersonShare, Receipt, ReceiptSplit, Running, Terms};
use dukou_rules::{RuleError, SchoolPolicy, Step};
use serde::{Deserialize, Serialize};

use super::{Before, Distribution, Split, StepLine};
use crate::history::PastDistribution;
use crate::income::Refunded;
use crate::kept::Kept;
use crate::law;
use crate::protection::PaidBy;

/// The running entitlements, one period per set of rules and shares: when the
/// school's rules or the shares change, a new period begins, and a refund goes
/// back to the people of the period of its receipt. Costs, double returns and the
/// windows of the tiers belong to the deal and run on through all periods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Periods in order; the last one takes new receipts.
    #[serde(default)]
    periods: Vec<Period>,
    /// What all periods share: costs and returns still due, and the windows.
    #[serde(default)]
    running: Running,
    /// What the inventors paid, in order, for giving the double return back.
    #[serde(default)]
    inventors: Vec<(PersonId, Money)>,
    /// What each inventor got back so far.
    #[serde(default)]
    returned: Vec<(PersonId, Money)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Period {
    /// First day of the rules used.
    policy_from: Date,
    /// Receipts taken in this period.
    receipts: Vec<String>,
    /// The people and rules this period was begun with.
    people: Vec<(String, Share, bool)>,
    /// The engine.
    state: DistributionState,
}

/// What a receipt's distribution would be.
pub(super) struct Computed {
    /// How it is divided.
    pub split: Split,
    /// The entitlements afterwards.
    pub engine: Engine,
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
    name_main(&mut people);
    Ok(people)
}

/// Where nobody is named as main contributor (主要贡献人员), those with the
/// largest shares are, as many as make half of the whole.
fn name_main(people: &mut [PersonShare]) {
    if people.iter().any(|it| it.main) {
        return;
    }
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(people.get(*at).map(|it| it.share)));
    let mut total = Share::ZERO;
    for at in order {
        if total >= Share::percent(50) {
            return;
        }
        if let Some(person) = people.get_mut(at) {
            person.main = true;
            total = total.plus(person.share).unwrap_or(Share::ONE);
        }
    }
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
    let key: Vec<(String, Share, bool)> = people
        .iter()
        .map(|it| (it.id.clone(), it.share, it.main))
        .collect();
    let same = engine
        .periods
        .last()
        .is_some_and(|it| it.policy_from == policy_from && it.people == key);
    if !same {
        let terms = Terms {
            jurisdiction: before.institution.jurisdiction().to_owned(),
            state_established: before.institution.state_established(),
            policy: policy.distribution.clone(),
        };
        let state = DistributionState::new(terms, people).map_err(refusal)?;
        engine.periods.push(Period {
            policy_from,
            receipts: Vec::new(),
            people: key,
            state,
        });
    }
    Ok(policy_from)
}

/// Takes a receipt or refund into a period, with what all periods share.
fn receive(engine: &mut Engine, at: usize, take: &Receipt) -> Result<Split, Refusal> {
    let period = engine.periods.get_mut(at).ok_or_else(law::needs_person)?;
    period.state.resume(engine.running.clone());
    let split = period
        .state
        .receive(take, &law::builtin_rulebook())
        .map_err(refusal)?;
    engine.running = period.state.running();
    to_split(&split)
}

/// Costs that no deal has taken over yet.
fn take_costs(
    distribution: &Distribution,
    before: &Before<'_>,
    engine: &mut Engine,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(CaseId, u32)>, Refusal> {
    let mut taken = Vec::new();
    let period = engine.periods.last_mut().ok_or_else(law::needs_person)?;
    period.state.resume(engine.running.clone());
    for case in before.cases {
        let from = distribution.costs_taken.get(&case.id).copied().unwrap_or(0);
        let all = u32::try_from(case.protection.costs.len()).unwrap_or(u32::MAX);
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        for cost in case.protection.costs.iter().skip(skip) {
            match cost.paid_by {
                PaidBy::University => {
                    let left = period.state.add_cost(cost.kind.code(), cost.amount);
                    findings.extend(left.map_err(refusal)?.map(|it| it.finding));
                }
                PaidBy::Inventor { person } => {
                    period
                        .state
                        .add_inventor_cost(cost.amount)
                        .map_err(refusal)?;
                    engine.inventors.push((person, cost.amount));
                }
            }
        }
        if all > from {
            taken.push((case.id, all));
        }
    }
    engine.running = period.state.running();
    Ok(taken)
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
    let mut findings = Vec::new();
    let policy_from = begin(&mut engine, before, day)?;
    let costs_taken = take_costs(distribution, before, &mut engine, &mut findings)?;
    let at = engine.periods.len().saturating_sub(1);
    let id = receipt.to_string();
    let take = Receipt {
        id: id.clone(),
        date: day,
        fen: entered.received.amount,
        of: None,
        agreement: Some(DEAL.to_owned()),
    };
    let mut split = receive(&mut engine, at, &take)?;
    if let Some(period) = engine.periods.get_mut(at) {
        period.receipts.push(id);
    }
    for refund in &entered.refunds {
        let back = receive(&mut engine, at, &refund_of(refund))?;
        add(&mut split, &back)?;
    }
    share_returns(&mut engine, &mut split)?;
    findings.append(&mut split.findings);
    split.findings = findings;
    Ok(Computed {
        split,
        engine,
        costs_taken,
        policy_from,
    })
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

/// What a refund takes back of a distributed receipt.
pub(super) fn refund(
    distribution: &Distribution,
    refund: &Refunded,
) -> Result<(Split, Engine), Refusal> {
    let mut engine = distribution.engine.clone();
    let id = refund.of.to_string();
    let at = engine
        .periods
        .iter()
        .position(|it| it.receipts.contains(&id));
    let at = at.ok_or_else(|| {
        Refusal::from(Finding::refused(
            "refund.unknown_receipt",
            text!(
                "这笔到账没有经本系统分配。",
                "This receipt was not distributed here."
            ),
        ))
    })?;
    let mut split = receive(&mut engine, at, &refund_of(refund))?;
    share_returns(&mut engine, &mut split)?;
    Ok((split, engine))
}

/// The engine's total return to inventors, divided among those who paid: each
/// gets twice the own payment back, earlier payments first.
fn share_returns(engine: &mut Engine, split: &mut Split) -> Result<(), Refusal> {
    let range = |_| law::needs_person();
    let mut left = Money::sum(split.returned.iter().map(|(_, it)| *it)).map_err(range)?;
    split.returned.clear();
    let paid = engine.inventors.clone();
    for (person, amount) in paid {
        let due = Money::from_fen(amount.fen().saturating_mul(2));
        let got = engine
            .returned
            .iter()
            .filter(|(who, _)| *who == person)
            .map(|(_, it)| *it);
        let got = Money::sum(got).map_err(range)?;
        let all_due: Vec<Money> = engine
            .inventors
            .iter()
            .filter(|(who, _)| *who == person)
            .map(|(_, it)| Money::from_fen(it.fen().saturating_mul(2)))
            .collect();
        let owed = Money::sum(all_due)
            .map_err(range)?
            .minus(got)
            .map_err(range)?;
        let part = if left.is_negative() {
            Money::from_fen(left.fen().max(-got.fen()))
        } else {
            Money::from_fen(left.fen().min(owed.fen()).min(due.fen().max(owed.fen())))
        };
        if part == Money::ZERO || split.returned.iter().any(|(who, _)| *who == person) {
            continue;
        }
        left = left.minus(part).map_err(range)?;
        split.returned.push((person, part));
        engine.returned.push((person, part));
    }
    Ok(())
}

fn person(key: &str) -> Result<PersonId, Refusal> {
    key.parse().map_err(|_| law::needs_person())
}

fn to_split(from: &ReceiptSplit) -> Result<Split, Refusal> {
    let people = from
        .people
        .iter()
        .map(|(key, amount)| Ok((person(key)?, *amount)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    // One nameless return for now; [`share_returns`] gives it its names.
    let nobody = people
        .first()
        .map(|(id, _)| (*id, from.returned_to_inventors_fen));
    Ok(Split {
        gross: from.fen,
        recovered: from.recovered_fen,
        returned: nobody
            .into_iter()
            .filter(|(_, it)| *it != Money::ZERO)
            .collect(),
        net: from.net_fen,
        pools: from
            .pools
            .iter()
            .map(|(name, it)| (name.to_owned(), *it))
            .collect(),
        people,
        steps: from.steps.iter().map(line).collect::<Vec<_>>().into(),
        findings: from.findings.iter().map(|it| it.finding.clone()).collect(),
    })
}

fn line(step: &Step) -> StepLine {
    let inputs: Vec<String> = step
        .inputs
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    StepLine {
        text: step.text.clone(),
        citation: step.citation.clone(),
        formula: inputs.join("; "),
        amount: step.result.clone(),
    }
}

fn read(steps: &Kept<Vec<StepLine>>) -> Result<Vec<StepLine>, Refusal> {
    let read = steps.read().map(Cow::into_owned);
    read.map_err(|_| law::needs_person())
}

fn add(split: &mut Split, more: &Split) -> Result<(), Refusal> {
    let range = |_| law::needs_person();
    split.gross = split.gross.plus(more.gross).map_err(range)?;
    split.recovered = split.recovered.plus(more.recovered).map_err(range)?;
    split.net = split.net.plus(more.net).map_err(range)?;
    split.returned.extend(more.returned.iter().copied());
    for (name, amount) in &more.pools {
        if let Some((_, known)) = split.pools.iter_mut().find(|(it, _)| it == name) {
            *known = known.plus(*amount).map_err(range)?;
        }
    }
    for (who, amount) in &more.people {
        if let Some((_, known)) = split.people.iter_mut().find(|(it, _)| it == who) {
            *known = known.plus(*amount).map_err(range)?;
        }
    }
    let mut steps = read(&split.steps)?;
    steps.extend(read(&more.steps)?);
    split.steps = steps.into();
    split.findings.extend(more.findings.iter().cloned());
    Ok(())
}
