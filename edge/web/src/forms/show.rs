//! A form as the template shows it.

use std::collections::BTreeMap;

use dukou_kernel::{Finding, Lang, Money, Share};
use serde_json::Value;

use super::{Choice, Field, Kind, Spec};
use crate::request::Req;

/// One option of a list.
#[derive(Clone, Debug)]
pub struct OptionView {
    /// As sent.
    pub value: String,
    /// As read.
    pub label: String,
    /// Chosen.
    pub chosen: bool,
}

/// One row of a repeated field.
#[derive(Clone, Debug, Default)]
pub struct RowView {
    /// Who, or the label.
    pub first: String,
    /// Options for who.
    pub options: Vec<OptionView>,
    /// Role.
    pub role: String,
    /// Share or amount.
    pub amount: String,
    /// Day.
    pub due: String,
    /// Main contributor.
    pub main: bool,
}

/// A field as the template shows it.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Name of the input.
    pub name: &'static str,
    /// Id in the page.
    pub id: String,
    /// Which input: `line`, `long`, `day`, `money`, `number`, `share`, `choose`,
    /// `several`, `yesno`, `file`, `shares`, `schedule`, `holdings`, `hidden`.
    pub kind: &'static str,
    /// Label.
    pub label: String,
    /// Hint.
    pub hint: String,
    /// What was typed, or stands.
    pub value: String,
    /// Required.
    pub required: bool,
    /// Longest length.
    pub longest: usize,
    /// Options.
    pub options: Vec<OptionView>,
    /// Rows of a repeated field.
    pub rows: Vec<RowView>,
    /// A file that is kept from the try before: `hash|name`.
    pub kept: String,
    /// Name of that file.
    pub kept_name: String,
    /// Error.
    pub error: String,
}

/// A form as the template shows it.
#[derive(Clone, Debug)]
pub struct FormView {
    /// Where it is sent.
    pub action: String,
    /// Title.
    pub title: String,
    /// What will happen.
    pub happens: String,
    /// Under which article.
    pub basis: String,
    /// The verb on the button.
    pub verb: String,
    /// For what cannot be taken back.
    pub danger: bool,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// Errors that belong to no field.
    pub findings: Vec<Finding>,
    /// Version the form is based on.
    pub version: i64,
    /// Idempotency key.
    pub key: String,
    /// Ids made for the command, by name.
    pub ids: Vec<(String, String)>,
    /// How many errors there are.
    pub error_count: usize,
}

/// What the last try left behind.
#[derive(Default)]
pub struct Tried {
    /// Errors by field.
    pub errors: BTreeMap<String, String>,
    /// Errors without a field.
    pub findings: Vec<Finding>,
    /// Files put away: `hash|name` by field.
    pub kept: BTreeMap<String, String>,
    /// Ids made for the command.
    pub ids: Vec<(String, String)>,
}

/// Makes the view of a form; with `tried`, what was typed stands in it.
pub fn view(spec: &Spec, req: &Req, action: &str, version: i64, tried: Option<&Tried>) -> FormView {
    let lang = req.lang;
    let none = Tried::default();
    let last = tried.unwrap_or(&none);
    let fields = spec
        .fields
        .iter()
        .map(|field| field_view(field, req, tried.is_some(), last))
        .collect();
    let fresh = || uuid::Uuid::now_v7().to_string();
    let key = req.field("_key");
    let ids = spec
        .new_id
        .iter()
        .map(|path| {
            let known = last.ids.iter().find(|(name, _)| name == path);
            (
                (*path).to_owned(),
                known.map_or_else(fresh, |(_, id)| id.clone()),
            )
        })
        .collect();
    FormView {
        action: action.to_owned(),
        title: spec.title.get(lang).to_owned(),
        happens: spec.happens.get(lang).to_owned(),
        basis: spec.basis.get(lang).to_owned(),
        verb: spec.verb.get(lang).to_owned(),
        danger: spec.danger,
        fields,
        findings: last.findings.clone(),
        version,
        // A refused try wrote nothing, so its key may be used again only for
        // the same content: a new one is safer.
        key: if tried.is_some() || key.is_empty() {
            fresh()
        } else {
            key.to_owned()
        },
        ids,
        error_count: last.errors.len() + last.findings.len(),
    }
}

