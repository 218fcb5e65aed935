//! What a notice publishes is what stood in the open: facts in the event, names in the
//! page alone, and nothing that happens later changes either.

use dukou_chain::distribution::{self, Registration};
use dukou_chain::publicity::{self, Content, Names, Paper, page::Article};
use dukou_chain::whole::Event;
use dukou_kernel::{Lang, Money, Share};
use serde_json::{Value, json};

use crate::runner::{DEAL, HEAD, LI, MANAGER, WANG, World, day, id, paper, person, receipt, yuan};

fn decided() -> World {
    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world.protected().opened("licence").decided(&terms);
    world.on("2026-09-21");
    world
}

fn post(world: &mut World, command: Value) -> publicity::Posted {
    match world.must(MANAGER, command).as_slice() {
        [Event::Publicity(publicity::Event::Posted(it))] => it.clone(),
        other => panic!("{other:?}"),
    }
}

fn page_of(world: &World, content: Option<(&str, &str)>) -> String {
    let (hash, name) = content.unwrap();
    assert!(name.ends_with("号.html"), "{name}");
    world.papers[hash].clone()
}

fn price_page(world: &World, posted: &publicity::Posted) -> String {
    let (_, page) = posted.content.frozen().unwrap();
    page_of(world, Some((page.file.as_str(), &page.name)))
}

fn reward_command() -> Value {
    json!({
        "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
        "notice": id(402), "days": 15, "contact": "科技处 李老师 010-0000000",
    })
}

fn post_reward(world: &mut World, command: Value) -> (distribution::RewardPosted, String) {
    let events = world.must(MANAGER, command);
    let [Event::Distribution(distribution::Event::RewardPosted(it))] = events.as_slice() else {
        panic!("{events:?}");
    };
    let (_, page) = it.content.frozen().unwrap();
    let html = page_of(world, Some((page.file.as_str(), &page.name)));
    (it.clone(), html)
}

#[test]
fn the_page_holds_the_names_and_the_event_holds_none() {
    let mut world = decided();
    let mut command = world.post_command(400, 15);
    command["contact"] = json!("科技处 赵老师 010-1234567");
    command["summary"] = json!("一种<b>电解质</b>膜");
    let posted = post(&mut world, command);
    let html = price_page(&world, &posted);
    for known in [
        "李青禾",
        "王以南",
        "赵老师 010-1234567",
        "人民币3,000,000.00元（大写：叁佰万元整）",
        "青岚新能源有限公司",
        "一种高比能固态电解质膜（发明）",
        "内容摘要：一种&#60;b&#62;电解质&#60;/b&#62;膜",
        "公示期15日：2026年9月22日至2026年10月8日（末日逢休息日，已顺延）",
        "Yunzhou University",
    ] {
        assert!(html.contains(known), "{known} in {html}");
    }
    let entry = world.entries.last().unwrap();
    assert_eq!(entry.meta.kind, "publicity.posted.v2");
    for never in ["李青禾", "王以南", "赵老师", "1234567"] {
        assert!(!entry.body.contains(never), "{never} in {}", entry.body);
    }
    // Found by whoever looks for evidence.
    let (_, page) = posted.content.frozen().unwrap();
    assert!(entry.body.contains(&format!("\"file\":\"{}\"", page.file)));
}

#[test]
fn the_page_asks_for_nothing_outside_of_it_and_runs_nothing() {
    let mut world = decided();
    let mut command = world.post_command(400, 15);
    command["contact"] = json!("\"><script>alert(1)</script>");
    command["summary"] = json!("</article><article>");
    let posted = post(&mut world, command);
    let html = price_page(&world, &posted);
    for never in ["<script", "src=", "href=", "url(", "@import", "http"] {
        assert!(!html.contains(never), "{never}");
    }
    // What is read out of the page is what was printed into it.
    let (facts, _) = posted.content.frozen().unwrap();
    let names = world.names.clone();
    let contact = "\"><script>alert(1)</script>";
    let sheet = posted.sheet(facts, day("2026-09-21"), (contact, None), &names);
    assert_eq!(sheet.to_string(), html);
    for lang in [Lang::Zh, Lang::En] {
        let read = Article::read(&html, lang).unwrap();
        assert_eq!(&read, sheet.article(lang));
        assert!(html.contains(&read.to_string()));
        assert!(read.sections[3].text[0].contains(contact));
    }
    assert_eq!(Article::read("<article>", Lang::Zh), None);
}

