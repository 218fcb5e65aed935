//! What can be changed: one command at a time, files, and the calculators.

use axum::http::StatusCode;
use dukou_chain::institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::Command;
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{Finding, PersonId, text};
use dukou_store::{Done, Envelope};
use serde_json::{Value, json};

use super::once::{Call, created, once, replayed};
use super::unreadable;
use crate::app::App;
use crate::authorise::{authorise, covers_case, covers_deal, for_others, uncovered_cases};
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

/// Carries one command out. Under a key that was used for the same call before, it
/// is answered as it was then, whatever is allowed or stands by now.
///
/// # Errors
/// Unreadable, not allowed, refused, a conflict, or a key used for something else.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let Some(call) = Call::of(user, req) else {
        return Ok(created(told(&carry_out(app, req, user, None)?)));
    };
    let _turn = call.turn(app);
    if let Some(done) = app
        .store
        .known(user.institution, &call.name(), &call.request)?
    {
        return Ok(replayed(told(&done)));
    }
    if let Some(body) = call.recall(app)? {
        return Ok(replayed(body));
    }
    let done = carry_out(app, req, user, Some(&call))?;
    // What changed nothing left nothing in the journal that the key could stand on.
    if done.last_seq < done.first_seq {
        call.remember(app, told(&done))?;
    }
    if done.replayed {
        return Ok(replayed(told(&done)));
    }
    Ok(created(told(&done)))
}

fn told(done: &Done) -> String {
    json!({
        "first_seq": done.first_seq, "last_seq": done.last_seq, "version": done.version,
    })
    .to_string()
}

/// What a body says: the command's name, its JSON, for whom, and why.
struct Said {
    name: String,
    value: Value,
    on_behalf: Option<String>,
    reason: Option<String>,
}

fn said(req: &Req) -> Result<Said, Failure> {
    let mut value: Value = super::body(req)?;
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
    Ok(Said {
        name,
        value,
        on_behalf,
        reason,
    })
}

fn carry_out(app: &App, req: &Req, user: &User, call: Option<&Call<'_>>) -> Result<Done, Failure> {
    let mut said = said(req)?;
    let sealed = match (said.name.as_str(), said.value.as_object_mut()) {
        ("people.register" | "people.update", Some(object)) => seal_names(app, user, object)?,
        _ => Vec::new(),
    };
    let command = Command::from_json(said.value).map_err(Failure::BadRequest)?;
    let scope = allowed(app, user, &said.name, &command)?;
    let stream = command.stream();
    let on_behalf = match said.on_behalf {
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
    for_others(user, scope, on_behalf)?;
    if let Command::Institution(institution::Command::LoadLaw { files, .. }) = &command {
        for it in files {
            crate::pages::file::put(app, user, &it.name, it.text.as_bytes())?;
        }
    }
    let envelope = Envelope {
        on_behalf,
        reason: said.reason,
        expected: expected(req)?,
        key: call.map(Call::name),
        request: call.map(|it| it.request.clone()),
        sealed,
        ..Envelope::new(user.institution, Actor::Person(user.person), command)
    };
    let done = app.store.execute(envelope)?;
    if let ("people.update" | "people.erase", StreamId::Person(id)) = (said.name.as_str(), stream) {
        close_if_gone(app, user, id)?;
    }
    Ok(done)
}

/// The version in `If-Match`, when there is one: `"3"`, or the tag of a case, deal or
/// person, `"v3-…"`.
fn expected(req: &Req) -> Result<Option<i64>, Failure> {
    let tag = req.if_match.trim();
    if tag.is_empty() || tag == "*" {
        return Ok(None);
    }
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    let tagged = tag
        .strip_prefix('v')
        .and_then(|it| it.split_once('-'))
        .map(|(version, _)| version);
    let version = tagged.unwrap_or(tag);
    let digits = version.bytes().all(|it| it.is_ascii_digit());
    version
        .parse()
        .ok()
        .filter(|_| digits)
        .map(Some)
        .ok_or_else(|| {
            Failure::BadRequest(
                Finding::refused(
                    "version.unreadable",
                    text!(
                        "If-Match 写读取时的 ETag，或版本号，如 \"3\"。",
                        "If-Match takes the ETag that was read, or the version, such as \"3\"."
                    ),
                )
                .at("If-Match"),
            )
        })
}

/// The same question that the pages ask: the action, and the subject within scope.
fn allowed(app: &App, user: &User, name: &str, command: &Command) -> Result<Scope, Failure> {
    let institution = data::institution(app, user.institution)?;
    let stream = command.stream();
    let action = Command::action_on(name, matches!(stream, StreamId::Deal(_)));
    let scope = authorise(Some(&institution), Some(user), action);
    if scope == Scope::None {
        return Err(Failure::lacks(user, action));
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
        Ok(scope)
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
    let value: Value = super::body(req)?;
    let act = value.get("act").and_then(Value::as_str).unwrap_or_default();
    once(app, req, |secret| {
        let link = match change_account(app, req, act, secret)? {
            Changed::Link(path, _) => Some(path),
            Changed::Done => None,
            Changed::Nothing => return Err(does_not_fit()),
        };
        Ok(json!({"person": req.param("id"), "act": act, "link": link}))
    })
}

fn does_not_fit() -> Failure {
    let finding = Finding::refused(
        "account.act",
        text!(
            "账号现在的状态办不了这一步：没有账号时 invite，有账号时 reset、unlock、reset_codes、close。",
            "This does not fit how the account stands: invite where there is none; reset, unlock, reset_codes or close where there is one."
        ),
    );
    Failure::Refused(finding.at("act").into())
}

/// Puts a file away; its hash goes into the command that refers to it.
///
/// # Errors
/// When it is not accepted.
pub fn put_file(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let name = file_name(req.query("name"));
    once(app, req, |_| {
        let file = crate::pages::file::put(app, user, &name, &req.body)?;
        Ok(json!({"file": file, "name": name}))
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
pub fn calculate(app: &App, req: &Req) -> Result<Answer, Failure> {
    let calculator = dukou_calc::find(req.param("name")).ok_or(Failure::NotFound)?;
    let question = std::str::from_utf8(&req.body).map_err(unreadable)?;
    let env = data::env(app, req)?;
    let (answer, right) = dukou_calc::run_line(calculator, question, req.lang, &env);
    Ok(Answer {
        status: if right {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        },
        ..Answer::json(&answer)
    })
}
