//! 接口令牌 — as pages show them: one's own, and those of a service or of anybody.

use dukou_kernel::{InstitutionId, PersonId};

use crate::api::tokens::{self, Wanted};
use crate::app::App;
use crate::failure::Failure;
use crate::request::Req;

/// One token.
pub struct TokenRow {
    /// Id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: String,
    /// Last day.
    pub until: String,
    /// Last use.
    pub used: String,
    /// True past its last day.
    pub dead: bool,
}

/// What a page with tokens has to say.
#[derive(Default)]
pub struct TokenNews {
    /// What is wrong with what was asked for.
    pub error: String,
    /// The token that was just made, shown this once.
    pub made: String,
    /// What was typed: name and scopes.
    pub draft: (String, String),
}

/// The tokens of a person, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn rows(
    app: &App,
    req: &Req,
    whose: (InstitutionId, PersonId),
) -> Result<Vec<TokenRow>, Failure> {
    let now = app.store.now_ms();
    let all = app.store.read(|db| tokens::list(db, whose))?;
    Ok(all
        .into_iter()
        .map(|it| TokenRow {
            id: it.id,
            name: it.name,
            scopes: it.scopes,
            until: super::moment(it.expires_at).chars().take(10).collect(),
            used: if it.used_at == 0 {
                req.t("还没用过", "never").to_owned()
            } else {
                super::moment(it.used_at)
            },
            dead: it.expires_at <= now,
        })
        .collect())
}

/// The token that a form asks for.
///
/// # Errors
/// What the page has to say of it.
pub fn wanted(req: &Req) -> Result<Wanted, TokenNews> {
    let (name, words) = (req.field("name"), req.field("scopes"));
    let days = req.field("days").trim().parse().unwrap_or(0);
    tokens::wanted(name, words, days).map_err(|finding| TokenNews {
        error: finding.message.get(req.lang).to_owned(),
        draft: (name.to_owned(), words.to_owned()),
        ..TokenNews::default()
    })
}
