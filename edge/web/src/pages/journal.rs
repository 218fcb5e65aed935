//! 记录 — the journal, newest first, and whether its chain is whole.

mod kinds;

use std::collections::HashMap;

use askama::Template;
use dukou_chain::people::{AccountFact, Role, Scope};
use dukou_chain::public;
use dukou_journal::{Actor, Entry, StreamId};
use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::{Db, Fault, Report, Value};
use serde_json::json;

use super::list::{DAY_MS, Turns, begins, people_named, turns};
use super::people::Pick;
use crate::api;
use crate::app::App;
use crate::authorise::authorise;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

pub use kinds::KINDS;

const PAGE: usize = 50;

/// One entry.
pub struct Row {
    /// Number.
    pub seq: i64,
    /// When it was recorded.
    pub at: String,
    /// The legal day, when it is another.
    pub effective: String,
    /// Who.
    pub actor: String,
    /// First character of the name.
    pub initial: String,
    /// For whom.
    pub on_behalf: String,
    /// What, in words.
    pub kind: String,
    /// Which role or what happened to an account, in words.
    pub detail: String,
    /// Why.
    pub reason: String,
    /// The entry it corrects; 0 for none.
    pub corrects: i64,
    /// Short hash.
    pub hash: String,
    /// What it is about.
    pub subject: String,
    /// Where that is shown; empty when the reader may not see it.
    pub href: String,
    /// The stream, for the filter.
    pub stream: String,
    /// Name of a clock that was not the machine's own.
    pub clock: String,
    /// True for a refused step.
    pub refused: bool,
    /// True for the newest entry of all.
    pub newest: bool,
}

#[derive(Template)]
#[template(path = "journal.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    kinds: Vec<Pick>,
    actor: String,
    stream: String,
    from: String,
    to: String,
    turns: Turns,
    may_verify: bool,
    may_audit: bool,
    known_actor: bool,
}

/// What an event is called; its kind where nobody named it.
pub fn kind_words(kind: &str, req: &Req) -> String {
    let stem = public::stem(kind);
    let found = KINDS.iter().find(|(it, _, _)| public::stem(it) == stem);
    found.map_or_else(|| kind.to_owned(), |(_, zh, en)| req.t(zh, en).to_owned())
}

fn conditions(user: &User, actors: &[String], req: &Req) -> (String, Vec<Value>) {
    let mut sql = "institution = $1".to_owned();
    let mut params = vec![text(user.institution)];
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if let Ok(before) = req.query("before").parse::<i64>() {
        add(" AND seq < ?", before.into());
    }
    if let Ok(stream) = req.query("stream").parse::<StreamId>() {
        add(" AND stream = ?", text(stream));
    }
    if let Some(from) = begins(req.query("from")) {
        add(" AND at_ms >= ?", from.into());
    }
    if let Some(to) = begins(req.query("to")) {
        add(" AND at_ms < ?", (to + DAY_MS).into());
    }
    // A name asks for what happened, in every shape in which it was ever stored.
    let kinds = public::kinds_of(req.query("kind")).into_iter().map(|kind| {
        params.push(text(kind));
        format!("${}", params.len())
    });
    let kinds: Vec<String> = kinds.collect();
    if !kinds.is_empty() {
        sql.push_str(&format!(" AND kind IN ({})", kinds.join(", ")));
    }
    let mut any = Vec::new();
    for actor in actors {
        params.push(text(format!("%\"actor\":\"person:{actor}\"%")));
        any.push(format!("bytes LIKE ${}", params.len()));
    }
    if !any.is_empty() {
        sql.push_str(&format!(" AND ({})", any.join(" OR ")));
    } else if !req.query("actor").trim().is_empty() {
        sql.push_str(" AND 1 = 0");
    }
    (sql, params)
}

/// Names that the rows need: titles of cases, numbers of deals.
struct Names {
    people: HashMap<PersonId, String>,
    subjects: HashMap<String, String>,
}

fn names(db: &mut dyn Db, user: &User, entries: &[(Entry, Vec<u8>)]) -> Result<Names, Fault> {
    let mut people = Vec::new();
    let mut subjects = HashMap::new();
    for (entry, _) in entries {
        people.extend(entry.meta.actor.person());
        people.extend(entry.meta.on_behalf);
        let stream = entry.meta.stream.to_string();
        if subjects.contains_key(&stream) {
            continue;
        }
        let (sql, id) = match entry.meta.stream {
            StreamId::Case(id) => (
                "SELECT number FROM case_view WHERE institution = $1 AND id = $2",
                id.to_string(),
            ),
            StreamId::Deal(id) => (
                "SELECT number FROM deal_view WHERE institution = $1 AND id = $2",
                id.to_string(),
            ),
            StreamId::Person(id) => {
                people.push(id);
                continue;
            }
            StreamId::Institution => continue,
        };
        let row = db.row(sql, &[text(user.institution), text(id)])?;
        subjects.insert(
            stream,
            row.map_or_else(String::new, |row| row.text(0).to_owned()),
        );
    }
    Ok(Names {
        people: data::names(db, user.institution, people)?,
        subjects,
    })
}

