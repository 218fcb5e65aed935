//! 成果 — the list of cases: search, filter, sort, saved views, Excel.

use askama::Template;
use dukou_chain::people::Scope;
use dukou_chain::whole::{NO_DAY, Stop};
use dukou_kernel::{Lang, PersonId};
use dukou_store::{Db, Fault, Value};
use rust_xlsxwriter::{Format, Workbook};

use crate::app::{App, Counts};
use crate::authorise::{authorise, case_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const PAGE: i64 = 25;

/// One row.
pub struct Row {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// Title.
    pub title: String,
    /// Word for where it stands.
    pub stop: String,
    /// Tone of the badge.
    pub tone: &'static str,
    /// Right's number.
    pub right: String,
    /// Next due day.
    pub due: String,
    /// Days left.
    pub days: i64,
    /// Manager.
    pub manager: String,
    /// Since when it stands there.
    pub since: String,
    /// Imported.
    pub history: bool,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    total: i64,
    from: i64,
    to: i64,
    page: i64,
    pages: i64,
    q: String,
    stop: String,
    sort: String,
    mine: bool,
    stops: Vec<(String, String)>,
    links: Links,
    views: Vec<(String, String)>,
    view_query: String,
    may_export: bool,
    may_disclose: bool,
}

struct Links {
    all: String,
    mine: String,
    previous: String,
    next: String,
    by_number: String,
    by_title: String,
    by_due: String,
    excel: String,
}

/// The columns a list may be sorted by.
fn order(sort: &str) -> &'static str {
    match sort {
        "title" => "c.title",
        "due" => "c.next_due, c.number",
        "since" => "c.since DESC, c.number DESC",
        _ => "c.number DESC",
    }
}

fn conditions(user: &User, scope: Scope, req: &Req) -> (String, Vec<Value>) {
    let mut params = vec![text(user.institution)];
    let (filter, values) = case_filter(scope, user, 2);
    params.extend(values);
    let mut sql = format!("c.institution = $1{filter}");
    let mut add = |sql: &mut String, clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    let q = req.query("q").trim().to_lowercase();
    if !q.is_empty() {
        add(&mut sql, " AND c.words LIKE ?", text(format!("%{q}%")));
    }
    if Stop::parse(req.query("stop")).is_some() {
        add(&mut sql, " AND c.stop = ?", text(req.query("stop")));
    }
    match req.query("standing") {
        "ended" => sql.push_str(" AND c.ended = 1"),
        "history" => sql.push_str(" AND c.history = 1"),
        _ => {}
    }
    if req.query("whose") == "mine" {
        add(&mut sql, " AND c.manager = ?", text(user.person));
    }
    (sql, params)
}

fn read(
    db: &mut dyn Db,
    counts: &Counts,
    user: &User,
    scope: Scope,
    req: &Req,
    (limit, offset): (i64, i64),
) -> Result<(i64, Vec<Row>), Fault> {
    let (clause, params) = conditions(user, scope, req);
    let sql = format!("SELECT COUNT(*) FROM case_view c WHERE {clause}");
    let total = counts.count(db, user.institution, &sql, &params)?;
    let sql = format!(
        "SELECT c.id, c.number, c.title, c.stop, c.standing, c.right_number, c.next_due, c.manager, c.since, c.history \
         FROM case_view c WHERE {clause} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        order(req.query("sort"))
    );
    let found = db.rows(&sql, &params)?;
    let people = found
        .iter()
        .filter_map(|row| row.text(7).parse::<PersonId>().ok());
    let names = data::names(db, user.institution, people.collect::<Vec<_>>())?;
    let rows = found
        .iter()
        .map(|row| {
            let (stop, tone) = standing(row.text(3), row.text(4), req.lang);
            Row {
                id: row.text(0).to_owned(),
                number: row.text(1).to_owned(),
                title: row.text(2).to_owned(),
                stop,
                tone,
                right: row.text(5).to_owned(),
                due: Some(row.text(6))
                    .filter(|it| *it != NO_DAY)
                    .unwrap_or_default()
                    .to_owned(),
                days: 0,
                manager: row
                    .text(7)
                    .parse()
                    .ok()
                    .and_then(|id: PersonId| names.get(&id).cloned())
                    .unwrap_or_default(),
                since: row.text(8).to_owned(),
                history: row.int(9) != 0,
            }
        })
        .collect();
    Ok((total, rows))
}

