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
        assert_eq!(entry["data"].is_null(), unsaid, "{kind}");
    }
    assert!(!feed.to_string().contains("payer"), "what was paid by whom");
    let feed = read(&fixture, &seeing, "/api/v1/events?limit=200").await;
    let all = feed["items"].as_array().unwrap();
    assert!(all.iter().all(|it| it["entry"]["data"].is_object()));
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
    for path in ["openapi.json", "notices", "calc"] {
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

/// A service of the roster without an owner.
pub async fn service(fixture: &Fixture) -> String {
    let admin = token(fixture, fixture.of(Role::SystemAdmin), "*").await;
    let id = uuid::Uuid::now_v7().to_string();
    let register = json!({
        "command": "people.register", "person": id, "name": "财务系统", "kind": "service", "posts": [],
    });
    let reply = call(fixture, &admin, "/api/v1/commands", Some(register), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_works_in_its_own_name_by_tokens_alone() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let id = service(&fixture).await;
    let (admin, security) = (
        fixture.of(Role::SystemAdmin),
        fixture.of(Role::SecurityAdmin),
    );
    let page = format!("/people/{id}");
    let tokens = format!("{page}/tokens");
    // No account, no sign-in, and no token before somebody answers for it.
    let shown = fixture.get(Some(admin), &page).await;
    assert!(!shown.body.contains("invite"), "{}", shown.body);
    fixture
        .post(
            Some(admin),
            &format!("{page}/account"),
            &[("what", "invite")],
        )
        .await;
    let wanted = [
        ("name", "夜间对账"),
        ("days", "30"),
        ("scopes", "case.read case.note"),
    ];
    let early = fixture.post(Some(admin), &tokens, &wanted).await;
    assert_eq!(early.code(), 422);
    assert!(early.body.contains("负责人"), "{}", early.body);
    let owner = fixture.of(Role::Manager).person.to_string();
    let step = format!("{page}/do/people.name_owner");
    let form = fixture.get(Some(admin), &step).await;
    let (key, version) = (form.hidden("_key"), form.hidden("_version"));
    let named = [
        ("owner", owner.as_str()),
        ("_key", &key),
        ("_version", &version),
    ];
    assert_eq!(fixture.post(Some(admin), &step, &named).await.code(), 303);
    let grant = format!("{page}/do/people.grant_role");
    let form = fixture.get(Some(security), &grant).await;
    let (key, version) = (form.hidden("_key"), form.hidden("_version"));
    let role = [("role", "manager"), ("_key", &key), ("_version", &version)];
    assert_eq!(
        fixture.post(Some(security), &grant, &role).await.code(),
        303
    );
    let made = fixture.post(Some(admin), &tokens, &wanted).await;
    assert_eq!(made.code(), 200, "{}", made.body);
    let (_, rest) = made.body.split_once("<code>dkt_").unwrap();
    let secret = format!("dkt_{}", rest.split('<').next().unwrap());
    // What it does stands in the journal under its name.
    let note = json!({"command": "closing.note", "case": case, "text": "夜间对账无误"});
    let reply = call(&fixture, &secret, "/api/v1/commands", Some(note), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let head = fixture.of(Role::OfficeHead);
    assert!(
        fixture
            .get(Some(head), "/journal")
            .await
            .body
            .contains("财务系统")
    );
    assert_eq!(
        call(&fixture, &secret, "/api/v1/deals", None, &[])
            .await
            .code(),
        403
    );
    // The roster shows it under its kind; no picker offers it as somebody.
    let list = fixture.get(Some(head), "/people?kind=service").await;
    assert!(list.body.contains("财务系统") && list.body.contains("系统"));
    let english = fixture
        .get_in(Some(head), "en", "/people?kind=service")
        .await;
    assert!(english.body.contains("Service"));
    // Taken back in the browser.
    let shown = fixture.get(Some(admin), &page).await;
    let token_id = shown.hidden("token");
    fixture
        .post(
            Some(admin),
            &format!("{tokens}/revoke"),
            &[("token", &token_id)],
        )
        .await;
    assert_eq!(code(&fixture, &secret).await, 401);
    // Making and taking back stand in the audit log.
    let audit = token(&fixture, fixture.of(Role::AuditAdmin), "*").await;
    let log = read(&fixture, &audit, "/api/v1/audit?kind=did").await;
    for path in [tokens.clone(), format!("{tokens}/revoke")] {
        let mut lines = log["items"].as_array().unwrap().iter();
        assert!(lines.any(|it| it["path"] == path), "{path}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_others_are_listed_and_taken_back_through_the_api() {
    let fixture = Fixture::new();
    let id = service(&fixture).await;
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let owner = fixture.of(Role::Manager).person;
    let name = json!({"command": "people.name_owner", "person": id, "owner": owner});
    let reply = call(&fixture, &admin, "/api/v1/commands", Some(name), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let path = format!("/api/v1/people/{id}/tokens");
    let wanted = json!({"name": "夜间", "scopes": ["case.read"], "days": 9});
    let key = [("idempotency-key", "t-1")];
    let made = call(&fixture, &admin, &path, Some(wanted.clone()), &key).await;
    assert_eq!(made.code(), 201, "{}", made.body);
    let again = call(&fixture, &admin, &path, Some(wanted), &key).await;
    assert_eq!((again.code(), &again.body), (201, &made.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let secret = made["token"].as_str().unwrap();
    assert_eq!(code(&fixture, secret).await, 200);
    // Only a hash is kept, in the answer under the key as well.
    let kept = fixture
        .store()
        .read(|db| db.row("SELECT body FROM api_answer", &[]))
        .unwrap()
        .unwrap();
    assert!(!kept.text(0).contains(&secret[4..]));
    let list = read(&fixture, &admin, &path).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["scopes"], json!(["case.read"]));
    assert!(!list.to_string().contains(secret));
    let one = |scope: &str, days: Value| json!({"name": "x", "scopes": [scope], "days": days});
    for (asked, status) in [
        (one("case.read", json!(367)), 422),
        (one("case.fly", json!(3)), 422),
        (one("case.read", json!(3.5)), 400),
        // To JSON Schema a whole number, however it is written.
        (one("case.read", json!(3.0)), 201),
    ] {
        let reply = call(&fixture, &admin, &path, Some(asked), &[]).await;
        assert_eq!(reply.code(), status, "{}", reply.body);
    }
    // Nobody makes a personal token for somebody else, but it can be taken back.
    let theirs = token(&fixture, fixture.of(Role::Manager), "*").await;
    let path = format!("/api/v1/people/{owner}/tokens");
    let wanted = json!({"name": "x", "scopes": ["*"], "days": 3});
    let reply = call(&fixture, &admin, &path, Some(wanted), &[]).await;
    assert_eq!(reply.code(), 422);
    let list = read(&fixture, &admin, &path).await;
    let one = list["items"][0]["id"].as_str().unwrap();
    let gone = call(
        &fixture,
        &admin,
        &format!("{path}/{one}"),
        Some(json!({"act": "revoke"})),
        &[],
    )
    .await;
    assert_eq!(gone.code(), 201, "{}", gone.body);
    assert_eq!(code(&fixture, &theirs).await, 401);
    // A neighbour's administrator finds nobody.
    let neighbour = fixture.neighbour();
    let stranger = token(&fixture, &neighbour[&Role::SystemAdmin], "*").await;
    let reply = call(&fixture, &stranger, &path, None, &[]).await;
    assert_eq!(reply.code(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_left_opens_nothing() {
    let fixture = Fixture::new();
    let id = service(&fixture).await;
    let admin = token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let owner = fixture.of(Role::Manager).person;
    for command in [json!({"command": "people.name_owner", "person": id, "owner": owner})] {
        call(&fixture, &admin, "/api/v1/commands", Some(command), &[]).await;
    }
    let path = format!("/api/v1/people/{id}/tokens");
    let wanted = json!({"name": "夜间", "scopes": ["*"], "days": 9});
    let made = call(&fixture, &admin, &path, Some(wanted), &[]).await;
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let secret = made["token"].as_str().unwrap();
    assert_eq!(code(&fixture, secret).await, 200);
    for (kind, left) in [("left", 401), ("service", 401)] {
        let update = json!({"command": "people.update", "person": id, "kind": kind, "posts": []});
        let reply = call(&fixture, &admin, "/api/v1/commands", Some(update), &[]).await;
        assert_eq!(reply.code(), 201, "{}", reply.body);
        assert_eq!(code(&fixture, secret).await, left, "{kind}");
    }
}
