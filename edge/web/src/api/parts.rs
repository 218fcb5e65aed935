//! What every operation of the description has: headers and problems.

use serde_json::{Map, Value, json};

use super::once;
use crate::routes::Route;

/// Headers that a call may bring.
pub fn headers_of(route: &Route) -> Vec<(&'static str, &'static str, Value)> {
    let text = json!({"type": "string"});
    let mut all = vec![(
        "Accept-Language",
        "zh or en, with weights; Chinese when neither is wished",
        text.clone(),
    )];
    if !route.post {
        let what = "Tags that the caller has; 304 when one of them stands";
        all.push(("If-None-Match", what, text.clone()));
    }
    if route.post && route.action != "page.public" {
        let key = json!({"type": "string", "maxLength": once::LONGEST, "pattern": "^[ -~]*$"});
        let what = "The same key and call (address, query, If-Match and body, byte for byte): the same answer; another call: 409. Keys of commands count for good, others for 30 days";
        all.push(("Idempotency-Key", what, key));
    }
    if route.path == "/api/v1/commands" {
        let what = "The version that the command is based on, \"3\", or the ETag that was read, \"v3-…\"; another one stands: 409";
        let version = json!({"type": "string", "pattern": "^(W/)?\"?(v?[0-9]{1,15}(-[0-9a-f]*)?)\"?$|^\\*?$"});
        all.push(("If-Match", what, version));
    }
    all
}

/// A header of an answer.
pub fn text_header(what: &str) -> Value {
    json!({"description": what, "schema": {"type": "string"}})
}

/// How a call may fail.
pub fn problems_of(route: &Route) -> Map<String, Value> {
    let mut responses = Map::new();
    for (status, what, header) in [
        ("400", "The request cannot be read", ""),
        (
            "401",
            "No token, or one that is out of date",
            "WWW-Authenticate",
        ),
        (
            "403",
            "Roles or scopes do not allow it: action and lacks say which",
            "",
        ),
        ("404", "Not there, or not yours to see", ""),
        ("405", "The address takes other methods", "Allow"),
        ("408", "The body did not come to its end in time", ""),
        (
            "409",
            "Somebody was faster (expected, actual), or the key was used for another call",
            "",
        ),
        ("410", "On record, but lost", ""),
        ("413", "Too large", ""),
        ("415", "The body is of a kind that is not taken", ""),
        ("422", "Refused by law or rule", ""),
        ("429", "Too many calls or wrong tokens", "Retry-After"),
        (
            "500",
            "The system failed; reference names it in the log",
            "",
        ),
        ("503", "Data cannot be stored now", ""),
    ] {
        let mut problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        // A wrong question is answered as `dukou calc` answers it.
        if status == "422" && route.path == "/api/v1/calc/{name}" {
            problem = json!({"application/json": {"schema": {"$ref": "#/components/schemas/WrongQuestion"}}});
        }
        let mut response = json!({"description": what, "content": problem});
        if let Some(map) = response.as_object_mut().filter(|_| !header.is_empty()) {
            let mut headers = Map::new();
            headers.insert(header.to_owned(), text_header(what));
            map.insert("headers".to_owned(), Value::Object(headers));
        }
        responses.insert(status.to_owned(), response);
    }
    responses
}

/// What every problem holds.
pub fn problem_schema() -> Value {
    let kinds = crate::problem::KINDS.iter();
    let types: Vec<String> = kinds.map(|it| format!("/api#{}", it.code)).collect();
    let text = json!({"type": "string", "minLength": 1});
    json!({"type": "object", "required": ["type", "title", "status", "code", "detail", "errors"], "properties": {
        "type": {"enum": types}, "title": text, "status": {"type": "integer"},
        "code": text, "detail": text, "reference": {"type": "string"},
        "action": {"type": "string"}, "lacks": {"enum": ["role", "scope"]},
        "expected": {"type": "integer"}, "actual": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["code", "severity", "detail"], "properties": {
            "code": text, "severity": {"enum": ["refused", "warning", "info"]},
            "field": {"type": ["string", "null"]}, "detail": text,
            "article": {"type": ["string", "null"]}, "verified": {"type": ["boolean", "null"]},
            "earliest": {"type": ["string", "null"], "format": "date"},
        }}},
    }})
}
