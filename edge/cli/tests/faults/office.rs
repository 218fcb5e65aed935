//! A small office behind a server of its own, callers that keep it busy, and the
//! question whether everything that was promised is there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dukou_chain::people::{PersonKind, Role};
use dukou_chain::whole;
use dukou_journal::{Actor, Entry};
use dukou_kernel::{InstitutionId, PersonId};
use dukou_rules::SchoolPolicy;
use dukou_store::{Clock, Config, Envelope, Store};
use dukou_web::accounts::{self, NewPerson};
use dukou_web::api::tokens;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::money::{Moved, Road, in_one_piece};

/// Callers at the same time.
pub const CALLERS: usize = 6;
/// Every receipt's amount in fen.
pub const AMOUNT: i64 = 12_345;
const CASES: u128 = 8;
const DEAL: u128 = 200;
/// Contracts for every caller that goes the way of money.
const ROADS: [[u128; 4]; 2] = [[210, 211, 212, 213], [220, 221, 222, 223]];

pub fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// A data folder with the office in it.
pub struct Place {
    pub folder: PathBuf,
    pub url: Option<String>,
    pub institution: InstitutionId,
    person: PersonId,
    token: String,
    /// Of somebody else, who approves.
    approving: String,
    /// Another, which nothing has been asked with yet.
    unused: String,
    roads: Vec<Mutex<Road>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder that is not there yet.
pub fn fresh(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("dukou-fault-{name}-{}", Uuid::now_v7().simple()))
}

impl Place {
    pub fn found() -> Self {
        Self::found_in(fresh("office"), None)
    }

    /// A place without data.
    pub fn found_nothing() -> Self {
        Self {
            folder: fresh("nothing"),
            url: None,
            institution: InstitutionId(Uuid::nil()),
            person: PersonId(Uuid::nil()),
            token: String::new(),
            approving: String::new(),
            unused: String::new(),
            roads: Vec::new(),
        }
    }

    /// Eight cases, contracts from before under which money comes in, a token of
    /// somebody who is manager and finance officer, and one of another who approves.
    pub fn found_in(folder: PathBuf, url: Option<String>) -> Self {
        let mut place = Self {
            folder,
            url,
            institution: InstitutionId(Uuid::now_v7()),
            person: PersonId(Uuid::now_v7()),
            token: String::new(),
            approving: String::new(),
            unused: String::new(),
            roads: Vec::new(),
        };
        let store = place.open();
        let setup = Actor::System("test".to_owned());
        let give = |actor: &Actor, command: Value| {
            let command = whole::Command::from_json(command).unwrap();
            let envelope = Envelope::new(place.institution, actor.clone(), command);
            store.execute(envelope).unwrap();
        };
        give(
            &setup,
            json!({"command": "institution.found", "profile": {
                "name_zh": "云泽大学", "name_en": "", "prefix": "YZ", "jurisdiction": "CN",
                "state_established": true, "central_unit": false, "contact": "科技处",
            }}),
        );
        give(
            &setup,
            json!({"command": "institution.adopt_policy", "from": "2019-01-01", "policy": SchoolPolicy::example()}),
        );
        let who = (place.person, "沈知夏");
        let tokens = place.enrol(&store, who, vec![Role::Manager, Role::Finance]);
        let who = (PersonId(Uuid::now_v7()), "顾行远");
        let [approving, _] = place.enrol(&store, who, vec![Role::Approver]);
        let actor = Actor::Person(place.person);
        let person = place.person.to_string();
        for case in 1..=CASES {
            give(
                &actor,
                json!({"command": "disclosure.submit", "case": id(case), "details": {
                    "title": "膜", "kind": "invention", "secrecy": "no",
                    "nearest": [{"kind": "own", "text": "旧作"}], "novelty": "新",
                    "contributors": [{"person": person, "share": "1"}],
                    "funding": ["university"], "disclosed": "no",
                }}),
            );
        }
        let origin = json!({"batch": id(800), "file": "台账.xlsx", "sheet": "合同", "row": 3});
        for (case, number) in [(100, "CN109876543A"), (101, "CN109876544A")] {
            give(
                &actor,
                json!({"command": "history.case", "case": id(case), "past": {
                    "title": "旧成果", "kind": "invention", "right_number": number,
                    "contributors": [{"person": person, "share": "1"}], "filed": "2019-01-02",
                    "origin": origin,
                }}),
            );
        }
        give(
            &actor,
            json!({"command": "disclosure.confirm_share", "case": id(100)}),
        );
        for deal in ROADS.iter().flatten().chain(&[DEAL]) {
            give(
                &actor,
                json!({"command": "history.deal", "deal": id(*deal), "past": {
                    "contract_no": format!("HT-2019-{deal}"), "cases": [id(100)],
                    "mode": "transfer", "amount": 100, "signed": "2019-05-06", "origin": origin,
                    "party": {"name": "老客户", "kind": "private", "size": "unknown"},
                }}),
            );
        }
        drop(store);
        let road = |deals: &[u128; 4]| Mutex::new(Road::new(deals.to_vec(), person.clone()));
        place.roads = ROADS.iter().map(road).collect();
        [place.token, place.unused] = tokens;
        place.approving = approving;
        place
    }

