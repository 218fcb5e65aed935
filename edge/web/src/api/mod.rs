//! 接口 — `/api/v1`: what the pages do, for other systems.
//!
//! A caller is a person with a token: the token's scopes narrow what the person's
//! roles allow, at the same authorisation point as every page. Reads are JSON
//! with an `ETag`; lists go on from a cursor; every change is one command with an
//! idempotency key, the same that the forms send. Errors are problem+json in the
//! caller's language.
//!
//! What stays a page on purpose: signing in with password and code, setting up
//! codes, taking an invitation, changing the password, making a token, and a
//! browser's language and theme. They prove or dress a person before a screen;
//! a token must not be able to make itself stronger.

mod answers;
mod events;
pub mod commands;
pub mod deal;
pub mod openapi;
mod parts;
pub mod once;
mod query;
pub mod reads;
pub(crate) mod said;
mod shapes;
mod told;
pub mod tokens;

use axum::http::{StatusCode, header};
use dukou_kernel::{Finding, text};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::cursor;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;
use crate::session;

/// The longest page of a list.
const MOST: i64 = 200;

/// A resource, or 304 when the caller has it as it is.
///
/// # Errors
/// None.
pub(crate) fn resource(req: &Req, value: &Value) -> Result<Answer, Failure> {
    let body = value.to_string().into_bytes();
    let tag = format!("\"{}\"", session::digest(&body));
    Ok(tagged(req, tag, Answer::bytes("application/json", body)))
}

/// The same for one case, deal, person or institution: its tag begins with the
/// version and counts in `If-Match` of a command on it.
///
/// # Errors
/// None.
pub(crate) fn versioned(req: &Req, version: i64, value: &Value) -> Result<Answer, Failure> {
    let body = value.to_string().into_bytes();
    let tag = format!("\"v{version}-{}\"", session::digest(&body));
    Ok(tagged(req, tag, Answer::bytes("application/json", body)))
}

/// An answer under a tag; without its body for a caller who has it.
pub(crate) fn tagged(req: &Req, tag: String, answer: Answer) -> Answer {
    let mut answer = if has(&req.if_none_match, &tag) {
        Answer {
            status: StatusCode::NOT_MODIFIED,
            body: Vec::new(),
            ..answer
        }
    } else {
        answer
    };
    answer
        .headers
        .push((header::CACHE_CONTROL, "private, no-cache".to_owned()));
    answer.headers.push((header::ETAG, tag));
    answer
}

/// Does `If-None-Match` name the tag? It is compared weakly: a proxy that packs an
/// answer marks its tag so.
fn has(if_none_match: &str, tag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

/// A body that cannot be read.
pub(crate) fn unreadable(why: impl ToString) -> Failure {
    let why = why.to_string();
    Failure::BadRequest(Finding::refused(
        "json.unreadable",
        text!(
            "请求正文不是所要的 JSON：{why}",
            "The body is not the JSON that is wanted: {why}"
        ),
    ))
}

/// The body of a call.
///
/// # Errors
/// [`unreadable`].
pub(crate) fn body<'a, T: Deserialize<'a>>(req: &'a Req) -> Result<T, Failure> {
    serde_json::from_slice(&req.body).map_err(unreadable)
}

/// A whole number: to JSON Schema `90.0` is one as well.
pub(crate) fn whole<'de, D: Deserializer<'de>>(source: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(source)?;
    // Up to here every whole number is itself as a float.
    let float = number
        .as_f64()
        .filter(|it| it.fract() == 0.0 && it.abs() < 9e15);
    let number = number.as_i64().or(float.map(|it| it as i64));
    number.ok_or_else(|| D::Error::custom("not a whole number"))
}

/// How many rows are asked for, at most [`MOST`].
pub(crate) fn limit(req: &Req) -> i64 {
    req.query("limit").parse().unwrap_or(50).clamp(1, MOST)
}

/// The cursor of a list that leads on after the row with this key; nothing at the
/// end.
pub(crate) fn next(rows: usize, limit: i64, list: &str, key: Option<&[&str]>) -> Value {
    let full = i64::try_from(rows).unwrap_or(i64::MAX) >= limit;
    key.filter(|_| full)
        .map_or(Value::Null, |it| Value::String(cursor::pack(list, it)))
}

/// The key in the cursor that the caller came with.
pub(crate) fn after<const N: usize>(req: &Req, list: &str) -> Option<[String; N]> {
    cursor::unpack(list, req.query("after"))
}
