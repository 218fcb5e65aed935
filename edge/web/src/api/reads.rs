//! What can be read: cases, deals, receipts, people, work, the feed of entries.

use dukou_chain::people::Scope;
use dukou_chain::whole::{self, NO_DAY, Stop};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, DealId, Finding, Lang};
use dukou_store::Value as Cell;
use serde_json::{Value, json};

use super::{limit, next, resource};
use crate::app::App;
use crate::authorise::{authorise, case_filter, covers_case, covers_deal};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages::journal::filter;
use crate::pages::list::like;
use crate::pages::{home, people};
use crate::request::Req;
use crate::session::User;

/// Who asks, and within which scope.
pub(super) fn asker<'a>(
    app: &App,
    req: &'a Req,
    action: &str,
) -> Result<(&'a User, Scope), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    Ok((user, authorise(Some(&institution), Some(user), action)))
}

/// A word of a read table; nothing where it says that there is none.
pub(crate) fn word(value: &str) -> Value {
    if value.is_empty() || value == NO_DAY {
        Value::Null
    } else {
        json!(value)
    }
}

/// Who asks, and what is allowed.
///
/// # Errors
/// When the database cannot be read.
pub fn about(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let profile = institution.profile.as_ref();
    let may: Vec<&str> = dukou_chain::people::permission::actions()
        .map(|it| it.name.as_str())
        .filter(|name| authorise(Some(&institution), Some(user), name) != Scope::None)
        .collect();
    resource(
        req,
        &json!({
            "institution": {
                "id": user.institution, "name_zh": profile.map(|it| &it.name_zh),
                "name_en": profile.map(|it| &it.name_en),
            },
            "person": {"id": user.person, "name": user.name},
            "roles": user.roles.iter().map(|it| it.code()).collect::<Vec<_>>(),
            "actions": may,
            "today": app.store.today(),
        }),
    )
}

/// Adds a condition with its value.
fn narrow(sql: &mut String, params: &mut Vec<Cell>, clause: &str, value: Cell) {
    params.push(value);
    sql.push_str(&clause.replace('?', &format!("${}", params.len())));
}

/// Cases, newest number first.
///
/// # Errors
/// When the database cannot be read.
pub fn cases(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "case.read")?;
    let mut params = vec![text(user.institution)];
    let (filter, values) = case_filter(scope, user, 2);
    params.extend(values);
    let mut sql = format!("c.institution = $1{filter}");
    if let Some(words) = like(req) {
        narrow(&mut sql, &mut params, " AND c.words LIKE ?", words);
    }
    for (key, clause) in [
        ("stop", " AND c.stop = ?"),
        ("standing", " AND c.standing = ?"),
        ("manager", " AND c.manager = ?"),
        ("unit", " AND c.unit = ?"),
        ("after", " AND c.number < ?"),
    ] {
        if !req.query(key).is_empty() {
            narrow(&mut sql, &mut params, clause, text(req.query(key)));
        }
    }
    if req.query("whose") == "mine" {
        narrow(
            &mut sql,
            &mut params,
            " AND c.manager = ?",
            text(user.person),
        );
    }
    let limit = limit(req);
    let sql = format!(
        "SELECT c.id, c.number, c.title, c.kind, c.stop, c.standing, c.since, c.unit, c.manager, c.right_number, c.next_due, c.history, c.ended \
         FROM case_view c WHERE {sql} ORDER BY c.number DESC LIMIT {limit}"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.text(0), "number": row.text(1), "title": row.text(2),
                "kind": row.text(3), "stop": row.text(4), "standing": row.text(5),
                "since": word(row.text(6)), "unit": word(row.text(7)),
                "manager": word(row.text(8)), "right_number": word(row.text(9)),
                "next_due": word(row.text(10)), "history": row.int(11) != 0,
                "ended": row.int(12) != 0,
            })
        })
        .collect();
    let cursor = next(items.len(), limit, rows.last().map(|row| row.text(1)));
    resource(req, &json!({"items": items, "next": cursor}))
}

/// Findings in a language.
pub(crate) fn findings(found: &[Finding], lang: Lang) -> Vec<Value> {
    found
        .iter()
        .map(|it| {
            json!({
                "code": it.code, "severity": it.severity, "field": it.field,
                "message": it.message.get(lang),
                "article": it.citation.as_ref().map(|it| it.get(lang)),
                "verified": it.citation.as_ref().map(|it| it.verified),
                "earliest": it.earliest,
            })
        })
        .collect()
}

