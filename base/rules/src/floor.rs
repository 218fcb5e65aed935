//! Statutory minima (最低标准): a province, a school's installation or an upload
//! may ask for more than stands above it, never for less. A condition of a
//! check-list may be put otherwise by a later row, never ended by one.

use dukou_kernel::{Date, Text, text};

use crate::file::LawError;
use crate::register::{Checklist, DatedValue, Parameter, Row, Value, place};
use crate::rulebook::{COUNTRY, Rulebook};
use crate::timeline::of_rows;

/// Refuses a value of a `least` parameter that lies below what stands above it:
/// for a province the country's value, for a layer also the value below it in
/// the same region. A layer's value that ends puts nothing in the place of the
/// minimum that would still hold, and is refused too.
pub(crate) fn check(below: &Rulebook, book: &Rulebook) -> Result<(), LawError> {
    for parameter in book.parameters.values().filter(|it| it.least) {
        let known = below.parameters.get(&parameter.id);
        for (at, value) in parameter.values.iter().enumerate() {
            let old = known.filter(|old| old.since(&value.jurisdiction, value.from) != Some(value));
            let earlier = old.and_then(|old| old.on(&value.jurisdiction, value.from));
            if let Some(least) = old.and_then(|old| ended(parameter, old, value)) {
                return Err(cut_off(parameter, value, least));
            }
            let country = over(&parameter.values, at);
            for least in country.into_iter().chain(earlier) {
                if less(&value.value, &least.value) {
                    return Err(too_low(parameter, value, least));
                }
            }
        }
    }
    for list in book.checklists.values() {
        if let Some(known) = below.checklists.get(&list.id) {
            conditions(known, list)?;
        }
    }
    Ok(())
}

/// Refuses a layer's row that ends where the condition below it would go on and no
/// row follows: what a law lifts is said by a row of its own, with its article.
fn conditions(below: &Checklist, list: &Checklist) -> Result<(), LawError> {
    let (old, new) = (of_rows(below), of_rows(list));
    for row in &list.rows {
        let place = (row.key.as_str(), row.jurisdiction.as_str());
        let (Some(old), Some(new)) = (old.get(&place), new.get(&place)) else {
            continue;
        };
        let carried = old.since(row.from).is_some_and(|it| it.until == row.until);
        let after = row.until.and_then(|last| last.tomorrow().ok());
        let Some(after) = after.filter(|_| !carried) else {
            continue;
        };
        if let (None, Some(lost)) = (new.on(after), old.on(after)) {
            return Err(condition_ended(list, row, lost));
        }
    }
    Ok(())
}

/// The highest value of the country while a province's value holds. Both lists are
/// in date order, so no value of the country is looked at for long.
fn over(values: &[DatedValue], at: usize) -> Option<&DatedValue> {
    let value = values.get(at).filter(|it| it.jurisdiction != COUNTRY)?;
    let last = last_day(values, at);
    let (begins, ends) = (
        values.partition_point(|it| place(it) <= (COUNTRY, value.from)),
        values.partition_point(|it| place(it) <= (COUNTRY, last.unwrap_or(Date::MAX))),
    );
    let mut highest: Option<&DatedValue> = None;
    for at in begins.saturating_sub(1)..ends {
        let Some(it) = values.get(at).filter(|it| it.jurisdiction == COUNTRY) else {
            continue;
        };
        let holds = last_day(values, at).is_none_or(|day| value.from <= day);
        if holds && highest.is_none_or(|top| less(&top.value, &it.value)) {
            highest = Some(it);
        }
    }
    highest
}

/// The last day of a value: its own, or the day before its successor.
fn last_day(values: &[DatedValue], at: usize) -> Option<Date> {
    let value = values.get(at)?;
    let next = values
        .get(at + 1)
        .filter(|it| it.jurisdiction == value.jurisdiction)
        .and_then(|it| it.from.yesterday().ok());
    match (value.until, next) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The minimum that held on the day after the value ends, where nothing holds now.
fn ended<'a>(
    parameter: &Parameter,
    old: &'a Parameter,
    value: &DatedValue,
) -> Option<&'a DatedValue> {
    let after = value.until?.tomorrow().ok()?;
    let region = &value.jurisdiction;
    match parameter.on(region, after) {
        Some(_) => None,
        None => old.on(region, after),
    }
}

fn less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Share(a), Value::Share(b)) => a < b,
        (Value::Count(a), Value::Count(b)) => a < b,
        (Value::Money(a), Value::Money(b)) => a < b,
        (Value::Flag(a), Value::Flag(b)) => a < b,
        _ => false,
    }
}

fn too_low(parameter: &Parameter, value: &DatedValue, least: &DatedValue) -> LawError {
    let (id, article, origin) = (&parameter.id, &least.citation, &least.origin);
    LawError {
        file: value.origin.file.clone(),
        line: value.origin.line,
        message: Text::new(
            format!("{id} 低于上位规定的最低标准（{}，{origin}）", article.zh),
            format!(
                "{id} lies below the minimum above it ({}, {origin})",
                article.en
            ),
        ),
    }
}

fn cut_off(parameter: &Parameter, value: &DatedValue, least: &DatedValue) -> LawError {
    let (id, article, origin) = (&parameter.id, &least.citation, &least.origin);
    LawError {
        file: value.origin.file.clone(),
        line: value.origin.line,
        message: Text::new(
            format!(
                "{id} 的值有截止日，其后没有最低标准；原来的（{}，{origin}）仍然有效。删去 until，或写明次日起的值",
                article.zh
            ),
            format!(
                "this value of {id} ends, and no minimum follows, while the one before it ({}, {origin}) goes on: drop until, or add a value from the next day",
                article.en
            ),
        ),
    }
}

fn condition_ended(list: &Checklist, row: &Row, lost: &Row) -> LawError {
    let (id, key, article, origin) = (&list.id, &row.key, &lost.citation, &lost.origin);
    let (zh, en) = (&article.zh, &article.en);
    LawError {
        file: row.origin.file.clone(),
        line: row.origin.line,
        message: text!(
            "{id} 的条件 {key} 有截止日，其后没有条件；原来的（{zh}，{origin}）仍然有效。删去 until，或写明次日起的一行：条件已取消的，写 severity = \"info\" 和取消它的条文",
            "this row {key} of {id} ends, and no condition follows, while the one before it ({en}, {origin}) goes on: drop until, or add a row from the next day; for a condition that was lifted, one with severity = \"info\" and the article that lifts it"
        ),
    }
}