/// The badge of a case: word and tone.
pub fn standing(stop: &str, standing: &str, lang: Lang) -> (String, &'static str) {
    let label = Stop::parse(stop).map_or_else(String::new, |it| it.label().get(lang).to_owned());
    match standing {
        "ended" => (lang.pick("已终结", "Ended").to_owned(), "grey"),
        "declined" => (lang.pick("不予受理", "Declined").to_owned(), "seal"),
        "returned" => (lang.pick("待补充", "Returned").to_owned(), "ochre"),
        "submitted" => (lang.pick("待受理", "Awaiting answer").to_owned(), "ochre"),
        _ => (label, "water"),
    }
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    let page: i64 = req.query("page").parse().unwrap_or(1).clamp(1, 100_000);
    let offset = (page - 1) * PAGE;
    let (total, mut rows) = app
        .store
        .read(|db| read(db, &app.counts, user, scope, req, (PAGE, offset)))?;
    let today = app.store.today();
    for row in &mut rows {
        row.days = row
            .due
            .parse()
            .map_or(0, |day| super::days_left(day, today));
    }
    let views = app.store.read(|db| saved_views(db, user))?;
    let pages = (total + PAGE - 1) / PAGE;
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    Answer::html(&List {
        p: Page::new(app, req)?,
        from: if total == 0 { 0 } else { offset + 1 },
        to: (offset + PAGE).min(total),
        rows,
        total,
        page,
        pages,
        q: req.query("q").to_owned(),
        stop: req.query("stop").to_owned(),
        sort: req.query("sort").to_owned(),
        mine: req.query("whose") == "mine",
        stops: Stop::ALL
            .iter()
            .take(5)
            .map(|it| (it.code().to_owned(), it.label().get(req.lang).to_owned()))
            .collect(),
        links: links(req, page, pages),
        views,
        view_query: query_with(req, "page", ""),
        may_export: may("export.lists"),
        may_disclose: may("disclosure.submit"),
    })
}

fn links(req: &Req, page: i64, pages: i64) -> Links {
    let sorted = |by: &str| format!("/cases?{}", query_with(req, "sort", by));
    let at = |to: i64| format!("/cases?{}", query_with(req, "page", &to.to_string()));
    Links {
        all: format!("/cases?{}", query_with(req, "whose", "")),
        mine: format!("/cases?{}", query_with(req, "whose", "mine")),
        previous: if page > 1 {
            at(page - 1)
        } else {
            String::new()
        },
        next: if page < pages {
            at(page + 1)
        } else {
            String::new()
        },
        by_number: sorted(""),
        by_title: sorted("title"),
        by_due: sorted("due"),
        excel: format!("/cases.xlsx?{}", query_with(req, "page", "")),
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

fn saved_views(db: &mut dyn Db, user: &User) -> Result<Vec<(String, String)>, Fault> {
    let rows = db.rows(
        "SELECT name, query FROM saved_view WHERE institution = $1 AND person = $2 AND list = 'cases' ORDER BY name",
        &[text(user.institution), text(user.person)],
    )?;
    Ok(rows
        .iter()
        .map(|row| (row.text(0).to_owned(), row.text(1).to_owned()))
        .collect())
}

/// Keeps the filters of a list under a name; an empty name is refused by the form.
///
/// # Errors
/// When the database cannot be written.
pub fn save_view(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let name: String = req.field("name").trim().chars().take(40).collect();
    let list = if req.field("list") == "deals" {
        "deals"
    } else {
        "cases"
    };
    let query = req.field("query").to_owned();
    if !name.is_empty() && query.len() < 2000 {
        let params = [
            text(user.institution),
            text(user.person),
            text(list),
            text(&name),
            text(&query),
        ];
        app.store.write(move |db| {
            db.exec(
                "DELETE FROM saved_view WHERE institution = $1 AND person = $2 AND list = $3 AND name = $4",
                params.get(..4).unwrap_or_default(),
            )?;
            db.exec(
                "INSERT INTO saved_view (institution, person, list, name, query) VALUES ($1, $2, $3, $4, $5)",
                &params,
            )?;
            Ok(())
        })?;
    }
    Ok(Answer::see_other(&format!(
        "/{list}?{}",
        req.field("query")
    )))
}

/// The list as Excel, with the same filters.
///
/// # Errors
/// When the database cannot be read or the sheet cannot be written.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    let (_, rows) = app
        .store
        .read(|db| read(db, &app.counts, user, scope, req, (200_000, 0)))?;
    let heads = [
        req.t("编号", "Number"),
        req.t("成果", "Result"),
        req.t("环节", "Stage"),
        req.t("权利号", "Right"),
        req.t("自", "Since"),
        req.t("下一期限", "Next due"),
        req.t("经办人", "Manager"),
    ];
    let cells = rows.iter().map(|row| {
        vec![
            row.number.clone(),
            row.title.clone(),
            row.stop.clone(),
            row.right.clone(),
            row.since.clone(),
            row.due.clone(),
            row.manager.clone(),
        ]
    });
    sheet(req.t("成果", "Cases"), &heads, cells)
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