    /// Somebody with an account and two tokens: one opens nothing to who has none.
    fn enrol(&self, store: &Store, (id, name): (PersonId, &str), roles: Vec<Role>) -> [String; 2] {
        let person = NewPerson {
            id,
            name: name.to_owned(),
            staff_no: id.to_string(),
            kind: PersonKind::Staff,
            unit: None,
            posts: Vec::new(),
            roles,
        };
        let setup = Actor::System("test".to_owned());
        store
            .execute_all(accounts::registration(self.institution, &setup, &person))
            .unwrap();
        let login = format!("fault-{id}");
        let account = (login.as_str(), "correct horse battery");
        accounts::open(store, self.institution, id, account, false).unwrap();
        let wanted = tokens::wanted("fault", "*", 30).unwrap();
        let who = (self.institution, id);
        [(); 2].map(|()| tokens::make_random(store, who, &wanted).unwrap().1)
    }

    pub fn config(&self) -> Config {
        Config {
            database_url: self.url.clone(),
            ..Config::folder(&self.folder)
        }
    }

    pub fn open(&self) -> Store {
        Store::open(self.config()).unwrap()
    }

    pub fn open_at(&self, clock: &Clock) -> Store {
        let clock = clock.clone();
        Store::open(Config {
            clock,
            ..self.config()
        })
        .unwrap()
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("dukou.sqlite")
    }

    pub fn note(&self, case: u128, text: &str) -> Envelope {
        let command = json!({"command": "closing.note", "case": id(case), "text": text});
        let command = whole::Command::from_json(command).unwrap();
        Envelope::new(self.institution, Actor::Person(self.person), command)
    }

    /// Runs the program on the folder.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(&[], words).output().unwrap()
    }

    /// The program on this folder, behind the words of another that runs it.
    pub fn command(&self, behind: &[&str], words: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_dukou");
        let mut command = match behind {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        command.args(words).arg("--data").arg(&self.folder);
        if let Some(url) = &self.url {
            command.env("DUKOU_DATABASE_URL", url);
        }
        command.env("DUKOU_LOG", "warn");
        command
    }
}

/// A test that this machine cannot run passes, unless it was said that it can.
pub fn skipped(why: &str) {
    let required = std::env::var("DUKOU_REQUIRE_FAULTS").is_ok_and(|it| it == "1");
    assert!(!required, "{why}");
    eprintln!("skipped: {why}");
}

