//! Public events in the description: one named schema for each type of
//! [`dukou_chain::public`], and `Event`, the envelope around them.

use dukou_chain::public::{PublicEvent, Type, UNREADABLE, schema_of, types};
use serde_json::{Map, Value, json};

/// The name under which a type's data stands: `dukou.income.received.v1`.
fn component(it: &Type) -> String {
    it.name.replace('/', ".")
}

/// `Event`, and the data of every type.
pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    let mut ways: Vec<Value> = types()
        .map(|it| {
            let data = format!("#/components/schemas/{}", component(&it));
            json!({"properties": {
                "type": {"const": it.name}, "data": {"anyOf": [{"$ref": data}, {"type": "null"}]},
            }})
        })
        .collect();
    ways.push(json!({"properties": {"type": {"const": UNREADABLE}, "data": {"type": "null"}}}));
    let event = json!({"allOf": [schema_of::<PublicEvent>()], "oneOf": ways});
    all.insert("Event".to_owned(), event);
    all.extend(types().map(|it| (component(&it), it.schema())));
    all
}

/// A list of entries; `last` for the feed, which goes on by number, `next` for the
/// entries of one case or deal.
pub(super) fn list(feed: bool) -> Value {
    let (goes_on, how) = match feed {
        true => ("last", json!({"type": "integer"})),
        false => ("next", json!({"type": ["string", "null"]})),
    };
    json!({"type": "object", "required": ["items", goes_on], "properties": {
        "items": {"type": "array", "items": {
            "type": "object", "required": ["seq", "hash", "entry"], "properties": {
                "seq": {"type": "integer"}, "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "entry": {"$ref": "#/components/schemas/Event"},
            },
        }},
        goes_on: how,
    }})
}
