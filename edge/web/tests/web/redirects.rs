//! Nothing that is sent leads to another site: no form, no address, no step of
//! signing in, whoever asks.

use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_web::accounts;
use dukou_web::routes::ROUTES;
use totp_rs::{Builder, Secret};
use url::Url;

use crate::clock::code;
use crate::fixture::{Fixture, Reply, Someone, VISITOR};
use crate::neighbours;
use crate::security::{SECRET, allowed, session, with_password};
use crate::story;

/// Addresses that lead elsewhere, or carry a second header.
const AWAY: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:/\\evil.example",
    "javascript:alert(1)",
    "data:text/html,evil",
    " //evil.example",
    "evil.example",
    "@evil.example",
    ".evil.example",
    ":80@evil.example",
    "/a\r\nSet-Cookie: x=1",
    "/\u{85}a",
];

/// Addresses within, however much they look like another site.
const WITHIN: &[&str] = &[
    "/%2F%2Fevil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/;//evil.example",
    "/@evil.example",
    "/?//evil.example",
    "/#//evil.example",
    "/\u{2f0f}\u{ff0f}evil.example",
    "/\u{3002}evil.example",
];

/// What a browser opens when this program's page leads to `to`.
fn opened(to: &str) -> Url {
    let here = Url::parse("https://school.example/cases/1?q=a").unwrap();
    here.join(to).unwrap_or_else(|why| panic!("{to}: {why}"))
}

fn is_ours(to: &str) -> bool {
    let url = opened(to);
    (url.scheme(), url.host_str(), url.port()) == ("https", Some("school.example"), None)
}

/// Where an answer leads away: its own address, or one on its page.
fn leads_away(reply: &Reply) -> Option<String> {
    let to = reply.location();
    if !(to.is_empty() || to.starts_with('/') && is_ours(to)) {
        return Some(format!("Location: {to}"));
    }
    if let Some(refresh) = reply.headers.get(header::REFRESH) {
        return Some(format!("{refresh:?}"));
    }
    for cookie in reply.cookies() {
        if cookie.starts_with("x=") || cookie.contains("evil") {
            return Some(format!("Set-Cookie: {cookie}"));
        }
    }
    for attribute in ["href=\"", "action=\"", "formaction=\"", "src=\""] {
        for rest in reply.body.split(attribute).skip(1) {
            let to = rest.split('"').next().unwrap_or_default();
            let to = to.replace("&#38;", "&").replace("&amp;", "&");
            if to.contains("evil") && !is_ours(&to) {
                return Some(format!("{attribute}{to}"));
            }
        }
    }
    None
}

const NAMES: [&str; 10] = [
    "next", "query", "list", "back", "lang", "theme", "return", "to", "url", "draft",
];

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_leads_to_another_site() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = neighbours::ids(&fixture, &told).await;
    let all: Vec<&str> = AWAY.iter().chain(WITHIN).copied().collect();
    let (mut seen, mut found) = (0, Vec::new());
    for route in ROUTES.iter().filter(|it| !it.api && it.path != "/sign-out") {
        let who = match route.path {
            it if it.contains("/import/") => Role::OfficeHead,
            it if it.contains("/disclose") => Role::Inventor,
            _ => allowed(route).unwrap_or(Role::Manager),
        };
        let who = Some(fixture.of(who));
        let path = &neighbours::addresses(route, &ids)[0];
        // A form takes one of them in every field; an address takes one in each.
        let tries = if route.post { all.len() } else { 4 };
        for n in 0..tries {
            let at = |place: usize| match route.post {
                true => all[n],
                false => all[(n * NAMES.len() + place) % all.len()],
            };
            let names = NAMES.iter().enumerate();
            let fields: Vec<(&str, &str)> = names.map(|(place, name)| (*name, at(place))).collect();
            let mut query = form_urlencoded::Serializer::new(String::new());
            let path = format!("{path}?{}", query.extend_pairs(&fields).finish());
            let asked = match route.post {
                true => vec![fixture.post(who, &path, &fields).await],
                false => vec![
                    fixture.get(who, &path).await,
                    fixture.get(None, &path).await,
                ],
            };
            seen += asked.len();
            let away = asked.iter().filter_map(leads_away);
            found.extend(away.map(|it| format!("{path}: {it}")));
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 1_500, "{seen}");
    // What lies within is followed, in every alphabet.
    let manager = fixture.of(Role::Manager);
    for (next, wanted) in [
        ("/cases?q=膜", "/cases?q=%E8%86%9C"),
        ("/a b", "/a%20b"),
        ("/tools#end", "/tools#end"),
    ] {
        let reply = fixture
            .post(Some(manager), "/preferences", &[("next", next)])
            .await;
        assert_eq!((reply.code(), reply.location()), (303, wanted));
    }
}

