//! Accounts: opening, resetting, unlocking, closing. Only the system
//! administrator comes here.

use dukou_chain::people::AccountFact;
use dukou_journal::Actor;
use dukou_kernel::PersonId;
use dukou_store::Value;

use super::super::sign_in::locked;
use super::{News, load, person_page, sealed};
use crate::api::tokens;
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages::moment;
use crate::pages::sign_in::{int, record, write};
use crate::request::Req;
use crate::session::{self, User};

const DAY_MS: i64 = 86_400_000;

/// What is known of an account.
#[derive(Default)]
pub struct AccountView {
    /// Sign-in name; empty when there is no account.
    pub login: String,
    /// True while one-time codes are set up.
    pub has_codes: bool,
    /// Until when it is locked, if it is.
    pub locked_until: String,
    /// Until when an unused link is valid.
    pub link_until: String,
}

/// What is known of a person's account.
///
/// # Errors
/// When the database cannot be read.
pub fn account_view(app: &App, user: &User, id: PersonId) -> Result<AccountView, Failure> {
    let now = app.store.now_ms();
    let key = [text(user.institution), text(id)];
    let (account, invite) = app.store.read(|db| {
        let account = db.row(
            "SELECT login, totp_secret, locked_until FROM account WHERE institution = $1 AND person = $2 AND disabled = 0",
            &key,
        )?;
        let invite = db.row(
            "SELECT expires_at FROM invite WHERE institution = $1 AND person = $2 AND COALESCE(used_at, 0) = 0 ORDER BY expires_at DESC",
            &key,
        )?;
        Ok((account, invite))
    })?;
    let mut view = AccountView::default();
    if let Some(row) = account {
        view.login = row.text(0).to_owned();
        view.has_codes = !row.text(1).is_empty();
        if locked(row.int(2), now) {
            view.locked_until = moment(row.int(2));
        }
    }
    if let Some(row) = invite.filter(|row| row.int(0) > now) {
        view.link_until = moment(row.int(0));
    }
    Ok(view)
}

/// Closes an account with its sessions, links and tokens.
///
/// # Errors
/// When the database cannot be written.
pub fn close(app: &App, user: &User, id: PersonId) -> Result<(), Failure> {
    let key = || vec![text(user.institution), text(id)];
    write(
        app,
        vec![
            end_sessions(user, id),
            tokens::revoke_all(user.institution, id),
            (
                "DELETE FROM invite WHERE institution = $1 AND person = $2",
                key(),
            ),
            (
                "UPDATE account SET disabled = 1 WHERE institution = $1 AND person = $2",
                key(),
            ),
        ],
    )?;
    record(
        app,
        user.institution,
        Actor::Person(user.person),
        id,
        AccountFact::Closed,
    )
}

fn end_sessions(user: &User, id: PersonId) -> (&'static str, Vec<Value>) {
    (
        "DELETE FROM session WHERE institution = $1 AND account IN (SELECT id FROM account WHERE institution = $1 AND person = $2)",
        vec![text(user.institution), text(id)],
    )
}

/// What came of a change to an account.
pub enum Changed {
    /// It does not fit how the account stands.
    Nothing,
    /// It is done.
    Done,
    /// A link that works once, and whether it resets an account that is there.
    Link(String, bool),
}

/// Opens, resets, unlocks or closes an account.
///
/// # Errors
/// When there is no such person, or the database cannot be written.
pub fn account(app: &App, req: &Req) -> Result<Answer, Failure> {
    let here = format!("/people/{}", req.param("id"));
    match change_account(app, req, req.field("what"), &session::token())? {
        Changed::Nothing => Ok(Answer::see_other(&here)),
        Changed::Done => Ok(Answer::see_other(&here).toast(req.t("已办", "Done"))),
        Changed::Link(path, reset) => {
            let news = News {
                link: Some((path, reset)),
                ..News::default()
            };
            person_page(app, req, news)
        }
    }
}

/// The same for whoever asks: `invite`, `reset`, `unlock`, `reset_codes`, `close`.
/// A link is made of the secret.
///
/// # Errors
/// When there is no such person, or the database cannot be written.
pub fn change_account(app: &App, req: &Req, what: &str, secret: &str) -> Result<Changed, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, person) = load(app, req)?;
    let view = account_view(app, user, id)?;
    let open = !view.login.is_empty();
    let key = || vec![text(user.institution), text(id)];
    let fact = match what {
        "invite" if !open && person.is_present() => return link(app, user, id, "", secret),
        "reset" if open => {
            write(app, vec![tokens::revoke_all(user.institution, id)])?;
            return link(app, user, id, &view.login, secret);
        }
        "unlock" if open => {
            let sql = "UPDATE account SET failed = 0, locked_until = 0 WHERE institution = $1 AND person = $2";
            write(app, vec![(sql, key())])?;
            Some(AccountFact::Unlocked)
        }
        "reset_codes" if open => {
            let sql =
                "UPDATE account SET totp_secret = NULL WHERE institution = $1 AND person = $2";
            write(app, vec![end_sessions(user, id), (sql, key())])?;
            Some(AccountFact::SecondFactorReset)
        }
        "close" if open => {
            close(app, user, id)?;
            None
        }
        _ => return Ok(Changed::Nothing),
    };
    if let Some(fact) = fact {
        record(app, user.institution, Actor::Person(user.person), id, fact)?;
    }
    Ok(Changed::Done)
}

/// Makes a link that works once, and shows it once: only its hash is kept.
fn link(
    app: &App,
    user: &User,
    id: PersonId,
    login: &str,
    token: &str,
) -> Result<Changed, Failure> {
    let reset = !login.is_empty();
    let proposed = if reset {
        login.to_owned()
    } else {
        sealed(app, user, id, "staff_no")?
    };
    let proposed: String = proposed
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-@".contains(*c))
        .collect();
    let now = app.store.now_ms();
    let valid = if reset { DAY_MS } else { 7 * DAY_MS };
    let row = vec![
        text(session::token_hash(token)),
        text(user.institution),
        text(id),
        text(if reset { "reset" } else { "open" }),
        int(now),
        int(now + valid),
        text(proposed),
    ];
    let old =
        "DELETE FROM invite WHERE institution = $1 AND person = $2 AND COALESCE(used_at, 0) = 0";
    let insert = "INSERT INTO invite (token_hash, institution, person, purpose, created_at, expires_at, used_at, login) \
                  VALUES ($1, $2, $3, $4, $5, $6, NULL, $7)";
    write(
        app,
        vec![(old, vec![text(user.institution), text(id)]), (insert, row)],
    )?;
    record(
        app,
        user.institution,
        Actor::Person(user.person),
        id,
        AccountFact::Invited,
    )?;
    Ok(Changed::Link(format!("/invite/{token}"), reset))
}
