//! 规则 — the institution's rulebook: [`index`] shows what holds today, by subject;
//! [`rule`] one parameter or check-list with all its dated values and their proof; for
//! programs, everything at once.

mod index;
mod proof;
mod rule;

use dukou_kernel::{Lang, Money, Severity};
use dukou_rules::{Checklist, DatedValue, Parameter, READ, Row, Rulebook, Unit, Value};
use serde::Serialize;

pub use index::show;
pub use proof::Proof;
pub use rule::show as show_rule;

use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;

/// One dated value.
#[derive(Serialize)]
pub struct ValueRow {
    /// Region in words.
    pub region: String,
    /// Region's code.
    pub code: String,
    /// First and last day.
    pub from: String,
    /// Last day, where it ended.
    pub until: String,
    /// The value in words.
    pub value: String,
    /// What proves it.
    #[serde(flatten)]
    pub proof: Proof,
}

/// One parameter.
#[derive(Serialize)]
pub struct ParameterRow {
    /// Id.
    pub id: String,
    /// What it says.
    pub meaning: String,
    /// False when nothing applies it yet.
    pub read: bool,
    /// True for a statutory minimum.
    pub least: bool,
    /// Its values, newest first.
    pub values: Vec<ValueRow>,
}

/// One condition of a check-list.
#[derive(Serialize)]
pub struct ConditionRow {
    /// Its name in the list.
    pub key: String,
    /// Region in words.
    pub region: String,
    /// Region's code.
    pub code: String,
    /// The condition.
    pub words: String,
    /// First day.
    pub from: String,
    /// Last day, where it ended.
    pub until: String,
    /// What it means when it is missing.
    pub weight: &'static str,
    /// Kinds, ways and cells, where the row has any.
    pub detail: String,
    /// What proves it.
    #[serde(flatten)]
    pub proof: Proof,
}

/// One check-list.
#[derive(Serialize)]
pub struct ListRow {
    /// Id.
    pub id: String,
    /// What it decides.
    pub meaning: String,
    /// False when nothing applies it yet.
    pub read: bool,
    /// Its conditions.
    pub rows: Vec<ConditionRow>,
}

fn parameters(book: &Rulebook, req: &Req) -> Vec<ParameterRow> {
    book.parameters().map(|it| row(book, it, req)).collect()
}

/// The same for programs.
///
/// # Errors
/// When the database cannot be read.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let book = institution.rulebook();
    let (items, lists) = (parameters(book, req), checklists(book, req));
    crate::api::resource(
        req,
        &serde_json::json!({"items": items, "checklists": lists, "next": null}),
    )
}

fn row(book: &Rulebook, parameter: &Parameter, req: &Req) -> ParameterRow {
    let mut values: Vec<&DatedValue> = parameter.values.iter().collect();
    values.sort_by(|a, b| {
        a.jurisdiction
            .cmp(&b.jurisdiction)
            .then(b.from.cmp(&a.from))
    });
    ParameterRow {
        id: parameter.id.clone(),
        meaning: parameter.meaning.get(req.lang).to_owned(),
        read: READ.contains(&parameter.id.as_str()),
        least: parameter.least,
        values: values
            .into_iter()
            .map(|it| value_row(book, parameter, it, req))
            .collect(),
    }
}

fn value_row(book: &Rulebook, parameter: &Parameter, it: &DatedValue, req: &Req) -> ValueRow {
    ValueRow {
        region: region_name(book, &it.jurisdiction, req.lang),
        code: it.jurisdiction.clone(),
        from: it.from.to_string(),
        until: it.until.map_or_else(String::new, |day| day.to_string()),
        value: words(&it.value, parameter.unit, req.lang),
        proof: Proof::of_value(book, req, it),
    }
}

fn checklists(book: &Rulebook, req: &Req) -> Vec<ListRow> {
    let list = |it: &Checklist| ListRow {
        id: it.id.clone(),
        meaning: it.meaning.get(req.lang).to_owned(),
        read: READ.contains(&it.id.as_str()),
        rows: it
            .rows
            .iter()
            .map(|row| condition(book, req, row))
            .collect(),
    };
    book.checklists().map(list).collect()
}

fn condition(book: &Rulebook, req: &Req, it: &Row) -> ConditionRow {
    let named = |codes: &[String]| {
        let mut names: Vec<String> = Vec::new();
        for code in codes {
            let name = dukou_rules::code_words(code).get(req.lang).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(req.t("、", ", "))
    };
    let mut detail = Vec::new();
    if !it.modes.is_empty() {
        detail.push(format!("{}{}", req.t("方式：", "ways: "), named(&it.modes)));
    }
    if !it.kinds.is_empty() {
        detail.push(format!(
            "{}{}",
            req.t("种类：", "kinds: "),
            named(&it.kinds)
        ));
    }
    detail.extend(it.cells.iter().map(|(name, word)| {
        let words = dukou_rules::cell_words(name, word);
        words.get(req.lang).to_owned()
    }));
    ConditionRow {
        key: it.key.clone(),
        region: region_name(book, &it.jurisdiction, req.lang),
        code: it.jurisdiction.clone(),
        words: it.words.get(req.lang).to_owned(),
        from: it.from.to_string(),
        until: it.until.map_or_else(String::new, |day| day.to_string()),
        // The rows of a small table are no conditions.
        weight: if it.cells.is_empty() {
            weight(it, req)
        } else {
            ""
        },
        detail: detail.join(req.t("；", "; ")),
        proof: Proof::of_row(book, req, it),
    }
}

/// A region's name in the reader's language; its code where the book has none.
pub(super) fn region_name(book: &Rulebook, code: &str, lang: Lang) -> String {
    book.region(code)
        .map_or_else(|| code.to_owned(), |it| it.name.get(lang).to_owned())
}

/// A value in words: `50%`, `15日`, `5,000,000.00元`.
pub(super) fn words(value: &Value, unit: Unit, lang: Lang) -> String {
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
        Value::Text(text) => dukou_rules::code_words(text).get(lang).to_owned(),
        Value::Brackets(rows) => {
            let rows = rows.iter().map(|it| {
                let upto = it.up_to.as_ref().map_or_else(
                    || lang.pick("以上", "above").to_owned(),
                    |amount| format!("≤ {}", yuan(amount)),
                );
                format!("{upto}: {} − {}", it.rate.to_percent_text(), it.quick)
            });
            rows.collect::<Vec<_>>().join("\n")
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

/// What the lack of a condition means.
fn weight(it: &Row, req: &Req) -> &'static str {
    match it.severity {
        Severity::Refused => req.lang.pick("缺少即不成立", "Needed"),
        Severity::Warning => req.lang.pick("缺少则提示", "Warned of"),
        Severity::Info => req.lang.pick("供参考", "For information"),
    }
}
