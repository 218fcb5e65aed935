//! 令牌 — a person's key for another system: shown once, kept as a hash, narrowed
//! to scopes, and dead after its last day.

use dukou_kernel::{AccountId, Finding, InstitutionId, PersonId, text};
use dukou_store::{Db, Fault, Store, Value as Cell};

use crate::data::text as cell;
use crate::failure::Failure;
use crate::session::{self, User};

/// How every token begins, so that it is known where it should not lie.
const HEAD: &str = "dkt_";
/// The longest a token lives, in days.
pub const LONGEST: i64 = 366;
const DAY_MS: i64 = 86_400_000;

/// A token as its owner sees it.
pub struct Token {
    /// Its id.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// Actions, `*` or `case.*`.
    pub scopes: String,
    /// Milliseconds.
    pub expires_at: i64,
    /// Milliseconds; 0 for never.
    pub used_at: i64,
}

/// The words of a list of scopes, when each names an action of the table, a
/// group such as `case.*`, or `*`.
///
/// # Errors
/// The first that names none.
pub fn scopes(words: &str) -> Result<Vec<String>, Finding> {
    let mut found: Vec<String> = Vec::new();
    for word in words
        .split([',', ' ', '\n', '，'])
        .filter(|it| !it.is_empty())
    {
        let known = word == "*"
            || dukou_chain::people::permission::actions().any(|it| covers(word, &it.name));
        if !known {
            return Err(Finding::refused(
                "token.scope",
                text!(
                    "没有“{word}”这项权限。写权限表里的动作，如 case.read，或一组，如 case.*。",
                    "There is no action {word}. Write actions of the permission table, such as case.read, or a group such as case.*."
                ),
            )
            .at("scopes"));
        }
        if !found.iter().any(|it| it == word) {
            found.push(word.to_owned());
        }
    }
    if found.is_empty() {
        return Err(Finding::refused(
            "token.no_scope",
            text!("写明令牌可以做什么。", "Say what the token may do."),
        )
        .at("scopes"));
    }
    Ok(found)
}

/// Does a scope cover an action?
pub fn covers(scope: &str, action: &str) -> bool {
    match scope.strip_suffix('*') {
        Some("") => true,
        Some(head) => head.ends_with('.') && action.starts_with(head),
        None => scope == action,
    }
}

/// Makes a token; it is shown this once.
///
/// # Errors
/// When the database cannot be written.
pub fn make(
    store: &Store,
    (institution, person): (InstitutionId, PersonId),
    name: &str,
    scopes: &[String],
    days: i64,
) -> Result<String, Fault> {
    let token = format!("{HEAD}{}", session::token());
    let now = store.now_ms();
    let name: String = name.trim().chars().take(60).collect();
    let params = [
        cell(session::token_hash(&token)),
        cell(institution),
        cell(uuid::Uuid::now_v7()),
        cell(person),
        cell(name),
        cell(scopes.join(" ")),
        Cell::Int(now),
        Cell::Int(now + days.clamp(1, LONGEST) * DAY_MS),
    ];
    store.write(move |db| {
        db.exec(
            "INSERT INTO api_token (token_hash, institution, id, person, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &params,
        )
    })?;
    Ok(token)
}

/// The tokens of a person, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn list(db: &mut dyn Db, user: &User) -> Result<Vec<Token>, Fault> {
    let rows = db.rows(
        "SELECT id, name, scopes, expires_at, used_at FROM api_token WHERE institution = $1 AND person = $2 ORDER BY created_at DESC",
        &[cell(user.institution), cell(user.person)],
    )?;
    Ok(rows
        .iter()
        .map(|row| Token {
            id: row.text(0).to_owned(),
            name: row.text(1).to_owned(),
            scopes: row.text(2).to_owned(),
            expires_at: row.int(3),
            used_at: row.int(4),
        })
        .collect())
}

/// Takes a token back.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke(store: &Store, user: &User, id: &str) -> Result<(), Fault> {
    let params = [cell(user.institution), cell(user.person), cell(id)];
    store.write(move |db| {
        db.exec(
            "DELETE FROM api_token WHERE institution = $1 AND person = $2 AND id = $3",
            &params,
        )
        .map(drop)
    })
}

/// The person behind a token, narrowed to its scopes.
///
/// # Errors
/// [`Failure::SignIn`] for a token that is unknown, out of date, or of a closed
/// account.
pub fn user_of(store: &Store, token: &str) -> Result<User, Failure> {
    let hash = session::token_hash(token);
    let now = store.now_ms();
    let (user, used) = store.read(|db| {
        let row = db.row(
            "SELECT t.institution, t.person, t.scopes, t.expires_at, t.used_at, a.disabled, t.name FROM api_token t \
             LEFT JOIN account a ON a.institution = t.institution AND a.person = t.person WHERE t.token_hash = $1",
            &[cell(&hash)],
        )?;
        let Some(row) = row.filter(|row| row.int(3) > now && row.int(5) == 0) else {
            return Ok((None, 0));
        };
        let (Ok(institution), Ok(person)) = (row.text(0).parse(), row.text(1).parse()) else {
            return Ok((None, 0));
        };
        let scopes = row.text(2).split(' ').map(str::to_owned).collect();
        let mut user = User::of_token(institution, AccountId(uuid::Uuid::nil()), person, scopes);
        session::complete(db, &mut user)?;
        Ok((Some(user), row.int(4)))
    })?;
    let user = user.ok_or(Failure::SignIn)?;
    // Once a minute is often enough.
    if (now - used).abs() > 60_000 {
        let params = [Cell::Int(now), cell(&hash)];
        // Who only reads goes on when nothing can be written.
        let noted = store.write(move |db| {
            db.exec(
                "UPDATE api_token SET used_at = $1 WHERE token_hash = $2",
                &params,
            )
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    }
    Ok(user)
}
