//! JSON without second chances: an object, no key twice, no endless nesting.

use std::cell::RefCell;
use std::fmt;

use dukou_kernel::{Text, text};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::CalcError;

/// Where the reader stands, and the place of a key that came twice.
#[derive(Default)]
struct Trail {
    path: RefCell<Vec<String>>,
    twice: RefCell<Option<(String, String)>>,
}

impl Trail {
    fn pointer(&self) -> String {
        self.path
            .borrow()
            .iter()
            .map(|part| format!("/{}", escape(part)))
            .collect()
    }
}

/// A key as a part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

struct Strict<'a>(&'a Trail);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.0.path.borrow_mut().push(list.len().to_string());
            let item = items.next_element_seed(Strict(self.0))?;
            self.0.path.borrow_mut().pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.0.path.borrow_mut().push(key.clone());
            if map.contains_key(&key) {
                *self.0.twice.borrow_mut() = Some((key, self.0.pointer()));
                return Err(A::Error::custom("duplicate key"));
            }
            let value = entries.next_value_seed(Strict(self.0))?;
            self.0.path.borrow_mut().pop();
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// How far a text got as JSON.
pub(crate) enum Reading {
    /// A whole value, and how many bytes it took.
    Whole(Result<Value, CalcError>, usize),
    /// The text ends inside a value.
    Partial(CalcError),
    /// It can never become JSON.
    Broken(CalcError),
}

fn unreadable(error: &serde_json::Error) -> CalcError {
    let said = error.to_string();
    let message = text!("不是有效的 JSON：{said}", "not valid JSON: {said}");
    CalcError::new("input.not_json", "", message)
}

/// Reads the first value of a text.
pub(crate) fn first(text: &str) -> Reading {
    let trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict(&trail).deserialize(&mut reader);
    match read {
        Ok(value) => {
            let taken = reader.into_iter::<serde::de::IgnoredAny>().byte_offset();
            let value = if value.is_object() {
                Ok(value)
            } else {
                Err(not_object())
            };
            Reading::Whole(value, taken)
        }
        Err(error) => match trail.twice.take() {
            Some((key, pointer)) => {
                let message = text!("键 {key} 出现了两次", "the key {key} is written twice");
                Reading::Broken(CalcError::new("input.duplicate_key", pointer, message))
            }
            None if error.is_eof() => Reading::Partial(unreadable(&error)),
            None => Reading::Broken(unreadable(&error)),
        },
    }
}

fn not_object() -> CalcError {
    CalcError::new(
        "input.not_object",
        "",
        Text::new("应为一个 JSON 对象", "expected a JSON object"),
    )
}

/// Reads exactly one JSON object.
///
/// # Errors
/// `input.not_json`, `input.not_object`, `input.duplicate_key`.
pub fn read(text: &str) -> Result<Value, CalcError> {
    match first(text) {
        Reading::Whole(value, taken) => {
            let rest = text.get(taken..).unwrap_or_default();
            if rest.trim().is_empty() {
                return value;
            }
            let message = Text::new(
                "JSON 对象之后还有文字",
                "there is text after the JSON object",
            );
            Err(CalcError::new("input.not_json", "", message))
        }
        Reading::Partial(error) | Reading::Broken(error) => Err(error),
    }
}