/// Does every field and address that says where to go on lead home?
fn goes_home(reply: &Reply, step: &str) {
    assert_eq!(leads_away(reply), None, "{step}");
    let head = format!("action=\"{step}\"");
    for form in reply.body.split(&head).skip(1) {
        let form = form.split("</form>").next().unwrap();
        let next = form.split("name=\"next\" value=\"").nth(1).unwrap();
        assert_eq!(next.split('"').next().unwrap(), "/", "{step}");
    }
    let code = reply.code();
    assert!(
        reply.body.contains(&head),
        "{code}: {step} is not on the page"
    );
}

fn with_session(fixture: &Fixture, reply: &Reply) -> Someone {
    let mut someone = fixture.of(Role::Auditor).clone();
    someone.token = session(reply);
    someone
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_of_signing_in_leads_to_another_site() {
    let fixture = Fixture::new();
    let person = fixture.of(Role::Auditor).person;
    accounts::open(
        fixture.store(),
        fixture.institution,
        person,
        ("shen", SECRET),
        true,
    )
    .unwrap();
    for away in AWAY {
        // The tries of one address are counted within five minutes.
        fixture.wait_days(1);
        let query = encoded(away);
        goes_home(
            &fixture.get(None, &format!("/sign-in?next={query}")).await,
            "/sign-in",
        );
        let wrong = [("login", "shen"), ("password", "wrong"), ("next", *away)];
        goes_home(&fixture.post(None, "/sign-in", &wrong).await, "/sign-in");
        let form = [("login", "shen"), ("password", SECRET), ("next", *away)];
        let reply = fixture.post(None, "/sign-in", &form).await;
        assert!(
            matches!(reply.location(), "/" | "/sign-in/code?next=%2F"),
            "{}",
            reply.location()
        );
        let mut half = with_session(&fixture, &reply);
        // Whatever they ask for, the code comes first, and then home.
        for path in ["/", "/sign-in", "/sign-in/enrol", "/cases"] {
            let reply = fixture
                .get(Some(&half), &format!("{path}?next={query}"))
                .await;
            assert!(
                reply.location().starts_with("/sign-in/code?next=%2F"),
                "{}",
                reply.location()
            );
            assert_eq!(leads_away(&reply), None);
        }
        let page = fixture
            .get(Some(&half), &format!("/sign-in/code?next={query}"))
            .await;
        goes_home(&page, "/sign-in/code");
        half.csrf = page.hidden("csrf");
        let wrong = [("code", "000000"), ("next", *away)];
        goes_home(
            &fixture.post(Some(&half), "/sign-in/code", &wrong).await,
            "/sign-in/code",
        );
        let code = code(&fixture);
        let right = [("code", code.as_str()), ("next", *away)];
        let reply = fixture.post(Some(&half), "/sign-in/code", &right).await;
        assert_eq!((reply.code(), reply.location()), (303, "/"), "{away:?}");
        let mut whole = with_session(&fixture, &reply);
        for path in ["/sign-in", "/sign-in/code", "/sign-in/enrol"] {
            let reply = fixture
                .get(Some(&whole), &format!("{path}?next={query}"))
                .await;
            assert_eq!(
                (reply.code(), reply.location()),
                (303, "/"),
                "{path} {away:?}"
            );
        }
        whole.csrf = fixture.get(Some(&whole), "/me").await.hidden("csrf");
        for path in ["/sign-in/code", "/sign-in/enrol"] {
            let reply = fixture.post(Some(&whole), path, &[("next", *away)]).await;
            assert_eq!(
                (reply.code(), reply.location()),
                (303, "/"),
                "{path} {away:?}"
            );
        }
        let path = format!("/sign-out?next={query}");
        let reply = fixture.post(Some(&whole), &path, &[("next", *away)]).await;
        assert_eq!((reply.code(), reply.location()), (303, "/sign-in"));
    }
}

/// Whoever must set up codes first goes there, and home afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn setting_up_codes_leads_to_no_other_site() {
    let fixture = Fixture::new();
    let person = fixture.of(Role::Finance).person;
    accounts::open(
        fixture.store(),
        fixture.institution,
        person,
        ("lu", SECRET),
        false,
    )
    .unwrap();
    for away in AWAY {
        fixture.wait_days(1);
        let query = encoded(away);
        let forget = "UPDATE account SET totp_secret = NULL, totp_last_step = 0 WHERE login = 'lu'";
        fixture.store().write(|db| db.exec(forget, &[])).unwrap();
        let form = [("login", "lu"), ("password", SECRET), ("next", *away)];
        let reply = fixture.post(None, "/sign-in", &form).await;
        assert_eq!(reply.code(), 303, "{}", reply.body);
        assert_eq!(leads_away(&reply), None);
        let mut half = with_session(&fixture, &reply);
        for path in ["/", "/sign-in", "/sign-in/code", "/money"] {
            let reply = fixture
                .get(Some(&half), &format!("{path}?next={query}"))
                .await;
            assert!(
                reply.location().starts_with("/sign-in/enrol?next=%2F"),
                "{}",
                reply.location()
            );
            assert_eq!(leads_away(&reply), None);
        }
        let page = fixture
            .get(Some(&half), &format!("/sign-in/enrol?next={query}"))
            .await;
        goes_home(&page, "/sign-in/enrol");
        half.csrf = page.hidden("csrf");
        let secret = page.hidden("secret");
        let wrong = [
            ("code", "000000"),
            ("secret", secret.as_str()),
            ("next", *away),
        ];
        let reply = fixture.post(Some(&half), "/sign-in/enrol", &wrong).await;
        goes_home(&reply, "/sign-in/enrol");
        let codes = Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap());
        let seconds = u64::try_from(fixture.store().now_ms() / 1000).unwrap();
        let code = codes.build().unwrap().generate(seconds).to_string();
        let right = [
            ("code", code.as_str()),
            ("secret", secret.as_str()),
            ("next", *away),
        ];
        let reply = fixture.post(Some(&half), "/sign-in/enrol", &right).await;
        assert_eq!((reply.code(), reply.location()), (303, "/"), "{away:?}");
    }
}

/// An address that is asked for comes back as the way on after signing in.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_looks_like_a_site_is_one_of_ours() {
    let fixture = Fixture::new();
    with_password(&fixture, "shen");
    for path in [
        "//evil.example",
        "//evil.example/cases",
        "/%5Cevil.example",
        "/cases//evil.example",
    ] {
        for who in [None, Some(fixture.of(Role::Manager))] {
            let mut request = Request::builder().uri(format!("http://school.example{path}"));
            if let Some(who) = who {
                request = request.header(header::COOKIE, format!("dukou_session={}", who.token));
            }
            let reply = fixture
                .raw(request.body(axum::body::Body::empty()).unwrap())
                .await;
            assert_eq!(leads_away(&reply), None, "{path}");
            let form = [("next", path)];
            let mut fields = vec![("csrf", VISITOR)];
            fields.extend(form);
            let reply = fixture
                .send(None, "zh", "/preferences", Some(&fields))
                .await;
            assert_eq!(leads_away(&reply), None, "{path}");
        }
    }
}