/// What a program said, on both outputs.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// It stopped with an error, in both languages.
#[track_caller]
pub fn refused(output: &Output, zh: &str, en: &str) {
    let said = said(output);
    assert!(!output.status.success(), "{said}");
    assert!(output.status.code().is_some(), "killed: {said}");
    assert!(said.contains(zh), "{zh}: {said}");
    assert!(said.contains(en), "{en}: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// A running server. It is killed when it is let go.
pub struct Server {
    child: Child,
    address: String,
    token: String,
    unused: String,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}

/// A caller that waits a moment and no longer.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(20)))
        .build()
        .into()
}

type Answer = Result<(u16, Value), String>;

impl Server {
    pub fn start(place: &Place) -> Self {
        Self::behind(place, &[])
    }

    /// Starts it through another program.
    pub fn behind(place: &Place, words: &[&str]) -> Self {
        let log = fresh("log");
        let mut child = place
            .command(words, &["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let server = Self {
            child,
            address: line.trim().trim_end_matches('/').to_owned(),
            token: place.token.clone(),
            unused: place.unused.clone(),
            log,
        };
        assert!(!server.address.is_empty(), "{}", server.log());
        server
    }

    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop; it does, without an error.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.id()]).status();
        assert!(told.unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    fn post(&self, agent: &ureq::Agent, path: &str, key: &str, body: &[u8]) -> Answer {
        self.post_as(agent, &self.token, (path, key), body)
    }

    fn post_as(
        &self,
        agent: &ureq::Agent,
        token: &str,
        (path, key): (&str, &str),
        body: &[u8],
    ) -> Answer {
        let sent = agent
            .post(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .send(body);
        let mut reply = sent.map_err(|error| error.to_string())?;
        let status = reply.status().as_u16();
        let text = reply.body_mut().read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        serde_json::from_str(&text)
            .map(|value| (status, value))
            .map_err(|error| format!("{error}: {text}"))
    }

    pub fn command(&self, key: &str, command: &Value) -> Answer {
        let body = command.to_string();
        self.post(&agent(), "/api/v1/commands", key, body.as_bytes())
    }

    /// A note on a case under a key, which is its text too.
    pub fn note(&self, key: &str) -> Answer {
        self.command(
            key,
            &json!({"command": "closing.note", "case": id(1), "text": key}),
        )
    }

    pub fn upload(&self, name: &str, bytes: &[u8]) -> Answer {
        let path = format!("/api/v1/files?name={name}");
        self.post(&agent(), &path, "", bytes)
    }

    /// Reads a page of the API with a token whose use has not been noted yet.
    pub fn read(&self, path: &str) -> u16 {
        self.get(path).0
    }

    /// The same, with what it said.
    pub fn get(&self, path: &str) -> (u16, String) {
        let sent = agent()
            .get(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.unused))
            .call();
        let mut reply = sent.unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        (reply.status().as_u16(), text)
    }

    /// Keeps it busy from several callers until told to stop: two go the way of money,
    /// the others send notes, receipts of money, evidence with a note that names it.
    /// What it said to them.
    pub fn load(&self, place: &Place, round: u64, stop: &AtomicBool) -> Promised {
        let (promised, next) = (Mutex::new(Promised::default()), AtomicU64::new(0));
        let tell = |key: String, answer: Answer| match answer {
            Ok((201, done)) => {
                let seq = done["first_seq"].as_i64().unwrap();
                promised.lock().unwrap().entries.insert(key, seq);
                true
            }
            Ok(other) => {
                promised.lock().unwrap().failures.push(other);
                false
            }
            // It has gone, or the connection broke.
            Err(_) => {
                std::thread::yield_now();
                false
            }
        };
        std::thread::scope(|scope| {
            for road in &place.roads {
                scope.spawn(|| {
                    let (agent, mut road) = (agent(), road.lock().unwrap());
                    while !stop.load(Ordering::Relaxed) {
                        let (key, approving, command) = road.next();
                        let token = [&place.token, &place.approving][usize::from(approving)];
                        let at = ("/api/v1/commands", key.as_str());
                        let body = command.to_string();
                        let answer = self.post_as(&agent, token, at, body.as_bytes());
                        if tell(key, answer) {
                            road.answered();
                        }
                    }
                });
            }
            for _ in place.roads.len()..CALLERS {
                scope.spawn(|| {
                    let agent = agent();
                    while !stop.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let key = format!("{round}-{n}");
                        let answer = self.one(&agent, n, &key, &promised);
                        tell(key, answer);
                    }
                });
            }
        });
        promised.into_inner().unwrap()
    }

    fn one(&self, agent: &ureq::Agent, n: u64, key: &str, promised: &Mutex<Promised>) -> Answer {
        let case = id(u128::from(n) % CASES + 1);
        let command = match n % 5 {
            // One entry, with rows of a deal and of both its cases.
            4 => json!({
                "command": "matching.open", "deal": Uuid::now_v7(), "cases": [id(100), id(101)],
                "mode": "licence", "asking": AMOUNT, "note": key,
                "party": {"name": "新客户", "kind": "private", "size": "small"},
            }),
            0 => json!({
                "command": "income.receive", "deal": id(DEAL), "receipt": Uuid::now_v7(),
                "received": "2026-01-05", "amount": AMOUNT, "payer": "老客户", "bank_ref": key,
            }),
            1 => {
                let path = format!("/api/v1/files?name={key}.txt");
                let (status, file) = self.post(agent, &path, "", key.as_bytes())?;
                if status != 201 {
                    return Ok((status, file));
                }
                let hash = file["file"].as_str().unwrap().to_owned();
                let known = (hash.clone(), key.to_owned());
                promised.lock().unwrap().files.insert(known.0, known.1);
                json!({
                    "command": "closing.note", "case": case, "text": key,
                    "files": [{"file": hash, "name": format!("{key}.txt")}],
                })
            }
            _ => json!({"command": "closing.note", "case": case, "text": key}),
        };
        self.post(
            agent,
            "/api/v1/commands",
            key,
            command.to_string().as_bytes(),
        )
    }
}

