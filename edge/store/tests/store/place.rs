//! Where a test's data lies, and a small university in it.

use std::path::PathBuf;
use std::sync::Arc;

use dukou_chain::whole::{Case, Command, Deal, State};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{CaseId, DealId, InstitutionId, PersonId};
use dukou_store::{
    Clock, Config, Db, Done, Envelope, Fault, FileMeta, Rejected, Store, Value as Cell,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A data folder of one test, and a database of its own on PostgreSQL.
pub struct Place {
    pub folder: PathBuf,
    pub url: Option<String>,
}

fn fresh_folder() -> PathBuf {
    std::env::temp_dir().join(format!("dukou-store-test-{}", Uuid::now_v7().simple()))
}

/// One statement on the server that tests may make databases on.
fn on_server(admin: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(admin, tokio_postgres::NoTls)
            .await
            .unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        let _ = driver.await;
    });
}

fn admin_url() -> Option<String> {
    std::env::var("DUKOU_TEST_DATABASE_URL")
        .ok()
        .filter(|it| !it.is_empty())
}

impl Place {
    pub fn sqlite() -> Self {
        Self {
            folder: fresh_folder(),
            url: None,
        }
    }

    /// A new database on the test server; nothing when there is no server and
    /// none is required.
    pub fn postgres() -> Option<Self> {
        let Some(admin) = admin_url() else {
            let required = std::env::var("DUKOU_REQUIRE_POSTGRES").is_ok_and(|it| it == "1");
            assert!(!required, "DUKOU_TEST_DATABASE_URL is not set");
            return None;
        };
        let name = format!("dukou_test_{}", Uuid::now_v7().simple());
        on_server(&admin, &format!("CREATE DATABASE {name}"));
        let (base, query) = admin.split_once('?').unwrap_or((&admin, ""));
        let (server, _) = base.rsplit_once('/').unwrap();
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        Some(Self {
            folder: fresh_folder(),
            url: Some(format!("{server}/{name}{query}")),
        })
    }

    /// Another place on the same engine.
    pub fn again(&self) -> Self {
        match &self.url {
            None => Self::sqlite(),
            Some(_) => Self::postgres().unwrap(),
        }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("dukou.sqlite")
    }

    pub fn config(&self, clock: &Clock) -> Config {
        Config {
            data_dir: self.folder.clone(),
            database_url: self.url.clone(),
            clock: clock.clone(),
            file_limit: 1 << 20,
            recorder: None,
        }
    }

    /// Every file of a folder that nobody has open, by its name inside.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.folder).unwrap().to_owned();
                    files.push((name, std::fs::read(&path).unwrap()));
                }
            }
        }
        files
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let (Some(url), Some(admin)) = (&self.url, admin_url()) {
            let base = url.split('?').next().unwrap_or_default();
            let name = base.rsplit('/').next().unwrap_or_default();
            on_server(
                &admin,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            );
        }
    }
}

/// The test clock: 10:00 in Shanghai on a day.
pub fn morning(day: &str) -> i64 {
    let at: jiff::Timestamp = format!("{day}T10:00:00+08:00").parse().unwrap();
    at.as_millisecond()
}

pub fn institution(number: u128) -> InstitutionId {
    InstitutionId(Uuid::from_u128(0xA000 + number))
}
pub fn case(number: u128) -> CaseId {
    CaseId(Uuid::from_u128(number))
}
pub fn deal(number: u128) -> DealId {
    DealId(Uuid::from_u128(number))
}
pub fn actor(number: u128) -> Actor {
    Actor::Person(PersonId(Uuid::from_u128(number)))
}
pub fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// The evidence of the road.
pub const PAPER: &[u8] = b"%PDF-1.4\n% a signed paper\n";

/// A store with its clock, working for one institution.
#[derive(Clone)]
pub struct Office {
    pub store: Arc<Store>,
    pub clock: Clock,
    pub institution: InstitutionId,
}

pub fn command(value: Value) -> Command {
    Command::from_json(value.clone()).unwrap_or_else(|no| panic!("{}: {value}", no.message.en))
}

impl Office {
    pub fn open(place: &Place) -> Self {
        Self::try_open(place).unwrap()
    }

    pub fn try_open(place: &Place) -> Result<Self, Fault> {
        let clock = Clock::fixed("test", morning("2026-09-21"));
        let store = Arc::new(Store::open(place.config(&clock))?);
        Ok(Self {
            store,
            clock,
            institution: institution(1),
        })
    }

    /// The same store for another institution.
    pub fn of(&self, number: u128) -> Self {
        Self {
            institution: institution(number),
            ..self.clone()
        }
    }

    pub fn envelope(&self, by: u128, value: Value) -> Envelope {
        Envelope::new(self.institution, actor(by), command(value))
    }

    pub fn give(&self, by: u128, value: Value) -> Result<Done, Rejected> {
        self.store.execute(self.envelope(by, value))
    }

    pub fn must(&self, by: u128, value: Value) -> Done {
        let name = value["command"].clone();
        self.give(by, value)
            .unwrap_or_else(|no| panic!("{name}: {no:?}"))
    }

