//! What can be read: cases, deals, receipts, people, work, the feed of entries.

use dukou_chain::people::Scope;
use dukou_chain::public::{MoneyRight, Pen, PublicEvent, Reader};
use dukou_chain::whole::{self, NO_DAY, Stop};
use dukou_journal::{Entry, StreamId};
use dukou_kernel::{CaseId, DealId, Finding, Lang};
use dukou_store::{Db, Fault, Record, Value as Cell};
use serde::Serialize;
use serde_json::{Value, json};

use super::said::case as said;
use super::said::deal::Ended;
use super::said::parts::{Contributor, Found};
use super::{after, limit, next, resource, versioned};
use crate::app::App;
use crate::authorise::{authorise, case_filter, covers_case, covers_deal, deal_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::find::Listed;
use crate::page::Answer;
use crate::pages::journal::filter;
use crate::pages::list::like;
use crate::pages::{home, people};
use crate::request::Req;
use crate::session::User;
use crate::sight::Sight;

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
    let (version, _) = app.store.state(user.institution, StreamId::Institution)?;
    let profile = institution.profile.as_ref();
    let may: Vec<&str> = dukou_chain::people::permission::actions()
        .map(|it| it.name.as_str())
        .filter(|name| authorise(Some(&institution), Some(user), name) != Scope::None)
        .collect();
    versioned(
        req,
        version,
        &json!({
            "institution": {
                "id": user.institution, "version": version, "name_zh": profile.map(|it| &it.name_zh),
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

/// The cursor of a list that goes by the id in the first column.
fn next_by_id(rows: &[Record], limit: i64, list: &str) -> Value {
    let last = rows.last().map(|row| [row.text(0)]);
    next(
        rows.len(),
        limit,
        list,
        last.as_ref().map(<[&str; 1]>::as_slice),
    )
}

/// Cases, newest first.
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
        let found = |db: &mut dyn Db| app.finder.find(db, user.institution, Listed::Cases, req);
        if let Some(found) = app.store.read(found)? {
            found.narrow('c', &mut sql, &mut params);
        }
    }
    for (key, clause) in [
        ("stop", " AND c.stop = ?"),
        ("standing", " AND c.standing = ?"),
        ("manager", " AND c.manager = ?"),
        ("unit", " AND c.unit = ?"),
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
    if let Some([id]) = after(req, "cases") {
        narrow(&mut sql, &mut params, " AND c.id < ?", text(id));
    }
    let limit = limit(req);
    let sql = format!(
        "SELECT c.id, c.number, c.title, c.kind, c.stop, c.standing, c.since, c.unit, c.manager, c.right_number, c.next_due, c.history, c.ended \
         FROM case_view c WHERE {sql} ORDER BY c.id DESC LIMIT {limit}"
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
    let cursor = next_by_id(&rows, limit, "cases");
    resource(req, &json!({"items": items, "next": cursor}))
}

/// Findings in a language.
pub(crate) fn findings(found: &[Finding], lang: Lang) -> Vec<Found> {
    Found::all(found, lang)
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
    let sight = Sight::new(&institution, user);
    let money = app
        .store
        .read(|db| sight.reads_money_of(db, StreamId::Case(id)))?;
    let pen = &mut Pen::new(match money {
        true => sight.money_right(),
        false => MoneyRight::None,
    });
    versioned(
        req,
        version,
        &json!({
            "id": id, "version": version, "number": disclosure.number,
            "details": disclosure.details.as_ref().map(said::Details::of),
            "contributors": Contributor::all(disclosure.contributors()),
            "manager": disclosure.manager, "since": disclosure.since,
            "stop": whole::case_stop(case).code(),
            "unconfirmed": disclosure.unconfirmed().collect::<Vec<_>>(),
            "assessment": case.assessment.concluded.as_ref().map(|(_, it)| said::Assessment::of(it)),
            "rights": case.protection.rights.values().map(said::Right::of).collect::<Vec<_>>(),
            "costs": case.protection.costs.iter().map(|it| said::Cost::of(it, pen)).collect::<Vec<_>>(),
            "valuations": case.valuation.notes.iter()
                .map(|(_, it)| said::Valuation::of(it, pen)).collect::<Vec<_>>(),
            "ended": case.closing.ended.as_ref().map(Ended::of),
            "history": case.history.is_some(),
            "deals": deals.iter().map(|row| row.text(0)).collect::<Vec<_>>(),
            "tasks": tasks_of(&whole::case_tasks(case, &institution), req),
            "findings": findings(&whole::case_findings(case, app.store.today()), req.lang),
            "withheld": std::mem::take(pen).withheld(),
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

/// Deals, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn deals(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "deal.read")?;
    let mut params = vec![text(user.institution)];
    let (filter, values) = deal_filter(scope, user, "v.id", 2);
    params.extend(values);
    let mut sql = format!("v.institution = $1{filter}");
    if let Some(words) = like(req) {
        narrow(&mut sql, &mut params, " AND v.words LIKE ?", words);
        let found = |db: &mut dyn Db| app.finder.find(db, user.institution, Listed::Deals, req);
        if let Some(found) = app.store.read(found)? {
            found.narrow('v', &mut sql, &mut params);
        }
    }
    for (key, clause) in [("stop", " AND v.stop = ?"), ("mode", " AND v.mode = ?")] {
        if !req.query(key).is_empty() {
            narrow(&mut sql, &mut params, clause, text(req.query(key)));
        }
    }
    if let Some([id]) = after(req, "deals") {
        narrow(&mut sql, &mut params, " AND v.id < ?", text(id));
    }
    // The price and what came in are money, which not everybody reads who reads deals.
    let money = asker(app, req, "money.read")?.1;
    let (seen, values) = deal_filter(money, user, "v.id", params.len() + 1);
    params.extend(values);
    let limit = limit(req);
    let sql = format!(
        "SELECT v.id, v.number, v.contract_no, v.mode, v.party, CASE WHEN 1 = 1{seen} THEN v.price_minor END, CASE WHEN 1 = 1{seen} THEN v.received_minor END, v.stop, v.signed, v.history, v.ended \
         FROM deal_view v WHERE {sql} ORDER BY v.id DESC LIMIT {limit}"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.text(0), "number": row.text(1), "contract_no": word(row.text(2)),
                "mode": row.text(3), "party": row.text(4), "price_fen": (!row.is_null(5)).then(|| row.int(5)),
                "received_fen": (!row.is_null(6)).then(|| row.int(6)), "stop": row.text(7), "signed": word(row.text(8)),
                "history": row.int(9) != 0, "ended": row.int(10) != 0,
            })
        })
        .collect();
    let cursor = next_by_id(&rows, limit, "deals");
    resource(req, &json!({"items": items, "next": cursor}))
}

/// Receipts, newest day first.
///
/// # Errors
/// When the database cannot be read.
pub fn receipts(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "money.read")?;
    let mut params = vec![text(user.institution)];
    let (filter, values) = deal_filter(scope, user, "r.deal", 2);
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
    if let Some([day, id]) = after(req, "receipts") {
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
    let last = rows.last().map(|row| [row.text(2), row.text(0)]);
    let cursor = next(
        rows.len(),
        limit,
        "receipts",
        last.as_ref().map(<[&str; 2]>::as_slice),
    );
    resource(req, &json!({"items": items, "next": cursor}))
}

/// The roster, by id.
///
/// # Errors
/// When the database cannot be read.
pub fn people(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "people.read")?;
    let (mut sql, mut params) = people::conditions(user, scope, req);
    if let Some([id]) = after(req, "people") {
        narrow(&mut sql, &mut params, " AND v.id > ?", text(id));
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
    let cursor = next_by_id(&rows, limit, "people");
    resource(req, &json!({"items": items, "next": cursor}))
}

/// What waits for the caller, what is due first on top.
///
/// # Errors
/// When the database cannot be read.
pub fn tasks(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "case.read")?;
    let most = limit(req);
    let order = "t.due, t.basis_rank, t.subject, t.stream, t.line";
    let rows = app.store.read(|db| {
        let (sources, narrow, mut params) =
            home::wanted(db, user, scope, req, home::whose(req, scope))?;
        let mut on = String::new();
        if let Some([due, rank, subject, stream, line]) = after::<5>(req, "tasks") {
            let places: Vec<String> = (1..=5).map(|at| format!("${}", params.len() + at)).collect();
            on = format!(" AND ({order}) > ({})", places.join(", "));
            let number = |it: String| Cell::Int(it.parse().unwrap_or(0));
            params.extend([
                text(due),
                number(rank),
                text(subject),
                text(stream),
                number(line),
            ]);
        }
        let nearest: Vec<String> = sources
            .iter()
            .enumerate()
            .map(|(n, source)| {
                format!("SELECT * FROM (SELECT t.* FROM {source}{narrow}{on} ORDER BY {order} LIMIT {most}) s{n}")
            })
            .collect();
        let sql = format!(
            "SELECT t.subject, t.case_id, t.deal, t.code, t.what_zh, t.what_en, t.basis, t.due, t.pending, t.since, t.basis_rank, t.stream, t.line FROM ({}) t ORDER BY {order} LIMIT {most}",
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
    let last = rows.last().map(|row| {
        let (rank, line) = (row.int(10).to_string(), row.int(12).to_string());
        [
            row.text(7).to_owned(),
            rank,
            row.text(0).to_owned(),
            row.text(11).to_owned(),
            line,
        ]
    });
    let key: Option<Vec<&str>> = last
        .as_ref()
        .map(|it| it.iter().map(String::as_str).collect());
    let cursor = next(rows.len(), most, "tasks", key.as_deref());
    resource(req, &json!({"items": items, "next": cursor}))
}

fn read(bytes: &str) -> Result<Entry<'_>, Fault> {
    Entry::from_bytes(bytes).map_err(|why| Fault::Other(why.to_string()))
}

/// One entry of a feed.
#[derive(Serialize)]
struct Item {
    seq: i64,
    hash: String,
    entry: PublicEvent,
}

impl Item {
    fn of(row: &Record, entry: &Entry<'_>, reader: &Reader) -> Self {
        Self {
            seq: row.int(0),
            hash: crate::session::hex(row.bytes(1)),
            entry: PublicEvent::of(entry, reader),
        }
    }
}

/// The feed of changes: every entry after a number, as a public event. What an entry
/// says is told to whoever may read its case, deal, person or money; to others its
/// `data` is `null`.
///
/// # Errors
/// When the database cannot be read.
pub fn events(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let after: i64 = req.query("after").parse().unwrap_or(0).max(0);
    let limit = limit(req);
    let mut sight = Sight::new(&institution, user);
    let (items, last) = app.store.read(|db| {
        let (mut clause, mut params, _) = filter(db, user, req)?;
        narrow(&mut clause, &mut params, " AND seq > ?", Cell::Int(after));
        let rows = db.rows(
            &format!(
                "SELECT seq, hash, bytes FROM journal WHERE {clause} ORDER BY seq LIMIT {limit}"
            ),
            &params,
        )?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let entry = read(row.text(2))?;
            let reader = sight.reader(db, &entry)?;
            items.push(Item::of(row, &entry, &reader));
        }
        Ok((items, rows.last().map_or(after, |row| row.int(0))))
    })?;
    resource(req, &json!({"items": items, "last": last}))
}

/// Entries of one case or deal, oldest first; those about money for whoever may
/// read it.
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
    let institution = data::institution(app, user.institution)?;
    let mut sight = Sight::new(&institution, user);
    let after: i64 = after(req, "events").map_or(0, |[seq]| seq.parse().unwrap_or(0));
    let limit = limit(req);
    let (items, last) = app.store.read(|db| {
        let rows = db.rows(
            &format!("SELECT seq, hash, bytes FROM journal WHERE institution = $1 AND stream = $2 AND seq > $3 ORDER BY version LIMIT {limit}"),
            &[text(user.institution), text(stream), Cell::Int(after)],
        )?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let entry = read(row.text(2))?;
            let reader = sight.reader(db, &entry)?;
            if reader.says {
                items.push(Item::of(row, &entry, &reader));
            }
        }
        let last = rows.last().map(|row| row.int(0).to_string());
        let key = last.as_deref().map(|it| [it]);
        let key = key.as_ref().map(<[&str; 1]>::as_slice);
        Ok((items, next(rows.len(), limit, "events", key)))
    })?;
    resource(req, &json!({"items": items, "next": last}))
}

/// Stops of the rail, for filters.
pub fn stops() -> Vec<&'static str> {
    Stop::ALL.iter().map(|it| it.code()).collect()
}
