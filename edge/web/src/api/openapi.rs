//! The description of the API (OpenAPI 3.1), made from the same tables that
//! answer: routes, actions, commands, forms and calculators.

use askama::Template;
use dukou_chain::people::permission;
use dukou_chain::public;
use dukou_chain::whole::Command;
use dukou_kernel::Lang;
use serde_json::{Map, Value, json};

use super::answers;
use super::commands::open_to_callers;
use super::parts::{headers_of, problem_schema, problems_of, text_header};
use super::query::{self, Takes};
use super::told::{TOLD, Told};
use super::{events, shapes, tokens};
use crate::app::App;
use crate::failure::Failure;
use crate::forms::{self, Offer};
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::routes::{ROUTES, Route};

fn told_of(route: &Route) -> Option<&'static Told> {
    TOLD.iter()
        .find(|it| it.path == route.path && it.post == route.post)
}

/// Routes of the API that nothing is told about; the test keeps it empty.
pub fn untold() -> Vec<&'static str> {
    ROUTES
        .iter()
        .filter(|it| it.api && told_of(it).is_none())
        .map(|it| it.path)
        .collect()
}

/// Refuses a call that the description does not allow.
///
/// # Errors
/// A query parameter that cannot be read, or a body that is no JSON by its header.
pub fn check(route: &Route, req: &Req) -> Result<(), Failure> {
    query::check(told_of(route).map_or(&[], |it| it.query), req)?;
    // Who says nothing is taken to send JSON.
    let kind = req.media.split(';').next().unwrap_or_default().trim();
    let json = kind.is_empty()
        || kind.eq_ignore_ascii_case("application/json")
        || kind.to_ascii_lowercase().ends_with("+json");
    if route.post && !route.uploads && !json {
        return Err(Failure::Media);
    }
    Ok(())
}

fn parameters(route: &Route, told: &Told) -> Vec<Value> {
    let mut all: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = match name {
                "id" | "token" | "draft" => json!({"type": "string", "format": "uuid"}),
                "hash" => json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
                "name" => json!({"enum": dukou_calc::calculators().iter().map(|it| it.name).collect::<Vec<_>>()}),
                "seq" => json!({"type": "integer", "minimum": 1}),
                _ => json!({"type": "string"}),
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    all.extend(told.query.iter().map(|(name, takes)| {
        let required = *takes == Takes::Name;
        json!({"name": name, "in": "query", "required": required, "schema": takes.schema()})
    }));
    all.extend(headers_of(route).iter().map(|(name, what, schema)| {
        json!({
            "name": name, "in": "header", "required": false, "description": what,
            "schema": schema,
        })
    }));
    all
}

fn body_of(route: &Route) -> Option<Value> {
    if !route.post {
        return None;
    }
    let content = match route.path {
        "/api/v1/files" | "/api/v1/imports" | "/api/v1/people/roster" => {
            json!({"application/octet-stream": {}})
        }
        "/api/v1/policy" | "/api/v1/calendar" | "/api/v1/law" => {
            json!({"text/plain": {"schema": {"type": "string"}}})
        }
        "/api/v1/imports/{draft}" => json!({"application/json": {"schema": answers::act()}}),
        "/api/v1/views" => json!({"application/json": {"schema": answers::view()}}),
        "/api/v1/sessions" => act_schema(&["end"]),
        "/api/v1/calc/{name}" => json!({"application/json": {"schema": shapes::question()}}),
        "/api/v1/hooks" => json!({"application/json": {"schema": {
            "type": "object", "required": ["name", "url"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^\\u0000]*$"},
                "url": {"type": "string", "format": "uri", "maxLength": 500},
                "kinds": {"type": "array", "items": {"enum": public::names().collect::<Vec<_>>()}},
            },
        }}}),
        "/api/v1/people/{id}/tokens" => json!({"application/json": {"schema": {
            "type": "object", "required": ["name", "scopes", "days"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^\\u0000]*$"},
                "scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[a-z_.*]+$"}},
                "days": {"type": "integer", "minimum": 1, "maximum": tokens::LONGEST},
            },
        }}}),
        "/api/v1/people/{id}/tokens/{token}" => act_schema(&["revoke"]),
        "/api/v1/people/{id}/account" => {
            act_schema(&["invite", "reset", "unlock", "reset_codes", "close"])
        }
        "/api/v1/hooks/{id}" => act_schema(&["pause", "resume", "remove", "ping"]),
        "/api/v1/letters/{id}/{seq}" => act_schema(&["send", "drop"]),
        _ => json!({"application/json": {"schema": {"$ref": "#/components/schemas/Command"}}}),
    };
    Some(json!({"required": true, "content": content}))
}

