//! Forms: their tokens, versions and keys, and what a hostile hand may try.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_web::routes::ROUTES;

use crate::fixture::{Fixture, VISITOR};
use crate::story::{self, HOSTILE};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_does_nothing() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let before = fixture.entries();
    let path = format!("/cases/{case}/do/closing.note");
    let other = fixture.of(Role::OfficeHead).csrf.clone();
    for token in ["", "wrong", VISITOR, &other] {
        let form = [("csrf", token), ("text", "一笔"), ("_key", "k1")];
        let reply = fixture.send(Some(manager), "zh", &path, Some(&form)).await;
        assert_eq!(reply.code(), 400, "{token}");
    }
    let reply = fixture.send(Some(manager), "zh", &path, Some(&[("text", "一笔")])).await;
    assert_eq!(reply.code(), 400);
    for route in ROUTES.iter().filter(|it| it.post && it.action.is_empty()) {
        let path = route.path.replace("{token}", "nothing");
        let reply = fixture.send(None, "zh", &path, Some(&[("lang", "en")])).await;
        assert_eq!(reply.code(), 400, "{path}");
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_once_and_an_old_version_is_told() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let path = format!("/cases/{case}/do/closing.note");
    let page = fixture.get(Some(manager), &path).await;
    let (key, version) = (page.hidden("_key"), page.hidden("_version"));
    let before = fixture.entries();
    let form = [("text", "电话联系。"), ("_key", key.as_str()), ("_version", version.as_str())];
    for _ in 0..2 {
        let reply = fixture.post(Some(manager), &path, &form).await;
        assert_eq!((reply.code(), reply.location()), (303, format!("/cases/{case}").as_str()));
    }
    assert_eq!(fixture.entries(), before + 1, "the same key twice");
    let reused = [("text", "另一件事。"), ("_key", key.as_str()), ("_version", version.as_str())];
    let reply = fixture.post(Some(manager), &path, &reused).await;
    assert!(matches!(reply.code(), 400 | 409), "{}", reply.code());
    let stale = [("text", "晚了一步。"), ("_key", "another"), ("_version", version.as_str())];
    let reply = fixture.post(Some(manager), &path, &stale).await;
    assert_eq!(reply.code(), 409);
    assert_eq!(fixture.entries(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_case_is_not_there() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let neighbour = fixture.neighbour();
    let before = fixture.entries();
    let path = format!("/cases/{case}/do/closing.note");
    for role in [Role::Manager, Role::OfficeHead, Role::Finance] {
        let reply = fixture.post(Some(&neighbour[&role]), &path, &[("text", "越界")]).await;
        assert_eq!(reply.code(), 404, "{role:?}");
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_form_comes_back_with_what_was_typed() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let path = format!("/cases/{case}/do/protection.record_cost");
    let form = [("amount", "三百"), ("voucher", "记-1<b>"), ("kind", "filing"), ("paid_by", "university")];
    let reply = fixture.post(Some(manager), &path, &form).await;
    assert_eq!(reply.code(), 422);
    assert!(reply.body.contains("value=\"三百\""), "typed text is gone");
    assert!(reply.body.contains("error-summary"));
    assert!(!reply.body.contains("记-1<b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_another_site() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/a\r\nSet-Cookie: x=1", "/\t/evil.example"] {
        for who in [None, Some(manager)] {
            let reply = fixture.post(who, "/preferences", &[("lang", "en"), ("next", next)]).await;
            assert_eq!((reply.code(), reply.location()), (303, "/"), "{next}");
        }
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let reply = fixture.get(Some(manager), &format!("/sign-in?next={query}")).await;
        assert_eq!((reply.code(), reply.location()), (303, "/"), "{next}");
        let reply = fixture.get(None, &format!("/sign-in?next={query}")).await;
        // The page names itself for the way back; no form or link leads out.
        for lead in ["=\"//evil", "=\"https://evil", "=\"/\\evil", "=\"\\\\evil"] {
            assert!(!reply.body.contains(lead), "{next}");
        }
    }
    let reply = fixture.post(None, "/preferences", &[("lang", "en"), ("next", "/tools?a=1")]).await;
    assert_eq!(reply.location(), "/tools?a=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_script_is_only_text() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let manager = fixture.of(Role::Manager);
    for path in [
        format!("/cases/{}", told.case),
        format!("/cases?q={}", form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>()),
        "/cases".to_owned(),
        "/".to_owned(),
        format!("/notices/{}", told.notice),
    ] {
        let reply = fixture.get(Some(manager), &path).await;
        assert_eq!(reply.code(), 200, "{path}");
        assert!(!reply.body.contains("<script>alert"), "{path}");
        if path != "/" {
            assert!(reply.body.contains("alert(1)"), "{path} does not show the title");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_protected() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    for route in ROUTES.iter().filter(|it| !it.post) {
        let path = route.path.replace("{name}", "dukou.css").replace(['{', '}'], "");
        for who in [None, Some(manager)] {
            let reply = fixture.get(who, &path).await;
            let csp = reply.headers["content-security-policy"].to_str().unwrap();
            assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}");
            assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(reply.headers["x-frame-options"], "DENY", "{path}");
            assert!(reply.headers.contains_key("cache-control"), "{path}");
            for inline in ["style=\"", "onclick=", "<style", "javascript:"] {
                assert!(!reply.body.contains(inline), "{path} has {inline}");
            }
        }
    }
    let fresh = Request::builder().uri("/sign-in").body(Body::empty()).unwrap();
    let reply = fixture.raw(fresh).await;
    assert!(!reply.cookies().is_empty());
    for cookie in reply.cookies() {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    let wrong = Request::builder()
        .uri("/sign-in")
        .method("POST")
        .header(header::CONTENT_TYPE, "text/nonsense")
        .body(Body::from("x"))
        .unwrap();
    let reply = fixture.raw(wrong).await;
    assert_eq!(reply.code(), 400);
    assert!(reply.headers.contains_key("content-security-policy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_guarded_cookie_and_signing_out_ends_it() {
    let fixture = Fixture::new();
    let person = fixture.of(Role::Auditor).person;
    dukou_web::accounts::open(
        fixture.store(),
        fixture.institution,
        person,
        ("shen", "Ferry-over-the-1-river"),
        false,
    )
    .unwrap();
    let form = [("login", "shen"), ("password", "wrong"), ("next", "/cases")];
    let reply = fixture.post(None, "/sign-in", &form).await;
    assert_eq!(reply.code(), 422);
    assert!(!reply.cookies().iter().any(|it| it.starts_with("dukou_session=")));
    let form = [("login", "shen"), ("password", "Ferry-over-the-1-river"), ("next", "//evil.example")];
    let reply = fixture.post(None, "/sign-in", &form).await;
    assert_eq!((reply.code(), reply.location()), (303, "/"));
    let cookies = reply.cookies();
    let cookie = cookies.iter().find(|it| it.starts_with("dukou_session=")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let token = cookie.trim_start_matches("dukou_session=").split(';').next().unwrap();
    let mut someone = fixture.of(Role::Auditor).clone();
    someone.token = token.to_owned();
    let home = fixture.get(Some(&someone), "/").await;
    assert_eq!(home.code(), 200);
    someone.csrf = home.hidden("csrf");
    assert_eq!(fixture.post(Some(&someone), "/sign-out", &[]).await.code(), 303);
    let after = fixture.get(Some(&someone), "/").await;
    assert!(after.location().starts_with("/sign-in"), "{}", after.code());
}
