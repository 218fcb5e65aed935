//! Webhooks: signed, in order, tried again, given up on, and never lost.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use dukou_chain::people::Role;
use dukou_web::hooks::{MOST_ATTEMPTS, deliver, signature, wait_ms};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Reply};
use crate::story;

/// One delivery as it came.
pub struct Came {
    pub delivery: String,
    pub signature: String,
    pub body: String,
}

/// A receiver on this machine; it answers with the status set.
pub struct Other {
    pub url: String,
    status: Arc<Mutex<u16>>,
    came: Receiver<Came>,
}

impl Other {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/dukou", listener.local_addr().unwrap());
        let status = Arc::new(Mutex::new(200));
        let (send, came) = channel();
        let answer = Arc::clone(&status);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { break };
                if take(stream, &answer, &send).is_none() {
                    break;
                }
            }
        });
        Self { url, status, came }
    }

    fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    pub fn came(&self) -> Vec<Came> {
        self.came.try_iter().collect()
    }
}

/// Serves one connection; nothing when nobody listens any more.
fn take(stream: std::net::TcpStream, status: &Mutex<u16>, send: &Sender<Came>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut delivery, mut signature) = (0, String::new(), String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return Some(());
            }
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ") {
                match name.to_lowercase().as_str() {
                    "content-length" => length = value.parse().unwrap(),
                    "dukou-delivery" => delivery = value.to_owned(),
                    "dukou-signature" => signature = value.to_owned(),
                    _ => {}
                }
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).unwrap();
        send.send(Came {
            delivery,
            signature,
            body,
        })
        .ok()?;
        let code = *status.lock().unwrap();
        let location = if code == 302 {
            "location: /elsewhere\r\n"
        } else {
            ""
        };
        let reply = format!("HTTP/1.1 {code} X\r\n{location}content-length: 0\r\n\r\n");
        reader.get_mut().write_all(reply.as_bytes()).ok()?;
    }
}

pub async fn subscribe(fixture: &Fixture, url: &str, kinds: &str) -> String {
    let form = [("name", "财务系统"), ("url", url), ("kinds", kinds)];
    let head = fixture.of(Role::OfficeHead);
    let page = fixture.post(Some(head), "/settings/hooks", &form).await;
    assert_eq!(page.code(), 200, "{}", page.body);
    let (_, rest) = page.body.split_once("<code>dks_").unwrap();
    format!("dks_{}", rest.split('<').next().unwrap())
}

async fn page(fixture: &Fixture) -> Reply {
    let head = fixture.of(Role::OfficeHead);
    fixture.get(Some(head), "/settings/hooks").await
}

/// The address of a form on the page.
fn action(page: &Reply, head: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("action=\"{head}")).unwrap();
    format!("{head}{}", rest.split('"').next().unwrap())
}

async fn act(fixture: &Fixture, path: &str, what: &str) -> Reply {
    let head = fixture.of(Role::OfficeHead);
    fixture.post(Some(head), path, &[("act", what)]).await
}

fn seq(came: &Came) -> i64 {
    serde_json::from_str::<Value>(&came.body).unwrap()["seq"]
        .as_i64()
        .unwrap()
}

