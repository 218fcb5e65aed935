//! 待办 — home: what waits, ordered by what law or contract makes due first.

use std::collections::HashMap;

use askama::Template;
use dukou_chain::people::Scope;
use dukou_chain::whole::Basis;
use dukou_kernel::{Date, Lang, PersonId};
use dukou_store::{Db, Fault, Value};

use super::list::{self, Views};
use super::{days_left, initial, long_date, weekday};
use crate::app::App;
use crate::authorise::{authorise, case_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const SHOWN: usize = 60;

/// One row of the list.
pub struct Row {
    /// Title of the case.
    pub title: String,
    /// Number and stop.
    pub subject: String,
    /// Where it is done.
    pub href: String,
    /// What to do.
    pub what: String,
    /// `law`, `contract`, `school`.
    pub basis: String,
    /// 法定
    pub basis_label: String,
    /// Why now.
    pub why: String,
    /// Due day; empty without one.
    pub due: String,
    /// Days left.
    pub days: i64,
    /// True while the official arrangement is missing.
    pub pending: bool,
    /// Who has to act.
    pub holder: String,
    /// First character of the holder.
    pub initial: String,
    /// True when it is the reader.
    pub me: bool,
    /// Since when.
    pub since: String,
}

/// A group of rows: late, this week, this month, later.
pub struct Group {
    /// Heading.
    pub title: String,
    /// True for the late ones.
    pub late: bool,
    /// Rows.
    pub rows: Vec<Row>,
}

/// One day of the strip.
pub struct Day {
    /// `11-25`
    pub label: String,
    /// 三
    pub weekday: String,
    /// `today`, `rest`, or nothing.
    pub class: &'static str,
    /// What is due: basis, words, link.
    pub items: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    p: Page,
    date: String,
    days: Vec<Day>,
    groups: Vec<Group>,
    whose: String,
    basis: String,
    q: String,
    mine: String,
    all: String,
    total: usize,
    can_disclose: bool,
    can_see_all: bool,
    views: Views,
    /// Does anything narrow the list that could be kept?
    keep: bool,
}

/// The work list.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let today = app.store.today();
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    let whose = whose(req, scope);
    let list = app
        .store
        .read(|db| read_tasks(db, user, scope, req, whose))?;
    let (mine, all) = app.store.read(|db| counts(db, user, scope))?;
    let rows: Vec<Row> = list
        .into_iter()
        .map(|task| row(task, req.lang, user, today))
        .collect();
    let days = strip(&rows, today, &institution, req.lang);
    let total = rows.len();
    let can = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    Answer::html(&Home {
        p: Page::new(app, req)?,
        date: long_date(today, req.lang),
        days,
        groups: group(rows, req.lang),
        whose: whose.to_owned(),
        basis: req.query("basis").to_owned(),
        q: req.query("q").to_owned(),
        mine: data::counted(mine),
        all: data::counted(all),
        total,
        can_disclose: can("disclosure.submit"),
        can_see_all: scope == Scope::All,
        views: list::views(app, req, user, "work")?,
        keep: !(req.query("q").is_empty() && req.query("basis").is_empty()),
    })
}

/// Whose work is asked for; everybody's only where the reader may see any case.
pub(crate) fn whose(req: &Req, scope: Scope) -> &'static str {
    if req.query("whose") == "all" && scope != Scope::None {
        "all"
    } else {
        "mine"
    }
}

struct TaskRow {
    subject: String,
    case: String,
    deal: String,
    title: String,
    code: String,
    what: (String, String),
    why: (String, String),
    basis: String,
    due: String,
    pending: bool,
    holder_kind: String,
    holder: String,
    holder_name: String,
    since: String,
}

