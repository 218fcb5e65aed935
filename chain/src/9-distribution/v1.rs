//! The first shapes of `distribution.proposed`, `.approved` and `.clawed_back`: they
//! held the engine's running sums and the explanation as prose. Read for ever, never
//! written again; here the prose becomes lines, once.

use dukou_kernel::{Citation, Date, Money, PersonId, Share, Text};
use dukou_ledger::distribution::{StoredRunning, StoredState};
use dukou_ledger::trace::{self, Line, Operation, Quantity, Subject};
use serde::Deserialize;
use serde_json::{Value, json};

use super::engine::{Engine, Inventor, Period};
use crate::whole::OldShape;

/// What the first shapes held instead of a basis.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The explanation.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// The running sums from then on.
    #[serde(default)]
    pub engine: Option<StoredEngine>,
}

/// The running sums of a deal as they were stored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoredEngine {
    #[serde(default)]
    periods: Vec<StoredPeriod>,
    #[serde(default)]
    running: StoredRunning,
    #[serde(default)]
    inventors: Vec<(PersonId, Money)>,
    #[serde(default)]
    returned: Vec<(PersonId, Money)>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct StoredPeriod {
    policy_from: Date,
    // Receipts and people stand in the state as well.
    #[allow(dead_code, reason = "read so that a list of something else is refused")]
    receipts: Vec<String>,
    #[allow(dead_code, reason = "read so that a list of something else is refused")]
    people: Vec<(String, Share, bool)>,
    state: StoredState,
}

/// How many times an inventor got back what was paid, while these shapes were written.
const FACTOR: i64 = 2;

impl From<StoredEngine> for Engine {
    fn from(stored: StoredEngine) -> Self {
        let mut engine = Self::default();
        engine.running = stored.running.into();
        for period in stored.periods {
            engine.periods.push(Period {
                policy_from: period.policy_from,
                state: period.state.into(),
            });
        }
        let mut of = |person: PersonId| {
            if let Some(at) = engine.inventors.iter().position(|it| it.person == person) {
                return at;
            }
            engine.inventors.push(Inventor {
                person,
                due: Money::ZERO,
                got: Money::ZERO,
            });
            engine.inventors.len().saturating_sub(1)
        };
        let mut moved = Vec::new();
        for (person, paid) in stored.inventors {
            moved.push((of(person), paid.fen().saturating_mul(FACTOR), 0));
        }
        for (person, back) in stored.returned {
            moved.push((of(person), 0, back.fen()));
        }
        for (at, due, got) in moved {
            if let Some(it) = engine.inventors.get_mut(at) {
                it.due = Money::from_fen(it.due.fen().saturating_add(due));
                it.got = Money::from_fen(it.got.fen().saturating_add(got));
            }
        }
        engine
    }
}

/// One line of prose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    text: Text,
    #[serde(default)]
    citation: Option<Citation>,
    formula: String,
    amount: String,
}

/// The first words, the rule and the operation of what the program wrote.
const PROSE: &[(&str, &str, Operation)] = &[
    (
        "先返还发明人自付费用",
        "inventor_cost.return_factor",
        Operation::Least,
    ),
    ("收回应扣除的费用", "cost.recover", Operation::Least),
    ("净收入 = ", "net_income", Operation::Subtract),
    ("退款冲回", "refund", Operation::Undo),
    (
        "团队累计应得不低于",
        trace::TEAM_MINIMUM,
        Operation::Compare,
    ),
    (
        "主要贡献人员所得不低于",
        trace::MAIN_MINIMUM,
        Operation::Compare,
    ),
];

