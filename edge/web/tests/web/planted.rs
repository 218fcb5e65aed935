//! A whole case whose every text is hostile: whatever field of whatever command it
//! came in by, it is a text on every page, in every answer and in every sheet. The
//! fields are taken from the description of the API, so that a new one is tried
//! without anybody thinking of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use axum::body::Body;
use axum::http::{Request, header};
use calamine::{Data, Reader as _, Xlsx};
use dukou_chain::people::Role;
use dukou_chain::whole::Command;
use dukou_store::{Envelope, Rejected, SealedText};
use dukou_web::routes::{ROUTES, Route};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::fixture::{Fixture, Someone, token_of};
use crate::foreign::{Player, Step, is_id, places, schemas, steps, with};
use crate::neighbours;

/// Texts that no story may hold, each with the reason why.
const NO_TEXT: &[(&str, &str, &str)] = &[
    // A word of the permission table.
    (
        "institution.set_permission",
        "action",
        "permission.unknown_action",
    ),
    // A code of the place whose rules hold, and the letters that numbers begin with.
    (
        "institution.set_profile",
        "profile.jurisdiction",
        "institution.jurisdiction",
    ),
    (
        "institution.set_profile",
        "profile.prefix",
        "institution.prefix",
    ),
    // A credit code with its check digit.
    ("matching.open", "party.uscc", "uscc.check_digit"),
    ("agreement.rename_party", "party.uscc", "uscc.check_digit"),
    // Never in a command: it is planted beside it, sealed.
    ("people.register", "staff_no", "cannot be read"),
];

/// Texts that no page and no answer shows. The public events and answers hold no free
/// text, since it may name people; a page shows what holds now.
const HIDDEN: [&str; 24] = [
    // Replaced by what was said later.
    "disclosure.resubmit details.contributors.0.role",
    "disclosure.revise_shares contributors.0.role",
    "disclosure.submit details.contributors.0.role",
    "disclosure.submit details.funding_note",
    "disclosure.submit details.nearest.0.text",
    "disclosure.submit details.novelty",
    "people.register posts.0.title",
    // Kept for whoever checks the record: a number on a paper that is linked, and
    // where in somebody else's file a fact stood.
    "agreement.register export.intent_no",
    "agreement.register export.permit_no",
    "agreement.sign export.intent_no",
    "agreement.sign export.permit_no",
    "history.case past.origin.file",
    "history.case past.origin.sheet",
    "history.deal past.origin.file",
    "history.deal past.origin.sheet",
    "history.distribution past.key",
    "history.distribution past.origin.file",
    "history.distribution past.origin.sheet",
    "history.receipt past.origin.file",
    "history.receipt past.origin.sheet",
    // The name of a paper that counts by its content.
    "people.name_heir paper.name",
    "institution.adopt_policy paper.name",
    // Of somebody whose data is erased.
    "sealed name",
    "sealed staff_no",
];

/// What stands around a text where the story leaves a list empty.
fn around(place: &str, command: &Value) -> Option<(String, Value)> {
    let (list, line) = match place {
        "terms.schedule.0.label" => {
            let price = &command["terms"]["price"];
            (
                "terms.schedule",
                json!({"label": "一次付清", "amount": price}),
            )
        }
        "posts.0.title" => ("posts", json!({"post": "none", "from": "2026-01-01"})),
        _ => return None,
    };
    Some((list.to_owned(), json!([line])))
}

/// What must not stand in a page, since it came from a planted text.
pub const BROKEN_OUT: &[&str] = &[
    "<script>alert(7",
    "<img src=x",
    "<svg/onload",
    "=\"javascript:",
    "='javascript:",
    "\"'><",
    "<i>(7",
];

