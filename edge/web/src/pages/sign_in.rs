//! 登录 — signing in and out, the second factor, invitation and reset links.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::{self, AccountFact};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{AccountId, InstitutionId, PersonId};
use dukou_store::{Db, Envelope, Fault, Value};
use totp_rs::{Builder, Secret, Totp};

use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page, safe_path};
use crate::password;
use crate::request::Req;
use crate::session::{self, User};

/// Wrong passwords or codes after which an account is locked.
const TRIES: i64 = 5;
/// How long it stays locked.
const LOCK_MS: i64 = 15 * 60_000;
/// The longest a session lasts, in seconds.
const SESSION_S: i64 = 12 * 3600;
/// Attempts from one address within [`WINDOW_MS`].
const ATTEMPTS: u32 = 30;
const WINDOW_MS: i64 = 5 * 60_000;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    p: Page,
    next: String,
    login: String,
    error: String,
    contact: String,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    p: Page,
    next: String,
    error: String,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage {
    p: Page,
    next: String,
    error: String,
    secret: String,
    spaced: String,
    qr: String,
    required: bool,
}

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

/// Counts an attempt of this address and refuses beyond the limit.
fn limit(app: &App, req: &Req) -> Result<(), Failure> {
    let now = app.store.now_ms();
    let mut attempts = app
        .attempts
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if attempts.len() > 10_000 {
        attempts.retain(|_, (since, _)| now - *since < WINDOW_MS);
    }
    let entry = attempts.entry(req.address.clone()).or_insert((now, 0));
    if now - entry.0 >= WINDOW_MS {
        *entry = (now, 0);
    }
    entry.1 = entry.1.saturating_add(1);
    if entry.1 > ATTEMPTS {
        Err(Failure::TooMany)
    } else {
        Ok(())
    }
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

/// What sign-in knows of an account.
struct Known {
    institution: InstitutionId,
    id: AccountId,
    person: PersonId,
    hash: String,
    failed: i64,
    locked_until: i64,
    disabled: bool,
}

fn accounts(db: &mut dyn Db, login: &str) -> Result<Vec<Known>, Fault> {
    let rows = db.rows(
        "SELECT institution, id, person, password_hash, failed, locked_until, disabled FROM account WHERE login = $1",
        &[text(login.trim().to_lowercase())],
    )?;
    let known = rows.iter().filter_map(|row| {
        Some(Known {
            institution: row.text(0).parse().ok()?,
            id: row.text(1).parse().ok()?,
            person: row.text(2).parse().ok()?,
            hash: row.text(3).to_owned(),
            failed: row.int(4),
            locked_until: row.int(5),
            disabled: row.int(6) != 0,
        })
    });
    Ok(known.collect())
}

/// Counts a wrong password or code; the fifth locks the account.
fn count_failure(app: &App, account: &Known) -> Result<bool, Failure> {
    let failed = account.failed + 1;
    let locks = failed >= TRIES;
    let until = if locks {
        app.store.now_ms() + LOCK_MS
    } else {
        account.locked_until
    };
    let kept = if locks { 0 } else { failed };
    let sql =
        "UPDATE account SET failed = $1, locked_until = $2 WHERE institution = $3 AND id = $4";
    let params = vec![
        int(kept),
        int(until),
        text(account.institution),
        text(account.id),
    ];
    write(app, vec![(sql, params)])?;
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
        if account.disabled || account.locked_until > now {
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
        int(now + SESSION_S * 1000),
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

/// Takes login and password.
///
/// # Errors
/// Too many attempts, or the database cannot be used.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let login = req.field("login");
    let Some(account) = check(app, login, req.field("password"))? else {
        let page = SignIn {
            p: Page::new(app, req)?,
            next: safe_path(req.field("next")),
            login: login.to_owned(),
            error: req
                .t(
                    "登录名或密码不对。连错5次，账号锁定15分钟。",
                    "The sign-in name or the password is wrong. Five wrong tries lock the account for 15 minutes.",
                )
                .to_owned(),
            contact: contact(app)?,
        };
        return Answer::html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let sql = "UPDATE account SET failed = 0, locked_until = 0 WHERE institution = $1 AND id = $2";
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
    Ok(Answer::see_other(&next).cookie(session::COOKIE, &token, SESSION_S))
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
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, SESSION_S))
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

fn totp(secret: &str, login: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(login.replace(':', "."))
        .with_issuer(Some("Dukou"))
        .with_skew(1)
        .build()
        .ok()
}

/// The step of a right code, if the code is right now.
fn step_of(app: &App, secret: &str, login: &str, code: &str) -> Option<i64> {
    let seconds = u64::try_from(app.store.now_ms() / 1000).ok()?;
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let step = totp(secret, login)?.check(&code, seconds)?;
    i64::try_from(step).ok()
}

/// The page that asks for the one-time code.
///
/// # Errors
/// When nobody is signed in.
pub fn code(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    if !user.half {
        return Ok(Answer::see_other(&onward(user, req.query("next"))));
    }
    code_page(app, req, req.query("next"), "", StatusCode::OK)
}

fn code_page(
    app: &App,
    req: &Req,
    next: &str,
    error: &str,
    status: StatusCode,
) -> Result<Answer, Failure> {
    let page = CodePage {
        p: Page::new(app, req)?,
        next: safe_path(next),
        error: error.to_owned(),
    };
    Answer::html_with(status, &page)
}

/// Takes the one-time code. A step that was used once is never taken again.
///
/// # Errors
/// When nobody is signed in, or after too many attempts.
pub fn code_submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    if !user.half {
        return Ok(Answer::see_other(&onward(user, req.field("next"))));
    }
    let own = own_account(app, user)?;
    if own.0.locked_until > app.store.now_ms() {
        return sign_out(app, req);
    }
    let step = step_of(app, &own.1, &user.login, req.field("code"));
    let fresh = match step {
        Some(step) => use_step(app, user, step)?,
        None => false,
    };
    if !fresh {
        if count_failure(app, &own.0)? {
            return sign_out(app, req);
        }
        let error = req.t(
            "动态码不对，或已用过。等下一个码出现再填。",
            "The code is wrong or was used already. Wait for the next one.",
        );
        return code_page(
            app,
            req,
            req.field("next"),
            error,
            StatusCode::UNPROCESSABLE_ENTITY,
        );
    }
    let token = open_session(app, user.institution, user.account, Some(user), true)?;
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, SESSION_S))
}

