//! Who is signed in: a random token in a cookie, its hash in the database.

use dukou_chain::people::Role;
use dukou_kernel::{AccountId, InstitutionId, PersonId, UnitId};
use dukou_store::{Db, Fault, Value};
use rand::RngExt;
use sha2::{Digest, Sha256};

/// Name of the session cookie.
pub const COOKIE: &str = "dukou_session";
/// Name of the cookie with one line for the next page.
pub const TOAST: &str = "dukou_toast";
/// Name of the visitor cookie that carries the anonymous CSRF token.
pub const VISITOR: &str = "dukou_visitor";

/// The longest a session lasts, in seconds.
pub const LONGEST_S: i64 = 12 * 3600;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct User {
    /// Whose installation.
    pub institution: InstitutionId,
    /// The account.
    pub account: AccountId,
    /// The person.
    pub person: PersonId,
    /// Sign-in name.
    pub login: String,
    /// Name as people say it.
    pub name: String,
    /// College or office.
    pub unit: Option<UnitId>,
    /// Roles, each once.
    pub roles: Vec<Role>,
    /// CSRF token of this session.
    pub csrf: String,
    /// Hash of the session's token.
    pub token_hash: String,
    /// True while the second factor has not been given in this session.
    pub half: bool,
    /// True when the second factor must be set up before anything else.
    pub must_enrol: bool,
    /// When the session was last seen, as stored.
    pub seen_at: i64,
    /// What a token narrows its owner to; nothing for a session.
    pub scopes: Option<Vec<String>>,
}

impl User {
    /// Somebody who comes with a token; name, unit and roles are still to be read.
    pub fn of_token(
        institution: InstitutionId,
        account: AccountId,
        person: PersonId,
        scopes: Vec<String>,
    ) -> Self {
        Self {
            institution,
            account,
            person,
            login: String::new(),
            name: String::new(),
            unit: None,
            roles: Vec::new(),
            csrf: String::new(),
            token_hash: String::new(),
            half: false,
            must_enrol: false,
            seen_at: 0,
            scopes: Some(scopes),
        }
    }

    /// Does the token this user came with allow the action? A session allows all,
    /// and what anybody may read needs no scope.
    pub fn token_allows(&self, action: &str) -> bool {
        action == "page.public"
            || self.scopes.as_ref().is_none_or(|scopes| {
                scopes
                    .iter()
                    .any(|scope| crate::api::tokens::covers(scope, action))
            })
    }

    /// True when the user plays this role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// 32 random bytes as hex.
pub fn token() -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill(&mut bytes);
    hex(&bytes)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A short digest of an answer, for its tag.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = hex(&Sha256::digest(bytes));
    text.truncate(32);
    text
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// The user behind a session cookie, if it is alive.
///
/// # Errors
/// When the database cannot be read.
pub fn user_of(
    db: &mut dyn Db,
    cookie: &str,
    now_ms: i64,
    idle_minutes: i64,
) -> Result<Option<User>, Fault> {
    let hash = token_hash(cookie);
    let row = db.row(
        "SELECT s.institution, s.account, s.csrf, s.seen_at, s.expires_at, s.second_factor, a.person, a.login, a.disabled, a.totp_secret \
         FROM session s JOIN account a ON a.institution = s.institution AND a.id = s.account WHERE s.token_hash = $1",
        &[Value::Text(hash.clone())],
    )?;
    let Some(row) = row else { return Ok(None) };
    let idle_since = now_ms - row.int(3);
    // Last used hours from now: while the clock stood ahead. It counts no more.
    let from_ahead = -idle_since > LONGEST_S * 1000;
    let over = row.int(4) < now_ms || idle_since > idle_minutes * 60_000 || from_ahead;
    if over || row.int(8) != 0 {
        return Ok(None);
    }
    let (Ok(institution), Ok(account), Ok(person)) = (
        row.text(0).parse(),
        row.text(1).parse(),
        row.text(6).parse(),
    ) else {
        return Ok(None);
    };
    let mut user = User {
        institution,
        account,
        person,
        login: row.text(7).to_owned(),
        name: String::new(),
        unit: None,
        roles: Vec::new(),
        csrf: row.text(2).to_owned(),
        token_hash: hash,
        half: false,
        must_enrol: false,
        seen_at: 0,
        scopes: None,
    };
    let second_given = row.int(5) != 0;
    user.seen_at = row.int(3);
    let has_secret = !row.text(9).is_empty();
    complete(db, &mut user)?;
    let needs = user.roles.iter().any(|role| role.needs_second_factor());
    user.half = has_secret && !second_given;
    user.must_enrol = needs && !has_secret && !second_given;
    Ok(Some(user))
}

/// Reads name, unit and roles.
///
/// # Errors
/// When the database cannot be read.
pub fn complete(db: &mut dyn Db, user: &mut User) -> Result<(), Fault> {
    let key = [
        Value::Text(user.institution.to_string()),
        Value::Text(user.person.to_string()),
    ];
    let roles = db.rows(
        "SELECT role FROM person_role WHERE institution = $1 AND person = $2",
        &key,
    )?;
    user.roles = roles
        .iter()
        .filter_map(|row| Role::parse(row.text(0)))
        .collect();
    if let Some(row) = db.row(
        "SELECT unit FROM person_view WHERE institution = $1 AND id = $2",
        &key,
    )? {
        user.unit = row.text(0).parse().ok();
    }
    user.name = crate::data::person_name(db, user.institution, user.person)?;
    Ok(())
}
