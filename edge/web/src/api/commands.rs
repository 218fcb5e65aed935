//! What can be changed: one command at a time, files, and the calculators.

use axum::http::{HeaderName, StatusCode};
use dukou_chain::people::Scope;
use dukou_chain::whole::Command;
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{Finding, PersonId, text};
use dukou_store::{Envelope, Rejected};
use serde_json::{Value, json};

use crate::app::App;
use crate::authorise::{authorise, covers_case, covers_deal, uncovered_cases};
use crate::data;
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages::people::{Changed, change_account, close_if_gone, seal_names};
use crate::request::{Req, file_name};
use crate::session::User;

/// Commands that anybody with the right may send. The others are the program's own:
/// `dukou user setup` founds an institution, and what happened to an account is
/// recorded by [`account`], which makes it happen.
pub fn open_to_callers(name: &str) -> bool {
    !matches!(name, "institution.found" | "people.account")
}

/// A body that is not the JSON that is wanted.
pub(crate) fn unreadable(why: impl ToString) -> Failure {
    let why = why.to_string();
    Failure::BadRequest(Finding::refused(
        "json.unreadable",
        text!(
            "请求正文不是所要的 JSON：{why}",
            "The body is not the JSON that is wanted: {why}"
        ),
    ))
}

/// No text of people holds U+0000, and not every database can keep it.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(map) => map
            .iter()
            .any(|(key, it)| key.contains('\0') || holds_nul(it)),
        _ => false,
    }
}

/// Carries one command out.
///
/// # Errors
/// Unreadable, not allowed, refused, a conflict, or a key used for something else.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let mut value: Value = serde_json::from_slice(&req.body).map_err(unreadable)?;
    if holds_nul(&value) {
        return Err(unreadable("a text with U+0000"));
    }
    let object = value
        .as_object_mut()
        .ok_or_else(|| unreadable("not an object"))?;
    let name = object
        .get("command")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let taken = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let on_behalf = taken(object.shift_remove("on_behalf"));
    let reason = taken(object.shift_remove("_reason"));
    if Command::NAMES.contains(&name.as_str()) && !open_to_callers(&name) {
        return Err(Failure::BadRequest(
            Finding::refused(
                "command.not_here",
                text!(
                    "这个命令不经接口办理，请在网页上办。",
                    "This command does not go through the API; use the pages."
                ),
            )
            .at("command"),
        ));
    }
    let sealed = match name.as_str() {
        "people.register" | "people.update" => seal_names(app, user, object)?,
        _ => Vec::new(),
    };
    let command = Command::from_json(value).map_err(Failure::BadRequest)?;
    allowed(app, user, &name, &command)?;
    let stream = command.stream();
    let on_behalf = match on_behalf {
        Some(id) => Some(id.parse::<PersonId>().map_err(|_| {
            Failure::BadRequest(
                Finding::refused(
                    "person.id",
                    text!("on_behalf 不是人员编号。", "on_behalf is no person's id."),
                )
                .at("on_behalf"),
            )
        })?),
        None => None,
    };
    // One caller's keys never meet another's, nor those of the forms.
    let key = Some(&req.idempotency_key)
        .filter(|key| !key.is_empty())
        .map(|key| format!("api:{}:{key}", user.person));
    let envelope = Envelope {
        on_behalf,
        reason,
        expected: expected(req)?,
        key,
        sealed,
        ..Envelope::new(user.institution, Actor::Person(user.person), command)
    };
    let done = app
        .store
        .execute(envelope)
        .map_err(|rejected: Rejected| Failure::from(rejected))?;
    if let ("people.update", StreamId::Person(id)) = (name.as_str(), stream) {
        close_if_gone(app, user, id)?;
    }
    let body = json!({
        "first_seq": done.first_seq, "last_seq": done.last_seq, "version": done.version,
    });
    let mut answer = Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&body)
    };
    if done.replayed {
        let name = HeaderName::from_static("idempotency-replayed");
        answer.headers.push((name, "true".to_owned()));
    }
    Ok(answer)
}

/// The version in `If-Match`, when there is one.
fn expected(req: &Req) -> Result<Option<i64>, Failure> {
    let tag = req.if_match.trim().trim_matches('"');
    if tag.is_empty() || tag == "*" {
        return Ok(None);
    }
    tag.parse().map(Some).map_err(|_| {
        Failure::BadRequest(
            Finding::refused(
                "version.unreadable",
                text!(
                    "If-Match 写案卷版本号，如 \"3\"。",
                    "If-Match takes the version, such as \"3\"."
                ),
            )
            .at("If-Match"),
        )
    })
}

