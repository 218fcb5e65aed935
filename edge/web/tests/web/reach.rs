//! Whatever a page shows or does, a program reaches through the API.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_web::routes::{ROUTES, Route};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{call, read, token};
use crate::fixture::{Fixture, Reply};
use crate::story;

/// Where a program does what a page or form does: method and address of the page,
/// then of the API.
const REACHED: &[(&str, &[&str])] = &[
    ("GET /notices", &["GET /api/v1/notices"]),
    ("GET /notices/{id}", &["GET /api/v1/notices/{id}"]),
    (
        "GET /notices/{id}/page",
        &["GET /api/v1/notices/{id}", "GET /api/v1/files/{hash}"],
    ),
    ("GET /tools", &["GET /api/v1/calc"]),
    ("GET /tools/{name}", &["GET /api/v1/calc/{name}"]),
    ("POST /tools/{name}", &["POST /api/v1/calc/{name}"]),
    ("GET /", &["GET /api/v1/tasks"]),
    ("GET /me", &["GET /api/v1", "GET /api/v1/sessions"]),
    ("GET /mine", &["GET /api/v1/mine"]),
    ("GET /cases", &["GET /api/v1/cases", "GET /api/v1/views"]),
    ("GET /cases.xlsx", &["GET /api/v1/cases.xlsx"]),
    ("POST /views", &["POST /api/v1/views"]),
    (
        "GET /cases/{id}",
        &["GET /api/v1/cases/{id}", "GET /api/v1/cases/{id}/events"],
    ),
    (
        "GET /cases/{id}/do/{command}",
        &["GET /api/v1/openapi.json"],
    ),
    (
        "POST /cases/{id}/do/{command}",
        &["POST /api/v1/commands", "POST /api/v1/files"],
    ),
    ("GET /deals", &["GET /api/v1/deals"]),
    ("GET /deals.xlsx", &["GET /api/v1/deals.xlsx"]),
    (
        "GET /deals/{id}",
        &["GET /api/v1/deals/{id}", "GET /api/v1/deals/{id}/events"],
    ),
    (
        "GET /deals/{id}/do/{command}",
        &["GET /api/v1/openapi.json"],
    ),
    (
        "POST /deals/{id}/do/{command}",
        &["POST /api/v1/commands", "POST /api/v1/files"],
    ),
    (
        "GET /deals/{id}/split/{receipt}",
        &["GET /api/v1/receipts/{id}"],
    ),
    (
        "GET /deals/{id}/split/{receipt}/trace.xlsx",
        &["GET /api/v1/receipts/{id}"],
    ),
    ("GET /money", &["GET /api/v1/receipts"]),
    ("GET /money.xlsx", &["GET /api/v1/money.xlsx"]),
    ("GET /files/{hash}", &["GET /api/v1/files/{hash}"]),
    ("POST /import", &["POST /api/v1/imports"]),
    ("GET /import/{draft}", &["GET /api/v1/imports/{draft}"]),
    ("POST /import/{draft}", &["POST /api/v1/imports/{draft}"]),
    (
        "GET /import/{draft}/fix-list.xlsx",
        &["GET /api/v1/imports/{draft}/fix-list.xlsx"],
    ),
    ("GET /rules", &["GET /api/v1/rules"]),
    ("GET /rules/{name}", &["GET /api/v1/rules"]),
    ("POST /me/sessions", &["POST /api/v1/sessions"]),
    ("GET /people", &["GET /api/v1/people"]),
    ("GET /people.xlsx", &["GET /api/v1/people.xlsx"]),
    ("POST /people/new", &["POST /api/v1/commands"]),
    ("POST /people/roster", &["POST /api/v1/people/roster"]),
    ("GET /people/{id}", &["GET /api/v1/people/{id}"]),
    ("GET /people/{id}/edit", &["GET /api/v1/people/{id}"]),
    ("POST /people/{id}/edit", &["POST /api/v1/commands"]),
    (
        "POST /people/{id}/account",
        &["POST /api/v1/people/{id}/account"],
    ),
    (
        "POST /people/{id}/tokens",
        &["POST /api/v1/people/{id}/tokens"],
    ),
    (
        "POST /people/{id}/tokens/revoke",
        &["POST /api/v1/people/{id}/tokens/{token}"],
    ),
    (
        "GET /people/{id}/do/{command}",
        &["GET /api/v1/openapi.json"],
    ),
    ("POST /people/{id}/do/{command}", &["POST /api/v1/commands"]),
    ("GET /settings", &["GET /api/v1/institution"]),
    ("POST /settings/profile", &["POST /api/v1/commands"]),
    ("POST /settings/unit", &["POST /api/v1/commands"]),
    ("GET /settings/permissions", &["GET /api/v1/institution"]),
    ("POST /settings/permissions", &["POST /api/v1/commands"]),
    ("POST /settings/calendar", &["POST /api/v1/calendar"]),
    ("POST /settings/policy", &["POST /api/v1/policy"]),
    ("GET /settings/law", &["GET /api/v1/rules"]),
    ("POST /settings/law", &["POST /api/v1/law"]),
    ("GET /journal", &["GET /api/v1/events"]),
    ("GET /journal/verify", &["GET /api/v1/verify"]),
    ("GET /audit", &["GET /api/v1/audit"]),
    ("GET /audit.xlsx", &["GET /api/v1/audit.xlsx"]),
    (
        "GET /settings/hooks",
        &["GET /api/v1/hooks", "GET /api/v1/letters"],
    ),
    ("POST /settings/hooks", &["POST /api/v1/hooks"]),
    ("POST /settings/hooks/{id}", &["POST /api/v1/hooks/{id}"]),
    (
        "POST /settings/hooks/{id}/{seq}",
        &["POST /api/v1/letters/{id}/{seq}"],
    ),
    ("GET /api", &["GET /api/v1/openapi.json"]),
];