/// What is planted, the longest first: what a field is too short for is tried with
/// the next.
pub fn planted(kind: Kind, n: usize) -> Vec<String> {
    match kind {
        Kind::Script => vec![
            format!(
                "<script>alert(7{n})</script>\"'><img src=x onerror=alert(7)></textarea><svg/onload=alert(7)>{{{{7*7}}}}"
            ),
            format!("\"'><svg/onload=a(7{n})>"),
            format!("<i>(7{n})"),
        ],
        Kind::Formula => {
            let heads = [
                "=1+",
                "+1+cmd|'/C calc'!A",
                "-1+",
                "@SUM(1+1)*cmd|'/C calc'!A",
                "\t=1+",
                "https://e.example/?",
                "=HYPERLINK(\"https://e.example\",\"看\")&",
            ];
            let head = heads[n % heads.len()];
            vec![format!("{head}{n}"), format!("={n}")]
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Script,
    Formula,
}

/// Is it the schema of somebody's own words?
fn is_text(schema: &Value) -> bool {
    schema["type"] == "string" && schema["pattern"] == "^[^\\u0000]*$"
}

/// Plays the story with a hostile text in every place that takes one.
pub struct Planting<'a> {
    pub player: Player<'a>,
    pub kind: Kind,
    own: String,
    /// What was planted, with the place it came in by.
    pub planted: BTreeMap<String, String>,
    /// The same by the number in it.
    numbers: BTreeMap<String, String>,
    /// Places that took none, with what was said.
    refused: BTreeMap<String, String>,
}

impl Planting<'_> {
    fn envelope(&self, step: &Step, command: &Value) -> Option<Envelope> {
        let command = Command::from_json(command.clone()).ok()?;
        Some(Envelope {
            on_behalf: step.on_behalf,
            ..Envelope::new(self.player.institution, step.by.clone(), command)
        })
    }

    /// Takes the first text that the command is taken with.
    fn plant(
        &mut self,
        step: &Step,
        (command, schema): (&Value, &Value),
        place: &str,
    ) -> Option<Value> {
        let name = command["command"].as_str().unwrap();
        let key = format!("{name} {place}");
        let mut body = command.clone();
        // A paper has a file beside its name.
        if let Some(paper) = place.strip_suffix(".name") {
            let file = format!("{paper}.file");
            if places(schema, is_id).contains(&file) {
                body = with(&body, &file, &self.own);
            }
        }
        if let Some((list, line)) = around(place, command) {
            let pointer = format!("/{}", list.replace('.', "/"));
            let empty = |it: &Value| it.as_array().is_none_or(Vec::is_empty);
            if body.pointer(&pointer).is_none_or(empty) {
                body = with(&body, &list, "");
                *body.pointer_mut(&pointer).unwrap() = line;
            }
        }
        let mut said = String::new();
        for text in planted(self.kind, self.planted.len() + self.refused.len()) {
            let tried = with(&body, place, &text);
            let Some(envelope) = self.envelope(step, &tried) else {
                said = "cannot be read".to_owned();
                continue;
            };
            match self.player.fixture.store().dry_run(vec![envelope]) {
                Ok(_) => {
                    self.planted.insert(text, key.clone());
                    self.refused.remove(&key);
                    return Some(tried);
                }
                Err((_, Rejected::Refused(no))) => said = no.code().to_owned(),
                Err((_, other)) => panic!("{key}: {other:?}"),
            }
        }
        if !self.planted.values().any(|it| *it == key) {
            self.refused.insert(key, said);
        }
        None
    }

    fn play(&mut self, schemas: &BTreeMap<String, Value>) {
        for (n, step) in steps(&self.own).iter().enumerate() {
            self.player.set_day(&step.on);
            let mut command = step.command.clone();
            let name = command["command"].as_str().unwrap().to_owned();
            let schema = schemas.get(&name).filter(|_| !step.refused);
            let texts = schema.map(|it| (it, places(it, is_text)));
            let texts = texts
                .iter()
                .flat_map(|(it, all)| all.iter().map(move |place| (*it, place)));
            self.player.keep_law(&command);
            // A law file is its words, and is held to them.
            let law = name == "institution.load_law";
            let texts = texts.filter(|(_, place)| !law || !place.starts_with("files"));
            for (schema, place) in texts.filter(|(_, place)| *place != "_reason") {
                if let Some(taken) = self.plant(step, (&command, schema), place) {
                    command = taken;
                }
            }
            let mut envelope = self.envelope(step, &command).unwrap();
            if !step.refused {
                let reason = planted(self.kind, 1_000 + n).remove(0);
                self.planted
                    .insert(reason.clone(), format!("{name} _reason"));
                envelope.reason = Some(reason);
            }
            if name == "people.register" {
                envelope.sealed = self.names(&command);
            }
            let done = self.player.fixture.store().execute(envelope);
            assert_eq!(done.is_err(), step.refused, "{command}: {done:?}");
            if n == 0 {
                self.player.hire();
            }
        }
    }

    /// Name and staff number, which no command holds.
    fn names(&mut self, command: &Value) -> Vec<SealedText> {
        let mut texts = Vec::new();
        for field in ["name", "staff_no"] {
            let text = planted(self.kind, 2_000 + self.planted.len()).remove(0);
            self.planted.insert(text.clone(), format!("sealed {field}"));
            texts.push(SealedText {
                subject: command["person"].as_str().unwrap().parse().unwrap(),
                field: field.to_owned(),
                text,
            });
        }
        texts
    }

    /// Adds what a page or answer holds of what was planted, by its number in
    /// brackets, which nothing else writes.
    fn add(&self, body: &str, shown: &mut BTreeSet<String>) {
        let numbers = body.split("(7").skip(1);
        let numbers = numbers.filter_map(|it| it.split_once(')').map(|it| it.0));
        for number in numbers {
            let text = self.numbers.get(number);
            shown.extend(text.cloned());
        }
    }

    /// Ids of the institution, one set per case and deal.
    fn ids(&self) -> Vec<neighbours::Ids> {
        let one = |sql: &str| {
            let key = [self.player.institution.to_string().into()];
            let rows = self.player.fixture.store().read(|db| db.rows(sql, &key));
            let all: Vec<String> = rows
                .unwrap()
                .iter()
                .map(|it| it.text(0).to_owned())
                .collect();
            all
        };
        let cases = one("SELECT id FROM case_view WHERE institution = $1");
        let deals = one("SELECT DISTINCT deal FROM deal_case WHERE institution = $1");
        let people = one("SELECT id FROM person_view WHERE institution = $1");
        let receipts = one("SELECT id FROM receipt_view WHERE institution = $1");
        let notices = one("SELECT id FROM notice WHERE institution = $1");
        assert!(cases.len() > 2 && deals.len() > 2 && notices.len() > 1 && !receipts.is_empty());
        let nothing = "nothing".to_owned();
        let at = |list: &[String], n: usize| list[n % list.len()].clone();
        let set = |n: usize| {
            BTreeMap::from([
                ("case", at(&cases, n)),
                ("deal", at(&deals, n)),
                ("person", at(&people, n)),
                ("receipt", at(&receipts, n)),
                ("notice", at(&notices, n)),
                ("hash", self.own.clone()),
                ("hook", nothing.clone()),
                ("seq", "1".to_owned()),
                ("draft", nothing.clone()),
                ("import", nothing.clone()),
                ("name", nothing.clone()),
                ("token", nothing.clone()),
            ])
        };
        (0..3).map(set).collect()
    }
}

