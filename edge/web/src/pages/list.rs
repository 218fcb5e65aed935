//! What every list shares: the page it is at, the addresses of its neighbours,
//! saved views (视图), and the sheet for Excel.

use axum::http::StatusCode;
use dukou_kernel::{Date, Finding, PersonId};
use dukou_store::{Db, Fault, Value};
use rust_xlsxwriter::{Format, Workbook};
use serde::Deserialize;
use serde_json::json;

use crate::api;
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;
use crate::session::User;

/// A day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// The longest list that goes into one sheet.
pub const SHEET: i64 = 200_000;

/// A list that has views, by the word that stands in its table.
const LISTS: &[(&str, &str)] = &[
    ("work", "/"),
    ("cases", "/cases"),
    ("deals", "/deals"),
    ("money", "/money"),
    ("people", "/people"),
];

/// Where a list is at.
pub struct Paging {
    /// First row shown, from 1; 0 when there is none.
    pub from: i64,
    /// Last row shown.
    pub to: i64,
    /// Rows in all.
    pub total: i64,
    /// This page, from 1.
    pub page: i64,
    /// Pages in all.
    pub pages: i64,
    /// The page before; empty on the first.
    pub previous: String,
    /// The page after; empty on the last.
    pub next: String,
}

/// The page asked for, from 1.
fn asked(req: &Req) -> i64 {
    req.query("page").parse().unwrap_or(1).clamp(1, 100_000)
}

/// How many rows lie before the page asked for.
pub fn offset(req: &Req, size: i64) -> i64 {
    (asked(req) - 1) * size
}

/// Where the list is at, with `total` rows in pages of `size`.
pub fn paging(req: &Req, total: i64, size: i64) -> Paging {
    let (page, pages) = (asked(req), ((total + size - 1) / size).max(1));
    let at = |to: i64| match (1..=pages).contains(&to) {
        true => format!("{}?{}", req.path, query_with(req, "page", &to.to_string())),
        false => String::new(),
    };
    Paging {
        from: if total == 0 { 0 } else { offset(req, size) + 1 },
        to: (offset(req, size) + size).min(total),
        total,
        page,
        pages,
        previous: at(page - 1),
        next: at(page + 1),
    }
}

/// Where a list that goes back in time leads: it shows what came before a number.
pub struct Turns {
    /// The newest lines again; empty when they are shown.
    pub newest: String,
    /// What is older than the last line shown; empty at the end.
    pub older: String,
}

/// Where the list leads. `last` is the number of its last line when older ones are
/// left.
pub fn turns(req: &Req, last: Option<&str>) -> Turns {
    let before = |number: &str| format!("{}?{}", req.path, query_with(req, "before", number));
    Turns {
        newest: match req.query("before").is_empty() {
            true => String::new(),
            false => before(""),
        },
        older: last.map(before).unwrap_or_default(),
    }
}

/// The query of this page with one value changed; an empty one is left out.
pub fn query_with(req: &Req, key: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, old) in &req.query {
        let dropped = name == key || (key != "page" && name == "page") || old.is_empty();
        if !dropped {
            query.append_pair(name, old);
        }
    }
    if !value.is_empty() {
        query.append_pair(key, value);
    }
    query.finish()
}

/// The words looked for; nothing when none are given. `%` and `_` are no wildcards to
/// the one who types them.
pub fn wanted(req: &Req) -> Option<String> {
    let q = req.query("q").trim().to_lowercase().replace(['%', '_'], "");
    (!q.is_empty()).then_some(q)
}

/// The same as a pattern for `LIKE`.
pub fn like(req: &Req) -> Option<Value> {
    wanted(req).map(|q| text(format!("%{q}%")))
}

/// First millisecond of a day in Shanghai.
pub fn begins(day: &str) -> Option<i64> {
    let day: Date = day.parse().ok()?;
    Some(
        jiff::tz::offset(8)
            .to_timestamp(day.at(0, 0, 0, 0))
            .ok()?
            .as_millisecond(),
    )
}

/// People of this name, or the one of this id.
///
/// # Errors
/// When the database cannot be read.
pub fn people_named(db: &mut dyn Db, user: &User, name: &str) -> Result<Vec<String>, Fault> {
    if name.parse::<PersonId>().is_ok() {
        return Ok(vec![name.to_owned()]);
    }
    let rows = db.rows(
        "SELECT subject FROM sealed WHERE institution = $1 AND field = 'name' AND text = $2 ORDER BY subject LIMIT 20",
        &[text(user.institution), text(name)],
    )?;
    Ok(rows.iter().map(|row| row.text(0).to_owned()).collect())
}

/// One saved view.
pub struct View {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// True when the list shows it now.
    pub current: bool,
}

/// The saved views of a list, and what saving one now would keep.
pub struct Views {
    /// Which list.
    pub list: &'static str,
    /// Those saved before, by name.
    pub saved: Vec<View>,
    /// The query that stands now; empty when nothing narrows the list.
    pub query: String,
}