fn line(step: &Step) -> Option<Line> {
    let (claim, told) = step.text.zh.split_once('：').unwrap_or_default();
    let subject = || match claim.parse::<PersonId>() {
        Ok(person) => Subject::Person {
            id: person.to_string(),
        },
        Err(_) => Subject::Pool {
            name: claim.to_owned(),
        },
    };
    let known = PROSE.iter().find(|it| step.text.zh.starts_with(it.0));
    let (rule, subject, operation) = if let Some((_, rule, operation)) = known {
        let subject = match operation {
            Operation::Compare => Subject::Pool {
                name: dukou_rules::TEAM.to_owned(),
            },
            _ => Subject::Total,
        };
        (*rule, subject, *operation)
    } else if told.starts_with("累计应得") {
        let subject = subject();
        let rule = match subject {
            Subject::Person { .. } => "people.split",
            _ => "pools.split",
        };
        (rule, subject, Operation::Round)
    } else if told.starts_with("起付额") {
        ("policy.pay_from", subject(), Operation::Hold)
    } else {
        return None;
    };
    let mut line = Line::new(rule, subject, operation, quantity("", &step.amount)?);
    for (name, value) in step
        .formula
        .split("; ")
        .filter_map(|it| it.split_once(" = "))
    {
        let name = match (operation, name) {
            (Operation::Least, "fen") => "left",
            (Operation::Undo, "fen") => "refunded",
            (_, "fen") => "received",
            (_, "minimum") => "least",
            (_, other) => other.strip_suffix("_fen").unwrap_or(other),
        };
        line = line.with(name, quantity(name, value)?);
    }
    Some(match &step.citation {
        Some(citation) => line.cite(citation),
        None => line,
    })
}

/// A value of the prose: whether something is met, a share, or a number of fen.
fn quantity(name: &str, value: &str) -> Option<Quantity> {
    match (name, value) {
        (_, "true") => Some(Quantity::Met(true)),
        (_, "false") => Some(Quantity::Met(false)),
        ("least", share) => share.parse().ok().map(Quantity::Share),
        (_, fen) => fen.parse().ok().map(Quantity::Amount),
    }
}

/// What is not understood is neither lost nor guessed: it is told as it was written, to
/// whoever may see everything.
fn told(step: &Step) -> Line {
    let Step { text, amount, .. } = step;
    let line = Line::new("told", Subject::Total, Operation::Told, Money::ZERO);
    line.about(&format!("{} / {} / {amount}", text.zh, text.en))
}

/// Takes prose and findings out of a split, and leaves the split.
fn taken_apart(body: &mut Value) -> Result<(Value, Value), serde_json::Error> {
    let mut split = body.get_mut("split").map(Value::take).unwrap_or_default();
    let mut take = |key: &str| match split.as_object_mut() {
        Some(map) => map.shift_remove(key).unwrap_or_else(|| json!([])),
        None => json!([]),
    };
    let (steps, findings) = (take("steps"), take("findings"));
    let steps: Vec<Step> = serde_json::from_value(steps)?;
    let lines: Vec<Line> = steps
        .iter()
        .map(|it| line(it).unwrap_or_else(|| told(it)))
        .collect();
    if let Some(map) = body.as_object_mut() {
        map.insert("split".to_owned(), split);
    }
    Ok((serde_json::to_value(lines)?, findings))
}

fn next(mut body: Value) -> Result<Value, serde_json::Error> {
    let (lines, findings) = taken_apart(&mut body)?;
    if let Some(map) = body.as_object_mut() {
        let engine = map.shift_remove("engine").unwrap_or(Value::Null);
        map.insert("findings".to_owned(), findings);
        map.insert("v1".to_owned(), json!({"lines": lines, "engine": engine}));
    }
    Ok(body)
}

/// To the second shape.
pub(crate) const PROPOSED: OldShape = OldShape {
    kind: "distribution.proposed.v1",
    next: "distribution.proposed.v2",
    body: next,
};
/// To the second shape.
pub(crate) const APPROVED: OldShape = OldShape {
    kind: "distribution.approved.v1",
    next: "distribution.approved.v2",
    body: next,
};
/// To the second shape.
pub(crate) const CLAWED_BACK: OldShape = OldShape {
    kind: "distribution.clawed_back.v1",
    next: "distribution.clawed_back.v2",
    body: next,
};
