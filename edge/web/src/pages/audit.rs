//! 审计日志 — who saw and did what, newest first; for those who watch over the
//! installation. What was done to a case stands in the journal too.

use std::collections::HashMap;

use askama::Template;
use dukou_chain::people;
use dukou_kernel::PersonId;
use dukou_store::{Db, Fault, Record, Value};

use super::list::{DAY_MS, SHEET, Turns, begins, people_named, query_with, sheet, turns};
use super::people::Pick;
use crate::app::App;
use crate::audit::{self, Kind};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const PAGE: i64 = 50;

/// One line, as a person reads it.
pub struct Row {
    /// When, to the second.
    pub at: String,
    /// Who; empty for an attempt under a name that nobody has.
    pub person: String,
    /// First character of the name.
    pub initial: String,
    /// Id of the person, for the filter.
    pub person_id: String,
    /// What kind of line, in words.
    pub kind: &'static str,
    /// Tone of its badge.
    pub tone: &'static str,
    /// What was asked for, in words.
    pub action: String,
    /// What it was about: a number, a name, else the path.
    pub about: String,
    /// The path whose other lines the reader may want.
    pub path: String,
    /// From where.
    pub address: String,
    /// True when a program came with a token.
    pub token: bool,
    /// True when somebody at the machine did it.
    pub machine: bool,
    /// The answer's status.
    pub status: i64,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    kinds: Vec<Pick>,
    person: String,
    path: String,
    about: String,
    from: String,
    to: String,
    turns: Turns,
    sheet: String,
    known: bool,
    days: i64,
}

/// The filter in SQL.
fn conditions(user: &User, people: &[String], req: &Req) -> (String, Vec<Value>) {
    let mut sql = "institution = $1".to_owned();
    let mut params = vec![text(user.institution)];
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if Kind::ALL
        .iter()
        .any(|kind| kind.code() == req.query("kind"))
    {
        add(" AND kind = ?", text(req.query("kind")));
    }
    let path = req.query("path");
    if !path.is_empty() {
        // The thing itself and the steps on it; `0` follows `/`.
        add(" AND (path = ?", text(path));
        add(" OR (path >= ?", text(format!("{path}/")));
        add(" AND path < ?))", text(format!("{path}0")));
    }
    if let Some(from) = begins(req.query("from")) {
        add(" AND at_ms >= ?", from.into());
    }
    if let Some(to) = begins(req.query("to")) {
        add(" AND at_ms < ?", (to + DAY_MS).into());
    }
    let before = match crate::api::after(req, "audit") {
        Some([id]) => id,
        None => req.query("before").to_owned(),
    };
    if before.parse::<uuid::Uuid>().is_ok() {
        add(" AND id < ?", text(before));
    }
    if !req.query("person").trim().is_empty() {
        let places: Vec<String> = people
            .iter()
            .map(|person| {
                params.push(text(person));
                format!("${}", params.len())
            })
            .collect();
        sql.push_str(&match places.is_empty() {
            true => " AND 1 = 0".to_owned(),
            false => format!(" AND person IN ({})", places.join(", ")),
        });
    }
    (sql, params)
}

/// Lines, and whether the person asked for is known.
fn read(
    db: &mut dyn Db,
    user: &User,
    req: &Req,
    most: i64,
) -> Result<(Vec<Record>, Names, bool), Fault> {
    let person = req.query("person").trim();
    let people = match person {
        "" => Vec::new(),
        name => people_named(db, user, name)?,
    };
    let (clause, params) = conditions(user, &people, req);
    let rows = db.rows(
        &format!("SELECT id, at_ms, person, kind, action, path, status, via, address FROM audit WHERE {clause} ORDER BY id DESC LIMIT {most}"),
        &params,
    )?;
    let mut names = Names::default();
    for row in &rows {
        names.learn(db, user, row)?;
    }
    if !req.query("path").is_empty() {
        names.learn_about(db, user, req.query("path"))?;
    }
    Ok((rows, names, person.is_empty() || !people.is_empty()))
}

/// Names of people and of what the paths are about, each read once.
#[derive(Default)]
struct Names {
    people: HashMap<PersonId, String>,
    about: HashMap<String, String>,
}

