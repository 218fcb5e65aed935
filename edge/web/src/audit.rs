//! 审计日志 — who saw and did what, beside the journal: pages read, files and lists
//! taken away, refusals, wrong tokens, every attempt to sign in and what was done at
//! the machine itself. Network logs are kept for at least six months: [`least`].
//!
//! A request leaves one [`Line`] in memory ([`Trail`]); once a second, before the
//! page of the log is read, and when the server stops, they are written together.
//! So a page costs no transaction of its own. A killed server loses at most the last
//! second of what was looked at; what was done stands in the journal.

pub mod machine;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dukou_chain::whole::{Command, State};
use dukou_journal::StreamId;
use dukou_kernel::{Citation, InstitutionId, PersonId};
use dukou_rules::{COUNTRY, Rulebook};
use dukou_store::{Db, Fault, Store, Value};
use jiff::civil::Date;
use serde::Deserialize;

use crate::api::once;
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::pace::Pace;
use crate::request::Req;
use crate::routes::Route;
use crate::session;

/// Lines kept in memory while the database cannot be written.
const WAITING: usize = 20_000;
/// How something came that was done at the machine.
pub const MACHINE: &str = "machine";
const DAY_MS: i64 = 86_400_000;
/// Lines a minute about one address that nobody is signed in from: a flood of
/// refusals must not fill the database.
const OF_STRANGERS: u32 = 60;

/// The shortest time that lines are kept.
pub struct Least {
    /// In days.
    pub days: i64,
    /// The article that says so.
    pub citation: Citation,
}

/// How long the law of this day wants network logs kept, by what the program carries:
/// for settings, which are read before any institution is.
pub fn least(today: Date) -> Least {
    of_book(&Rulebook::builtin(), COUNTRY, today)
}

fn of_book(book: &Rulebook, region: &str, today: Date) -> Least {
    match book.at(today).within(region).count("log.retention.min") {
        Ok(rule) => Least {
            // The longest that so many months can be, with a day for the border.
            days: i64::from(rule.value) * 61 / 2 + 1,
            citation: rule.citation,
        },
        // Before the law there was none; what is kept is kept all the same.
        Err(_) => Least {
            days: 184,
            citation: book.article("cyber_law.21"),
        },
    }
}

/// The same for an installation: the longest that the law of one of its institutions
/// asks for, with what was loaded there.
///
/// # Errors
/// When the database cannot be read.
pub fn least_here(store: &Store) -> Result<Least, Fault> {
    let today = store.today();
    let mut longest = least(today);
    for id in store.institutions()? {
        let (_, state) = store.state(id, StreamId::Institution)?;
        let State::Institution(it) = state.as_ref() else {
            continue;
        };
        let own = of_book(it.rulebook(), it.jurisdiction(), today);
        if own.days > longest.days {
            longest = own;
        }
    }
    Ok(longest)
}

/// What is done beside the permission table, in both languages.
const OWN: &[(&str, &str, &str)] = &[
    ("sign_in", "登录", "Sign in"),
    ("sign_in.code", "动态码", "One-time code"),
    (
        "sign_in.invite",
        "使用邀请或重置链接",
        "Use an invitation or reset link",
    ),
    ("token", "令牌", "Token"),
    (
        "machine.user.setup",
        "在服务器上建立机构",
        "Set up at the machine",
    ),
    (
        "machine.user.invite",
        "在服务器上发邀请",
        "Invited at the machine",
    ),
    (
        "machine.user.token",
        "在服务器上发令牌",
        "Token made at the machine",
    ),
    (
        "machine.user.service",
        "在服务器上登记系统",
        "Service registered at the machine",
    ),
    (
        "machine.user.revoke",
        "在服务器上作废令牌",
        "Token taken back at the machine",
    ),
    (
        "machine.user.list",
        "在服务器上查看账号",
        "Accounts listed at the machine",
    ),
    (
        "machine.export",
        "在服务器上导出机构",
        "Exported at the machine",
    ),
    (
        "machine.backup",
        "在服务器上备份",
        "Backed up at the machine",
    ),
    (
        "machine.restore",
        "在服务器上还原",
        "Restored at the machine",
    ),
    (
        "machine.import",
        "在服务器上导入",
        "Imported at the machine",
    ),
];

/// An action that is not in the permission table, in both languages.
pub fn own_words(action: &str) -> Option<(&'static str, &'static str)> {
    let found = OWN.iter().find(|(code, _, _)| *code == action)?;
    Some((found.1, found.2))
}

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 查看 — a page was read.
    Saw,
    /// 下载 — a file or a whole list was taken away.
    Took,
    /// 办理 — something was done.
    Did,
    /// 登录 — signed in.
    SignedIn,
    /// 登录失败 — a wrong name, password or code.
    SignInFailed,
    /// 拒绝 — the permission table, the law or a limit said no.
    Refused,
    /// 出错 — wrong input or a fault.
    Failed,
}

