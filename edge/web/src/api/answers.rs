//! What the calls answer, as JSON Schema, beyond what is said of every list.

use dukou_chain::public::schema_of;
use serde_json::{Map, Value, json};

use super::said::parts::{Contributor, Found, Party};
use super::said::{case, deal as said, institution as about, money};
use crate::pages::list::listed;

/// Media type of an Excel sheet.
pub const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

fn words() -> Value {
    json!({"type": "string"})
}

fn perhaps(kind: &str) -> Value {
    json!({"type": [kind, "null"]})
}

fn day() -> Value {
    json!({"type": ["string", "null"], "format": "date"})
}

fn number() -> Value {
    json!({"type": "integer"})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

fn maybe(of: &Value) -> Value {
    json!({"anyOf": [of, {"type": "null"}]})
}

fn things() -> Value {
    list(&json!({"type": "object"}))
}

/// An object of which every field is always there.
fn object(fields: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// What a call answers, where it is told here.
pub fn answer(path: &str, post: bool) -> Option<Value> {
    let schema = match (path, post) {
        ("/api/v1/calc/{name}", false) => object(&[
            ("name", words()),
            ("title", words()),
            ("summary", words()),
            ("schema", json!({"type": "object"})),
        ]),
        ("/api/v1/events", false) => super::events::list(true),
        ("/api/v1/cases/{id}/events" | "/api/v1/deals/{id}/events", false) => {
            super::events::list(false)
        }
        ("/api/v1/cases/{id}", false) => case(),
        ("/api/v1/deals/{id}", false) => deal(),
        ("/api/v1/people/{id}", false) => person(),
        ("/api/v1/people/roster", true) => roster(),
        ("/api/v1/institution", false) => institution(),
        ("/api/v1/policy", true) => object(&[("from", json!({"type": "string"}))]),
        ("/api/v1/law", true) => object(&[
            ("loaded", flag()),
            ("changes", list(&json!({"type": "object"}))),
        ]),
        ("/api/v1/calendar", true) => object(&[("year", number())]),
        ("/api/v1/receipts/{id}", false) => receipt(),
        ("/api/v1/mine", false) => mine(),
        ("/api/v1/notices/{id}", false) => notice(),
        ("/api/v1/imports", true) | ("/api/v1/imports/{draft}", false) => import(),
        ("/api/v1/imports/{draft}", true) => json!({"anyOf": [
            import(),
            object(&[("id", id()), ("commands", number())]),
        ]}),
        ("/api/v1/verify", false) => object(&[
            ("ok", flag()),
            ("entries", number()),
            ("rows", number()),
            ("files", number()),
            ("head_seq", perhaps("integer")),
            ("head_hash", perhaps("string")),
            (
                "faults",
                list(&object(&[
                    ("code", words()),
                    ("seq", perhaps("integer")),
                    ("message", words()),
                ])),
            ),
        ]),
        ("/api/v1/views", true) => object(&[
            ("list", words()),
            ("name", words()),
            ("query", perhaps("string")),
        ]),
        ("/api/v1/sessions", true) => object(&[("ended", number())]),
        (path, false) if path.ends_with(".xlsx") => json!({}),
        _ => return None,
    };
    Some(schema)
}

/// What `POST /api/v1/imports/{draft}` takes.
pub fn act() -> Value {
    json!({"oneOf": [
        {"type": "object", "required": ["act"], "additionalProperties": false, "properties": {
            "act": {"const": "import"}, "accept_good": {"type": "boolean", "default": false},
        }},
        {"type": "object", "required": ["act", "columns"], "additionalProperties": false, "properties": {
            "act": {"const": "mapping"},
            "columns": {"type": "array", "items": {
                "type": "object", "required": ["sheet", "column", "field"], "additionalProperties": false,
                "properties": {
                    "sheet": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                    "column": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                    "field": {"type": ["string", "null"]},
                },
            }},
        }},
    ]})
}

/// What `POST /api/v1/views` takes.
pub fn view() -> Value {
    json!({"type": "object", "required": ["list", "name"], "additionalProperties": false, "properties": {
        "list": {"enum": listed()}, "name": {"type": "string", "minLength": 1, "maxLength": 40},
        "query": {"type": ["string", "null"], "maxLength": 1999},
    }})
}

fn person() -> Value {
    object(&[
        ("id", id()),
        ("version", number()),
        ("name", perhaps("string")),
        ("staff_no", perhaps("string")),
        ("kind", perhaps("string")),
        ("unit", perhaps("string")),
        ("unit_name", perhaps("string")),
        ("posts", list(&schema_of::<about::Tenure>())),
        ("roles", list(&words())),
        ("heir", perhaps("string")),
        ("owner", perhaps("string")),
        ("erased", flag()),
        (
            "account",
            object(&[
                ("login", perhaps("string")),
                ("has_codes", flag()),
                ("locked_until", perhaps("string")),
                ("link_until", perhaps("string")),
                ("may_have", flag()),
            ]),
        ),
        (
            "cases",
            list(&object(&[
                ("id", id()),
                ("number", words()),
                ("title", words()),
            ])),
        ),
    ])
}

fn roster() -> Value {
    object(&[
        ("imported", flag()),
        (
            "counts",
            object(&[
                ("new", number()),
                ("updated", number()),
                ("same", number()),
                ("units", number()),
            ]),
        ),
        (
            "fixes",
            list(&object(&[
                ("row", number()),
                ("column", words()),
                ("found", words()),
                ("message", words()),
            ])),
        ),
    ])
}

fn institution() -> Value {
    object(&[
        ("id", id()),
        ("version", number()),
        ("profile", maybe(&schema_of::<about::Profile>())),
        (
            "units",
            list(&object(&[
                ("id", id()),
                ("name_zh", words()),
                ("name_en", words()),
            ])),
        ),
        (
            "policies",
            list(&object(&[
                ("from", day()),
                ("policy", json!({"type": "object"})),
            ])),
        ),
        ("years", things()),
        (
            "permissions",
            json!({"type": ["array", "null"], "items": object(&[
                ("action", words()), ("title", words()),
                ("scopes", json!({"type": "object", "additionalProperties": words()})),
            ])}),
        ),
    ])
}

fn findings() -> Value {
    list(&schema_of::<Found>())
}

/// Fields that the reader has no right to.
fn withheld() -> (&'static str, Value) {
    ("withheld", list(&words()))
}

fn division() -> Vec<(&'static str, Value)> {
    vec![
        ("standing", words()),
        ("gross_fen", number()),
        ("recovered_fen", number()),
        ("net_fen", number()),
        (
            "pools",
            list(&object(&[
                ("pool", words()),
                ("name", words()),
                ("amount_fen", number()),
            ])),
        ),
        (
            "awards",
            list(&object(&[
                ("person", id()),
                ("amount_fen", number()),
                ("returned_fen", number()),
                ("paid_fen", number()),
                ("owed_fen", number()),
            ])),
        ),
        (
            "trace",
            // docs/schema/dukou.trace.v1.json
            object(&[("schema", words()), ("lines", things())]),
        ),
        (
            "steps",
            list(&object(&[
                ("text", words()),
                ("formula", words()),
                ("result", words()),
                ("article", perhaps("string")),
            ])),
        ),
        ("findings", findings()),
        ("paid", list(&schema_of::<money::Paid>())),
        ("proposed_on", day()),
        ("approved_on", day()),
        ("rejected", perhaps("string")),
        ("reward", maybe(&schema_of::<money::Reward>())),
    ]
}

fn receipt() -> Value {
    let mut fields = division();
    fields.extend([
        ("id", id()),
        ("deal", id()),
        ("deal_version", number()),
        ("received", schema_of::<money::Received>()),
        ("refunds", list(&schema_of::<money::Refunded>())),
        ("reversed", flag()),
        ("history", flag()),
        ("preview", flag()),
        (
            "refusals",
            list(&object(&[("message", words()), ("article", words())])),
        ),
    ]);
    object(&fields)
}

fn mine() -> Value {
    object(&[
        (
            "cases",
            list(&object(&[
                ("case", id()),
                ("title", words()),
                ("number", words()),
                ("stop", words()),
                ("standing", words()),
                ("manager", perhaps("string")),
                ("since", perhaps("string")),
                ("share", words()),
                ("said", perhaps("string")),
            ])),
        ),
        (
            "awards",
            list(&object(&[
                ("awarded_on", words()),
                ("deal", id()),
                ("number", words()),
                ("party", words()),
                ("amount_fen", number()),
                ("paid_fen", number()),
                ("owed_fen", number()),
                ("opening", flag()),
                ("receipt", perhaps("string")),
            ])),
        ),
        ("awarded_fen", number()),
        ("paid_fen", number()),
        ("owed_fen", number()),
    ])
}

fn notice() -> Value {
    object(&[
        ("id", id()),
        ("docno", words()),
        ("heading", words()),
        ("to", words()),
        ("intro", words()),
        (
            "sections",
            list(&object(&[("heading", words()), ("text", list(&words()))])),
        ),
        ("office", words()),
        ("date", words()),
        ("seq", number()),
        ("code", words()),
        ("void", perhaps("string")),
        ("deal", perhaps("string")),
        ("page", perhaps("string")),
        ("kept", words()),
    ])
}

fn deal() -> Value {
    let received = object(&[
        ("received", schema_of::<money::Received>()),
        ("refunds", list(&schema_of::<money::Refunded>())),
        ("reversed", flag()),
        ("history", flag()),
        ("standing", words()),
        (
            "division",
            json!({"anyOf": [object(&division()), {"type": "null"}]}),
        ),
    ]);
    object(&[
        ("id", id()),
        ("version", number()),
        ("number", words()),
        ("cases", list(&id())),
        ("opened", maybe(&schema_of::<said::Opened>())),
        ("contacts", list(&schema_of::<said::Contact>())),
        ("party", maybe(&schema_of::<Party>())),
        ("terms", maybe(&schema_of::<said::Terms>())),
        ("terms_version", number()),
        ("interests", list(&schema_of::<said::Interest>())),
        ("market", maybe(&schema_of::<said::Market>())),
        ("decision", maybe(&schema_of::<said::Decision>())),
        ("notices", list(&schema_of::<said::Notice>())),
        ("signed", maybe(&schema_of::<said::Signed>())),
        ("registered", maybe(&schema_of::<said::Registered>())),
        ("amendments", list(&schema_of::<said::Amendment>())),
        ("equity", maybe(&schema_of::<said::Equity>())),
        ("stop", words()),
        ("receipts", list(&received)),
        ("ended", maybe(&schema_of::<said::Ended>())),
        ("history", flag()),
        ("tasks", things()),
        ("findings", findings()),
        withheld(),
    ])
}

fn case() -> Value {
    object(&[
        ("id", id()),
        ("version", number()),
        ("number", words()),
        ("details", maybe(&schema_of::<case::Details>())),
        ("contributors", list(&schema_of::<Contributor>())),
        ("manager", perhaps("string")),
        ("since", day()),
        ("stop", words()),
        ("unconfirmed", list(&id())),
        ("assessment", maybe(&schema_of::<case::Assessment>())),
        ("rights", list(&schema_of::<case::Right>())),
        ("costs", list(&schema_of::<case::Cost>())),
        ("valuations", list(&schema_of::<case::Valuation>())),
        ("ended", maybe(&schema_of::<said::Ended>())),
        ("history", flag()),
        ("deals", list(&id())),
        ("tasks", things()),
        ("findings", findings()),
        withheld(),
    ])
}

fn import() -> Value {
    let column = object(&[
        ("column", number()),
        ("header", words()),
        ("field", perhaps("string")),
    ]);
    let sheet = object(&[
        ("sheet", number()),
        ("file", words()),
        ("name", words()),
        ("kind", perhaps("string")),
        ("accepted", number()),
        ("rejected", number()),
        ("skipped", number()),
        ("columns", list(&column)),
        (
            "fields",
            list(&object(&[("field", words()), ("title", words())])),
        ),
    ]);
    let fix = object(&[
        ("sheet", number()),
        ("row", number()),
        ("column", words()),
        ("code", words()),
        ("message", words()),
        ("suggestion", words()),
        ("refused", flag()),
    ]);
    object(&[
        ("id", id()),
        ("clean", flag()),
        ("sheets", list(&sheet)),
        ("fixes", list(&fix)),
        ("fix_count", number()),
        ("fresh", number()),
        (
            "totals",
            object(&[
                ("achievements", number()),
                ("contracts", number()),
                ("contracted_fen", number()),
                ("receipts", number()),
                ("received_fen", number()),
                ("distributions", number()),
            ]),
        ),
    ])
}
