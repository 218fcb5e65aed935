//! 登录 — signing in and out.

pub mod code;
pub mod invite;

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::{self, AccountFact};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{AccountId, InstitutionId, PersonId};
use dukou_store::{Db, Envelope, Fault, Value};

use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page, safe_path};
use crate::password;
use crate::request::Req;
use crate::session::{self, User};

/// How long it stays locked.
const LOCK_MS: i64 = 15 * 60_000;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    p: Page,
    next: String,
    login: String,
    error: String,
    contact: String,
}

/// A whole number for a query parameter.
pub fn int(value: i64) -> Value {
    Value::Int(value)
}

/// Statements on the own tables, in one transaction; how many rows the last changed.
///
/// # Errors
/// When the database cannot be written.
pub fn write(app: &App, statements: Vec<(&'static str, Vec<Value>)>) -> Result<u64, Failure> {
    let changed = app.store.write(move |db| {
        let mut changed = 0;
        for (sql, params) in &statements {
            changed = db.exec(sql, params)?;
        }
        Ok(changed)
    })?;
    Ok(changed)
}

/// Whose wrong passwords, codes and links are counted together.
fn guesser(req: &Req) -> String {
    format!("sign-in {}", req.address)
}

/// Refuses an address that was wrong too often.
fn limit(app: &App, req: &Req) -> Result<(), Failure> {
    app.may_guess(&guesser(req), app.settings.limits.wrong_sign_ins)
}

/// Writes what happened to an account into the journal.
///
/// # Errors
/// When the person is unknown or the journal cannot be written.
pub fn record(
    app: &App,
    institution: InstitutionId,
    actor: Actor,
    person: PersonId,
    what: AccountFact,
) -> Result<(), Failure> {
    let command = Command::Person(person, people::Command::Account { what });
    app.store
        .execute(Envelope::new(institution, actor, command))?;
    Ok(())
}

fn program() -> Actor {
    Actor::System("sign_in".to_owned())
}

fn contact(app: &App) -> Result<String, Failure> {
    let institution = data::first_institution(app)?;
    Ok(institution
        .and_then(|it| it.profile.as_ref().map(|profile| profile.contact.clone()))
        .unwrap_or_default())
}

/// The sign-in page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    if let Some(user) = &req.user {
        return Ok(Answer::see_other(&onward(user, req.query("next"))));
    }
    let page = SignIn {
        p: Page::new(app, req)?,
        next: safe_path(req.query("next")),
        login: String::new(),
        error: String::new(),
        contact: contact(app)?,
    };
    Answer::html(&page)
}

/// Where somebody goes who is signed in as far as `user` is.
fn onward(user: &User, next: &str) -> String {
    let next = safe_path(next);
    let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    if user.half {
        format!("/sign-in/code?next={encoded}")
    } else if user.must_enrol {
        format!("/sign-in/enrol?next={encoded}")
    } else {
        next
    }
}

/// True while a lock holds. No lock lasts longer than one does: what ends later was
/// set while the clock stood ahead, and holds nobody.
pub fn locked(until: i64, now: i64) -> bool {
    (1..=LOCK_MS).contains(&until.saturating_sub(now))
}

/// What sign-in knows of an account.
struct Known {
    institution: InstitutionId,
    id: AccountId,
    person: PersonId,
    hash: String,
    locked_until: i64,
    disabled: bool,
}

fn accounts(db: &mut dyn Db, login: &str) -> Result<Vec<Known>, Fault> {
    let rows = db.rows(
        "SELECT institution, id, person, password_hash, locked_until, disabled FROM account WHERE login = $1",
        &[text(login.trim().to_lowercase())],
    )?;
    let known = rows.iter().filter_map(|row| {
        Some(Known {
            institution: row.text(0).parse().ok()?,
            id: row.text(1).parse().ok()?,
            person: row.text(2).parse().ok()?,
            hash: row.text(3).to_owned(),
            locked_until: row.int(4),
            disabled: row.int(5) != 0,
        })
    });
    Ok(known.collect())
}

/// Counts a wrong password or code where it is kept, so that guesses made side by
/// side all count; true when this one locks the account.
fn count_failure(app: &App, account: &Known) -> Result<bool, Failure> {
    let most = app.settings.limits.lock_after;
    let until = app.store.now_ms() + LOCK_MS;
    let whose = [text(account.institution), text(account.id)];
    let locks = app.store.write(move |db| {
        let [institution, id] = &whose;
        let whose = [institution.clone(), id.clone()];
        let add = "UPDATE account SET failed = failed + 1 WHERE institution = $1 AND id = $2";
        db.exec(add, &whose)?;
        let lock = "UPDATE account SET failed = 0, locked_until = $3 WHERE institution = $1 AND id = $2 AND failed >= $4";
        let params = [institution.clone(), id.clone(), int(until), int(most)];
        Ok(db.exec(lock, &params)? > 0)
    })?;
    if locks {
        record(
            app,
            account.institution,
            program(),
            account.person,
            AccountFact::Locked,
        )?;
    }
    Ok(locks)
}