fn act_schema(acts: &[&str]) -> Value {
    json!({"application/json": {"schema": {
        "type": "object", "required": ["act"], "additionalProperties": false,
        "properties": {"act": {"enum": acts}},
    }}})
}

fn operation(route: &Route, told: &Told, lang: Lang) -> Value {
    let good = if route.post && route.path != "/api/v1/calc/{name}" {
        "201"
    } else {
        "200"
    };
    let media = match route.path {
        "/api/v1/files/{hash}" => "application/octet-stream",
        path if path.ends_with(".xlsx") => answers::SHEET,
        _ => "application/json",
    };
    let mut responses = problems_of(route);
    let mut headers = json!({"Content-Language": text_header("zh or en")});
    if let Some(map) = headers.as_object_mut() {
        let (name, what) = if route.post {
            (
                "Idempotency-Replayed",
                "true for an answer that was given before",
            )
        } else {
            (
                "ETag",
                "of what was answered; \"v3-…\" for a thing with versions",
            )
        };
        map.insert(name.to_owned(), text_header(what));
    }
    responses.insert(
        good.to_owned(),
        json!({"description": "OK", "headers": headers, "content": {media: {"schema": answer_of(route)}}}),
    );
    if !route.post {
        responses.insert(
            "304".to_owned(),
            json!({"description": "Not modified (If-None-Match)"}),
        );
    }
    let mut operation = json!({
        "operationId": format!("{}{}", if route.post { "post" } else { "get" }, route.path.replace(['/', '{', '}', '.'], "_")),
        "summary": lang.pick(told.zh, told.en),
        "parameters": parameters(route, told),
        "responses": responses,
        "x-action": route.action,
    });
    // A browser's session reads; it never writes here.
    let security = match (route.action, route.post) {
        ("page.public", _) => json!([]),
        (_, true) => json!([{"token": []}]),
        (_, false) => json!([{"token": []}, {"session": []}]),
    };
    if let Some(map) = operation.as_object_mut() {
        map.insert("security".to_owned(), security);
    }
    if let (Some(body), Some(map)) = (body_of(route), operation.as_object_mut()) {
        map.insert("requestBody".to_owned(), body);
    }
    operation
}

fn answer_of(route: &Route) -> Value {
    if let Some(schema) = answers::answer(route.path, route.post) {
        return schema;
    }
    let list = json!({"type": "object", "required": ["items"], "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "next": {"type": ["string", "null"]}, "last": {"type": "integer"},
    }});
    match route.path {
        "/api/v1/commands" => {
            json!({"type": "object", "required": ["first_seq", "last_seq", "version"], "properties": {
                "first_seq": {"type": "integer"}, "last_seq": {"type": "integer"}, "version": {"type": "integer"},
            }})
        }
        "/api/v1/files" => json!({"type": "object", "required": ["file", "name"], "properties": {
            "file": {"type": "string"}, "name": {"type": "string"},
        }}),
        "/api/v1/files/{hash}" => json!({}),
        "/api/v1/hooks" if route.post => {
            json!({"type": "object", "required": ["id", "secret"], "properties": {
                "id": {"type": "string", "format": "uuid"}, "secret": {"type": "string"},
            }})
        }
        "/api/v1/people/{id}/tokens" if route.post => {
            json!({"type": "object", "required": ["id", "token"], "properties": {
                "id": {"type": "string", "format": "uuid"}, "token": {"type": "string"},
            }})
        }
        "/api/v1/people/{id}/account" => {
            json!({"type": "object", "required": ["person", "act"], "properties": {
                "person": {"type": "string", "format": "uuid"}, "act": {"type": "string"},
                "link": {"type": ["string", "null"]},
            }})
        }
        path if path.ends_with('}') || path == "/api/v1" || path.ends_with(".json") => {
            json!({"type": "object"})
        }
        _ => list,
    }
}

