//! From typed fields to a command's JSON, with an error at each field that
//! cannot be read. What was typed is never lost.

use std::collections::BTreeMap;

use dukou_kernel::{Date, Finding, Lang, Money, Share};
use serde_json::{Map, Value, json};

use super::{Field, Kind, Spec};
use crate::request::Req;

/// What came of reading a form.
pub struct Reading {
    /// The command's JSON, as far as it could be read.
    pub value: Map<String, Value>,
    /// Errors by field.
    pub errors: BTreeMap<String, String>,
    /// For whom, when somebody acts on attached paper.
    pub on_behalf: Option<String>,
}

/// Stored files by form field, as the caller put them away.
pub type Stored = BTreeMap<String, Value>;

/// Reads a form.
pub fn read(spec: &Spec, req: &Req, files: &Stored) -> Reading {
    let mut reading = Reading {
        value: Map::new(),
        errors: BTreeMap::new(),
        on_behalf: None,
    };
    reading
        .value
        .insert("command".to_owned(), json!(spec.command));
    if let Some(path) = spec.new_id {
        reading
            .value
            .insert(path.to_owned(), json!(new_id(req, path)));
    }
    for field in &spec.fields {
        read_field(field, req, files, &mut reading);
    }
    // An equity part without a holding is no equity part.
    if let Some(terms) = reading
        .value
        .get_mut("terms")
        .and_then(Value::as_object_mut)
    {
        let incomplete = terms
            .get("equity")
            .is_some_and(|it| it.get("holding").is_none());
        if incomplete {
            terms.remove("equity");
        }
    }
    reading
}

/// The id stands in the form, so that sending it twice is one and the same.
fn new_id(req: &Req, path: &str) -> String {
    let sent = req.field(&format!("_id_{path}"));
    if uuid::Uuid::parse_str(sent).is_ok() {
        sent.to_owned()
    } else {
        uuid::Uuid::now_v7().to_string()
    }
}

fn read_field(field: &Field, req: &Req, files: &Stored, reading: &mut Reading) {
    match parse(field, req, files) {
        Ok(Some(Value::String(person))) if field.path == "on_behalf" => {
            let own = req
                .user
                .as_ref()
                .is_some_and(|user| user.person.to_string() == person);
            if !own {
                reading.on_behalf = Some(person);
            }
        }
        Ok(Some(value)) => put(&mut reading.value, field.path, value),
        Ok(None) if field.required => {
            let text = req.t("这一项必填。", "This field is required.");
            reading
                .errors
                .insert(field.path.to_owned(), text.to_owned());
        }
        // Words that nobody wrote are no words; a credit code is known or not.
        Ok(None) if may_be_blank(field) => put(&mut reading.value, field.path, json!("")),
        Ok(None) => {}
        Err(message) => {
            reading.errors.insert(field.path.to_owned(), message);
        }
    }
}

fn may_be_blank(field: &Field) -> bool {
    matches!(field.kind, Kind::Line | Kind::Long(_)) && field.path != "party.uscc"
}

/// Sets a value at a dotted path.
pub fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = object.entry(head.to_owned()).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

fn parse(field: &Field, req: &Req, files: &Stored) -> Result<Option<Value>, String> {
    let text = req.field(field.path).trim();
    let lang = req.lang;
    if let Kind::Shares(_) = field.kind {
        return shares(field.path, req).map(Some);
    }
    if let Kind::Holdings(_) = field.kind {
        return holdings(field.path, req).map(Some);
    }
    if let Kind::Schedule = field.kind {
        return schedule(field.path, req).map(Some);
    }
    if let Kind::File = field.kind {
        let stored = files
            .get(field.path)
            .cloned()
            .or_else(|| kept_file(req, field.path));
        return Ok(match (field.path, stored) {
            ("files", Some(file)) => Some(json!([file])),
            (_, file) => file,
        });
    }
    if let Kind::Several(_) = field.kind {
        let all: Vec<&str> = req.all(field.path).collect();
        return Ok((!all.is_empty()).then(|| json!(all)));
    }
    if text.is_empty() {
        return Ok(None);
    }
    match &field.kind {
        Kind::Day => day(text, lang).map(|it| Some(json!(it))),
        Kind::Money => money(text, lang).map(|it| Some(json!(it.fen()))),
        Kind::Number => number(text, lang).map(|it| Some(json!(it))),
        Kind::Share => share(text, lang).map(|it| Some(json!(it))),
        Kind::YesNo(..) => Ok(Some(json!(text == "yes"))),
        Kind::Choose(_) => choose(field.path, text, lang).map(Some),
        Kind::Long(longest) => long(text, *longest, lang).map(|it| Some(json!(it))),
        _ => Ok(Some(json!(text))),
    }
}

/// The payer of a cost and the number of an entry have a shape of their own.
fn choose(path: &str, text: &str, lang: Lang) -> Result<Value, String> {
    match path {
        "paid_by" if text == "university" => Ok(json!({"who": "university"})),
        "paid_by" => Ok(json!({"who": "inventor", "person": text})),
        "entry" | "objection" => number(text, lang).map(|it| json!(it)),
        _ => Ok(json!(text)),
    }
}

