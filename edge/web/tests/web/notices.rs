//! A notice as visitors see it: what stood in the open, byte by byte, whatever happens
//! to the deal afterwards; and what will be posted, before it is.

use dukou_chain::people::{self, Role};
use dukou_chain::publicity::page::Article;
use dukou_chain::terms::{Party, PartyKind, PartySize};
use dukou_chain::whole::{Command, State};
use dukou_chain::{agreement, publicity};
use dukou_journal::StreamId;
use dukou_kernel::{DealId, Lang, Money};
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, Reply};
use crate::story;

fn deal_of(fixture: &Fixture, id: DealId) -> dukou_chain::whole::Deal {
    let stream = StreamId::Deal(id);
    let (_, state) = fixture.store().state(fixture.institution, stream).unwrap();
    match state.as_ref() {
        State::Deal(deal) => deal.clone(),
        _ => panic!("not a deal"),
    }
}

fn page_hash(fixture: &Fixture, deal: DealId) -> String {
    let deal = deal_of(fixture, deal);
    let posted = &deal.publicity.notices.last().unwrap().posted;
    posted.content.frozen().unwrap().1.file.to_string()
}

fn reward_of(fixture: &Fixture, deal: DealId) -> (String, String) {
    let deal = deal_of(fixture, deal);
    let reward = deal.distribution.rewards().next().unwrap();
    let (_, page) = reward.posted.content.frozen().unwrap();
    (reward.posted.notice.to_string(), page.file.to_string())
}

/// The articles that stand in a page of the site.
fn articles(reply: &Reply) -> Vec<Article> {
    [Lang::Zh, Lang::En]
        .into_iter()
        .filter_map(|lang| Article::read(&reply.body, lang))
        .collect()
}

