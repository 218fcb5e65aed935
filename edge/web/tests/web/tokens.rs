//! What a token opens and how long: money, the feed, the end of an account.

use axum::http::StatusCode;
use dukou_chain::people::{Role, Scope};
use dukou_chain::{institution, whole::Command};
use serde_json::{Value, json};

use crate::api::{call, read, token};
use crate::fixture::Fixture;
use crate::story;

fn kinds(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|it| it["entry"]["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_left_out_for_a_token_without_its_scope() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let head = fixture.of(Role::OfficeHead);
    let blind = token(&fixture, head, "case.read deal.read journal.read").await;
    let seeing = token(&fixture, head, "*").await;
    let path = format!("/api/v1/deals/{}/events", told.deal);
    let money = |list: &Value| {
        let told = kinds(list);
        let found = told
            .iter()
            .filter(|it| it.starts_with("income.") || it.starts_with("distribution."));
        found.count()
    };
    assert_eq!(money(&read(&fixture, &blind, &path).await), 0);
    assert!(money(&read(&fixture, &seeing, &path).await) >= 4);
    let deals = read(&fixture, &blind, "/api/v1/deals").await;
    assert_eq!(deals["items"][0]["received_fen"], Value::Null);
    let deals = read(&fixture, &seeing, "/api/v1/deals").await;
    assert_eq!(deals["items"][0]["received_fen"], json!(30_000_000));
    let deal = read(&fixture, &blind, &format!("/api/v1/deals/{}", told.deal)).await;
    assert_eq!(deal["receipts"], json!([]));
    // The feed has every entry; what those say stays unsaid.
    let feed = read(&fixture, &blind, "/api/v1/events?limit=200").await;
    let items = feed["items"].as_array().unwrap();
    assert_eq!(items.len() as i64, fixture.entries());
    for item in items {
        let entry = &item["entry"];
        let kind = entry["kind"].as_str().unwrap();
        let unsaid = kind.starts_with("income.")
            || kind.starts_with("distribution.")
            || entry["stream"].as_str().unwrap().starts_with("person:");
        assert_eq!(entry["body"].is_null(), unsaid, "{kind}");
    }
    assert!(!feed.to_string().contains("payer"), "what was paid by whom");
    let feed = read(&fixture, &seeing, "/api/v1/events?limit=200").await;
    let all = feed["items"].as_array().unwrap();
    assert!(all.iter().all(|it| it["entry"]["body"].is_object()));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_left_out_for_a_person_whose_roles_lack_it() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let manager = fixture.of(Role::Manager);
    let page = format!("/cases/{}?deal={}", told.case, told.deal);
    let split = format!("/deals/{}/split/", told.deal);
    let seen = fixture.get(Some(manager), &page).await;
    assert!(seen.body.contains(&split), "{}", seen.body);
    let take = institution::Command::SetPermission {
        role: Role::Manager,
        action: "money.read".to_owned(),
        scope: Scope::None,
        reason: "分工".to_owned(),
    };
    fixture.act(Role::SecurityAdmin, Command::Institution(take));
    let blind = fixture.get(Some(manager), &page).await;
    assert_eq!(blind.code(), 200);
    assert!(!blind.body.contains(&split));
    let list = fixture.get(Some(manager), "/deals").await;
    assert!(list.body.contains("不可看"), "{}", list.body);
    let mine = token(&fixture, manager, "*").await;
    let path = format!("/api/v1/deals/{}/events", told.deal);
    let events = read(&fixture, &mine, &path).await;
    assert!(kinds(&events).iter().all(|it| !it.starts_with("income.")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_read_whole_or_not_at_all() {
    let fixture = Fixture::new();
    story::disclosed(&fixture, "膜");
    let security = fixture.of(Role::SecurityAdmin);
    let form = |scope: &'static str| {
        [
            ("action", "journal.read"),
            ("role", "manager"),
            ("scope", scope),
            ("reason", "试"),
        ]
    };
    for scope in ["own", "unit"] {
        let refused = fixture
            .post(Some(security), "/settings/permissions", &form(scope))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let manager = fixture.of(Role::Manager);
    assert_eq!(fixture.get(Some(manager), "/journal").await.code(), 403);
    let given = fixture
        .post(Some(security), "/settings/permissions", &form("all"))
        .await;
    assert_eq!(given.code(), 303);
    assert_eq!(fixture.get(Some(manager), "/journal").await.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_anybody_may_read_needs_no_scope() {
    let fixture = Fixture::new();
    let narrow = token(&fixture, fixture.of(Role::Manager), "case.read").await;
    for path in ["openapi.json", "notices", "calculators"] {
        read(&fixture, &narrow, &format!("/api/v1/{path}")).await;
    }
}

/// The code of a call with a token.
async fn code(fixture: &Fixture, token: &str) -> u16 {
    call(fixture, token, "/api/v1", None, &[]).await.code()
}

/// Follows a link that was shown and sets a password.
async fn redeem(fixture: &Fixture, body: &str, login: &str) {
    let (_, rest) = body.split_once("/invite/").unwrap();
    let path = format!("/invite/{}", rest.split('"').next().unwrap());
    let secret = "a long and lasting secret";
    let form = [("login", login), ("password", secret), ("again", secret)];
    let reply = fixture.post(None, &path, &form).await;
    assert_eq!(reply.code(), 303, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_go_with_the_account_and_its_password() {
    let fixture = Fixture::new();
    let admin = fixture.of(Role::SystemAdmin);
    let manager = fixture.of(Role::Manager);
    let account = format!("/people/{}/account", manager.person);
    let act = |what: &'static str| {
        let account = account.clone();
        let fixture = &fixture;
        async move { fixture.post(Some(admin), &account, &[("what", what)]).await }
    };
    // A reset takes them back, and so does the link.
    let first = token(&fixture, manager, "*").await;
    let link = act("reset").await;
    assert_eq!(code(&fixture, &first).await, 401);
    let second = token(&fixture, manager, "*").await;
    redeem(&fixture, &link.body, "").await;
    assert_eq!(code(&fixture, &second).await, 401);
    // A closed account's token stays dead when the person comes back.
    let inventor = fixture.of(Role::Inventor);
    let account = format!("/people/{}/account", inventor.person);
    let third = token(&fixture, inventor, "*").await;
    fixture
        .post(Some(admin), &account, &[("what", "close")])
        .await;
    assert_eq!(code(&fixture, &third).await, 401);
    let link = fixture
        .post(Some(admin), &account, &[("what", "invite")])
        .await;
    redeem(&fixture, &link.body, "back.again").await;
    assert_eq!(code(&fixture, &third).await, 401);
    let left = fixture
        .store()
        .read(|db| db.row("SELECT COUNT(*) FROM api_token", &[]))
        .unwrap();
    assert_eq!(left.unwrap().int(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_an_account_opens_nothing() {
    let fixture = Fixture::new();
    let finance = fixture.of(Role::Finance);
    let mine = token(&fixture, finance, "*").await;
    assert_eq!(code(&fixture, &mine).await, 200);
    let person = finance.person.to_string();
    fixture
        .store()
        .write(move |db| db.exec("DELETE FROM account WHERE person = $1", &[person.into()]))
        .unwrap();
    assert_eq!(code(&fixture, &mine).await, 401);
}
