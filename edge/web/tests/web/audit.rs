//! The audit log, readiness and figures.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use dukou_chain::people::Role;
use dukou_store::{Fault, Trouble};
use dukou_web::Limits;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::fixture::{DAY_MS, Fixture, Reply, Someone};
use crate::story;

/// Kind, person, action, path and status of every line, oldest first.
fn lines(fixture: &Fixture) -> Vec<(String, String, String, String, i64)> {
    dukou_web::audit::settle(&fixture.app).unwrap();
    let rows = fixture.store().read(|db| {
        db.rows(
            "SELECT kind, person, action, path, status FROM audit ORDER BY id",
            &[],
        )
    });
    rows.unwrap()
        .iter()
        .map(|row| {
            let word = |at: usize| row.text(at).to_owned();
            (word(0), word(1), word(2), word(3), row.int(4))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_doing_taking_and_refusals_leave_a_line_each() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let manager = fixture.of(Role::Manager);
    let case = format!("/cases/{}", told.case);
    assert_eq!(fixture.get(Some(manager), &case).await.code(), 200);
    let note = format!("{case}/do/closing.note");
    let page = fixture.get(Some(manager), &note).await;
    let form = [
        ("text", "向发明人核实了份额"),
        ("_version", &page.hidden("_version")),
        ("_key", &page.hidden("_key")),
    ];
    assert_eq!(fixture.post(Some(manager), &note, &form).await.code(), 303);
    assert_eq!(fixture.get(Some(manager), "/cases.xlsx").await.code(), 200);
    assert_eq!(fixture.get(Some(manager), "/audit").await.code(), 403);
    // Nothing personal that was typed is taken down, and files of the program are not.
    fixture.get(Some(manager), "/static/dukou.css").await;
    fixture.get(Some(manager), "/cases?q=secret").await;
    fixture.get(None, "/notices").await;
    let me = manager.person.to_string();
    let expected = [
        ("saw", "case.read", case.as_str(), 200),
        ("saw", "case.note", note.as_str(), 200),
        ("did", "case.note", note.as_str(), 303),
        ("took", "export.lists", "/cases.xlsx", 200),
        ("refused", "admin.audit", "/audit", 403),
        ("saw", "case.read", "/cases", 200),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, action, path, status)| {
            let word = |it: &str| it.to_owned();
            (word(kind), me.clone(), word(action), word(path), *status)
        })
        .collect();
    assert_eq!(lines(&fixture), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_to_sign_in_are_kept_without_what_was_typed() {
    let fixture = Fixture::new();
    let login = [("login", "nobody@yz.edu"), ("password", "Tr0ub4dor&3")];
    assert_eq!(fixture.post(None, "/sign-in", &login).await.code(), 422);
    let all = lines(&fixture);
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].0.as_str(), all[0].1.as_str()),
        ("sign_in_failed", "")
    );
    let row = fixture
        .store()
        .read(|db| db.row("SELECT * FROM audit", &[]))
        .unwrap();
    let text = format!("{row:?}");
    assert!(
        !text.contains("Tr0ub4dor") && !text.contains("nobody@yz"),
        "{text}"
    );
}

