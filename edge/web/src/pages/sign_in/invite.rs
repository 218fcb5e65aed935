//! 邀请与重置 — the link with which a person sets a password.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::AccountFact;
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::{Db, Fault};

use super::{Known, accounts, guesser, int, limit, record};
use crate::api::tokens;
use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::password;
use crate::request::Req;
use crate::session;

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    p: Page,
    valid: bool,
    reset: bool,
    name: String,
    login: String,
    login_error: String,
    password_error: String,
}

/// An invitation that may be used now.
#[derive(Clone)]
struct Invitation {
    hash: String,
    institution: InstitutionId,
    person: PersonId,
    reset: bool,
    login: String,
}

fn invitation(app: &App, req: &Req) -> Result<Option<Invitation>, Failure> {
    let hash = session::token_hash(req.param("token"));
    let now = app.store.now_ms();
    let row = app.store.read(|db| {
        db.row(
            "SELECT institution, person, purpose, login FROM invite WHERE token_hash = $1 AND COALESCE(used_at, 0) = 0 AND expires_at > $2",
            &[text(&hash), int(now)],
        )
    })?;
    Ok(row.and_then(|row| {
        Some(Invitation {
            hash,
            institution: row.text(0).parse().ok()?,
            person: row.text(1).parse().ok()?,
            reset: row.text(2) == "reset",
            login: row.text(3).to_owned(),
        })
    }))
}

/// The page behind an invitation or reset link.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let found = invitation(app, req)?;
    let login = found
        .as_ref()
        .map(|it| it.login.clone())
        .unwrap_or_default();
    invite_page(app, req, found.as_ref(), &login, ("", ""))
}

fn invite_page(
    app: &App,
    req: &Req,
    found: Option<&Invitation>,
    login: &str,
    (login_error, password_error): (&str, &str),
) -> Result<Answer, Failure> {
    let name = match found {
        Some(it) => app
            .store
            .read(|db| data::person_name(db, it.institution, it.person))?,
        None => String::new(),
    };
    let page = InvitePage {
        p: Page::new(app, req)?,
        valid: found.is_some(),
        reset: found.is_some_and(|it| it.reset),
        name,
        login: login.to_owned(),
        login_error: login_error.to_owned(),
        password_error: password_error.to_owned(),
    };
    let status = match (found, login_error.is_empty() && password_error.is_empty()) {
        (None, _) => StatusCode::NOT_FOUND,
        (_, false) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    Answer::html_with(status, &page)
}

/// What is wrong with a new sign-in name, if anything.
fn login_error(app: &App, req: &Req, found: &Invitation, login: &str) -> Result<String, Failure> {
    let shape = (3..=40).contains(&login.len())
        && login
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c));
    if !shape {
        let error = req.t(
            "登录名用3到40个字母、数字或 . _ - @。",
            "A sign-in name has 3 to 40 letters, digits or . _ - @.",
        );
        return Ok(error.to_owned());
    }
    // Their own account of before, closed by now, does not stand in the way.
    let own = |it: &Known| it.institution == found.institution && it.person == found.person;
    let taken = app
        .store
        .read(|db| accounts(db, login))?
        .iter()
        .any(|it| !own(it));
    let error = req.t(
        "这个登录名已有人用，换一个。",
        "This sign-in name is taken; choose another.",
    );
    Ok(if taken {
        error.to_owned()
    } else {
        String::new()
    })
}

/// What is wrong with a new password given twice, if anything.
pub fn password_error(req: &Req, secret: &str, again: &str, login: &str) -> String {
    if let Some(finding) = password::weakness(secret, login) {
        return finding.message.get(req.lang).to_owned();
    }
    if secret != again {
        let error = req.t("两次填的密码不同。", "The two passwords differ.");
        return error.to_owned();
    }
    String::new()
}

/// Opens the account or sets the new password; the link is spent with it.
///
/// # Errors
/// After too many attempts, or when the database cannot be written.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let Some(found) = invitation(app, req)? else {
        app.guessed_wrong(&guesser(req));
        return invite_page(app, req, None, "", ("", ""));
    };
    let login = if found.reset {
        found.login.clone()
    } else {
        req.field("login").trim().to_lowercase()
    };
    let wrong_login = if found.reset {
        String::new()
    } else {
        login_error(app, req, &found, &login)?
    };
    let secret = req.field("password");
    let wrong_password = password_error(req, secret, req.field("again"), &login);
    if !wrong_login.is_empty() || !wrong_password.is_empty() {
        return invite_page(
            app,
            req,
            Some(&found),
            &login,
            (&wrong_login, &wrong_password),
        );
    }
    let hash = password::hash(secret).map_err(Failure::Fault)?;
    let now = app.store.now_ms();
    let (whose, fact) = (
        found.clone(),
        if found.reset {
            AccountFact::PasswordReset
        } else {
            AccountFact::Opened
        },
    );
    let done = app
        .store
        .write(move |db| redeem(db, &whose, &login, &hash, now))?;
    if !done {
        return invite_page(app, req, None, "", ("", ""));
    }
    record(
        app,
        found.institution,
        Actor::Person(found.person),
        found.person,
        fact,
    )?;
    let said = req.t("密码已设好，请登录", "The password is set; sign in now");
    Ok(Answer::see_other("/sign-in")
        .cookie(session::COOKIE, "", 0)
        .toast(said))
}

/// Spends the link and writes the account; false when somebody was faster.
fn redeem(
    db: &mut dyn Db,
    found: &Invitation,
    login: &str,
    hash: &str,
    now: i64,
) -> Result<bool, Fault> {
    let spent = db.exec(
        "UPDATE invite SET used_at = $1 WHERE token_hash = $2 AND COALESCE(used_at, 0) = 0",
        &[int(now), text(&found.hash)],
    )?;
    if spent == 0 {
        return Ok(false);
    }
    let whose = [text(found.institution), text(found.person)];
    db.exec(
        "DELETE FROM session WHERE institution = $1 AND account IN (SELECT id FROM account WHERE institution = $1 AND person = $2)",
        &whose,
    )?;
    let (tokens, whose_tokens) = tokens::revoke_all(found.institution, found.person);
    db.exec(tokens, &whose_tokens)?;
    if found.reset {
        db.exec(
            "UPDATE account SET password_hash = $3, failed = 0, locked_until = 0 WHERE institution = $1 AND person = $2",
            &[text(found.institution), text(found.person), text(hash)],
        )?;
        return Ok(true);
    }
    // An account that was closed before makes room for the new one.
    db.exec(
        "DELETE FROM account WHERE institution = $1 AND person = $2",
        &whose,
    )?;
    db.exec(
        "INSERT INTO account (institution, id, person, login, password_hash, totp_secret, failed, locked_until, created_at, disabled) \
         VALUES ($1, $2, $3, $4, $5, NULL, 0, 0, $6, 0)",
        &[
            text(found.institution),
            text(uuid::Uuid::now_v7()),
            text(found.person),
            text(login),
            text(hash),
            int(now),
        ],
    )?;
    Ok(true)
}
