//! Every route and every step, for every role and for nobody.

use dukou_chain::people::permission::delivered;
use dukou_chain::people::{Role, Scope};
use dukou_chain::whole::Command;
use dukou_web::routes::{ROUTES, Route};
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};
use uuid::Uuid;

use crate::fixture::{Fixture, Reply, Someone};
use crate::story;

/// Roles and routes whose answer is not what the table alone says; this list
/// only shrinks. Route, role code or `nobody`, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("/sign-in/code", "nobody", "a code comes after a password"),
    (
        "/sign-in/enrol",
        "nobody",
        "codes are set up after a password",
    ),
];

fn steps_of(path: &str) -> &'static [&'static str] {
    if path.starts_with("/cases/") {
        CASE_STEPS
    } else if path.starts_with("/deals/") {
        DEAL_STEPS
    } else {
        PERSON_STEPS
    }
}

fn filled(path: &str, id: &str, command: &str) -> String {
    path.replace("{id}", id)
        .replace("{command}", command)
        .replace("{draft}", &Uuid::now_v7().to_string())
        .replace("{receipt}", &Uuid::now_v7().to_string())
        .replace("{seq}", "1")
        .replace("{hash}", &"0".repeat(64))
        .replace("{name}", "nothing")
        .replace("{token}", "nothing")
}

async fn ask(fixture: &Fixture, route: &Route, who: Option<&Someone>, path: &str) -> Reply {
    if route.post {
        fixture.post(who, path, &[("nothing", "of use")]).await
    } else {
        fixture.get(who, path).await
    }
}

/// What is wrong with an answer, given whether the table allows the asking.
fn wrong(route: &Route, allowed: bool, role: Option<Role>, reply: &Reply) -> Option<String> {
    let code = reply.code();
    if code >= 500 {
        return Some(format!("{code}"));
    }
    // The API asks for a token: a session reads there and writes nothing.
    let stranger = role.is_none() || route.post;
    if route.api && stranger && route.action != "page.public" {
        return (code != 401).then(|| format!("without a token, but {code}"));
    }
    match (allowed, role) {
        (true, _) => (code == 403 || reply.location().starts_with("/sign-in?"))
            .then(|| format!("allowed, but {code} {}", reply.location())),
        (false, Some(_)) => (code != 403).then(|| format!("not allowed, but {code}")),
        (false, None) => (code != 303 || !reply.location().starts_with("/sign-in"))
            .then(|| format!("nobody, but {code} {}", reply.location())),
    }
}

