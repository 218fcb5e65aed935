//! 推送订阅 — hooks and the entries they gave up on; the same over the API.

use askama::Template;
use axum::http::StatusCode;
use dukou_kernel::{Finding, text as both};
use serde::Deserialize;
use serde_json::json;

use super::journal::kind_words;
use super::list::{Turns, turns};
use crate::api::once::once;
use crate::api::{body, resource};
use crate::app::App;
use crate::cursor;
use crate::data;
use crate::failure::Failure;
use crate::hooks::{self, Act, Hook, Letter};
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::{self, User};

/// Dead letters on one page.
const PAGE: i64 = 50;

/// One hook, as a person reads it.
pub struct HookRow {
    /// As stored.
    pub it: Hook,
    /// Its kinds in words.
    pub kinds: Vec<String>,
    /// Entries that wait.
    pub behind: i64,
    /// When the next attempt comes; empty when nothing failed.
    pub again: String,
    /// When it last took a delivery; empty for never.
    pub sent: String,
}

/// One dead letter, as a person reads it.
pub struct LetterRow {
    /// As stored.
    pub it: Letter,
    /// Name of the hook.
    pub hook: String,
    /// What the entry says happened.
    pub kind: String,
    /// When it was given up.
    pub at: String,
}

#[derive(Template)]
#[template(path = "hooks.html")]
struct Hooks {
    p: Page,
    hooks: Vec<HookRow>,
    letters: Vec<LetterRow>,
    turns: Turns,
    made: String,
    draft: [String; 3],
    errors: Vec<(String, String)>,
}

impl Hooks {
    /// What is wrong at a field of the form.
    fn error(&self, field: &str) -> String {
        let of = self.errors.iter().find(|(at, _)| at == field);
        of.map_or_else(String::new, |(_, message)| message.clone())
    }
}

fn asker(req: &Req) -> Result<&User, Failure> {
    req.user.as_ref().ok_or(Failure::SignIn)
}

/// Where the list of dead letters goes on after this one.
fn place(it: &Letter) -> String {
    cursor::pack("letters", &[&it.seq.to_string(), &it.hook])
}

/// The entry and the hook of such a place.
fn placed(cursor: &str) -> Option<(i64, String)> {
    let [seq, hook] = cursor::unpack("letters", cursor)?;
    Some((seq.parse().ok()?, hook))
}

fn moment(at_ms: i64) -> String {
    match at_ms {
        0 => String::new(),
        at_ms => super::moment(at_ms),
    }
}

fn page(
    app: &App,
    req: &Req,
    status: StatusCode,
    made: String,
    errors: Vec<(String, String)>,
) -> Result<Answer, Failure> {
    let user = asker(req)?;
    let before = placed(req.query("before"));
    let before = before.as_ref().map(|(seq, hook)| (*seq, hook.as_str()));
    let (all, mut letters, head) = app.store.read(|db| {
        let all = hooks::all(db, user.institution)?;
        let letters = hooks::letters(db, user.institution, before, PAGE + 1)?;
        let head = db.row(
            "SELECT seq FROM head WHERE institution = $1",
            &[data::text(user.institution)],
        )?;
        Ok((all, letters, head.map_or(0, |row| row.int(0))))
    })?;
    let more = i64::try_from(letters.len()).is_ok_and(|found| found > PAGE);
    letters.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let last = letters.last().filter(|_| more).map(place);
    let name_of = |id: &str| {
        let hook = all.iter().find(|it| it.id == id);
        hook.map_or_else(String::new, |it| it.name.clone())
    };
    let letters = letters
        .into_iter()
        .map(|it| LetterRow {
            hook: name_of(&it.hook),
            kind: kind_words(&it.kind, req),
            at: moment(it.at_ms),
            it,
        })
        .collect();
    let row = |it: Hook| HookRow {
        kinds: it.kinds.iter().map(|kind| kind_words(kind, req)).collect(),
        behind: head - it.seq,
        again: moment(it.next_at),
        sent: moment(it.sent_at),
        it,
    };
    let draft = ["name", "url", "kinds"].map(|field| match errors.is_empty() {
        true => String::new(),
        false => req.field(field).to_owned(),
    });
    let page = Hooks {
        p: Page::new(app, req)?,
        turns: turns(req, last.as_deref()),
        hooks: all.iter().cloned().map(row).collect(),
        letters,
        made,
        draft,
        errors,
    };
    Answer::html_with(status, &page)
}

/// A refusal stands on the page it is about; anything else is a failure.
fn told(app: &App, req: &Req, failure: Failure) -> Result<Answer, Failure> {
    let Failure::Refused(refusal) = failure else {
        return Err(failure);
    };
    let errors = refusal.findings.iter().map(|it| {
        let field = it.field.clone().unwrap_or_default();
        (field, it.message.get(req.lang).to_owned())
    });
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page(app, req, status, String::new(), errors.collect())
}

/// The hooks of the institution, and their dead letters.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    page(app, req, StatusCode::OK, String::new(), Vec::new())
}

