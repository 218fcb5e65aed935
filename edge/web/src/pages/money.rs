//! 资金 — receipts of the whole office, newest first.

use askama::Template;
use dukou_chain::people::Scope;
use dukou_kernel::Money;

use crate::app::App;
use crate::authorise::{authorise, case_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

const PAGE: i64 = 40;

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
    page: i64,
    more: bool,
    show_balances: bool,
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    let page: i64 = req.query("page").parse().unwrap_or(1).clamp(1, 100_000);
    let mut params = vec![text(user.institution)];
    let mut clause = String::new();
    if scope != Scope::All {
        let (filter, values) = case_filter(scope, user, 2);
        params.extend(values);
        clause = format!(
            " AND EXISTS (SELECT 1 FROM deal_case d JOIN case_view c ON c.institution = d.institution AND c.id = d.case_id WHERE d.institution = r.institution AND d.deal = r.deal{filter})"
        );
    }
    let standing = req.query("standing");
    if !standing.is_empty() {
        params.push(text(standing));
        clause.push_str(&format!(" AND r.standing = ${}", params.len()));
    }
    let sql = format!(
        "SELECT r.id, r.deal, r.received, r.payer, r.amount_minor, r.standing, v.number, v.party FROM receipt_view r JOIN deal_view v ON v.institution = r.institution AND v.id = r.deal \
         WHERE r.institution = $1{clause} ORDER BY r.received DESC, r.id DESC LIMIT {} OFFSET {}",
        PAGE + 1,
        (page - 1) * PAGE
    );
    let mut found = app.store.read(|db| db.rows(&sql, &params))?;
    let more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let rows = found
        .iter()
        .map(|row| {
            let (state, tone) = super::case::receipt_state(row.text(5), req.lang);
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
        .collect();
    let (held, owed, paid) = balances(app, req)?;
    Answer::html(&List {
        p: Page::new(app, req)?,
        rows,
        standing: standing.to_owned(),
        standings: [
            "undivided",
            "proposed",
            "approved",
            "paid",
            "history",
            "reversed",
        ]
        .iter()
        .map(|it| ((*it).to_owned(), super::case::receipt_state(it, req.lang).0))
        .collect(),
        held,
        owed,
        paid,
        page,
        more,
        show_balances: scope == Scope::All,
    })
}

/// What is held, owed to persons, and paid out, from the books.
fn balances(app: &App, req: &Req) -> Result<(Money, Money, Money), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let sum = |account: &str| -> Result<Money, Failure> {
        let sql = if account.ends_with('%') {
            "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM posting WHERE institution = $1 AND account LIKE $2"
        } else {
            "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM posting WHERE institution = $1 AND account = $2"
        };
        let row = app
            .store
            .read(|db| db.row(sql, &[text(user.institution), text(account)]))?;
        Ok(Money::from_fen(row.map_or(0, |row| row.int(0))))
    };
    Ok((sum("clearing")?, sum("person:%")?, sum("paid_out")?))
}