#[test]
fn an_amendment_changes_nothing_under_the_number() {
    let mut world = decided();
    let command = world.post_command(400, 15);
    let posted = post(&mut world, command);
    let (html, papers) = (price_page(&world, &posted), world.papers.len());
    world.signed();
    let dearer = world.licence(3_200_000);
    world.must(
        HEAD,
        json!({"command": "agreement.amend", "deal": id(DEAL), "terms": dearer,
            "reason": "补充协议", "paper": paper()}),
    );
    world.must(
        HEAD,
        json!({"command": "agreement.rename_party", "deal": id(DEAL), "paper": paper(),
            "party": {"name": "青岚固态电池股份有限公司", "kind": "private", "size": "small"}}),
    );
    world.names.insert(person(LI), "李改名".to_owned());
    let deal = world.deal();
    let notice = &deal.publicity.notices[0];
    assert_eq!(notice.posted, posted);
    assert_eq!(price_page(&world, &notice.posted), html);
    assert_eq!(world.papers.len(), papers, "no second page");
    // The facts give the same bytes again, with the names and the contact of the time.
    let (facts, page) = posted.content.frozen().unwrap();
    let names = Names::from([
        (person(LI), "李青禾".to_owned()),
        (person(WANG), "王以南".to_owned()),
    ]);
    let contact = "科技处 010-0000000";
    let again = posted.sheet(facts, notice.posted_on, (contact, None), &names);
    let again: Paper = again.paper();
    assert_eq!((&again.file, again.html), (page, html));
}

#[test]
fn a_tie_to_the_other_side_is_told_by_name() {
    let mut world = decided();
    let declare = |related: bool| json!({"command": "deal.declare_interest", "deal": id(DEAL), "related": related, "note": "持股"});
    world.must(LI, declare(true));
    let command = world.post_command(400, 15);
    let posted = post(&mut world, command.clone());
    let html = price_page(&world, &posted);
    assert!(
        html.contains("关联关系：李青禾申报为受让方本人或与对方有关联关系"),
        "{html}"
    );
    assert!(html.contains("张贴时王以南的关联关系还没有申报"), "{html}");
    let (facts, _) = posted.content.frozen().unwrap();
    let ties: Vec<_> = facts.people.iter().map(|it| it.related).collect();
    assert_eq!(ties, [Some(true), None]);
}

#[test]
fn a_natural_person_as_taker_is_named_by_the_page_alone() {
    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world.protected().on("2026-09-01");
    world.must(
        MANAGER,
        json!({
            "command": "matching.open", "deal": id(DEAL), "cases": [id(crate::runner::CASE)],
            "mode": "licence", "party": {"name": "孙自然", "kind": "person", "size": "unknown"},
        }),
    );
    world.decided(&terms).on("2026-09-21");
    let command = world.post_command(400, 15);
    let posted = post(&mut world, command);
    assert!(price_page(&world, &posted).contains("对方为孙自然"));
    assert!(!world.entries.last().unwrap().body.contains("孙自然"));
}

#[test]
fn the_law_of_zhejiang_asks_for_an_abstract() {
    let mut world = decided();
    world.must(
        HEAD,
        json!({"command": "institution.set_profile", "profile": {
            "name_zh": "云舟大学", "name_en": "", "prefix": "YZ", "jurisdiction": "CN-ZJ",
            "state_established": true, "central_unit": false, "contact": "科技处",
        }}),
    );
    let mut command = world.post_command(400, 15);
    command["summary"] = json!("  ");
    let refusal = world.refused(MANAGER, command.clone(), "publicity.no_abstract");
    let finding = &refusal.findings[0];
    assert_eq!(finding.citation.as_ref().unwrap().id, "zj.17");
    command["summary"] = json!("长".repeat(1001));
    world.refused(MANAGER, command.clone(), "field.too_long");
    command["summary"] = json!("用于固态电池的电解质膜");
    let posted = post(&mut world, command);
    let html = price_page(&world, &posted);
    assert!(html.contains("内容摘要：用于固态电池的电解质膜"));
    // No English name: the Chinese one heads both.
    assert!(html.contains("云舟大学: notice of technology transfer"));
}

