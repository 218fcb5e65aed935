//! What somebody types into a form of a step comes out as text: in the form that comes
//! back, and on every page.

use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_chain::whole::Command;
use dukou_web::routes::ROUTES;
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};

use crate::fixture::{Fixture, Reply};
use crate::forms::typed;
use crate::planted::BROKEN_OUT;
use crate::story;

/// Every way out of a text that a browser knows.
const MARK: &str = "<script>alert(7)</script>\"'><img src=x onerror=alert(7)></textarea><svg/onload=alert(7)>javascript:alert(7)";

fn broken(reply: &Reply) -> Option<&'static str> {
    BROKEN_OUT
        .iter()
        .copied()
        .find(|it| reply.body.contains(it))
}

fn allowed(command: &str, on_deal: bool) -> Role {
    let action = Command::action_on(command, on_deal);
    let mut all = Role::ALL.iter();
    *all.rfind(|it| delivered(**it, action) != Scope::None)
        .unwrap()
}

/// Fills the form at `path` with the mark in every text; the codes of what came
/// back, and what broke out.
async fn fill(fixture: &Fixture, role: Role, path: &str, found: &mut Vec<String>) -> Vec<u16> {
    let who = fixture.of(role);
    let kept = format!("{}|{MARK}.pdf", story::paper(fixture).file.as_str());
    let today = fixture.store().today().to_string();
    let mut codes = Vec::new();
    for optional in [true, false] {
        let page = fixture.get(Some(who), path).await;
        if page.code() != 200 {
            return vec![page.code()];
        }
        let mut fields = typed(&page.body, &kept, &today, (MARK, optional));
        for name in ["_key", "_version"] {
            if page.body.contains(&format!("name=\"{name}\"")) {
                fields.push((name.to_owned(), page.hidden(name)));
            }
        }
        let pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let reply = fixture.post(Some(who), path, &pairs).await;
        if let Some(what) = broken(&reply) {
            found.push(format!("{path} comes back with {what}"));
        }
        if reply.code() >= 500 {
            found.push(format!("{path}: {}", reply.code()));
        }
        codes.push(reply.code());
        if reply.code() == 303 {
            break;
        }
    }
    codes
}

/// A draft of a disclosure, with the mark in each text.
async fn drafts(fixture: &Fixture, found: &mut Vec<String>) {
    let inventor = fixture.of(Role::Inventor);
    let begun = fixture
        .post(Some(inventor), "/disclose", &[("secrecy", "no")])
        .await;
    let draft = begun.location().split('?').next().unwrap().to_owned();
    let mut kept = 0;
    for step in 1..=3 {
        let path = format!("{draft}?step={step}");
        let page = fixture.get(Some(inventor), &path).await;
        let mut fields: Vec<(String, String)> = page
            .body
            .split("name=\"")
            .skip(1)
            .filter_map(|it| it.split('"').next())
            .filter(|it| *it != "csrf" && !it.starts_with('_'))
            .map(|name| (name.to_owned(), MARK.to_owned()))
            .collect();
        fields.dedup();
        let pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        for path in [path.clone(), format!("{draft}/autosave")] {
            let reply = fixture.post(Some(inventor), &path, &pairs).await;
            if let Some(what) = broken(&reply) {
                found.push(format!("{path} comes back with {what}"));
            }
        }
        let again = fixture.get(Some(inventor), &path).await;
        kept += usize::from(again.body.contains("alert(7)"));
        if let Some(what) = broken(&again) {
            found.push(format!("{path} shows {what}"));
        }
    }
    assert!(kept > 0, "the draft kept nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_into_any_field_comes_out_as_text() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let mut found = Vec::new();
    let mut taken = Vec::new();
    drafts(&fixture, &mut found).await;
    // Each step on the case far along and on fresh ones, those that end a case last.
    let mut fresh = Vec::new();
    for n in 0..3 {
        fresh.push(story::opened(&fixture, &format!("{MARK}{n}")));
    }
    let disclosed = story::disclosed(&fixture, MARK);
    let last = |it: &str| {
        matches!(
            it,
            "closing.end" | "disclosure.decline" | "disclosure.return"
        )
    };
    let ordered = |all: &'static [&'static str]| {
        let (ends, steps): (Vec<&str>, Vec<&str>) = all.iter().partition(|it| last(it));
        steps.into_iter().chain(ends)
    };
    for command in ordered(CASE_STEPS) {
        let role = allowed(command, false);
        for case in [told.case, disclosed, fresh[0].0, fresh[1].0] {
            let path = format!("/cases/{case}/do/{command}");
            if fill(&fixture, role, &path, &mut found).await.contains(&303) {
                taken.push(command);
            }
        }
    }
    for command in ordered(DEAL_STEPS) {
        let role = allowed(command, true);
        for deal in [told.deal, fresh[1].1, fresh[2].1] {
            let path = format!("/deals/{deal}/do/{command}");
            if fill(&fixture, role, &path, &mut found).await.contains(&303) {
                taken.push(command);
            }
        }
    }
    for command in PERSON_STEPS.iter().filter(|it| **it != "people.erase") {
        let person = fixture.of(Role::Inventor).person;
        let path = format!("/people/{person}/do/{command}");
        let role = allowed(command, false);
        fill(&fixture, role, &path, &mut found).await;
    }
    taken.sort_unstable();
    taken.dedup();
    assert!(taken.len() >= 18, "only {taken:?} were taken");
    // Every page, by everybody who may see it, in both languages.
    let mut shown = 0;
    let mut pages: Vec<String> = ROUTES
        .iter()
        .filter(|it| !it.post && !it.api && !it.path.contains('{'))
        .map(|it| it.path.to_owned())
        .collect();
    for case in [told.case, disclosed, fresh[0].0, fresh[1].0] {
        pages.push(format!("/cases/{case}"));
        pages.extend(CASE_STEPS.iter().map(|it| format!("/cases/{case}/do/{it}")));
    }
    for deal in [told.deal, fresh[1].1, fresh[2].1] {
        pages.push(format!("/deals/{deal}"));
        pages.extend(DEAL_STEPS.iter().map(|it| format!("/deals/{deal}/do/{it}")));
    }
    pages.push(format!("/deals/{}/split/{}", told.deal, told.receipt));
    pages.push(format!("/notices/{}", told.notice));
    pages.push(format!("/people/{}", fixture.of(Role::Inventor).person));
    pages.push(format!(
        "/people/{}/edit",
        fixture.of(Role::Inventor).person
    ));
    let mark: String = form_urlencoded::byte_serialize(MARK.as_bytes()).collect();
    for list in [
        "/cases", "/deals", "/people", "/money", "/notices", "/journal", "/sign-in",
    ] {
        pages.push(format!(
            "{list}?q={mark}&stop={mark}&after={mark}&next={mark}&sort={mark}&kind={mark}"
        ));
    }
    for path in &pages {
        for who in [
            Some(Role::OfficeHead),
            Some(Role::Auditor),
            Some(Role::SystemAdmin),
            None,
        ] {
            for lang in ["zh", "en"] {
                let who = who.map(|role| fixture.of(role));
                let reply = fixture.get_in(who, lang, path).await;
                shown += usize::from(reply.body.contains("alert(7)"));
                if let Some(what) = broken(&reply) {
                    found.push(format!("{path} shows {what}"));
                }
                if reply.code() >= 500 {
                    found.push(format!("{path}: {}", reply.code()));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(shown > 50, "the mark is on {shown} pages only");
}