/// Checks a login and a password. Everything that is wrong has one answer and
/// costs one hash.
fn check(app: &App, login: &str, secret: &str) -> Result<Option<Known>, Failure> {
    let found = app.store.read(|db| accounts(db, login))?;
    if found.is_empty() {
        password::verify(secret, "");
        return Ok(None);
    }
    let now = app.store.now_ms();
    for account in found {
        let right = password::verify(secret, &account.hash);
        if account.disabled || locked(account.locked_until, now) {
            continue;
        }
        if right {
            return Ok(Some(account));
        }
        count_failure(app, &account)?;
    }
    Ok(None)
}

/// Opens a new session in place of the present one and answers its token.
fn open_session(
    app: &App,
    institution: InstitutionId,
    account: AccountId,
    present: Option<&User>,
    second_factor: bool,
) -> Result<String, Failure> {
    let token = session::token();
    let hash = session::token_hash(&token);
    let csrf = session::token();
    let now = app.store.now_ms();
    let old = present.map_or("", |user| user.token_hash.as_str());
    let row = vec![
        text(&hash),
        text(institution),
        text(account),
        int(now),
        int(now),
        int(now + session::LONGEST_S * 1000),
        text(&csrf),
        int(i64::from(second_factor)),
    ];
    let insert = "INSERT INTO session (token_hash, institution, account, created_at, seen_at, expires_at, csrf, second_factor) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    write(
        app,
        vec![
            ("DELETE FROM session WHERE token_hash = $1", vec![text(old)]),
            ("DELETE FROM session WHERE expires_at < $1", vec![int(now)]),
            (insert, row),
        ],
    )?;
    Ok(token)
}

/// The one answer to everything that is wrong.
fn wrong(app: &App, req: &Req) -> String {
    let most = app.settings.limits.lock_after;
    req.t(
        &format!("登录名或密码不对。连错{most}次，账号锁定15分钟。"),
        &format!("The sign-in name or the password is wrong. After {most} wrong tries the account is locked for 15 minutes."),
    )
    .to_owned()
}

/// Takes login and password.
///
/// # Errors
/// Too many attempts, or the database cannot be used.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let login = req.field("login");
    let Some(account) = check(app, login, req.field("password"))? else {
        app.guessed_wrong(&guesser(req));
        let page = SignIn {
            p: Page::new(app, req)?,
            next: safe_path(req.field("next")),
            login: login.to_owned(),
            error: wrong(app, req),
            contact: contact(app)?,
        };
        return Answer::html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    // Who still owes a code starts anew with the right one only: a known password
    // must not buy further guesses at it.
    let sql = "UPDATE account SET failed = 0, locked_until = 0 WHERE institution = $1 AND id = $2 AND COALESCE(totp_secret, '') = ''";
    write(
        app,
        vec![(sql, vec![text(account.institution), text(account.id)])],
    )?;
    let token = open_session(
        app,
        account.institution,
        account.id,
        req.user.as_ref(),
        false,
    )?;
    // A guard sends everybody on who still owes the second factor.
    let next = safe_path(req.field("next"));
    Ok(Answer::see_other(&next).cookie(session::COOKIE, &token, session::LONGEST_S))
}

/// Becomes one of the demo's people with one click; only in the demo.
///
/// # Errors
/// Outside of the demo there is no such page.
pub fn demo(app: &App, req: &Req) -> Result<Answer, Failure> {
    if !app.settings.demo {
        return Err(Failure::NotFound);
    }
    let login = req.field("person");
    let offered = app.settings.demo_people.iter().any(|it| it.login == login);
    let found = app.store.read(|db| accounts(db, login))?;
    let account = found
        .into_iter()
        .find(|it| offered && !it.disabled)
        .ok_or(Failure::NotFound)?;
    let token = open_session(
        app,
        account.institution,
        account.id,
        req.user.as_ref(),
        true,
    )?;
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, session::LONGEST_S))
}

/// Ends the session.
///
/// # Errors
/// When the database cannot be written.
pub fn sign_out(app: &App, req: &Req) -> Result<Answer, Failure> {
    if let Some(user) = &req.user {
        let hash = vec![text(&user.token_hash)];
        write(
            app,
            vec![("DELETE FROM session WHERE token_hash = $1", hash)],
        )?;
    }
    Ok(Answer::see_other("/sign-in").cookie(session::COOKIE, "", 0))
}
