//! Names and numbers as people type and paste them: what looks the same is the same,
//! and what cannot be seen is no name.

use dukou_chain::people::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{call, token};
use crate::fixture::Fixture;

fn register(name: &str, number: &str) -> Value {
    json!({
        "command": "people.register", "person": Uuid::now_v7(), "name": name,
        "staff_no": number, "kind": "staff", "posts": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn look_alike_numbers_are_one_number() {
    let fixture = Fixture::new();
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let first = register("苏墨", "T２０２６001");
    let first = call(&fixture, &admin, "/api/v1/commands", Some(first), &[]).await;
    assert_eq!(first.code(), 201, "{}", first.body);
    for number in [
        "T2026001",
        "Ｔ2026001",
        " T2026\u{200b}001\u{202e}",
        "T 2026001",
    ] {
        let again = register("苏沫", number);
        let again = call(&fixture, &admin, "/api/v1/commands", Some(again), &[]).await;
        assert_eq!(again.code(), 422, "{number:?}");
        assert!(
            again.body.contains("people.staff_no_taken"),
            "{}",
            again.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_what_can_be_seen_of_it() {
    let fixture = Fixture::new();
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    for name in ["", "\u{200b}", "\u{2800}\u{3164}", "\u{202e}\u{2066}"] {
        let reply = register(name, "T1");
        let reply = call(&fixture, &admin, "/api/v1/commands", Some(reply), &[]).await;
        assert_eq!(reply.code(), 422, "{name:?}");
        assert!(reply.body.contains("people.name"), "{}", reply.body);
    }
    let dressed = register("\u{202e}苏\u{200b}墨 ", "T1");
    let dressed = call(&fixture, &admin, "/api/v1/commands", Some(dressed), &[]).await;
    assert_eq!(dressed.code(), 201, "{}", dressed.body);
    let list = fixture
        .get(Some(fixture.of(Role::OfficeHead)), "/people?q=T1")
        .await;
    assert!(list.body.contains("苏墨"), "no letter stands between");
}

#[tokio::test(flavor = "multi_thread")]
async fn seals_and_keys_are_not_taken_from_outside() {
    let fixture = Fixture::new();
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    for (key, value) in [
        ("seals", json!({"name": "0".repeat(64)})),
        ("staff_no_key", json!("0".repeat(64))),
        ("seal", json!("0".repeat(64))),
    ] {
        let mut command = register("苏墨", "T1");
        command[key] = value;
        let before = fixture.entries();
        let reply = call(&fixture, &admin, "/api/v1/commands", Some(command), &[]).await;
        assert_eq!(reply.code(), 422, "{key}");
        assert!(reply.body.contains("people.seal") && reply.body.contains(key));
        assert_eq!(fixture.entries(), before);
    }
}
