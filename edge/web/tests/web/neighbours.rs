//! What belongs to one institution is not there for another, nor what is one
//! person's own for others: held on every route of the table, for every role. Each
//! id is first shown to lead somewhere for its own people.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::Role;
use dukou_web::routes::{ROUTES, Route};
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Reply, Someone, token_of};
use crate::hooks;
use crate::inventory;
use crate::story::{self, Told};

pub type Ids = BTreeMap<&'static str, String>;

/// Ids of one institution, by the name of the path's parameter.
pub async fn ids(fixture: &Fixture, told: &Told) -> Ids {
    hooks::subscribe(fixture, "https://127.0.0.1:1/", "").await;
    let institution = fixture.institution;
    let hooks = fixture
        .store()
        .read(|db| dukou_web::hooks::all(db, institution));
    let hook = hooks.unwrap()[0].id.clone();
    dead_letter(fixture, &hook);
    let person = fixture.of(Role::Inventor).person;
    let wanted = dukou_web::api::tokens::wanted("同步", "*", 30).unwrap();
    let token =
        dukou_web::api::tokens::make_random(fixture.store(), (institution, person), &wanted);
    // Evidence that nobody else has.
    let bytes = format!("%PDF-1.4 of {institution}");
    let paper = story::kept(fixture, institution, bytes.as_bytes());
    BTreeMap::from([
        ("hook", hook),
        ("seq", "1".to_owned()),
        ("receipt", told.receipt.to_string()),
        ("notice", told.notice.to_string()),
        ("case", told.case.to_string()),
        ("deal", told.deal.to_string()),
        ("person", person.to_string()),
        ("hash", paper.file.to_string()),
        ("draft", inventory::draft(fixture).await),
        ("import", inventory::import(fixture).await),
        ("name", "nothing".to_owned()),
        ("token", token.unwrap().0),
    ])
}

/// A letter that nobody took, for the first entry.
fn dead_letter(fixture: &Fixture, hook: &str) {
    let key = [fixture.institution.to_string().into(), hook.into()];
    let sql = "INSERT INTO hook_letter (institution, hook, seq, attempts, error, at_ms) VALUES ($1, $2, 1, 9, '410', 5) ON CONFLICT DO NOTHING";
    fixture.store().write(move |db| db.exec(sql, &key)).unwrap();
}

/// Every address of a route with these ids: one for each step where it takes steps.
pub fn addresses(route: &Route, ids: &Ids) -> Vec<String> {
    let bare = route.path.trim_start_matches("/api/v1");
    let noun = match bare {
        it if it.starts_with("/cases") => ("case", CASE_STEPS),
        it if it.starts_with("/deals") => ("deal", DEAL_STEPS),
        it if it.starts_with("/receipts") => ("receipt", &[] as &[&str]),
        it if it.starts_with("/notices") => ("notice", &[] as &[&str]),
        it if it.contains("/hooks/") || it.starts_with("/letters") => ("hook", &[] as &[&str]),
        _ => ("person", PERSON_STEPS),
    };
    let mut path = route.path.replace("{id}", &ids[noun.0]);
    if bare.starts_with("/import") {
        path = path.replace("{draft}", &ids["import"]);
    }
    for (name, id) in ids {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    if path.contains("{command}") {
        let steps = noun.1.iter();
        return steps.map(|it| path.replace("{command}", it)).collect();
    }
    assert!(!path.contains('{'), "{path} has a parameter without an id");
    vec![path]
}

/// Does an id of an institution stand in the path? What the program itself names,
/// an invitation (which is a secret), and the public board are nobody's own.
fn takes_id(route: &&Route) -> bool {
    let program = route.path.contains("{name}") || route.path == "/invite/{token}";
    route.path.contains('{') && !program && route.action != "page.public"
}

async fn ask(fixture: &Fixture, route: &Route, (who, token): &Known, path: &str) -> Reply {
    // What the routes that act on something not of the catalogue may be asked for.
    let fields: &[(&str, &str)] = match route.path {
        it if it.contains("{seq}") => &[("act", "drop")],
        it if it.contains("{token}") => &[("act", "revoke")],
        it if it.contains("/hooks/") => &[("act", "pause")],
        it if it.contains("import") => &[("act", "import"), ("accept_good", "yes")],
        it if it.ends_with("/tokens") => &[("name", "同步"), ("days", "3"), ("scopes", "*")],
        _ => &[("act", "unlock"), ("text", "越界")],
    };
    if !route.api {
        return if route.post {
            fixture.post(Some(who), path, fields).await
        } else {
            fixture.get(Some(who), path).await
        };
    }
    let method = if route.post { "POST" } else { "GET" };
    let request = Request::builder()
        .uri(path)
        .method(method)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(as_json(fields)));
    fixture.raw(request.unwrap()).await
}

fn as_json(fields: &[(&str, &str)]) -> String {
    let typed = |value: &str| match value {
        "yes" => json!(true),
        "3" => json!(3),
        "*" => json!(["*"]),
        other => json!(other),
    };
    let told = fields.iter().filter(|(name, _)| *name != "text");
    let object: serde_json::Map<String, Value> = told
        .map(|(name, value)| ((*name).to_owned(), typed(value)))
        .collect();
    Value::Object(object).to_string()
}

/// Somebody with a token that may do all they may.
type Known = (Someone, String);

