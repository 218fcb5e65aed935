//! Ids of another institution in the bodies of commands. Every place of every
//! command where an id may stand is taken from the description of the API, so that
//! a new command or a new field is tried without anybody thinking of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, UnitId};
use dukou_store::{Envelope, Rejected};
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{self, Fixture, PDF, Someone, token_of};
use crate::forms;
use crate::story::{self, Told};

/// Where a command makes something new under an id of the caller's choice: it is
/// the caller's own, whoever else has the same.
const NEW: &[(&str, &str)] = &[
    ("institution.add_unit", "unit"),
    ("people.register", "person"),
    ("disclosure.submit", "case"),
    ("protection.record_right", "right"),
    ("matching.open", "deal"),
    ("publicity.post", "notice"),
    ("income.receive", "receipt"),
    ("income.refund", "refund"),
    ("distribution.post_reward", "notice"),
    ("history.case", "case"),
    ("history.deal", "deal"),
    ("history.receipt", "past.receipt"),
    // Which run of the import a row came from: a mark, not something that is kept.
    ("history.case", "past.origin.batch"),
    ("history.deal", "past.origin.batch"),
    ("history.receipt", "past.origin.batch"),
    ("history.distribution", "past.origin.batch"),
];

/// Ids that the description calls an object or a pair only.
const UNTOLD: &[(&str, &str)] = &[
    ("deal.agree_terms", "terms.weights.*"),
    ("agreement.amend", "terms.weights.*"),
    ("history.distribution", "past.people.0.0"),
];

/// Why an id that is nobody's here is refused: each says of the id, and of nothing else.
const OF_THE_ID: &[&str] = &[
    "people.unknown",
    "people.owner_unknown",
    "unit.unknown",
    "file.unknown",
    "case.unknown",
    "deal.unknown",
    "deal.unknown_case",
    "terms.weights",
    "protection.unknown_right",
    "protection.payer",
    "share.not_contributor",
    "equity.not_contributor",
    "income.unknown_receipt",
    // There is nothing of this receipt to divide, to decide on, or to pay out.
    "distribution.no_money",
    "distribution.no_proposal",
    "distribution.not_approved",
    "reward.none",
    // Nothing is owed to this person.
    "pay.too_much",
];

/// Words that only the other institution wrote.
const THEIR_WORDS: &[&str] = &["alert(1)", "江州新材料", "云泽大学YZ", "材料学院"];

/// An institution that plays the story of the chain, with somebody per role.
pub struct Player<'a> {
    pub fixture: &'a Fixture,
    pub institution: InstitutionId,
    pub people: BTreeMap<Role, Someone>,
}

/// One step of the story.
#[derive(Clone)]
pub struct Step {
    pub on: String,
    pub by: Actor,
    pub on_behalf: Option<dukou_kernel::PersonId>,
    pub command: Value,
    pub refused: bool,
}

pub fn steps(hash: &str) -> Vec<Step> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../chain/tests/story.jsonl");
    let story = std::fs::read_to_string(path).unwrap();
    let story = story.replace(&"0".repeat(64), hash);
    let step = |line: &str| {
        let step: Value = serde_json::from_str(line).unwrap();
        Step {
            on: step["on"].as_str().unwrap().to_owned(),
            by: Actor::Person(step["by"].as_str().unwrap().parse().unwrap()),
            on_behalf: step["for"].as_str().map(|it| it.parse().unwrap()),
            command: step["command"].clone(),
            refused: step["refused"].is_string(),
        }
    };
    story.lines().map(step).collect()
}

impl<'a> Player<'a> {
    pub fn new(fixture: &'a Fixture) -> Self {
        Self {
            fixture,
            institution: InstitutionId(Uuid::now_v7()),
            people: BTreeMap::new(),
        }
    }

    /// A file of this institution's own.
    pub fn file(&self, bytes: &[u8]) -> String {
        story::kept(self.fixture, self.institution, bytes)
            .file
            .to_string()
    }

    pub fn set_day(&self, on: &str) {
        let moment: jiff::Timestamp = format!("{on}T10:00:00+08:00").parse().unwrap();
        let clock = self.fixture.store().clock();
        clock.set(moment.as_millisecond());
    }

    /// The words of law files lie among the evidence before they are loaded.
    pub fn keep_law(&self, command: &Value) {
        if command["command"] == "institution.load_law" {
            for file in command["files"].as_array().unwrap() {
                let text = file["text"].as_str().unwrap().as_bytes();
                story::kept_as(self.fixture, self.institution, ("law.toml", text));
            }
        }
    }