/// Planted texts that were found: on pages, and in answers and sheets.
#[derive(Default)]
pub struct Shown {
    pub pages: BTreeSet<String>,
    pub answers: BTreeSet<String>,
}

/// What came back, as a browser takes it.
struct Came {
    media: String,
    body: Vec<u8>,
    code: u16,
}

async fn come(fixture: &Fixture, (who, token): (&Someone, &str), lang: &str, path: &str) -> Came {
    let request = Request::builder().uri(path);
    let request = match path.starts_with("/api") {
        true => request
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT_LANGUAGE, lang),
        false => {
            let cookies = format!("dukou_lang={lang}; dukou_session={}", who.token);
            request.header(header::COOKIE, cookies)
        }
    };
    let router = dukou_web::router(std::sync::Arc::clone(&fixture.app));
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.unwrap().into_parts();
    // A deal is shown on the page of its case.
    if let (303, Some(to)) = (parts.status.as_u16(), parts.headers.get(header::LOCATION)) {
        let to = to.to_str().unwrap();
        if path.starts_with("/deals/") && to.starts_with("/cases/") {
            return Box::pin(come(fixture, (who, token), lang, to)).await;
        }
    }
    let media = parts.headers.get(header::CONTENT_TYPE);
    assert_eq!(parts.headers["x-content-type-options"], "nosniff", "{path}");
    Came {
        media: media.map_or("", |it| it.to_str().unwrap()).to_owned(),
        body: axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec(),
        code: parts.status.as_u16(),
    }
}

/// Every text of a workbook; a formula or a link is none.
fn cells(bytes: Vec<u8>, path: &str) -> Vec<String> {
    let mut links = zip::ZipArchive::new(Cursor::new(bytes.clone())).unwrap();
    let names: Vec<String> = links
        .file_names()
        .map(|it| it.unwrap().into_owned())
        .collect();
    for name in names.iter().filter(|it| it.starts_with("xl/worksheets/")) {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut links.by_name(name).unwrap(), &mut text).unwrap();
        assert!(
            !text.contains("<hyperlink") && !text.contains("<f>"),
            "{path}"
        );
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let mut texts = Vec::new();
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.cells().all(|(_, _, it)| it.is_empty()), "{path}");
        let range = book.worksheet_range(&name).unwrap();
        texts.extend(range.cells().filter_map(|(_, _, cell)| match cell {
            Data::String(text) => Some(text.clone()),
            _ => None,
        }));
    }
    texts
}

/// The pages of the journal behind its first.
fn further(route: &Route) -> Vec<String> {
    match route.path {
        "/journal" => (1..12)
            .map(|it| format!("/journal?before={}", it * 40))
            .collect(),
        _ => Vec::new(),
    }
}