/// The same question that the pages ask: the action, and the subject within scope.
fn allowed(app: &App, user: &User, name: &str, command: &Command) -> Result<(), Failure> {
    let institution = data::institution(app, user.institution)?;
    let stream = command.stream();
    let action = Command::action_on(name, matches!(stream, StreamId::Deal(_)));
    let scope = authorise(Some(&institution), Some(user), action);
    if scope == Scope::None {
        return Err(Failure::Forbidden);
    }
    let (version, _) = app.store.state(user.institution, stream)?;
    let begins = version == 0;
    let within = app.store.read(|db| match stream {
        StreamId::Case(id) => Ok(begins || covers_case(db, user, scope, id)?),
        StreamId::Deal(id) => Ok(begins || covers_deal(db, user, scope, id)?),
        StreamId::Person(id) => Ok(scope == Scope::All || id == user.person),
        StreamId::Institution => Ok(scope == Scope::All),
    })?;
    let outside = app
        .store
        .read(|db| uncovered_cases(db, user, scope, command))?;
    if within && outside.is_empty() {
        Ok(())
    } else {
        Err(Failure::NotFound)
    }
}

/// Opens, resets, unlocks or closes a person's account; an invitation answers its
/// link, which works once and is shown this once.
///
/// # Errors
/// Not found, an act that does not fit how the account stands, or the database
/// cannot be written.
pub fn account(app: &App, req: &Req) -> Result<Answer, Failure> {
    let value: Value = serde_json::from_slice(&req.body).map_err(unreadable)?;
    let act = value.get("act").and_then(Value::as_str).unwrap_or_default();
    let link = match change_account(app, req, act)? {
        Changed::Link(path, _) => Some(path),
        Changed::Done => None,
        Changed::Nothing => {
            let finding = Finding::refused(
                "account.act",
                text!(
                    "账号现在的状态办不了这一步：没有账号时 invite，有账号时 reset、unlock、reset_codes、close。",
                    "This does not fit how the account stands: invite where there is none; reset, unlock, reset_codes or close where there is one."
                ),
            );
            return Err(Failure::Refused(finding.at("act").into()));
        }
    };
    let person = req.param("id");
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&json!({"person": person, "act": act, "link": link}))
    })
}

/// Puts a file away; its hash goes into the command that refers to it.
///
/// # Errors
/// When it is not accepted.
pub fn put_file(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let name = file_name(req.query("name"));
    let file = crate::pages::file::put(app, user, &name, &req.body)?;
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&json!({"file": file, "name": name}))
    })
}

/// The calculators by name.
///
/// # Errors
/// None.
pub fn calculators(_: &App, req: &Req) -> Result<Answer, Failure> {
    let items: Vec<Value> = dukou_calc::calculators()
        .iter()
        .map(|it| {
            json!({
                "name": it.name, "title": it.title().get(req.lang),
                "summary": it.summary().get(req.lang),
            })
        })
        .collect();
    super::resource(req, &json!({"items": items}))
}

/// One calculator with what it takes, as `dukou calc NAME --schema` prints it.
///
/// # Errors
/// Not found.
pub fn calculator(_: &App, req: &Req) -> Result<Answer, Failure> {
    let it = dukou_calc::find(req.param("name")).ok_or(Failure::NotFound)?;
    super::resource(
        req,
        &json!({
            "name": it.name, "title": it.title().get(req.lang),
            "summary": it.summary().get(req.lang), "schema": (it.schema)(),
        }),
    )
}

/// Answers one question, as `dukou calc` does.
///
/// # Errors
/// Not found, or the question cannot be read.
pub fn calculate(_: &App, req: &Req) -> Result<Answer, Failure> {
    let calculator = dukou_calc::find(req.param("name")).ok_or(Failure::NotFound)?;
    let question = std::str::from_utf8(&req.body).map_err(unreadable)?;
    let (answer, right) =
        dukou_calc::run_line(calculator, question, req.lang, dukou_calc::Env::builtin());
    Ok(Answer {
        status: if right {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        },
        ..Answer::json(&answer)
    })
}