/// One case with its version, what the law says of it, and its deals.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn case(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "case.read")?;
    let id: CaseId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    if !app.store.read(|db| covers_case(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::case(app, user.institution, id)?;
    let case = data::as_case(&state)?;
    let institution = data::institution(app, user.institution)?;
    let deals = app.store.read(|db| {
        db.rows(
            "SELECT d.deal FROM deal_case d WHERE d.institution = $1 AND d.case_id = $2 ORDER BY d.deal",
            &[text(user.institution), text(id)],
        )
    })?;
    let disclosure = &case.disclosure;
    let rights: Vec<Value> = case
        .protection
        .rights
        .values()
        .map(|it| json!({"recorded": it.recorded, "status": it.status().code()}))
        .collect();
    resource(
        req,
        &json!({
            "id": id, "version": version, "number": disclosure.number,
            "details": disclosure.details, "contributors": disclosure.contributors(),
            "manager": disclosure.manager, "since": disclosure.since,
            "stop": whole::case_stop(case).code(),
            "unconfirmed": disclosure.unconfirmed().collect::<Vec<_>>(),
            "assessment": case.assessment.concluded.as_ref().map(|(_, it)| it),
            "rights": rights,
            "costs": case.protection.costs,
            "valuations": case.valuation.notes.iter().map(|(_, it)| it).collect::<Vec<_>>(),
            "ended": case.closing.ended.as_ref().map(|(day, it)| json!({"on": day, "outcome": it})),
            "history": case.history.is_some(),
            "deals": deals.iter().map(|row| row.text(0)).collect::<Vec<_>>(),
            "tasks": tasks_of(&whole::case_tasks(case, &institution), req),
            "findings": findings(&whole::case_findings(case, app.store.today()), req.lang),
        }),
    )
}

pub(super) fn tasks_of(tasks: &[whole::Task], req: &Req) -> Vec<Value> {
    tasks
        .iter()
        .map(|it| {
            json!({
                "command": it.command, "what": it.what.get(req.lang),
                "due": it.due.map(|due| due.shown()),
                "pending": it.due.is_some_and(|due| due.pending()),
            })
        })
        .collect()
}

/// SQL that narrows rows of `alias` (with a column that names a deal) to what a
/// scope allows.
fn deals_within(scope: Scope, user: &User, on: &str) -> (String, Vec<Cell>) {
    if scope == Scope::All {
        return (String::new(), Vec::new());
    }
    let (filter, values) = case_filter(scope, user, 2);
    let sql = format!(
        " AND EXISTS (SELECT 1 FROM deal_case d CROSS JOIN case_view c WHERE c.institution = d.institution AND c.id = d.case_id AND d.institution = $1 AND d.deal = {on}{filter})"
    );
    (sql, values)
}

/// Deals, newest number first.
///
/// # Errors
/// When the database cannot be read.
pub fn deals(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "deal.read")?;
    let mut params = vec![text(user.institution)];
    let (filter, values) = deals_within(scope, user, "v.id");
    params.extend(values);
    let mut sql = format!("v.institution = $1{filter}");
    if let Some(words) = like(req) {
        narrow(&mut sql, &mut params, " AND v.words LIKE ?", words);
    }
    for (key, clause) in [
        ("stop", " AND v.stop = ?"),
        ("mode", " AND v.mode = ?"),
        ("after", " AND v.number < ?"),
    ] {
        if !req.query(key).is_empty() {
            narrow(&mut sql, &mut params, clause, text(req.query(key)));
        }
    }
    let limit = limit(req);
    let sql = format!(
        "SELECT v.id, v.number, v.contract_no, v.mode, v.party, v.price_minor, v.received_minor, v.stop, v.signed, v.history, v.ended \
         FROM deal_view v WHERE {sql} ORDER BY v.number DESC LIMIT {limit}"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.text(0), "number": row.text(1), "contract_no": word(row.text(2)),
                "mode": row.text(3), "party": row.text(4), "price_fen": row.int(5),
                "received_fen": row.int(6), "stop": row.text(7), "signed": word(row.text(8)),
                "history": row.int(9) != 0, "ended": row.int(10) != 0,
            })
        })
        .collect();
    let cursor = next(items.len(), limit, rows.last().map(|row| row.text(1)));
    resource(req, &json!({"items": items, "next": cursor}))
}

/// Receipts, newest day first.
///
/// # Errors
/// When the database cannot be read.
pub fn receipts(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "money.read")?;
    let mut params = vec![text(user.institution)];
    let (filter, values) = deals_within(scope, user, "r.deal");
    params.extend(values);
    let mut sql = format!("r.institution = $1{filter}");
    for (key, clause) in [
        ("standing", " AND r.standing = ?"),
        ("deal", " AND r.deal = ?"),
    ] {
        if !req.query(key).is_empty() {
            narrow(&mut sql, &mut params, clause, text(req.query(key)));
        }
    }
    // The cursor is the last row's day and id.
    if let Some((day, id)) = req.query("after").split_once('/') {
        params.push(text(day));
        params.push(text(id));
        let (day, id) = (params.len() - 1, params.len());
        sql.push_str(&format!(
            " AND (r.received < ${day} OR (r.received = ${day} AND r.id < ${id}))"
        ));
    }
    let limit = limit(req);
    let sql = format!(
        "SELECT r.id, r.deal, r.received, r.amount_minor, r.refunded_minor, r.payer, r.standing, r.history FROM receipt_view r WHERE {sql} ORDER BY r.received DESC, r.id DESC LIMIT {limit}"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.text(0), "deal": row.text(1), "received": row.text(2),
                "amount_fen": row.int(3), "refunded_fen": row.int(4), "payer": row.text(5),
                "standing": row.text(6), "history": row.int(7) != 0,
            })
        })
        .collect();
    let last = rows
        .last()
        .map(|row| format!("{}/{}", row.text(2), row.text(0)));
    let cursor = next(items.len(), limit, last.as_deref());
    resource(req, &json!({"items": items, "next": cursor}))
}

