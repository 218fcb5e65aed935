//! 项目合同 — the list of deals and contracts.

use askama::Template;
use dukou_chain::people::Scope;
use dukou_chain::terms::Mode;
use dukou_chain::whole::Stop;
use dukou_kernel::{Lang, Money};
use dukou_store::{Db, Fault, Value};

use super::list::{self, Paging, SHEET, Views, like, query_with, sheet};
use crate::app::App;
use crate::authorise::{authorise, covers_case, deal_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::find::{Found, Listed};
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const PAGE: i64 = 25;

/// One row.
pub struct Row {
    /// Where it stands.
    pub href: String,
    /// Number.
    pub number: String,
    /// Contract number.
    pub contract_no: String,
    /// Mode.
    pub mode: String,
    /// Other side.
    pub party: String,
    /// Price.
    pub price: Money,
    /// Received, for whoever may read it.
    pub received: Option<Money>,
    /// Stop.
    pub stop: String,
    /// Tone.
    pub tone: &'static str,
    /// Signed.
    pub signed: String,
    /// Imported.
    pub history: bool,
}

#[derive(Template)]
#[template(path = "deals.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    at: Paging,
    sum: Money,
    q: String,
    stop: String,
    mode: String,
    sort: String,
    stops: Vec<(String, String)>,
    modes: Vec<(String, String)>,
    views: Views,
    excel: String,
    may_export: bool,
}

fn conditions(user: &User, scope: Scope, req: &Req, found: Option<&Found>) -> (String, Vec<Value>) {
    let mut params = vec![text(user.institution)];
    let (filter, values) = deal_filter(scope, user, "v.id", 2);
    params.extend(values);
    let mut sql = format!("v.institution = $1{filter}");
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if let Some(words) = like(req) {
        add(" AND v.words LIKE ?", words);
    }
    if Stop::parse(req.query("stop")).is_some() {
        add(" AND v.stop = ?", text(req.query("stop")));
    }
    if Mode::parse(req.query("mode")).is_some() {
        add(" AND v.mode = ?", text(req.query("mode")));
    }
    if let Some(found) = found {
        found.narrow('v', &mut sql, &mut params);
    }
    (sql, params)
}