/// The part of a path that says what it is about: `cases` and an id.
fn thing(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let mut parts = path.strip_prefix('/')?.split('/');
    let id = parts.next().zip(parts.next())?;
    matches!(id.0, "cases" | "deals" | "people" | "files").then_some(id)
}

impl Names {
    fn learn(&mut self, db: &mut dyn Db, user: &User, row: &Record) -> Result<(), Fault> {
        if let Ok(person) = row.text(2).parse::<PersonId>()
            && !self.people.contains_key(&person)
        {
            let found = data::names(db, user.institution, [person])?;
            self.people.extend(found);
        }
        self.learn_about(db, user, row.text(5))
    }

    fn learn_about(&mut self, db: &mut dyn Db, user: &User, path: &str) -> Result<(), Fault> {
        let Some((kind, id)) = thing(path) else {
            return Ok(());
        };
        if self.about.contains_key(id) {
            return Ok(());
        }
        let sql = match kind {
            "cases" => "SELECT number FROM case_view WHERE institution = $1 AND id = $2",
            "deals" => "SELECT number FROM deal_view WHERE institution = $1 AND id = $2",
            "files" => "SELECT name FROM file WHERE institution = $1 AND hash = $2",
            _ => {
                "SELECT text FROM sealed WHERE institution = $1 AND subject = $2 AND field = 'name'"
            }
        };
        let row = db.row(sql, &[text(user.institution), text(id)])?;
        if let Some(row) = row {
            self.about.insert(id.to_owned(), row.text(0).to_owned());
        }
        Ok(())
    }

    fn about(&self, path: &str) -> String {
        let named = thing(path).and_then(|(_, id)| self.about.get(id));
        named.cloned().unwrap_or_else(|| path.to_owned())
    }
}

/// What other lines of the same thing are found under.
fn root(path: &str) -> String {
    match thing(path) {
        Some((kind, id)) if !path.starts_with("/api/") => format!("/{kind}/{id}"),
        _ => path.to_owned(),
    }
}

fn row(from: &Record, names: &Names, req: &Req) -> Row {
    let kind = Kind::ALL.iter().find(|kind| kind.code() == from.text(3));
    let kind = kind.copied().unwrap_or(Kind::Failed);
    let (zh, en) = kind.words();
    let person = from
        .text(2)
        .parse()
        .ok()
        .and_then(|id: PersonId| names.people.get(&id).cloned())
        .unwrap_or_default();
    let action = match audit::own_words(from.text(4)) {
        Some((zh, en)) => req.t(zh, en).to_owned(),
        None => people::permission::action(from.text(4)).map_or_else(
            || from.text(4).to_owned(),
            |it| req.t(&it.zh, &it.en).to_owned(),
        ),
    };
    Row {
        at: super::moment_with_seconds(from.int(1)),
        initial: super::initial(&person),
        person,
        person_id: from.text(2).to_owned(),
        kind: req.t(zh, en),
        tone: match kind {
            Kind::Saw => "grey",
            Kind::Took => "ochre",
            Kind::Did => "water",
            Kind::SignedIn => "pine",
            Kind::SignInFailed | Kind::Refused | Kind::Failed => "seal",
        },
        action,
        about: names.about(from.text(5)),
        path: root(from.text(5)),
        address: from.text(8).to_owned(),
        token: from.text(7) == "token",
        machine: from.text(7) == audit::MACHINE,
        status: from.int(6),
    }
}

/// What stands in the search for a person who was picked by id.
fn named(names: &Names, asked: &str) -> String {
    let known = asked.parse().ok().and_then(|id| names.people.get(&id));
    known.map_or_else(|| asked.to_owned(), Clone::clone)
}