async fn page(fixture: &Fixture, who: &Someone, path: &str) -> Reply {
    let reply = fixture.get(Some(who), path).await;
    assert_eq!(reply.code(), 200, "{path}: {}", reply.body);
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_filters_pages_and_exports() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let neighbour = fixture.neighbour();
    let (manager, finance) = (fixture.of(Role::Manager), fixture.of(Role::Finance));
    for _ in 0..60 {
        fixture.get(Some(manager), "/cases").await;
    }
    fixture
        .get(Some(finance), &format!("/cases/{}", told.case))
        .await;
    fixture
        .get(Some(&neighbour[&Role::Manager]), "/rules")
        .await;
    let auditor = fixture.of(Role::Auditor);
    let first = page(&fixture, auditor, "/audit").await;
    assert_eq!(first.body.matches("<tr data-row").count(), 50);
    let (_, rest) = first.body.split_once("/audit?before=").unwrap();
    let older = format!("/audit?before={}", rest.split('"').next().unwrap());
    let second = page(&fixture, auditor, &older).await;
    assert_eq!(second.body.matches("<tr data-row").count(), 11);
    let about = format!("/audit?path=/cases/{}", told.case);
    let of_case = page(&fixture, auditor, &about).await;
    assert_eq!(of_case.body.matches("<tr data-row").count(), 1);
    assert!(of_case.body.contains("YZ-2026-0001"));
    let by_name = page(
        &fixture,
        auditor,
        &format!("/audit?person={}", finance.person),
    )
    .await;
    assert_eq!(by_name.body.matches("<tr data-row").count(), 1);
    let nobody = page(&fixture, auditor, "/audit?person=nobody&lang=zh").await;
    assert!(nobody.body.contains("没有叫这个名字的人"));
    let refused = page(&fixture, auditor, "/audit?kind=refused").await;
    assert!(!refused.body.contains("<tr data-row"));
    let sheet = page(
        &fixture,
        auditor,
        &format!("/audit.xlsx?path=/cases/{}", told.case),
    )
    .await;
    assert!(
        sheet.headers["content-type"]
            .to_str()
            .unwrap()
            .contains("spreadsheet")
    );
    let rest = page(&fixture, auditor, "/api/v1/audit?limit=40").await;
    let rest: serde_json::Value = serde_json::from_str(&rest.body).unwrap();
    let next = rest["next"].as_str().unwrap();
    let more = page(&fixture, auditor, &format!("/api/v1/audit?after={next}")).await;
    let more: serde_json::Value = serde_json::from_str(&more.body).unwrap();
    assert!(more["items"][0]["id"].as_str().unwrap() < next);
    assert_eq!(rest["items"].as_array().unwrap().len(), 40);
    // The other school's lines are the other school's.
    let theirs = page(&fixture, &neighbour[&Role::Auditor], "/audit").await;
    assert_eq!(theirs.body.matches("<tr data-row").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_stay_for_six_months_at_least() {
    let fixture = Fixture::new();
    fixture.get(Some(fixture.of(Role::Manager)), "/rules").await;
    let left = |days: i64| {
        dukou_web::audit::forget(fixture.store(), days).unwrap();
        lines(&fixture).len()
    };
    assert_eq!(left(400), 1);
    fixture.wait_days(183);
    fixture.get(Some(fixture.of(Role::Manager)), "/cases").await;
    fixture.wait_days(1);
    assert_eq!(left(1), 2, "fewer days than six months are not taken");
    fixture.wait_days(1);
    fixture.get(Some(fixture.of(Role::Manager)), "/deals").await;
    fixture.wait_days(2);
    assert_eq!(left(400), 3);
    assert_eq!(left(0), 2);
    assert!(fixture.store().now_ms() > 185 * DAY_MS);
}

/// A law file of one institution that asks for longer is heeded for the installation.
#[tokio::test(flavor = "multi_thread")]
async fn lines_stay_as_long_as_a_loaded_law_asks() {
    let fixture = Fixture::new();
    let text = "[[parameter]]\nid = \"log.retention.min\"\n[[parameter.value]]\nfrom = 2026-01-02\nvalue = 12\narticle = \"cyber_law.23\"\nmark = \"V\"\nchecked = 2026-06-01\n";
    let files = [("own.toml".to_owned(), text.to_owned())];
    let actor = fixture.actor(Role::OfficeHead);
    let loaded = fixture
        .store()
        .load_law(fixture.institution, actor, &files, "修订");
    loaded.unwrap();
    fixture.get(Some(fixture.of(Role::Manager)), "/rules").await;
    let left = || {
        let all = lines(&fixture).len();
        dukou_web::audit::forget(fixture.store(), 0).unwrap();
        (all, lines(&fixture).len())
    };
    fixture.wait_days(300);
    fixture.get(Some(fixture.of(Role::Manager)), "/cases").await;
    fixture.wait_days(2);
    assert_eq!(left(), (2, 2), "twelve months are not over");
    fixture.wait_days(70);
    fixture.get(Some(fixture.of(Role::Manager)), "/deals").await;
    fixture.wait_days(2);
    assert_eq!(left(), (3, 2), "the first line is older");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_runs_ahead_takes_no_line_away() {
    let fixture = Fixture::new();
    fixture.get(Some(fixture.of(Role::Manager)), "/rules").await;
    assert_eq!(lines(&fixture).len(), 1);
    fixture.wait_days(390);
    fixture.get(Some(fixture.of(Role::Manager)), "/rules").await;
    assert_eq!(lines(&fixture).len(), 2);
    dukou_web::audit::forget(fixture.store(), 200).unwrap();
    assert_eq!(lines(&fixture).len(), 2);
}

/// A request of the API with a token that nobody made.
fn with_token(token: &str) -> Request<Body> {
    Request::builder()
        .uri("/api/v1/cases")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_try_secrets_leave_lines_without_them() {
    let fixture = Fixture::with(Limits {
        wrong_tokens: 2,
        account_calls: 0,
        ..Limits::default()
    });
    let person = fixture.of(Role::Inventor).person;
    let made = dukou_web::accounts::invite(fixture.store(), fixture.institution, person, "lin");
    let link = format!("/invite/{}", made.unwrap());
    for wanted in [401, 401, 429] {
        let reply = fixture.raw(with_token("dk_secret")).await;
        assert_eq!(reply.code(), wanted);
    }
    assert_eq!(fixture.get(None, &link).await.code(), 200);
    let form = [
        ("login", "lin"),
        ("password", "Ferry-over-the-1-river"),
        ("again", "Ferry-over-the-1-river"),
    ];
    assert_eq!(fixture.post(None, &link, &form).await.code(), 303);
    assert_eq!(fixture.post(None, "/invite/gone", &form).await.code(), 404);
    let of = |kind: &str, whose: &str, action: &str, path: &str, status: i64| {
        let word = str::to_owned;
        (word(kind), word(whose), word(action), word(path), status)
    };
    let (invite, whose) = ("/invite/{token}", person.to_string());
    let expected = [
        of("refused", "", "token", "/api/v1/cases", 401),
        of("refused", "", "token", "/api/v1/cases", 401),
        of("refused", "", "token", "/api/v1/cases", 429),
        of("saw", &whose, "sign_in.invite", invite, 200),
        of("did", &whose, "sign_in.invite", invite, 303),
        of("sign_in_failed", "", "sign_in.invite", invite, 404),
    ];
    assert_eq!(lines(&fixture), expected);
    let auditor = fixture.of(Role::Auditor);
    for (lang, words) in [
        ("zh", "使用邀请或重置链接"),
        ("en", "Use an invitation or reset link"),
    ] {
        let page = fixture.get_in(Some(auditor), lang, "/audit").await;
        assert!(page.body.contains(words), "{lang}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_does_not_fill_the_log() {
    let fixture = Fixture::new();
    for _ in 0..300 {
        fixture.raw(with_token("dk_secret")).await;
    }
    let kept = lines(&fixture).len();
    assert!((60..70).contains(&kept), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_at_the_machine_is_taken_in_once() {
    use dukou_web::audit::machine;
    let fixture = Fixture::new();
    let folder = &fixture.folder;
    let now = fixture.store().now_ms();
    machine::leave(folder, now, None, "backup", "/backup/night.tar").unwrap();
    let one = Some(fixture.institution);
    machine::leave(folder, now, one, "user.token", "/people/7").unwrap();
    for _ in 0..2 {
        machine::take(fixture.store(), folder).unwrap();
    }
    let found: Vec<(String, String)> = lines(&fixture)
        .into_iter()
        .map(|line| (line.0, line.2))
        .collect();
    let of = |kind: &str, action: &str| (kind.to_owned(), action.to_owned());
    let expected = [
        of("took", "machine.backup"),
        of("did", "machine.user.token"),
    ];
    assert_eq!(found, expected);
    let auditor = fixture.of(Role::Auditor);
    let page = fixture
        .get_in(Some(auditor), "en", "/audit?kind=took")
        .await;
    assert!(page.body.contains("Backed up at the machine"));
    assert!(page.body.contains("operator at the machine"));
    assert!(!page.body.contains("Token made at the machine"));
}

async fn from(fixture: &Fixture, peer: &str, forwarded: Option<&str>, path: &str) -> Reply {
    let mut request = Request::builder().uri(path);
    if let Some(value) = forwarded {
        request = request.header("x-forwarded-for", value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    fixture.raw(request).await
}

/// Reads OpenMetrics text as strictly as Prometheus does: every sample belongs to
/// the family declared above it, with the ending its type asks for, labels quoted,
/// the end marked. Samples by name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    let mut families: BTreeMap<&str, &str> = BTreeMap::new();
    let mut family = "";
    let body = text.strip_suffix("# EOF\n").expect("no end");
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(families.insert(name, kind).is_none(), "{name} twice");
            family = name;
            continue;
        }
        if line.starts_with("# HELP ") || line.starts_with("# UNIT ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let ending = name.strip_prefix(family).expect(line);
        let allowed: &[&str] = match families[family] {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_sum", "_count"],
            kind => panic!("{kind}: {line}"),
        };
        assert!(allowed.contains(&ending), "{line}");
        let labels = labels.strip_suffix('}').expect(line);
        for pair in labels.split("\",").filter(|it| !it.is_empty()) {
            let (key, value) = pair.split_once("=\"").expect(line);
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(!value.trim_end_matches('"').contains(['"', '\n']), "{line}");
        }
        let value: f64 = value.parse().expect(line);
        assert!(found.insert(series.to_owned(), value).is_none(), "{line}");
    }
    assert!(families.len() > 6, "{families:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so() {
    let fixture = Fixture::new();
    assert_eq!(fixture.get(None, "/readyz").await.code(), 200);
    fixture.app.stop();
    let reply = fixture.get(None, "/readyz").await;
    let text = "database ok\nwriter ok\npages ok\nserver stopping\n";
    assert_eq!((reply.code(), reply.body.as_str()), (503, text));
    assert_eq!(fixture.get(None, "/healthz").await.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_cannot_write_is_told_until_it_can() {
    let fixture = Fixture::new();
    for trouble in [Trouble::Full, Trouble::ReadOnly, Trouble::Failing] {
        let failed: Result<(), Fault> = fixture.store().write(move |_| {
            let why = "as told".to_owned();
            Err(Fault::Storage { trouble, why })
        });
        assert!(failed.is_err());
        let reply = fixture.get(None, "/readyz").await;
        let text = format!("database ok\nwriter {}\npages ok\n", trouble.word());
        assert_eq!((reply.code(), reply.body), (503, text));
        // Whoever looks whether the server lives does not start it anew for that.
        assert_eq!(fixture.get(None, "/healthz").await.code(), 200);
        fixture.store().try_to_save().unwrap();
        assert_eq!(fixture.get(None, "/readyz").await.code(), 200);
    }
    let left = "SELECT COUNT(*) FROM store_meta WHERE key = 'probe'";
    let left = fixture.store().read(|db| db.row(left, &[])).unwrap();
    assert_eq!(left.unwrap().int(0), 0, "what was tried is away again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_writer_has_gone_is_not_ready() {
    let mut fixture = Fixture::new();
    Arc::get_mut(&mut fixture.app).unwrap().store.close();
    let reply = fixture.get(None, "/readyz").await;
    let text = "database ok\nwriter failed\npages ok\n";
    assert_eq!((reply.code(), reply.body.as_str()), (503, text));
    assert_eq!(fixture.get(None, "/healthz").await.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_this_machine_alone() {
    let fixture = Fixture::new();
    fixture.get(Some(fixture.of(Role::Manager)), "/rules").await;
    let reply = from(&fixture, "127.0.0.1:9", None, "/metrics").await;
    assert_eq!(reply.code(), 200, "{}", reply.body);
    let line = "dukou_requests_total{method=\"Get\",route=\"/rules\",status=\"200\"} 1";
    assert!(reply.body.contains(line), "{}", reply.body);
    assert!(reply.body.contains("dukou_request_seconds_bucket"));
    assert!(reply.body.contains(&format!("}} {}\n", fixture.entries())));
    assert_eq!(samples(&reply.body)["dukou_dead_letters"], 0.0);
    assert_eq!(samples(&reply.body)["dukou_audit_lines_dropped_total"], 0.0);
    // Without a backup there is no age of one.
    assert!(!reply.body.contains("dukou_backup_age"));
    fixture.store().backed_up().unwrap();
    fixture.wait_days(2);
    let reply = from(&fixture, "127.0.0.1:9", None, "/metrics").await;
    assert_eq!(samples(&reply.body)["dukou_backup_age_seconds"], 172_800.0);
    assert_eq!(
        from(&fixture, "10.1.1.1:9", None, "/metrics").await.code(),
        404
    );
    let through = from(&fixture, "127.0.0.1:9", Some("10.1.1.1"), "/metrics").await;
    assert_eq!(through.code(), 404);
    for claim in ["127.0.0.1", "nonsense", "10.1.1.1, 127.0.0.1"] {
        let through = from(&fixture, "127.0.0.1:9", Some(claim), "/metrics").await;
        assert_eq!(through.code(), 404, "{claim}");
    }
    let ready = from(&fixture, "10.1.1.1:9", None, "/readyz").await;
    assert_eq!(
        (ready.code(), ready.body.as_str()),
        (200, "database ok\nwriter ok\npages ok\n")
    );
}