fn read(
    db: &mut dyn Db,
    app: &App,
    user: &User,
    (scope, money): (Scope, Scope),
    req: &Req,
    (limit, offset): (i64, i64),
) -> Result<(i64, Money, Vec<Row>), Fault> {
    let found = app.finder.find(db, user.institution, Listed::Deals, req)?;
    let (clause, mut params) = conditions(user, scope, req, found.as_ref());
    let mut count = |what: &str| {
        let sql = format!("SELECT {what} FROM deal_view v WHERE {clause}");
        app.counts.count(db, user.institution, &sql, &params)
    };
    let total = count("COUNT(*)")?;
    let sum = count("CAST(COALESCE(SUM(v.price_minor), 0) AS BIGINT)")?;
    let order = match req.query("sort") {
        "price" => "COALESCE(v.price_minor, 0) DESC",
        "signed" => "COALESCE(v.signed, '') DESC",
        _ => "v.number DESC",
    };
    let (seen, values) = deal_filter(money, user, "v.id", params.len() + 1);
    params.extend(values);
    let sql = format!(
        "SELECT v.id, v.number, v.contract_no, v.mode, v.party, v.price_minor, CASE WHEN 1 = 1{seen} THEN v.received_minor END, v.stop, v.signed, v.history, v.ended, \
         (SELECT d.case_id FROM deal_case d WHERE d.institution = v.institution AND d.deal = v.id ORDER BY d.place LIMIT 1) \
         FROM {} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
        Found::rows(found.as_ref(), "deal_view", 'v', &clause)
    );
    let rows = db
        .rows(&sql, &params)?
        .iter()
        .map(|row| {
            let label = |it: Option<dukou_kernel::Text>| {
                it.map_or_else(String::new, |text| text.get(req.lang).to_owned())
            };
            let ended = row.int(10) != 0;
            Row {
                href: format!("/cases/{}?deal={}", row.text(11), row.text(0)),
                number: row.text(1).to_owned(),
                contract_no: row.text(2).to_owned(),
                mode: label(Mode::parse(row.text(3)).map(Mode::label)),
                party: row.text(4).to_owned(),
                price: Money::from_fen(row.int(5)),
                received: (!row.is_null(6)).then(|| Money::from_fen(row.int(6))),
                stop: if ended {
                    req.t("已终结", "Ended").to_owned()
                } else {
                    label(Stop::parse(row.text(7)).map(Stop::label))
                },
                tone: if ended { "grey" } else { "water" },
                signed: row.text(8).to_owned(),
                history: row.int(9) != 0,
            }
        })
        .collect();
    Ok((total, Money::from_fen(sum), rows))
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let may = |action| authorise(Some(&institution), Some(user), action);
    let scopes = (may("deal.read"), may("money.read"));
    let offset = list::offset(req, PAGE);
    let (total, sum, rows) = app
        .store
        .read(|db| read(db, app, user, scopes, req, (PAGE, offset)))?;
    Answer::html(&List {
        p: Page::new(app, req)?,
        at: list::paging(req, total, PAGE),
        rows,
        sum,
        q: req.query("q").to_owned(),
        stop: req.query("stop").to_owned(),
        mode: req.query("mode").to_owned(),
        sort: req.query("sort").to_owned(),
        stops: labels(
            Stop::ALL.iter().skip(4).map(|it| (it.code(), it.label())),
            req.lang,
        ),
        modes: labels(Mode::ALL.iter().map(|it| (it.code(), it.label())), req.lang),
        views: list::views(app, req, user, "deals")?,
        excel: format!("/deals.xlsx?{}", query_with(req, "page", "")),
        may_export: authorise(Some(&institution), Some(user), "export.lists") != Scope::None,
    })
}

fn labels<'a>(
    all: impl Iterator<Item = (&'a str, dukou_kernel::Text)>,
    lang: Lang,
) -> Vec<(String, String)> {
    all.map(|(code, text)| (code.to_owned(), text.get(lang).to_owned()))
        .collect()
}

/// The list as Excel, with the same filters.
///
/// # Errors
/// When the database cannot be read or the sheet cannot be written.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let may = |action| authorise(Some(&institution), Some(user), action);
    let scopes = (may("deal.read"), may("money.read"));
    let (_, _, rows) = app
        .store
        .read(|db| read(db, app, user, scopes, req, (SHEET, 0)))?;
    let heads = [
        req.t("编号", "Number"),
        req.t("对方", "Other side"),
        req.t("合同编号", "Contract number"),
        req.t("方式", "Mode"),
        req.t("价格（元）", "Price (yuan)"),
        req.t("已到账（元）", "Received (yuan)"),
        req.t("签订日期", "Signed"),
        req.t("环节", "Stage"),
    ];
    let cells = rows.iter().map(|row| {
        vec![
            row.number.clone(),
            row.party.clone(),
            row.contract_no.clone(),
            row.mode.clone(),
            row.price.plain_yuan(),
            row.received.map_or_else(String::new, Money::plain_yuan),
            row.signed.clone(),
            row.stop.clone(),
        ]
    });
    sheet(req.t("项目合同", "Deals"), &heads, cells)
}

/// A deal lives on the page of its case: the first one that the reader may see.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn open(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let id: dukou_kernel::DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let (_, state) = data::deal(app, user.institution, id)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    for case in data::as_deal(&state)?.cases() {
        if app.store.read(|db| covers_case(db, user, scope, *case))? {
            return Ok(Answer::see_other(&format!("/cases/{case}?deal={id}")));
        }
    }
    Err(Failure::NotFound)
}
