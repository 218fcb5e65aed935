//! 旧事件形状 — events that were stored in an older shape, and how each is read today.
//!
//! A stored kind never changes its shape: the journal's bytes stand for ever. A new
//! shape is a new kind (`….v2`). The old one leaves its stage's `events!` list and
//! comes here with a pure function from its body to the next shape's; shapes chain,
//! so that each function only ever knows two. Nothing is written back.

use serde_json::Value;

use crate::{distribution, people};

/// A shape that is no longer written.
pub struct OldShape {
    /// As stored: `income.received.v1`.
    pub kind: &'static str,
    /// The shape after it: `income.received.v2`; present, or old itself.
    pub next: &'static str,
    /// From this shape's body to the next one's.
    pub body: fn(Value) -> Result<Value, serde_json::Error>,
}

/// Every old shape.
pub const OLD_SHAPES: &[OldShape] = &[
    OldShape {
        kind: "publicity.posted.v1",
        next: "publicity.posted.v2",
        body: unfrozen,
    },
    OldShape {
        kind: "distribution.reward_posted.v1",
        next: "distribution.reward_posted.v2",
        body: unfrozen,
    },
    OldShape {
        kind: "history.case_imported.v1",
        next: "history.case_imported.v2",
        body: crate::history::case_imported_v1,
    },
    distribution::v1::PROPOSED,
    distribution::v1::APPROVED,
    distribution::v1::CLAWED_BACK,
    people::REGISTERED_V1,
    people::UPDATED_V1,
];

/// A notice that kept neither facts nor page, and said in the event whom to write to.
fn unfrozen(mut body: Value) -> Result<Value, serde_json::Error> {
    if let Some(body) = body.as_object_mut() {
        let contact = body.remove("contact").unwrap_or_default();
        let content = serde_json::json!({"unfrozen": {"contact": contact}});
        body.insert("content".to_owned(), content);
    }
    Ok(body)
}

/// The kind and body one shape newer; `None` when the kind is not old.
pub(super) fn next(
    shapes: &[OldShape],
    kind: &str,
    body: &str,
) -> Option<Result<(&'static str, String), serde_json::Error>> {
    let shape = shapes.iter().find(|shape| shape.kind == kind)?;
    let newer = serde_json::from_str(body).and_then(shape.body);
    Some(newer.map(|body| (shape.next, body.to_string())))
}

/// The kind that a stored kind is read as today: itself, unless it is old.
pub fn present_kind(stored: &str) -> &str {
    let mut kind = stored;
    for _ in OLD_SHAPES {
        match OLD_SHAPES.iter().find(|shape| shape.kind == kind) {
            Some(shape) => kind = shape.next,
            None => break,
        }
    }
    kind
}
