//! 本人设置 — language, theme, password, one-time codes, own sessions.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::AccountFact;
use dukou_journal::Actor;
use serde::Deserialize;
use serde_json::json;

use super::sign_in::invite::password_error;
use super::sign_in::{record, write};
use super::tokens::{self, TokenNews, TokenRow};
use crate::api;
use crate::api::tokens as keys;
use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::password;
use crate::request::Req;
use crate::session::User;

/// One session of the account.
pub struct SessionRow {
    /// Since when.
    pub since: String,
    /// Last request.
    pub seen: String,
    /// True for the one that asks.
    pub current: bool,
}

#[derive(Template)]
#[template(path = "me.html")]
struct Me {
    p: Page,
    name: String,
    initial: String,
    login: String,
    roles: String,
    unit: String,
    has_codes: bool,
    sessions: Vec<SessionRow>,
    others: bool,
    old_error: String,
    password_error: String,
    tokens: Vec<TokenRow>,
    news: TokenNews,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    page(app, req, ("", ""), TokenNews::default(), StatusCode::OK)
}

fn page(
    app: &App,
    req: &Req,
    (old_error, password_error): (&str, &str),
    news: TokenNews,
    status: StatusCode,
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let unit = user.unit.and_then(|id| institution.units.get(&id));
    let roles: Vec<String> = user
        .roles
        .iter()
        .map(|role| role.label().get(req.lang).to_owned())
        .collect();
    let sessions = sessions(app, user)?;
    let page = Me {
        p: Page {
            here: "/me".to_owned(),
            ..Page::new(app, req)?
        },
        name: user.name.clone(),
        initial: super::initial(&user.name),
        login: user.login.clone(),
        roles: roles.join(req.t("、", ", ")),
        unit: unit.map_or_else(String::new, |names| unit_name(names, req)),
        has_codes: !account(app, user)?.1.is_empty(),
        others: sessions.iter().any(|it| !it.current),
        sessions,
        old_error: old_error.to_owned(),
        password_error: password_error.to_owned(),
        tokens: tokens::rows(app, req, (user.institution, user.person))?,
        news,
    };
    Answer::html_with(status, &page)
}

/// A unit's name in the reader's language; the Chinese one where no other is known.
pub fn unit_name(names: &(String, String), req: &Req) -> String {
    let (zh, en) = names;
    let word = req.t(zh, en);
    if word.is_empty() {
        zh.clone()
    } else {
        word.to_owned()
    }
}

/// Stored password hash and one-time secret of the user's account.
fn account(app: &App, user: &User) -> Result<(String, String), Failure> {
    let row = app.store.read(|db| {
        db.row(
            "SELECT password_hash, totp_secret FROM account WHERE institution = $1 AND id = $2",
            &[text(user.institution), text(user.account)],
        )
    })?;
    let row = row.ok_or(Failure::SignIn)?;
    Ok((row.text(0).to_owned(), row.text(1).to_owned()))
}

fn sessions(app: &App, user: &User) -> Result<Vec<SessionRow>, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT token_hash, created_at, seen_at FROM session WHERE institution = $1 AND account IN (SELECT id FROM account WHERE institution = $1 AND person = $2) AND expires_at > $3 ORDER BY created_at DESC",
            &[text(user.institution), text(user.person), app.store.now_ms().into()],
        )
    })?;
    let rows = rows.iter().map(|row| SessionRow {
        current: row.text(0) == user.token_hash,
        since: super::moment(row.int(1)),
        seen: super::moment(row.int(2)),
    });
    Ok(rows.collect())
}

/// Changes the own password; every other session ends, and every token with them.
///
/// # Errors
/// When the database cannot be written.
pub fn change_password(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (stored, _) = account(app, user)?;
    let wrong_old = if password::verify(req.field("old"), &stored) {
        ""
    } else {
        req.t("现在的密码不对。", "The present password is wrong.")
    };
    let wrong_new = password_error(req, req.field("password"), req.field("again"), &user.login);
    if !wrong_old.is_empty() || !wrong_new.is_empty() {
        return page(
            app,
            req,
            (wrong_old, &wrong_new),
            TokenNews::default(),
            StatusCode::UNPROCESSABLE_ENTITY,
        );
    }
    let hash = password::hash(req.field("password")).map_err(Failure::Fault)?;
    let whose = || vec![text(user.institution), text(user.account)];
    let mut set = whose();
    set.push(text(hash));
    let set_sql = "UPDATE account SET password_hash = $3 WHERE institution = $1 AND id = $2";
    let tokens = keys::revoke_all(user.institution, user.person);
    write(app, vec![(set_sql, set), others(user), tokens])?;
    let actor = Actor::Person(user.person);
    record(
        app,
        user.institution,
        actor,
        user.person,
        AccountFact::PasswordReset,
    )?;
    let said = req.t(
        "密码已改，别处的登录已退出，接口令牌已作废",
        "Password changed; other sessions ended, tokens taken back",
    );
    Ok(Answer::see_other("/me").toast(said))
}

fn others(user: &User) -> (&'static str, Vec<dukou_store::Value>) {
    (
        "DELETE FROM session WHERE institution = $1 AND account IN (SELECT id FROM account WHERE institution = $1 AND person = $2) AND token_hash <> $3",
        vec![
            text(user.institution),
            text(user.person),
            text(&user.token_hash),
        ],
    )
}

/// Ends every other session of the account.
///
/// # Errors
/// When the database cannot be written.
pub fn end_others(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    write(app, vec![others(user)])?;
    let said = req.t("别处的登录已退出", "Other sessions ended");
    Ok(Answer::see_other("/me").toast(said))
}

/// The caller's sessions in browsers, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn api_sessions(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let items: Vec<serde_json::Value> = sessions(app, user)?
        .iter()
        .map(|it| json!({"since": it.since, "seen": it.seen, "current": it.current}))
        .collect();
    api::resource(req, &json!({"items": items, "next": null}))
}

/// What may be done with sessions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "act", rename_all = "snake_case")]
enum Act {
    /// End them.
    End {},
}

/// Ends the caller's sessions in browsers.
///
/// # Errors
/// Unreadable, or the database cannot be written.
pub fn api_end_sessions(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let Act::End {} = serde_json::from_slice(&req.body).map_err(api::unreadable)?;
    let before = sessions(app, user)?.len();
    write(app, vec![others(user)])?;
    let ended = before - sessions(app, user)?.len();
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&json!({"ended": ended}))
    })
}

/// Makes a token and shows it, this once.
///
/// # Errors
/// When the database cannot be written.
pub fn make_token(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let wanted = match tokens::wanted(req) {
        Ok(wanted) => wanted,
        Err(news) => return page(app, req, ("", ""), news, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let owner = (user.institution, user.person);
    let (_, made) = keys::make_random(&app.store, owner, &wanted)?;
    let news = TokenNews {
        made,
        ..TokenNews::default()
    };
    page(app, req, ("", ""), news, StatusCode::OK)
}

/// Takes a token back.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke_token(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    keys::revoke(
        &app.store,
        (user.institution, user.person),
        req.field("token"),
    )?;
    Ok(Answer::see_other("/me").toast(req.t("令牌已作废", "Token taken back")))
}
