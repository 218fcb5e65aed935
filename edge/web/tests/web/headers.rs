//! What somebody sends never becomes a header of its own, nor breaks one: in every
//! field of every form, in names of files, in cookies and in headers sent along.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_web::routes::ROUTES;
use serde_json::Value;

use crate::fixture::{Fixture, Reply, Someone, token_of};
use crate::neighbours;
use crate::story;

/// The headers that answers may carry.
const KNOWN: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "etag",
    "idempotency-replayed",
    "location",
    "permissions-policy",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];

/// Cookies that the program sets.
const COOKIES: &[&str] = &[
    "dukou_lang",
    "dukou_session",
    "dukou_theme",
    "dukou_toast",
    "dukou_visitor",
];

/// Texts that would begin a header of their own, or that no header can carry.
const BREAKING: &[&str] = &[
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\rX-Evil: 1",
    "/a\r\n\r\n<script>alert(1)</script>",
    "a; X-Evil=1; Domain=evil.example",
    "a\"; filename=\"evil.exe",
    "a\u{0b}\u{0c}\u{85}\u{2028}X-Evil: 1",
    "嘊嘍X-Evil: 1",
    "渡口\u{1f6a2}\u{202e}fdp.exe",
    "a\u{7f}\u{1b}[31m",
];

/// What is wrong with an answer's headers.
pub fn unsound(reply: &Reply) -> Option<String> {
    for (name, value) in &reply.headers {
        let Ok(text) = value.to_str() else {
            return Some(format!("{name} is not plain: {value:?}"));
        };
        if !KNOWN.contains(&name.as_str()) {
            return Some(format!("a header of its own: {name}: {text}"));
        }
        if name == header::SET_COOKIE {
            let known = COOKIES.iter().any(|it| text.starts_with(&format!("{it}=")));
            let attributes: Vec<&str> = text.split("; ").skip(1).collect();
            let sound = matches!(
                attributes.as_slice(),
                ["Path=/", "HttpOnly", "SameSite=Lax", age] if age.starts_with("Max-Age=")
            );
            if !known || !sound {
                return Some(format!("a cookie of its own: {text}"));
            }
        }
    }
    // A value that cannot be a header is left out: those that protect must be there.
    let mut needed = vec!["content-security-policy", "x-content-type-options"];
    needed.push("content-type");
    if reply.code() == 303 {
        needed.push("location");
    }
    needed
        .into_iter()
        .find(|it| !reply.headers.contains_key(*it))
        .map(|it| format!("{it} is missing"))
}

/// The names of every field of every page that this person sees.
async fn fields(fixture: &Fixture, ids: &neighbours::Ids) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for role in [
        Role::OfficeHead,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::Manager,
        Role::Inventor,
    ] {
        for route in ROUTES.iter().filter(|it| !it.post && !it.api) {
            for path in neighbours::addresses(route, ids) {
                let page = fixture.get(Some(fixture.of(role)), &path).await;
                let found = page.body.split("name=\"").skip(1);
                names.extend(found.filter_map(|it| Some(it.split('"').next()?.to_owned())));
            }
        }
    }
    names.retain(|it| it != "csrf");
    names
}

