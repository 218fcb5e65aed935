//! 接口令牌 — as pages show them: one's own, and those of a service or of anybody.

use dukou_kernel::{Finding, InstitutionId, Lang, PersonId};

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
    /// What is wrong with what was asked for, and at which field; no field for the
    /// whole.
    pub wrong: Option<(String, String)>,
    /// The token that was just made, shown this once.
    pub made: String,
    /// What was typed.
    pub name: String,
    /// What was typed.
    pub scopes: String,
    /// What was typed.
    pub days: String,
}

impl TokenNews {
    /// News of something that is wrong.
    pub fn of(finding: &Finding, lang: Lang) -> Self {
        let at = finding.field.clone().unwrap_or_default();
        Self {
            wrong: Some((at, finding.message.get(lang).to_owned())),
            ..Self::default()
        }
    }

    /// What is wrong at a field.
    pub fn error(&self, field: &str) -> String {
        let here = self.wrong.as_ref().filter(|(at, _)| at == field);
        here.map_or_else(String::new, |(_, message)| message.clone())
    }
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
    let (name, words, days) = (req.field("name"), req.field("scopes"), req.field("days"));
    let number = days.trim().parse().unwrap_or(0);
    tokens::wanted(name, words, number).map_err(|finding| TokenNews {
        name: name.to_owned(),
        scopes: words.to_owned(),
        days: days.to_owned(),
        ..TokenNews::of(&finding, req.lang)
    })
}
