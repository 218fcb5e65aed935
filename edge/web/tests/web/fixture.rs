//! A university of one person per role in a temporary folder, and requests to
//! its pages, in process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use dukou_chain::institution;
use dukou_chain::people::{PersonKind, Role};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, PersonId, UnitId};
use dukou_rules::SchoolPolicy;
use dukou_store::{Clock, Config, Envelope, Store, Value};
use dukou_web::accounts::{self, NewPerson};
use dukou_web::api::tokens;
use dukou_web::{App, Limits, Settings};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use uuid::Uuid;

/// 2026-09-21, ten o'clock in Shanghai.
pub const MORNING_MS: i64 = 1_789_956_000_000;
pub const DAY_MS: i64 = 86_400_000;

/// The smallest file that is a PDF.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// Somebody with an account and a session.
#[derive(Clone)]
pub struct Someone {
    pub person: PersonId,
    pub token: String,
    pub csrf: String,
}

pub struct Fixture {
    pub app: Arc<App>,
    pub institution: InstitutionId,
    pub unit: UnitId,
    pub people: BTreeMap<Role, Someone>,
    pub folder: PathBuf,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn system() -> Actor {
    Actor::System("test".to_owned())
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Founds an institution with one person per role, all signed in.
fn found(store: &Store, prefix: &str) -> (InstitutionId, UnitId, BTreeMap<Role, Someone>) {
    let institution = InstitutionId(Uuid::now_v7());
    let unit = UnitId(Uuid::now_v7());
    let profile = institution::Profile {
        name_zh: format!("云泽大学{prefix}"),
        name_en: format!("Yunze University {prefix}"),
        prefix: prefix.to_owned(),
        jurisdiction: "CN".to_owned(),
        state_established: true,
        central_unit: false,
        contact: "技术转移中心，电话 000-6600 0016".to_owned(),
    };
    let from = store.today().saturating_sub(jiff::Span::new().days(900));
    for command in [
        institution::Command::Found { profile, law: None },
        institution::Command::AddUnit {
            unit,
            name_zh: "材料学院".to_owned(),
            name_en: "College of Materials".to_owned(),
        },
        institution::Command::AdoptPolicy {
            from,
            policy: SchoolPolicy::example().into(),
            paper: None,
        },
    ] {
        store
            .execute(Envelope::new(
                institution,
                system(),
                Command::Institution(command),
            ))
            .unwrap();
    }
    let people = Role::ALL.iter().map(|role| {
        let name = format!("{}某", role.label().zh);
        (
            *role,
            register(store, institution, Some(unit), &[*role], &name),
        )
    });
    let people = people.collect();
    (institution, unit, people)
}

/// Registers somebody, opens an account and a session with both factors.
pub fn register(
    store: &Store,
    institution: InstitutionId,
    unit: Option<UnitId>,
    roles: &[Role],
    name: &str,
) -> Someone {
    let person = PersonId(Uuid::now_v7());
    let new = NewPerson {
        id: person,
        name: name.to_owned(),
        staff_no: format!("S{}", person.0.simple()),
        kind: PersonKind::Staff,
        unit,
        posts: Vec::new(),
        roles: roles.to_vec(),
    };
    store
        .execute_all(accounts::registration(institution, &system(), &new))
        .unwrap();
    let account = Uuid::now_v7().to_string();
    let token = format!("{}{}", Uuid::now_v7().simple(), Uuid::now_v7().simple());
    let csrf = Uuid::now_v7().simple().to_string();
    let now = store.now_ms();
    let login = format!("u{}", person.0.simple());
    let params: Vec<Value> = vec![
        institution.to_string().into(),
        account.clone().into(),
        person.to_string().into(),
        login.into(),
        "no password".into(),
        now.into(),
    ];
    let session: Vec<Value> = vec![
        hash(&token).into(),
        institution.to_string().into(),
        account.into(),
        csrf.clone().into(),
        now.into(),
        (now + 400 * DAY_MS).into(),
    ];
    store
        .write(move |db| {
            db.exec("INSERT INTO account (institution, id, person, login, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)", &params)?;
            db.exec("INSERT INTO session (token_hash, institution, account, csrf, second_factor, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, 1, $5, $5, $6)", &session)
        })
        .unwrap();
    Someone {
        person,
        token,
        csrf,
    }
}

/// A database of this test's own on PostgreSQL when `DUKOU_WEB_ENGINE` asks for
/// it, else SQLite in the test's folder.
fn database() -> Option<String> {
    if !std::env::var("DUKOU_WEB_ENGINE").is_ok_and(|it| it == "postgres") {
        return None;
    }
    let admin = std::env::var("DUKOU_TEST_DATABASE_URL").unwrap();
    let name = format!("dukou_web_{}", Uuid::now_v7().simple());
    let (server, _) = admin.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&admin, tokio_postgres::NoTls)
                .await
                .unwrap();
            let driver = tokio::spawn(connection);
            let sql = format!("CREATE DATABASE {name}");
            client.batch_execute(&sql).await.unwrap();
            drop(client);
            let _ = driver.await;
        });
    })
    .join()
    .unwrap();
    Some(url)
}