/// The views of a list that this reader saved.
///
/// # Errors
/// When the database cannot be read.
pub fn views(app: &App, req: &Req, user: &User, list: &'static str) -> Result<Views, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT name, query FROM saved_view WHERE institution = $1 AND person = $2 AND list = $3 ORDER BY name",
            &[text(user.institution), text(user.person), text(list)],
        )
    })?;
    let query = query_with(req, "page", "");
    let saved = rows.iter().map(|row| View {
        name: row.text(0).to_owned(),
        href: format!("{}?{}", req.path, row.text(1)),
        current: row.text(1) == query,
    });
    Ok(Views {
        list,
        saved: saved.collect(),
        query,
    })
}

/// Keeps the filters of a list under a name, or forgets them when the form's
/// button says so.
///
/// # Errors
/// No such list, or the database cannot be written.
pub fn save_view(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let known = LISTS.iter().find(|(list, _)| *list == req.field("list"));
    let (list, path) = known.ok_or(Failure::NotFound)?;
    let query = req.field("query");
    let back = Answer::see_other(&format!("{path}?{query}"));
    let forget = !req.field("forget").is_empty();
    let kept = (!forget).then_some(query);
    if !set_view(app, user, list, req.field("name"), kept)? {
        return Ok(back);
    }
    Ok(back.toast(if forget {
        req.t("视图已删除", "View removed")
    } else {
        req.t("视图已保存", "View saved")
    }))
}

/// Keeps a view under a name, or forgets it where there is no query; false when
/// the name is empty or the query too long.
fn set_view(
    app: &App,
    user: &User,
    list: &str,
    name: &str,
    query: Option<&str>,
) -> Result<bool, Failure> {
    let name: String = name.trim().chars().take(40).collect();
    if name.is_empty() || query.is_some_and(|it| it.len() >= 2000) {
        return Ok(false);
    }
    let mut params = vec![
        text(user.institution),
        text(user.person),
        text(list),
        text(&name),
    ];
    let query = query.map(str::to_owned);
    app.store.write(move |db| keep(db, &mut params, query))?;
    Ok(true)
}

/// The caller's saved views, by list and name.
///
/// # Errors
/// When the database cannot be read.
pub fn api_views(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT list, name, query FROM saved_view WHERE institution = $1 AND person = $2 ORDER BY list, name",
            &[text(user.institution), text(user.person)],
        )
    })?;
    let items: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| json!({"list": row.text(0), "name": row.text(1), "query": row.text(2)}))
        .collect();
    api::resource(req, &json!({"items": items, "next": null}))
}

/// The lists that views are kept of.
pub fn listed() -> Vec<&'static str> {
    LISTS.iter().map(|(list, _)| *list).collect()
}

/// A view as a program sends it; without a query it is forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    list: String,
    name: String,
    query: Option<String>,
}

/// Keeps a view, or forgets it.
///
/// # Errors
/// Unreadable, no such list, or the database cannot be written.
pub fn api_set_view(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let sent: Sent = serde_json::from_slice(&req.body).map_err(api::unreadable)?;
    let fits = sent.name.chars().count() <= 40;
    let known = fits && listed().contains(&sent.list.as_str());
    if !known || !set_view(app, user, &sent.list, &sent.name, sent.query.as_deref())? {
        let say = dukou_kernel::text!(
            "写明哪一张清单、不超过40字的名称，条件不超过2000字节。",
            "Say which list, a name of at most 40 letters, and a query under 2000 bytes."
        );
        return Err(Failure::BadRequest(Finding::refused(
            "view.unreadable",
            say,
        )));
    }
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&json!({"list": sent.list, "name": sent.name.trim(), "query": sent.query}))
    })
}

fn keep(db: &mut dyn Db, params: &mut Vec<Value>, query: Option<String>) -> Result<(), Fault> {
    db.exec(
        "DELETE FROM saved_view WHERE institution = $1 AND person = $2 AND list = $3 AND name = $4",
        params,
    )?;
    if let Some(query) = query {
        params.push(Value::Text(query));
        db.exec(
            "INSERT INTO saved_view (institution, person, list, name, query) VALUES ($1, $2, $3, $4, $5)",
            params,
        )?;
        params.pop();
    }
    Ok(())
}

/// A sheet with a bold head line, as a download.
///
/// # Errors
/// When the sheet cannot be written.
pub fn sheet(
    name: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<Answer, Failure> {
    let fault = |error: rust_xlsxwriter::XlsxError| Failure::Fault(error.to_string());
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name(name).map_err(fault)?;
    let bold = Format::new().set_bold();
    for (column, head) in (0u16..).zip(heads) {
        page.write_with_format(0, column, *head, &bold)
            .map_err(fault)?;
        page.set_column_width(column, if column == 1 { 42 } else { 16 })
            .map_err(fault)?;
    }
    for (line, row) in (1u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row) {
            page.write_string(line, column, cell).map_err(fault)?;
        }
    }
    page.set_freeze_panes(1, 0).map_err(fault)?;
    let bytes = book.save_to_buffer().map_err(fault)?;
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(Answer::download(media, &format!("{name}.xlsx"), bytes))
}
