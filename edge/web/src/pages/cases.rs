//! 成果 — the list of cases: search, filter, sort, saved views, Excel.

use askama::Template;
use dukou_chain::people::Scope;
use dukou_chain::whole::{NO_DAY, Stop};
use dukou_kernel::{Lang, PersonId};
use dukou_store::{Db, Fault, Value};

use super::list::{self, Paging, SHEET, Views, like, query_with, sheet};
use crate::app::App;
use crate::authorise::{authorise, case_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::find::{Found, Listed};
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
    at: Paging,
    q: String,
    stop: String,
    sort: String,
    mine: bool,
    stops: Vec<(String, String)>,
    links: Links,
    views: Views,
    may_export: bool,
    may_disclose: bool,
}

struct Links {
    all: String,
    mine: String,
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

fn conditions(user: &User, scope: Scope, req: &Req, found: Option<&Found>) -> (String, Vec<Value>) {
    let mut params = vec![text(user.institution)];
    let (filter, values) = case_filter(scope, user, 2);
    params.extend(values);
    let mut sql = format!("c.institution = $1{filter}");
    let mut add = |sql: &mut String, clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if let Some(words) = like(req) {
        add(&mut sql, " AND c.words LIKE ?", words);
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
    if let Some(found) = found {
        found.narrow('c', &mut sql, &mut params);
    }
    (sql, params)
}

fn read(
    db: &mut dyn Db,
    app: &App,
    user: &User,
    scope: Scope,
    req: &Req,
    (limit, offset): (i64, i64),
) -> Result<(i64, Vec<Row>), Fault> {
    let found = app.finder.find(db, user.institution, Listed::Cases, req)?;
    let (clause, params) = conditions(user, scope, req, found.as_ref());
    let sql = format!("SELECT COUNT(*) FROM case_view c WHERE {clause}");
    let total = app.counts.count(db, user.institution, &sql, &params)?;
    let sql = format!(
        "SELECT c.id, c.number, c.title, c.stop, c.standing, c.right_number, c.next_due, c.manager, c.since, c.history \
         FROM {} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        Found::rows(found.as_ref(), "case_view", 'c', &clause),
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
    let offset = list::offset(req, PAGE);
    let (total, mut rows) = app
        .store
        .read(|db| read(db, app, user, scope, req, (PAGE, offset)))?;
    let today = app.store.today();
    for row in &mut rows {
        row.days = row
            .due
            .parse()
            .map_or(0, |day| super::days_left(day, today));
    }
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    Answer::html(&List {
        p: Page::new(app, req)?,
        at: list::paging(req, total, PAGE),
        rows,
        q: req.query("q").to_owned(),
        stop: req.query("stop").to_owned(),
        sort: req.query("sort").to_owned(),
        mine: req.query("whose") == "mine",
        stops: Stop::ALL
            .iter()
            .take(5)
            .map(|it| (it.code().to_owned(), it.label().get(req.lang).to_owned()))
            .collect(),
        links: links(req),
        views: list::views(app, req, user, "cases")?,
        may_export: may("export.lists"),
        may_disclose: may("disclosure.submit"),
    })
}

fn links(req: &Req) -> Links {
    let sorted = |by: &str| format!("/cases?{}", query_with(req, "sort", by));
    Links {
        all: format!("/cases?{}", query_with(req, "whose", "")),
        mine: format!("/cases?{}", query_with(req, "whose", "mine")),
        by_number: sorted(""),
        by_title: sorted("title"),
        by_due: sorted("due"),
        excel: format!("/cases.xlsx?{}", query_with(req, "page", "")),
    }
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
        .read(|db| read(db, app, user, scope, req, (SHEET, 0)))?;
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
