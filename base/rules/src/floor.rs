//! Statutory minima (最低标准): a province, a school's installation or an upload
//! may ask for more than stands above it, never for less.

use dukou_kernel::{Date, Text};

use crate::file::LawError;
use crate::register::{DatedValue, Parameter, Value};
use crate::rulebook::{COUNTRY, Rulebook};

/// Refuses a value of a `least` parameter that lies below what stands above it:
/// for a province the country's value, for a layer also the value below it in
/// the same region. A layer's value that ends puts nothing in the place of the
/// minimum that would still hold, and is refused too.
pub(crate) fn check(below: &Rulebook, book: &Rulebook) -> Result<(), LawError> {
    for parameter in book.parameters.values().filter(|it| it.least) {
        for value in &parameter.values {
            let country = over(parameter, value);
            let old = below
                .parameters
                .get(&parameter.id)
                .filter(|old| !old.values.contains(value));
            let earlier = old.and_then(|old| standing(old, value));
            if let Some(least) = old.and_then(|old| ended(parameter, old, value)) {
                return Err(cut_off(parameter, value, least));
            }
            for least in country.into_iter().chain(earlier) {
                if less(&value.value, &least.value) {
                    return Err(too_low(parameter, value, least));
                }
            }
        }
    }
    Ok(())
}

/// The highest value of the country while a province's value holds.
fn over<'a>(parameter: &'a Parameter, value: &DatedValue) -> Option<&'a DatedValue> {
    if value.jurisdiction == COUNTRY {
        return None;
    }
    let last = ends(parameter, value);
    let during = |it: &&DatedValue| {
        it.jurisdiction == COUNTRY
            && last.is_none_or(|day| it.from <= day)
            && ends(parameter, it).is_none_or(|day| value.from <= day)
    };
    let mut highest: Option<&DatedValue> = None;
    for it in parameter.values.iter().filter(during) {
        if highest.is_none_or(|top| less(&top.value, &it.value)) {
            highest = Some(it);
        }
    }
    highest
}

/// The last day of a value: its own, or the day before its successor.
fn ends(parameter: &Parameter, value: &DatedValue) -> Option<Date> {
    let next = parameter
        .values
        .iter()
        .filter(|it| it.jurisdiction == value.jurisdiction && it.from > value.from)
        .map(|it| it.from)
        .min()
        .and_then(|day| day.yesterday().ok());
    match (value.until, next) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What a layer finds in force in its own region on the first day of its value.
fn standing<'a>(old: &'a Parameter, value: &DatedValue) -> Option<&'a DatedValue> {
    on(old, &value.jurisdiction, value.from)
}

/// The value of a region that holds on a day.
fn on<'a>(parameter: &'a Parameter, region: &str, day: Date) -> Option<&'a DatedValue> {
    let mut values = parameter.values.iter().rev();
    values
        .find(|it| it.jurisdiction == region && it.from <= day)
        .filter(|it| it.until.is_none_or(|last| day <= last))
}

/// The minimum that held on the day after the value ends, where nothing holds now.
fn ended<'a>(
    parameter: &Parameter,
    old: &'a Parameter,
    value: &DatedValue,
) -> Option<&'a DatedValue> {
    let after = value.until?.tomorrow().ok()?;
    let region = &value.jurisdiction;
    match on(parameter, region, after) {
        Some(_) => None,
        None => on(old, region, after),
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