impl Fixture {
    /// Nobody here asks too fast.
    pub fn new() -> Self {
        Self::with(Limits {
            account_calls: 0,
            address_calls: 0,
            ..Limits::default()
        })
    }

    /// With limits of the test's own.
    pub fn with(limits: Limits) -> Self {
        Self::behind(limits, dukou_web::caller::Nets::default())
    }

    /// With limits and proxies of the test's own.
    pub fn behind(limits: Limits, proxies: dukou_web::caller::Nets) -> Self {
        let folder = std::env::temp_dir().join(format!("dukou-web-{}", Uuid::now_v7()));
        let config = Config {
            clock: Clock::fixed("test", MORNING_MS),
            database_url: database(),
            ..Config::folder(&folder)
        };
        let store = Store::open(config).unwrap();
        let (institution, unit, people) = found(&store, "YZ");
        let settings = Settings {
            upload_limit: 8 << 20,
            idle_minutes: 600 * 24 * 60,
            hook_hosts: dukou_web::hooks::Inside::parse("127.0.0.1"),
            limits,
            proxies,
            ..Settings::default()
        };
        let app = Arc::new(App::new(store, settings));
        Self {
            app,
            institution,
            unit,
            people,
            folder,
        }
    }

    /// A second institution of the same installation, to work in as in the first.
    pub fn beside(&self) -> Self {
        let (institution, unit, people) = found(&self.app.store, "LG");
        Self {
            app: Arc::clone(&self.app),
            institution,
            unit,
            people,
            // The first one's folder holds both.
            folder: self.folder.join("beside"),
        }
    }

    /// The people of a second institution of the same installation.
    pub fn neighbour(&self) -> BTreeMap<Role, Someone> {
        found(&self.app.store, "LG").2
    }

    pub fn store(&self) -> &Store {
        &self.app.store
    }

    pub fn of(&self, role: Role) -> &Someone {
        &self.people[&role]
    }

    pub fn actor(&self, role: Role) -> Actor {
        Actor::Person(self.of(role).person)
    }

    /// Carries a command out in the name of a role.
    pub fn act(&self, role: Role, command: Command) {
        let kind = format!("{command:?}");
        let envelope = Envelope::new(self.institution, self.actor(role), command);
        self.store()
            .execute(envelope)
            .unwrap_or_else(|why| panic!("{kind}: {why:?}"));
    }

    /// Lets days go by.
    pub fn wait_days(&self, days: i64) {
        self.store()
            .clock()
            .set(self.store().now_ms() + days * DAY_MS);
    }

    /// How many entries the journal holds.
    pub fn entries(&self) -> i64 {
        let count = self
            .store()
            .read(|db| db.row("SELECT COUNT(*) FROM journal", &[]))
            .unwrap();
        count.unwrap().int(0)
    }

    pub async fn get(&self, who: Option<&Someone>, path: &str) -> Reply {
        self.send(who, "zh", path, None).await
    }

    pub async fn get_in(&self, who: Option<&Someone>, lang: &str, path: &str) -> Reply {
        self.send(who, lang, path, None).await
    }

    /// A form with the CSRF token of the one who sends it.
    pub async fn post(&self, who: Option<&Someone>, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = who.map_or(VISITOR, |it| it.csrf.as_str());
        let mut all = vec![("csrf", csrf)];
        all.extend(fields);
        self.send(who, "zh", path, Some(&all)).await
    }

    pub async fn send(
        &self,
        who: Option<&Someone>,
        lang: &str,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Reply {
        let mut cookies = format!("dukou_lang={lang}; dukou_visitor={VISITOR}");
        if let Some(who) = who {
            cookies.push_str(&format!("; dukou_session={}", who.token));
        }
        let mut request = Request::builder().uri(path).header(header::COOKIE, cookies);
        let mut body = Body::empty();
        if let Some(fields) = form {
            let mut text = form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(fields);
            request = request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            body = Body::from(text.finish());
        }
        self.raw(request.body(body).unwrap()).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Reply {
        let router = dukou_web::router(Arc::clone(&self.app));
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// A token as the machine makes it.
pub fn token_of(store: &Store, owner: (InstitutionId, PersonId), scopes: &str) -> String {
    let wanted = tokens::wanted("test", scopes, 30).unwrap();
    tokens::make_random(store, owner, &wanted).unwrap().1
}

/// The anonymous visitor's token.
pub const VISITOR: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    pub fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        all.map(|value| value.to_str().unwrap()).collect()
    }

    /// The value of a hidden field of the page's form.
    pub fn hidden(&self, name: &str) -> String {
        let head = format!("name=\"{name}\" value=\"");
        let Some((_, rest)) = self.body.split_once(&head) else {
            panic!("no field {name}")
        };
        rest.split('"').next().unwrap().to_owned()
    }
}
