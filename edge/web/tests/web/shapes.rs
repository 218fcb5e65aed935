//! The description of commands is held to the commands that the program reads.

use std::collections::BTreeMap;

use dukou_chain::whole::Command;
use serde_json::{Value, json};

use crate::fixture::Fixture;

/// What is wrong with a value by a schema: as much of JSON Schema as is used.
fn wrong(schema: &Value, value: &Value) -> Option<String> {
    let any = |list: &Value| {
        let mut all = list.as_array().unwrap().iter();
        all.any(|it| wrong(it, value).is_none())
    };
    let told = |what: &str| Some(format!("{what}: {value}"));
    if let Some(list) = schema.get("anyOf").filter(|list| !any(list)) {
        return told(&format!("none of {list}"));
    }
    if let Some(list) = schema.get("oneOf") {
        let all = list.as_array().unwrap().iter();
        if all.filter(|it| wrong(it, value).is_none()).count() != 1 {
            return told("not one of");
        }
    }
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(why) = wrong(part, value) {
            return Some(why);
        }
    }
    if schema.get("const").is_some_and(|it| it != value) {
        return told("not the constant");
    }
    if let Some(list) = schema.get("enum").and_then(Value::as_array)
        && !list.contains(value)
    {
        return told("not a word of the list");
    }
    let fits = match schema.get("type").and_then(Value::as_str) {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(other) => panic!("{other}"),
        None => true,
    };
    if !fits {
        return told("another type");
    }
    match schema.get("format").and_then(Value::as_str) {
        Some("uuid") if uuid::Uuid::parse_str(value.as_str().unwrap()).is_err() => {
            return told("no id");
        }
        Some("date")
            if value
                .as_str()
                .unwrap()
                .parse::<dukou_kernel::Date>()
                .is_err() =>
        {
            return told("no day");
        }
        _ => {}
    }
    for item in value.as_array().into_iter().flatten() {
        let why = schema.get("items").and_then(|it| wrong(it, item));
        if why.is_some() {
            return why;
        }
    }
    fields(schema, value)
}

fn fields(schema: &Value, value: &Value) -> Option<String> {
    let object = value.as_object()?;
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !object.contains_key(name.as_str().unwrap()) {
            return Some(format!("{name} is missing: {value}"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, it) in object {
        match properties.and_then(|all| all.get(name)) {
            Some(known) => {
                if let Some(why) = wrong(known, it) {
                    return Some(format!("{name}: {why}"));
                }
            }
            None if schema.get("additionalProperties") == Some(&json!(false)) => {
                return Some(format!("{name} is unknown: {value}"));
            }
            None => {}
        }
    }
    None
}

/// One real command of each name, as the story of the chain sends it.
fn story() -> BTreeMap<String, Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../chain/tests/story.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    let mut all = BTreeMap::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let command = line["command"].clone();
        all.insert(command["command"].as_str().unwrap().to_owned(), command);
    }
    all
}

/// As a caller sends it: names instead of the commitment to them.
fn as_sent(mut command: Value) -> Value {
    let object = command.as_object_mut().unwrap();
    if object.shift_remove("seals").is_some() {
        object.insert("name".to_owned(), json!("苏墨"));
        if object.shift_remove("staff_no_key").is_some() {
            object.insert("staff_no".to_owned(), json!("T1"));
        }
    }
    command
}

/// Does the program read it, whatever the law says of it then?
fn is_read(command: &Value) -> bool {
    let mut command = command.clone();
    let object = command.as_object_mut().unwrap();
    let register = object["command"] == "people.register";
    object.shift_remove("staff_no");
    if object.shift_remove("name").is_some() || !register {
        if register {
            object.insert("seals".to_owned(), json!({"name": "s"}));
        }
        return Command::from_json(command).is_ok();
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_every_command_is_what_the_program_reads() {
    let fixture = Fixture::new();
    let document = fixture.get_in(None, "en", "/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    let schemas = document["components"]["schemas"]["Command"]["oneOf"].clone();
    let story = story();
    let mut faults = Vec::new();
    for schema in schemas.as_array().unwrap() {
        let name = schema["properties"]["command"]["const"].as_str().unwrap();
        let sent = as_sent(story[name].clone());
        assert!(is_read(&sent), "{sent}");
        if let Some(why) = wrong(schema, &sent) {
            faults.push(format!("{name}: {why}"));
        }
        let required: Vec<&str> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        for (field, told) in schema["properties"].as_object().unwrap() {
            if matches!(field.as_str(), "command" | "on_behalf" | "_reason") {
                continue;
            }
            // A target of two ways is required by `oneOf`.
            let two_ways =
                schema.get("oneOf").is_some() && matches!(field.as_str(), "case" | "deal");
            if two_ways {
                continue;
            }
            // Left out: read exactly where the description says that it may be.
            let mut without = sent.clone();
            without.as_object_mut().unwrap().shift_remove(field);
            if is_read(&without) == required.contains(&field.as_str()) {
                faults.push(format!("{name}: {field} may be left out, or may not"));
            }
            // `null`: the same.
            let mut null = sent.clone();
            null[field] = Value::Null;
            let named = matches!(field.as_str(), "name" | "staff_no");
            if !named && is_read(&null) != wrong(told, &Value::Null).is_none() {
                faults.push(format!("{name}: {field} may be null, or may not"));
            }
        }
        // What is not described is not read.
        let mut more = sent.clone();
        more["no_such_field"] = json!(1);
        if is_read(&more) || wrong(schema, &more).is_none() {
            faults.push(format!("{name}: a strange field passes"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