    fn give(&self, step: &Step) -> Result<(), Rejected> {
        self.keep_law(&step.command);
        let command = Command::from_json(step.command.clone())
            .unwrap_or_else(|no| panic!("{}: {}", no.message.en, step.command));
        let envelope = Envelope {
            on_behalf: step.on_behalf,
            ..Envelope::new(self.institution, step.by.clone(), command)
        };
        self.fixture.store().execute(envelope).map(|_| ())
    }

    /// Somebody per role, once the institution is there.
    pub fn hire(&mut self) {
        let store = self.fixture.store();
        for role in Role::ALL {
            let name = format!("{}乙", role.label().zh);
            let someone = fixture::register(store, self.institution, None, &[*role], &name);
            self.people.insert(*role, someone);
        }
    }

    /// Whoever may do the most under a command's action.
    fn mightiest(&self, name: &str, deal: bool) -> Option<&Someone> {
        let action = Command::action_on(name, deal);
        let role = Role::ALL
            .iter()
            .max_by_key(|role| delivered(**role, action))?;
        (delivered(*role, action) != Scope::None).then(|| &self.people[role])
    }

    fn entries(&self) -> i64 {
        let institution = self.institution.to_string();
        let row = self.fixture.store().read(|db| {
            // What the law refuses stays on the record, with the reason alone.
            let sql = "SELECT COUNT(*) FROM journal WHERE institution = $1 AND kind <> 'closing.refused.v1'";
            db.row(sql, &[institution.clone().into()])
        });
        row.unwrap().unwrap().int(0)
    }
}

/// Is it the schema of an id or of a hash?
pub fn is_id(schema: &Value) -> bool {
    schema["format"] == "uuid" || schema["pattern"] == "^[0-9a-f]{64}$"
}

/// Places of a schema where something wanted stands, dots between.
pub fn places(schema: &Value, wanted: fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    if wanted(schema) {
        found.push(String::new());
    }
    for key in ["anyOf", "allOf", "oneOf"] {
        let parts = schema[key].as_array().into_iter().flatten();
        found.extend(parts.flat_map(|it| places(it, wanted)));
    }
    let items = schema.get("items").map(|it| ("0", it));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let inner = properties.map(|(name, it)| (name.as_str(), it));
    for (name, it) in inner.chain(items) {
        let under = |place: String| match place.is_empty() {
            true => name.to_owned(),
            false => format!("{name}.{place}"),
        };
        found.extend(places(it, wanted).into_iter().map(under));
    }
    found
}

/// The body with this id at a place, made where there was nothing.
pub fn with(body: &Value, place: &str, id: &str) -> Value {
    let mut body = body.clone();
    let mut at = &mut body;
    for key in place.split('.') {
        if key == "*" {
            *at = json!({id: "1"});
            return body;
        }
        at = match key.parse::<usize>() {
            Ok(_) => {
                if at.as_array().is_none_or(Vec::is_empty) {
                    *at = json!([null]);
                }
                &mut at[0]
            }
            Err(_) => {
                if !at.is_object() {
                    *at = json!({});
                }
                if key == "file" && id.len() == 64 {
                    at["name"] = json!("a.pdf");
                }
                if place.contains("paid_by") && key == "person" {
                    at["who"] = json!("inventor");
                }
                &mut at[key]
            }
        };
    }
    *at = json!(id);
    body
}