/// Every page and answer, for every role: which of the planted texts are on it, and
/// what broke out. Who sees everything reads it in both languages.
pub async fn everywhere(it: &Planting<'_>, all: &[neighbours::Ids]) -> (Shown, Vec<String>) {
    let fixture = it.player.fixture;
    let (mut shown, mut broken) = (Shown::default(), Vec::new());
    for (role, someone) in &it.player.people {
        let sees_all = matches!(role, Role::OfficeHead | Role::SystemAdmin);
        // Both languages are of one template: once each is enough.
        let (all, langs): (_, &[&str]) = match sees_all {
            true => (all, &["zh", "en"]),
            false => (&all[..1], &["zh"]),
        };
        let owner = (it.player.institution, someone.person);
        let token = token_of(fixture.store(), owner, "*");
        let mut seen = BTreeSet::new();
        let sheets = |path: &str| it.kind == Kind::Script || path.ends_with(".xlsx");
        for route in ROUTES.iter().filter(|it| !it.post && sheets(it.path)) {
            let paths = all.iter().flat_map(|ids| neighbours::addresses(route, ids));
            for path in paths.chain(further(route)) {
                if !seen.insert(path.clone()) {
                    continue;
                }
                for lang in langs {
                    let came = come(fixture, (someone, &token), lang, &path).await;
                    let what = judged(it, route, &path, came, &mut shown);
                    broken.extend(what.map(|it| format!("{path}: {it}")));
                }
            }
        }
    }
    broken.sort();
    broken.dedup();
    (shown, broken)
}

/// What is wrong with an answer; what it shows of the planted texts is added.
fn judged(
    it: &Planting<'_>,
    route: &Route,
    path: &str,
    came: Came,
    shown: &mut Shown,
) -> Option<String> {
    if came.code >= 500 {
        return Some(format!("{}", came.code));
    }
    if path.ends_with(".xlsx") && came.code == 200 {
        let cells = cells(came.body, path);
        let there = |text: &&String| cells.iter().any(|it| it.contains(text.trim()));
        shown
            .answers
            .extend(it.planted.keys().filter(there).cloned());
        return None;
    }
    let body = String::from_utf8_lossy(&came.body).into_owned();
    if route.api {
        let media = came.media.split(';').next().unwrap_or_default();
        let json = matches!(media, "application/json" | "application/problem+json");
        if !json && !path.contains("/files/") {
            return Some(format!("is {media}"));
        }
        it.add(&body, &mut shown.answers);
        return None;
    }
    it.add(&body, &mut shown.pages);
    if !came.media.starts_with("text/html") {
        return None;
    }
    let out = BROKEN_OUT.iter().find(|it| body.contains(**it));
    out.map(|it| (*it).to_owned())
}

impl<'a> Planting<'a> {
    pub fn new(player: Player<'a>, kind: Kind) -> Self {
        Self {
            own: player.file(crate::fixture::PDF),
            player,
            kind,
            planted: BTreeMap::new(),
            numbers: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Keeps in mind by which number each text is found again.
    pub fn number(&mut self) {
        for text in self.planted.keys() {
            let number = text.split("(7").nth(1).and_then(|it| it.split_once(')'));
            if let Some((number, _)) = number {
                self.numbers.insert(number.to_owned(), text.clone());
            }
        }
    }
}

async fn story(kind: Kind, fixture: &Fixture) -> Planting<'_> {
    let schemas = schemas(fixture).await;
    let mut it = Planting::new(Player::new(fixture), kind);
    it.play(&schemas);
    it.number();
    it
}

#[tokio::test(flavor = "multi_thread")]
async fn no_script_of_any_command_is_more_than_text() {
    let fixture = Fixture::new();
    let it = story(Kind::Script, &fixture).await;
    let excused = NO_TEXT.iter().map(|(name, place, code)| {
        let key = format!("{name} {place}");
        (key, (*code).to_owned())
    });
    assert_eq!(it.refused, excused.collect());
    let (shown, broken) = everywhere(&it, &it.ids()).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let known: BTreeSet<&String> = shown.pages.union(&shown.answers).collect();
    let hidden = it.planted.iter().filter(|(text, _)| !known.contains(text));
    let hidden: BTreeSet<&str> = hidden.map(|(_, place)| place.as_str()).collect();
    assert_eq!(hidden, BTreeSet::from(HIDDEN));
    assert!(shown.pages.len() > 120, "{} on pages", shown.pages.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_formula_of_any_command_is_carried_out() {
    let fixture = Fixture::new();
    let it = story(Kind::Formula, &fixture).await;
    let (shown, broken) = everywhere(&it, &it.ids()).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        shown.answers.len() > 40,
        "{} in sheets",
        shown.answers.len()
    );
}
