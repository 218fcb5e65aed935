//! Pages that no address alone leads to: signing in, what is refused, what is gone,
//! and lists with nothing in them. They are held to the same as every page.

use dukou_chain::people::Role;
use dukou_chain::whole::{Command, closing};
use dukou_store::Engine;
use dukou_web::accounts;
use serde_json::json;

use super::every_page::axe;
use super::stage::Stage;
use crate::inventory;
use crate::story;

const SECRET: &str = "Ferry-over-the-1-river";

/// Somebody who looks at page after page.
struct Visit {
    stage: Stage,
    axe: Option<String>,
    found: Vec<String>,
}

impl Visit {
    async fn begin(lang: &'static str) -> Option<Self> {
        let stage = Stage::open(lang).await?;
        let (axe, found) = (axe(), Vec::new());
        Some(Self { stage, axe, found })
    }

    /// The page that stands here now.
    async fn see(&mut self, name: &str, code: u16) {
        let found = self.stage.examine((name, code, false), self.axe.as_deref());
        self.found.extend(found.await);
    }

    async fn go(&mut self, path: &str, code: u16) {
        self.stage.go(path).await;
        self.see(path, code).await;
    }

    /// Nobody is signed in any more.
    async fn nobody(&self) {
        let stage = &self.stage;
        stage.order("Network.clearBrowserCookies", json!({})).await;
        stage.cookie("dukou_lang", stage.lang).await;
    }

    /// Sends the sign-in form.
    async fn sign_in(&self, login: &str, password: &str) {
        let stage = &self.stage;
        stage.go("/sign-in").await;
        stage.fill("input[name=login]", login).await;
        stage.fill("input[name=password]", password).await;
        stage
            .follow("form[action^=\"/sign-in\"] button.primary")
            .await;
    }

    async fn end(self) {
        self.stage.close().await;
        let found = &self.found;
        assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
    }
}

/// A new institution: nothing has happened, and every page says so.
async fn empty(lang: &'static str) {
    let Some(mut visit) = Visit::begin(lang).await else {
        return;
    };
    for place in inventory::plain() {
        // Signed in, these lead on; `doors` sees them.
        if place.path.starts_with("/sign-in") {
            continue;
        }
        visit.stage.be(place.visitor()).await;
        visit.go(&place.path, 200).await;
    }
    story::disclosed(&visit.stage.fixture, "膜");
    visit.stage.be(Role::Manager).await;
    for list in ["/cases", "/deals", "/money", "/people"] {
        visit.go(&format!("{list}?q=zzzz"), 200).await;
    }
    visit.end().await;
}

/// Signing in, with all that can go wrong.
async fn doors(lang: &'static str) {
    let Some(mut visit) = Visit::begin(lang).await else {
        return;
    };
    let fixture = &visit.stage.fixture;
    let (store, institution) = (fixture.store(), fixture.institution);
    let open = |role, login: &str, second| {
        let person = fixture.of(role).person;
        accounts::open(store, institution, person, (login, SECRET), second).unwrap();
    };
    open(Role::Auditor, "shen", true);
    open(Role::Finance, "qian", false);
    let invited = fixture.of(Role::Inventor).person;
    let invited = accounts::invite(store, institution, invited, "wen").unwrap();
    visit.nobody().await;
    visit.go("/cases", 200).await;
    assert_eq!(visit.stage.here().await, "/sign-in?next=%2Fcases");
    visit.sign_in("shen", "not-the-password").await;
    visit.see("a wrong password", 422).await;
    for (login, page) in [("shen", "/sign-in/code"), ("qian", "/sign-in/enrol")] {
        visit.nobody().await;
        visit.sign_in(login, SECRET).await;
        assert!(visit.stage.here().await.starts_with(page), "{page}");
        visit.see(page, 200).await;
        visit.stage.fill("input[name=code]", "000000").await;
        let form = format!("form[action^=\"{page}\"] button.primary");
        visit.stage.follow(&form).await;
        visit.see(&format!("{page}, a wrong code"), 422).await;
    }
    visit.nobody().await;
    visit.go(&format!("/invite/{invited}"), 200).await;
    visit.stage.fill("input[name=password]", SECRET).await;
    visit.stage.fill("input[name=again]", "another").await;
    visit.stage.follow("main form button.primary").await;
    visit.see("two passwords", 422).await;
    visit.nobody().await;
    visit.stage.cookie("dukou_session", "over").await;
    visit.go("/me", 200).await;
    assert!(visit.stage.here().await.starts_with("/sign-in"));
    visit.nobody().await;
    for path in ["/notices", "/tools", "/api"] {
        visit.go(path, 200).await;
    }
    visit.go("/no/such/page", 404).await;
    for _ in 0..30 {
        let app = &visit.stage.fixture.app;
        app.guessed_wrong("sign-in 127.0.0.1");
    }
    visit.sign_in("shen", SECRET).await;
    visit.see("too many attempts", 429).await;
    visit.end().await;
}

/// What is refused to somebody who is signed in.
async fn refusals(lang: &'static str) {
    let Some(mut visit) = Visit::begin(lang).await else {
        return;
    };
    let case = story::disclosed(&visit.stage.fixture, "膜");
    visit.stage.be(Role::Inventor).await;
    visit.go("/audit", 403).await;
    visit.go("/no/such/page", 404).await;
    visit.stage.be(Role::Manager).await;
    let note = format!("/cases/{case}/do/closing.note");
    visit.stage.go(&note).await;
    let submit = "main form .form-foot button.primary";
    visit.stage.follow(submit).await;
    // Whoever sees with the fingers or hears stands in the first wrong field, and
    // is told what is wrong with it.
    let told = "const it = document.activeElement; \
        const by = (it.getAttribute('aria-describedby') || '').split(' '); \
        return [it.name, it.getAttribute('aria-invalid'), \
            by.some((id) => document.getElementById(id)?.matches('.error-text'))]";
    let told = visit.stage.client.execute(told, vec![]).await.unwrap();
    assert_eq!(told, json!(["text", "true", true]));
    visit.see("a form with errors", 422).await;
    visit.stage.go(&note).await;
    let other = closing::Command::Note {
        text: "电话联系。".to_owned(),
        files: Vec::new(),
    };
    let fixture = &visit.stage.fixture;
    fixture.act(Role::OfficeHead, Command::CaseClosing(case, other));
    visit.stage.type_in("text", "Later").await;
    visit.stage.follow(submit).await;
    visit.see("somebody was quicker", 409).await;
    // As if the disk were full; PostgreSQL has no such setting.
    let full = visit.stage.fixture.store().write(|db| {
        let sqlite = db.engine() == Engine::Sqlite;
        if sqlite {
            db.row("PRAGMA max_page_count = 1", &[])?;
        }
        Ok(sqlite)
    });
    if full.unwrap() {
        // Pages that were free inside of the file are used up first.
        for _ in 0..60 {
            visit.stage.go(&note).await;
            visit.stage.type_in("text", &"满".repeat(2_000)).await;
            visit.stage.follow(submit).await;
            if visit.stage.status().await == 503 {
                break;
            }
        }
        visit.see("a full disk", 503).await;
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_is_open_to_everybody() {
    tokio::join!(empty("zh"), empty("en"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_is_open_to_everybody() {
    doors("zh").await;
    doors("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_to_everybody() {
    refusals("zh").await;
    refusals("en").await;
}