    pub fn refused(&self, by: u128, value: Value) -> String {
        match self.give(by, value) {
            Err(Rejected::Refused(refusal)) => refusal.code().to_owned(),
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn found(&self) -> Done {
        self.must(
            4,
            json!({"command": "institution.found", "profile": {
                "name_zh": "云舟大学", "name_en": "Yunzhou University", "prefix": "YZ",
                "jurisdiction": "CN", "state_established": true, "central_unit": false,
                "contact": "科技处",
            }}),
        )
    }

    /// Founded, with the inventor and the manager of its cases on the roster.
    pub fn staffed(&self) {
        self.found();
        for number in [1, 3] {
            self.must(
                4,
                json!({
                    "command": "people.register", "person": id(number), "kind": "staff",
                    "seals": {"name": "seal"},
                }),
            );
        }
    }

    pub fn submit(&self, number: u128) -> Value {
        json!({"command": "disclosure.submit", "case": id(number), "details": {
            "title": format!("成果{number}"), "kind": "invention", "secrecy": "no",
            "nearest": [{"kind": "own", "text": "旧作"}], "novelty": "新",
            "contributors": [{"person": id(1), "share": "1"}], "funding": ["university"],
            "disclosed": "no",
        }})
    }

    pub fn note(&self, number: u128, text: &str) -> Value {
        json!({"command": "closing.note", "case": id(number), "text": text})
    }

    /// Drives the whole road that the pure test has written down.
    pub fn drive(&self) {
        self.play("road.jsonl");
    }

    /// Puts the evidence of the road away, as an upload does.
    pub fn receive_paper(&self) -> FileMeta {
        self.receive("签字件.pdf", PAPER)
    }

    /// Puts any evidence away, as an upload does.
    pub fn receive(&self, name: &str, bytes: &[u8]) -> FileMeta {
        let paper = self.store.put_file(name, bytes).unwrap();
        let size = i64::try_from(paper.size).unwrap();
        let params = [
            self.institution.to_string(),
            paper.hash.clone(),
            paper.name.clone(),
        ];
        let mut params = params.map(Cell::from).to_vec();
        params.extend([paper.media.into(), size.into(), id(1).into()]);
        let sql = "INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, 5, $6) ON CONFLICT DO NOTHING";
        self.store.write(move |db| db.exec(sql, &params)).unwrap();
        paper
    }

    /// Plays a story that a pure test has written down, refusals with it.
    pub fn play(&self, story: &str) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../chain/tests");
        self.play_lines(&std::fs::read_to_string(format!("{folder}/{story}")).unwrap());
    }

    /// Plays some lines of one.
    pub fn play_lines(&self, story: &str) {
        let paper = self.receive_paper();
        let story = story.replace(&"0".repeat(64), &paper.hash);
        for line in story.lines() {
            let step: Value = serde_json::from_str(line).unwrap();
            self.clock.set(morning(step["on"].as_str().unwrap()));
            if step["command"]["command"] == "institution.load_law" {
                for file in step["command"]["files"].as_array().unwrap() {
                    let (name, text) = (&file["name"], file["text"].as_str().unwrap());
                    self.receive(name.as_str().unwrap(), text.as_bytes());
                }
            }
            let by = Actor::Person(step["by"].as_str().unwrap().parse().unwrap());
            let envelope = Envelope {
                on_behalf: step["for"].as_str().map(|it| it.parse().unwrap()),
                ..Envelope::new(self.institution, by, command(step["command"].clone()))
            };
            match (self.store.execute(envelope), step["refused"].as_str()) {
                (Ok(_), None) => {}
                (Err(Rejected::Refused(no)), Some(code)) => assert_eq!(no.code(), code),
                (other, _) => panic!("{line}: {other:?}"),
            }
        }
    }

    pub fn case(&self, number: u128) -> (i64, Case) {
        let stream = StreamId::Case(case(number));
        let (version, state) = self.store.state(self.institution, stream).unwrap();
        match state.as_ref() {
            State::Case(it) => (version, it.clone()),
            _ => panic!("not a case"),
        }
    }

    pub fn deal(&self, number: u128) -> (i64, Deal) {
        let stream = StreamId::Deal(deal(number));
        let (version, state) = self.store.state(self.institution, stream).unwrap();
        match state.as_ref() {
            State::Deal(it) => (version, it.clone()),
            _ => panic!("not a deal"),
        }
    }

    /// Stops the store: nobody else may hold it.
    pub fn close(self) {
        let mut store = Arc::try_unwrap(self.store).unwrap_or_else(|_| panic!("still in use"));
        store.close();
    }

    pub fn verified(&self) {
        let report = self.store.verify(&mut |_, _| {}).unwrap();
        assert!(report.ok(), "{:#?}", report.findings);
        assert!(report.entries > 0 && report.rows > 0);
    }

    pub fn count(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM journal WHERE institution = $1";
        let key = [self.institution.to_string().into()];
        self.store
            .read(|db| Ok(db.row(sql, &key)?.unwrap().int(0)))
            .unwrap()
    }

    pub fn dump(&self) -> Vec<String> {
        self.store.read(dump).unwrap()
    }
}

/// Tables that follow from the journal.
pub fn derived() -> Vec<&'static str> {
    let views = dukou_chain::whole::tables().iter().map(|it| it.name);
    ["posting", "balance", "claim", "counter", "command_key"]
        .into_iter()
        .chain(views)
        .collect()
}

/// Everything that follows from the journal, and the journal, as text.
pub fn dump(db: &mut dyn Db) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    for table in ["journal", "head"].into_iter().chain(derived()) {
        let rows = db.rows(&format!("SELECT * FROM {table}"), &[])?;
        let mut rows: Vec<String> = rows
            .iter()
            .map(|row| format!("{table} {:?}", row.0))
            .collect();
        rows.sort();
        lines.extend(rows);
    }
    Ok(lines)
}