#[test]
fn a_reward_notice_says_who_gets_what_for_what() {
    let mut world = World::with_money();
    world.distributed(500);
    world.must(
        HEAD,
        json!({"command": "agreement.register", "deal": id(DEAL), "register_no": "2026110000000001",
            "registered": "2026-10-12", "technology_amount": yuan(3_000_000)}),
    );
    let mut command = reward_command();
    command["registrar"] = json!("云舟市技术市场管理办公室");
    let (posted, html) = post_reward(&mut world, command);
    let (facts, _) = posted.content.frozen().unwrap();
    assert_eq!(facts.received, day("2026-10-20"));
    assert_eq!(facts.income, Money::from_fen(yuan(3_000_000)));
    let owed: Vec<i64> = [LI, WANG].map(|who| world.owed(500, who).fen()).to_vec();
    let told: Vec<i64> = facts.people.iter().map(|it| it.amount.fen()).collect();
    assert_eq!(told, owed);
    assert_eq!(facts.total.fen(), owed.iter().sum::<i64>());
    assert_eq!(facts.people[0].contributions[0].share, Share::percent(60));
    assert!(matches!(
        &facts.registered,
        Registration::Entered { body, .. } if body == "云舟市技术市场管理办公室"
    ));
    for known in [
        "李青禾（无领导职务；贡献60%，",
        "转化收入3,000,000.00元，2026-10-20到账；净收入",
        "登记编号2026110000000001，2026-10-12由云舟市技术市场管理办公室登记",
        "15个工作日",
    ] {
        assert!(html.contains(known), "{known} in {html}");
    }
    let body = &world.entries.last().unwrap().body;
    assert!(
        !body.contains("李青禾") && !body.contains("李老师"),
        "{body}"
    );
}

#[test]
fn a_reward_notice_before_registration_says_so_as_a_fact() {
    let mut world = World::with_money();
    world.distributed(500);
    let (posted, html) = post_reward(&mut world, reward_command());
    assert!(html.contains("未登记。"), "{html}");
    assert!(html.contains("Not registered."), "{html}");
    assert!(
        world
            .entries
            .last()
            .unwrap()
            .body
            .contains("\"registered\":\"none\"")
    );
    // Registered afterwards: what stood in the open did not say so.
    world.must(
        HEAD,
        json!({"command": "agreement.register", "deal": id(DEAL), "register_no": "2026110000000001",
            "registered": "2026-10-20", "technology_amount": yuan(3_000_000)}),
    );
    let deal = world.deal();
    let kept = deal.distribution.divisions[&receipt(500)].reward.as_ref();
    assert_eq!(kept.unwrap().posted, posted);
}

#[test]
fn a_name_that_was_erased_is_said_to_be() {
    let mut world = decided();
    world.names.insert(person(LI), String::new());
    let command = world.post_command(400, 15);
    let posted = post(&mut world, command);
    let html = price_page(&world, &posted);
    assert!(html.contains("〔个人信息已删除〕、王以南"), "{html}");
    assert!(html.contains("[personal data erased], 王以南"), "{html}");
}

#[test]
fn a_notice_of_the_first_shape_kept_neither_facts_nor_page() {
    let read = |kind: &str| {
        let file = format!(
            "{}/tests/golden/events/{kind}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let bytes = std::fs::read_to_string(file).unwrap();
        let entry = dukou_journal::Entry::from_bytes(&bytes).unwrap();
        Event::from_body(kind, &entry.body).unwrap()
    };
    let Event::Publicity(publicity::Event::Posted(it)) = read("publicity.posted.v1") else {
        panic!("a notice");
    };
    let contact = |text: &str| text.starts_with("科技处");
    assert!(matches!(&it.content, Content::Unfrozen { contact: it } if contact(it)));
    assert_eq!(it.names(), None);
    let reward = read("distribution.reward_posted.v1");
    let Event::Distribution(distribution::Event::RewardPosted(it)) = reward else {
        panic!("a notice");
    };
    assert!(matches!(&it.content, Content::Unfrozen { contact: it } if contact(it)));
    assert_eq!(it.names(), None);
    // Without a contact it was never one.
    assert!(Event::from_body("publicity.posted.v1", r#"{"titles":[]}"#).is_err());
}

#[test]
fn the_same_facts_and_names_give_the_same_bytes() {
    let page = || {
        let mut world = decided();
        let command = world.post_command(400, 15);
        let posted = post(&mut world, command);
        (posted.clone(), price_page(&world, &posted))
    };
    assert_eq!(page(), page());
    let (posted, html) = page();
    let (facts, _) = posted.content.frozen().unwrap();
    let zh = posted.sheet(facts, day("2026-09-21"), ("甲", None), &Names::new());
    assert_ne!(zh.to_string(), html);
    assert!(zh.article(Lang::Zh).sections[3].text[0].ends_with("受理：甲。"));
}