fn everybody() -> Vec<Option<Role>> {
    Role::ALL.iter().copied().map(Some).chain([None]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_table_says() {
    let fixture = Fixture::new();
    let id = Uuid::now_v7().to_string();
    let mut found = Vec::new();
    for route in ROUTES.iter().filter(|route| route.path != "/sign-out") {
        let stepped = route.path.contains("{command}");
        let path = filled(route.path, &id, "closing.note");
        for role in everybody() {
            let asked = role.unwrap_or(Role::Public);
            let code = role.map_or("nobody", Role::code);
            if EXCEPTIONS
                .iter()
                .any(|it| it.0 == route.path && it.1 == code)
            {
                continue;
            }
            let mut allowed =
                route.action.is_empty() || delivered(asked, route.action) != Scope::None;
            if stepped {
                // The step names an action of its own besides.
                allowed = allowed && delivered(asked, "case.note") != Scope::None;
            }
            let reply = ask(&fixture, route, role.map(|it| fixture.of(it)), &path).await;
            if let Some(what) = wrong(route, allowed, role, &reply) {
                let method = if route.post { "POST" } else { "GET" };
                let who = role.map_or("nobody", Role::code);
                found.push(format!("{method} {path} as {who}: {what}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_answers_every_role_as_the_table_says() {
    let fixture = Fixture::new();
    let (case, deal) = story::opened(&fixture, "膜");
    let person = fixture.of(Role::Enterprise).person;
    let mut found = Vec::new();
    for route in ROUTES
        .iter()
        .filter(|route| route.path.contains("{command}"))
    {
        let on_deal = route.path.starts_with("/deals/");
        let id = if on_deal {
            deal.to_string()
        } else if route.path.starts_with("/cases/") {
            case.to_string()
        } else {
            person.to_string()
        };
        for command in steps_of(route.path) {
            let action = Command::action_on(command, on_deal);
            let path = filled(route.path, &id, command);
            for role in everybody() {
                let asked = role.unwrap_or(Role::Public);
                let has = |action: &str| delivered(asked, action) != Scope::None;
                let allowed = has(route.action) && has(action);
                let reply = ask(&fixture, route, role.map(|it| fixture.of(it)), &path).await;
                let method = if route.post { "POST" } else { "GET" };
                let who = role.map_or("nobody", Role::code);
                if let Some(what) = wrong(route, allowed, role, &reply) {
                    found.push(format!("{method} {path} as {who}: {what}"));
                } else if allowed && !route.post && reply.code() != 200 {
                    found.push(format!("{method} {path} as {who}: {}", reply.code()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_yours_is_not_there() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let neighbour = fixture.neighbour();
    let stranger = crate::fixture::register(
        fixture.store(),
        fixture.institution,
        None,
        &[Role::Inventor],
        "生人",
    );
    let hash = story::paper(&fixture).file.as_str().to_owned();
    let paths = [
        format!("/cases/{}", told.case),
        format!("/deals/{}", told.deal),
        format!("/cases/{}/do/closing.note", told.case),
        format!("/deals/{}/do/closing.note", told.deal),
        format!("/deals/{}/split/{}", told.deal, told.receipt),
        format!("/files/{hash}"),
        format!("/people/{}", fixture.of(Role::Inventor).person),
        format!("/people/{}/edit", fixture.of(Role::Inventor).person),
    ];
    for path in &paths {
        let ours = fixture
            .get(Some(fixture.of(Role::OfficeHead)), path)
            .await
            .code();
        assert!(matches!(ours, 200 | 303), "{path} {ours}");
        for who in [Role::OfficeHead, Role::Manager] {
            let reply = fixture.get(Some(&neighbour[&who]), path).await;
            assert_eq!(reply.code(), 404, "{path} for a neighbour");
        }
        let reply = fixture.get(Some(&stranger), path).await;
        assert!(
            matches!(reply.code(), 403 | 404),
            "{path} for a stranger: {}",
            reply.code()
        );
    }
    let mine = fixture.of(Role::Inventor);
    for path in [&paths[0], &paths[4], &paths[5]] {
        assert_eq!(
            fixture.get(Some(mine), path).await.code(),
            200,
            "{path} for its inventor"
        );
    }
    for list in ["/cases", "/deals", "/mine", "/"] {
        let reply = fixture.get(Some(&stranger), list).await;
        assert_eq!(reply.code(), 200, "{list}");
        assert!(
            !reply.body.contains("alert(1)"),
            "{list} shows a stranger's case"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_hand_changes_nothing() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let inventor = &[Role::Inventor];
    let stranger =
        crate::fixture::register(fixture.store(), fixture.institution, None, inventor, "生人");
    let before = fixture.entries();
    let fields = [
        ("outcome", "withdrawn"),
        ("reason", "不归我管"),
        ("text", "不归我管"),
    ];
    for (head, steps) in [
        (format!("/cases/{}", told.case), CASE_STEPS),
        (format!("/deals/{}", told.deal), DEAL_STEPS),
    ] {
        for step in steps {
            let reply = fixture
                .post(Some(&stranger), &format!("{head}/do/{step}"), &fields)
                .await;
            assert!(
                matches!(reply.code(), 403 | 404),
                "{step}: {}",
                reply.code()
            );
        }
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_second_factor_nothing_but_signing_in() {
    let fixture = Fixture::new();
    fixture
        .store()
        .write(|db| {
            db.exec("UPDATE session SET second_factor = 0", &[])?;
            db.exec("UPDATE account SET totp_secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' WHERE person IN (SELECT person FROM person_role WHERE role = 'approver')", &[])
        })
        .unwrap();
    let id = Uuid::now_v7().to_string();
    // The approver has codes and has not given one; the others must set them up.
    for role in Role::ALL
        .iter()
        .copied()
        .filter(|role| role.needs_second_factor())
    {
        for route in ROUTES.iter().filter(|route| !route.half_signed_in) {
            let path = filled(route.path, &id, "closing.note");
            let reply = ask(&fixture, route, Some(fixture.of(role)), &path).await;
            let mut sent = reply.code() == 303 && reply.location().starts_with("/sign-in");
            if route.api {
                let public = route.post && route.action == "page.public";
                sent = reply.code() == 401 || public;
            }
            assert!(
                sent,
                "{path} as {}: {} {}",
                role.code(),
                reply.code(),
                reply.location()
            );
        }
    }
    let inventor = fixture.get(Some(fixture.of(Role::Inventor)), "/").await;
    assert_eq!(inventor.code(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_time_and_with_its_account() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    assert_eq!(fixture.get(Some(manager), "/").await.code(), 200);
    let mut forged = manager.clone();
    forged.token = "0".repeat(64);
    assert_eq!(fixture.get(Some(&forged), "/").await.code(), 303);
    fixture.wait_days(401);
    assert_eq!(fixture.get(Some(manager), "/").await.code(), 303);
    fixture.wait_days(-401);
    let person = manager.person.to_string();
    let disable = "UPDATE account SET disabled = 1 WHERE person = $1";
    fixture
        .store()
        .write(move |db| db.exec(disable, &[person.into()]))
        .unwrap();
    assert_eq!(fixture.get(Some(manager), "/").await.code(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_signing_in_is_for_the_demo_only() {
    let fixture = Fixture::new();
    let reply = fixture
        .post(None, "/sign-in/demo", &[("person", "shen")])
        .await;
    assert_eq!(reply.code(), 404);
}
