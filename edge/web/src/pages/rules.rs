//! 规则 — every parameter and check-list of the institution's rulebook with its
//! dated values and their proof, and the years of the working-day calendar.

use askama::Template;
use dukou_kernel::{Citation, Lang, Money, Severity};
use dukou_rules::{
    Checklist, DatedValue, Mark, Origin, Parameter, READ, Row, Rulebook, Unit, Value,
};
use serde::Serialize;

use super::settings::{YearRow, years};
use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// What a reader needs to check a value or a condition.
#[derive(Serialize)]
pub struct Proof {
    /// The document.
    pub document: String,
    /// The article.
    pub article: String,
    /// Where to read it; only http addresses.
    pub url: String,
    /// The words of the article.
    pub quote: String,
    /// Why there are none.
    pub quote_missing: String,
    /// What is uncertain.
    pub note: String,
    /// `V`, `V~` or `K`.
    pub mark: &'static str,
    /// True when somebody confirmed it.
    pub verified: bool,
    /// When it was last confirmed.
    pub checked: String,
    /// File and line in which it stands.
    pub origin: String,
}

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

/// A tab: the rules of one region.
pub struct Tab {
    /// Code; empty for all.
    pub code: String,
    /// Name.
    pub name: String,
    /// True for the one that is shown.
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    p: Page,
    rows: Vec<ParameterRow>,
    lists: Vec<ListRow>,
    tabs: Vec<Tab>,
    total: usize,
    list_total: usize,
    unverified: usize,
    unread: usize,
    q: String,
    region: String,
    mark: &'static str,
    fault: String,
    years: Vec<YearRow>,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let book = institution.rulebook();
    let (mut rows, mut lists) = (parameters(book, req), checklists(book, req));
    let (total, list_total) = (rows.len(), lists.len());
    let doubtful = |it: &Proof| !it.verified;
    let unverified = rows
        .iter()
        .filter(|row| row.values.iter().any(|it| doubtful(&it.proof)))
        .count();
    let unread = rows.iter().filter(|row| !row.read).count();
    let q = req.query("q").trim().to_lowercase();
    let mark = match req.query("mark") {
        "unverified" => "unverified",
        "unread" => "unread",
        _ => "",
    };
    let region = book
        .region(req.query("region"))
        .map_or_else(String::new, |it| it.code.clone());
    for row in &mut rows {
        row.values
            .retain(|it| region.is_empty() || it.code == region);
    }
    for list in &mut lists {
        list.rows
            .retain(|it| region.is_empty() || it.code == region);
    }
    rows.retain(|row| {
        let marked = match mark {
            "unverified" => row.values.iter().any(|it| doubtful(&it.proof)),
            "unread" => !row.read,
            _ => true,
        };
        marked && !row.values.is_empty() && matches(row, &q)
    });
    lists.retain(|list| {
        let marked = match mark {
            "unverified" => list.rows.iter().any(|it| doubtful(&it.proof)),
            "unread" => !list.read,
            _ => true,
        };
        marked && !list.rows.is_empty() && list_matches(list, &q)
    });
    Answer::html(&RulesPage {
        p: Page::new(app, req)?,
        rows,
        lists,
        tabs: tabs(book, req, &region),
        total,
        list_total,
        unverified,
        unread,
        q: req.query("q").to_owned(),
        region,
        mark,
        fault: institution.law().fault().map_or_else(String::new, |it| {
            format!("{}:{} {}", it.file, it.line, it.message.get(req.lang))
        }),
        years: years(&institution),
    })
}