fn amend(fixture: &Fixture, deal: DealId) {
    let terms = deal_of(fixture, deal).terms().unwrap().clone();
    let price = Money::from_fen(90_000_000);
    let amend = agreement::Command::Amend {
        terms: dukou_chain::deal::Terms { price, ..terms },
        reason: "补充协议".to_owned(),
        paper: story::paper(fixture),
    };
    fixture.act(Role::Manager, Command::Agreement(deal, amend));
    let rename = agreement::Command::RenameParty {
        party: Party {
            name: "改名以后股份有限公司".to_owned(),
            uscc: None,
            kind: PartyKind::Private,
            size: PartySize::Medium,
        },
        paper: story::paper(fixture),
    };
    fixture.act(Role::Manager, Command::Agreement(deal, rename));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_the_file_that_was_posted() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let (reward, reward_hash) = reward_of(&fixture, told.deal);
    let price = (told.notice.to_string(), page_hash(&fixture, told.deal));
    for (id, hash) in [price, (reward, reward_hash)] {
        let reply = fixture.get(None, &format!("/notices/{id}/page")).await;
        assert_eq!(reply.code(), 200);
        let file = fixture.store().file(&hash).unwrap().unwrap();
        assert_eq!(reply.body.as_bytes(), file);
        let served: String = Sha256::digest(reply.body.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(served, hash);
        let csp = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(
            csp.contains("default-src 'none'") && csp.contains("sandbox"),
            "{csp}"
        );
        assert!(!csp.contains("script-src"), "{csp}");
        // In the site's frame the same articles, with the hash beside them.
        let framed = fixture.get(None, &format!("/notices/{id}")).await;
        assert_eq!(framed.code(), 200);
        assert_eq!(articles(&framed), articles(&reply));
        assert_eq!(articles(&framed).len(), 2);
        assert!(framed.body.contains(&hash));
        assert!(
            framed
                .body
                .contains(&format!("href=\"/notices/{id}/page\""))
        );
        assert!(!framed.body.contains(story::HOSTILE));
    }
    let none = fixture
        .get(None, &format!("/notices/{}/page", told.receipt))
        .await;
    assert_eq!(none.code(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amended_deal_changes_nothing_under_the_number() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let (reward, _) = reward_of(&fixture, told.deal);
    let paths = [
        format!("/notices/{}/page", told.notice),
        format!("/notices/{reward}/page"),
        format!("/notices/{}", told.notice),
        format!("/notices/{reward}"),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(fixture.get(None, path).await.body);
    }
    amend(&fixture, told.deal);
    for (path, before) in paths.iter().zip(before) {
        let after = fixture.get(None, path).await;
        assert_eq!(after.body, before, "{path}");
        assert!(!after.body.contains("900,000.00"), "{path}");
        assert!(!after.body.contains("改名以后"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_gone_from_the_notice_and_the_facts_stay() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let hash = page_hash(&fixture, told.deal);
    let name = "科研人员某";
    let path = format!("/notices/{}", told.notice);
    assert!(fixture.get(None, &path).await.body.contains(name));
    let person = fixture.of(Role::Inventor).person;
    let reason = "本人申请，个人信息保护法第47条".to_owned();
    fixture.act(
        Role::SystemAdmin,
        Command::Person(person, people::Command::Erase { reason }),
    );
    assert_eq!(fixture.store().file(&hash).unwrap(), None);
    let gone = fixture.get(None, &format!("{path}/page")).await;
    assert_eq!(gone.code(), 404);
    for lang in ["zh", "en"] {
        let reply = fixture.get_in(None, lang, &path).await;
        assert_eq!(reply.code(), 200);
        assert!(!reply.body.contains(name));
        assert!(reply.body.contains("〔个人信息已删除〕"));
        let said = ["公示页已依法删除", "The page as posted was erased by law"];
        assert!(said.iter().any(|it| reply.body.contains(it)));
        assert!(reply.body.contains("300,000.00"), "the facts stay");
        assert!(reply.body.contains(&hash), "and so does the hash");
    }
    let report = fixture.store().verify(&mut |_, _| {}).unwrap();
    assert!(report.ok(), "{:#?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_page_is_not_shown_as_what_stood() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let hash = page_hash(&fixture, told.deal);
    let file = fixture
        .folder
        .join("files")
        .join(&hash[..2])
        .join(&hash[2..]);
    let html = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, html.replace("300,000.00", "100,000.00")).unwrap();
    let path = format!("/notices/{}", told.notice);
    let reply = fixture.get(None, &path).await;
    assert!(reply.body.contains("不见了，或被改动过"));
    assert!(reply.body.contains("300,000.00") && !reply.body.contains("100,000.00"));
    let page = fixture.get(None, &format!("{path}/page")).await;
    assert_eq!(page.code(), 404);
}

fn words(command: &publicity::Command) -> Vec<(&str, String)> {
    match command {
        publicity::Command::Post { days, contact, .. } => vec![
            ("days", days.to_string()),
            ("contact", contact.clone()),
            ("summary", "可以公开的几句话 <b>".to_owned()),
        ],
        _ => panic!("a notice"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_is_the_page_that_is_posted() {
    let fixture = Fixture::new();
    let (_, deal) = story::decided(&fixture, "高通量膜");
    let manager = fixture.of(Role::Manager);
    let path = format!("/deals/{deal}/do/publicity.post");
    let form = fixture.get(Some(manager), &path).await;
    assert_eq!(form.code(), 200);
    assert_eq!(articles(&form).len(), 2, "before anything is typed");
    let before = fixture.entries();
    let post = publicity::Command::Post {
        notice: dukou_kernel::NoticeId(uuid::Uuid::now_v7()),
        days: 20,
        contact: "科技处 赵老师".to_owned(),
        summary: String::new(),
    };
    let fields = |reply: &Reply| -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> = ["_key", "_version", "_id_notice"]
            .into_iter()
            .map(|name| (name, reply.hidden(name)))
            .collect();
        all.extend(words(&post).into_iter().map(|(name, it)| match name {
            "days" => ("days", it),
            "contact" => ("contact", it),
            _ => ("summary", it),
        }));
        all
    };
    let mut typed = fields(&form);
    typed.push(("_preview", "1".to_owned()));
    let pairs: Vec<(&str, &str)> = typed.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let shown = fixture.post(Some(manager), &path, &pairs).await;
    assert_eq!(shown.code(), 200);
    assert_eq!(fixture.entries(), before, "nothing was posted");
    let preview = articles(&shown);
    assert!(preview[0].sections[0].text[1].contains("可以公开的几句话 <b>"));
    assert!(preview[0].sections[3].text[0].contains("公示期20日"));
    let typed = fields(&shown);
    let pairs: Vec<(&str, &str)> = typed.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let posted = fixture.post(Some(manager), &path, &pairs).await;
    assert_eq!(posted.code(), 303, "{}", posted.body);
    let notice = typed
        .iter()
        .find(|(name, _)| *name == "_id_notice")
        .unwrap();
    let page = fixture
        .get(None, &format!("/notices/{}/page", notice.1))
        .await;
    assert_eq!(articles(&page), preview);
    for article in &preview {
        assert!(page.body.contains(&article.to_string()));
        assert!(shown.body.contains(&article.to_string()));
    }
    // It is in the open already: the form says why there is no page to show.
    let again = fixture.get(Some(manager), &path).await;
    assert!(articles(&again).is_empty() && again.body.contains("现行条款已在公示"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_what_stood_and_no_facts_about_persons() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let manager = fixture.of(Role::Manager);
    let owner = (fixture.institution, manager.person);
    let token = crate::fixture::token_of(fixture.store(), owner, "*");
    let get = async |path: String| -> serde_json::Value {
        let request = axum::http::Request::builder()
            .uri(&path)
            .header("authorization", format!("Bearer {token}"))
            .body(axum::body::Body::empty())
            .unwrap();
        let reply = fixture.raw(request).await;
        assert_eq!(reply.code(), 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    };
    let notice = get(format!("/api/v1/notices/{}", told.notice)).await;
    assert_eq!(notice["kept"], "page");
    assert_eq!(notice["page"], page_hash(&fixture, told.deal).as_str());
    assert_eq!(notice["sections"].as_array().unwrap().len(), 4);
    let deal = get(format!("/api/v1/deals/{}", told.deal)).await;
    let posted = &deal["notices"][0]["posted"];
    assert_eq!(posted["page"], notice["page"]);
    assert!(posted["content"].is_null() && posted["contact"].is_null());
}
