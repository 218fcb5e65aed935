//! The description of the API (OpenAPI 3.1), made from the same tables that
//! answer: routes, actions, commands, forms and calculators.

use askama::Template;
use dukou_chain::people::{PersonKind, permission};
use dukou_chain::whole::{Command, Event};
use dukou_kernel::{Lang, Text};
use serde_json::{Map, Value, json};

use super::answers;
use super::commands::open_to_callers;
use super::query::{self, Takes};
use super::told::{TOLD, Told};
use crate::app::App;
use crate::failure::Failure;
use crate::forms::{self, Kind, Offer};
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
                "id" | "draft" => json!({"type": "string", "format": "uuid"}),
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
    if route.path == "/api/v1/commands" {
        for (name, what) in [
            (
                "Idempotency-Key",
                "The same key and body: the same answer; another body: refused.",
            ),
            (
                "If-Match",
                "The version the command is based on; another one stands: 409.",
            ),
        ] {
            all.push(json!({
                "name": name, "in": "header", "required": false, "description": what,
                "schema": {"type": "string"},
            }));
        }
    }
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
        "/api/v1/policy" | "/api/v1/calendar" => {
            json!({"text/plain": {"schema": {"type": "string"}}})
        }
        "/api/v1/imports/{draft}" => json!({"application/json": {"schema": answers::act()}}),
        "/api/v1/views" => json!({"application/json": {"schema": answers::view()}}),
        "/api/v1/sessions" => act_schema(&["end"]),
        "/api/v1/calc/{name}" => json!({"application/json": {"schema": {"type": "object"}}}),
        "/api/v1/hooks" => json!({"application/json": {"schema": {
            "type": "object", "required": ["name", "url"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^\\u0000]*$"},
                "url": {"type": "string", "format": "uri", "maxLength": 500},
                "kinds": {"type": "array", "items": {"enum": Event::kinds().collect::<Vec<_>>()}},
            },
        }}}),
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
    let mut responses = Map::new();
    responses.insert(
        good.to_owned(),
        json!({"description": "OK", "content": {media: {"schema": answer_of(route)}}}),
    );
    if !route.post {
        responses.insert(
            "304".to_owned(),
            json!({"description": "Not modified (If-None-Match)"}),
        );
    }
    for (status, what) in [
        ("400", "The request cannot be read"),
        ("401", "No token, or one that is out of date"),
        ("403", "Roles or scopes do not allow it"),
        ("404", "Not there, or not yours to see"),
        (
            "409",
            "Somebody was faster, or the key was used for something else",
        ),
        ("405", "The address takes other methods"),
        ("408", "The body did not come to its end in time"),
        ("413", "Too large"),
        ("415", "The body is no JSON"),
        ("422", "Refused by law or rule"),
        ("429", "Too many attempts"),
    ] {
        let mut problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        // A wrong question is answered as `dukou calc` answers it.
        if status == "422" && route.path == "/api/v1/calc/{name}" {
            problem = json!({"application/json": {"schema": {"$ref": "#/components/schemas/WrongQuestion"}}});
        }
        responses.insert(
            status.to_owned(),
            json!({"description": what, "content": problem}),
        );
    }
    let mut operation = json!({
        "operationId": format!("{}{}", if route.post { "post" } else { "get" }, route.path.replace(['/', '{', '}', '.'], "_")),
        "summary": lang.pick(told.zh, told.en),
        "parameters": parameters(route, told),
        "responses": responses,
        "x-action": route.action,
    });
    if route.action == "page.public"
        && let Some(map) = operation.as_object_mut()
    {
        map.insert("security".to_owned(), json!([]));
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

/// What a field of a form takes, as JSON Schema.
fn field_schema(kind: &Kind, about: &Text, lang: Lang) -> Value {
    let mut schema = match kind {
        Kind::Day => json!({"type": "string", "format": "date"}),
        Kind::Money => json!({"type": "integer", "description": "fen"}),
        Kind::Number => json!({"type": "integer"}),
        Kind::Share => json!({"type": "string", "description": "1/3, 33.3%"}),
        Kind::YesNo(..) => json!({"type": "boolean"}),
        Kind::Choose(list) if !list.is_empty() => {
            json!({"enum": list.iter().map(|it| it.value.as_str()).collect::<Vec<_>>()})
        }
        Kind::Several(_) | Kind::Shares(_) | Kind::Schedule | Kind::Holdings(_) => {
            json!({"type": "array"})
        }
        Kind::File => json!({}),
        Kind::Long(longest) => json!({"type": "string", "maxLength": longest}),
        _ => json!({}),
    };
    if let Some(map) = schema.as_object_mut() {
        map.insert("title".to_owned(), json!(about.get(lang)));
    }
    schema
}

/// The schema of one command, from the form that sends the same.
fn command_schema(name: &str, lang: Lang) -> Value {
    let mut properties = Map::new();
    properties.insert("command".to_owned(), json!({"const": name}));
    for (key, about) in [
        ("on_behalf", "for whom, on attached paper"),
        ("_reason", "why"),
    ] {
        properties.insert(
            key.to_owned(),
            json!({"type": "string", "description": about}),
        );
    }
    let target = match name.split('.').next().unwrap_or_default() {
        "institution" => "",
        "people" => "person",
        "disclosure" | "assessment" | "protection" | "valuation" => "case",
        "closing" | "history" => "",
        _ => "deal",
    };
    let mut required = vec!["command"];
    if !target.is_empty() {
        properties.insert(
            target.to_owned(),
            json!({"type": "string", "format": "uuid"}),
        );
        required.push(target);
    }
    if matches!(name, "people.register" | "people.update") {
        let kinds: Vec<&str> = PersonKind::ALL.iter().map(|it| it.code()).collect();
        for (key, schema) in [
            ("name", json!({"type": "string", "maxLength": 60})),
            ("staff_no", json!({"type": "string"})),
            ("kind", json!({"enum": kinds})),
            (
                "unit",
                json!({"type": ["string", "null"], "format": "uuid"}),
            ),
            (
                "posts",
                json!({"type": "array", "items": {"type": "object"}}),
            ),
        ] {
            properties.insert(key.to_owned(), schema);
        }
    }
    let spec = forms::spec(name, &Offer::default());
    let mut summary = name.to_owned();
    if let Some(spec) = &spec {
        summary = spec.title.get(lang).to_owned();
        for field in spec.fields.iter().filter(|it| !it.path.contains('.')) {
            properties.insert(
                field.path.to_owned(),
                field_schema(&field.kind, &field.label, lang),
            );
        }
    }
    json!({"type": "object", "title": summary, "required": required, "properties": properties})
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
    let commands: Vec<Value> = Command::NAMES
        .iter()
        .filter(|name| open_to_callers(name))
        .map(|name| command_schema(name, lang))
        .collect();
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
                    "entry": {"type": "object"},
                },
            }}}},
            "responses": {"2XX": {"description": "Taken"}},
        }}},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Command": {"type": "object", "required": ["command"], "oneOf": commands},
                "WrongQuestion": {"type": "object", "required": ["error"], "properties": {
                    "error": {"type": "object", "required": ["code", "message", "pointer"], "properties": {
                        "code": {"type": "string"}, "message": {"type": "string"}, "pointer": {"type": "string"},
                    }},
                }},
                "Problem": {"type": "object", "required": ["type", "title", "status"], "properties": {
                    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                    "detail": {"type": "string"}, "reference": {"type": "string"},
                    "errors": {"type": "array", "items": {"type": "object", "properties": {
                        "code": {"type": "string"}, "field": {"type": ["string", "null"]},
                        "detail": {"type": "string"}, "article": {"type": ["string", "null"]},
                        "earliest": {"type": ["string", "null"], "format": "date"},
                    }}},
                }},
            },
        },
    })
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
    })
}
