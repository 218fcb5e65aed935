//! From JSON to the types of a question, with the place of every mistake.

use dukou_kernel::{Date, Text, text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::CalcError;
use crate::strict::escape;

/// Keys whose values are days.
const DATES: &[&str] = &[
    "start", "from", "to", "date", "on", "posted", "received", "paid",
];

/// Reads a question. Unknown keys, wrong types and days in another form than
/// `YYYY-MM-DD` are errors that name the place.
pub(crate) fn parse<T: DeserializeOwned>(question: Value) -> Result<T, CalcError> {
    check_dates(&question, "")?;
    serde_path_to_error::deserialize(question).map_err(|error| {
        let pointer = pointer_of(error.path());
        explain(&error.inner().to_string(), pointer)
    })
}

/// An answer as JSON.
pub(crate) fn answer<T: Serialize>(answer: &T) -> Result<Value, CalcError> {
    serde_json::to_value(answer).map_err(|error| {
        let said = error.to_string();
        CalcError::new(
            "answer.unwritable",
            "",
            text!(
                "结果无法写出：{said}",
                "the answer cannot be written: {said}"
            ),
        )
    })
}

fn check_dates(value: &Value, pointer: &str) -> Result<(), CalcError> {
    match value {
        Value::Object(map) => check_object(map, pointer),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_dates(item, &format!("{pointer}/{index}"))),
        _ => Ok(()),
    }
}

fn check_object(map: &Map<String, Value>, pointer: &str) -> Result<(), CalcError> {
    for (key, value) in map {
        match value {
            Value::String(text)
                if DATES.contains(&key.as_str())
                    && !pointer.ends_with("/pools")
                    && !is_date(text) =>
            {
                let shown: String = text.chars().take(40).collect();
                let message = text!(
                    "“{shown}”不是日期；应写作 YYYY-MM-DD",
                    "{shown} is not a date; write YYYY-MM-DD"
                );
                return Err(CalcError::new(
                    "input.date",
                    format!("{pointer}/{key}"),
                    message,
                ));
            }
            Value::Object(_) | Value::Array(_) => {
                check_dates(value, &format!("{pointer}/{}", escape(key)))?
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape && text.parse::<Date>().is_ok()
}

fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// The first name in backquotes.
fn quoted(said: &str) -> Option<&str> {
    said.split('`').nth(1)
}

/// Puts a reader's complaint into both languages.
fn explain(said: &str, pointer: String) -> CalcError {
    let name = quoted(said).unwrap_or_default();
    if said.starts_with("unknown field") {
        let known = said.split_once(", ").map_or("", |(_, rest)| rest);
        let message = text!(
            "不认识的键 {name}（{known}）",
            "unknown key {name} ({known})"
        );
        let own = format!("/{}", escape(name));
        let place = if pointer.ends_with(&own) {
            pointer
        } else {
            pointer + &own
        };
        return CalcError::new("input.unknown_key", place, message);
    }
    if said.starts_with("missing field") {
        let message = text!("缺少键 {name}", "the key {name} is missing");
        return CalcError::new("input.missing_key", pointer, message);
    }
    if said.starts_with("duplicate field") {
        let message = text!("键 {name} 出现了两次", "the key {name} is written twice");
        return CalcError::new("input.duplicate_key", pointer, message);
    }
    if said.starts_with("unknown variant") {
        let known = said.split_once(", ").map_or("", |(_, rest)| rest);
        let message = text!(
            "不认识的取值 {name}（{known}）",
            "unknown value {name} ({known})"
        );
        return CalcError::new("input.unknown_value", pointer, message);
    }
    let message = Text::new(format!("取值不对：{said}"), format!("wrong value: {said}"));
    CalcError::new("input.wrong_value", pointer, message)
}
