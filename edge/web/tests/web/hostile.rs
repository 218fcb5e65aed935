//! What comes over the socket and was never meant to be read: too large, too
//! slow, too deep, or two requests in one.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_web::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixture::{Fixture, PDF, Someone, token_of};
use crate::server::{PATIENCE, answers, count, listen, quick, serve, status};

fn cookie(who: &Someone) -> String {
    format!("Cookie: dukou_session={}\r\n", who.token)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_that_it_is_too_large_is_not_waited_for() {
    let server = serve(Limits::default()).await;
    let head = cookie(server.fixture.of(Role::OfficeHead));
    let before = server.files();
    let gigabyte = 1u64 << 30;
    for (path, cookie, length, wanted) in [
        ("/sign-in", "", gigabyte, 413),
        ("/api/v1/commands", "", gigabyte, 413),
        ("/import", head.as_str(), gigabyte, 413),
        // A stranger's upload is not read at all, though it is within the limit.
        ("/import", "", 6 << 20, 303),
        ("/api/v1/files?name=a.pdf", "", 6 << 20, 401),
    ] {
        // The body never comes: an answer means that nobody waited for it.
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\n{cookie}Content-Length: {length}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
        );
        let answer = server.say(request.as_bytes()).await;
        assert_eq!(status(&answer), wanted, "{path}: {answer}");
    }
    // Without a length it is cut off on the way.
    let mut stream = server.connect().await;
    let start = "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(start.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b'a'; 0x10000], b"\r\n"].concat();
    let mut sent = 0;
    while sent < 1024 && stream.write_all(&chunk).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 1024, "64 MB were taken");
    assert_eq!(server.files(), before, "something was left on the disk");
    server.alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_is_cut_off() {
    let short = Duration::from_millis(300);
    let server = serve(Limits {
        head: short,
        silence: short,
        body: short * 3,
        ..Limits::default()
    })
    .await;
    // A head that does not end, and a connection that says nothing.
    for start in ["GET /healthz HTTP/1.1\r\nHost: a\r\nX-", ""] {
        let answer = server.say(start.as_bytes()).await;
        assert!(matches!(status(&answer), 0 | 408), "{answer}");
    }
    // A kept connection on which nothing follows.
    let answer = server
        .say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert_eq!((status(&answer), answers(&answer)), (200, 1), "{answer}");
    // A body that stops, and one that comes letter by letter.
    let start = "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nlogin=";
    let answer = server.say(start.as_bytes()).await;
    assert_eq!(status(&answer), 408, "{answer}");
    let mut stream = server.connect().await;
    stream.write_all(start.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, reading.read_to_end(&mut bytes)).await;
    trickle.abort();
    assert!(read.is_ok(), "a trickle is read for ever");
    assert_eq!(status(&String::from_utf8_lossy(&bytes)), 408);
    server.alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_served_than_there_are_places() {
    let server = serve(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(request).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        held.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(request).await.unwrap();
    let mut start = [0; 12];
    let early =
        tokio::time::timeout(Duration::from_millis(300), third.read_exact(&mut start)).await;
    assert!(early.is_err(), "a third is served");
    held.pop();
    tokio::time::timeout(PATIENCE, third.read_exact(&mut start))
        .await
        .expect("a free place is not given on")
        .unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_never_reads_gives_the_place_back() {
    let server = serve(Limits {
        connections: 1,
        silence: Duration::from_secs(1),
        ..quick()
    })
    .await;
    let mut stream = server.connect().await;
    let request = b"GET /static/dukou.css HTTP/1.1\r\nHost: a\r\n\r\n";
    // Hundreds of megabytes of answers, far more than any buffer on the way holds.
    let flood = request.repeat(5_000);
    let _ = tokio::time::timeout(Duration::from_secs(2), stream.write_all(&flood)).await;
    // The only place: whoever comes next is served once it is free again.
    server.alive().await;
    drop(stream);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_few_places_and_a_proxy_has_all() {
    let few = Limits {
        address_connections: 2,
        ..Limits::default()
    };
    let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let nobody = dukou_web::caller::Nets::parse("").unwrap();
    let server = listen(Fixture::behind(few, nobody)).await;
    let proxied = serve(few).await;
    let mut start = [0; 12];
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(request).await.unwrap();
        stream.read_exact(&mut start).await.unwrap();
        held.push(stream);
    }
    // The third is closed at once, not left to wait for a place.
    assert_eq!(server.say(request).await, "");
    drop(held.pop());
    let freed = async {
        loop {
            let mut stream = server.connect().await;
            let _ = stream.write_all(request).await;
            if stream.read_exact(&mut start).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.unwrap();
    for _ in 0..5 {
        let mut stream = proxied.connect().await;
        stream.write_all(request).await.unwrap();
        stream.read_exact(&mut start).await.unwrap();
        held.push(stream);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_asks_too_fast_waits_and_the_others_do_not() {
    let fixture = Fixture::with(Limits {
        account_calls: 5,
        ..Limits::default()
    });
    let manager = fixture.of(Role::Manager);
    for _ in 0..5 {
        assert_eq!(fixture.get(Some(manager), "/cases").await.code(), 200);
    }
    let before = fixture.entries();
    let form = [("secrecy", "no")];
    let reply = fixture.post(Some(manager), "/disclose", &form).await;
    assert_eq!(reply.code(), 429);
    assert!(reply.body.contains("秒后再试") && !reply.body.contains("几分钟"));
    assert_eq!(fixture.entries(), before);
    // The token of the same person is the same account.
    let token = token(&fixture, Role::Manager).await;
    let request = Request::builder()
        .uri("/api/v1/cases")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty());
    let reply = fixture.raw(request.unwrap()).await;
    assert_eq!(reply.code(), 429);
    assert!(reply.body.contains("\"too_fast\""), "{}", reply.body);
    let wait: u64 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=13).contains(&wait), "{wait}");
    let inventor = fixture.of(Role::Inventor);
    assert_eq!(fixture.get(Some(inventor), "/cases").await.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_fast_waits() {
    let server = serve(Limits {
        address_calls: 3,
        ..Limits::default()
    })
    .await;
    for _ in 0..3 {
        server.alive().await;
    }
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let refused = server.say(ask("/sign-in").as_bytes()).await;
    assert_eq!(status(&refused), 429);
    // A page that did come in is not left without its style.
    let style = server.say(ask("/static/dukou.css").as_bytes()).await;
    assert_ne!(status(&style), 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_heads_and_garbage_are_refused() {
    let server = serve(quick()).await;
    let long = "a".repeat(1_000_000);
    let many = (0..400)
        .map(|n| format!("X-{n}: 1\r\n"))
        .collect::<String>();
    for (what, request) in [
        (
            "address",
            format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        (
            "query",
            format!("GET /cases?q={long} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        (
            "header",
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
        ),
        (
            "cookie",
            format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: dukou_session={long}\r\n\r\n"),
        ),
        (
            "headers",
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
        ),
        (
            "garbage",
            "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_owned(),
        ),
        ("version", "GET / HTTP/7.3\r\nHost: a\r\n\r\n".to_owned()),
        ("nul", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
    ] {
        let answer = server.say(request.as_bytes()).await;
        let code = status(&answer);
        assert!(code == 0 || (400..500).contains(&code), "{what}: {answer}");
        assert!(answers(&answer) <= 1, "{what}: {answer}");
    }
    // After a good request: it is answered, the rest is not.
    let answer = server
        .say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n\x00\x01 not a request\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert_eq!(status(&answer), 200);
    assert_eq!(answer.matches("ok\n").count(), 1, "{answer}");
    server.alive().await;
}

/// Shapes that a proxy and a server behind it may measure differently. None of
/// them lets the request hidden in the body be answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_never_two() {
    let server = serve(quick()).await;
    let hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let inside = format!("0\r\n\r\n{hidden}");
    let length = inside.len();
    for heads in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: 5\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: 5, {length}\r\n"),
        "Content-Length: +5\r\n".to_owned(),
        "Content-Length: 0x5\r\n".to_owned(),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length : 5\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"
            .to_owned(),
        format!(
            "X: a\r\n Content-Length: 5\r\nContent-Length: {length}\r\nTransfer-Encoding:\x0bchunked\r\n"
        ),
    ] {
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n{heads}\r\n{inside}"
        );
        let answer = server.say(request.as_bytes()).await;
        let code = status(&answer);
        assert!(code == 0 || (400..500).contains(&code), "{heads}: {answer}");
        assert!(!answer.contains("ok\n"), "{heads}: {answer}");
    }
    // A chunked length that no machine holds, and one that is none.
    for chunk in [
        "FFFFFFFFFFFFFFFFF\r\na",
        "-5\r\naaaaa\r\n0\r\n\r\n",
        "zz\r\n",
    ] {
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"
        );
        let answer = server.say(request.as_bytes()).await;
        let code = status(&answer);
        assert!(code == 0 || (400..500).contains(&code), "{chunk}: {answer}");
    }
    server.alive().await;
}

async fn token(fixture: &Fixture, role: Role) -> String {
    let owner = (fixture.institution, fixture.of(role).person);
    token_of(fixture.store(), owner, "*")
}

fn call(token: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .uri(path)
        .method("POST")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.into())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_and_large_json_is_refused() {
    let fixture = Fixture::new();
    let token = token(&fixture, Role::OfficeHead).await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
    let before = fixture.entries();
    for path in ["/api/v1/commands", "/api/v1/calc/workdays"] {
        for body in [
            deep("[", "]"),
            deep("{\"command\":", "1}"),
            "[".repeat(1_000_000),
            format!(
                "{{\"command\":\"closing.note\",\"text\":{}}}",
                deep("[", "]")
            ),
            format!("{{\"command\":1e{}}}", "9".repeat(1000)),
            "\u{feff}{}".to_owned(),
            "{\"command\":\"closing.note\",\"text\":\"\\ud800\"}".to_owned(),
            "{\"command\":\"closing.note\",\"text\":\"a\\u0000b\"}".to_owned(),
        ] {
            let start: String = body.chars().take(60).collect();
            let reply = fixture.raw(call(&token, path, body)).await;
            assert!(
                matches!(reply.code(), 400 | 422),
                "{path} {start}: {reply:?}"
            );
        }
        let large = format!("{{\"command\":\"{}\"}}", "a".repeat(3 << 20));
        let reply = fixture.raw(call(&token, path, large)).await;
        assert_eq!(reply.code(), 413, "{path}");
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_hundred_thousand_fields_is_refused() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    let csrf = &manager.csrf;
    let parts = |count: usize| {
        let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(count);
        format!("{part}--x--\r\n")
    };
    for (kind, body, wanted) in [
        (
            "application/x-www-form-urlencoded",
            format!("csrf={csrf}{}", "&a=1".repeat(100_000)),
            413,
        ),
        (
            "application/x-www-form-urlencoded",
            "&".repeat(100_000),
            413,
        ),
        ("multipart/form-data; boundary=x", parts(30_000), 413),
        ("multipart/form-data", parts(1), 400),
        ("multipart/form-data; boundary=y", parts(1), 400),
        (
            "application/x-www-form-urlencoded",
            format!("csrf={csrf}&lang=e%00n"),
            400,
        ),
        (
            "application/x-www-form-urlencoded",
            format!("csrf={csrf}&lang=en{}", "&a=1".repeat(900)),
            303,
        ),
    ] {
        let start: String = body.chars().take(60).collect();
        let request = Request::builder()
            .uri("/preferences")
            .method("POST")
            .header(header::COOKIE, format!("dukou_session={}", manager.token))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let reply = fixture.raw(request).await;
        assert_eq!(reply.code(), wanted, "{kind} {start}");
    }
}

/// Also what PostgreSQL cannot keep is an answer, not a fault.
#[tokio::test(flavor = "multi_thread")]
async fn no_letter_in_an_address_is_a_fault() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    for route in dukou_web::routes::ROUTES.iter().filter(|it| !it.post) {
        for odd in [
            "%00",
            "%ff%fe",
            "%F0%9F%92%A3",
            "..%2f..%2fetc%2fpasswd",
            "%0d%0aX:1",
            "'%22%3b--",
        ] {
            let mut path = route.path.to_owned();
            while let Some((before, rest)) = path.split_once('{') {
                let after = rest.split_once('}').unwrap().1;
                path = format!("{before}{odd}{after}");
            }
            let query = [
                "q", "stop", "standing", "manager", "after", "page", "sort", "name", "next",
                "unit", "mode", "deal", "kind", "from", "to", "role", "list",
            ]
            .map(|key| format!("{key}={odd}"))
            .join("&");
            let reply = fixture.get(Some(head), &format!("{path}?{query}")).await;
            assert!(reply.code() < 500, "{path}?{query}: {}", reply.code());
            assert!(!reply.headers.contains_key("x"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_what_it_holds() {
    let fixture = Fixture::new();
    let token = token(&fixture, Role::Manager).await;
    let before = count(&fixture.folder.join("files"));
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x00\x00nothing of office".as_slice();
    for (name, bytes) in [
        (
            "contract.pdf",
            b"<!doctype html><script>alert(1)</script>".as_slice(),
        ),
        (
            "contract.pdf",
            b"\n\n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        ),
        (
            "picture.png",
            b"<?xml version='1.0'?><svg onload='alert(1)'/>",
        ),
        (
            "roster.xlsx",
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff",
        ),
        ("roster.xlsx", b"\x7fELF\x02\x01\x01\x00"),
        ("roster.xlsx", zip),
        ("contract.pdf", zip),
        ("contract.docx", b"#!/bin/sh\nrm -rf /\n"),
        ("contract.txt", b"<script>alert(1)</script>"),
        ("contract.pdf", b""),
    ] {
        let path = format!("/api/v1/files?name={name}");
        let reply = fixture.raw(call(&token, &path, bytes)).await;
        let code = if bytes.is_empty() { 400 } else { 415 };
        assert_eq!(reply.code(), code, "{name}: {}", reply.body);
    }
    let after = count(&fixture.folder.join("files"));
    assert_eq!(after, before, "a refused file was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_name_is_only_a_name() {
    let fixture = Fixture::new();
    let token = token(&fixture, Role::Manager).await;
    let long = format!("{}.pdf", "长".repeat(5000));
    let cut = format!("{}.pdf", "长".repeat(116));
    for (n, (sent, kept)) in [
        ("../../../../etc/cron.d/evil.pdf", "evil.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\a.pdf", "a.pdf"),
        ("C:\\autoexec.pdf", "autoexec.pdf"),
        ("C:evil.pdf", "C_evil.pdf"),
        ("..", "file"),
        (".../", "file"),
        (".htaccess", "htaccess"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("Com1.tar.pdf", "_Com1.tar.pdf"),
        ("contract.pdf", "contract.pdf"),
        ("a\r\nSet-Cookie: x=1\r\n\r\n<script>.pdf", "script_.pdf"),
        ("合同\u{202e}fdp.exe", "合同fdp.exe"),
        ("\u{2066}a\u{200f}.pdf\u{feff}", "a.pdf"),
        ("\"; filename=\"evil.exe", "_; filename=_evil.exe"),
        (&long, &cut),
    ]
    .into_iter()
    .enumerate()
    {
        // Each a file of its own; the first name of a file stays.
        let bytes = [PDF, format!("%{n}\n").as_bytes()].concat();
        let name: String = form_urlencoded::byte_serialize(sent.as_bytes()).collect();
        let path = format!("/api/v1/files?name={name}");
        let reply = fixture.raw(call(&token, &path, bytes)).await;
        assert_eq!(reply.code(), 201, "{sent}: {}", reply.body);
        let made: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        let told = made["name"].as_str().unwrap();
        assert!(
            told.ends_with(kept) && !told.contains(['/', '\\', '\r', '\n']),
            "{told}"
        );
        if !kept.starts_with("script") {
            assert_eq!(told, kept);
        }
        let hash = made["file"].as_str().unwrap();
        let reply = fixture
            .get(Some(fixture.of(Role::Manager)), &format!("/files/{hash}"))
            .await;
        assert_eq!(reply.code(), 200);
        assert!(
            !reply.headers.contains_key("set-cookie")
                || !reply.cookies().iter().any(|it| it.starts_with("x="))
        );
    }
    // In the folder lie hashes and nothing else.
    let mut folders = vec![fixture.folder.join("files")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            assert!(name.bytes().all(|it| it.is_ascii_hexdigit()), "{name}");
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(!std::path::Path::new("/etc/cron.d/evil.pdf").exists());
}

/// A download's name cannot break out of its header, whatever the file is called.
#[tokio::test(flavor = "multi_thread")]
async fn a_downloads_name_stays_in_its_header() {
    let fixture = Fixture::new();
    let token = token(&fixture, Role::Manager).await;
    for name in [
        "a\r\nX-Evil: 1\r\n.txt",
        "\"; evil=\".txt",
        "价'格;\u{202e}.txt",
    ] {
        let bytes = format!("text {name}");
        let sent: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/api/v1/files?name={sent}");
        let reply = fixture.raw(call(&token, &path, bytes)).await;
        assert_eq!(reply.code(), 201, "{}", reply.body);
        let made: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        let path = format!("/files/{}", made["file"].as_str().unwrap());
        let reply = fixture.get(Some(fixture.of(Role::Manager)), &path).await;
        let value = reply.headers["content-disposition"].to_str().unwrap();
        let (head, rest) = value.split_once("''").unwrap();
        assert_eq!(head, "attachment; filename*=UTF-8");
        assert!(
            rest.bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"%-_.~".contains(&it)),
            "{value}"
        );
        assert!(!reply.headers.contains_key("x-evil"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_told_which_there_are() {
    let fixture = Fixture::new();
    for (method, path, allowed) in [
        ("PUT", "/api/v1/cases", "GET,HEAD"),
        ("DELETE", "/sign-in", "GET,HEAD,POST"),
        ("TRACE", "/", "GET,HEAD"),
        ("OPTIONS", "/api/v1/commands", "POST"),
        ("POST", "/cases", "GET,HEAD"),
        ("ODD", "/sign-out", "POST"),
    ] {
        let request = Request::builder().uri(path).method(method);
        let reply = fixture.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.code(), 405, "{method} {path}");
        let mut told: Vec<&str> = reply.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .collect();
        told.sort_unstable();
        assert_eq!(told.join(","), allowed, "{method} {path}");
        assert!(reply.headers.contains_key("content-security-policy"));
    }
}