impl Kind {
    /// Every kind, as the filter offers them.
    pub const ALL: [Self; 7] = [
        Self::Saw,
        Self::Took,
        Self::Did,
        Self::SignedIn,
        Self::SignInFailed,
        Self::Refused,
        Self::Failed,
    ];

    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Saw => "saw",
            Self::Took => "took",
            Self::Did => "did",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// In both languages.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Saw => ("查看", "Read"),
            Self::Took => ("下载", "Downloaded"),
            Self::Did => ("办理", "Did"),
            Self::SignedIn => ("登录", "Signed in"),
            Self::SignInFailed => ("登录失败", "Sign-in failed"),
            Self::Refused => ("被拒绝", "Refused"),
            Self::Failed => ("出错", "Failed"),
        }
    }

    fn of(route: &Route, status: u16) -> Self {
        let invites = route.path.starts_with("/invite");
        let entry = route.path.starts_with("/sign-in") || invites;
        let takes = [".xlsx", ".csv", "/files/{hash}"];
        match status {
            401 | 403 | 429 => Self::Refused,
            200..=399 if entry && !invites => Self::SignedIn,
            400..=499 if entry => Self::SignInFailed,
            200..=399 if route.post => Self::Did,
            200..=399 if takes.iter().any(|end| route.path.ends_with(end)) => Self::Took,
            200..=399 => Self::Saw,
            _ => Self::Failed,
        }
    }
}

/// One request.
#[derive(Clone)]
struct Line {
    /// Nothing when nobody can tell whose business it is.
    institution: Option<InstitutionId>,
    person: Option<PersonId>,
    at_ms: i64,
    kind: Kind,
    action: String,
    path: String,
    status: u16,
    via: &'static str,
    address: String,
}

impl Line {
    fn row(self) -> Vec<Value> {
        vec![
            text(uuid::Uuid::now_v7()),
            text(
                self.institution
                    .map_or_else(String::new, |it| it.to_string()),
            ),
            self.at_ms.into(),
            text(self.person.map_or_else(String::new, |it| it.to_string())),
            text(self.kind.code()),
            Value::Text(self.action),
            Value::Text(self.path),
            i64::from(self.status).into(),
            text(self.via),
            Value::Text(self.address),
        ]
    }
}

/// Lines that wait to be written.
pub struct Trail {
    waiting: Mutex<Vec<Line>>,
    strangers: Pace,
    dropped: AtomicU64,
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            strangers: Pace::per_minute(OF_STRANGERS),
            dropped: AtomicU64::new(0),
        }
    }
}

