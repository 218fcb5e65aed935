//! Every page in both languages.

use dukou_chain::people::Role;
use uuid::Uuid;

use crate::fixture::Fixture;
use crate::inventory;
use crate::story;

/// Pages that lead on to another, for somebody who is signed in.
const LEADS_ON: &[&str] = &["/sign-in", "/sign-in/code", "/sign-in/enrol", "/deals/{id}"];

fn title(body: &str) -> &str {
    let rest = body.split_once("<title>").map_or("", |(_, rest)| rest);
    rest.split("</title>").next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_speaks_both_languages() {
    let fixture = Fixture::new();
    let (_, places) = inventory::places(&fixture).await;
    let icons = fixture.get(None, "/static/icons.svg").await.body;
    let mut seen = 0;
    for place in &places {
        let (route, path) = (place.route, &place.path);
        // Steps differ by their form alone: one visitor sees it.
        let visitors = match place.step {
            "" => Role::ALL.to_vec(),
            _ => vec![place.visitor()],
        };
        for role in visitors.into_iter().filter(|it| place.open_to(*it)) {
            for (lang, tag, other) in [("zh", "lang=\"zh", "English"), ("en", "lang=\"en", "中文")]
            {
                let reply = fixture.get_in(Some(fixture.of(role)), lang, path).await;
                let at = format!("{path} as {} in {lang}", role.code());
                if LEADS_ON.contains(&route.path) && reply.code() == 303 {
                    continue;
                }
                let spent = route.path == "/invite/{token}";
                assert!(
                    reply.code() == 200 || spent && reply.code() < 500,
                    "{at}: {}",
                    reply.code()
                );
                // A page as it was posted: a document in both languages at once, kept
                // as it is.
                if route.path == "/notices/{id}/page" {
                    let both = [
                        "<article class=\"paper\" lang=\"zh-CN\">",
                        "<article class=\"paper\" lang=\"en\">",
                    ];
                    assert!(both.iter().all(|it| reply.body.contains(it)), "{at}");
                    continue;
                }
                // A sheet has its own words.
                if route.path.ends_with(".xlsx") {
                    continue;
                }
                let html = reply.body.split_once("<html ").map_or("", |(_, rest)| rest);
                assert!(html.starts_with(tag), "{at}: no lang");
                let title = title(&reply.body);
                let name = title.split(" · ").next().unwrap_or_default();
                assert!(!name.trim().is_empty(), "{at}: title {title:?}");
                let switch = reply.body.contains(other);
                assert!(switch, "{at}: no way to the other language");
                for icon in reply.body.split("/static/icons.svg#").skip(1) {
                    let name = icon.split('"').next().unwrap_or_default();
                    assert!(
                        icons.contains(&format!("<symbol id=\"{name}\"")),
                        "{at}: no icon {name}"
                    );
                }
                assert!(
                    !reply.body.contains("<script>alert(1)"),
                    "{at}: hostile title"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_html_comes_too() {
    let fixture = Fixture::new();
    story::tell(&fixture);
    let head = fixture.of(Role::OfficeHead);
    for (path, media) in [
        ("/healthz", "text/plain"),
        ("/static/dukou.css", "text/css"),
        ("/static/dukou.js", "text/javascript"),
        ("/cases.xlsx", "application/vnd.openxmlformats"),
        ("/deals.xlsx", "application/vnd.openxmlformats"),
        ("/money.xlsx", "application/vnd.openxmlformats"),
        ("/people.xlsx", "application/vnd.openxmlformats"),
        (
            &format!("/files/{}", story::paper(&fixture).file.as_str()),
            "application/pdf",
        ),
    ] {
        let reply = fixture.get(Some(head), path).await;
        assert_eq!(reply.code(), 200, "{path}");
        let found = reply.headers["content-type"].to_str().unwrap();
        assert!(found.starts_with(media), "{path}: {found}");
    }
    let missing = fixture
        .get(Some(head), &format!("/cases/{}", Uuid::now_v7()))
        .await;
    assert_eq!(missing.code(), 404);
    assert_eq!(fixture.get(Some(head), "/no/such/page").await.code(), 404);
}