/// A file that was uploaded before and comes back with a corrected form.
fn kept_file(req: &Req, path: &str) -> Option<Value> {
    let kept = req.field(&format!("_kept_{path}"));
    let (file, name) = kept.split_once('|')?;
    Some(json!({"file": file, "name": name}))
}

fn long(text: &str, longest: usize, lang: Lang) -> Result<String, String> {
    let length = text.chars().count();
    if length > longest {
        return Err(match lang {
            Lang::Zh => format!("{length}字，最多{longest}字。"),
            Lang::En => format!("{length} characters; at most {longest}."),
        });
    }
    Ok(text.replace("\r\n", "\n"))
}

fn day(text: &str, lang: Lang) -> Result<Date, String> {
    text.parse().map_err(|_| {
        lang.pick(
            "日期写成 2026-11-25 这样。",
            "Write the date as 2026-11-25.",
        )
        .to_owned()
    })
}

fn money(text: &str, lang: Lang) -> Result<Money, String> {
    Money::parse_yuan(text).map_err(|_| {
        lang.pick(
            "金额写成 3000000 或 3,000,000.00，最多两位小数。",
            "Write the amount as 3000000 or 3,000,000.00, at most two decimals.",
        )
        .to_owned()
    })
}

fn number(text: &str, lang: Lang) -> Result<u32, String> {
    text.parse().map_err(|_| {
        lang.pick("写一个整数。", "Write a whole number.")
            .to_owned()
    })
}

fn share(text: &str, lang: Lang) -> Result<Share, String> {
    let bare = text.trim_end_matches(['%', '％']);
    let plain = bare.parse::<f64>().is_ok() && !bare.contains('/');
    let spelled = if plain && bare == text {
        format!("{text}%")
    } else {
        text.to_owned()
    };
    spelled.parse().map_err(|_| {
        lang.pick(
            "比例写成 70%、33.5% 或 1/3。",
            "Write the share as 70%, 33.5% or 1/3.",
        )
        .to_owned()
    })
}

fn rows<'a>(req: &'a Req, path: &str, columns: &[&str]) -> Vec<Vec<&'a str>> {
    let columns: Vec<Vec<&str>> = columns
        .iter()
        .map(|column| {
            let name = format!("{path}.{column}");
            let values = req.fields.iter().filter(|(key, _)| *key == name);
            values.map(|(_, value)| value.as_str().trim()).collect()
        })
        .collect();
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    (0..length)
        .map(|row| {
            columns
                .iter()
                .map(|c| c.get(row).copied().unwrap_or_default())
                .collect()
        })
        .filter(|row: &Vec<&str>| row.iter().any(|cell| !cell.is_empty()))
        .collect()
}

fn shares(path: &str, req: &Req) -> Result<Value, String> {
    let mut list = Vec::new();
    for row in rows(req, path, &["person", "role", "share", "main"]) {
        let [person, role, part, main] = row.as_slice() else {
            continue;
        };
        if person.is_empty() && part.is_empty() && role.is_empty() {
            continue;
        }
        if person.is_empty() {
            return Err(req
                .t("有一行没有选人。", "One line names nobody.")
                .to_owned());
        }
        let part = if part.is_empty() {
            Share::ZERO
        } else {
            share(part, req.lang)?
        };
        let main = *main == "yes";
        list.push(json!({"person": person, "role": role, "share": part, "main": main}));
    }
    Ok(Value::Array(list))
}

fn holdings(path: &str, req: &Req) -> Result<Value, String> {
    let mut list = Vec::new();
    for row in rows(req, path, &["person", "share"]) {
        let [person, part] = row.as_slice() else {
            continue;
        };
        if person.is_empty() || part.is_empty() {
            continue;
        }
        list.push(json!({"person": person, "holding": share(part, req.lang)?}));
    }
    Ok(Value::Array(list))
}

fn schedule(path: &str, req: &Req) -> Result<Value, String> {
    let mut list = Vec::new();
    for row in rows(req, path, &["label", "amount", "due"]) {
        let [label, amount, due] = row.as_slice() else {
            continue;
        };
        let mut item = json!({"label": label, "amount": money(amount, req.lang)?.fen()});
        if !due.is_empty() {
            let due = day(due, req.lang)?;
            if let Some(object) = item.as_object_mut() {
                object.insert("due".to_owned(), json!(due));
            }
        }
        list.push(item);
    }
    Ok(Value::Array(list))
}

/// Puts findings onto their fields; those without a field stay for the summary.
pub fn place(
    findings: &[Finding],
    spec: &Spec,
    lang: Lang,
    errors: &mut BTreeMap<String, String>,
) -> Vec<Finding> {
    let mut rest = Vec::new();
    for finding in findings {
        let known = finding.field.as_deref().and_then(|at| {
            spec.fields
                .iter()
                .find(|field| field.path == at || field.path.ends_with(&format!(".{at}")))
        });
        match known {
            Some(field) => {
                errors
                    .entry(field.path.to_owned())
                    .or_insert_with(|| finding.message.get(lang).to_owned());
            }
            None => rest.push(finding.clone()),
        }
    }
    rest
}