impl Trail {
    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that were not kept: the database could not be written for long, or
    /// one stranger asked for too many.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn push(&self, line: Line) {
        let mut lines = self.lines();
        if lines.len() < WAITING {
            lines.push(line);
        } else {
            drop(lines);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::error!("the audit log cannot be written; a line is lost");
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// When the database cannot be written; the lines go on waiting.
    pub fn write(&self, store: &Store) -> Result<(), Fault> {
        let waiting = std::mem::take(&mut *self.lines());
        if waiting.is_empty() {
            return Ok(());
        }
        let lines = waiting.clone();
        let written =
            store.write(move |db| lines.into_iter().try_for_each(|line| insert(db, line)));
        if written.is_err() {
            self.lines().splice(0..0, waiting);
        }
        written
    }
}

fn insert(db: &mut dyn Db, line: Line) -> Result<(), Fault> {
    let sql = "INSERT INTO audit (id, institution, at_ms, person, kind, action, path, status, via, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    db.exec(sql, &line.row()).map(drop)
}

/// Removes lines that are older than the installation keeps them. The clock alone
/// takes none away: age counts from the newest line of another day, so a clock that
/// runs ahead costs nothing while it is put right.
///
/// # Errors
/// When the database cannot be written.
pub fn forget(store: &Store, days: i64) -> Result<(), Fault> {
    let now = store.now_ms();
    let days = days.max(least_here(store)?.days);
    store.write(move |db| {
        let sql = "SELECT COALESCE(MAX(at_ms), 0) FROM audit WHERE at_ms < $1";
        let newest = db.row(sql, &[(now - DAY_MS).into()])?;
        let known = newest.map_or(0, |row| row.int(0)) + DAY_MS;
        let before = now.min(known) - days * DAY_MS;
        db.exec("DELETE FROM audit WHERE at_ms < $1", &[before.into()])
            .map(drop)
    })
}

/// The command inside a body of the API; nothing of the rest is read.
#[derive(Deserialize)]
struct Named {
    command: String,
}

/// The action a request was about: the command where there is one.
fn action(route: &Route, req: &Req) -> String {
    let named = (route.api && route.post)
        .then(|| serde_json::from_slice::<Named>(&req.body).ok())
        .flatten();
    let command = named.map_or_else(|| req.param("command").to_owned(), |it| it.command);
    if Command::NAMES.contains(&command.as_str()) {
        return Command::action_on(&command, req.path.starts_with("/deals")).to_owned();
    }
    let own = match route.path {
        "/sign-in" => "sign_in",
        "/sign-in/code" => "sign_in.code",
        "/invite/{token}" => "sign_in.invite",
        _ if route.api && req.user.is_none() => "token",
        _ => route.action,
    };
    own.to_owned()
}

/// Whose business a stranger's request is, as far as the name or the link tells.
fn claimed(app: &App, req: &Req) -> Result<(Option<InstitutionId>, Option<PersonId>), Fault> {
    let (sql, word) = match req.params.get("token") {
        Some(token) => (
            "SELECT institution, person FROM invite WHERE token_hash = $1",
            session::token_hash(token),
        ),
        None => (
            "SELECT institution, person FROM account WHERE login = $1",
            req.field("login").trim().to_lowercase(),
        ),
    };
    if let Some(row) = app.store.read(|db| db.row(sql, &[text(word)]))? {
        return Ok((row.text(0).parse().ok(), row.text(1).parse().ok()));
    }
    // What nobody has is the business of the only school there is.
    let all = app.store.institutions()?;
    Ok(match all.as_slice() {
        [only] => (Some(*only), None),
        _ => (None, None),
    })
}

/// Is a request of nobody signed in taken down? Attempts at secrets are, and those
/// that ask too fast; who only reads what is public is not.
fn worth_a_line(app: &App, route: &Route, req: &Req, status: u16) -> bool {
    let attempt = route.path.starts_with("/invite")
        || (req.post && matches!(route.path, "/sign-in" | "/sign-in/code"))
        || (status == 401 && req.bearer.is_some())
        || status == 429;
    if !attempt {
        return false;
    }
    let kept = app.trail.strangers.call(&req.address).is_ok();
    if !kept {
        app.trail.dropped.fetch_add(1, Ordering::Relaxed);
    }
    kept
}

/// The path as it is kept: what opens an account stands in none.
fn kept_path(route: &Route, req: &Req) -> String {
    if route.path.starts_with("/invite") {
        return route.path.to_owned();
    }
    req.path.chars().take(300).collect()
}

/// Takes a request down, once it has been answered. What was typed into it is
/// never taken down, only where it went.
pub fn note(app: &App, route: &Route, req: &Req, status: u16) {
    let entry = req.post && matches!(route.path, "/sign-in" | "/sign-in/code");
    let quiet = route.path.starts_with("/static/")
        || matches!(
            route.path,
            "/preferences" | "/healthz" | "/readyz" | "/metrics"
        )
        || route.path.ends_with("/autosave")
        || (route.path.starts_with("/sign-in") && !entry && status != 429);
    let (institution, person) = match &req.user {
        _ if quiet => return,
        Some(user) => (Some(user.institution), Some(user.person)),
        None if worth_a_line(app, route, req, status) => claimed(app, req).unwrap_or_default(),
        None => return,
    };
    let token = match &req.user {
        Some(user) => user.scopes.is_some(),
        None => req.bearer.is_some(),
    };
    app.trail.push(Line {
        institution,
        person,
        at_ms: app.store.now_ms(),
        kind: Kind::of(route, status),
        action: action(route, req),
        path: kept_path(route, req),
        status,
        via: if token { "token" } else { "session" },
        address: req.address.clone(),
    });
}

/// Writes what waits, so that the log is whole up to now.
///
/// # Errors
/// When the database cannot be written.
pub fn settle(app: &App) -> Result<(), Failure> {
    app.trail.write(&app.store)?;
    Ok(taken(app)?)
}

/// Takes in what was done at the machine, where there is a data folder.
fn taken(app: &App) -> Result<(), Fault> {
    match &app.settings.data_folder {
        Some(folder) => machine::take(&app.store, folder),
        None => Ok(()),
    }
}

/// Once a second what waits for the audit log is written; once an hour what is
/// older than it is kept goes, answers under keys among it.
pub async fn keep(app: Arc<App>) {
    const FORGET_EVERY: u64 = 3_600;
    let mut seconds = 0u64;
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tick.tick().await;
        let app = Arc::clone(&app);
        let hour = seconds.is_multiple_of(FORGET_EVERY);
        let kept = tokio::task::spawn_blocking(move || {
            if hour {
                forget(&app.store, app.settings.audit_days)?;
                once::forget(&app.store)?;
            }
            app.trail.write(&app.store)?;
            taken(&app)
        });
        if let Ok(Err(error)) = kept.await {
            tracing::error!(%error, "the audit log cannot be written");
        }
        seconds += 1;
    }
}
