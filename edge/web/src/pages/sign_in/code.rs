//! 双因素 — the one-time code: asking for it, and setting it up.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::AccountFact;
use dukou_journal::Actor;
use totp_rs::{Builder, Secret, Totp};

use super::{
    Known, accounts, count_failure, guesser, int, limit, locked, onward, open_session, record,
    sign_out, write,
};
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::page::{Answer, Page, safe_path};
use crate::request::Req;
use crate::session::{self, User};

/// By how many steps a phone may be wrong.
const SKEW: u16 = 1;

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

fn totp(secret: &str, login: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(login.replace(':', "."))
        .with_issuer(Some("Dukou"))
        .with_skew(SKEW)
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
pub fn ask(app: &App, req: &Req) -> Result<Answer, Failure> {
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
pub fn answer(app: &App, req: &Req) -> Result<Answer, Failure> {
    limit(app, req)?;
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    if !user.half {
        return Ok(Answer::see_other(&onward(user, req.field("next"))));
    }
    let own = own_account(app, user)?;
    if locked(own.0.locked_until, app.store.now_ms()) {
        return sign_out(app, req);
    }
    let step = step_of(app, &own.1, &user.login, req.field("code"));
    let fresh = match step {
        Some(step) => use_step(app, user, step)?,
        None => false,
    };
    if !fresh {
        app.guessed_wrong(&guesser(req));
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
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, session::LONGEST_S))
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

/// Marks a step as used; false when it, or a later one, was used before. A step
/// further ahead than a code can be was used while the clock stood ahead, and counts
/// no more.
fn use_step(app: &App, user: &User, step: i64) -> Result<bool, Failure> {
    let sql = "UPDATE account SET totp_last_step = $1, failed = 0 WHERE institution = $2 AND id = $3 AND (COALESCE(totp_last_step, 0) < $1 OR totp_last_step > $4)";
    let params = vec![
        int(step),
        text(user.institution),
        text(user.account),
        int(step + 2 * i64::from(SKEW)),
    ];
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

/// Takes the first code of a new secret; from then on it is required. A wrong one
/// guesses at nothing: the page has just shown the secret.
///
/// # Errors
/// When nobody is signed in.
pub fn enrol_submit(app: &App, req: &Req) -> Result<Answer, Failure> {
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
    Ok(Answer::see_other(req.field("next")).cookie(session::COOKIE, &token, session::LONGEST_S))
}
