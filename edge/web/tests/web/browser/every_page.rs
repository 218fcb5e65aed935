//! Every page in a real browser: both languages, wide, narrow and dark. axe-core
//! looks for what keeps people out (WCAG 2.2 A and AA); `checks.js` for the rest.

use base64::Engine;
use dukou_chain::people::Role;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::inventory::{self, Place};

/// Of axe-core: WCAG 2.2 A and AA, and what is good to do.
const RULES: &[&str] = &[
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];

/// axe-core, where `scripts/test.sh` has put it.
pub fn axe() -> Option<String> {
    match std::env::var("DUKOU_AXE") {
        Ok(path) => Some(std::fs::read_to_string(path).unwrap()),
        Err(_) => {
            let required = std::env::var("DUKOU_REQUIRE_AXE").is_ok_and(|it| it == "1");
            assert!(!required, "DUKOU_AXE names no file");
            eprintln!("skipped: axe-core, DUKOU_AXE names no file");
            None
        }
    }
}

/// What the story and the import say; longer words before their parts.
const SAID: &[&str] = &[
    "江州新材料有限公司",
    "校长办公会第21次",
    "科技成果转化收益分配办法（示例）",
    "云泽大学YZ",
    "签订日期",
    "合同金额",
    "合同编号",
    "受让方",
    "专利号",
    "台账.csv · 台账",
    ">&膜",
];

const RUN: &str = "const [only, done] = arguments; \
    axe.run(document, {runOnly: only, resultTypes: ['violations']}).then( \
    it => done(it.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3) \
        .map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.failureSummary)).join(' | '))), \
    why => done([String(why)]))";

fn words(found: &Value) -> Vec<String> {
    let list = found.as_array().unwrap();
    list.iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

impl Stage {
    /// Words of the data, which are what they are in either language.
    fn said(&self) -> Vec<String> {
        let roles = || Role::ALL.iter().map(|it| it.label().zh);
        let people = roles().map(|it| format!("{it}某"));
        let story = SAID.iter().map(|it| (*it).to_owned());
        // The letter in somebody's circle.
        let initials = roles().map(|it| it.chars().take(1).collect());
        people.chain(story).chain(initials).collect()
    }

    async fn wrong(&self, axe: Option<&str>, only: &[&str]) -> Vec<String> {
        let own = vec![json!(self.lang), json!(self.said())];
        let script = include_str!("checks.js");
        let mut found = words(&self.client.execute(script, own).await.unwrap());
        if axe.is_some() {
            let done = self.client.execute_async(RUN, vec![json!(only)]).await;
            found.extend(words(&done.unwrap()));
        }
        found
    }

    /// The page that stands here, in a window where scripts may wait: a kept page is
    /// served in a box (`sandbox`) in which nothing that waits ever ends.
    async fn unbox(&self) {
        let html = "return document.documentElement.outerHTML";
        let html = self.client.execute(html, vec![]).await.unwrap();
        let html = format!("<!doctype html>{}", html.as_str().unwrap());
        let html = base64::engine::general_purpose::STANDARD.encode(html);
        let address = format!("data:text/html;charset=utf-8;base64,{html}");
        self.client.goto(&address).await.unwrap();
    }

    /// What is wrong with the page that stands here: its name, the status that it
    /// must have, and whether a quick look is enough.
    pub async fn examine(
        &self,
        (name, code, quick): (&str, u16, bool),
        axe: Option<&str>,
    ) -> Vec<String> {
        self.width(1440, 900).await;
        if let Some(source) = axe {
            self.client.execute(source, vec![]).await.unwrap();
        }
        let twice = axe.filter(|_| !quick);
        let mut found = Vec::new();
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        let status = self.client.execute(status, vec![]).await.unwrap();
        if status != json!(code) {
            found.push(format!("{name}: status {status}, not {code}"));
        }
        let wide = self.wrong(twice, RULES).await;
        self.width(390, 844).await;
        let narrow = self.wrong(axe, RULES).await;
        // A colour on its way from light to dark is neither.
        let still = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.order("Emulation.setEmulatedMedia", still).await;
        self.until("return matchMedia('(prefers-reduced-motion: reduce)').matches")
            .await;
        let paint = "document.documentElement.dataset.theme = arguments[0]";
        let dark = vec![json!("dark")];
        self.client.execute(paint, dark).await.unwrap();
        let dark = self.wrong(axe, &["color-contrast"]).await;
        let mut console = self.complaints().await;
        // The browser complains of every status but the good ones.
        console.retain(|it| code < 400 || !it.contains(&format!("status of {code}")));
        let ways = [
            ("wide", wide),
            ("narrow", narrow),
            ("dark", dark),
            ("console", console),
        ];
        for (how, what) in ways {
            found.extend(what.into_iter().map(|it| format!("{name} {how}: {it}")));
        }
        found
    }
}

async fn every_page(lang: &'static str) {
    let Some(stage) = Stage::open(lang).await else {
        return;
    };
    let axe = axe();
    let axe = axe.as_deref();
    let (_, places) = inventory::places(&stage.fixture).await;
    let mut found = Vec::new();
    for role in Role::ALL.iter().copied() {
        let mine = |it: &&Place| it.visitor() == role || it.path == "/" && it.open_to(role);
        if places.iter().any(|it| mine(&it)) {
            stage.be(role).await;
        }
        for place in places.iter().filter(mine) {
            look(&stage, place, axe, &mut found).await;
        }
    }
    stage.close().await;
    assert!(places.len() > 80, "{}", places.len());
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

async fn look(stage: &Stage, place: &Place, axe: Option<&str>, found: &mut Vec<String>) {
    stage.width(1440, 900).await;
    stage.go(&place.path).await;
    // A spent invitation is no page, and says so.
    let code = match place.route.path {
        "/invite/{token}" => 404,
        _ => 200,
    };
    if place.route.path == "/notices/{id}/page" {
        let status = stage.status().await;
        if status != i64::from(code) {
            found.push(format!("{}: status {status}, not {code}", place.path));
        }
        stage.unbox().await;
    }
    // Steps are one page with other fields: once is enough for the slow look.
    let page = (place.path.as_str(), code, !place.step.is_empty());
    found.extend(stage.examine(page, axe).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_open_to_everybody_in_chinese() {
    every_page("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_open_to_everybody_in_english() {
    every_page("en").await;
}