/// Serves the hooks away from the test's own runtime, as the server does.
pub async fn serve(fixture: &Fixture) -> u64 {
    let app = Arc::clone(&fixture.app);
    tokio::task::spawn_blocking(move || deliver(&app).unwrap())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_comes_once_signed_and_in_order() {
    let fixture = Fixture::new();
    fixture.neighbour();
    let other = Other::open();
    let secret = subscribe(&fixture, &other.url, "").await;
    let before = fixture.entries();
    story::tell(&fixture);
    let mut taken = 0;
    while {
        let now = serve(&fixture).await;
        taken += now;
        now > 0
    } {}
    let came = other.came();
    assert_eq!(came.len() as u64, taken);
    let ours = fixture.store().read(|db| {
        db.rows(
            "SELECT seq, bytes FROM journal WHERE institution = $1 ORDER BY seq",
            &[fixture.institution.to_string().into()],
        )
    });
    let ours = ours.unwrap();
    let new = &ours[ours.len() - came.len()..];
    assert!(came.len() > 10 && fixture.entries() - before == came.len() as i64);
    for (came, row) in came.iter().zip(new) {
        assert_eq!(seq(came), row.int(0));
        // What it is, never the bytes it is stored in; the hash says which those are.
        let body: Value = serde_json::from_str(&came.body).unwrap();
        let (entry, stored) = (&body["entry"], row.text(1));
        assert!(!came.body.contains(stored) && entry.get("body").is_none());
        let stored: Value = serde_json::from_str(stored).unwrap();
        for field in [
            "institution",
            "seq",
            "stream",
            "version",
            "kind",
            "actor",
            "at_ms",
        ] {
            assert_eq!(entry[field], stored[field], "{field}");
        }
        assert!(
            entry["data"].is_object() && entry["withheld"] == json!([]),
            "{entry}"
        );
        assert!(came.delivery.ends_with(&format!(":{}", row.int(0))));
        let second = fixture.store().now_ms() / 1000;
        assert_eq!(came.signature, signature(&secret, second, &came.body));
    }
    assert_eq!(serve(&fixture).await, 0, "nothing comes twice");
    assert!(!page(&fixture).await.body.contains(&secret), "shown once");
}

/// One that takes its time costs the others no more than one turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_keeps_nobody_waiting() {
    let fixture = Fixture::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", silent.local_addr().unwrap());
    let other = Other::open();
    subscribe(&fixture, &nobody, "").await;
    subscribe(&fixture, &other.url, "").await;
    let app = Arc::clone(&fixture.app);
    story::disclosed(&fixture, "膜");
    let served = tokio::task::spawn_blocking(move || deliver(&app));
    // The silent one is given up on after ten seconds; the other has it before.
    let other = tokio::task::spawn_blocking(move || {
        let wait = std::time::Duration::from_secs(5);
        other.came.recv_timeout(wait).is_ok()
    });
    assert!(other.await.unwrap(), "it waits for the silent one");
    drop(silent);
    assert!(served.await.unwrap().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_wanted_kinds_go_out() {
    let fixture = Fixture::new();
    let other = Other::open();
    subscribe(&fixture, &other.url, "income.received.v1").await;
    story::tell(&fixture);
    while serve(&fixture).await > 0 {}
    let came = other.came();
    assert_eq!(came.len(), 1);
    assert!(came[0].body.contains("\"kind\":\"income.received.v1\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_in_trouble_is_waited_for() {
    let fixture = Fixture::new();
    let other = Other::open();
    subscribe(&fixture, &other.url, "").await;
    story::disclosed(&fixture, "膜");
    other.answers(503);
    assert_eq!(serve(&fixture).await, 0);
    assert_eq!(serve(&fixture).await, 0, "not before its time");
    let first = other.came();
    assert_eq!(first.len(), 1);
    let clock = fixture.store().clock().clone();
    clock.set(fixture.store().now_ms() + wait_ms(1, 999));
    other.answers(200);
    assert!(serve(&fixture).await > 0);
    let later = other.came();
    assert_eq!(
        later[0].delivery, first[0].delivery,
        "the same entry, known by its number"
    );
    let seqs: Vec<i64> = later.iter().map(seq).collect();
    assert!(seqs.windows(2).all(|two| two[0] + 1 == two[1]), "{seqs:?}");
    assert!(page(&fixture).await.body.contains("在推送"));
}

/// Lets the receiver fail until the hook gives up on its entry.
async fn give_up(fixture: &Fixture) {
    let clock = fixture.store().clock().clone();
    for attempt in 1..=MOST_ATTEMPTS {
        assert_eq!(serve(fixture).await, 0);
        clock.set(fixture.store().now_ms() + wait_ms(attempt, 999));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_taken_becomes_a_dead_letter() {
    let fixture = Fixture::new();
    let other = Other::open();
    subscribe(&fixture, &other.url, "disclosure.submitted.v1").await;
    story::disclosed(&fixture, "膜");
    other.answers(400);
    give_up(&fixture).await;
    assert_eq!(other.came().len() as i64, MOST_ATTEMPTS);
    // The receiver answered, so the hook goes on with what comes next.
    other.answers(200);
    let clock = fixture.store().clock().clone();
    clock.set(fixture.store().now_ms() + 1);
    story::disclosed(&fixture, "阀");
    assert_eq!(serve(&fixture).await, 1);
    let listed = page(&fixture).await;
    assert!(listed.body.contains("HTTP 400"), "{}", listed.body);
    let came = other.came();
    let (_, letters) = listed.body.split_once("id=\"letters\"").unwrap();
    let (_, rest) = letters.split_once("action=\"").unwrap();
    let letter = rest.split('"').next().unwrap();
    other.answers(410);
    assert_eq!(act(&fixture, letter, "send").await.code(), 422);
    assert!(page(&fixture).await.body.contains("HTTP 410"));
    other.answers(200);
    assert_eq!(act(&fixture, letter, "send").await.code(), 303);
    let again = other.came();
    assert!(seq(&again[0]) < seq(&came[0]));
    assert!(!page(&fixture).await.body.contains("HTTP 410"));
    assert_eq!(act(&fixture, letter, "send").await.code(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_whose_receiver_is_gone_pauses_and_loses_nothing() {
    let fixture = Fixture::new();
    let other = Other::open();
    subscribe(&fixture, &other.url, "").await;
    story::disclosed(&fixture, "膜");
    story::disclosed(&fixture, "阀");
    let missed = fixture.entries();
    other.answers(500);
    give_up(&fixture).await;
    let paused = page(&fixture).await;
    assert!(paused.body.contains("已暂停") && paused.body.contains("HTTP 500"));
    other.came();
    other.answers(200);
    assert_eq!(serve(&fixture).await, 0);
    let hook = action(&paused, "/settings/hooks/");
    assert_eq!(act(&fixture, &hook, "ping").await.code(), 303);
    assert_eq!(act(&fixture, &hook, "resume").await.code(), 303);
    while serve(&fixture).await > 0 {}
    let came = other.came();
    assert!(
        came[0].body.ends_with(",\"ping\":true}"),
        "{}",
        came[0].body
    );
    let seqs: Vec<i64> = came[1..].iter().map(seq).collect();
    assert_eq!(seqs.last(), Some(&missed));
    assert_eq!(act(&fixture, &hook, "remove").await.code(), 303);
    assert_eq!(act(&fixture, &hook, "ping").await.code(), 404);
    assert!(
        !page(&fixture).await.body.contains("HTTP 500"),
        "its letters go with it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_and_redirects_are_refused() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    for url in [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "https://user:x@example.com/",
        "nothing",
    ] {
        let form = [("name", "x"), ("url", url), ("kinds", "")];
        let reply = fixture.post(Some(head), "/settings/hooks", &form).await;
        assert_eq!(reply.code(), 422, "{url}");
        assert!(reply.body.contains(url), "what was typed stays");
    }
    let form = [
        ("name", "x"),
        ("url", "https://example.com/"),
        ("kinds", "no.such.v1"),
    ];
    let reply = fixture.post(Some(head), "/settings/hooks", &form).await;
    assert!(reply.code() == 422 && reply.body.contains("no.such.v1"));
    // A name that leads inside is refused when it is reached.
    let other = Other::open();
    let port = other.url.rsplit(':').next().unwrap().to_owned();
    let form = [
        ("name", "y"),
        ("url", &format!("https://localhost:{port}")),
        ("kinds", ""),
    ];
    assert_eq!(
        fixture
            .post(Some(head), "/settings/hooks", &form)
            .await
            .code(),
        200
    );
    let hook = action(&page(&fixture).await, "/settings/hooks/");
    assert_eq!(act(&fixture, &hook, "ping").await.code(), 422);
    assert!(other.came().is_empty());
    let manager = fixture.of(Role::Manager);
    assert_eq!(
        fixture.get(Some(manager), "/settings/hooks").await.code(),
        403
    );
    subscribe(&fixture, &other.url, "").await;
    other.answers(302);
    let neighbour = fixture.neighbour();
    let theirs = fixture
        .post(
            Some(&neighbour[&Role::OfficeHead]),
            &hook,
            &[("act", "remove")],
        )
        .await;
    assert_eq!(theirs.code(), 404);
    story::disclosed(&fixture, "膜");
    assert_eq!(serve(&fixture).await, 0);
    assert_eq!(other.came().len(), 1, "a redirect is not followed");
}
