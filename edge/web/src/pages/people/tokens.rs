//! Tokens of others: a service's, which only an administrator of accounts makes,
//! and anybody's, which that administrator sees by name and takes back.

use axum::http::StatusCode;
use dukou_chain::people::Person;
use dukou_kernel::{Finding, text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{News, load, person_page, state_of};
use crate::api::once::once;
use crate::api::{body, resource, tokens, whole};
use crate::app::App;
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages::tokens::{TokenNews, wanted};
use crate::request::Req;
use crate::session::User;

/// Why nobody else makes tokens of this person.
fn refusal(app: &App, user: &User, person: &Person) -> Result<Option<Finding>, Failure> {
    if !person.is_service() {
        let say = text!(
            "这是人，不是系统：个人令牌由本人在“本人设置”里生成。",
            "This is a person, not a service: personal tokens are made by their owner under Your settings."
        );
        return Ok(Some(Finding::refused("token.personal", say)));
    }
    let owner = match person.owner {
        Some(id) => state_of(app, user, id)?.is_present(),
        None => false,
    };
    let say = text!(
        "先登记这个系统的负责人，而且负责人要在校。",
        "Name the service's owner first, somebody who is still here."
    );
    Ok((!owner).then(|| Finding::refused("token.no_owner", say)))
}

fn said(app: &App, req: &Req, news: TokenNews, status: StatusCode) -> Result<Answer, Failure> {
    let news = News {
        tokens: news,
        ..News::default()
    };
    let page = person_page(app, req, news)?;
    Ok(Answer { status, ..page })
}

/// Makes a token of a service and shows it, this once.
///
/// # Errors
/// Not found, or the database cannot be written.
pub fn make(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, person) = load(app, req)?;
    let bad = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(finding) = refusal(app, user, &person)? {
        return said(app, req, TokenNews::of(&finding, req.lang), bad);
    }
    let wanted = match wanted(req) {
        Ok(wanted) => wanted,
        Err(news) => return said(app, req, news, bad),
    };
    let whose = (user.institution, id);
    let (_, made) = tokens::make_random(&app.store, whose, &wanted)?;
    let news = TokenNews {
        made,
        ..TokenNews::default()
    };
    said(app, req, news, StatusCode::OK)
}

/// Takes anybody's token back.
///
/// # Errors
/// Not found, or the database cannot be written.
pub fn revoke(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, _) = load(app, req)?;
    tokens::revoke(&app.store, (user.institution, id), req.field("token"))?;
    Ok(Answer::see_other(&format!("/people/{id}")).toast(req.t("令牌已作废", "Token taken back")))
}

/// The tokens of a person or service, for programs; never the tokens themselves.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, _) = load(app, req)?;
    let all = app
        .store
        .read(|db| tokens::list(db, (user.institution, id)))?;
    let items: Vec<Value> = all
        .iter()
        .map(|it| {
            json!({
                "id": it.id, "name": it.name,
                "scopes": it.scopes.split(' ').collect::<Vec<_>>(),
                "created_at": it.created_at, "expires_at": it.expires_at,
                "used_at": (it.used_at > 0).then_some(it.used_at),
            })
        })
        .collect();
    resource(req, &json!({"items": items, "next": null}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    scopes: Vec<String>,
    #[serde(deserialize_with = "whole")]
    days: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    act: String,
}

/// Makes a token of a service.
///
/// # Errors
/// Not found, not a service, what is wrong with it, or the database.
pub fn api_make(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, person) = load(app, req)?;
    let asked: Asked = body(req)?;
    once(app, req, |secret| {
        if let Some(finding) = refusal(app, user, &person)? {
            return Err(Failure::Refused(finding.into()));
        }
        let wanted = tokens::wanted(&asked.name, &asked.scopes.join(" "), asked.days)
            .map_err(|it| Failure::Refused(it.into()))?;
        let (token_id, token) = tokens::make(&app.store, (user.institution, id), &wanted, secret)?;
        Ok(json!({"id": token_id, "token": token}))
    })
}

/// Takes a token of a person or service back.
///
/// # Errors
/// Not found, or the database cannot be written.
pub fn api_act(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, _) = load(app, req)?;
    let asked: Act = body(req)?;
    if asked.act != "revoke" {
        let say = text!("act 写 revoke。", "act is revoke.");
        let finding = Finding::refused("token.act", say).at("act");
        return Err(Failure::BadRequest(finding));
    }
    once(app, req, |_| {
        let token = req.param("token");
        if !tokens::revoke(&app.store, (user.institution, id), token)? {
            return Err(Failure::NotFound);
        }
        Ok(json!({"id": token, "act": asked.act}))
    })
}