/// The roster, by id.
///
/// # Errors
/// When the database cannot be read.
pub fn people(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "people.read")?;
    let (mut sql, mut params) = people::conditions(user, scope, req);
    if !req.query("after").is_empty() {
        narrow(
            &mut sql,
            &mut params,
            " AND v.id > ?",
            text(req.query("after")),
        );
    }
    let limit = limit(req);
    let sql = format!(
        "SELECT v.id, n.text, s.text, v.kind, v.unit, v.title {} WHERE {sql} ORDER BY v.id LIMIT {limit}",
        people::FROM
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.text(0), "name": word(row.text(1)), "staff_no": word(row.text(2)),
                "kind": row.text(3), "unit": word(row.text(4)), "title": word(row.text(5)),
            })
        })
        .collect();
    let cursor = next(items.len(), limit, rows.last().map(|row| row.text(0)));
    resource(req, &json!({"items": items, "next": cursor}))
}

/// What waits for the caller, what is due first on top.
///
/// # Errors
/// When the database cannot be read.
pub fn tasks(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "case.read")?;
    let most = limit(req);
    let rows = app.store.read(|db| {
        let (sources, narrow, params) = home::wanted(db, user, scope, req, home::whose(req, scope))?;
        let nearest: Vec<String> = sources
            .iter()
            .enumerate()
            .map(|(n, source)| {
                format!("SELECT * FROM (SELECT t.* FROM {source}{narrow} ORDER BY t.due, t.basis_rank, t.subject LIMIT {most}) s{n}")
            })
            .collect();
        let sql = format!(
            "SELECT t.subject, t.case_id, t.deal, t.code, t.what_zh, t.what_en, t.basis, t.due, t.pending, t.since FROM ({}) t ORDER BY t.due, t.basis_rank, t.subject LIMIT {most}",
            nearest.join(" UNION ALL ")
        );
        db.rows(&sql, &params)
    })?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "subject": row.text(0), "case": word(row.text(1)), "deal": word(row.text(2)),
                "code": row.text(3), "what": req.t(row.text(4), row.text(5)),
                "basis": row.text(6), "due": word(row.text(7)), "pending": row.int(8) != 0,
                "since": word(row.text(9)),
            })
        })
        .collect();
    resource(req, &json!({"items": items}))
}

/// The feed of changes: entries after a number, as they were hashed.
///
/// # Errors
/// When the database cannot be read.
pub fn events(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let after: i64 = req.query("after").parse().unwrap_or(0).max(0);
    let limit = limit(req);
    let rows = app.store.read(|db| {
        let (mut clause, mut params, _) = filter(db, user, req)?;
        narrow(&mut clause, &mut params, " AND seq > ?", Cell::Int(after));
        db.rows(
            &format!(
                "SELECT seq, hash, bytes FROM journal WHERE {clause} ORDER BY seq LIMIT {limit}"
            ),
            &params,
        )
    })?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "seq": row.int(0), "hash": crate::session::hex(row.bytes(1)),
                "entry": serde_json::from_str::<Value>(row.text(2)).unwrap_or_default(),
            })
        })
        .collect();
    let last = rows.last().map_or(after, |row| row.int(0));
    resource(req, &json!({"items": items, "last": last}))
}

/// Entries of one case or deal, oldest first.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn timeline(app: &App, req: &Req) -> Result<Answer, Failure> {
    let on_deal = req.path.contains("/deals/");
    let action = if on_deal { "deal.read" } else { "case.read" };
    let (user, scope) = asker(app, req, action)?;
    let stream = if on_deal {
        let id: DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
        app.store
            .read(|db| covers_deal(db, user, scope, id))?
            .then_some(StreamId::Deal(id))
    } else {
        let id: CaseId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
        app.store
            .read(|db| covers_case(db, user, scope, id))?
            .then_some(StreamId::Case(id))
    };
    let stream = stream.ok_or(Failure::NotFound)?;
    let list = app.store.entries(user.institution, stream)?;
    let items: Vec<Value> = list
        .iter()
        .map(|(entry, hash)| {
            let bytes = entry.to_bytes().unwrap_or_default();
            json!({
                "seq": entry.meta.seq, "hash": crate::session::hex(hash),
                "entry": serde_json::from_str::<Value>(&bytes).unwrap_or_default(),
            })
        })
        .collect();
    resource(req, &json!({"items": items}))
}

/// Stops of the rail, for filters.
pub fn stops() -> Vec<&'static str> {
    Stop::ALL.iter().map(|it| it.code()).collect()
}
