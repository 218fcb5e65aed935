//! 算式 — the explanation of a division, from what its event says.

use dukou_kernel::{Money, PersonId};
use dukou_ledger::trace::{self, Line, Operation, Subject};

use super::event::{Approved, Basis, ClawedBack, InventorBefore, Proposed, Split};
use super::v1;

/// Lines of an event that was stored before there was a basis, or of its basis.
fn of(split: &Split, basis: Option<&Basis>, stored: Option<&v1::Stored>) -> Vec<Line> {
    match (basis, stored) {
        (Some(basis), _) => explain(split, basis),
        (None, Some(stored)) => stored.lines.clone(),
        (None, None) => Vec::new(),
    }
}

/// Explains a division line by line (`dukou.trace/v1`): the ledger's lines, and after
/// the return to the inventors what each of them gets of it. Empty when the version
/// that the event names is not one of this program.
pub fn explain(split: &Split, basis: &Basis) -> Vec<Line> {
    let mut lines = trace::explain(&basis.computation).unwrap_or_default();
    let after = lines.iter().rposition(|it| {
        matches!(it.operation, Operation::Least | Operation::Undo)
            && it.subject == Subject::Total
            && it.rule != "cost.recover"
    });
    let named = split.returned.iter().map(|(person, amount)| {
        let due = due(&basis.inventors, *person, amount.is_negative());
        let subject = Subject::Person {
            id: person.to_string(),
        };
        let rule = dukou_ledger::distribution::RETURN_FACTOR;
        let line = Line::new(rule, subject, Operation::Least, *amount).with("due", due);
        let article = basis.computation.factor.as_ref().map(|it| &it.article);
        match article {
            Some(article) => line.cite(article),
            None => line,
        }
    });
    let at = after.map_or(0, |at| at.saturating_add(1)).min(lines.len());
    lines.splice(at..at, named);
    lines
}

/// What was due to an inventor before, or had come back to one.
fn due(inventors: &[InventorBefore], person: PersonId, refund: bool) -> Money {
    let known = inventors.iter().find(|it| it.0 == person);
    known.map_or(Money::ZERO, |InventorBefore(_, due, got)| {
        if refund {
            *got
        } else {
            due.minus(*got).unwrap_or_default()
        }
    })
}

impl Proposed {
    /// How every fen was found.
    pub fn lines(&self) -> Vec<Line> {
        of(&self.split, self.basis.as_ref(), self.v1.as_ref())
    }
}

impl Approved {
    /// How every fen was found.
    pub fn lines(&self) -> Vec<Line> {
        of(&self.split, self.basis.as_ref(), self.v1.as_ref())
    }
}

impl ClawedBack {
    /// How every fen was found.
    pub fn lines(&self) -> Vec<Line> {
        of(&self.split, self.basis.as_ref(), self.v1.as_ref())
    }
}

/// A receipt's division as it is read: from its approval, its proposal, or a preview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Divided {
    /// How it is divided.
    pub split: Split,
    /// How every fen was found.
    pub lines: Vec<Line>,
    /// What was checked.
    pub findings: Vec<dukou_kernel::Finding>,
}

impl From<&Proposed> for Divided {
    fn from(it: &Proposed) -> Self {
        Self {
            split: it.split.clone(),
            lines: it.lines(),
            findings: it.findings.clone(),
        }
    }
}

impl From<&Approved> for Divided {
    fn from(it: &Approved) -> Self {
        Self {
            split: it.split.clone(),
            lines: it.lines(),
            findings: it.findings.clone(),
        }
    }
}

impl From<&ClawedBack> for Divided {
    fn from(it: &ClawedBack) -> Self {
        Self {
            split: it.split.clone(),
            lines: it.lines(),
            findings: it.findings.clone(),
        }
    }
}

impl super::state::Division {
    /// The division, once it is approved or at least proposed.
    pub fn divided(&self) -> Option<Divided> {
        let approved = self.approved.as_ref().map(|(_, it)| it.into());
        approved.or_else(|| self.proposed.as_ref().map(|(_, it)| it.into()))
    }
}

/// Whether somebody who may see only their own money may read a line: by whose money
/// it is about. What an older program told in words is for whoever may see all.
pub fn readable(line: &Line, mine: Option<PersonId>) -> bool {
    let Some(mine) = mine else { return true };
    match &line.subject {
        Subject::Person { id } => *id == mine.to_string(),
        // What several main contributors get together, less one's own, is the others'.
        _ => line.operation != Operation::Told && line.rule != trace::MAIN_MINIMUM,
    }
}