/// Entries with their hashes, names of people, and whether there are more.
type Found = (Vec<(Entry<'static>, Vec<u8>)>, Names, bool);

/// The filter that the query asks for, as SQL with its values, and whether somebody
/// of the asked name is known.
pub(crate) fn filter(
    db: &mut dyn Db,
    user: &User,
    req: &Req,
) -> Result<(String, Vec<Value>, bool), Fault> {
    let actor = req.query("actor").trim();
    let actors = if actor.is_empty() {
        Vec::new()
    } else {
        people_named(db, user, actor)?
    };
    let (clause, params) = conditions(user, &actors, req);
    Ok((clause, params, actor.is_empty() || !actors.is_empty()))
}

fn read(db: &mut dyn Db, user: &User, req: &Req) -> Result<Found, Fault> {
    let (clause, params, known) = filter(db, user, req)?;
    let sql = format!(
        "SELECT bytes, hash FROM journal WHERE {clause} ORDER BY seq DESC LIMIT {}",
        PAGE + 1
    );
    let mut entries = Vec::new();
    for row in db.rows(&sql, &params)? {
        let entry = Entry::from_bytes(row.text(0))
            .map_err(|why| Fault::Other(why.to_string()))?
            .into_owned();
        entries.push((entry, row.bytes(1).to_vec()));
    }
    let names = names(db, user, &entries)?;
    Ok((entries, names, known))
}

/// The journal.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    let sees = Sees {
        cases: may("case.read"),
        deals: may("deal.read"),
        people: may("people.read"),
    };
    let (entries, names, known_actor) = app.store.read(|db| read(db, user, req))?;
    let more = entries.len() > PAGE;
    let filters = ["kind", "actor", "stream", "from", "to"];
    let first_page = req.query("before").is_empty();
    let filtered = filters.iter().any(|name| !req.query(name).is_empty());
    let rows: Vec<Row> = entries
        .iter()
        .take(PAGE)
        .enumerate()
        .map(|(place, (entry, hash))| {
            let newest = place == 0 && first_page && !filtered;
            row(entry, hash, &names, &sees, newest, req)
        })
        .collect();
    let last = rows.last().map(|row| row.seq.to_string());
    let last = last.as_deref().filter(|_| more);
    Answer::html(&List {
        p: Page::new(app, req)?,
        turns: turns(req, last),
        rows,
        kinds: kind_picks(req),
        actor: req.query("actor").to_owned(),
        stream: req.query("stream").to_owned(),
        from: req.query("from").to_owned(),
        to: req.query("to").to_owned(),
        may_verify: may("journal.verify"),
        may_audit: may("admin.audit"),
        known_actor,
    })
}

fn kind_picks(req: &Req) -> Vec<Pick> {
    KINDS
        .iter()
        .map(|(kind, zh, en)| Pick {
            code: (*kind).to_owned(),
            label: req.t(zh, en).to_owned(),
            chosen: *kind == req.query("kind"),
        })
        .collect()
}

/// What else the reader may open.
struct Sees {
    cases: bool,
    deals: bool,
    people: bool,
}

fn row(entry: &Entry, hash: &[u8], names: &Names, sees: &Sees, newest: bool, req: &Req) -> Row {
    let meta = &entry.meta;
    let person = |id: &PersonId| names.people.get(id).cloned().unwrap_or_default();
    let actor = match &meta.actor {
        Actor::Person(id) => person(id),
        Actor::System(name) => system(name, req),
    };
    let (subject, href) = subject(meta.stream, names, sees, req);
    let at = super::moment(meta.at_ms);
    let effective = meta.effective.to_string();
    Row {
        seq: meta.seq,
        effective: if at.starts_with(&effective) {
            String::new()
        } else {
            effective
        },
        at,
        initial: super::initial(&actor),
        actor,
        on_behalf: meta.on_behalf.as_ref().map_or_else(String::new, person),
        kind: kind_words(&meta.kind, req),
        detail: detail(entry, req),
        reason: reason(entry),
        corrects: meta.corrects.unwrap_or(0),
        hash: super::short_hash(hash),
        subject,
        href,
        stream: meta.stream.to_string(),
        clock: meta.clock.as_deref().unwrap_or_default().to_owned(),
        refused: meta.kind == "closing.refused.v1",
        newest,
    }
}

/// Why, as the entry and its body say it.
fn reason(entry: &Entry) -> String {
    let why = entry.meta.reason.as_deref().unwrap_or_default();
    // The words of a business step belong to its case, which not every reader may see.
    let open =
        entry.meta.kind.starts_with("people.") || entry.meta.kind.starts_with("institution.");
    let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let said = body.get("reason").and_then(serde_json::Value::as_str);
    match said.filter(|it| open && !it.is_empty() && *it != why) {
        Some(said) if why.is_empty() => said.to_owned(),
        Some(said) => format!("{why} · {said}"),
        None => why.to_owned(),
    }
}

