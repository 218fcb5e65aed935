//! 资金 — receipts of the whole office, newest first.

use askama::Template;
use dukou_chain::people::Scope;
use dukou_kernel::Money;
use dukou_store::{Db, Fault, Value};

use super::case::receipt_state;
use super::list::{self, Paging, SHEET, Views, like, query_with, sheet};
use crate::app::{App, Counts};
use crate::authorise::{authorise, deal_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const PAGE: i64 = 40;

/// Where a receipt may stand.
pub const STANDINGS: &[&str] = &[
    "undivided",
    "proposed",
    "approved",
    "paid",
    "history",
    "reversed",
];

/// One row.
pub struct Row {
    /// Where its distribution stands.
    pub href: String,
    /// Day.
    pub day: String,
    /// Payer.
    pub payer: String,
    /// Deal.
    pub deal: String,
    /// Amount.
    pub amount: Money,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
}

#[derive(Template)]
#[template(path = "money.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    standing: String,
    standings: Vec<(String, String)>,
    held: Money,
    owed: Money,
    paid: Money,
    at: Paging,
    sum: Money,
    q: String,
    sort: String,
    views: Views,
    excel: String,
    show_balances: bool,
}

/// What the list asks for, as SQL over `receipt_view r` with its values.
fn conditions(user: &User, scope: Scope, req: &Req) -> (String, Vec<Value>) {
    let mut params = vec![text(user.institution)];
    let (filter, values) = deal_filter(scope, user, "r.deal", 2);
    params.extend(values);
    let mut sql = format!("r.institution = $1{filter}");
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if STANDINGS.contains(&req.query("standing")) {
        add(" AND r.standing = ?", text(req.query("standing")));
    }
    if let Some(words) = like(req) {
        add(
            " AND (LOWER(r.payer) LIKE ? OR EXISTS (SELECT 1 FROM deal_view w WHERE w.institution = r.institution AND w.id = r.deal AND w.words LIKE ?))",
            words,
        );
    }
    (sql, params)
}

fn read(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    req: &Req,
    (limit, offset): (i64, i64),
) -> Result<Vec<Row>, Fault> {
    let (clause, params) = conditions(user, scope, req);
    let order = match req.query("sort") {
        "amount" => "r.amount_minor DESC, r.id",
        _ => "r.received DESC, r.id DESC",
    };
    let sql = format!(
        "SELECT r.id, r.deal, r.received, r.payer, r.amount_minor, r.standing, v.number, v.party FROM receipt_view r CROSS JOIN deal_view v \
         WHERE v.institution = r.institution AND v.id = r.deal AND {clause} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
    );
    let found = db.rows(&sql, &params)?;
    Ok(found
        .iter()
        .map(|row| {
            let (state, tone) = receipt_state(row.text(5), req.lang);
            let payer = if row.text(3).is_empty() {
                row.text(7)
            } else {
                row.text(3)
            };
            Row {
                href: format!("/deals/{}/split/{}", row.text(1), row.text(0)),
                day: row.text(2).to_owned(),
                payer: payer.to_owned(),
                deal: row.text(6).to_owned(),
                amount: Money::from_fen(row.int(4)),
                state,
                tone,
            }
        })
        .collect())
}

/// How many receipts, and what they come to.
fn sums(
    db: &mut dyn Db,
    counts: &Counts,
    user: &User,
    scope: Scope,
    req: &Req,
) -> Result<(i64, Money), Fault> {
    let (clause, params) = conditions(user, scope, req);
    let mut count = |what: &str| {
        let sql = format!("SELECT {what} FROM receipt_view r WHERE {clause}");
        counts.count(db, user.institution, &sql, &params)
    };
    let total = count("COUNT(*)")?;
    let sum = count("CAST(COALESCE(SUM(r.amount_minor), 0) AS BIGINT)")?;
    Ok((total, Money::from_fen(sum)))
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    let place = (PAGE, list::offset(req, PAGE));
    let rows = app.store.read(|db| read(db, user, scope, req, place))?;
    let (total, sum) = app
        .store
        .read(|db| sums(db, &app.counts, user, scope, req))?;
    let (held, owed, paid) = balances(app, req)?;
    let may_export = authorise(Some(&institution), Some(user), "export.lists") != Scope::None;
    let standings = STANDINGS
        .iter()
        .map(|it| ((*it).to_owned(), receipt_state(it, req.lang).0));
    Answer::html(&List {
        p: Page::new(app, req)?,
        rows,
        at: list::paging(req, total, PAGE),
        sum,
        q: req.query("q").to_owned(),
        sort: req.query("sort").to_owned(),
        standing: req.query("standing").to_owned(),
        standings: standings.collect(),
        held,
        owed,
        paid,
        views: list::views(app, req, user, "money")?,
        excel: if may_export {
            format!("/money.xlsx?{}", query_with(req, "page", ""))
        } else {
            String::new()
        },
        show_balances: scope == Scope::All,
    })
}

/// The list as Excel, with the same filters.
///
/// # Errors
/// When the database cannot be read or the sheet cannot be written.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    let rows = app
        .store
        .read(|db| read(db, user, scope, req, (SHEET, 0)))?;
    let heads = [
        req.t("到账日期", "Received"),
        req.t("付款方", "Payer"),
        req.t("项目", "Deal"),
        req.t("金额（元）", "Amount (yuan)"),
        req.t("状态", "State"),
    ];
    let cells = rows.into_iter().map(|row| {
        vec![
            row.day,
            row.payer,
            row.deal,
            row.amount.plain_yuan(),
            row.state,
        ]
    });
    sheet(req.t("到账", "Receipts"), &heads, cells)
}

/// What is held, owed to persons, and paid out, from the books.
fn balances(app: &App, req: &Req) -> Result<(Money, Money, Money), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let sum = |from: &str, to: &str| -> Result<Money, Failure> {
        let row = app.store.read(|db| {
            db.row(
                "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM balance WHERE institution = $1 AND account >= $2 AND account <= $3",
                &[text(user.institution), text(from), text(to)],
            )
        })?;
        Ok(Money::from_fen(row.map_or(0, |row| row.int(0))))
    };
    let one = |account: &str| sum(account, account);
    Ok((
        one("clearing")?,
        sum("person:", "person:~")?,
        one("paid_out")?,
    ))
}
