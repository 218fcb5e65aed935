//! Every command can be given: it has a form that renders, the API knows it, and
//! the permission table gives it to somebody.

use dukou_chain::people::{Role, Scope, permission};
use dukou_chain::whole::Command;
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::call;
use crate::fixture::{Fixture, Reply, token_of};
use crate::inventory;
use crate::story;

/// Commands that are no step of a case, deal or person: the page that holds the
/// form, where the form goes, and who opens it.
const PAGES: &[(&str, &str, &str, Role)] = &[
    (
        "institution.set_profile",
        "/settings",
        "/settings/profile",
        Role::SystemAdmin,
    ),
    (
        "institution.add_unit",
        "/settings",
        "/settings/unit",
        Role::SystemAdmin,
    ),
    (
        "institution.adopt_year",
        "/settings",
        "/settings/calendar",
        Role::SystemAdmin,
    ),
    (
        "institution.load_law",
        "/settings/law",
        "/settings/law",
        Role::OfficeHead,
    ),
    (
        "institution.adopt_policy",
        "/settings",
        "/settings/policy",
        Role::OfficeHead,
    ),
    (
        "institution.set_permission",
        "/settings/permissions",
        "/settings/permissions",
        Role::SecurityAdmin,
    ),
    (
        "people.register",
        "/people/new",
        "/people/new",
        Role::SystemAdmin,
    ),
    (
        "people.update",
        "/people/{person}/edit",
        "/people/{person}/edit",
        Role::SystemAdmin,
    ),
    (
        "people.account",
        "/people/{person}",
        "/people/{person}/account",
        Role::SystemAdmin,
    ),
    (
        "disclosure.submit",
        "/disclose/{draft}",
        "/disclose/{draft}",
        Role::Inventor,
    ),
    (
        "disclosure.resubmit",
        "/disclose/{returned}",
        "/disclose/{returned}",
        Role::Inventor,
    ),
    (
        "history.case",
        "/import/{import}",
        "/import/{import}",
        Role::OfficeHead,
    ),
    (
        "history.deal",
        "/import/{import}",
        "/import/{import}",
        Role::OfficeHead,
    ),
    (
        "history.receipt",
        "/import/{import}",
        "/import/{import}",
        Role::OfficeHead,
    ),
    (
        "history.distribution",
        "/import/{import}",
        "/import/{import}",
        Role::OfficeHead,
    ),
];

/// What is not given on a page or through the API, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "institution.found",
        "page",
        "nobody is signed in before there is an institution: dukou user setup",
    ),
    (
        "institution.found",
        "api",
        "nobody has a token before there is an institution",
    ),
    (
        "people.account",
        "api",
        "it records what POST /api/v1/people/{id}/account does",
    ),
];

fn excepted(name: &str, leg: &str) -> bool {
    EXCEPTIONS.iter().any(|it| it.0 == name && it.1 == leg)
}

/// Somebody to whom the table delivers an action.
fn who_may(action: &str) -> Option<Role> {
    let mut all = Role::ALL.iter().copied();
    all.find(|role| permission::delivered(*role, action) == Scope::All)
}

/// What is wrong with a page that should hold a form going to an address.
fn without_form(reply: &Reply, page: &str, to: &str) -> Option<String> {
    if reply.code() != 200 {
        return Some(format!("{} instead of a form", reply.code()));
    }
    // A form without an address goes to its own page.
    let itself = page == to && reply.body.contains("<form method=\"post\">");
    let holds = itself || {
        let form = format!("method=\"post\" action=\"{to}");
        let mut after = reply.body.split(&form).skip(1);
        after.any(|rest| rest.starts_with(['"', '?']))
    };
    (!holds).then(|| format!("no form that goes to {to}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_a_form_that_renders() {
    let fixture = Fixture::new();
    let (told, places) = inventory::places(&fixture).await;
    let path_of = |pattern: &str, begin: &str| {
        let mut all = places.iter().filter(|it| it.route.path == pattern);
        let place = all.next().unwrap_or_else(|| panic!("{pattern}"));
        place.path.trim_start_matches(begin).to_owned()
    };
    let draft = path_of("/disclose/{draft}", "/disclose/");
    let import = path_of("/import/{draft}", "/import/");
    let person = fixture.of(Role::Enterprise).person.to_string();
    let returned = story::returned(&fixture, "膜").to_string();
    let mut wrong = Vec::new();
    for name in Command::NAMES {
        let reply = if let Some((_, page, to, role)) = PAGES.iter().find(|it| it.0 == *name) {
            let fill = |path: &str| {
                path.replace("{person}", &person)
                    .replace("{draft}", &draft)
                    .replace("{import}", &import)
                    .replace("{returned}", &returned)
            };
            let reply = fixture.get(Some(fixture.of(*role)), &fill(page)).await;
            without_form(&reply, &fill(page), &fill(to))
        } else {
            let (room, id, on_deal) = if CASE_STEPS.contains(name) {
                ("cases", told.case.to_string(), false)
            } else if DEAL_STEPS.contains(name) {
                ("deals", told.deal.to_string(), true)
            } else if PERSON_STEPS.contains(name) {
                ("people", person.clone(), false)
            } else {
                if !excepted(name, "page") {
                    wrong.push(format!("{name}: no page"));
                }
                continue;
            };
            let Some(role) = who_may(Command::action_on(name, on_deal)) else {
                wrong.push(format!("{name}: nobody may"));
                continue;
            };
            let path = format!("/{room}/{id}/do/{name}");
            let reply = fixture.get(Some(fixture.of(role)), &path).await;
            without_form(&reply, &path, &path)
        };
        wrong.extend(reply.map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _, _) in EXCEPTIONS {
        assert!(Command::NAMES.contains(name), "{name} is no command");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_knows_every_command_and_the_table_gives_it_to_somebody() {
    let fixture = Fixture::new();
    let (case, deal) = story::opened(&fixture, "膜");
    let mut wrong = Vec::new();
    for name in Command::NAMES {
        let on_deal = DEAL_STEPS.contains(name) && !CASE_STEPS.contains(name);
        let action = Command::action_on(name, on_deal);
        let Some(role) = who_may(action).filter(|_| permission::action(action).is_some()) else {
            wrong.push(format!("{name}: {action} is given to nobody"));
            continue;
        };
        let token = token_of(
            fixture.store(),
            (fixture.institution, fixture.of(role).person),
            "*",
        );
        // Targets without fields: never carried out, never unknown.
        let mut body = json!({"command": name, "person": Uuid::now_v7()});
        let target = if on_deal {
            ("deal", deal.to_string())
        } else {
            ("case", case.to_string())
        };
        body[target.0] = json!(target.1);
        let reply = call(&fixture, &token, "/api/v1/commands", Some(body), &[]).await;
        let said: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let code = said["code"].as_str().unwrap_or_default();
        let strange = matches!(code, "command.unknown" | "command.not_here");
        if strange != excepted(name, "api")
            || matches!(reply.code(), 401 | 403)
            || reply.code() >= 500
        {
            wrong.push(format!("{name} as {role:?}: {} {code}", reply.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
