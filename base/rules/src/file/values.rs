//! Values as they are written, against the unit of their parameter.

use dukou_kernel::Date;
use toml::Spanned;

use super::shapes::BracketEntry;
use super::{LawError, Source};
use crate::register::{Bracket, Unit, Value};

pub(super) fn value_of(
    source: &Source<'_>,
    unit: Unit,
    written: &Spanned<toml::Value>,
) -> Result<Value, LawError> {
    let value = match (unit, written.get_ref()) {
        (Unit::Share, toml::Value::String(text)) => text.parse().ok().map(Value::Share),
        (Unit::Flag, toml::Value::Boolean(flag)) => Some(Value::Flag(*flag)),
        (Unit::Text, toml::Value::String(text)) => Some(Value::Text(text.clone())),
        (Unit::MonthDay, toml::Value::String(text)) => month_day(text),
        (Unit::Yuan, toml::Value::Integer(yuan)) => yuan
            .checked_mul(100)
            .map(|fen| Value::Money(dukou_kernel::Money::from_fen(fen))),
        (Unit::Brackets, toml::Value::Array(rows)) => brackets(rows),
        (
            Unit::NaturalDays
            | Unit::WorkingDays
            | Unit::Months
            | Unit::Years
            | Unit::DayOfMonth
            | Unit::Count,
            toml::Value::Integer(count),
        ) => u32::try_from(*count).ok().map(Value::Count),
        _ => None,
    };
    value.ok_or_else(|| {
        source.error(
            written.span().start,
            format!("值 {} 不合单位 {unit:?}", written.get_ref()),
            format!(
                "the value {} does not fit the unit {unit:?}",
                written.get_ref()
            ),
        )
    })
}

fn month_day(text: &str) -> Option<Value> {
    let (month, day) = text.split_once('-')?;
    let date = Date::new(2024, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(Value::MonthDay {
        month: date.month(),
        day: date.day(),
    })
}

fn brackets(rows: &[toml::Value]) -> Option<Value> {
    let fen = |yuan: i64| yuan.checked_mul(100).map(dukou_kernel::Money::from_fen);
    let mut table = Vec::with_capacity(rows.len());
    for row in rows {
        let entry: BracketEntry = row.clone().try_into().ok()?;
        let up_to = match entry.up_to_yuan {
            Some(yuan) => Some(fen(yuan)?),
            None => None,
        };
        table.push(Bracket {
            up_to,
            rate: entry.rate.parse().ok()?,
            quick: fen(entry.quick_yuan)?,
        });
    }
    table
        .last()
        .is_some_and(|last| last.up_to.is_none())
        .then_some(Value::Brackets(table))
}
