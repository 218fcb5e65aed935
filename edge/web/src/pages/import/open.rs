//! The import for programs: the same files, report and acts.

use axum::http::StatusCode;
use dukou_intake::{Batch, Column, Kind};
use dukou_kernel::{Finding, Severity, text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{FIXES, begin, carry_out, fresh, read_kept, save_mappings};
use crate::api::{resource, unreadable};
use crate::app::App;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::{Req, file_name};

fn created(body: &Value) -> Answer {
    Answer {
        status: StatusCode::CREATED,
        ..Answer::json(body)
    }
}

/// Takes one file, keeps it, and answers the id of its import.
///
/// # Errors
/// Unreadable, or the database cannot be written.
pub fn api_begin(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let name = file_name(req.query("name"));
    let (id, batch) = begin(app, user, &[(name.as_str(), &req.body)])?;
    Ok(created(&told(&batch, &id, req)))
}

/// What the files hold, what is wrong, and what would be imported.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn api_report(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (_, batch, _) = read_kept(app, req)?;
    resource(req, &told(&batch, req.param("draft"), req))
}

fn told(batch: &Batch, id: &str, req: &Req) -> Value {
    let sheets: Vec<Value> = batch
        .sheets
        .iter()
        .enumerate()
        .map(|(at, it)| {
            let columns = it.mapping.iter().flat_map(|mapping| &mapping.columns);
            json!({
                "sheet": at, "file": it.file, "name": it.sheet,
                "kind": it.kind.map(|kind| kind.title().get(req.lang).to_owned()),
                "accepted": it.accepted, "rejected": it.rejected, "skipped": it.skipped,
                "columns": columns.map(column).collect::<Vec<_>>(),
                "fields": it.kind.map(|kind| meanings(kind, req)).unwrap_or_default(),
            })
        })
        .collect();
    let fixes: Vec<Value> = batch
        .findings
        .iter()
        .take(FIXES)
        .map(|it| {
            json!({
                "sheet": it.sheet, "row": it.row, "column": it.name.get(req.lang),
                "code": it.code.word(), "message": it.message.get(req.lang),
                "suggestion": it.suggestion.get(req.lang),
                "refused": it.severity == Severity::Refused,
            })
        })
        .collect();
    json!({
        "id": id, "clean": batch.is_clean(), "sheets": sheets,
        "fixes": fixes, "fix_count": batch.findings.len(), "fresh": fresh(batch),
        "totals": {
            "achievements": batch.totals.achievements, "contracts": batch.totals.contracts,
            "contracted_fen": batch.totals.contracted.fen(), "receipts": batch.totals.receipts,
            "received_fen": batch.totals.received.fen(),
            "distributions": batch.totals.distributions,
        },
    })
}

fn column(it: &Column) -> Value {
    json!({"column": it.index, "header": it.header, "field": it.field.map(|field| field.word())})
}

/// What a column of such a sheet may hold.
fn meanings(kind: Kind, req: &Req) -> Vec<Value> {
    let fields = kind.fields().iter();
    fields
        .map(|it| json!({"field": it.word(), "title": it.name_in(kind).get(req.lang)}))
        .collect()
}

/// What is to be done with an import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "act", rename_all = "snake_case")]
enum Act {
    /// Say what columns hold; the report is made anew.
    Mapping { columns: Vec<Chosen> },
    /// Import everything, or the good rows alone.
    Import {
        #[serde(default)]
        accept_good: bool,
    },
}

/// A column and what it holds; nothing for a column that is passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    sheet: usize,
    column: usize,
    field: Option<String>,
}

/// Saves a corrected mapping, or imports.
///
/// # Errors
/// Not found, refused, or the database cannot be written.
pub fn api_act(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (_, batch, known) = read_kept(app, req)?;
    let act: Act = serde_json::from_slice(&req.body).map_err(unreadable)?;
    let columns = match act {
        Act::Import { accept_good } => {
            let count = carry_out(app, user, (&batch, &known), accept_good)?;
            return Ok(created(
                &json!({"id": req.param("draft"), "commands": count}),
            ));
        }
        Act::Mapping { columns } => columns,
    };
    let mut chosen = Vec::new();
    for it in columns {
        let field = it.field.unwrap_or_default();
        if !field.is_empty() && dukou_intake::Field::from_word(&field).is_none() {
            let say = text!("没有 {field} 这个含义。", "There is no field {field}.");
            let finding = Finding::refused("import.field", say);
            return Err(Failure::BadRequest(finding.at("columns")));
        }
        chosen.push((format!("map.{}.{}", it.sheet, it.column), field));
    }
    save_mappings(app, user, &chosen, &batch)?;
    let (_, batch, _) = read_kept(app, req)?;
    Ok(created(&told(&batch, req.param("draft"), req)))
}