/// The sources of the list and the conditions that narrow each, with their values.
pub(crate) fn wanted(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    req: &Req,
    whose: &str,
) -> Result<(Vec<String>, String, Vec<Value>), Fault> {
    let mut params = vec![text(user.institution), text(user.person)];
    let sources = if whose == "all" {
        let (source, values) = everybodys(user, scope);
        params.extend(values);
        vec![source]
    } else {
        data::my_tasks(db, user)?
    };
    let mut narrow = String::new();
    if Basis::parse(req.query("basis")).is_some() {
        params.push(text(req.query("basis")));
        narrow.push_str(&format!(" AND t.basis = ${}", params.len()));
    }
    if let Some(words) = list::like(req) {
        params.push(words);
        let at = params.len();
        narrow.push_str(&format!(
            " AND (t.what_zh LIKE ${at} OR t.what_en LIKE ${at} OR EXISTS (SELECT 1 FROM case_view w WHERE w.institution = t.institution AND w.id = t.case_id AND w.words LIKE ${at}))"
        ));
    }
    Ok((sources, narrow, params))
}

/// Every task within a scope, as a source like those of [`data::my_tasks`].
fn everybodys(user: &User, scope: Scope) -> (String, Vec<Value>) {
    if scope == Scope::All {
        return (
            "task t WHERE t.institution = $1 AND $2 = $2".to_owned(),
            Vec::new(),
        );
    }
    let (filter, values) = case_filter(scope, user, 3);
    let source = format!(
        "task t CROSS JOIN case_view c WHERE t.institution = $1 AND $2 = $2 AND c.institution = t.institution AND c.id = t.case_id{filter}"
    );
    (source, values)
}

fn read_tasks(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    req: &Req,
    whose: &str,
) -> Result<Vec<TaskRow>, Fault> {
    let (sources, narrow, params) = wanted(db, user, scope, req, whose)?;
    // Each source is in the order of the list already, so the nearest of each are
    // enough to find the nearest of all.
    let nearest: Vec<String> = sources
        .iter()
        .enumerate()
        .map(|(n, source)| {
            format!("SELECT * FROM (SELECT t.* FROM {source}{narrow} ORDER BY t.due, t.basis_rank, t.subject LIMIT {SHOWN}) s{n}")
        })
        .collect();
    let sql = format!(
        "SELECT t.subject, t.case_id, t.deal, c.title, t.code, t.what_zh, t.what_en, t.why_zh, t.why_en, t.basis, t.due, t.pending, t.holder_kind, t.holder, c.manager, t.since \
         FROM ({}) t CROSS JOIN case_view c WHERE c.institution = t.institution AND c.id = t.case_id \
         ORDER BY t.due, t.basis_rank, t.subject LIMIT {SHOWN}",
        nearest.join(" UNION ALL ")
    );
    let rows = db.rows(&sql, &params)?;
    let mut names: HashMap<String, String> = HashMap::new();
    let mut tasks = Vec::with_capacity(rows.len());
    for row in &rows {
        let holder_kind = row.text(12).to_owned();
        let holder = if holder_kind == "manager" {
            row.text(14)
        } else {
            row.text(13)
        };
        let holder_name = if holder_kind == "role" || holder.is_empty() {
            String::new()
        } else if let Some(known) = names.get(holder) {
            known.clone()
        } else {
            let name = match holder.parse::<PersonId>() {
                Ok(person) => data::person_name(db, user.institution, person)?,
                Err(_) => String::new(),
            };
            names.insert(holder.to_owned(), name.clone());
            name
        };
        tasks.push(TaskRow {
            subject: row.text(0).to_owned(),
            case: row.text(1).to_owned(),
            deal: row.text(2).to_owned(),
            title: row.text(3).to_owned(),
            code: row.text(4).to_owned(),
            what: (row.text(5).to_owned(), row.text(6).to_owned()),
            why: (row.text(7).to_owned(), row.text(8).to_owned()),
            basis: row.text(9).to_owned(),
            due: row.text(10).to_owned(),
            pending: row.int(11) != 0,
            holder: holder.to_owned(),
            holder_kind,
            holder_name,
            since: row.text(15).to_owned(),
        });
    }
    Ok(tasks)
}