pub async fn schemas(fixture: &Fixture) -> BTreeMap<String, Value> {
    let document = fixture.get_in(None, "en", "/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    let all = document["components"]["schemas"]["Command"]["oneOf"].clone();
    let all = all.as_array().unwrap().iter().map(|it| {
        let name = it["properties"]["command"]["const"].as_str().unwrap();
        (name.to_owned(), it.clone())
    });
    all.collect()
}

/// One id of everything that the fixture's institution has.
fn theirs(fixture: &Fixture, told: &Told) -> Vec<String> {
    let right = fixture.store().state(
        fixture.institution,
        dukou_journal::StreamId::Case(told.case),
    );
    let right = match right.unwrap().1.as_ref() {
        dukou_chain::whole::State::Case(case) => {
            case.protection.rights.keys().next().unwrap().to_string()
        }
        _ => panic!("no case"),
    };
    let inventor = fixture.of(Role::Inventor).person.to_string();
    let unit: UnitId = fixture.unit;
    vec![
        inventor,
        unit.to_string(),
        told.case.to_string(),
        told.deal.to_string(),
        told.receipt.to_string(),
        told.notice.to_string(),
        right,
    ]
}

/// Where an id is to be tried at a step.
fn places_of(step: &Step, schema: &Value) -> Vec<String> {
    let name = step.command["command"].as_str().unwrap();
    let mut all = places(schema, is_id);
    let untold = UNTOLD.iter().filter(|(it, _)| *it == name);
    all.extend(untold.map(|(_, place)| (*place).to_owned()));
    all.sort();
    all.dedup();
    // What ends or notes goes to a case or to a deal: the other is no place of it.
    let other = match step.command.get("deal") {
        Some(_) => "case",
        None => "deal",
    };
    let either = name.starts_with("closing.");
    all.retain(|it| !(NEW.contains(&(name, it)) || either && it == other));
    all
}

/// Tries everything at one step; what went wrong, and how much was tried.
async fn tried(
    player: &Player<'_>,
    step: &Step,
    schema: &Value,
    (ids, hash, own): (&[String], &str, &str),
) -> (Vec<String>, usize) {
    let name = step.command["command"].as_str().unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    let before = player.entries();
    for place in places_of(step, schema) {
        let ids: Vec<&str> = match place.ends_with("file") {
            true => vec![hash],
            false => ids.iter().map(String::as_str).collect(),
        };
        for id in ids {
            count += 1;
            let mut trial = step.clone();
            let mut sent = with(&step.command, &place, id);
            if place == "on_behalf" {
                trial.on_behalf = Some(id.parse().unwrap());
                // Whoever acts for somebody else has it on paper.
                if schema["properties"].get("paper").is_some() {
                    trial.command = with(&trial.command, "paper.file", own);
                    sent = with(&trial.command, &place, id);
                }
            } else {
                trial.command = sent.clone();
            }
            match player.give(&trial) {
                Err(Rejected::Refused(no)) if OF_THE_ID.contains(&no.code()) => {}
                other => wrong.push(format!("{name} {place}: {other:?}")),
            }
            let Some(who) = player.mightiest(name, step.command.get("deal").is_some()) else {
                continue;
            };
            let (code, answer) = send(player, who, &sent).await;
            let leak = THEIR_WORDS.iter().find(|it| answer.contains(**it));
            if !matches!(code, 403 | 404 | 422) || leak.is_some() {
                wrong.push(format!("{name} {place} by API: {code} {answer}"));
            }
        }
    }
    if player.entries() != before {
        wrong.push(format!("{name}: something was written"));
    }
    (wrong, count)
}

/// A command of the story as a caller sends it.
async fn send(player: &Player<'_>, who: &Someone, command: &Value) -> (u16, String) {
    let mut command = command.clone();
    let object = command.as_object_mut().unwrap();
    object.shift_remove("staff_no_key");
    if object.shift_remove("seals").is_some() {
        object.insert("name".to_owned(), json!("某人"));
    }
    let owner = (player.institution, who.person);
    let token = token_of(player.fixture.store(), owner, "*");
    let request = Request::builder()
        .uri("/api/v1/commands")
        .method("POST")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(command.to_string()));
    let reply = player.fixture.raw(request.unwrap()).await;
    (reply.code(), reply.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_takes_an_id_of_another_institution() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = theirs(&fixture, &told);
    let hash = story::kept(&fixture, fixture.institution, b"%PDF-1.4 theirs alone");
    let schemas = schemas(&fixture).await;
    let mut player = Player::new(&fixture);
    let own = player.file(PDF);
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut known = BTreeSet::new();
    for (n, step) in steps(&own).iter().enumerate() {
        player.set_day(&step.on);
        let name = step.command["command"].as_str().unwrap().to_owned();
        if let Some(schema) = schemas.get(&name).filter(|_| !step.refused) {
            known.insert(name.clone());
            let theirs = (ids.as_slice(), hash.file.as_str(), own.as_str());
            // What a law file names is the hash of the words beside it, and no other.
            if name != "institution.load_law" {
                let (faults, tries) = tried(&player, step, schema, theirs).await;
                wrong.extend(faults);
                count += tries;
            }
        }
        let done = player.give(step);
        assert_eq!(done.is_err(), step.refused, "{name}: {done:?}");
        if n == 0 {
            player.hire();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(known, all, "the story of the chain lacks a command");
    assert!(count > 400, "{count}");
    nothing_kept(&fixture, player.institution, &ids, hash.file.as_str());
}

/// No id of the other stands in the journal of an institution.
fn nothing_kept(fixture: &Fixture, institution: InstitutionId, ids: &[String], hash: &str) {
    for id in ids.iter().map(String::as_str).chain([hash]) {
        let kept = fixture.store().read(|db| {
            let sql = "SELECT COUNT(*) FROM journal WHERE institution = $1 AND bytes LIKE $2";
            let key = [institution.to_string().into(), format!("%{id}%").into()];
            db.row(sql, &key)
        });
        assert_eq!(kept.unwrap().unwrap().int(0), 0, "{id} is in the journal");
    }
}

/// Fields of a form with one id in place of another institution's: where the page
/// offers one's own people, rights, receipts or papers.
fn swapped(
    fields: &[(String, String)],
    (ids, hash): (&[String], &str),
) -> Vec<(String, Vec<(String, String)>)> {
    let mut all = Vec::new();
    for (n, (name, value)) in fields.iter().enumerate() {
        let mut others: Vec<String> = Vec::new();
        if value.parse::<Uuid>().is_ok() && !name.starts_with("_key") {
            others = ids.to_vec();
        } else if value.split_once('|').is_some_and(|it| it.0.len() == 64) {
            others = vec![format!("{hash}|a.pdf")];
        }
        for other in others {
            let mut fields = fields.to_vec();
            fields[n].1 = other;
            all.push((name.clone(), fields));
        }
    }
    all
}

/// A form sends what it likes, whatever its page offered.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_takes_an_id_of_another_institution() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = theirs(&fixture, &told);
    let hash = story::kept(&fixture, fixture.institution, b"%PDF-1.4 theirs alone");
    let beside = fixture.beside();
    let (early, late) = (story::disclosed(&beside, "膜"), story::tell(&beside));
    let (open, deal) = story::opened(&beside, "釜");
    let person = beside.of(Role::Inventor).person;
    let mut forms = Vec::new();
    for step in CASE_STEPS {
        forms.extend(
            [early, late.case, open].map(|id| (*step, false, format!("/cases/{id}/do/{step}"))),
        );
    }
    for step in DEAL_STEPS {
        forms.extend([late.deal, deal].map(|id| (*step, true, format!("/deals/{id}/do/{step}"))));
    }
    for step in PERSON_STEPS {
        forms.push((*step, false, format!("/people/{person}/do/{step}")));
    }
    let own = format!("{}|a.pdf", story::paper(&beside).file);
    let today = beside.store().today().to_string();
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for (step, on_deal, path) in forms {
        let action = Command::action_on(step, on_deal);
        let role = Role::ALL
            .iter()
            .max_by_key(|role| delivered(**role, action));
        let who = beside.of(*role.unwrap());
        let page = beside.get(Some(who), &path).await;
        let mut fields = forms::typed(&page.body, &own, &today, ("词", true));
        // An heir is named by an id that is typed.
        for (_, id) in fields.iter_mut().filter(|it| it.0 == "heir") {
            *id = beside.of(Role::Manager).person.to_string();
        }
        for (name, fields) in swapped(&fields, (&ids, hash.file.as_str())) {
            let pairs: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, it)| (name.as_str(), it.as_str()))
                .collect();
            let reply = beside.post(Some(who), &path, &pairs).await;
            tried.insert(format!("{step} {name}"));
            let leak = THEIR_WORDS
                .iter()
                .find(|it| it.contains("YZ") && reply.body.contains(**it));
            if !matches!(reply.code(), 403 | 404 | 422) || leak.is_some() {
                wrong.push(format!("{path} {name}: {} {leak:?}", reply.code()));
            }
        }
    }
    wrong.extend(units_of_people(&beside, &fixture.unit.to_string()).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried.len() > 40, "{tried:?}");
    nothing_kept(&fixture, beside.institution, &ids, hash.file.as_str());
}

/// People are entered by forms of their own.
async fn units_of_people(beside: &Fixture, unit: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let admin = beside.of(Role::SystemAdmin);
    let edit = format!("/people/{}/edit", beside.of(Role::Inventor).person);
    for path in ["/people/new", &edit] {
        let new = Uuid::now_v7().to_string();
        let fields = [
            ("id", new.as_str()),
            ("name", "张三"),
            ("staff_no", "T9"),
            ("kind", "staff"),
        ];
        let own = beside.unit.to_string();
        for (unit, code) in [(unit, 422), (own.as_str(), 303)] {
            let mut fields = fields.to_vec();
            fields.push(("unit", unit));
            let reply = beside.post(Some(admin), path, &fields).await;
            if reply.code() != code {
                wrong.push(format!("{path} with {unit}: {}", reply.code()));
            }
        }
    }
    wrong
}
