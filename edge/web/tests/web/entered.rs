//! What is entered in other ways than by a command, by forms of their own, files and
//! the API: every route that takes something stands here, with what is planted by it
//! or why it keeps no words.

use std::collections::{BTreeMap, BTreeSet};

use dukou_chain::people::Role;
use dukou_web::routes::ROUTES;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{call, token};
use crate::fixture::{Fixture, Reply, Someone};
use crate::foreign::Player;
use crate::headers::upload;
use crate::neighbours;
use crate::planted::{BROKEN_OUT, Kind, Planting, everywhere, planted};
use crate::{security, story, tokens};

/// How each route that takes something is tried.
const ROUTES_TRIED: &[(&str, &str)] = &[
    // With a text planted in each of its fields, below.
    ("/views", PLANTED),
    ("/people/new", PLANTED),
    ("/people/{id}/edit", PLANTED),
    ("/people/{id}/tokens", PLANTED),
    ("/people/roster", PLANTED),
    ("/settings/profile", PLANTED),
    ("/settings/unit", PLANTED),
    ("/settings/permissions", PLANTED),
    ("/settings/calendar", PLANTED),
    ("/settings/policy", PLANTED),
    ("/settings/law", PLANTED),
    ("/settings/hooks", PLANTED),
    ("/me/tokens", PLANTED),
    ("/import", PLANTED),
    ("/tools/{name}", PLANTED),
    ("/api/v1/people/{id}/tokens", PLANTED),
    ("/api/v1/people/roster", PLANTED),
    ("/api/v1/files", PLANTED),
    ("/api/v1/calc/{name}", PLANTED),
    ("/api/v1/hooks", PLANTED),
    ("/api/v1/policy", PLANTED),
    ("/api/v1/law", PLANTED),
    ("/api/v1/calendar", PLANTED),
    ("/api/v1/imports", PLANTED),
    ("/api/v1/views", PLANTED),
    ("/sign-in", PLANTED),
    ("/invite/{token}", PLANTED),
    // In files of their own.
    (
        "/cases/{id}/do/{command}",
        "stored.rs, and its command in planted.rs",
    ),
    (
        "/deals/{id}/do/{command}",
        "stored.rs, and its command in planted.rs",
    ),
    (
        "/people/{id}/do/{command}",
        "stored.rs, and its command in planted.rs",
    ),
    ("/disclose/{draft}", "stored.rs"),
    ("/disclose/{draft}/autosave", "stored.rs"),
    ("/api/v1/commands", "planted.rs"),
    // What keeps no words.
    ("/preferences", "one of two languages and themes"),
    ("/sign-in/demo", "somebody of a list"),
    ("/sign-in/code", "six digits"),
    (
        "/sign-in/enrol",
        "six digits, and a secret of the program's own letters",
    ),
    ("/sign-out", NOTHING),
    ("/disclose", "yes or no"),
    ("/import/{draft}", "words of a list, and a tick"),
    ("/me/password", "a password, of which a hash is kept"),
    ("/me/sessions", NOTHING),
    ("/me/tokens/revoke", AN_ID),
    ("/people/{id}/tokens/revoke", AN_ID),
    ("/people/{id}/account", "a word of a list"),
    ("/settings/hooks/{id}", "a word of a list"),
    ("/settings/hooks/{id}/{seq}", "a word of a list"),
    ("/api/v1/people/{id}/account", "a word of a list"),
    ("/api/v1/people/{id}/tokens/{token}", "a word of a list"),
    ("/api/v1/hooks/{id}", "a word of a list"),
    ("/api/v1/letters/{id}/{seq}", "a word of a list"),
    ("/api/v1/imports/{draft}", "words of a list, and a tick"),
    ("/api/v1/sessions", NOTHING),
];

const PLANTED: &str = "planted";
const NOTHING: &str = "nothing is sent along";
const AN_ID: &str = "an id that is only looked for";

#[test]
fn every_route_that_takes_something_is_tried() {
    let posts = ROUTES.iter().filter(|it| it.post).map(|it| it.path);
    let tried = ROUTES_TRIED.iter().map(|(path, _)| *path);
    assert_eq!(
        posts.collect::<BTreeSet<_>>(),
        tried.collect::<BTreeSet<_>>()
    );
}

