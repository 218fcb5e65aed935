//! 只算一次 — what `Idempotency-Key` makes of a call. The same caller, key and call
//! get the same answer; another call under the key is refused. What counts as the
//! call are its address, query, `If-Match` and body, byte for byte.
//!
//! Commands leave their key in the journal, so it counts for good. Whatever else is
//! made here keeps its answer for [`DAYS`]; a secret in it is not kept but made from
//! the caller's token, so that it comes out the same.

use axum::http::{HeaderName, StatusCode};
use dukou_kernel::InstitutionId;
use dukou_store::{Fault, Store};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;
use crate::session::{self, User};
use crate::turns::Turn;

/// The longest key.
pub const LONGEST: usize = 200;
/// Days for which answers other than those of commands are kept.
pub const DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;
/// Stands in a kept answer for the secret; no JSON text holds this byte.
const SECRET: &str = "\u{1}";

/// A call under a key.
pub struct Call<'a> {
    institution: InstitutionId,
    person: String,
    key: &'a str,
    /// Digest of what was sent.
    pub request: String,
}

impl<'a> Call<'a> {
    /// The call, when it has a key.
    pub fn of(user: &User, req: &'a Req) -> Option<Self> {
        if req.idempotency_key.is_empty() {
            return None;
        }
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(req.path.as_bytes());
        for (name, value) in &req.query {
            part(name.as_bytes());
            part(value.as_bytes());
        }
        part(req.if_match.as_bytes());
        part(&req.body);
        let mut request = session::hex(&hasher.finalize());
        request.truncate(32);
        Some(Self {
            institution: user.institution,
            person: user.person.to_string(),
            key: &req.idempotency_key,
            request,
        })
    }

    /// The key as the journal holds it: one caller's keys never meet another's, nor
    /// those of the forms.
    pub fn name(&self) -> String {
        format!("api:{}:{}", self.person, self.key)
    }

    /// Waits until no other call of this name is on its way.
    pub fn turn<'b>(&self, app: &'b App) -> Turn<'b> {
        app.turns.take(&self.name())
    }

    /// The kept answer.
    ///
    /// # Errors
    /// The key was used for another call, or the database cannot be read.
    pub fn recall(&self, app: &App) -> Result<Option<String>, Failure> {
        let row = app.store.read(|db| {
            db.row(
                "SELECT request, body FROM api_answer WHERE institution = $1 AND person = $2 AND key = $3",
                &[text(self.institution), text(&self.person), text(self.key)],
            )
        })?;
        match row {
            None => Ok(None),
            Some(row) if row.text(0) == self.request => Ok(Some(row.text(1).to_owned())),
            Some(_) => Err(Failure::KeyReused),
        }
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remember(&self, app: &App, body: String) -> Result<(), Failure> {
        let params = [
            text(self.institution),
            text(&self.person),
            text(self.key),
            text(&self.request),
            text(body),
            app.store.now_ms().into(),
        ];
        app.store.write(move |db| {
            db.exec(
                "INSERT INTO api_answer (institution, person, key, request, body, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
                &params,
            )
        })?;
        Ok(())
    }

    /// A secret that only this caller's token makes, and each time the same.
    fn secret(&self, req: &Req) -> String {
        let token = req.bearer.as_deref().unwrap_or_default();
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(token.as_bytes()) else {
            return session::token();
        };
        for part in ["dukou answer", self.key, &self.request] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        session::hex(&mac.finalize().into_bytes())
    }
}

/// 201 with what was made.
pub fn created(body: String) -> Answer {
    Answer {
        status: StatusCode::CREATED,
        ..Answer::bytes("application/json", body.into_bytes())
    }
}

/// The same, as an answer that was given before.
pub fn replayed(body: String) -> Answer {
    let mut answer = created(body);
    let name = HeaderName::from_static("idempotency-replayed");
    answer.headers.push((name, "true".to_owned()));
    answer
}

/// Makes something once under the caller's key, if there is one. What is made gets
/// a secret that nobody can guess: 64 hex digits.
///
/// # Errors
/// What the making says, a key that was used for another call, or the database.
pub fn once(
    app: &App,
    req: &Req,
    make: impl FnOnce(&str) -> Result<Value, Failure>,
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let Some(call) = Call::of(user, req) else {
        return Ok(created(make(&session::token())?.to_string()));
    };
    let _turn = call.turn(app);
    let secret = call.secret(req);
    if let Some(body) = call.recall(app)? {
        return Ok(replayed(body.replace(SECRET, &secret)));
    }
    let body = make(&secret)?.to_string();
    call.remember(app, body.replace(&secret, SECRET))?;
    Ok(created(body))
}

/// Removes answers that are kept no longer.
///
/// # Errors
/// When the database cannot be written.
pub fn forget(store: &Store) -> Result<(), Fault> {
    let before = store.now_ms() - DAYS * DAY_MS;
    store.write(move |db| {
        db.exec("DELETE FROM api_answer WHERE at_ms < $1", &[before.into()])
            .map(drop)
    })
}