/// What stays a page on purpose, and why; this list only shrinks.
const PAGES_ONLY: &[(&str, &str)] = &[
    (
        "GET /healthz",
        "for the machine that watches, not an office's data",
    ),
    (
        "GET /readyz",
        "for the machine that watches, not an office's data",
    ),
    (
        "GET /metrics",
        "for the machine that watches, not an office's data",
    ),
    ("GET /static/{name}", "the pages' own style and script"),
    ("GET /styleguide", "the pages' own look"),
    ("POST /preferences", "language and theme of one browser"),
    ("GET /sign-in", "proves a person before a screen"),
    ("POST /sign-in", "proves a person before a screen"),
    ("POST /sign-in/demo", "proves a person before a screen"),
    ("GET /sign-in/code", "the second factor"),
    ("POST /sign-in/code", "the second factor"),
    ("GET /sign-in/enrol", "the second factor"),
    ("POST /sign-in/enrol", "the second factor"),
    ("POST /sign-out", "ends the browser's own session"),
    (
        "GET /invite/{token}",
        "the invited person chooses a password",
    ),
    (
        "POST /invite/{token}",
        "the invited person chooses a password",
    ),
    ("POST /me/password", "a token does not change what made it"),
    ("POST /me/tokens", "a token does not make itself stronger"),
    ("POST /me/tokens/revoke", "beside making one"),
    ("GET /import", "an empty form"),
    ("GET /people/new", "an empty form"),
    ("GET /people/roster", "an empty form"),
    (
        "GET /disclose",
        "the pages' notepad; a program sends disclosure.submit whole",
    ),
    (
        "POST /disclose",
        "the pages' notepad; a program sends disclosure.submit whole",
    ),
    (
        "GET /disclose/{draft}",
        "the pages' notepad; a program sends disclosure.submit whole",
    ),
    (
        "POST /disclose/{draft}",
        "the pages' notepad; a program sends disclosure.submit whole",
    ),
    ("POST /disclose/{draft}/autosave", "the pages' notepad"),
];

fn named(route: &Route) -> String {
    format!("{} {}", if route.post { "POST" } else { "GET" }, route.path)
}