/// What a server acknowledged.
#[derive(Default)]
pub struct Promised {
    /// Keys of commands, with the number given to each.
    pub entries: BTreeMap<String, i64>,
    /// Hashes of evidence, with its content.
    pub files: BTreeMap<String, String>,
    /// Answers that were no yes.
    pub failures: Vec<(u16, Value)>,
}

impl Promised {
    pub fn add(&mut self, more: Self) {
        self.entries.extend(more.entries);
        self.files.extend(more.files);
        self.failures.extend(more.failures);
    }

    /// Everything promised is there, once and whole; nothing is there by half; what
    /// is there verifies. No server runs. `kills` is how often one was killed.
    pub fn kept(&self, place: &Place, kills: usize) {
        let store = place.open();
        let report = store.verify(&mut |_, _| {}).unwrap();
        assert!(report.ok(), "{:?}", report.findings);
        let (mut there, mut bodies) = (BTreeMap::new(), BTreeSet::new());
        let (mut moved, mut named) = (Moved::default(), BTreeSet::new());
        store
            .read(|db| {
                let sql = "SELECT bytes FROM journal ORDER BY seq";
                db.each(sql, &[], &mut |row| {
                    let entry = Entry::from_bytes(row.text(0)).unwrap();
                    // A key that nobody gave is of no call that was promised.
                    let given = entry.meta.request.is_some();
                    let Some(key) = entry.meta.key.as_ref().filter(|_| given) else {
                        return Ok(());
                    };
                    let key = key.rsplit(':').next().unwrap().to_owned();
                    assert!(
                        bodies.insert(entry.body.clone().into_owned()),
                        "twice: {}",
                        entry.body
                    );
                    let (seq, kind) = (entry.meta.seq, entry.meta.kind.to_string());
                    let body: Value = serde_json::from_str(&entry.body).unwrap();
                    moved.add(seq, &kind, &body);
                    let (first, kinds) = there.entry(key).or_insert((seq, Vec::new()));
                    kinds.push(kind);
                    let last = *first + i64::try_from(kinds.len()).unwrap() - 1;
                    assert_eq!(seq, last, "{kinds:?} are not in one piece");
                    for file in body["files"].as_array().into_iter().flatten() {
                        named.insert(file["file"].as_str().unwrap().to_owned());
                    }
                    Ok(())
                })
            })
            .unwrap();
        for (key, seq) in &self.entries {
            let first = there.get(key).map(|(first, _)| first);
            assert_eq!(first, Some(seq), "{key} was promised");
        }
        for (key, (_, kinds)) in &there {
            assert!(in_one_piece(kinds), "{key} is there by half: {kinds:?}");
        }
        moved.booked(&store);
        self.evidence(place, &store, &named, kills);
    }

    /// Files on disk are those that are recorded and named, each whole; a killed
    /// server leaves at most one per caller that nobody was told of.
    fn evidence(&self, place: &Place, store: &Store, named: &BTreeSet<String>, kills: usize) {
        let rows = store
            .read(|db| db.rows("SELECT hash FROM file", &[]))
            .unwrap();
        let recorded: BTreeSet<String> = rows.iter().map(|row| row.text(0).to_owned()).collect();
        assert!(named.is_subset(&recorded), "the journal names more");
        for (hash, content) in &self.files {
            assert!(recorded.contains(hash), "{content} was promised");
            let bytes = store.file(hash).unwrap().unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), *content);
        }
        let on_disk = on_disk(&place.folder.join("files"));
        assert!(recorded.is_subset(&on_disk), "a file is missing");
        let nobodys = on_disk.difference(&recorded).count();
        assert!(nobodys <= kills * CALLERS, "{nobodys} files of nobody");
    }
}

/// SHA-256 in hex.
pub fn hash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names of the evidence on disk. Each is what its content hashes to, and nothing
/// else lies there.
fn on_disk(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let inner = entry.unwrap().path();
        let head = inner.file_name().unwrap().to_string_lossy().into_owned();
        assert!(inner.is_dir(), "left over: {head}");
        for entry in std::fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            let tail = path.file_name().unwrap().to_string_lossy().into_owned();
            let hash = hash(&std::fs::read(&path).unwrap());
            assert_eq!(hash, format!("{head}{tail}"));
            found.insert(hash);
        }
    }
    found
}
