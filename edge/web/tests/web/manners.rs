//! How the API behaves: keys that count once, tags, problems, languages.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::{Role, Scope};
use dukou_chain::{institution, whole::Command};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{call, read, token};
use crate::fixture::{Fixture, Reply};
use crate::story;

const COMMANDS: &str = "/api/v1/commands";

fn problem(reply: &Reply) -> Value {
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(problem["status"], json!(reply.code()));
    for member in ["type", "code", "title", "detail"] {
        let said = problem[member].as_str().unwrap_or_default();
        assert!(!said.is_empty(), "{member}: {}", reply.body);
    }
    assert!(problem["type"].as_str().unwrap().starts_with("/api#"));
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_answered_as_the_first_time_whatever_happened_since() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let mine = token(&fixture, manager, "*").await;
    let note = json!({
        "command": "closing.note", "case": case, "text": "电话", "_reason": "来电",
    });
    let key = [("idempotency-key", "k-1"), ("if-match", "\"1\"")];
    let first = call(&fixture, &mine, COMMANDS, Some(note.clone()), &key).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    let before = fixture.entries();
    // The right is gone and the version has moved on.
    let take = institution::Command::SetPermission {
        role: Role::Manager,
        action: "case.note".to_owned(),
        scope: Scope::None,
        reason: "分工".to_owned(),
    };
    fixture.act(Role::SecurityAdmin, Command::Institution(take));
    let again = call(&fixture, &mine, COMMANDS, Some(note.clone()), &key).await;
    assert_eq!((again.code(), &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(fixture.entries(), before + 1, "the permission alone");
    // The reason, the version and the spelling are part of the call.
    let mut other = note.clone();
    other["_reason"] = json!("去电");
    let reply = call(&fixture, &mine, COMMANDS, Some(other), &key).await;
    assert_eq!(reply.code(), 409);
    assert_eq!(problem(&reply)["code"], "key.reused");
    let reply = call(&fixture, &mine, COMMANDS, Some(note.clone()), &key[..1]).await;
    assert_eq!(reply.code(), 409);
    let english = [key[0], ("accept-language", "en")];
    let reply = call(&fixture, &mine, COMMANDS, Some(note), &english).await;
    let said = problem(&reply)["detail"].as_str().unwrap().to_owned();
    assert!(
        said.contains("Idempotency-Key") && !said.contains("form"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_nothing_is_answered_so_again() {
    let fixture = Fixture::new();
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let person = fixture.of(Role::Inventor).person;
    let same = json!({"command": "people.update", "person": person, "kind": "staff",
        "unit": fixture.unit, "posts": []});
    let key = [("idempotency-key", "same")];
    let first = call(&fixture, &admin, COMMANDS, Some(same.clone()), &key).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    let left = json!({"command": "people.update", "person": person, "kind": "student",
        "unit": fixture.unit, "posts": []});
    call(&fixture, &admin, COMMANDS, Some(left), &[]).await;
    let before = fixture.entries();
    let again = call(&fixture, &admin, COMMANDS, Some(same), &key).await;
    assert_eq!((again.code(), &again.body), (201, &first.body));
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_under_one_key_have_one_effect() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let person = Uuid::now_v7();
    let note = json!({"command": "closing.note", "case": case, "text": "同时"});
    // The salt is random, so that the command itself differs each time.
    let register = json!({
        "command": "people.register", "person": person, "name": "苏墨", "staff_no": "T1024",
        "kind": "staff", "posts": [],
    });
    for (token, body, more) in [(&manager, note, 1), (&admin, register, 1)] {
        let before = fixture.entries();
        let key = [("idempotency-key", "at-once")];
        let one = || call(&fixture, token, COMMANDS, Some(body.clone()), &key);
        let all = tokio::join!(one(), one(), one(), one());
        let all = [all.0, all.1, all.2, all.3];
        for reply in &all {
            assert_eq!((reply.code(), &reply.body), (201, &all[0].body));
        }
        assert_eq!(fixture.entries(), before + more);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_under_one_key_leaves_one_entry() {
    let fixture = Fixture::new();
    let (_, deal) = story::decided(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let paper = story::paper(&fixture);
    let sign = json!({"command": "agreement.sign", "deal": deal, "contract_no": "HT-9",
        "signed": fixture.store().today(), "paper": paper});
    let before = fixture.entries();
    let send = |key: &'static str| {
        let (fixture, manager, sign) = (&fixture, &manager, sign.clone());
        async move {
            call(
                fixture,
                manager,
                COMMANDS,
                Some(sign),
                &[("idempotency-key", key)],
            )
            .await
        }
    };
    let first = send("r-1").await;
    assert_eq!(first.code(), 422, "{}", first.body);
    let kept = fixture.entries() - before;
    assert_eq!(kept, 1, "a refusal by law stays on the record");
    assert_eq!(send("r-1").await.code(), 422);
    assert_eq!(fixture.entries() - before, 1);
    assert_eq!(send("r-2").await.code(), 422);
    assert_eq!(fixture.entries() - before, 2);
    let report = problem(&first);
    let error = &report["errors"][0];
    assert_eq!(report["code"], error["code"]);
    assert!(
        error["severity"].is_string() && error["verified"].is_boolean(),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_read_whole_or_refused() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let note = json!({"command": "closing.note", "case": case, "text": "电话"});
    let before = fixture.entries();
    for key in ["k".repeat(201), "键".to_owned()] {
        let reply = call(
            &fixture,
            &manager,
            COMMANDS,
            Some(note.clone()),
            &[("idempotency-key", &key)],
        )
        .await;
        assert_eq!(reply.code(), 400, "{}", reply.body);
        let field = problem(&reply)["errors"][0]["field"].clone();
        let field = field.as_str().unwrap().to_ascii_lowercase();
        assert_eq!(field, "idempotency-key");
    }
    assert_eq!(fixture.entries(), before);
    let longest = "k".repeat(200);
    let key = [("idempotency-key", longest.as_str())];
    let reply = call(&fixture, &manager, COMMANDS, Some(note.clone()), &key).await;
    assert_eq!(reply.code(), 201);
    // A key that ends otherwise is another key.
    let other = format!("{}x", "k".repeat(199));
    let key = [("idempotency-key", other.as_str())];
    let reply = call(&fixture, &manager, COMMANDS, Some(note), &key).await;
    assert_eq!(reply.code(), 201);
    assert_eq!(fixture.entries(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_calls_count_once_as_well() {
    let fixture = Fixture::new();
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let hook = json!({"name": "财务", "url": "http://127.0.0.1:9/in"});
    let key = [("idempotency-key", "h-1")];
    let first = call(&fixture, &head, "/api/v1/hooks", Some(hook.clone()), &key).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    let again = call(&fixture, &head, "/api/v1/hooks", Some(hook), &key).await;
    assert_eq!(first.body, again.body);
    let other = json!({"name": "别的", "url": "http://127.0.0.1:9/in"});
    let reply = call(&fixture, &head, "/api/v1/hooks", Some(other), &key).await;
    assert_eq!(reply.code(), 409);
    let list = read(&fixture, &head, "/api/v1/hooks").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let id = list["items"][0]["id"].as_str().unwrap();
    let pause = Some(json!({"act": "pause"}));
    let reply = call(&fixture, &head, &format!("/api/v1/hooks/{id}"), pause, &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    // A link is made once, and works once.
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let person = fixture.of(Role::Inventor).person;
    let path = format!("/api/v1/people/{person}/account");
    let reset = Some(json!({"act": "reset"}));
    let key = [("idempotency-key", "a-1")];
    let first = call(&fixture, &admin, &path, reset.clone(), &key).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    let again = call(&fixture, &admin, &path, reset, &key).await;
    assert_eq!(first.body, again.body);
    let link: Value = serde_json::from_str(&first.body).unwrap();
    let page = fixture.get(None, link["link"].as_str().unwrap()).await;
    assert_eq!(page.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_of_a_resource_is_the_version_of_a_command() {
    let fixture = Fixture::new();
    let (case, deal) = story::opened(&fixture, "膜");
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let path = format!("/api/v1/cases/{case}");
    let tag = |reply: &Reply| reply.headers["etag"].to_str().unwrap().to_owned();
    let first = call(&fixture, &manager, &path, None, &[]).await;
    assert_eq!(first.headers["cache-control"], "private, no-cache");
    let old = tag(&first);
    let note = |text: &str| Some(json!({"command": "closing.note", "case": case, "text": text}));
    let reply = call(
        &fixture,
        &manager,
        COMMANDS,
        note("一"),
        &[("if-match", &old)],
    )
    .await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let reply = call(
        &fixture,
        &manager,
        COMMANDS,
        note("二"),
        &[("if-match", &old)],
    )
    .await;
    assert_eq!(reply.code(), 409);
    let said = problem(&reply);
    let expected = said["expected"].as_i64().unwrap();
    assert_eq!(said["actual"].as_i64().unwrap(), expected + 1);
    assert!(old.starts_with(&format!("\"v{expected}-")), "{old}");
    let packed = format!(
        "W/{}",
        tag(&call(&fixture, &manager, &path, None, &[]).await)
    );
    for (header, code) in [(packed.as_str(), 304), ("\"x\", *", 304), ("\"x\"", 200)] {
        let reply = call(
            &fixture,
            &manager,
            &path,
            None,
            &[("if-none-match", header)],
        )
        .await;
        assert_eq!(reply.code(), code, "{header}");
    }
    let reply = call(
        &fixture,
        &manager,
        COMMANDS,
        note("三"),
        &[("if-match", &packed)],
    )
    .await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let reply = call(
        &fixture,
        &manager,
        COMMANDS,
        note("四"),
        &[("if-match", "\"v-1\"")],
    )
    .await;
    assert_eq!(reply.code(), 400);
    let reply = call(
        &fixture,
        &manager,
        &format!("/api/v1/deals/{deal}"),
        None,
        &[],
    )
    .await;
    assert!(tag(&reply).starts_with("\"v"), "{}", tag(&reply));
    let hash = story::paper(&fixture).file;
    let path = format!("/api/v1/files/{}", hash.as_str());
    let file = call(&fixture, &manager, &path, None, &[]).await;
    let reply = call(
        &fixture,
        &manager,
        &path,
        None,
        &[("if-none-match", &tag(&file))],
    )
    .await;
    assert_eq!(
        (file.code(), reply.code(), reply.body.as_str()),
        (200, 304, "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_missing_and_where() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    let narrow = token(&fixture, manager, "case.read").await;
    let reply = call(&fixture, &narrow, "/api/v1/deals", None, &[]).await;
    let said = problem(&reply);
    assert_eq!(
        (&said["action"], &said["lacks"]),
        (&json!("deal.read"), &json!("scope"))
    );
    let whole = token(&fixture, manager, "*").await;
    let reply = call(&fixture, &whole, "/api/v1/hooks", None, &[]).await;
    let said = problem(&reply);
    assert_eq!(
        (&said["action"], &said["lacks"]),
        (&json!("hook.manage"), &json!("role"))
    );
    let page = fixture.get(None, "/api").await;
    for kind in dukou_web::problem::KINDS {
        assert!(
            page.body.contains(&format!("id=\"{}\"", kind.code)),
            "{}",
            kind.code
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_a_problem() {
    let fixture = Fixture::new();
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let reply = call(&fixture, "", "/api/v1/cases", None, &[]).await;
    assert_eq!(reply.code(), 401);
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    problem(&reply);
    for (path, body, code) in [
        ("/api/v1/nothing", None, 404),
        ("/api/v1/cases/7", None, 404),
        ("/api/v1/cases/%FF", None, 404),
        ("/api/v1/cases?limit=x", None, 400),
        ("/api/v1/cases", Some(json!({})), 405),
    ] {
        let reply = call(&fixture, &manager, path, body, &[]).await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.body);
        problem(&reply);
        if code == 405 {
            let allow = reply.headers["allow"].to_str().unwrap();
            assert!(allow.contains("GET"), "{allow}");
        }
    }
    let hash = story::paper(&fixture).file;
    let path = format!("/api/v1/files/{}", hash.as_str());
    let folder = fixture.folder.join("files");
    std::fs::remove_dir_all(&folder).unwrap();
    let reply = call(&fixture, &manager, &path, None, &[]).await;
    assert_eq!(reply.code(), 410, "{}", reply.body);
    problem(&reply);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_answered_in_the_language_it_wishes() {
    let fixture = Fixture::new();
    let asked = |wish: &str, chosen: &str| {
        let mut request = Request::builder().uri("/api/v1/cases");
        if !wish.is_empty() {
            request = request.header(header::ACCEPT_LANGUAGE, wish);
        }
        if !chosen.is_empty() {
            request = request.header(header::COOKIE, format!("dukou_lang={chosen}"));
        }
        fixture.raw(request.body(Body::empty()).unwrap())
    };
    for (wish, chosen, lang) in [
        ("", "", "zh"),
        ("en", "", "en"),
        ("en", "zh", "en"),
        ("", "en", "en"),
        ("en;q=0.2, zh-CN;q=0.8", "", "zh"),
        ("fr, en;q=0.5", "", "en"),
        ("en;q=0", "", "zh"),
        ("zh;q=0.4,en;q=0.45", "", "en"),
    ] {
        let reply = asked(wish, chosen).await;
        assert_eq!(reply.headers["content-language"], lang, "{wish} {chosen}");
        let vary = reply.headers.get_all("vary").iter();
        assert!(
            vary.map(|it| it.to_str().unwrap())
                .any(|it| it.contains("accept-language"))
        );
        let title = problem(&reply)["title"].as_str().unwrap().to_owned();
        assert_eq!(title.is_ascii(), lang == "en", "{title}");
    }
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let request = Request::builder()
        .uri("/api/v1")
        .header(header::AUTHORIZATION, format!("bearer {manager}"));
    let reply = fixture.raw(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.code(), 200);
}