/// Makes a hook and shows its secret, this once.
///
/// # Errors
/// When the database cannot be used.
pub fn make(app: &App, req: &Req) -> Result<Answer, Failure> {
    let typed = (req.field("name"), req.field("url"), req.field("kinds"));
    match hooks::make(app, asker(req)?, typed, &session::token()) {
        Ok((_, secret)) => page(app, req, StatusCode::OK, secret, Vec::new()),
        Err(failure) => told(app, req, failure),
    }
}

/// Pauses, resumes, removes or pings a hook.
///
/// # Errors
/// Not found, or the database cannot be used.
pub fn act(app: &App, req: &Req) -> Result<Answer, Failure> {
    let what = Act::parse(req.field("act")).ok_or(Failure::NotFound)?;
    if let Err(failure) = hooks::act(app, asker(req)?, req.param("id"), what) {
        return told(app, req, failure);
    }
    let done = match what {
        Act::Pause => req.t("订阅已暂停", "Webhook paused"),
        Act::Resume => req.t("订阅继续推送", "Webhook goes on"),
        Act::Remove => req.t("订阅已删除", "Webhook removed"),
        Act::Ping => req.t("对方已收下测试推送", "The test delivery was taken"),
    };
    Ok(Answer::see_other("/settings/hooks").toast(done))
}

/// Sends a dead letter again, or lets it go.
///
/// # Errors
/// Not found, or the database cannot be used.
pub fn settle(app: &App, req: &Req) -> Result<Answer, Failure> {
    let again = match req.field("act") {
        "send" => true,
        "drop" => false,
        _ => return Err(Failure::NotFound),
    };
    let seq: i64 = req.param("seq").parse().map_err(|_| Failure::NotFound)?;
    if let Err(failure) = hooks::settle(app, asker(req)?, (req.param("id"), seq), again) {
        return told(app, req, failure);
    }
    let done = match again {
        true => req.t("对方已收下", "It was taken"),
        false => req.t("已放弃这一条", "Let go"),
    };
    Ok(Answer::see_other("/settings/hooks").toast(done))
}

/// The hooks, for programs.
///
/// # Errors
/// When the database cannot be read.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = asker(req)?;
    let all = app.store.read(|db| hooks::all(db, user.institution))?;
    resource(req, &json!({"items": all, "next": null}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    url: String,
    #[serde(default)]
    kinds: Vec<String>,
}

/// Makes a hook; its id and secret.
///
/// # Errors
/// What is wrong with it, or the database cannot be used.
pub fn api_make(app: &App, req: &Req) -> Result<Answer, Failure> {
    let wanted: Wanted = body(req)?;
    let kinds = wanted.kinds.join(" ");
    once(app, req, |secret| {
        let typed = (wanted.name.as_str(), wanted.url.as_str(), kinds.as_str());
        let (id, secret) = hooks::make(app, asker(req)?, typed, secret)?;
        Ok(json!({"id": id, "secret": secret}))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    act: String,
}

fn unknown_act() -> Failure {
    Failure::BadRequest(
        Finding::refused(
            "hook.act",
            both!(
                "act 写 pause、resume、remove、ping；死信写 send、drop。",
                "act is pause, resume, remove or ping; for a dead letter send or drop."
            ),
        )
        .at("act"),
    )
}

/// Pauses, resumes, removes or pings a hook.
///
/// # Errors
/// Not found, not taken, or the database cannot be used.
pub fn api_act(app: &App, req: &Req) -> Result<Answer, Failure> {
    let asked: Asked = body(req)?;
    let what = Act::parse(&asked.act).ok_or_else(unknown_act)?;
    once(app, req, |_| {
        hooks::act(app, asker(req)?, req.param("id"), what)?;
        Ok(json!({"id": req.param("id"), "act": asked.act}))
    })
}

/// Dead letters, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn api_letters(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = asker(req)?;
    let before = placed(req.query("after"));
    let before = before.as_ref().map(|(seq, hook)| (*seq, hook.as_str()));
    let most = crate::api::limit(req);
    let found = app
        .store
        .read(|db| hooks::letters(db, user.institution, before, most))?;
    let full = i64::try_from(found.len()).is_ok_and(|found| found >= most);
    let cursor = found.last().filter(|_| full).map(place);
    resource(req, &json!({"items": found, "next": cursor}))
}

/// Sends a dead letter again, or lets it go.
///
/// # Errors
/// Not found, not taken, or the database cannot be used.
pub fn api_settle(app: &App, req: &Req) -> Result<Answer, Failure> {
    let asked: Asked = body(req)?;
    let again = match asked.act.as_str() {
        "send" => true,
        "drop" => false,
        _ => return Err(unknown_act()),
    };
    let seq: i64 = req.param("seq").parse().map_err(|_| Failure::NotFound)?;
    once(app, req, |_| {
        hooks::settle(app, asker(req)?, (req.param("id"), seq), again)?;
        Ok(json!({"hook": req.param("id"), "seq": seq, "act": asked.act}))
    })
}
