//! Lists of the API: where they go on, and what they are asked.

use std::collections::BTreeSet;

use dukou_chain::people::Role;
use dukou_store::Value as Cell;
use serde_json::{Value, json};

use crate::api::{call, read, token};
use crate::fixture::Fixture;
use crate::story;

/// Every item of a list, page by page, each told apart by these members.
async fn whole(fixture: &Fixture, token: &str, path: &str, by: &[&str]) -> Vec<Value> {
    let join = if path.contains('?') { '&' } else { '?' };
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = read(
            fixture,
            token,
            &format!("{path}{join}limit=2&after={cursor}"),
        )
        .await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        assert!(all.len() < 500, "{path} goes on and on");
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let of = |it: &Value| {
        by.iter()
            .map(|key| it[*key].to_string())
            .collect::<String>()
    };
    let apart: BTreeSet<String> = all.iter().map(of).collect();
    assert_eq!(apart.len(), all.len(), "{path} gives something twice");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_goes_on_without_a_gap_or_a_repeat() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    for n in 0..5 {
        story::disclosed(&fixture, &format!("成果{n}"));
    }
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let manager = token(&fixture, fixture.of(Role::Manager), "*").await;
    let audit = token(&fixture, fixture.of(Role::AuditAdmin), "*").await;
    for (token, path, by, least) in [
        (&head, "/api/v1/cases".to_owned(), ["id"].as_slice(), 6),
        (&head, "/api/v1/deals".to_owned(), &["id"], 1),
        (&head, "/api/v1/receipts".to_owned(), &["id"], 1),
        (&head, "/api/v1/people".to_owned(), &["id"], 11),
        (&head, "/api/v1/notices".to_owned(), &["id"], 2),
        (
            &manager,
            "/api/v1/tasks".to_owned(),
            &["subject", "code", "what"],
            3,
        ),
        (&audit, "/api/v1/audit".to_owned(), &["id"], 3),
        (
            &head,
            format!("/api/v1/deals/{}/events", told.deal),
            &["seq"],
            5,
        ),
    ] {
        let all = whole(&fixture, token, &path, by).await;
        assert!(all.len() >= least, "{path}: {}", all.len());
        if !path.contains("audit") {
            let at_once = read(&fixture, token, &format!("{path}?limit=200")).await;
            assert_eq!(at_once["items"], json!(all), "{path}");
        }
    }
}

/// Numbers grow past four digits within a year; a list by number would turn round.
#[tokio::test(flavor = "multi_thread")]
async fn the_ten_thousandth_case_comes_after_the_one_before() {
    let fixture = Fixture::new();
    let (first, second) = (
        story::disclosed(&fixture, "前"),
        story::disclosed(&fixture, "后"),
    );
    for (case, number) in [(first, "YZ-2026-9999"), (second, "YZ-2026-10000")] {
        let params: [Cell; 2] = [number.into(), case.to_string().into()];
        fixture
            .store()
            .write(move |db| db.exec("UPDATE case_view SET number = $1 WHERE id = $2", &params))
            .unwrap();
    }
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let all = whole(&fixture, &head, "/api/v1/cases", &["id"]).await;
    let numbers: Vec<&str> = all
        .iter()
        .map(|it| it["number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, ["YZ-2026-10000", "YZ-2026-9999"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_dead_letter_is_lost_between_pages() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    let mine = token(&fixture, head, "*").await;
    let mut hooks = Vec::new();
    for n in 0..3 {
        let hook = json!({"name": format!("系统{n}"), "url": "http://127.0.0.1:9/in"});
        let made = call(&fixture, &mine, "/api/v1/hooks", Some(hook), &[]).await;
        let made: Value = serde_json::from_str(&made.body).unwrap();
        hooks.push(made["id"].as_str().unwrap().to_owned());
    }
    let institution = fixture.institution.to_string();
    fixture
        .store()
        .write(move |db| {
            for seq in 1i64..=20 {
                for hook in &hooks {
                    let row: [Cell; 3] = [institution.as_str().into(), hook.as_str().into(), seq.into()];
                    db.exec("INSERT INTO hook_letter (institution, hook, seq, attempts, error, at_ms) VALUES ($1, $2, $3, 12, 'no', 5)", &row)?;
                }
            }
            Ok(())
        })
        .unwrap();
    let all = whole(&fixture, &mine, "/api/v1/letters", &["hook", "seq"]).await;
    assert_eq!(all.len(), 60);
    // One is let go, once.
    let one = |it: &Value| {
        let hook = it["hook"].as_str().unwrap();
        format!("/api/v1/letters/{hook}/{}", it["seq"])
    };
    for code in [201, 404] {
        let drop = Some(json!({"act": "drop"}));
        let reply = call(&fixture, &mine, &one(&all[59]), drop, &[]).await;
        assert_eq!(reply.code(), code, "{}", reply.body);
    }
    // Nobody takes it there: it stays, and the caller is told.
    let send = Some(json!({"act": "send"}));
    let reply = call(&fixture, &mine, &one(&all[0]), send, &[]).await;
    assert_eq!(reply.code(), 422, "{}", reply.body);
    // The page turns at fifty, in the midst of one entry.
    let first = fixture.get(Some(head), "/settings/hooks").await;
    let (_, rest) = first.body.split_once("/settings/hooks?before=").unwrap();
    let older = format!("/settings/hooks?before={}", rest.split('"').next().unwrap());
    let second = fixture.get(Some(head), &older).await;
    let letters = |body: &str| body.matches("value=\"drop\"").count();
    assert_eq!((letters(&first.body), letters(&second.body)), (50, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_not_understood_is_refused() {
    let fixture = Fixture::new();
    story::disclosed(&fixture, "一");
    story::disclosed(&fixture, "二");
    let head = token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let page = read(&fixture, &head, "/api/v1/cases?limit=1").await;
    let cursor = page["next"].as_str().unwrap();
    for path in [
        "/api/v1/cases?sort=title".to_owned(),
        "/api/v1/cases?standing=sitting".to_owned(),
        "/api/v1/deals?mode=gift".to_owned(),
        "/api/v1/receipts?standing=lost".to_owned(),
        "/api/v1/cases?limit=1&limit=2".to_owned(),
        "/api/v1/cases?after=YZ-2026-0001".to_owned(),
        format!("/api/v1/deals?after={cursor}"),
        format!("/api/v1/cases?after={cursor}A"),
        format!("/api/v1/cases?after={}", &cursor[1..]),
        "/api/v1?x=1".to_owned(),
    ] {
        let reply = call(&fixture, &head, &path, None, &[]).await;
        assert_eq!(reply.code(), 400, "{path}: {}", reply.body);
    }
    let reply = call(&fixture, &head, "/api/v1/cases?sort=x&q=y", None, &[]).await;
    let said: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(said["code"], "query.unknown");
    assert!(said["detail"].as_str().unwrap().contains("sort"), "{said}");
    for path in [
        "cases?standing=submitted",
        "deals?mode=licence",
        "receipts?standing=paid",
    ] {
        read(&fixture, &head, &format!("/api/v1/{path}")).await;
    }
}