fn tabs(book: &Rulebook, req: &Req, chosen: &str) -> Vec<Tab> {
    let all = Tab {
        code: String::new(),
        name: req.t("全部地区", "All regions").to_owned(),
        chosen: chosen.is_empty(),
    };
    let own = book.regions().map(|it| Tab {
        code: it.code.clone(),
        name: it.name.get(req.lang).to_owned(),
        chosen: it.code == chosen,
    });
    std::iter::once(all).chain(own).collect()
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

fn proved(it: &Proof, q: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(q);
    has(&it.article) || has(&it.document) || has(&it.quote)
}

fn matches(row: &ParameterRow, q: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(q);
    q.is_empty()
        || has(&row.id)
        || has(&row.meaning)
        || row
            .values
            .iter()
            .any(|it| has(&it.value) || proved(&it.proof, q))
}

fn list_matches(list: &ListRow, q: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(q);
    q.is_empty()
        || has(&list.id)
        || has(&list.meaning)
        || list
            .rows
            .iter()
            .any(|it| has(&it.words) || proved(&it.proof, q))
}

fn row(book: &Rulebook, parameter: &Parameter, req: &Req) -> ParameterRow {
    let mut values: Vec<&DatedValue> = parameter.values.iter().collect();
    values.sort_by(|a, b| {
        a.jurisdiction
            .cmp(&b.jurisdiction)
            .then(b.from.cmp(&a.from))
    });
    let value = |it: &DatedValue| ValueRow {
        region: region_name(book, &it.jurisdiction, req.lang),
        code: it.jurisdiction.clone(),
        from: it.from.to_string(),
        until: it.until.map_or_else(String::new, |day| day.to_string()),
        value: words(&it.value, parameter.unit, req.lang),
        proof: proof(
            book,
            req,
            &it.citation,
            Words {
                url: it.url.as_deref(),
                quote: it.quote.as_deref(),
                quote_missing: it.quote_missing.as_deref(),
                note: it.note.as_deref(),
            },
            (it.mark, it.checked, &it.origin),
        ),
    };
    ParameterRow {
        id: parameter.id.clone(),
        meaning: parameter.meaning.get(req.lang).to_owned(),
        read: READ.contains(&parameter.id.as_str()),
        least: parameter.least,
        values: values.into_iter().map(value).collect(),
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
    let joined = |list: &[String]| list.join(req.t("、", ", "));
    let mut detail = Vec::new();
    if !it.modes.is_empty() {
        detail.push(format!(
            "{}{}",
            req.t("方式：", "ways: "),
            joined(&it.modes)
        ));
    }
    if !it.kinds.is_empty() {
        detail.push(format!(
            "{}{}",
            req.t("种类：", "kinds: "),
            joined(&it.kinds)
        ));
    }
    detail.extend(
        it.cells
            .iter()
            .map(|(name, word)| format!("{name} = {word}")),
    );
    ConditionRow {
        key: it.key.clone(),
        region: region_name(book, &it.jurisdiction, req.lang),
        code: it.jurisdiction.clone(),
        words: it.words.get(req.lang).to_owned(),
        from: it.from.to_string(),
        until: it.until.map_or_else(String::new, |day| day.to_string()),
        weight: match it.severity {
            Severity::Refused => req.lang.pick("缺少即不成立", "needed"),
            Severity::Warning => req.lang.pick("缺少则提示", "warned of"),
            Severity::Info => req.lang.pick("供参考", "for information"),
        },
        detail: detail.join(req.t("；", "; ")),
        proof: proof(
            book,
            req,
            &it.citation,
            Words {
                url: it.url.as_deref(),
                quote: it.quote.as_deref(),
                quote_missing: it.quote_missing.as_deref(),
                note: it.note.as_deref(),
            },
            (it.mark, it.checked, &it.origin),
        ),
    }
}

struct Words<'a> {
    url: Option<&'a str>,
    quote: Option<&'a str>,
    quote_missing: Option<&'a str>,
    note: Option<&'a str>,
}

fn proof(
    book: &Rulebook,
    req: &Req,
    citation: &Citation,
    said: Words<'_>,
    (mark, checked, origin): (Mark, dukou_kernel::Date, &Origin),
) -> Proof {
    let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let document = book
        .entry(&citation.id)
        .and_then(|it| book.document(&it.document));
    let url = said
        .url
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    Proof {
        document: document.map_or_else(String::new, |it| it.title.get(req.lang).to_owned()),
        article: citation.get(req.lang).to_owned(),
        url: own(url),
        quote: own(said.quote),
        quote_missing: own(said.quote_missing),
        note: own(said.note),
        mark: match mark {
            Mark::V => "V",
            Mark::VNear => "V~",
            Mark::K => "K",
        },
        verified: mark.is_verified(),
        checked: checked.to_string(),
        origin: origin.to_string(),
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
        Value::Text(text) => text.clone(),
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