/// The audit log.
///
/// # Errors
/// When the database cannot be used.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    audit::settle(app)?;
    let (lines, names, known) = app.store.read(|db| read(db, user, req, PAGE + 1))?;
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let last = lines.get(shown - 1).map(|line| line.text(0));
    let rows = lines.iter().take(shown);
    Answer::html(&List {
        p: Page::new(app, req)?,
        rows: rows.map(|line| row(line, &names, req)).collect(),
        kinds: Kind::ALL
            .iter()
            .map(|kind| Pick {
                code: kind.code().to_owned(),
                label: req.t(kind.words().0, kind.words().1).to_owned(),
                chosen: kind.code() == req.query("kind"),
            })
            .collect(),
        person: named(&names, req.query("person")),
        path: req.query("path").to_owned(),
        about: names.about(req.query("path")),
        from: req.query("from").to_owned(),
        to: req.query("to").to_owned(),
        turns: turns(req, last.filter(|_| lines.len() > shown)),
        sheet: query_with(req, "before", ""),
        known,
        days: app
            .settings
            .audit_days
            .max(audit::least_here(&app.store)?.days),
    })
}

/// The lines of the filter as a sheet.
///
/// # Errors
/// When the database cannot be used or the sheet cannot be written.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    audit::settle(app)?;
    let (lines, names, _) = app.store.read(|db| read(db, user, req, SHEET + 1))?;
    let heads = [
        req.t("时间", "Time"),
        req.t("对象", "About"),
        req.t("谁", "Who"),
        req.t("类别", "Kind"),
        req.t("事项", "Action"),
        req.t("路径", "Path"),
        req.t("结果码", "Status"),
        req.t("途径", "Via"),
        req.t("地址", "Address"),
    ];
    let (kept, cut) = whole(&lines, SHEET);
    // A sheet that ends before its lines do says so where a reader begins.
    let note = req.t(
        "只含最新的200000条，更早的未列出。用起止日期分段导出。",
        "The newest 200,000 lines only; older ones are left out. Export in parts by the dates.",
    );
    let first = cut.then(|| vec![note.to_owned()]);
    let rows = kept.iter().map(|line| {
        let it = row(line, &names, req);
        vec![
            it.at,
            it.about,
            it.person,
            it.kind.to_owned(),
            it.action,
            line.text(5).to_owned(),
            it.status.to_string(),
            line.text(7).to_owned(),
            it.address,
        ]
    });
    let rows = first.into_iter().chain(rows);
    sheet(req.t("审计日志", "Audit log"), &heads, rows)
}

/// As many lines as a sheet takes, and whether there were more.
fn whole<T>(lines: &[T], most: i64) -> (&[T], bool) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    match lines.split_at_checked(most) {
        Some((kept, rest)) => (kept, !rest.is_empty()),
        None => (lines, false),
    }
}

/// The lines for programs, newest first.
///
/// # Errors
/// When the database cannot be used.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    audit::settle(app)?;
    let most = crate::api::limit(req);
    let (lines, _, _) = app.store.read(|db| read(db, user, req, most))?;
    let items: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let person = Some(line.text(2)).filter(|it| !it.is_empty());
            serde_json::json!({
                "id": line.text(0), "at_ms": line.int(1), "person": person,
                "kind": line.text(3), "action": line.text(4), "path": line.text(5),
                "status": line.int(6), "via": line.text(7), "address": line.text(8),
            })
        })
        .collect();
    let last = lines.last().map(|line| [line.text(0)]);
    let key = last.as_ref().map(<[&str; 1]>::as_slice);
    let cursor = crate::api::next(items.len(), most, "audit", key);
    crate::api::resource(req, &serde_json::json!({"items": items, "next": cursor}))
}

#[cfg(test)]
mod tests {
    use super::{root, thing, whole};

    #[test]
    fn a_sheet_knows_whether_it_was_cut() {
        assert_eq!(whole(&[1, 2], 3), (&[1, 2][..], false));
        assert_eq!(whole(&[1, 2, 3], 3), (&[1, 2, 3][..], false));
        assert_eq!(whole(&[1, 2, 3, 4], 3), (&[1, 2, 3][..], true));
    }

    #[test]
    fn a_path_names_its_thing() {
        assert_eq!(thing("/cases/7/do/case.note"), Some(("cases", "7")));
        assert_eq!(thing("/api/v1/deals/7"), Some(("deals", "7")));
        assert_eq!(thing("/cases"), None);
        assert_eq!(thing("/notices/7"), None);
        assert_eq!(root("/cases/7/do/case.note"), "/cases/7");
        assert_eq!(root("/rules"), "/rules");
    }
}
