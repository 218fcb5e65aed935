//! Every page in a real browser: both languages, wide, narrow and dark. axe-core
//! looks for what keeps people out (WCAG 2.2 A and AA); `checks.js` for the rest.

use dukou_chain::people::Role;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::inventory::{self, Place};

/// axe-core, where `scripts/test.sh` has put it.
fn axe() -> Option<String> {
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
}

async fn every_page(lang: &'static str) {
    const RULES: &[&str] = &[
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ];
    let Some(stage) = Stage::open(lang).await else {
        return;
    };
    let axe = axe();
    let axe = axe.as_deref();
    let (_, places) = inventory::places(&stage.fixture).await;
    let mut found = Vec::new();
    // A colour on its way from light to dark is neither.
    let still = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
    stage.order("Emulation.setEmulatedMedia", still).await;
    for role in Role::ALL.iter().copied() {
        let mine = |it: &&Place| it.visitor() == role || it.path == "/" && it.open_to(role);
        if places.iter().any(|it| mine(&it)) {
            stage.be(role).await;
        }
        for place in places.iter().filter(mine) {
            look(&stage, place, (axe, RULES), &mut found).await;
        }
    }
    stage.close().await;
    assert!(places.len() > 80, "{}", places.len());
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

async fn look(
    stage: &Stage,
    place: &Place,
    (axe, rules): (Option<&str>, &[&str]),
    found: &mut Vec<String>,
) {
    let path = &place.path;
    stage.width(1440, 900).await;
    stage.go(path).await;
    if let Some(source) = axe {
        stage.client.execute(source, vec![]).await.unwrap();
    }
    // Steps are one page with other fields: once is enough for the slow look.
    let twice = axe.filter(|_| place.step.is_empty());
    let wide = stage.wrong(twice, rules).await;
    stage.width(390, 844).await;
    let narrow = stage.wrong(axe, rules).await;
    let dark = "document.documentElement.dataset.theme = 'dark'";
    stage.client.execute(dark, vec![]).await.unwrap();
    let contrast = stage.wrong(twice, &["color-contrast"]).await;
    let mut said = stage.complaints().await;
    // A spent invitation is no page, and says so.
    said.retain(|it| !(place.route.path == "/invite/{token}" && it.contains("404")));
    for (how, what) in [
        ("wide", wide),
        ("narrow", narrow),
        ("dark", contrast),
        ("console", said),
    ] {
        found.extend(what.into_iter().map(|it| format!("{path} {how}: {it}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_open_to_everybody_in_chinese() {
    every_page("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_open_to_everybody_in_english() {
    every_page("en").await;
}
