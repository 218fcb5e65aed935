//! On paper: the notice, the split and the case, and nothing of the program.

use dukou_chain::people::Role;
use serde_json::json;

use super::stage::Stage;
use crate::story;

/// What is wrong with the page as a printer gets it, 178 mm wide; what it must show.
const SHEET: &str = "const found = []; \
    for (const css of arguments[0]) { \
        const all = [...document.querySelectorAll(css)]; \
        const lost = all.filter((it) => !it.checkVisibility() || it.getBoundingClientRect().right > innerWidth + 1); \
        if (!all.length || lost.length) found.push(`lost: ${css}, ${lost.length} of ${all.length}`); \
    } \
    const seen = (it) => it.checkVisibility(); \
    const tools = '.topbar, .bottombar, .skip, .toasts, .actions, .filters, .no-print, .form-foot, nav.nav, main form button'; \
    for (const it of document.querySelectorAll(tools)) if (seen(it)) found.push('on paper: ' + it.outerHTML.slice(0, 80)); \
    const h1 = document.querySelector('main h1'); \
    if (!h1 || !seen(h1)) found.push('no heading'); \
    if (getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)') found.push('not on white'); \
    for (const it of document.querySelectorAll('main p, main td, main th, main h1, main h2, main dd, main dt, main a, main li')) { \
        const c = getComputedStyle(it).color.match(/[\\d.]+/g).map(Number); \
        if (seen(it) && it.textContent.trim() && c[0] + c[1] + c[2] > 330) found.push('pale: ' + it.textContent.trim().slice(0, 40)); \
        if (seen(it) && it.getBoundingClientRect().right > innerWidth + 1) found.push('cut off: ' + it.textContent.trim().slice(0, 40)); \
    } \
    for (const it of document.querySelectorAll('main details.fold > *:not(summary)')) \
        if (!it.checkVisibility({contentVisibilityAuto: true})) found.push('folded away: ' + it.textContent.trim().slice(0, 40)); \
    return found";

async fn sheets(lang: &'static str) {
    let Some(stage) = Stage::open(lang).await else {
        return;
    };
    let told = story::tell(&stage.fixture);
    stage.be(Role::Manager).await;
    // Also somebody who works in the dark prints on white.
    stage.cookie("dukou_theme", "dark").await;
    let mut found = Vec::new();
    for (path, kept) in [
        (
            format!("/notices/{}", told.notice),
            json!(["main footer.verify"]),
        ),
        (
            format!("/deals/{}/split/{}", told.deal, told.receipt),
            json!(["main .arith .amount", "main td.num", "main .table thead th"]),
        ),
        (
            format!("/cases/{}", told.case),
            json!(["main .timeline .chainmark", "main .timeline .seal-mark"]),
        ),
    ] {
        // A4 less its margins, in CSS pixels.
        stage.width(673, 986).await;
        stage.go(&path).await;
        // Told on each page: a new one may come before the browser has heard of it.
        let paper = json!({"media": "print"});
        stage.order("Emulation.setEmulatedMedia", paper).await;
        stage.until("return matchMedia('print').matches").await;
        let wrong = stage.client.execute(SHEET, vec![kept]).await.unwrap();
        let wrong = wrong.as_array().unwrap().iter();
        found.extend(wrong.map(|it| format!("{path}: {it}")));
        let sheet = json!({"printBackground": true, "preferCSSPageSize": true});
        let pdf = stage.order("Page.printToPDF", sheet).await;
        // A PDF in Base64 begins like this.
        let pdf = pdf["data"].as_str().unwrap();
        assert!(pdf.starts_with("JVBERi0") && pdf.len() > 10_000, "{path}");
    }
    stage.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_holds_the_matter_alone() {
    sheets("zh").await;
    sheets("en").await;
}