/// What nobody is shown later: the name of a file stands in a header alone, and a row
/// of a roster that is not taken is told of once, in the answer.
const HIDDEN: [&str; 3] = [
    "/api/v1/files name",
    "/api/v1/people/roster kind",
    "/people/roster kind",
];

/// Enters texts, and looks at everything that comes back.
struct Entering<'a> {
    fixture: &'a Fixture,
    planting: Planting<'a>,
    /// Routes that something was planted by.
    by: BTreeSet<&'static str>,
    found: Vec<String>,
}

impl<'a> Entering<'a> {
    fn new(fixture: &'a Fixture, kind: Kind) -> Self {
        let mut player = Player::new(fixture);
        player.institution = fixture.institution;
        player.people = fixture.people.clone();
        Self {
            fixture,
            planting: Planting::new(player, kind),
            by: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// A value with a new text in it: for `*` the whole of it, for `^` as much as an
    /// address may hold.
    fn value(&mut self, place: &str, value: &str) -> String {
        if value.contains('^') {
            let number = 500 + self.planting.planted.len();
            let text = format!("'onload=a(7{number})");
            self.planting.planted.insert(text.clone(), place.to_owned());
            return value.replace('^', &text);
        }
        match value.contains('*') {
            true => value.replace('*', &self.text(place)),
            false => value.to_owned(),
        }
    }

    /// A new text for a place.
    fn text(&mut self, place: &str) -> String {
        let all = planted(self.planting.kind, 500 + self.planting.planted.len());
        // Names may be short, so the second.
        let text = match self.planting.kind {
            Kind::Script => all[1].clone(),
            Kind::Formula => all[0].trim().to_owned(),
        };
        self.planting.planted.insert(text.clone(), place.to_owned());
        text
    }

    fn judge(&mut self, route: &'static str, reply: &Reply, taken: bool) {
        self.by.insert(route);
        let html = reply.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html");
        let out = BROKEN_OUT
            .iter()
            .find(|it| html && reply.body.contains(**it));
        self.found
            .extend(out.map(|it| format!("{route} comes back with {it}")));
        if taken && reply.code() >= 400 {
            let said = reply.body.split("<main").nth(1).unwrap_or(&reply.body);
            let said: String = said.chars().take(1_500).collect();
            self.found.push(format!("{route}: {} {said}", reply.code()));
        }
        if reply.code() >= 500 {
            self.found.push(format!("{route}: {}", reply.code()));
        }
    }

    /// Sends a form with what is planted in it.
    async fn form(&mut self, role: Role, route: &'static str, path: &str, fields: &[(&str, &str)]) {
        let mut typed = Vec::new();
        for (name, value) in fields {
            let text = self.value(&format!("{route} {name}"), value);
            typed.push((*name, text));
        }
        let pairs: Vec<(&str, &str)> = typed
            .iter()
            .map(|(name, it)| (*name, it.as_str()))
            .collect();
        let who = self.fixture.of(role).clone();
        let reply = self.fixture.post(Some(&who), path, &pairs).await;
        self.judge(route, &reply, true);
    }

    /// Sends a call of the API, likewise.
    async fn call(&mut self, token: &str, route: &'static str, path: &str, mut body: Value) {
        for (name, value) in body.as_object_mut().unwrap() {
            if let Some(text) = value.as_str() {
                *value = json!(self.value(&format!("{route} {name}"), text));
            }
        }
        let reply = call(self.fixture, token, path, Some(body), &[]).await;
        self.judge(route, &reply, true);
    }

    /// A cell of a CSV file.
    fn cell(&mut self, place: &str) -> String {
        format!("\"{}\"", self.text(place).replace('"', "\"\""))
    }

    /// A text of a TOML file.
    fn toml(&mut self, place: &str) -> String {
        serde_json::to_string(&self.text(place)).unwrap()
    }

    fn ledger(&mut self, route: &str) -> String {
        let [title, name, other, day] = ["title", "contributor", "title 2", "day"]
            .map(|it| self.cell(&format!("{route} {it}")));
        format!(
            "专利号,成果名称,完成人,类型,申请日\nCN112233445A,{title},{name},发明,2019.3.4\nCN112233446A,{other},李四,发明,{day}\n"
        )
    }

    fn roster(&mut self, route: &str, n: u32) -> String {
        let [name, title, kind] =
            ["name", "title", "kind"].map(|it| self.cell(&format!("{route} {it}")));
        format!("工号,姓名,类别,职称\nT{n},{name},教职工,{title}\nT1{n},王五,{kind},\n")
    }

    fn policy(&mut self, route: &str) -> String {
        let title = self.toml(&format!("{route} title"));
        format!(
            "title = {title}\nequity_team = \"70%\"\nmain_contributors = \"50%\"\n[distribution]\ndeduct = [\"maintenance\"]\ntiers = [{{ pools = {{ team = \"70%\", college = \"10%\", university = \"20%\" }} }}]\n"
        )
    }

    fn law(&mut self, route: &str) -> String {
        let [zh, en] = ["zh", "en"].map(|it| self.toml(&format!("{route} {it}")));
        format!(
            "[[document]]\nid = \"{}\"\nzh = {zh}\nen = {en}\n",
            route.replace('/', ".")
        )
    }

    fn year(&mut self, route: &str, year: i16) -> String {
        let [notice, name] = ["notice", "holiday"].map(|it| self.toml(&format!("{route} {it}")));
        format!(
            "year = {year}\nnotice = {notice}\n[[holiday]]\nname = {name}\nfrom = {year}-01-01\nto = {year}-01-03\n"
        )
    }

    /// Sends a file within a form.
    async fn file(
        &mut self,
        role: Role,
        route: &'static str,
        (field, text): (&str, &str),
        fields: &[(&str, &str)],
    ) -> Reply {
        let who: Someone = self.fixture.of(role).clone();
        let name = "filename=\"a.csv\"";
        let reply = upload(self.fixture, &who, route, (field, name, text), fields).await;
        self.judge(route, &reply, true);
        reply
    }

    /// Sends a file as the body of a call.
    async fn body(&mut self, token: &str, route: &'static str, path: &str, text: &str) -> Value {
        let request = axum::http::Request::builder()
            .uri(path)
            .method("POST")
            .header("authorization", format!("Bearer {token}"))
            .body(axum::body::Body::from(text.to_owned()));
        let reply = self.fixture.raw(request.unwrap()).await;
        self.judge(route, &reply, true);
        serde_json::from_str(&reply.body).unwrap_or_default()
    }
}

async fn by_forms(it: &mut Entering<'_>, ids: &neighbours::Ids, service: &str) {
    let unit = it.fixture.unit.to_string();
    let new = Uuid::now_v7().to_string();
    let person = [
        ("name", "*"),
        ("kind", "staff"),
        ("unit", unit.as_str()),
        ("post", "none"),
        ("title", "*"),
        ("from", "2026-01-01"),
    ];
    let mut register = person.to_vec();
    register.extend([("id", new.as_str()), ("staff_no", "*")]);
    let edit = format!("/people/{}/edit", ids["person"]);
    let made = format!("/people/{service}/tokens");
    let calculator = format!("/tools/{}", dukou_calc::calculators()[0].name);
    let profile: &[(&str, &str)] = &[
        ("name_zh", "*"),
        ("name_en", "*"),
        ("prefix", "YZ"),
        ("jurisdiction", "CN"),
        ("contact", "*"),
        ("state_established", "yes"),
    ];
    for (role, route, path, fields) in [
        (
            Role::Manager,
            "/views",
            "/views",
            &[("list", "cases"), ("name", "*"), ("query", "q=*")] as &[_],
        ),
        (Role::SystemAdmin, "/people/new", "/people/new", &register),
        (Role::SystemAdmin, "/people/{id}/edit", &edit, &person),
        (
            Role::SystemAdmin,
            "/people/{id}/tokens",
            &made,
            &[("name", "*"), ("days", "3"), ("scopes", "case.read")],
        ),
        (
            Role::SystemAdmin,
            "/settings/profile",
            "/settings/profile",
            profile,
        ),
        (
            Role::SystemAdmin,
            "/settings/unit",
            "/settings/unit",
            &[("name_zh", "*"), ("name_en", "*")],
        ),
        (
            Role::SecurityAdmin,
            "/settings/permissions",
            "/settings/permissions",
            &[
                ("role", "manager"),
                ("action", "case.note"),
                ("scope", "own"),
                ("reason", "*"),
            ],
        ),
        (
            Role::Manager,
            "/me/tokens",
            "/me/tokens",
            &[("name", "*"), ("days", "3"), ("scopes", "case.read")],
        ),
        (
            Role::OfficeHead,
            "/settings/hooks",
            "/settings/hooks",
            &[("name", "*"), ("url", "https://127.0.0.1:1/?^")],
        ),
    ] {
        it.form(role, route, path, fields).await;
    }
    // A calculation keeps nothing; what is typed comes back with what is wrong.
    let who = it.fixture.of(Role::Manager).clone();
    let page = it.fixture.get(Some(&who), &calculator).await;
    let names = page
        .body
        .split("name=\"")
        .skip(1)
        .filter_map(|it| it.split('"').next());
    let text = planted(it.planting.kind, 0).remove(0);
    let typed: Vec<(&str, &str)> = names.map(|name| (name, text.as_str())).collect();
    let reply = it.fixture.post(Some(&who), &calculator, &typed).await;
    it.judge("/tools/{name}", &reply, false);
    // So does a sign-in, and an invitation that is none.
    let typed = [
        ("login", text.as_str()),
        ("password", &text),
        ("next", &text),
        ("again", &text),
    ];
    let reply = it.fixture.post(None, "/sign-in", &typed).await;
    it.judge("/sign-in", &reply, false);
    let reply = it.fixture.post(None, "/invite/nothing", &typed).await;
    it.judge("/invite/{token}", &reply, false);
}

async fn by_files(it: &mut Entering<'_>, ids: &mut neighbours::Ids) {
    let ledger = it.ledger("/import");
    let begun = it
        .file(Role::OfficeHead, "/import", ("files", &ledger), &[])
        .await;
    let draft = begun.location().split('?').next().unwrap();
    ids.insert("import", draft.trim_start_matches("/import/").to_owned());
    let good = [("accept_good", "yes")];
    let roster = it.roster("/people/roster", 1);
    it.file(
        Role::SystemAdmin,
        "/people/roster",
        ("file", &roster),
        &good,
    )
    .await;
    let policy = it.policy("/settings/policy");
    it.file(
        Role::OfficeHead,
        "/settings/policy",
        ("file", &policy),
        &[("from", "2027-01-01")],
    )
    .await;
    let law = it.law("/settings/law");
    let files = json!([{"name": "planted.toml", "text": law}]).to_string();
    it.file(
        Role::OfficeHead,
        "/settings/law",
        ("file", ""),
        &[("files", &files), ("confirm", "yes"), ("reason", "试")],
    )
    .await;
    let year = it.year("/settings/calendar", 2027);
    it.file(
        Role::SystemAdmin,
        "/settings/calendar",
        ("file", &year),
        &[],
    )
    .await;
}

/// Enters through the API; the import that was begun.
async fn by_api(it: &mut Entering<'_>, service: &str) -> String {
    let head = token(it.fixture, it.fixture.of(Role::OfficeHead), "*").await;
    let admin = token(it.fixture, it.fixture.of(Role::SystemAdmin), "*").await;
    let made = format!("/api/v1/people/{service}/tokens");
    let route = "/api/v1/people/{id}/tokens";
    it.call(
        &admin,
        route,
        &made,
        json!({"name": "*", "days": 3, "scopes": ["case.read"]}),
    )
    .await;
    let route = "/api/v1/hooks";
    it.call(
        &head,
        route,
        route,
        json!({"name": "*", "url": "https://127.0.0.1:1/?^", "kinds": []}),
    )
    .await;
    let route = "/api/v1/views";
    it.call(
        &head,
        route,
        route,
        json!({"list": "cases", "name": "*", "query": "q=*"}),
    )
    .await;
    let route = "/api/v1/people/roster";
    let text = it.roster(route, 2);
    it.body(
        &admin,
        route,
        "/api/v1/people/roster?accept_good=true",
        &text,
    )
    .await;
    let route = "/api/v1/policy";
    let text = it.policy(route);
    it.body(&head, route, "/api/v1/policy?from=2028-01-01", &text)
        .await;
    let route = "/api/v1/law";
    let text = it.law(route);
    it.body(
        &head,
        route,
        "/api/v1/law?name=planted_too.toml&reason=%E8%AF%95",
        &text,
    )
    .await;
    let route = "/api/v1/calendar";
    let text = it.year(route, 2028);
    it.body(&admin, route, route, &text).await;
    let name = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let route = "/api/v1/imports";
    let ledger = it.ledger(route).replace("CN11", "CN12");
    let path = format!(
        "{route}?name={}.csv",
        name(&it.text("/api/v1/imports name"))
    );
    let begun = it.body(&head, route, &path, &ledger).await;
    let path = format!("{route}/{}", begun["id"].as_str().unwrap());
    let done = call(
        it.fixture,
        &head,
        &path,
        Some(json!({"act": "import", "accept_good": true})),
        &[],
    )
    .await;
    it.judge(route, &done, true);
    let route = "/api/v1/files";
    let path = format!("{route}?name={}.txt", name(&it.text("/api/v1/files name")));
    it.body(&head, route, &path, "看").await;
    let calculator = format!("/api/v1/calc/{}", dukou_calc::calculators()[0].name);
    let asked = json!({planted(it.planting.kind, 0).remove(0): planted(it.planting.kind, 0)});
    let reply = call(it.fixture, &head, &calculator, Some(asked), &[]).await;
    it.judge("/api/v1/calc/{name}", &reply, false);
    begun["id"].as_str().unwrap().to_owned()
}

/// Enters everything; the ids under which it is looked for, two imports among them.
async fn enter(fixture: &Fixture, kind: Kind) -> (Entering<'_>, [neighbours::Ids; 2]) {
    let told = story::tell(fixture);
    let mut ids = neighbours::ids(fixture, &told).await;
    security::with_password(fixture, "shen");
    let service = tokens::service(fixture).await;
    let admin = token(fixture, fixture.of(Role::SystemAdmin), "*").await;
    let owner = fixture.of(Role::Manager).person;
    let named = json!({"command": "people.name_owner", "person": service, "owner": owner});
    let reply = call(fixture, &admin, "/api/v1/commands", Some(named), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let mut it = Entering::new(fixture, kind);
    by_forms(&mut it, &ids, &service).await;
    by_files(&mut it, &mut ids).await;
    let import = by_api(&mut it, &service).await;
    let planted = ROUTES_TRIED.iter().filter(|(_, how)| *how == PLANTED);
    let planted: BTreeSet<&str> = planted.map(|(path, _)| *path).collect();
    assert_eq!(it.by, planted);
    assert!(it.found.is_empty(), "{}", it.found.join("\n"));
    it.planting.number();
    let mut other = ids.clone();
    other.insert("import", import);
    (it, [ids, other])
}

/// Sets of ids: each person whose name, title or token was entered is looked at.
fn looked_at(fixture: &Fixture, ids: &[neighbours::Ids; 2]) -> Vec<neighbours::Ids> {
    let key = [fixture.institution.to_string().into()];
    let sql = "SELECT id FROM person_view WHERE institution = $1";
    let people = fixture.store().read(|db| db.rows(sql, &key)).unwrap();
    let with = |id: &str| {
        let mut ids: neighbours::Ids = ids[0].clone();
        ids.insert("person", id.to_owned());
        ids
    };
    let people = people.iter().map(|row| with(row.text(0)));
    ids.iter().cloned().chain(people).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_script_that_is_entered_is_more_than_text() {
    let fixture = Fixture::new();
    let (it, ids) = enter(&fixture, Kind::Script).await;
    let (shown, broken) = everywhere(&it.planting, &looked_at(&fixture, &ids)).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let known: BTreeSet<&String> = shown.pages.union(&shown.answers).collect();
    let all: &BTreeMap<String, String> = &it.planting.planted;
    let hidden = all.iter().filter(|(text, _)| !known.contains(text));
    let hidden: BTreeSet<&str> = hidden.map(|(_, place)| place.as_str()).collect();
    assert_eq!(hidden, BTreeSet::from(HIDDEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_formula_that_is_entered_is_carried_out() {
    let fixture = Fixture::new();
    let (it, ids) = enter(&fixture, Kind::Formula).await;
    let (shown, broken) = everywhere(&it.planting, &ids).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        shown.answers.len() > 10,
        "{} in sheets",
        shown.answers.len()
    );
}
