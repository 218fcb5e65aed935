//! 计算器 — the rules of the office without a case; open to everybody.

use askama::Template;
use axum::http::StatusCode;
use dukou_calc::{Calculator, calculators, find, run_line};
use serde_json::Value;

use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// The longest question.
const LONGEST: usize = 1 << 20;

/// One calculator in the list.
pub struct Entry {
    /// Name in the address.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// What it does.
    pub summary: String,
}

#[derive(Template)]
#[template(path = "tools.html")]
struct Tools {
    p: Page,
    entries: Vec<Entry>,
}

/// One line of a table: a name and a value in words.
pub struct Line {
    /// How deep it lies, 0 to 6.
    pub depth: usize,
    /// Name.
    pub name: String,
    /// Value; empty for a heading.
    pub value: String,
}

/// One step of an answer.
pub struct Step {
    /// What was done.
    pub text: String,
    /// What came out.
    pub result: String,
    /// The article behind it.
    pub article: String,
}

#[derive(Template)]
#[template(path = "tool.html")]
struct Tool {
    p: Page,
    name: &'static str,
    title: String,
    summary: String,
    input: String,
    asked: bool,
    error: String,
    pointer: String,
    steps: Vec<Step>,
    findings: Vec<(String, String)>,
    lines: Vec<Line>,
    answer: String,
    schema: String,
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let entries = calculators().iter().map(|it| Entry {
        name: it.name,
        title: it.title().get(req.lang).to_owned(),
        summary: it.summary().get(req.lang).to_owned(),
    });
    Answer::html(&Tools {
        p: Page::new(app, req)?,
        entries: entries.collect(),
    })
}

fn named(req: &Req) -> Result<&'static Calculator, Failure> {
    find(req.param("name")).ok_or(Failure::NotFound)
}

/// One calculator with its example.
///
/// # Errors
/// When there is none of this name.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let calculator = named(req)?;
    let input = pretty(&(calculator.example)());
    Answer::html(&page(app, req, calculator, input)?)
}

/// Answers a question; as JSON where the caller asks for JSON.
///
/// # Errors
/// When there is none of this name.
pub fn run(app: &App, req: &Req) -> Result<Answer, Failure> {
    let calculator = named(req)?;
    let input = req.field("input");
    let end = input.floor_char_boundary(LONGEST);
    let short = input.get(..end).unwrap_or_default();
    let env = data::env(app, req)?;
    let (answer, good) = run_line(calculator, short, req.lang, &env);
    if req.wants_json {
        return Ok(Answer::json(&answer));
    }
    let mut page = page(app, req, calculator, input.to_owned())?;
    page.asked = true;
    page.answer = pretty(&answer);
    if good {
        page.steps = steps(answer.get("steps"), req);
        page.findings = findings(answer.get("findings"), req);
        lines(&mut page.lines, 0, &answer);
        Answer::html(&page)
    } else {
        let of = |key: &str| {
            let part = answer.get("error").and_then(|error| error.get(key));
            part.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        page.error = of("message");
        page.pointer = of("pointer");
        Answer::html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }
}

fn page(app: &App, req: &Req, calculator: &Calculator, input: String) -> Result<Tool, Failure> {
    Ok(Tool {
        p: Page::new(app, req)?,
        name: calculator.name,
        title: calculator.title().get(req.lang).to_owned(),
        summary: calculator.summary().get(req.lang).to_owned(),
        input,
        asked: false,
        error: String::new(),
        pointer: String::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        lines: Vec::new(),
        answer: String::new(),
        schema: pretty(&(calculator.schema)()),
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A value in a cell: texts bare, citations by their words, the rest as JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("; "),
        Value::Object(map) => {
            let words = ["message", "zh", "text"]
                .iter()
                .find_map(|key| map.get(*key)?.as_str());
            words.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    }
}

fn article(value: &Value, req: &Req) -> String {
    let Some(citation) = value.get("citation").filter(|it| it.is_object()) else {
        return String::new();
    };
    let of = |key: &str| {
        citation
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let words = req.t(of("zh"), of("en")).to_owned();
    if citation.get("verified") == Some(&Value::Bool(false)) {
        format!("{words}{}", req.t("（未核实）", " (unverified)"))
    } else {
        words
    }
}

/// The steps of an answer, in order.
fn steps(value: Option<&Value>, req: &Req) -> Vec<Step> {
    let Some(Value::Array(steps)) = value else {
        return Vec::new();
    };
    let of = |step: &Value, key: &str| step.get(key).map_or_else(String::new, cell);
    steps
        .iter()
        .map(|step| Step {
            text: of(step, "text"),
            result: of(step, "result"),
            article: article(step, req),
        })
        .collect()
}

fn findings(value: Option<&Value>, req: &Req) -> Vec<(String, String)> {
    let Some(Value::Array(items)) = value else {
        return Vec::new();
    };
    items
        .iter()
        .map(|it| (cell(it), article(it, req)))
        .collect()
}

/// The answer without steps and findings, a line per value.
fn lines(out: &mut Vec<Line>, depth: usize, value: &Value) {
    let Value::Object(map) = value else { return };
    let depth_shown = depth.min(6);
    for (key, part) in map {
        if depth == 0 && (key == "steps" || key == "findings") {
            continue;
        }
        match part {
            Value::Object(_) => {
                out.push(Line {
                    depth: depth_shown,
                    name: key.clone(),
                    value: String::new(),
                });
                lines(out, depth + 1, part);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (place, item) in items.iter().enumerate() {
                    let name = format!("{key} {}", place + 1);
                    out.push(Line {
                        depth: depth_shown,
                        name,
                        value: String::new(),
                    });
                    lines(out, depth + 1, item);
                }
            }
            other => {
                out.push(Line {
                    depth: depth_shown,
                    name: key.clone(),
                    value: cell(other),
                });
            }
        }
    }
}
