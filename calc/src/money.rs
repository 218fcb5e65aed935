//! Distribution, rewards, taxes, contract amounts and decisions: JSON around the
//! functions that the cases use.

use std::sync::Arc;

use dukou_kernel::{Date, Money, text};
use dukou_ledger::{DistributionState, PersonShare, Receipt, ReceiptSplit, Terms, distribution};
use dukou_rules::{
    AppraisalQuestion, Cit, ContractAmounts, DistributionPolicy, Equity, Exemption, Flush,
    JURISDICTIONS, Leader, Pit, SelfImplementation, Tier, Window,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::input::{answer, parse};
use crate::{CalcError, Env};

fn country() -> String {
    "CN".to_owned()
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitPolicy {
    #[serde(default = "country")]
    jurisdiction: String,
    #[serde(default = "yes")]
    state_established: bool,
    #[serde(default)]
    deduct: Vec<String>,
    #[serde(default)]
    window: Window,
    tiers: Vec<Tier>,
    #[serde(default)]
    pay_from_fen: Money,
    #[serde(default)]
    flush: Option<Flush>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    kind: String,
    fen: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    policy: SplitPolicy,
    #[serde(default)]
    costs: Vec<Cost>,
    #[serde(default)]
    inventor_paid_fen: Money,
    receipts: Vec<Receipt>,
    #[serde(default)]
    people: Option<Vec<PersonShare>>,
}

/// Most receipts times everything that each is divided by.
const MOST_PARTS: usize = 200_000;

/// Every receipt goes over all people, costs and pools; what one question may cost
/// is limited.
fn within_limits(question: &Split) -> Result<(), CalcError> {
    let people = question.people.as_ref().map_or(0, Vec::len);
    let tiers = &question.policy.tiers;
    let pools: usize = tiers.iter().map(|tier| 1 + tier.pools.len()).sum();
    let each = people + question.costs.len() + pools;
    let receipts = question.receipts.len();
    if receipts.saturating_mul(each) <= MOST_PARTS {
        return Ok(());
    }
    let message = text!(
        "到账笔数乘以人员、费用和各档份额的个数（{receipts}×{each}）超过上限 {MOST_PARTS}，请分几次计算",
        "receipts times people, costs and tier shares ({receipts} × {each}) are above the limit of {MOST_PARTS}; ask in parts"
    );
    Err(CalcError::new("input.too_much", "/receipts", message))
}

/// `split`: see [`dukou_ledger::distribution`].
pub(crate) fn split(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Split = parse(question)?;
    within_limits(&question)?;
    let Split {
        policy,
        costs,
        inventor_paid_fen,
        receipts,
        people,
    } = question;
    if !JURISDICTIONS.contains(&policy.jurisdiction.as_str()) {
        let (name, known) = (&policy.jurisdiction, JURISDICTIONS.join(", "));
        let message = text!(
            "没有载入 {name} 的规定（{known}）",
            "no rules are known for {name} ({known})"
        );
        return Err(CalcError::new(
            "policy.unknown_jurisdiction",
            "/policy/jurisdiction",
            message,
        ));
    }
    if people.as_ref().is_some_and(Vec::is_empty) {
        let message = text!(
            "人员份额之和须恰为 100%",
            "the people's shares sum to exactly 100 %"
        );
        return Err(CalcError::new("people.shares_sum", "/people", message));
    }
    let SplitPolicy {
        jurisdiction,
        state_established,
        deduct,
        window,
        tiers,
        pay_from_fen,
        flush,
    } = policy;
    let policy = DistributionPolicy {
        deduct,
        window,
        tiers,
        pay_from_fen,
        flush,
    };
    let terms = Terms {
        jurisdiction,
        state_established,
        policy,
    };
    let mut state = DistributionState::new(Arc::new(terms), people.unwrap_or_default())?;
    let mut findings = Vec::new();
    // The factor in force when the first money arrives.
    let first = receipts.iter().map(|it| it.date).min();
    let factor = distribution::return_factor(&env.rulebook, first.unwrap_or(Date::MAX))?;
    state.add_inventor_cost(inventor_paid_fen, factor.value)?;
    for (index, cost) in costs.iter().enumerate() {
        let found = state.add_cost(&cost.kind, cost.fen).map_err(|mut error| {
            error.pointer = format!("/costs/{index}/fen");
            error
        })?;
        if let Some(found) = found {
            findings.push(answer(&found)?);
        }
    }
    let splits = distribution::distribute(&mut state, &receipts, &env.rulebook)?;
    let totals = state
        .totals()
        .map_err(|_| CalcError::out_of_range("/receipts"))?;
    let (rows, steps) = rows_of(&splits, &mut findings)?;
    Ok(json!({"receipts": rows, "totals": answer(&totals)?, "steps": steps, "findings": findings}))
}

/// The receipts as rows; their steps and findings go together on top.
fn rows_of(
    splits: &[ReceiptSplit],
    findings: &mut Vec<Value>,
) -> Result<(Vec<Value>, Vec<Value>), CalcError> {
    let (mut rows, mut steps) = (Vec::with_capacity(splits.len()), Vec::new());
    for split in splits {
        let Value::Object(mut row) = answer(split)? else {
            continue;
        };
        findings.extend(list(row.shift_remove("findings")));
        for line in &split.lines {
            let mut step = answer(&distribution::step(line))?;
            if let Value::Object(map) = &mut step {
                map.insert("receipt".to_owned(), Value::String(split.id.clone()));
            }
            steps.push(step);
        }
        rows.push(Value::Object(row));
    }
    Ok((rows, steps))
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// `self-implementation`: see [`dukou_rules::self_implementation`].
pub(crate) fn self_implementation(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: SelfImplementation = parse(question)?;
    answer(&dukou_rules::self_implementation(&question, &env.rulebook)?)
}

/// `equity`: see [`dukou_rules::equity`].
pub(crate) fn equity(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Equity = parse(question)?;
    answer(&dukou_rules::equity(&question, &env.rulebook)?)
}

/// `leader`: see [`dukou_rules::leader`].
pub(crate) fn leader(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Leader = parse(question)?;
    answer(&dukou_rules::leader(question, &env.rulebook))
}

/// `pit`: see [`dukou_rules::pit`].
pub(crate) fn pit(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Pit = parse(question)?;
    answer(&dukou_rules::pit(&question, &env.rulebook)?)
}

/// `cit`: see [`dukou_rules::cit`].
pub(crate) fn cit(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Cit = parse(question)?;
    answer(&dukou_rules::cit(&question, &env.rulebook)?)
}

/// `contract-amounts`: see [`dukou_rules::contract_amounts`].
pub(crate) fn contract_amounts(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: ContractAmounts = parse(question)?;
    answer(&dukou_rules::contract_amounts(&question, &env.rulebook)?)
}

/// `appraisal-need`: see [`dukou_rules::appraisal_need`].
pub(crate) fn appraisal_need(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: AppraisalQuestion = parse(question)?;
    answer(&dukou_rules::appraisal_need(&question, &env.rulebook))
}

/// `exemption`: see [`dukou_rules::exemption`].
pub(crate) fn exemption(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Exemption = parse(question)?;
    answer(&dukou_rules::exemption(&question, &env.rulebook)?)
}
