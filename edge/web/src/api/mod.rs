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
pub mod commands;
pub mod deal;
pub mod openapi;
mod query;
pub mod reads;
mod told;
pub mod tokens;

use axum::http::{StatusCode, header};
use serde_json::Value;

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
    let mut answer = if req.if_none_match.split(',').any(|it| it.trim() == tag) {
        Answer {
            status: StatusCode::NOT_MODIFIED,
            ..Answer::bytes("application/json", Vec::new())
        }
    } else {
        Answer::bytes("application/json", body)
    };
    answer.headers.push((header::ETAG, tag));
    Ok(answer)
}

/// How many rows are asked for, at most [`MOST`].
pub(crate) fn limit(req: &Req) -> i64 {
    req.query("limit").parse().unwrap_or(50).clamp(1, MOST)
}

/// The cursor that leads to the rows after these; nothing at the end.
pub(crate) fn next(rows: usize, limit: i64, last: Option<&str>) -> Value {
    let full = i64::try_from(rows).unwrap_or(i64::MAX) >= limit;
    last.filter(|_| full)
        .map_or(Value::Null, |it| Value::String(it.to_owned()))
}
