//! Sessions, tokens against forgery, drafts and guesses: each
//! held on every route of the table, not on those somebody thought of.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_web::accounts;
use dukou_web::routes::{ROUTES, Route};

use crate::fixture::{Fixture, Reply, Someone, VISITOR, token_of};
use crate::inventory;
use crate::neighbours;
use crate::story;

pub const SECRET: &str = "Ferry-over-the-1-river";

/// Somebody with a password and without codes, not signed in.
pub fn with_password(fixture: &Fixture, login: &str) -> Someone {
    let someone = fixture.of(Role::Auditor);
    let (institution, person) = (fixture.institution, someone.person);
    let account = (login, SECRET);
    accounts::open(fixture.store(), institution, person, account, false).unwrap();
    someone.clone()
}

pub fn session(reply: &Reply) -> String {
    let cookies = reply.cookies();
    let cookie = cookies
        .iter()
        .find_map(|it| it.strip_prefix("dukou_session="));
    let value = cookie.unwrap().split(';').next().unwrap();
    value.to_owned()
}

/// Signs in, coming with the cookies of `before`.
async fn sign_in(fixture: &Fixture, before: Option<&Someone>, login: &str) -> Someone {
    let form = [("login", login), ("password", SECRET), ("next", "/me")];
    let reply = fixture.post(before, "/sign-in", &form).await;
    assert_eq!(reply.code(), 303, "{}", reply.body);
    let mut someone = fixture.of(Role::Auditor).clone();
    someone.token = session(&reply);
    let page = fixture.get(Some(&someone), "/me").await;
    assert_eq!(page.code(), 200);
    someone.csrf = page.hidden("csrf");
    someone
}

