//! The API: tokens and their scopes, commands that count once, lists that go on.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_chain::whole::Command;
use serde_json::{Value, json};

use crate::fixture::{DAY_MS, Fixture, Reply, Someone};
use crate::story;

/// Makes a token in the browser, as its owner does.
pub async fn token(fixture: &Fixture, who: &Someone, scopes: &str) -> String {
    let form = [("name", "财务系统"), ("days", "30"), ("scopes", scopes)];
    let page = fixture.post(Some(who), "/me/tokens", &form).await;
    assert_eq!(page.code(), 200, "{}", page.body);
    let (_, rest) = page.body.split_once("<code>dkt_").unwrap();
    format!("dkt_{}", rest.split('<').next().unwrap())
}

pub async fn call(
    fixture: &Fixture,
    token: &str,
    path: &str,
    body: Option<Value>,
    headers: &[(&str, &str)],
) -> Reply {
    let mut request = Request::builder()
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = match body {
        None => request.body(Body::empty()),
        Some(json) => request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json.to_string())),
    };
    fixture.raw(request.unwrap()).await
}

pub async fn read(fixture: &Fixture, token: &str, path: &str) -> Value {
    let reply = call(fixture, token, path, None, &[]).await;
    assert_eq!(reply.code(), 200, "{path}: {}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_the_pages_show_can_be_read() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let about = read(&fixture, &head, "/api/v1").await;
    assert_eq!(about["roles"], json!(["office_head"]));
    let case = read(&fixture, &head, &format!("/api/v1/cases/{}", told.case)).await;
    assert_eq!(case["details"]["title"], story::HOSTILE);
    assert_eq!(case["deals"], json!([told.deal.to_string()]));
    let deal = read(&fixture, &head, &format!("/api/v1/deals/{}", told.deal)).await;
    assert_eq!(
        deal["receipts"][0]["received"]["receipt"],
        told.receipt.to_string()
    );
    for path in [
        "cases", "deals", "receipts", "people", "tasks", "calc", "notices", "rules", "hooks",
        "letters",
    ] {
        let list = read(&fixture, &head, &format!("/api/v1/{path}")).await;
        assert!(list["items"].is_array(), "{path}");
    }
    let timeline = read(
        &fixture,
        &head,
        &format!("/api/v1/deals/{}/events", told.deal),
    )
    .await;
    assert!(timeline["items"].as_array().unwrap().len() > 5);
    let answer = call(
        &fixture,
        &head,
        "/api/v1/calc/workdays",
        Some((dukou_calc::find("workdays").unwrap().example)()),
        &[],
    )
    .await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_gives_every_entry_once_and_in_order() {
    let fixture = Fixture::new();
    story::tell(&fixture);
    let auditor = token(&fixture, fixture.of(Role::Auditor), "journal.read").await;
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = read(
            &fixture,
            &auditor,
            &format!("/api/v1/events?after={after}&limit=7"),
        )
        .await;
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|it| it["seq"].as_i64().unwrap()));
        after = page["last"].as_i64().unwrap();
    }
    let all: Vec<i64> = (1..=fixture.entries()).collect();
    assert_eq!(seen, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_on_without_a_gap() {
    let fixture = Fixture::new();
    for n in 0..11 {
        story::disclosed(&fixture, &format!("成果{n}"));
    }
    let head = token(&fixture, fixture.of(Role::OfficeHead), "case.read").await;
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/api/v1/cases?limit=3&after={cursor}");
        let page = read(&fixture, &head, &path).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|it| it["number"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), &seen), (11, &sorted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_no_more_than_its_scopes_and_its_owner() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let narrow = token(&fixture, manager, "case.read").await;
    let note = json!({"command": "closing.note", "case": case, "text": "一笔"});
    let before = fixture.entries();
    for (path, body, code) in [
        ("/api/v1/cases", None, 200),
        ("/api/v1/deals", None, 403),
        ("/api/v1/commands", Some(note.clone()), 403),
    ] {
        let reply = call(&fixture, &narrow, path, body, &[]).await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.body);
    }
    // All scopes of an inventor are still an inventor's.
    let inventor = token(&fixture, fixture.of(Role::Inventor), "*").await;
    let accept = json!({"command": "disclosure.accept", "case": case, "manager": manager.person});
    let reply = call(&fixture, &inventor, "/api/v1/commands", Some(accept), &[]).await;
    assert_eq!(reply.code(), 403);
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(problem["type"], "/api#forbidden");
    // A session writes nothing here, and no token counts on the pages.
    let mut request = Request::builder()
        .uri("/api/v1/commands")
        .method("POST")
        .header(header::COOKIE, format!("dukou_session={}", manager.token));
    request = request.header(header::CONTENT_TYPE, "application/json");
    let reply = fixture
        .raw(request.body(Body::from(note.to_string())).unwrap())
        .await;
    assert_eq!(reply.code(), 401, "{}", reply.body);
    let reply = call(&fixture, &narrow, "/cases", None, &[]).await;
    assert_eq!(reply.code(), 303);
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_by_its_day_by_hand_and_with_the_account() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    let mine = token(&fixture, manager, "case.*").await;
    assert_eq!(
        call(&fixture, &mine, "/api/v1/cases", None, &[])
            .await
            .code(),
        200
    );
    let page = fixture.get(Some(manager), "/me").await;
    let id = page.hidden("token");
    let neighbour = fixture.neighbour();
    for (who, left) in [(&neighbour[&Role::Manager], 200), (manager, 401)] {
        fixture
            .post(Some(who), "/me/tokens/revoke", &[("token", &id)])
            .await;
        let reply = call(&fixture, &mine, "/api/v1/cases", None, &[]).await;
        assert_eq!(reply.code(), left);
    }
    let late = token(&fixture, manager, "case.*").await;
    fixture.wait_days(31);
    assert_eq!(
        call(&fixture, &late, "/api/v1/cases", None, &[])
            .await
            .code(),
        401
    );
    let closed = token(&fixture, manager, "case.*").await;
    let person = manager.person.to_string();
    fixture
        .store()
        .write(move |db| {
            db.exec(
                "UPDATE account SET disabled = 1 WHERE person = $1",
                &[person.into()],
            )
        })
        .unwrap();
    assert_eq!(
        call(&fixture, &closed, "/api/v1/cases", None, &[])
            .await
            .code(),
        401
    );
    // Guessing ends.
    let mut codes = Vec::new();
    for n in 0..70 {
        codes.push(
            call(&fixture, &format!("dkt_{n}"), "/api/v1", None, &[])
                .await
                .code(),
        );
    }
    assert_eq!((codes[0], codes[69]), (401, 429));
    assert!(fixture.store().now_ms() > 31 * DAY_MS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_counts_once_and_never_over_another() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let note = |text: &str| json!({"command": "closing.note", "case": case, "text": text});
    let before = fixture.entries();
    let key = [("idempotency-key", "k-1"), ("if-match", "\"1\"")];
    let path = "/api/v1/commands";
    let first = call(&fixture, &manager, path, Some(note("电话")), &key).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    let again = call(&fixture, &manager, path, Some(note("电话")), &key).await;
    assert_eq!((again.code(), &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = call(&fixture, &manager, path, Some(note("别的")), &key).await;
    assert_eq!(other.code(), 409);
    // Another caller's key of the same name is another key.
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let theirs = call(&fixture, &head, path, Some(note("主任")), &[key[0]]).await;
    assert_eq!(theirs.code(), 201, "{}", theirs.body);
    let stale = call(&fixture, &manager, path, Some(note("晚了")), &[key[1]]).await;
    assert_eq!(stale.code(), 409);
    assert_eq!(fixture.entries(), before + 2);
    for bad in [
        json!([]),
        json!({}),
        json!({"command": "no.such"}),
        json!({"command": "closing.note", "case": case, "text": 5}),
    ] {
        let reply = call(&fixture, &manager, path, Some(bad.clone()), &[]).await;
        assert_eq!(reply.code(), 400, "{bad}: {}", reply.body);
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
    let english = [("accept-language", "en")];
    let empty = json!({"command": "closing.note", "case": case, "text": ""});
    let reply = call(&fixture, &manager, path, Some(empty), &english).await;
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(
        (reply.code(), &problem["errors"][0]["field"]),
        (422, &json!("text"))
    );
    assert!(problem["title"].as_str().unwrap().is_ascii());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_again() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let path = format!("/api/v1/cases/{case}");
    let first = call(&fixture, &manager, &path, None, &[]).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let same = call(&fixture, &manager, &path, None, &[("if-none-match", &tag)]).await;
    assert_eq!((same.code(), same.body.as_str()), (304, ""));
    let note = json!({"command": "closing.note", "case": case, "text": "一笔"});
    call(&fixture, &manager, "/api/v1/commands", Some(note), &[]).await;
    let changed = call(&fixture, &manager, &path, None, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_things_are_not_there() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let hash = story::paper(&fixture).file;
    let neighbour = fixture.neighbour();
    let theirs = token(&fixture, &neighbour[&Role::OfficeHead], "*").await;
    for path in [
        format!("/api/v1/cases/{}", told.case),
        format!("/api/v1/cases/{}/events", told.case),
        format!("/api/v1/deals/{}", told.deal),
        format!("/api/v1/deals/{}/events", told.deal),
        format!("/api/v1/files/{}", hash.as_str()),
    ] {
        let reply = call(&fixture, &theirs, &path, None, &[]).await;
        assert_eq!(reply.code(), 404, "{path}");
    }
    let before = fixture.entries();
    // A case or deal of that id is none of theirs, and none begins by such a step.
    for command in [
        json!({"command": "closing.note", "case": told.case, "text": "越界"}),
        json!({"command": "matching.note_contact", "deal": told.deal, "on": "2026-09-20", "text": "越界"}),
    ] {
        let reply = call(&fixture, &theirs, "/api/v1/commands", Some(command), &[]).await;
        assert!(matches!(reply.code(), 404 | 422), "{}", reply.body);
    }
    assert_eq!(fixture.entries(), before);
    let events = read(&fixture, &theirs, "/api/v1/events?limit=200").await;
    assert!(!events.to_string().contains(&told.case.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_comes_out() {
    let fixture = Fixture::new();
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let send = |name: &str, bytes: &'static [u8]| {
        let request = Request::builder()
            .uri(format!("/api/v1/files?name={name}"))
            .method("POST")
            .header(header::AUTHORIZATION, format!("Bearer {manager}"))
            .body(Body::from(bytes))
            .unwrap();
        fixture.raw(request)
    };
    let reply = send("a.pdf", crate::fixture::PDF).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let file: Value = serde_json::from_str(&reply.body).unwrap();
    let path = format!("/api/v1/files/{}", file["file"].as_str().unwrap());
    let back = call(&fixture, &manager, &path, None, &[]).await;
    assert_eq!(back.body.as_bytes(), crate::fixture::PDF);
    assert_eq!(send("a.exe", b"MZ\x90\x00").await.code(), 415);
    assert_eq!(send("", crate::fixture::PDF).await.code(), 400);
}

/// Every command has a row in the table, a place in the description, and, unless
/// it is the program's own, a form or a page.
#[tokio::test(flavor = "multi_thread")]
async fn everything_is_described() {
    assert_eq!(dukou_web::api::openapi::untold(), Vec::<&str>::new());
    let fixture = Fixture::new();
    let document = fixture.get_in(None, "en", "/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = document["components"]["schemas"]["Command"]["oneOf"]
        .as_array()
        .unwrap();
    let described: Vec<&str> = schemas
        .iter()
        .map(|it| it["properties"]["command"]["const"].as_str().unwrap())
        .collect();
    for name in Command::NAMES {
        let open = dukou_web::api::commands::open_to_callers(name);
        assert_eq!(described.contains(name), open, "{name}");
        let action = Command::action_on(name, false);
        assert!(
            dukou_chain::people::permission::action(action).is_some(),
            "{name}"
        );
    }
    let page = fixture.get_in(None, "zh", "/api").await;
    assert_eq!(page.code(), 200);
    assert!(page.body.contains("POST /api/v1/commands"));
}