/// Everybody of an institution.
fn everybody(fixture: &Fixture) -> Vec<(Role, Known)> {
    let known = |role: &Role| {
        let who = fixture.of(*role).clone();
        let owner = (fixture.institution, who.person);
        let token = token_of(fixture.store(), owner, "*");
        (*role, (who, token))
    };
    Role::ALL.iter().map(known).collect()
}

/// Each address is one of the program: somebody of the institution is let in.
async fn lead_somewhere(fixture: &Fixture, ids: &Ids) -> Vec<String> {
    let everybody = everybody(fixture);
    let mut dead = Vec::new();
    // What changes something comes last: it takes away what the others show.
    for post in [false, true] {
        for route in ROUTES.iter().filter(takes_id).filter(|it| it.post == post) {
            dead_letter(fixture, &ids["hook"]);
            for path in addresses(route, ids) {
                let (mut seen, mut led) = (Vec::new(), false);
                for (_, known) in &everybody {
                    let code = ask(fixture, route, known, &path).await.code();
                    led |= match post {
                        false => matches!(code, 200 | 303),
                        // A step without its fields comes back to be filled in.
                        true => matches!(code, 200 | 201 | 303 | 409 | 422),
                    };
                    if led {
                        break;
                    }
                    seen.push(code);
                }
                if !led {
                    dead.push(format!("{path} leads nowhere: {seen:?}"));
                }
            }
        }
    }
    dead
}

/// What only the first institution's texts hold.
const THEIRS: &[&str] = &["云泽大学YZ", "YZ-20", "Yunze University YZ"];

#[tokio::test(flavor = "multi_thread")]
async fn another_institutions_ids_lead_nowhere() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let theirs = ids(&fixture, &told).await;
    let beside = fixture.beside();
    let own_told = story::tell(&beside);
    let own = ids(&beside, &own_told).await;
    let before = fixture.entries();
    let (mut seen, mut found) = (0, Vec::new());
    // All ids of the other, and one of the other's under one's own.
    let mut mixed = Vec::new();
    for name in ["receipt", "token"] {
        let mut ids = own.clone();
        ids.insert(name, theirs[name].clone());
        mixed.push((name, ids));
    }
    for (role, known) in everybody(&beside) {
        for route in ROUTES.iter().filter(takes_id) {
            let under = mixed.iter().filter(|(name, _)| {
                route.path.contains("{id}") && route.path.contains(&format!("{{{name}}}"))
            });
            let all = std::iter::once(&theirs).chain(under.map(|(_, ids)| ids));
            for path in all.flat_map(|ids| addresses(route, ids)) {
                let reply = ask(&beside, route, &known, &path).await;
                seen += 1;
                let leak = THEIRS.iter().find(|it| reply.body.contains(**it));
                if !matches!(reply.code(), 403 | 404) || leak.is_some() {
                    found.push(format!("{path} as {role:?}: {} {leak:?}", reply.code()));
                }
            }
        }
        found.extend(lists_hold_nothing(&fixture, &beside, (&known, &theirs)).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 1_000, "{seen}");
    assert_eq!(fixture.entries(), before, "something was written");
    for (fixture, ids) in [(&fixture, &theirs), (&beside, &own)] {
        let dead = lead_somewhere(fixture, ids).await;
        assert!(dead.is_empty(), "{}", dead.join("\n"));
    }
}

/// Lists, with the other's ids for filters.
async fn lists_hold_nothing(
    fixture: &Fixture,
    beside: &Fixture,
    (known, theirs): (&Known, &Ids),
) -> Vec<String> {
    let mut found = Vec::new();
    let query = format!(
        "deal={}&unit={}&manager={}&case={}&person={}&list=cases",
        theirs["deal"],
        fixture.unit,
        fixture.of(Role::Manager).person,
        theirs["case"],
        theirs["person"],
    );
    for route in ROUTES
        .iter()
        // What every program shows alike holds examples of its own.
        .filter(|it| !it.post && !it.path.contains('{') && it.path != "/styleguide")
    {
        for query in [query.as_str(), "q=YZ", "q=alert"] {
            let path = format!("{}?{query}", route.path);
            let reply = ask(beside, route, known, &path).await;
            let leak = THEIRS.iter().find(|it| reply.body.contains(**it));
            if reply.code() >= 500 || leak.is_some() {
                found.push(format!("{path}: {} {leak:?}", reply.code()));
            }
        }
    }
    found
}

/// What somebody has begun is theirs alone, whatever the others may do.
#[tokio::test(flavor = "multi_thread")]
async fn another_persons_drafts_lead_nowhere() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let ids = ids(&fixture, &told).await;
    let mut found = Vec::new();
    let drafts = |it: &&Route| it.path.contains("{draft}");
    for (role, known) in everybody(&fixture) {
        for route in ROUTES.iter().filter(drafts) {
            let owner = match route.path.contains("import") {
                true => Role::OfficeHead,
                false => Role::Inventor,
            };
            for path in addresses(route, &ids).iter().filter(|_| role != owner) {
                let reply = ask(&fixture, route, &known, path).await;
                if !matches!(reply.code(), 403 | 404) {
                    found.push(format!("{path} as {role:?}: {}", reply.code()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let dead = lead_somewhere(&fixture, &ids).await;
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
