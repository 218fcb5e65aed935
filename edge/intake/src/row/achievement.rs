//! A row of an achievements sheet.

use dukou_kernel::{Date, Share};

use super::view::View;
use crate::cell::{Cell, is_han, plain_number};
use crate::finding;
use crate::layout::{Field, Kind};
use crate::row::named::rights;
use crate::value::names::{self, People};
use crate::value::remainder;
use crate::value::right;
use crate::value::share::{self, Shares};

/// What could be read of an achievement.
#[derive(Clone, Debug, Default)]
pub struct AchievementDraft {
    /// Title.
    pub title: Option<String>,
    /// Number in normal form; empty where the row says that there is none.
    pub number: Option<String>,
    /// Application number in normal form.
    pub application: Option<String>,
    /// Inventors in order.
    pub inventors: Vec<String>,
    /// Their shares.
    pub shares: Option<Vec<Share>>,
    /// College.
    pub college: Option<String>,
    /// Filing day.
    pub filed: Option<Date>,
    /// Grant day.
    pub granted: Option<Date>,
    /// Kind of right.
    pub right_kind: Option<String>,
}

/// Reads a row: one achievement, or one for each right that its cell names.
pub fn read_achievement(view: &mut View) -> Vec<AchievementDraft> {
    let title = view.required_words(Field::Title);
    let rights = rights(view, title.as_deref());
    let people = people(view);
    let shares = shares(view, &people);
    let filed = view.day(Field::Filed, true);
    let granted = view.day(Field::Granted, false);
    if let (Some(filed), Some(granted)) = (filed, granted)
        && granted < filed
    {
        view.note(finding::date_order(
            &filed.to_string(),
            &granted.to_string(),
        ));
    }
    let mut given = rights.numbers.iter().chain(&rights.application);
    if let Some(filed) = filed
        && let Some(number) = given.find(|it| right::year(it).is_some_and(|it| filed.year() > it))
    {
        view.note(finding::date_number(&filed.to_string(), number));
    }
    let mut numbers = rights.numbers.into_iter();
    let first = AchievementDraft {
        title,
        number: numbers.next(),
        application: rights.application,
        inventors: people.names,
        shares,
        college: view.words(Field::College),
        filed,
        granted,
        right_kind: rights.kind,
    };
    // A row that is refused is refused once.
    if view.is_refused() {
        return vec![first];
    }
    let more: Vec<AchievementDraft> = numbers
        .map(|number| AchievementDraft {
            number: Some(number),
            application: None,
            ..first.clone()
        })
        .collect();
    std::iter::once(first).chain(more).collect()
}

fn people(view: &mut View) -> People {
    let mut text = view.joined(Field::Inventors, "；");
    if let Some(others) = Some(view.joined(Field::Others, "；")).filter(|others| !others.is_empty())
    {
        let lead = if view.has(Field::Inventors) {
            text
        } else {
            view.joined(Field::Lead, "；")
        };
        let first = names::read(&lead).names;
        // Some offices write the first again among the others.
        let again = names::read(&others)
            .names
            .iter()
            .any(|name| first.contains(name));
        text = if again {
            others
        } else {
            format!("{lead}；{others}")
        };
    } else if !view.has(Field::Inventors) {
        text = view.joined(Field::Lead, "；");
    }
    let people = names::read(&text);
    if people.unread {
        let cell = [Field::Inventors, Field::Lead].into_iter();
        let cell = cell.chain([Field::Others]).find(|field| view.has(*field));
        let note = finding::names_unread(Field::Inventors, &text);
        view.note(note.at_cell_of(cell.unwrap_or(Field::Inventors)));
    } else if people.names.is_empty()
        && [Field::Inventors, Field::Lead, Field::Others]
            .into_iter()
            .any(|field| view.has(field))
    {
        view.note(finding::required(Field::Inventors, Kind::Achievements));
    }
    people
}

fn shares(view: &mut View, people: &People) -> Option<Vec<Share>> {
    let count = people.names.len();
    if count == 0 {
        return None;
    }
    let (found, cell) = match from_column(view, people) {
        Shares::Absent => (people.shares.clone(), Field::Inventors),
        found => (found, Field::Shares),
    };
    match found {
        Shares::Absent => None,
        Shares::Whole(shares) => Some(shares),
        Shares::Wrong(sum) => {
            view.note(finding::shares_sum(sum.as_deref(), count).at_cell_of(cell));
            None
        }
    }
}

fn from_column(view: &View, people: &People) -> Shares {
    let count = people.names.len();
    let cells: Vec<&Cell> = view
        .all(Field::Shares)
        .into_iter()
        .filter(|cell| !cell.is_empty())
        .collect();
    match cells.as_slice() {
        [] => Shares::Absent,
        [Cell::Text(text)] if text.chars().filter(|c| is_han(*c)).count() >= 2 => {
            remainder::read(text, &people.names)
                .or_else(|| named(text, people))
                .unwrap_or_else(|| share::from_text(text, count))
        }
        [cell] => share::read(cell, count),
        many => {
            // 0.15 beside 45% is a cell formatted as a percentage.
            let signed = many
                .iter()
                .any(|cell| matches!(cell, Cell::Text(text) if text.contains(['%', '％'])));
            let shown: Vec<String> = many
                .iter()
                .map(|cell| match cell {
                    Cell::Number(part) if signed && *part <= 1.0 => {
                        format!("{}%", plain_number(part * 100.0))
                    }
                    cell => cell.shown(),
                })
                .collect();
            share::from_text(&shown.join("；"), count)
        }
    }
}

/// 李四40%、张三60% in a column of its own: by name, not by order.
fn named(text: &str, people: &People) -> Option<Shares> {
    let told = names::read(text);
    let Shares::Whole(shares) = &told.shares else {
        let same = told.names == people.names && told.shares != Shares::Absent;
        return same.then(|| told.shares.clone());
    };
    let ordered: Option<Vec<Share>> = people
        .names
        .iter()
        .map(|name| {
            told.names
                .iter()
                .position(|n| n == name)
                .and_then(|at| shares.get(at))
                .copied()
        })
        .collect();
    ordered
        .filter(|found| found.len() == shares.len())
        .map(Shares::Whole)
}