fn document(lang: Lang) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES.iter().filter(|it| it.api) {
        let Some(told) = told_of(route) else { continue };
        let entry = paths
            .entry(route.path.to_owned())
            .or_insert_with(|| json!({}));
        if let Some(map) = entry.as_object_mut() {
            let method = if route.post { "post" } else { "get" };
            map.insert(method.to_owned(), operation(route, told, lang));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": lang.pick("渡口接口", "Dukou API"), "version": "1",
            "description": lang.pick(
                "网页能办的事。凭令牌（本人设置里生成）；权限与网页同一处判定。",
                "What the pages do. Callers bring a token (made under Your settings); rights are judged at the same point as the pages'.",
            ),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "webhooks": {"entry": {"post": {
            "summary": lang.pick("每有一条记录推送一次；签名见 docs/webhooks.md", "One delivery per entry; for the signature see docs/webhooks.md"),
            "parameters": [
                {"name": "Dukou-Delivery", "in": "header", "required": true, "schema": {"type": "string"}},
                {"name": "Dukou-Signature", "in": "header", "required": true, "schema": {"type": "string"}},
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object", "required": ["hook", "delivery", "seq", "hash", "entry"], "properties": {
                    "hook": {"type": "string", "format": "uuid"}, "delivery": {"type": "string"},
                    "seq": {"type": "integer"}, "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "entry": {"$ref": "#/components/schemas/Event"},
                },
            }}}},
            "responses": {"2XX": {"description": "Taken"}},
        }}},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey", "in": "cookie", "name": crate::session::COOKIE,
                    "description": lang.pick("在浏览器里登录的人，只读", "Somebody signed in with a browser; reads alone"),
                },
            },
            "schemas": schemas(lang),
        },
    })
}

/// The named parts: what is sent and what is answered.
fn schemas(lang: Lang) -> Value {
    let mut all = json!({
                "Command": {"type": "object", "required": ["command"], "oneOf": shapes::commands(lang)},
                "WrongQuestion": {"type": "object", "required": ["error"], "properties": {
                    "error": {"type": "object", "required": ["code", "message", "pointer"], "properties": {
                        "code": {"type": "string"}, "message": {"type": "string"}, "pointer": {"type": "string"},
                    }},
                }},
                "Problem": problem_schema(),
    });
    if let Some(map) = all.as_object_mut() {
        map.extend(events::schemas());
    }
    all
}

/// The description.
///
/// # Errors
/// None.
pub fn show(_: &App, req: &Req) -> Result<Answer, Failure> {
    super::resource(req, &document(req.lang))
}

/// One route on the reader page.
struct Line {
    method: &'static str,
    path: &'static str,
    about: &'static str,
    action: &'static str,
    query: String,
}

/// One command on the reader page.
struct CommandLine {
    name: &'static str,
    about: String,
    action: String,
}

#[derive(Template)]
#[template(path = "api.html")]
struct Reader {
    p: Page,
    lines: Vec<Line>,
    commands: Vec<CommandLine>,
    problems: &'static [crate::problem::Kind],
}

/// The description for people.
///
/// # Errors
/// When the template fails.
pub fn reader(app: &App, req: &Req) -> Result<Answer, Failure> {
    let mut routes: Vec<&Route> = ROUTES.iter().filter(|it| it.api).collect();
    routes.sort_by_key(|it| (it.path, it.post));
    let lines = routes.into_iter().filter_map(|route| {
        let told = told_of(route)?;
        let query: Vec<&str> = told.query.iter().map(|(name, _)| *name).collect();
        Some(Line {
            method: if route.post { "POST" } else { "GET" },
            path: route.path,
            about: req.t(told.zh, told.en),
            action: route.action,
            query: query.join(" "),
        })
    });
    let commands = Command::NAMES
        .iter()
        .filter(|name| open_to_callers(name))
        .map(|name| {
            let action = Command::action(name);
            let about = permission::action(action)
                .map_or("", |it| req.t(&it.zh, &it.en))
                .to_owned();
            CommandLine {
                name,
                about: forms::spec(name, &Offer::default())
                    .map_or(about, |spec| spec.title.get(req.lang).to_owned()),
                action: action.to_owned(),
            }
        });
    Answer::html(&Reader {
        p: Page::new(app, req)?,
        lines: lines.collect(),
        commands: commands.collect(),
        problems: crate::problem::KINDS,
    })
}