/// What an entry about a person or the table says beyond its kind.
fn detail(entry: &Entry, req: &Req) -> String {
    let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let of = |key: &str| {
        body.get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let role = || Role::parse(of("role")).map(|it| it.label().get(req.lang).to_owned());
    let scope = |key: &str| Scope::parse(of(key)).map(|it| it.label().get(req.lang).to_owned());
    let words = match entry.meta.kind.as_ref() {
        "people.account_changed.v1" => {
            AccountFact::parse(of("what")).map(|it| it.label().get(req.lang).to_owned())
        }
        "people.role_granted.v1" | "people.role_revoked.v1" => role(),
        "institution.permission_set.v1" => role().map(|role| {
            let (before, after) = (scope("before"), scope("scope"));
            let action = of("action");
            format!(
                "{role} · {action}: {} → {}",
                before.unwrap_or_default(),
                after.unwrap_or_default()
            )
        }),
        _ => None,
    };
    words.unwrap_or_default()
}

fn system(name: &str, req: &Req) -> String {
    match name {
        "setup" => req.t("程序（安装）", "The program (setup)").to_owned(),
        "import" => req.t("程序（导入）", "The program (import)").to_owned(),
        "clock" => req.t("程序（到期）", "The program (clock)").to_owned(),
        "sign_in" => req.t("程序（登录）", "The program (sign-in)").to_owned(),
        other => format!("{} {other}", req.t("程序", "The program")),
    }
}

fn subject(stream: StreamId, names: &Names, sees: &Sees, req: &Req) -> (String, String) {
    let number = names
        .subjects
        .get(&stream.to_string())
        .cloned()
        .unwrap_or_default();
    let link = |may: bool, href: String| if may { href } else { String::new() };
    match stream {
        StreamId::Institution => (
            req.t("学校", "The school").to_owned(),
            "/settings".to_owned(),
        ),
        StreamId::Person(id) => {
            let name = names.people.get(&id).cloned().unwrap_or_default();
            (name, link(sees.people, format!("/people/{id}")))
        }
        StreamId::Case(id) => (number, link(sees.cases, format!("/cases/{id}"))),
        StreamId::Deal(id) => (number, link(sees.deals, format!("/deals/{id}"))),
    }
}

/// Something that verification found.
pub struct Wrong {
    /// Stable code.
    pub code: &'static str,
    /// The first bad entry; 0 for none.
    pub seq: i64,
    /// What is wrong.
    pub message: String,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    p: Page,
    ok: bool,
    entries: u64,
    rows: u64,
    files: usize,
    head_seq: i64,
    head_hash: String,
    at: String,
    seconds: String,
    faults: Vec<Wrong>,
    may_read: bool,
}

/// What a walk along the chain found in the reader's institution.
fn walk(app: &App, user: &User, req: &Req) -> Result<(Report, Vec<Wrong>), Failure> {
    let report = app.store.verify(&mut |_, _| {})?;
    let faults = report
        .findings
        .iter()
        .filter(|it| it.institution.is_none_or(|id| id == user.institution))
        .map(|it| Wrong {
            code: it.code,
            seq: it.seq.unwrap_or(0),
            message: it.message.get(req.lang).to_owned(),
        })
        .collect();
    Ok((report, faults))
}

fn head<'a>(report: &'a Report, user: &User) -> Option<&'a (InstitutionId, i64, String)> {
    let mut heads = report.heads.iter();
    heads.find(|(id, _, _)| *id == user.institution)
}

/// The same walk for programs.
///
/// # Errors
/// When the data cannot be read at all.
pub fn api_verify(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (report, faults) = walk(app, user, req)?;
    let head = head(&report, user);
    let found: Vec<serde_json::Value> = faults
        .iter()
        .map(|it| json!({"code": it.code, "seq": (it.seq > 0).then_some(it.seq), "message": it.message}))
        .collect();
    api::resource(
        req,
        &json!({
            "ok": faults.is_empty(), "entries": report.entries, "rows": report.rows,
            "files": report.files, "head_seq": head.map(|(_, seq, _)| seq),
            "head_hash": head.map(|(_, _, hash)| hash), "faults": found,
        }),
    )
}

/// Walks the chain and says what was found. Findings of other institutions are
/// not shown here.
///
/// # Errors
/// When the data cannot be read at all.
pub fn verify(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let began = std::time::Instant::now();
    let (report, faults) = walk(app, user, req)?;
    let head = head(&report, user);
    let scope = authorise(Some(&institution), Some(user), "journal.read");
    Answer::html(&VerifyPage {
        p: Page::new(app, req)?,
        ok: faults.is_empty(),
        entries: report.entries,
        rows: report.rows,
        files: report.files,
        head_seq: head.map_or(0, |(_, seq, _)| *seq),
        head_hash: head.map_or_else(String::new, |(_, _, hash)| hash.clone()),
        at: super::moment(app.store.now_ms()),
        seconds: format!("{:.1}", began.elapsed().as_secs_f64()),
        faults,
        may_read: scope != Scope::None,
    })
}
