//! 规则 — every parameter of the rulebook with its dated values and articles,
//! and the years of the working-day calendar.

use askama::Template;
use dukou_kernel::{Lang, Money};
use dukou_rules::{DatedValue, Parameter, Rulebook, Unit, Value};
use serde::Serialize;

use super::settings::{YearRow, years};
use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// One dated value.
#[derive(Serialize)]
pub struct ValueRow {
    /// Region.
    pub region: String,
    /// First and last day.
    pub from: String,
    /// Last day, where it ended.
    pub until: String,
    /// The value in words.
    pub value: String,
    /// The article.
    pub article: String,
    /// Where to read it; only http addresses.
    pub url: String,
    /// The words of the article.
    pub quote: String,
    /// What is uncertain.
    pub note: String,
    /// True when somebody confirmed it.
    pub verified: bool,
    /// When it was last confirmed.
    pub checked: String,
}

/// One parameter.
#[derive(Serialize)]
pub struct ParameterRow {
    /// Id.
    pub id: String,
    /// What it says.
    pub meaning: String,
    /// Its values, newest first.
    pub values: Vec<ValueRow>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    p: Page,
    rows: Vec<ParameterRow>,
    total: usize,
    unverified: usize,
    q: String,
    only_unverified: bool,
    years: Vec<YearRow>,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let all = parameters(req);
    let doubtful = |row: &ParameterRow| row.values.iter().any(|it| !it.verified);
    let q = req.query("q").trim().to_lowercase();
    let only_unverified = req.query("mark") == "unverified";
    let total = all.len();
    let unverified = all.iter().filter(|row| doubtful(row)).count();
    let rows = all
        .into_iter()
        .filter(|row| (!only_unverified || doubtful(row)) && matches(row, &q))
        .collect();
    Answer::html(&RulesPage {
        p: Page::new(app, req)?,
        rows,
        total,
        unverified,
        q: req.query("q").to_owned(),
        only_unverified,
        years: years(&institution),
    })
}

fn parameters(req: &Req) -> Vec<ParameterRow> {
    let book = Rulebook::builtin();
    book.parameters().map(|it| row(it, req)).collect()
}

/// The same for programs.
///
/// # Errors
/// None.
pub fn api_list(_: &App, req: &Req) -> Result<Answer, Failure> {
    let items = parameters(req);
    crate::api::resource(req, &serde_json::json!({"items": items, "next": null}))
}

fn matches(row: &ParameterRow, q: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(q);
    q.is_empty()
        || has(&row.id)
        || has(&row.meaning)
        || row
            .values
            .iter()
            .any(|it| has(&it.article) || has(&it.value) || has(&it.quote))
}

fn row(parameter: &Parameter, req: &Req) -> ParameterRow {
    let mut values: Vec<&DatedValue> = parameter.values.iter().collect();
    values.sort_by(|a, b| {
        a.jurisdiction
            .cmp(&b.jurisdiction)
            .then(b.from.cmp(&a.from))
    });
    ParameterRow {
        id: parameter.id.clone(),
        meaning: parameter.meaning.get(req.lang).to_owned(),
        values: values
            .into_iter()
            .map(|it| value_row(it, parameter.unit, req))
            .collect(),
    }
}

fn value_row(it: &DatedValue, unit: Unit, req: &Req) -> ValueRow {
    let url = it
        .url
        .clone()
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    ValueRow {
        region: region(&it.jurisdiction, req).to_owned(),
        from: it.from.to_string(),
        until: it.until.map_or_else(String::new, |day| day.to_string()),
        value: words(&it.value, unit, req.lang),
        article: it.citation.get(req.lang).to_owned(),
        url: url.unwrap_or_default(),
        quote: it.quote.clone().unwrap_or_default(),
        note: it.note.clone().unwrap_or_default(),
        verified: it.mark.is_verified(),
        checked: it.checked.to_string(),
    }
}

fn region<'a>(code: &'a str, req: &Req) -> &'a str {
    match (code, req.lang) {
        ("CN", Lang::Zh) => "国家",
        ("CN", Lang::En) => "National",
        ("CN-BJ", Lang::Zh) => "北京",
        ("CN-BJ", Lang::En) => "Beijing",
        ("CN-SH", Lang::Zh) => "上海",
        ("CN-SH", Lang::En) => "Shanghai",
        ("CN-ZJ", Lang::Zh) => "浙江",
        ("CN-ZJ", Lang::En) => "Zhejiang",
        ("CN-SD", Lang::Zh) => "山东",
        ("CN-SD", Lang::En) => "Shandong",
        (other, _) => other,
    }
}

/// A value in words: `50%`, `15日`, `5,000,000.00元`.
fn words(value: &Value, unit: Unit, lang: Lang) -> String {
    let yuan = |amount: &Money| format!("{amount}{}", lang.pick("元", " yuan"));
    match value {
        Value::Share(share) => share.to_percent_text(),
        Value::Count(count) => format!("{count}{}", measure(unit, lang)),
        Value::Money(amount) => yuan(amount),
        Value::MonthDay { month, day } => format!("{month:02}-{day:02}"),
        Value::Flag(flag) => if *flag {
            lang.pick("是", "yes")
        } else {
            lang.pick("否", "no")
        }
        .to_owned(),
        Value::Text(text) => text.clone(),
        Value::Brackets(rows) => {
            let rows = rows.iter().map(|it| {
                let upto = it.up_to.as_ref().map_or_else(
                    || lang.pick("以上", "above").to_owned(),
                    |amount| format!("≤ {}", yuan(amount)),
                );
                format!("{upto}: {} − {}", it.rate.to_percent_text(), it.quick)
            });
            rows.collect::<Vec<_>>().join("; ")
        }
    }
}

fn measure(unit: Unit, lang: Lang) -> &'static str {
    match unit {
        Unit::NaturalDays => lang.pick("日", " days"),
        Unit::WorkingDays => lang.pick("个工作日", " working days"),
        Unit::Months => lang.pick("个月", " months"),
        Unit::Years => lang.pick("年", " years"),
        Unit::DayOfMonth => lang.pick("日（每月）", " (day of the month)"),
        _ => "",
    }
}
