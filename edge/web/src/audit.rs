//! 审计日志 — who saw and did what, beside the journal: pages read, files and lists
//! taken away, refusals, and every attempt to sign in (网络安全法第21条: network logs
//! are kept for at least six months).
//!
//! A request leaves one [`Line`] in memory ([`Trail`]); once a second, before the
//! page of the log is read, and when the server stops, they are written together.
//! So a page costs no transaction of its own. A killed server loses at most the last
//! second of what was looked at; what was done stands in the journal.

use std::sync::{Arc, Mutex, PoisonError};

use dukou_chain::whole::Command;
use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::{Db, Fault, Store, Value};
use serde::Deserialize;

use crate::api::once;
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::request::Req;
use crate::routes::Route;

/// The fewest days that lines are kept: six months.
pub const LEAST_DAYS: i64 = 184;
/// Lines kept in memory while the database cannot be written.
const WAITING: usize = 20_000;
/// How something came that was done at the machine.
pub const MACHINE: &str = "machine";
const DAY_MS: i64 = 86_400_000;

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
        let entry = route.path.starts_with("/sign-in") || route.path.starts_with("/invite");
        let takes = [".xlsx", ".csv", "/files/{hash}"];
        match status {
            401 | 403 | 429 => Self::Refused,
            200..=399 if entry => Self::SignedIn,
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
    institution: InstitutionId,
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
            text(self.institution),
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
#[derive(Default)]
pub struct Trail(Mutex<Vec<Line>>);

impl Trail {
    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let written = store.write(move |db| {
            for line in lines {
                insert(db, line)?;
            }
            Ok(())
        });
        if written.is_err() {
            self.lines().splice(0..0, waiting);
        }
        written
    }
}

fn insert(db: &mut dyn Db, line: Line) -> Result<(), Fault> {
    db.exec(
        "INSERT INTO audit (id, institution, at_ms, person, kind, action, path, status, via, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &line.row(),
    )
    .map(drop)
}

/// Removes lines that are older than the installation keeps them; how many.
///
/// # Errors
/// When the database cannot be written.
pub fn forget(store: &Store, days: i64) -> Result<(), Fault> {
    let before = store.now_ms() - days.max(LEAST_DAYS) * DAY_MS;
    store.write(move |db| {
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
        Command::action_on(&command, req.path.starts_with("/deals")).to_owned()
    } else {
        route.action.to_owned()
    }
}

/// Whose attempt to sign in it was, as far as the name tells.
fn claimed(app: &App, req: &Req) -> Result<Option<(InstitutionId, Option<PersonId>)>, Fault> {
    let login = req.field("login").trim().to_lowercase();
    let row = app.store.read(|db| {
        db.row(
            "SELECT institution, person FROM account WHERE login = $1",
            &[text(login)],
        )
    })?;
    if let Some(row) = row {
        let institution = row.text(0).parse().ok();
        return Ok(institution.map(|it| (it, row.text(1).parse().ok())));
    }
    // A name that nobody has is the business of the only school there is.
    let all = app.store.institutions()?;
    Ok(match all.as_slice() {
        [only] => Some((*only, None)),
        _ => None,
    })
}

/// Takes a request down, once it has been answered. What was typed into it is
/// never taken down, only where it went.
pub fn note(app: &App, route: &Route, req: &Req, status: u16) {
    let entry = route.path == "/sign-in" || route.path == "/sign-in/code";
    let quiet = route.path.starts_with("/static/")
        || matches!(
            route.path,
            "/preferences" | "/healthz" | "/readyz" | "/metrics"
        )
        || route.path.ends_with("/autosave")
        || (route.path.starts_with("/sign-in") && !(entry && req.post));
    let whose = match &req.user {
        _ if quiet => return,
        Some(user) => Some((user.institution, Some(user.person))),
        None if entry => claimed(app, req).unwrap_or_default(),
        None => return,
    };
    let Some((institution, person)) = whose else {
        return;
    };
    let token = req.user.as_ref().is_some_and(|user| user.scopes.is_some());
    let line = Line {
        institution,
        person,
        at_ms: app.store.now_ms(),
        kind: Kind::of(route, status),
        action: action(route, req),
        path: req.path.chars().take(300).collect(),
        status,
        via: if token { "token" } else { "session" },
        address: req.address.clone(),
    };
    let mut lines = app.trail.lines();
    if lines.len() < WAITING {
        lines.push(line);
    } else {
        drop(lines);
        tracing::error!("the audit log cannot be written; a line is lost");
    }
}

/// Takes down what somebody did at the machine, outside of any session.
///
/// # Errors
/// When the database cannot be written.
pub fn at_machine(
    store: &Store,
    institution: InstitutionId,
    (action, path): (&str, &str),
) -> Result<(), Fault> {
    let line = Line {
        institution,
        person: None,
        at_ms: store.now_ms(),
        kind: Kind::Did,
        action: action.to_owned(),
        path: path.to_owned(),
        status: 200,
        via: MACHINE,
        address: String::new(),
    };
    store.write(move |db| insert(db, line))
}

/// Writes what waits, so that the log is whole up to now.
///
/// # Errors
/// When the database cannot be written.
pub fn settle(app: &App) -> Result<(), Failure> {
    Ok(app.trail.write(&app.store)?)
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
            app.trail.write(&app.store)?;
            if hour {
                forget(&app.store, app.settings.audit_days)?;
                once::forget(&app.store)?;
            }
            Ok::<(), Fault>(())
        });
        if let Ok(Err(error)) = kept.await {
            tracing::error!(%error, "the audit log cannot be written");
        }
        seconds += 1;
    }
}
