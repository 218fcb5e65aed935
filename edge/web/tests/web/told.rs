//! What is told of entries, and to whom: public events by webhook and change feed,
//! with the rights of whoever reads.

use dukou_chain::people::{Role, Scope};
use dukou_chain::{institution, public, whole::Command};
use serde_json::{Value, json};

use crate::api::{call, read, token};
use crate::fixture::{Fixture, Someone};
use crate::hooks::{Other, serve};
use crate::story;

/// Amounts of the story are of this size at least; nothing else in `data` is.
const LEAST: i64 = 10_000;

fn amounts(value: &Value) -> usize {
    match value {
        Value::Number(it) => usize::from(it.as_i64().is_none_or(|it| it.abs() >= LEAST)),
        Value::Array(list) => list.iter().map(amounts).sum(),
        Value::Object(map) => map.values().map(amounts).sum(),
        _ => 0,
    }
}

async fn hook(fixture: &Fixture, token: &str, url: &str, kinds: &[&str]) -> String {
    let wanted = json!({"name": "财务系统", "url": url, "kinds": kinds});
    let made = call(fixture, token, "/api/v1/hooks", Some(wanted), &[]).await;
    assert_eq!(made.code(), 201, "{}", made.body);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn entries(fixture: &Fixture, other: &Other) -> Vec<Value> {
    while serve(fixture).await > 0 {}
    let bodies = other.came().into_iter().map(|it| it.body);
    bodies
        .map(|it| serde_json::from_str::<Value>(&it).unwrap()["entry"].clone())
        .collect()
}

fn head(fixture: &Fixture) -> &Someone {
    fixture.of(Role::OfficeHead)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_says_what_the_token_that_made_it_may_read() {
    let fixture = Fixture::new();
    let (narrow, wide, over) = (Other::open(), Other::open(), Other::open());
    let blind = token(&fixture, head(&fixture), "hook.* case.read deal.read").await;
    let seeing = token(&fixture, head(&fixture), "*").await;
    hook(&fixture, &blind, &narrow.url, &[]).await;
    let id = hook(&fixture, &blind, &over.url, &[]).await;
    let path = format!("/api/v1/hooks/{id}");
    for act in ["pause", "resume"] {
        let act = json!({"act": act});
        let done = call(&fixture, &seeing, &path, Some(act), &[]).await;
        assert_eq!(done.code(), 201, "{}", done.body);
    }
    hook(&fixture, &seeing, &wide.url, &[]).await;
    story::tell(&fixture);
    let (told, whole) = (
        entries(&fixture, &narrow).await,
        entries(&fixture, &wide).await,
    );
    assert!(told.len() > 10 && told.len() == whole.len());
    assert!(whole.iter().map(|it| amounts(&it["data"])).sum::<usize>() > 10);
    for (entry, all) in told.iter().zip(&whole) {
        assert_eq!(amounts(&entry["data"]), 0, "{entry}");
        let hidden = amounts(&all["data"]) > 0;
        let named = !entry["withheld"].as_array().unwrap().is_empty();
        assert!(named || !hidden, "{entry}");
        assert_eq!((&entry["type"], &entry["seq"]), (&all["type"], &all["seq"]));
        assert_eq!(all["withheld"], json!([]), "{all}");
    }
    // Whoever lets one go on stands behind it from then on.
    let told = entries(&fixture, &over).await;
    assert_eq!(told, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_says_no_more_than_its_maker_may_read_now() {
    let fixture = Fixture::new();
    let other = Other::open();
    let seeing = token(&fixture, head(&fixture), "*").await;
    hook(&fixture, &seeing, &other.url, &[]).await;
    let set = |action: &str| {
        let take = institution::Command::SetPermission {
            role: Role::OfficeHead,
            action: action.to_owned(),
            scope: Scope::None,
            reason: "分工".to_owned(),
        };
        fixture.act(Role::SecurityAdmin, Command::Institution(take));
    };
    set("money.read");
    story::tell(&fixture);
    let told = entries(&fixture, &other).await;
    assert!(told.len() > 10);
    for entry in &told {
        assert_eq!(amounts(&entry["data"]), 0, "{entry}");
    }
    assert!(told.iter().any(|it| it["data"].is_object()));
    // Who may have no hook any more is told that something happened, and no more.
    set("hook.manage");
    story::disclosed(&fixture, "阀");
    let told = entries(&fixture, &other).await;
    assert!(!told.is_empty());
    for entry in told {
        assert!(entry["data"].is_null(), "{entry}");
        assert_eq!(entry["withheld"][0], "data");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_no_amount_to_a_token_without_money() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let blind = token(
        &fixture,
        head(&fixture),
        "case.read deal.read journal.read people.read",
    )
    .await;
    let seeing = token(&fixture, head(&fixture), "*").await;
    for path in [
        "/api/v1/events?limit=200".to_owned(),
        format!("/api/v1/deals/{}/events?limit=200", told.deal),
        format!("/api/v1/cases/{}/events?limit=200", told.case),
    ] {
        let (narrow, whole) = (
            read(&fixture, &blind, &path).await,
            read(&fixture, &seeing, &path).await,
        );
        for (list, some) in [(&narrow, false), (&whole, true)] {
            let items = list["items"].as_array().unwrap();
            assert!(!items.is_empty(), "{path}");
            let found: usize = items.iter().map(|it| amounts(&it["entry"]["data"])).sum();
            // The case of the story has no costs.
            assert_eq!(found > 0, some && !path.contains("cases"), "{path} {found}");
        }
        for item in whole["items"].as_array().unwrap() {
            let entry = &item["entry"];
            let named = public::type_of(entry["kind"].as_str().unwrap())
                .unwrap()
                .name;
            assert_eq!(entry["type"], named);
            for key in ["body", "request", "v"] {
                assert!(entry.get(key).is_none(), "{key}");
            }
        }
    }
}

/// A filter that another system was set up with years ago asks for what happened, not
/// for the shape that it is stored in.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_kind_still_asks_for_what_happened() {
    let fixture = Fixture::new();
    let other = Other::open();
    let seeing = token(&fixture, head(&fixture), "*").await;
    hook(
        &fixture,
        &seeing,
        &other.url,
        &["distribution.approved.v1", "dukou.income.received/v1"],
    )
    .await;
    story::tell(&fixture);
    let told = entries(&fixture, &other).await;
    let types: Vec<&str> = told.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        ["dukou.income.received/v1", "dukou.distribution.approved/v1"]
    );
    // The story takes longer than a token lives.
    let seeing = token(&fixture, head(&fixture), "*").await;
    for kind in [
        "distribution.approved.v1",
        "distribution.approved.v2",
        "dukou.distribution.approved%2Fv1",
    ] {
        let list = read(&fixture, &seeing, &format!("/api/v1/events?kind={kind}")).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{kind}");
    }
    let unknown = call(
        &fixture,
        &seeing,
        "/api/v1/events?kind=distribution.approved.v9",
        None,
        &[],
    )
    .await;
    assert_eq!(unknown.code(), 400, "{}", unknown.body);
}

/// Every object of a schema takes what it names and nothing else.
fn strict(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(strict),
        Value::Object(map) => {
            if map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            map.values_mut().for_each(strict);
        }
        _ => {}
    }
}

/// What answers say of cases, deals and receipts are types of their own, told in the
/// description to the last field: a stored struct that slipped in would bring others.
#[tokio::test(flavor = "multi_thread")]
async fn answers_say_what_their_description_says_and_no_more() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let seeing = token(&fixture, head(&fixture), "*").await;
    let blind = token(&fixture, head(&fixture), "case.read deal.read").await;
    let document = fixture.get_in(None, "en", "/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    let receipts = read(&fixture, &seeing, "/api/v1/receipts").await;
    let receipt = receipts["items"][0]["id"].as_str().unwrap();
    for (of, path, closed) in [
        (
            "/api/v1/cases/{id}",
            format!("/api/v1/cases/{}", told.case),
            true,
        ),
        (
            "/api/v1/deals/{id}",
            format!("/api/v1/deals/{}", told.deal),
            true,
        ),
        (
            "/api/v1/receipts/{id}",
            format!("/api/v1/receipts/{receipt}"),
            true,
        ),
        (
            "/api/v1/events",
            "/api/v1/events?limit=200".to_owned(),
            false,
        ),
        (
            "/api/v1/deals/{id}/events",
            format!("/api/v1/deals/{}/events", told.deal),
            false,
        ),
    ] {
        let answer = &document["paths"][of]["get"]["responses"]["200"];
        let mut schema = answer["content"]["application/json"]["schema"].clone();
        assert!(schema.is_object(), "{of}");
        if closed {
            strict(&mut schema);
        }
        let root = json!({"components": document["components"], "allOf": [schema]});
        let validator = jsonschema::validator_for(&root).unwrap();
        let found = read(&fixture, &seeing, &path).await;
        let wrong: Vec<String> = validator
            .iter_errors(&found)
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
        if of.contains("cases/{id}") || of == "/api/v1/deals/{id}" {
            let narrow = read(&fixture, &blind, &path).await;
            assert!(validator.is_valid(&narrow), "{narrow}");
            assert_eq!(amounts(&narrow), 0, "{narrow}");
            assert_eq!(found["withheld"], json!([]));
            assert_eq!(
                amounts(&found) > 0,
                !narrow["withheld"].as_array().unwrap().is_empty()
            );
        }
    }
    let list = read(&fixture, &blind, "/api/v1/deals").await;
    assert_eq!(amounts(&list), 0, "{list}");
}