/// The signed-in account with its secret.
fn own_account(app: &App, user: &User) -> Result<(Known, String), Failure> {
    let found = app.store.read(|db| accounts(db, &user.login))?;
    let known = found
        .into_iter()
        .find(|it| it.id == user.account && it.institution == user.institution)
        .ok_or(Failure::SignIn)?;
    let row = app.store.read(|db| {
        db.row(
            "SELECT totp_secret FROM account WHERE institution = $1 AND id = $2",
            &[text(user.institution), text(user.account)],
        )
    })?;
    Ok((
        known,
        row.map_or_else(String::new, |row| row.text(0).to_owned()),
    ))
}

/// Marks a step as used; false when it, or a later one, was used before.
fn use_step(app: &App, user: &User, step: i64) -> Result<bool, Failure> {
    let sql = "UPDATE account SET totp_last_step = $1, failed = 0 WHERE institution = $2 AND id = $3 AND COALESCE(totp_last_step, 0) < $1";
    let params = vec![int(step), text(user.institution), text(user.account)];
    Ok(write(app, vec![(sql, params)])? > 0)
}

/// The page that sets up one-time codes.
///
/// # Errors
/// When nobody is signed in.
pub fn enrol(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    if user.half || !own_account(app, user)?.1.is_empty() {
        return Ok(Answer::see_other(&onward(user, req.query("next"))));
    }
    let mut bytes = [0u8; 20];
    rand::RngExt::fill(&mut rand::rng(), &mut bytes);
    let secret = Secret::from(bytes).to_base32();
    enrol_page(
        app,
        req,
        user,
        (&secret, req.query("next"), ""),
        StatusCode::OK,
    )
}

fn enrol_page(
    app: &App,
    req: &Req,
    user: &User,
    (secret, next, error): (&str, &str, &str),
    status: StatusCode,
) -> Result<Answer, Failure> {
    let url = totp(secret, &user.login)
        .and_then(|it| it.to_url().ok())
        .ok_or_else(|| Failure::Fault("no one-time secret".to_owned()))?;
    let page = EnrolPage {
        p: Page::new(app, req)?,
        next: safe_path(next),
        error: error.to_owned(),
        secret: secret.to_owned(),
        spaced: in_fours(secret),
        qr: qr(&url)?,
        required: user.must_enrol,
    };
    Answer::html_with(status, &page)
}

fn in_fours(secret: &str) -> String {
    let mut text = String::new();
    for (index, c) in secret.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// A QR code as an SVG element without the XML head, black on white so that
/// cameras read it in the dark theme too.
fn qr(content: &str) -> Result<String, Failure> {
    let code = qrcode::QrCode::new(content.as_bytes())
        .map_err(|error| Failure::Fault(error.to_string()))?;
    let svg = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    let start = svg.find("<svg").unwrap_or(0);
    Ok(svg.get(start..).unwrap_or_default().to_owned())
}

/// Takes the first code of a new secret; from then on it is required.
///
/// # Errors
/// When nobody is signed in, or after too many attempts.
pub fn enrol_submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    if user.half || !own_account(app, user)?.1.is_empty() {
        return Ok(Answer::see_other(&onward(user, req.field("next"))));
    }
    let secret = req.field("secret");
    if totp(secret, &user.login).is_none() {
        return Ok(Answer::see_other("/sign-in/enrol"));
    }
    let Some(step) = step_of(app, secret, &user.login, req.field("code")) else {
        let error = req.t(
            "动态码不对。请核对手机时间，再填当前显示的6位数。",
            "The code is wrong. Check the clock of your phone and enter the six digits shown now.",
        );
        let parts = (secret, req.field("next"), error);
        return enrol_page(app, req, user, parts, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let sql = "UPDATE account SET totp_secret = $1, totp_last_step = $2 WHERE institution = $3 AND id = $4";
    let params = vec![
        text(secret),
        int(step),
        text(user.institution),
        text(user.account),
    ];
    write(app, vec![(sql, params)])?;
    let actor = Actor::Person(user.person);
    record(
        app,
        user.institution,
        actor,
        user.person,
        AccountFact::SecondFactorSet,
    )?;
    let token = open_session(app, user.institution, user.account, Some(user), true)?;
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, SESSION_S))
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
pub fn invite(app: &App, req: &Req) -> Result<Answer, Failure> {
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
pub fn invite_submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let Some(found) = invitation(app, req)? else {
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
