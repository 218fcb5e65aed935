//! 令牌 — a person's key for another system, or a service's own: shown once, kept as
//! a hash, narrowed to scopes, and dead after its last day.

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
    pub created_at: i64,
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

/// A token to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// How long it lives.
    pub days: i64,
}

/// What somebody asks for, checked.
///
/// # Errors
/// What is wrong with it first.
pub fn wanted(name: &str, words: &str, days: i64) -> Result<Wanted, Finding> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        let say = text!(
            "给令牌起个名，至多60字。",
            "Give the token a name of at most 60 characters."
        );
        return Err(Finding::refused("token.name", say).at("name"));
    }
    if !(1..=LONGEST).contains(&days) {
        let say = text!("有效天数写1到366。", "Days: from 1 to 366.");
        return Err(Finding::refused("token.days", say).at("days"));
    }
    Ok(Wanted {
        name: name.to_owned(),
        scopes: scopes(words)?,
        days,
    })
}

/// Makes a token of a secret; its id and the token, which is shown this once.
///
/// # Errors
/// When the database cannot be written.
pub fn make(
    store: &Store,
    (institution, person): (InstitutionId, PersonId),
    wanted: &Wanted,
    secret: &str,
) -> Result<(String, String), Fault> {
    let token = format!("{HEAD}{secret}");
    let now = store.now_ms();
    let id = uuid::Uuid::now_v7().to_string();
    let params = [
        cell(session::token_hash(&token)),
        cell(institution),
        cell(&id),
        cell(person),
        cell(&wanted.name),
        cell(wanted.scopes.join(" ")),
        Cell::Int(now),
        Cell::Int(now + wanted.days.clamp(1, LONGEST) * DAY_MS),
    ];
    store.write(move |db| {
        db.exec(
            "INSERT INTO api_token (token_hash, institution, id, person, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &params,
        )
    })?;
    Ok((id, token))
}

/// The same of a secret that nobody can guess.
///
/// # Errors
/// When the database cannot be written.
pub fn make_random(
    store: &Store,
    whose: (InstitutionId, PersonId),
    wanted: &Wanted,
) -> Result<(String, String), Fault> {
    make(store, whose, wanted, &session::token())
}

/// The tokens of a person, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn list(
    db: &mut dyn Db,
    (institution, person): (InstitutionId, PersonId),
) -> Result<Vec<Token>, Fault> {
    let rows = db.rows(
        "SELECT id, name, scopes, created_at, expires_at, used_at FROM api_token WHERE institution = $1 AND person = $2 ORDER BY created_at DESC, id DESC",
        &[cell(institution), cell(person)],
    )?;
    Ok(rows
        .iter()
        .map(|row| Token {
            id: row.text(0).to_owned(),
            name: row.text(1).to_owned(),
            scopes: row.text(2).to_owned(),
            created_at: row.int(3),
            expires_at: row.int(4),
            used_at: row.int(5),
        })
        .collect())
}

/// Takes a token of a person back; false when there is none of that id.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke(
    store: &Store,
    (institution, person): (InstitutionId, PersonId),
    id: &str,
) -> Result<bool, Fault> {
    let params = [cell(institution), cell(person), cell(id)];
    store.write(move |db| {
        // Nobody says how many rows a DELETE took.
        let there = db.row(
            "SELECT 1 FROM api_token WHERE institution = $1 AND person = $2 AND id = $3",
            &params,
        )?;
        db.exec(
            "DELETE FROM api_token WHERE institution = $1 AND person = $2 AND id = $3",
            &params,
        )?;
        Ok(there.is_some())
    })
}

/// The statement that takes every token of a person back: with the account or its
/// password goes what was made under it.
pub fn revoke_all(institution: InstitutionId, person: PersonId) -> (&'static str, Vec<Cell>) {
    (
        "DELETE FROM api_token WHERE institution = $1 AND person = $2",
        vec![cell(institution), cell(person)],
    )
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
        // Somebody with an open account, or a service, which never has one.
        let row = db.row(
            "SELECT t.institution, t.person, t.scopes, t.expires_at, t.used_at FROM api_token t WHERE t.token_hash = $1 AND \
             (EXISTS (SELECT 1 FROM account a WHERE a.institution = t.institution AND a.person = t.person AND a.disabled = 0) \
             OR EXISTS (SELECT 1 FROM person_view v WHERE v.institution = t.institution AND v.id = t.person AND v.kind = 'service' AND v.erased = 0))",
            &[cell(&hash)],
        )?;
        let Some(row) = row.filter(|row| row.int(3) > now) else {
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