/// How many wait for the reader, and how many for the whole office.
fn counts(db: &mut dyn Db, user: &User, scope: Scope) -> Result<(i64, i64), Fault> {
    let sources = data::my_tasks(db, user)?;
    let mine = data::count_up(db, user, &sources)?;
    let all = if scope == Scope::All {
        data::count_up(db, user, &[everybodys(user, scope).0])?
    } else {
        0
    };
    Ok((mine, all))
}

fn row(task: TaskRow, lang: Lang, user: &User, today: Date) -> Row {
    let basis = Basis::parse(&task.basis).unwrap_or(Basis::School);
    let no_day = task.due.starts_with("9999");
    let days = task
        .due
        .parse::<Date>()
        .map_or(0, |day| days_left(day, today));
    let me = task.holder == user.person.to_string()
        || (task.holder_kind == "role" && user.roles.iter().any(|role| role.code() == task.holder));
    let holder = if task.holder_kind == "role" {
        dukou_chain::people::Role::parse(&task.holder)
            .map_or_else(String::new, |role| role.label().get(lang).to_owned())
    } else if task.holder_name.is_empty() {
        lang.pick("技术转移中心", "Transfer office").to_owned()
    } else {
        task.holder_name.clone()
    };
    let query = if task.deal.is_empty() {
        String::new()
    } else {
        format!("?deal={}", task.deal)
    };
    let since = task
        .since
        .parse::<Date>()
        .map_or_else(|_| task.since.clone(), |day| super::short_date(day, today));
    Row {
        title: task.title,
        subject: task.subject,
        href: format!(
            "/cases/{}{query}#{}",
            task.case,
            task.code.replace('.', "-")
        ),
        what: lang.pick(&task.what.0, &task.what.1).to_owned(),
        basis: task.basis,
        basis_label: basis.label().get(lang).to_owned(),
        why: lang.pick(&task.why.0, &task.why.1).to_owned(),
        due: if no_day { String::new() } else { task.due },
        days,
        pending: task.pending,
        initial: initial(&holder),
        holder: if me && task.holder_kind != "role" {
            lang.pick("我", "Me").to_owned()
        } else {
            holder
        },
        me,
        since,
    }
}

fn group(rows: Vec<Row>, lang: Lang) -> Vec<Group> {
    let titles = [
        (lang.pick("已逾期", "Overdue"), true),
        (lang.pick("一周内", "Within a week"), false),
        (lang.pick("一个月内", "Within a month"), false),
        (
            lang.pick("更远，或没有期限", "Later, or without a date"),
            false,
        ),
    ];
    let mut groups: Vec<Group> = titles
        .iter()
        .map(|(title, late)| Group {
            title: (*title).to_owned(),
            late: *late,
            rows: Vec::new(),
        })
        .collect();
    for row in rows {
        let at = match row.days {
            _ if row.due.is_empty() => 3,
            days if days < 0 => 0,
            0..=7 => 1,
            8..=31 => 2,
            _ => 3,
        };
        if let Some(group) = groups.get_mut(at) {
            group.rows.push(row);
        }
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

fn strip(
    rows: &[Row],
    today: Date,
    institution: &dukou_chain::institution::Institution,
    lang: Lang,
) -> Vec<Day> {
    (0..15)
        .map(|offset| {
            let day = today.saturating_add(jiff::Span::new().days(offset));
            let iso = day.to_string();
            let working = institution.calendar().is_working(day).map(|(yes, _)| yes);
            let weekend = day.weekday().to_monday_zero_offset() >= 5;
            let class = if offset == 0 {
                "today"
            } else if working.unwrap_or(!weekend) {
                ""
            } else {
                "rest"
            };
            let items = rows
                .iter()
                .filter(|row| row.due == iso)
                .take(3)
                .map(|row| (row.basis.clone(), row.what.clone(), row.href.clone()))
                .collect();
            Day {
                label: format!("{:02}-{:02}", day.month(), day.day()),
                weekday: if offset == 0 {
                    lang.pick("今天", "today").to_owned()
                } else {
                    weekday(day, lang).to_owned()
                },
                class,
                items,
            }
        })
        .collect()
}