#[test]
fn every_page_has_its_call_or_a_reason() {
    let pages: Vec<String> = ROUTES.iter().filter(|it| !it.api).map(named).collect();
    let calls: Vec<String> = ROUTES.iter().filter(|it| it.api).map(named).collect();
    let mut wrong = Vec::new();
    for page in &pages {
        let reached = REACHED.iter().filter(|(it, _)| it == page).count();
        let excepted = PAGES_ONLY.iter().filter(|(it, _)| it == page).count();
        if reached + excepted != 1 {
            wrong.push(format!(
                "{page}: {reached} in REACHED, {excepted} in PAGES_ONLY"
            ));
        }
    }
    for (page, to) in REACHED {
        if !pages.iter().any(|it| it == page) || to.is_empty() {
            wrong.push(format!("{page} is no page, or leads nowhere"));
        }
        for call in *to {
            if !calls.iter().any(|it| it == call) {
                wrong.push(format!("{page} leads to {call}, which is not there"));
            }
        }
    }
    for (page, why) in PAGES_ONLY {
        if !pages.iter().any(|it| it == page) || why.is_empty() {
            wrong.push(format!("{page} is excepted and is no page"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a value is not what a schema says: enough of JSON Schema for our own.
fn misfits(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |one: &Value| {
            let mut inner = Vec::new();
            misfits(one, value, at, &mut inner);
            inner.is_empty()
        };
        if !any.iter().any(fits) {
            found.push(format!("{at}: none of anyOf"));
        }
        return;
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec![is],
    };
    if !kinds.contains(&is) {
        found.push(format!("{at}: {is} instead of {kinds:?}"));
        return;
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    if let (Some(told), Some(map)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, inner) in map {
            match told.get(name) {
                Some(schema) => misfits(schema, inner, &format!("{at}.{name}"), found),
                None => found.push(format!("{at}: {name} is told nowhere")),
            }
        }
    }
    if let (Some(schema), Some(list)) = (schema.get("items"), value.as_array()) {
        for (n, inner) in list.iter().enumerate() {
            misfits(schema, inner, &format!("{at}[{n}]"), found);
        }
    }
}

/// An answer is what the description of its call says.
async fn fits(fixture: &Fixture, method: &str, path: &str, answer: &Value) {
    let document = fixture.get(None, "/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    let good = if method == "post" { "201" } else { "200" };
    let schema = &document["paths"][path][method]["responses"][good]["content"]["application/json"]
        ["schema"];
    assert!(schema.is_object(), "{method} {path} is not described");
    let mut found = Vec::new();
    misfits(schema, answer, "answer", &mut found);
    assert!(found.is_empty(), "{path}: {}\n{answer}", found.join("\n"));
}

pub async fn raw(fixture: &Fixture, token: &str, path: &str, body: impl Into<Body>) -> Reply {
    let request = Request::builder()
        .uri(path)
        .method("POST")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.into());
    fixture.raw(request.unwrap()).await
}

fn value(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_shows_of_one_thing_is_told_with_its_version() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let person = fixture.of(Role::Inventor).person;
    for (shown, path) in [
        ("/api/v1/calc/{name}", "/api/v1/calc/workdays".to_owned()),
        ("/api/v1/people/{id}", format!("/api/v1/people/{person}")),
        ("/api/v1/institution", "/api/v1/institution".to_owned()),
        (
            "/api/v1/receipts/{id}",
            format!("/api/v1/receipts/{}", told.receipt),
        ),
        ("/api/v1/deals/{id}", format!("/api/v1/deals/{}", told.deal)),
        ("/api/v1/mine", "/api/v1/mine".to_owned()),
        (
            "/api/v1/notices/{id}",
            format!("/api/v1/notices/{}", told.notice),
        ),
        ("/api/v1/verify", "/api/v1/verify".to_owned()),
    ] {
        let answer = read(&fixture, &head, &path).await;
        fits(&fixture, "get", shown, &answer).await;
    }
    let schema = read(&fixture, &head, "/api/v1/calc/workdays").await["schema"].clone();
    assert_eq!(schema, (dukou_calc::find("workdays").unwrap().schema)());
    let verified = read(&fixture, &head, "/api/v1/verify").await;
    assert_eq!(
        (&verified["ok"], &verified["head_seq"]),
        (&json!(true), &json!(fixture.entries()))
    );
    let deal = read(&fixture, &head, &format!("/api/v1/deals/{}", told.deal)).await;
    assert_eq!(deal["notices"][0]["notice"], told.notice.to_string());
    assert_eq!(deal["receipts"][0]["division"]["standing"], "approved");
    assert!(!deal["findings"].as_array().unwrap().is_empty());
    // The version is what a command on a person may be based on.
    let shown = read(&fixture, &head, &format!("/api/v1/people/{person}")).await;
    let administrator = token(&fixture, fixture.of(Role::SecurityAdmin), "*").await;
    let grant = json!({"command": "people.grant_role", "person": person, "role": "manager"});
    let stale = format!("\"{}\"", shown["version"].as_i64().unwrap() - 1);
    let fresh = format!("\"{}\"", shown["version"]);
    for (tag, code) in [(stale, 409), (fresh, 201)] {
        let based = [("if-match", tag.as_str())];
        let path = "/api/v1/commands";
        let reply = call(&fixture, &administrator, path, Some(grant.clone()), &based).await;
        assert_eq!(reply.code(), code, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_only_their_own_money_sees_no_other_award() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let inventor = fixture.of(Role::Inventor);
    let mine = token(&fixture, inventor, "*").await;
    let receipt = read(
        &fixture,
        &mine,
        &format!("/api/v1/receipts/{}", told.receipt),
    )
    .await;
    let awards = receipt["awards"].as_array().unwrap();
    assert_eq!(awards.len(), 1);
    assert_eq!(awards[0]["person"], inventor.person.to_string());
    let owed = read(&fixture, &mine, "/api/v1/mine").await;
    assert_eq!(owed["owed_fen"], awards[0]["owed_fen"]);
    assert!(owed["owed_fen"].as_i64().unwrap() > 0);
    fits(&fixture, "get", "/api/v1/mine", &owed).await;
    // Another inventor of the school has no part in it and does not find it.
    let other = crate::fixture::register(
        fixture.store(),
        fixture.institution,
        Some(fixture.unit),
        &[Role::Inventor],
        "旁人",
    );
    let theirs = token(&fixture, &other, "*").await;
    let path = format!("/api/v1/receipts/{}", told.receipt);
    assert_eq!(call(&fixture, &theirs, &path, None, &[]).await.code(), 404);
    assert_eq!(
        read(&fixture, &theirs, "/api/v1/mine").await["awards"],
        json!([])
    );
    let path = format!("/api/v1/people/{}", inventor.person);
    assert_eq!(call(&fixture, &theirs, &path, None, &[]).await.code(), 403);
}

const LEDGER: &str = "专利号,成果名称,完成人,类型,申请日\n\
    CN112233445A,一种耐温涂层,张三,发明,2019.3.4\n\
    CN112233446A,一种耐磨涂层,李四,发明,2019.13.4\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_read_mended_and_imported() {
    let fixture = Fixture::new();
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let path = "/api/v1/imports?name=%E5%8F%B0%E8%B4%A6.csv";
    let begun = raw(&fixture, &head, path, LEDGER).await;
    assert_eq!(begun.code(), 201, "{}", begun.body);
    let begun = value(&begun);
    fits(&fixture, "post", "/api/v1/imports", &begun).await;
    assert_eq!(
        (&begun["clean"], &begun["totals"]["achievements"]),
        (&json!(false), &json!(1)),
        "{begun}"
    );
    let here = format!("/api/v1/imports/{}", begun["id"].as_str().unwrap());
    let report = read(&fixture, &head, &here).await;
    assert_eq!(report, begun);
    let before = fixture.entries();
    let all = json!({"act": "import"});
    assert_eq!(
        call(&fixture, &head, &here, Some(all), &[]).await.code(),
        400
    );
    for bad in [
        json!({"act": "nothing"}),
        json!({"act": "mapping", "columns": [{"sheet": 0, "column": 0, "field": "nothing"}]}),
        json!([]),
    ] {
        let reply = call(&fixture, &head, &here, Some(bad.clone()), &[]).await;
        assert_eq!(reply.code(), 400, "{bad}: {}", reply.body);
    }
    let list = call(&fixture, &head, &format!("{here}/fix-list.xlsx"), None, &[]).await;
    assert_eq!((list.code(), list.body.starts_with("PK")), (200, true));
    // A column that is passed over is missing from the report made anew.
    let field = json!({"act": "mapping", "columns": [{"sheet": 0, "column": 4, "field": null}]});
    let mapped = value(&call(&fixture, &head, &here, Some(field), &[]).await);
    fits(&fixture, "post", "/api/v1/imports/{draft}", &mapped).await;
    assert_eq!(mapped["sheets"][0]["columns"][4]["field"], Value::Null);
    assert_ne!(report["sheets"][0]["columns"][4]["field"], Value::Null);
    let back = json!({"act": "mapping", "columns": [
        {"sheet": 0, "column": 4, "field": report["sheets"][0]["columns"][4]["field"]},
    ]});
    call(&fixture, &head, &here, Some(back), &[]).await;
    assert_eq!(fixture.entries(), before);
    let good = json!({"act": "import", "accept_good": true});
    let done = call(&fixture, &head, &here, Some(good), &[]).await;
    assert_eq!(done.code(), 201, "{}", done.body);
    assert!(value(&done)["commands"].as_i64().unwrap() > 0);
    assert!(fixture.entries() > before);
    // An import is its owner's; a body that is no ledger is refused.
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    assert_eq!(call(&fixture, &manager, &here, None, &[]).await.code(), 404);
    let inventor = token(&fixture, fixture.of(Role::Inventor), "*").await;
    assert_eq!(raw(&fixture, &inventor, path, LEDGER).await.code(), 403);
    for hostile in [&b"PK\x03\x04 nothing"[..], b"", &[0xff; 4096]] {
        let reply = raw(&fixture, &head, path, hostile).await;
        assert_eq!(reply.code(), 400, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_is_tried_and_then_taken() {
    let fixture = Fixture::new();
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let path = "/api/v1/people/roster";
    let good = "工号,姓名,类别\nT001,张三,教职工\nT002,李四,学生\n";
    let before = fixture.entries();
    let tried = raw(&fixture, &admin, &format!("{path}?dry_run=true"), good).await;
    assert_eq!(tried.code(), 201, "{}", tried.body);
    fits(&fixture, "post", path, &value(&tried)).await;
    assert_eq!(value(&tried)["imported"], json!(false));
    assert_eq!(value(&tried)["counts"]["new"], 2);
    assert_eq!(fixture.entries(), before);
    let taken = raw(&fixture, &admin, path, good).await;
    assert_eq!(value(&taken)["imported"], json!(true));
    let after = fixture.entries();
    assert!(after > before);
    let again = value(&raw(&fixture, &admin, path, good).await);
    assert_eq!(
        (&again["counts"]["new"], &again["counts"]["same"]),
        (&json!(0), &json!(2))
    );
    let bad = "工号,姓名,类别\nT003,,教职工\nT004,王五,教职工\n";
    let refused = raw(&fixture, &admin, path, bad).await;
    assert_eq!(refused.code(), 422, "{}", refused.body);
    assert_eq!(value(&refused)["errors"].as_array().unwrap().len(), 1);
    assert_eq!(fixture.entries(), after);
    let some = raw(&fixture, &admin, &format!("{path}?accept_good=true"), bad).await;
    assert_eq!(
        (some.code(), &value(&some)["counts"]["new"]),
        (201, &json!(1))
    );
    for hostile in [&b"PK\x03\x04"[..], b"", &[0u8; 64]] {
        assert_eq!(raw(&fixture, &admin, path, hostile).await.code(), 422);
    }
    let inventor = token(&fixture, fixture.of(Role::Inventor), "*").await;
    assert_eq!(raw(&fixture, &inventor, path, good).await.code(), 403);
    let found = read(&fixture, &admin, "/api/v1/people?q=T00&kind=student").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["staff_no"], "T002");
}

const POLICY: &str = r#"
title = "科技成果转化收益分配办法"
equity_team = "70%"
main_contributors = "50%"
[distribution]
deduct = ["maintenance"]
tiers = [{ pools = { team = "70%", college = "10%", university = "20%" } }]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn own_rules_and_a_year_are_adopted_as_toml() {
    let fixture = Fixture::new();
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let adopted = raw(&fixture, &head, "/api/v1/policy?from=2027-01-01", POLICY).await;
    assert_eq!(adopted.code(), 201, "{}", adopted.body);
    fits(&fixture, "post", "/api/v1/policy", &value(&adopted)).await;
    let year = "year = 2027\nnotice = \"国办发明电〔2026〕0号\"\n\
        [[holiday]]\nname = \"元旦\"\nfrom = 2027-01-01\nto = 2027-01-03\n";
    let taken = raw(&fixture, &admin, "/api/v1/calendar", year).await;
    assert_eq!(
        (taken.code(), value(&taken)),
        (201, json!({"year": 2027})),
        "{}",
        taken.body
    );
    let school = read(&fixture, &head, "/api/v1/institution").await;
    let policies = school["policies"].as_array().unwrap();
    assert!(policies.iter().any(|it| it["from"] == "2027-01-01"));
    let years = school["years"].as_array().unwrap();
    assert!(years.iter().any(|it| it["year"] == 2027), "{years:?}");
    let before = fixture.entries();
    // Below the statute, not readable, not text, not theirs.
    let low = POLICY.replace("\"70%\", college = \"10%\"", "\"30%\", college = \"50%\"");
    let own = "/api/v1/policy?from=2027-01-01";
    for (token, path, body, code) in [
        (&head, own, low.into_bytes(), 422),
        (&head, "/api/v1/policy?from=2027-13-01", POLICY.into(), 400),
        (&head, "/api/v1/policy", POLICY.into(), 400),
        (&head, own, vec![0xff, 0xfe], 400),
        (&head, own, b"[[[".to_vec(), 400),
        (&admin, "/api/v1/calendar", b"year = 1".to_vec(), 400),
        (&admin, own, POLICY.into(), 403),
        (&head, "/api/v1/calendar", year.into(), 403),
    ] {
        let reply = raw(&fixture, token, path, body).await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.body);
    }
    if fixture.entries() != before {
        // What the law refuses stays on the record, and nothing else does.
        assert_eq!(fixture.entries(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sheets_and_the_feed_is_narrowed() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let auditor = token(&fixture, fixture.of(Role::Auditor), "*").await;
    for list in ["cases", "deals", "money", "people", "audit"] {
        let reply = call(
            &fixture,
            &auditor,
            &format!("/api/v1/{list}.xlsx"),
            None,
            &[],
        )
        .await;
        assert_eq!(
            (reply.code(), reply.body.starts_with("PK")),
            (200, true),
            "{list}"
        );
    }
    let inventor = token(&fixture, fixture.of(Role::Inventor), "*").await;
    let reply = call(&fixture, &inventor, "/api/v1/cases.xlsx", None, &[]).await;
    assert_eq!(reply.code(), 403);
    let finance = fixture.of(Role::Finance).person;
    for (query, kind) in [
        ("kind=income.received.v1".to_owned(), "income.received.v1"),
        (format!("actor={finance}"), "income.received.v1"),
    ] {
        let page = read(&fixture, &auditor, &format!("/api/v1/events?{query}")).await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(
            (items.len(), &items[0]["entry"]["kind"]),
            (1, &json!(kind)),
            "{query}"
        );
    }
    let stream = format!("/api/v1/events?stream=deal:{}&limit=200", told.deal);
    let page = read(&fixture, &auditor, &stream).await;
    let path = format!("/api/v1/deals/{}/events", told.deal);
    let all = read(&fixture, &auditor, &path).await;
    assert_eq!(page["items"], all["items"]);
    let late = read(&fixture, &auditor, "/api/v1/events?from=2030-01-01").await;
    assert_eq!(late["items"], json!([]));
    for bad in ["kind=nothing", "from=today", "stream=nothing"] {
        let reply = call(
            &fixture,
            &auditor,
            &format!("/api/v1/events?{bad}"),
            None,
            &[],
        )
        .await;
        assert_eq!(reply.code(), 400, "{bad}");
    }
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let mine = read(&fixture, &manager, "/api/v1/cases?whose=mine").await;
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    let theirs = read(&fixture, &auditor, "/api/v1/cases?whose=mine").await;
    assert_eq!(theirs["items"], json!([]));
    let everybodys = read(&fixture, &auditor, "/api/v1/tasks?whose=all").await;
    let own = read(&fixture, &auditor, "/api/v1/tasks").await;
    let count = |it: &Value| it["items"].as_array().unwrap().len();
    assert!(count(&everybodys) > count(&own));
}

#[tokio::test(flavor = "multi_thread")]
async fn views_and_sessions_are_the_callers_own() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    let mine = token(&fixture, manager, "*").await;
    let path = "/api/v1/views";
    let view = json!({"list": "cases", "name": "在办", "query": "stop=deal"});
    let kept = call(&fixture, &mine, path, Some(view.clone()), &[]).await;
    assert_eq!(kept.code(), 201, "{}", kept.body);
    fits(&fixture, "post", path, &value(&kept)).await;
    assert_eq!(read(&fixture, &mine, path).await["items"], json!([view]));
    let page = fixture.get(Some(manager), "/cases").await;
    assert!(page.body.contains("在办"));
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    assert_eq!(read(&fixture, &head, path).await["items"], json!([]));
    for bad in [
        json!({"list": "nothing", "name": "a", "query": ""}),
        json!({"list": "cases", "name": "  ", "query": ""}),
        json!({"list": "cases", "name": "a", "query": "x".repeat(2000)}),
        json!({"list": "cases", "name": "名".repeat(41), "query": ""}),
        json!({"list": "cases"}),
        json!(5),
    ] {
        let reply = call(&fixture, &mine, path, Some(bad.clone()), &[]).await;
        assert_eq!(reply.code(), 400, "{bad}");
    }
    let forget = json!({"list": "cases", "name": "在办"});
    call(&fixture, &mine, path, Some(forget), &[]).await;
    assert_eq!(read(&fixture, &mine, path).await["items"], json!([]));

    let path = "/api/v1/sessions";
    let open = read(&fixture, &mine, path).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    for bad in [json!({"act": "begin"}), json!({"act": "end", "other": 1})] {
        let reply = call(&fixture, &mine, path, Some(bad), &[]).await;
        assert_eq!(reply.code(), 400);
    }
    let ended = call(&fixture, &mine, path, Some(json!({"act": "end"})), &[]).await;
    assert_eq!((ended.code(), value(&ended)), (201, json!({"ended": 1})));
    assert_eq!(fixture.get(Some(manager), "/cases").await.code(), 303);
    // Nobody else was signed out.
    let head = fixture.of(Role::OfficeHead);
    assert_eq!(fixture.get(Some(head), "/cases").await.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_finds_nothing_and_a_made_up_id_is_no_fault() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let begun = raw(&fixture, &head, "/api/v1/imports?name=a.csv", LEDGER).await;
    let import = value(&begun)["id"].as_str().unwrap().to_owned();
    let neighbour = fixture.neighbour();
    let theirs = token(&fixture, &neighbour[&Role::OfficeHead], "*").await;
    let made_up = Uuid::now_v7();
    let person = fixture.of(Role::Inventor).person;
    for path in [
        format!("/api/v1/people/{person}"),
        format!("/api/v1/receipts/{}", told.receipt),
        format!("/api/v1/notices/{}", told.notice),
        format!("/api/v1/imports/{import}"),
        format!("/api/v1/imports/{import}/fix-list.xlsx"),
        format!("/api/v1/people/{made_up}"),
        format!("/api/v1/receipts/{made_up}"),
        format!("/api/v1/notices/{made_up}"),
        format!("/api/v1/imports/{made_up}"),
        "/api/v1/people/%00".to_owned(),
        "/api/v1/receipts/..%2f..%2fx".to_owned(),
        "/api/v1/calc/nothing".to_owned(),
    ] {
        let reply = call(&fixture, &theirs, &path, None, &[]).await;
        assert!(matches!(reply.code(), 400 | 404), "{path}: {}", reply.body);
    }
    let act = json!({"act": "import", "accept_good": true});
    let path = format!("/api/v1/imports/{import}");
    let reply = call(&fixture, &theirs, &path, Some(act), &[]).await;
    assert_eq!(reply.code(), 404);
    let school = read(&fixture, &theirs, "/api/v1/institution").await;
    assert!(
        !school
            .to_string()
            .contains(&fixture.institution.to_string())
    );
}
