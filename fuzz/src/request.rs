//! A whole request to the pages and the API: address, query, headers, cookies and
//! body of every kind, read by the same code as a stranger's.

use std::sync::Mutex;

use axum::body::Body;
use axum::http::Request;
use dukou_chain::people::Role;
use tokio::runtime::{Builder, Runtime};

use crate::fixture::{Fixture, VISITOR, token_of};
use crate::story;

struct World {
    fixture: Fixture,
    runtime: Runtime,
    /// What may stand in a seed for what is new in every run.
    words: Vec<(&'static str, String)>,
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

impl World {
    fn new() -> Option<Self> {
        let fixture = Fixture::new();
        let told = story::tell(&fixture);
        let head = fixture.of(Role::OfficeHead).person;
        let whose = (fixture.institution, head);
        let token = token_of(fixture.store(), whose, "*");
        let words = vec![
            ("{case}", told.case.to_string()),
            ("{deal}", told.deal.to_string()),
            ("{receipt}", told.receipt.to_string()),
            ("{person}", head.to_string()),
            ("{unit}", fixture.unit.to_string()),
            ("{token}", token),
        ];
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .ok()?;
        Some(Self {
            fixture,
            runtime,
            words,
        })
    }

    /// The request that the text tells: `role METHOD address`, headers, a blank
    /// line, the body.
    fn asked(&self, text: &str) -> Option<Request<Body>> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let mut first = lines.next()?.splitn(3, ' ');
        let (role, method, address) = (first.next()?, first.next()?, first.next()?);
        let role = Role::ALL.iter().find(|it| it.code() == role);
        let who = role.map(|it| self.fixture.of(*it));
        let csrf = who.map_or(VISITOR, |it| it.csrf.as_str());
        let mut request = Request::builder().method(method).uri(self.filled(address));
        for line in lines {
            let (name, value) = line.split_once(": ")?;
            request = request.header(name, self.filled(value));
        }
        let session = who.map_or("", |it| it.token.as_str());
        let cookie = format!("dukou_visitor={VISITOR}; dukou_session={session}");
        let body = self.filled(body).replace("{csrf}", csrf);
        request.header("cookie", cookie).body(Body::from(body)).ok()
    }

    fn filled(&self, text: &str) -> String {
        self.words
            .iter()
            .fold(text.to_owned(), |text, (word, value)| {
                text.replace(word, value)
            })
    }

    /// Asks, and wants an answer.
    fn ask(&self, request: Request<Body>) {
        let told = format!("{} {}", request.method(), request.uri());
        let reply = self.runtime.block_on(self.fixture.raw(request));
        assert!(
            reply.code() < 500,
            "{told}: {} {}",
            reply.code(),
            reply.body
        );
    }
}

/// One request; an answer that blames the program is a bug.
pub fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(mut world) = WORLD.lock() else { return };
    if world.is_none() {
        *world = World::new();
    }
    let Some(world) = world.as_ref() else { return };
    if let Some(request) = world.asked(&text) {
        world.ask(request);
    }
}

/// Ends the university that requests were sent to, with its folder.
pub fn done() {
    if let Ok(mut world) = WORLD.lock() {
        *world = None;
    }
}