async fn in_use(fixture: &Fixture, who: &Someone) -> bool {
    fixture.get(Some(who), "/me").await.code() == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_planted_beforehand_is_worth_nothing() {
    let fixture = Fixture::new();
    with_password(&fixture, "shen");
    // A token that the attacker chose, and one that the attacker owns.
    let mut planted = fixture.of(Role::Auditor).clone();
    planted.token = "1".repeat(64);
    planted.csrf = VISITOR.to_owned();
    let victim = sign_in(&fixture, Some(&planted), "shen").await;
    assert_ne!(victim.token, planted.token);
    assert!(!in_use(&fixture, &planted).await);
    let attacker = fixture.of(Role::Inventor).clone();
    let victim = sign_in(&fixture, Some(&attacker), "shen").await;
    assert_ne!(victim.token, attacker.token);
    assert!(
        !in_use(&fixture, &attacker).await,
        "the old session lives on"
    );
    // The token of the form before signing in says nothing afterwards.
    assert_ne!(victim.csrf, VISITOR);
    let mut forged = victim.clone();
    forged.csrf = VISITOR.to_owned();
    let reply = fixture.post(Some(&forged), "/me/sessions", &[]).await;
    assert_eq!(reply.code(), 400);
    // Signing in once more ends the session before.
    let again = sign_in(&fixture, Some(&victim), "shen").await;
    assert!(!in_use(&fixture, &victim).await && in_use(&fixture, &again).await);
    let reply = fixture.post(Some(&again), "/sign-out", &[]).await;
    assert_eq!(reply.code(), 303);
    assert!(!in_use(&fixture, &again).await, "signing out ends nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_other_session() {
    let fixture = Fixture::new();
    with_password(&fixture, "shen");
    let here = sign_in(&fixture, None, "shen").await;
    let there = sign_in(&fixture, None, "shen").await;
    let new = "Another-river-2-cross";
    let wrong = [("old", "wrong"), ("password", new), ("again", new)];
    let reply = fixture.post(Some(&here), "/me/password", &wrong).await;
    assert_eq!(reply.code(), 422);
    assert!(in_use(&fixture, &there).await);
    let form = [("old", SECRET), ("password", new), ("again", new)];
    let reply = fixture.post(Some(&here), "/me/password", &form).await;
    assert_eq!(reply.code(), 303, "{}", reply.body);
    assert!(in_use(&fixture, &here).await && !in_use(&fixture, &there).await);
}

/// Somebody who may come to this route.
pub fn allowed(route: &Route) -> Option<Role> {
    if route.action.is_empty() {
        return None;
    }
    let mut all = Role::ALL.iter();
    all.rfind(|it| delivered(**it, route.action) != Scope::None)
        .copied()
}

/// Without the token of one's own session no form does anything, on any route.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_form_does_nothing_anywhere() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = neighbours::ids(&fixture, &told).await;
    let before = fixture.entries();
    let mut seen = 0;
    for route in ROUTES.iter().filter(|it| it.post) {
        let who = allowed(route).map(|role| fixture.of(role));
        let path = &neighbours::addresses(route, &ids)[0];
        let other = &fixture.of(Role::Public).csrf;
        for forged in [
            None,
            Some(""),
            Some("wrong"),
            Some(other.as_str()),
            Some(VISITOR),
        ] {
            // Whoever is not signed in has the visitor's token for their own.
            if who.is_none() && forged == Some(VISITOR) && !route.api {
                continue;
            }
            let fields: Vec<(&str, &str)> = forged.map(|it| ("csrf", it)).into_iter().collect();
            let reply = fixture.send(who, "zh", path, Some(&fields)).await;
            // The API takes no session at all for a change.
            let right = if route.api {
                matches!(reply.code(), 401 | 415)
            } else {
                reply.code() == 400 && reply.body.contains("页面已过期")
            };
            assert!(right, "{path} with {forged:?}: {}", reply.code());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
    assert_eq!(fixture.entries(), before);
}

/// The inventor and the office fill in the same returned disclosure side by side.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_into_the_draft_of_another() {
    let fixture = Fixture::new();
    let case = story::returned(&fixture, "膜");
    let path = format!("/disclose/{case}?step=1");
    let both = [
        (fixture.of(Role::Inventor), "发明人写的"),
        (fixture.of(Role::Manager), "经理人写的"),
    ];
    for _ in 0..2 {
        for (who, title) in both {
            let form = [("details.title", title)];
            let autosave = format!("/disclose/{case}/autosave?step=1");
            let reply = fixture.post(Some(who), &autosave, &form).await;
            assert_eq!(reply.code(), 200, "{}", reply.body);
        }
    }
    for (n, (who, title)) in both.into_iter().enumerate() {
        let page = fixture.get(Some(who), &path).await;
        assert!(page.body.contains(title), "{title} is gone");
        assert!(!page.body.contains(both[1 - n].1), "{title} is not alone");
        let list = fixture.get(Some(who), "/disclose").await;
        assert!(list.body.contains(&format!("/disclose/{case}")));
    }
    // The draft of an import is none of a disclosure.
    let head = fixture.of(Role::OfficeHead);
    let import = inventory::import(&fixture).await;
    let path = format!("/disclose/{import}");
    assert_eq!(fixture.get(Some(head), &path).await.code(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_says_nothing_but_what_it_may() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    for odd in [
        "en\"><script>",
        "en%0d%0aX:1",
        "<img src=x>",
        &"e".repeat(9000),
    ] {
        let cookies = format!(
            "dukou_session={}; dukou_lang={odd}; dukou_theme={odd}; dukou_toast={odd}; dukou_visitor={odd}",
            manager.token
        );
        for path in ["/", "/cases", "/sign-in", "/nothing"] {
            let request = Request::builder()
                .uri(path)
                .header(header::COOKIE, &cookies)
                .body(Body::empty())
                .unwrap();
            let reply = fixture.raw(request).await;
            assert!(reply.code() < 500, "{path} {odd}");
            assert!(!reply.body.contains("<script>\n") && !reply.body.contains("\"><script>"));
            assert!(!reply.body.contains("<img src=x>"), "{path} {odd}");
            assert!(!reply.headers.contains_key("x"));
        }
    }
}

/// A scope of deals is a scope on their entries too; that of cases opens none.
#[tokio::test(flavor = "multi_thread")]
async fn the_entries_of_a_deal_are_read_by_the_right_to_deals() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let owner = (fixture.institution, fixture.of(Role::OfficeHead).person);
    let read = |scope: &str, path: String| {
        let token = token_of(fixture.store(), owner, scope);
        let request = Request::builder()
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty());
        fixture.raw(request.unwrap())
    };
    let deal = format!("/api/v1/deals/{}/events", told.deal);
    let case = format!("/api/v1/cases/{}/events", told.case);
    assert_eq!(read("deal.read", deal.clone()).await.code(), 200);
    assert_eq!(read("case.read", deal).await.code(), 403);
    assert_eq!(read("case.read", case.clone()).await.code(), 200);
    assert_eq!(read("deal.read", case).await.code(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_behind_one_address_signs_in_as_often_as_it_likes() {
    let fixture = Fixture::with(dukou_web::Limits {
        wrong_sign_ins: 3,
        address_calls: 0,
        ..dukou_web::Limits::default()
    });
    with_password(&fixture, "shen");
    for _ in 0..5 {
        sign_in(&fixture, None, "shen").await;
    }
    // Wrong ones count, whatever name they come with, and then nothing more is tried.
    for (login, wanted) in [
        ("a", 422),
        ("b", 422),
        ("shen", 422),
        ("c", 429),
        ("shen", 429),
    ] {
        let form = [("login", login), ("password", "wrong")];
        let reply = fixture.post(None, "/sign-in", &form).await;
        assert_eq!(reply.code(), wanted, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_made_side_by_side_all_count() {
    let fixture = Fixture::with(dukou_web::Limits {
        lock_after: 3,
        ..dukou_web::Limits::default()
    });
    with_password(&fixture, "shen");
    let form = [("login", "shen"), ("password", "wrong")];
    let guess = || fixture.post(None, "/sign-in", &form);
    let three = tokio::join!(guess(), guess(), guess());
    assert_eq!(three.0.code(), 422);
    assert!(three.0.body.contains("连错3次"), "{}", three.0.body);
    let right = [("login", "shen"), ("password", SECRET)];
    let reply = fixture.post(None, "/sign-in", &right).await;
    assert_eq!(reply.code(), 422, "the account is locked");
}
