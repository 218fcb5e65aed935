//! A row of a sheet of past distributions.

use dukou_kernel::Money;

use super::view::View;
use crate::cell::{Cell, says_nothing};
use crate::finding;
use crate::layout::{Field, Kind};
use crate::value::amount::{self, Unit};
use crate::value::payout::{self, Part};

/// What could be read of a distribution.
#[derive(Clone, Debug, Default)]
pub struct DistributionDraft {
    /// Contract number.
    pub no: Option<String>,
    /// Net income.
    pub net: Option<Money>,
    /// The team's amount.
    pub team: Option<Money>,
    /// The college's amount.
    pub college: Option<Money>,
    /// The university's amount.
    pub university: Option<Money>,
    /// Columns of other receivers and their amounts.
    pub others: Vec<(usize, Money)>,
    /// Who of the team got how much.
    pub persons: Vec<(String, Money)>,
}

/// Reads a row. `persons_unit`: the unit of figures in the persons' cell.
pub fn read_distribution(view: &mut View, persons_unit: Unit) -> DistributionDraft {
    let no = view.contract_no();
    let net = view.money(Field::Net, true);
    let team = view.money(Field::Team, true);
    let college = view.money(Field::CollegePart, false);
    let university = view.money(Field::University, false);
    let others = view.several(Field::OtherPart);
    let persons = persons(view, persons_unit, team);
    let draft = DistributionDraft {
        no,
        net,
        team,
        college,
        university,
        others,
        persons,
    };
    check_parts(view, &draft);
    check_persons(view, &draft);
    draft
}

fn persons(view: &mut View, unit: Unit, team: Option<Money>) -> Vec<(String, Money)> {
    if let Cell::Text(text) = view.cell(Field::Persons) {
        let shown = text.to_string();
        if let Some(note) = view.no_yuan(Field::Persons, &Cell::Text(text.clone())) {
            view.note(note);
            return Vec::new();
        }
        let parts = payout::read(&shown);
        let found = parts.and_then(|parts| {
            let amounts = payout::amounts(&parts, unit, team)?;
            Some(
                parts
                    .into_iter()
                    .map(|(name, _)| name)
                    .zip(amounts)
                    .collect::<Vec<_>>(),
            )
        });
        return match found {
            Some(found) => found,
            None if says_nothing(&shown) => Vec::new(),
            None => {
                view.note(finding::amount_unreadable(
                    Field::Persons,
                    Kind::Distributions,
                    &shown,
                ));
                Vec::new()
            }
        };
    }
    let names: Vec<String> = view
        .all(Field::PersonName)
        .into_iter()
        .map(|cell| crate::value::names::read(&cell.shown()).names.concat())
        .collect();
    let unit = view.unit(Field::PersonAmount).unwrap_or(unit);
    let amounts: Vec<Cell> = view.all(Field::PersonAmount).into_iter().cloned().collect();
    let mut filled = amounts.iter().filter(|cell| !cell.is_empty());
    if let Some(note) = filled.find_map(|cell| view.no_yuan(Field::PersonAmount, cell)) {
        view.note(note);
        return Vec::new();
    }
    if names.len() != amounts.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, cell) in names.into_iter().zip(amounts) {
        match amount::read(&cell, unit) {
            Some(money) if !name.is_empty() => found.push((name, money)),
            _ if name.is_empty() && cell.is_empty() => {}
            _ => view.note(finding::amount_unreadable(
                Field::PersonAmount,
                Kind::Distributions,
                &cell.shown(),
            )),
        }
    }
    found
}

fn check_parts(view: &mut View, draft: &DistributionDraft) {
    let (Some(net), Some(team)) = (draft.net, draft.team) else {
        return;
    };
    let unread = [Field::CollegePart, Field::University]
        .into_iter()
        .any(|field| {
            let read = if field == Field::University {
                draft.university
            } else {
                draft.college
            };
            read.is_none() && view.words(field).is_some()
        });
    let last = [Field::University, Field::CollegePart, Field::OtherPart]
        .into_iter()
        .find(|field| view.has(*field));
    let Some(last) = last.filter(|_| !unread) else {
        return;
    };
    let parts = [Some(team), draft.college, draft.university]
        .into_iter()
        .flatten()
        .chain(draft.others.iter().map(|(_, money)| *money));
    if let Ok(sum) = Money::sum(parts)
        && sum != net
    {
        view.note(finding::sum_mismatch(
            last,
            &sum.to_string(),
            &net.to_string(),
        ));
    }
}

fn check_persons(view: &mut View, draft: &DistributionDraft) {
    let Some(team) = draft.team.filter(|_| !draft.persons.is_empty()) else {
        return;
    };
    if let Ok(sum) = Money::sum(draft.persons.iter().map(|(_, money)| *money))
        && sum != team
    {
        let cell = if view.has(Field::Persons) {
            Field::Persons
        } else {
            Field::PersonAmount
        };
        let note = finding::sum_mismatch(Field::Persons, &sum.to_string(), &team.to_string());
        view.note(note.at_cell_of(cell));
    }
}

/// The unit of the figures in the persons' cells, where their header names
/// none: the one under which most rows make the team's amount.
pub fn persons_unit<'a>(rows: impl Iterator<Item = (&'a Cell, Option<Money>)>, near: Unit) -> Unit {
    let candidates = [Unit::Yuan, near, Unit::TenThousand];
    let mut hits = [0usize; 3];
    for (cell, team) in rows {
        let (Cell::Text(text), Some(team)) = (cell, team) else {
            continue;
        };
        let Some(parts) = payout::read(text) else {
            continue;
        };
        if parts.iter().any(|(_, part)| matches!(part, Part::Share(_))) {
            continue;
        }
        for (unit, hit) in candidates.iter().zip(hits.iter_mut()) {
            let sum = payout::amounts(&parts, *unit, None).map(Money::sum);
            *hit += usize::from(matches!(sum, Some(Ok(sum)) if sum == team));
        }
    }
    let most = hits.iter().max().copied().unwrap_or(0);
    candidates
        .into_iter()
        .zip(hits)
        .find(|(_, hit)| *hit == most)
        .map_or(Unit::Yuan, |(unit, _)| unit)
}