fn field_view(field: &Field, req: &Req, typed: bool, last: &Tried) -> FieldView {
    let lang = req.lang;
    let value = if typed {
        req.field(field.path).to_owned()
    } else {
        standing(field)
    };
    let several: Vec<String> = if typed {
        req.all(field.path).map(str::to_owned).collect()
    } else {
        field.value.as_array().map_or_else(Vec::new, |list| {
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        })
    };
    let (kind, longest) = match &field.kind {
        Kind::Line => ("line", 0),
        Kind::Long(longest) => ("long", *longest),
        Kind::Day => ("day", 0),
        Kind::Money => ("money", 0),
        Kind::Number => ("number", 0),
        Kind::Share => ("share", 0),
        Kind::Choose(_) => ("choose", 0),
        Kind::Several(_) => ("several", 0),
        Kind::YesNo(..) => ("yesno", 0),
        Kind::File => ("file", 0),
        Kind::Shares(_) => ("shares", 0),
        Kind::Schedule => ("schedule", 0),
        Kind::Holdings(_) => ("holdings", 0),
        Kind::Hidden => ("hidden", 0),
    };
    let options = match &field.kind {
        Kind::Choose(list) => options(list, lang, |it| it == value),
        Kind::Several(list) => options(list, lang, |it| several.iter().any(|s| s == it)),
        Kind::YesNo(yes, no) => vec![
            OptionView {
                value: "yes".into(),
                label: yes.get(lang).to_owned(),
                chosen: value == "yes",
            },
            OptionView {
                value: "no".into(),
                label: no.get(lang).to_owned(),
                chosen: value == "no",
            },
        ],
        _ => Vec::new(),
    };
    let kept = last
        .kept
        .get(field.path)
        .cloned()
        .or_else(|| Some(req.field(&format!("_kept_{}", field.path)).to_owned()))
        .unwrap_or_default();
    FieldView {
        name: field.path,
        id: format!("f-{}", field.path.replace('.', "-")),
        kind,
        label: field.label.get(lang).to_owned(),
        hint: field.hint.get(lang).to_owned(),
        required: field.required,
        longest,
        options,
        rows: rows(field, req, typed),
        kept_name: kept
            .split_once('|')
            .map_or_else(String::new, |(_, name)| name.to_owned()),
        kept,
        error: last.errors.get(field.path).cloned().unwrap_or_default(),
        value,
    }
}

fn options(list: &[Choice], lang: Lang, chosen: impl Fn(&str) -> bool) -> Vec<OptionView> {
    list.iter()
        .map(|it| OptionView {
            value: it.value.clone(),
            label: it.label.get(lang).to_owned(),
            chosen: chosen(&it.value),
        })
        .collect()
}

/// The standing value as it is typed: fen as yuan, shares as percentages.
fn standing(field: &Field) -> String {
    match (&field.kind, &field.value) {
        (Kind::Money, Value::Number(fen)) => fen
            .as_i64()
            .map_or_else(String::new, |fen| Money::from_fen(fen).plain_yuan()),
        (Kind::Share, Value::String(text)) => text
            .parse::<Share>()
            .map_or_else(|_| text.clone(), Share::to_percent_text),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
        (Kind::YesNo(..), Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        _ => String::new(),
    }
}

fn rows(field: &Field, req: &Req, typed: bool) -> Vec<RowView> {
    let people = match &field.kind {
        Kind::Shares(people) | Kind::Holdings(people) => people.as_slice(),
        Kind::Schedule => &[],
        _ => return Vec::new(),
    };
    let mut rows = if typed {
        typed_rows(field, req)
    } else {
        standing_rows(field)
    };
    let blank = if matches!(field.kind, Kind::Schedule) {
        3
    } else {
        2
    };
    let wanted = (rows.len() + 1).max(blank);
    rows.resize_with(wanted, RowView::default);
    for row in &mut rows {
        row.options = options(people, req.lang, |it| it == row.first);
    }
    rows
}

fn typed_rows(field: &Field, req: &Req) -> Vec<RowView> {
    let column = |name: &str| -> Vec<String> {
        let full = format!("{}.{name}", field.path);
        req.fields
            .iter()
            .filter(|(k, _)| *k == full)
            .map(|(_, v)| v.clone())
            .collect()
    };
    let at = |values: &[String], row: usize| values.get(row).cloned().unwrap_or_default();
    let schedule = matches!(field.kind, Kind::Schedule);
    let first = column(if schedule { "label" } else { "person" });
    let amount = column(if schedule { "amount" } else { "share" });
    let (role, due, main) = (column("role"), column("due"), column("main"));
    (0..first.len().max(amount.len()))
        .map(|row| RowView {
            first: at(&first, row),
            options: Vec::new(),
            role: at(&role, row),
            amount: at(&amount, row),
            due: at(&due, row),
            main: at(&main, row) == "yes",
        })
        .filter(|row| !(row.first.is_empty() && row.amount.is_empty() && row.role.is_empty()))
        .collect()
}

fn standing_rows(field: &Field) -> Vec<RowView> {
    let Some(list) = field.value.as_array() else {
        return Vec::new();
    };
    let text = |item: &Value, key: &str| {
        item.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let percent = |text: String| {
        text.parse::<Share>()
            .map_or(text, |share| share.to_percent_text())
    };
    list.iter()
        .map(|item| match field.kind {
            Kind::Schedule => RowView {
                first: text(item, "label"),
                amount: item
                    .get("amount")
                    .and_then(Value::as_i64)
                    .map_or_else(String::new, |fen| Money::from_fen(fen).plain_yuan()),
                due: text(item, "due"),
                ..RowView::default()
            },
            Kind::Holdings(_) => RowView {
                first: text(item, "person"),
                amount: percent(text(item, "holding")),
                ..RowView::default()
            },
            _ => RowView {
                first: text(item, "person"),
                role: text(item, "role"),
                amount: percent(text(item, "share")),
                main: item.get("main").and_then(Value::as_bool).unwrap_or(false),
                ..RowView::default()
            },
        })
        .collect()
}