/// Everybody who may come to a route.
fn visitors(action: &str) -> Vec<Role> {
    let may = |role: &&Role| delivered(**role, action) != Scope::None;
    match action {
        "" => vec![Role::Inventor],
        _ => Role::ALL.iter().filter(may).copied().collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_a_form_becomes_a_header() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = neighbours::ids(&fixture, &told).await;
    let names = fields(&fixture, &ids).await;
    assert!(names.len() > 80, "{names:?}");
    let (mut seen, mut moved, mut found) = (0, 0, Vec::new());
    for route in ROUTES
        .iter()
        .filter(|it| it.post && !it.api && it.path != "/sign-out")
    {
        for role in visitors(route.action) {
            let who = Some(fixture.of(role));
            for text in BREAKING {
                let all: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), *text)).collect();
                // In every field; and in the free ones of forms that are right otherwise.
                let right: &[(&str, &str)] = &[
                    ("list", "cases"),
                    ("lang", "en"),
                    ("theme", "dark"),
                    ("act", "mapping"),
                    ("days", "3"),
                    ("scopes", "case.read"),
                    ("url", "https://127.0.0.1:1/"),
                    ("secrecy", "no"),
                    ("go", "later"),
                ];
                let some = all
                    .iter()
                    .filter(|(name, _)| !right.iter().any(|it| it.0 == *name));
                let some: Vec<(&str, &str)> = some.chain(right).copied().collect();
                for fields in [&all, &some] {
                    for path in neighbours::addresses(route, &ids).iter().take(3) {
                        let reply = fixture.post(who, path, fields).await;
                        seen += 1;
                        moved += usize::from(reply.code() == 303);
                        let wrong = unsound(&reply);
                        let wrong = wrong.or((reply.code() >= 500).then(|| reply.body.clone()));
                        found.extend(wrong.map(|it| format!("{path} as {role:?}: {it}")));
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(
        seen > 2_000 && moved > 200,
        "{seen}, of which {moved} led on"
    );
}

async fn api(fixture: &Fixture, token: &str, path: &str, body: Option<&[u8]>) -> Reply {
    let request = Request::builder()
        .uri(path)
        .method(if body.is_some() { "POST" } else { "GET" })
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let body = Body::from(body.unwrap_or_default().to_vec());
    fixture.raw(request.body(body).unwrap()).await
}

/// The name under which an answer is saved, as a browser reads it.
fn saved_as(reply: &Reply) -> String {
    let told = reply.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    let name = told.strip_prefix("attachment; filename*=UTF-8''").unwrap();
    let plain = |c: char| c.is_ascii_alphanumeric() || "%-._~*".contains(c);
    assert!(name.chars().all(plain), "{told}");
    let pair = format!("n={name}");
    let read = form_urlencoded::parse(pair.as_bytes()).next();
    read.unwrap().1.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_of_a_file_becomes_a_header() {
    let fixture = Fixture::new();
    for role in [
        Role::OfficeHead,
        Role::Manager,
        Role::Inventor,
        Role::Finance,
    ] {
        let who = fixture.of(role);
        let token = token_of(fixture.store(), (fixture.institution, who.person), "*");
        for (n, name) in BREAKING.iter().enumerate() {
            let name = format!("{name}.txt");
            let query: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            let text = format!("看 {role:?} {n}");
            let path = format!("/api/v1/files?name={query}");
            let reply = api(&fixture, &token, &path, Some(text.as_bytes())).await;
            assert_eq!(
                (reply.code(), unsound(&reply)),
                (201, None),
                "{}",
                reply.body
            );
            let told: Value = serde_json::from_str(&reply.body).unwrap();
            let kept = told["name"].as_str().unwrap();
            assert!(
                !kept.contains(char::is_control) && !kept.contains('"'),
                "{kept:?}"
            );
            let hash = told["file"].as_str().unwrap();
            for reply in [
                fixture.get(Some(who), &format!("/files/{hash}")).await,
                api(&fixture, &token, &format!("/api/v1/files/{hash}"), None).await,
            ] {
                assert_eq!((reply.code(), unsound(&reply)), (200, None), "{name:?}");
                assert_eq!(saved_as(&reply), kept, "{name:?}");
            }
        }
    }
}

/// The names of files within a form, as a hostile browser writes them.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_within_an_upload_becomes_a_header() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    let case = story::disclosed(&fixture, "膜");
    for (n, name) in BREAKING.iter().enumerate() {
        let name = name.replace(['\r', '\n'], "%0D%0A");
        for quoted in [
            format!("filename=\"{name}.txt\""),
            format!("filename=a.txt; filename*=UTF-8''{name}.txt"),
            format!("filename=\"a.txt\"; x=\"{name}\""),
        ] {
            for (path, field) in [
                ("/import".to_owned(), "files"),
                ("/people/roster".to_owned(), "file"),
                ("/settings/policy".to_owned(), "file"),
                ("/settings/law".to_owned(), "file"),
                ("/settings/calendar".to_owned(), "file"),
                (format!("/cases/{case}/do/closing.note"), "files"),
            ] {
                let text = format!("看 {n}");
                let reply = upload(
                    &fixture,
                    head,
                    &path,
                    (field, &quoted, &text),
                    &[("text", "附件")],
                )
                .await;
                assert!(reply.code() < 500, "{path} {quoted}: {}", reply.body);
                assert_eq!(unsound(&reply), None, "{path} {quoted}");
            }
        }
    }
}

/// A form with a file and other fields.
pub async fn upload(
    fixture: &Fixture,
    who: &Someone,
    path: &str,
    (field, quoted, text): (&str, &str, &str),
    fields: &[(&str, &str)],
) -> Reply {
    let csrf = ("csrf", who.csrf.as_str());
    let part = |(name, text): &(&str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let parts: String = std::iter::once(&csrf).chain(fields).map(part).collect();
    let body = format!(
        "{parts}--x\r\nContent-Disposition: form-data; name=\"{field}\"; {quoted}\r\n\r\n{text}\r\n--x--\r\n"
    );
    let request = Request::builder()
        .uri(path)
        .method("POST")
        .header(header::COOKIE, format!("dukou_session={}", who.token))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body));
    fixture.raw(request.unwrap()).await
}

/// Headers that come along: whatever bytes they hold, none comes back.
#[tokio::test(flavor = "multi_thread")]
async fn no_header_that_is_sent_comes_back() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    let owner = (fixture.institution, manager.person);
    let token = token_of(fixture.store(), owner, "*");
    let odd: [&[u8]; 5] = [
        b"en; X-Evil: 1",
        b"\xe5\x98\x8a\xe5\x98\x8dX-Evil: 1",
        b"\x80\xff\xfe",
        b"evil.example",
        b"\"v1-x\", X-Evil",
    ];
    for name in [
        "accept-language",
        "accept",
        "host",
        "origin",
        "referer",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-original-url",
        "x-request-id",
        "content-type",
        "user-agent",
    ] {
        for value in odd {
            for (path, post) in [
                ("/", false),
                ("/cases", false),
                ("/nothing", false),
                ("/sign-in?next=%2Fcases", false),
                ("/api/v1/cases", false),
                ("/api/v1/commands", true),
                ("/preferences", true),
            ] {
                let mut request = Request::builder()
                    .uri(path)
                    .method(if post { "POST" } else { "GET" })
                    .header(name, HeaderValue::from_bytes(value).unwrap());
                request = match path.starts_with("/api") {
                    true => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
                    false => {
                        request.header(header::COOKIE, format!("dukou_session={}", manager.token))
                    }
                };
                let reply = fixture.raw(request.body(Body::from("{}")).unwrap()).await;
                assert!(reply.code() < 500, "{path} {name}: {}", reply.body);
                assert_eq!(unsound(&reply), None, "{path} {name}");
                let evil = reply.headers.values().any(|it| {
                    let bytes = it.as_bytes();
                    bytes.windows(4).any(|it| it.eq_ignore_ascii_case(b"evil"))
                });
                assert!(!evil, "{path} {name}: {:?}", reply.headers);
            }
        }
    }
}
