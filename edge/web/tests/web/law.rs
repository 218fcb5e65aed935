//! Law files through the browser and the API: seen before they are adopted, and in
//! force at once for cases, calculators and pages.

use dukou_chain::people::Role;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Reply};
use crate::headers::upload;

const REGION: &str = "[region]\ncode = \"CN-XA\"\nzh = \"甲省\"\nen = \"Province A\"\n";

const REWARD: &str = r#"
[[document]]
id = "xa"
zh = "甲省促进科技成果转化条例"
en = "Transfer Regulations of A"
url = "https://example.org/xa"
[[article]]
id = "xa.9"
zh = "甲省促进科技成果转化条例第9条"
en = "Transfer Regulations of A art. 9"
document = "xa"
article = "第9条"
quote = "提取不低于百分之六十的比例"
mark = "V"
checked = 2026-06-01
[[parameter]]
id = "reward.min.self_or_joint"
[[parameter.value]]
from = 2020-01-01
value = "9%"
article = "xa.9"
mark = "V"
checked = 2026-06-01
"#;

async fn send(fixture: &Fixture, name: &str, text: &str, fields: &[(&str, &str)]) -> Reply {
    let head = fixture.of(Role::OfficeHead);
    let named = format!("filename=\"{name}\"");
    upload(
        fixture,
        head,
        "/settings/law",
        ("file", &named, text),
        fields,
    )
    .await
}

const CONFIRMED: [(&str, &str); 2] = [("confirm", "yes"), ("reason", "甲省条例施行")];

#[tokio::test(flavor = "multi_thread")]
async fn a_law_file_is_previewed_then_adopted_and_holds_at_once() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    let at = [("folder", "CN-XA"), ("reason", "甲省条例施行")];
    let before = fixture.entries();
    let shown = send(&fixture, "region.toml", REGION, &at).await;
    assert_eq!(shown.code(), 200, "{}", shown.body);
    assert!(shown.body.contains("甲省") && shown.body.contains("id=\"preview\""));
    assert_eq!(fixture.entries(), before, "a preview loads nothing");
    // The preview holds the files that the adoption sends.
    let files = json!([
        {"name": "CN-XA/region.toml", "text": REGION}, {"name": "CN-XA/reward.toml", "text": REWARD},
    ])
    .to_string();
    let adopted = send(
        &fixture,
        "",
        "",
        &[CONFIRMED[0], CONFIRMED[1], ("files", &files)],
    )
    .await;
    assert_eq!(adopted.code(), 303, "{}", adopted.body);
    assert_eq!(fixture.entries(), before + 1);
    let rules = fixture.get(Some(head), "/rules?region=CN-XA").await;
    for word in ["甲省促进科技成果转化条例第9条", "2020-01-01", "9%"] {
        assert!(rules.body.contains(word), "{word}");
    }
    let id = "reward.min.self_or_joint";
    let link = format!("/rules/{id}?region=CN-XA");
    assert!(rules.body.contains(&link), "the list leads to each rule");
    let rules = fixture.get(Some(head), &link).await;
    for word in [
        "甲省促进科技成果转化条例第9条",
        "提取不低于百分之六十的比例",
        "https://example.org/xa",
        "2026-06-01",
        "9%",
    ] {
        assert!(rules.body.contains(word), "{word}");
    }
    let settings = fixture
        .get(Some(fixture.of(Role::SystemAdmin)), "/settings")
        .await;
    assert!(settings.body.contains("value=\"CN-XA\""));
    // The calculator of the page goes by it.
    let question = json!({"profits_fen": [100_000_000], "rate": "8%", "jurisdiction": "CN-XA"});
    let form = [("input", question.to_string())];
    let form = [("input", form[0].1.as_str())];
    let answer = fixture
        .post(Some(head), "/tools/self-implementation", &form)
        .await;
    assert!(
        answer.body.contains("甲省促进科技成果转化条例第9条"),
        "{}",
        answer.body
    );
    let list = fixture.get(Some(head), "/settings/law").await;
    assert!(list.body.contains("CN-XA/reward.toml"));
}

const LIST: &str = "[[checklist]]\nid = \"exemption.conditions\"\n";

fn no_gain(from: &str, extra: &str) -> String {
    format!(
        "[[checklist.row]]\nkey = \"no_gain\"\nfrom = {from}\nzh = \"没有牟取重大非法利益\"\nen = \"No grave benefit\"\narticle = \"sc_2016_16.10\"\nmark = \"V\"\nchecked = 2026-06-01\n{extra}"
    )
}

/// What a load puts in the place of a condition is shown beside it; what would end
/// one is not loaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_held_beside_what_will_hold() {
    let fixture = Fixture::new();
    let at = [("folder", "CN"), ("reason", "修订")];
    let softer = format!(
        "{LIST}{}",
        no_gain("2027-01-01", "severity = \"warning\"\n")
    );
    let shown = send(&fixture, "own.toml", &softer, &at).await;
    assert_eq!(shown.code(), 200, "{}", shown.body);
    for word in [
        "没有牟取非法利益 [refused]",
        "没有牟取重大非法利益 [warning]",
        "2027-01-01",
        "国发〔2016〕16号（十）",
    ] {
        assert!(shown.body.contains(word), "{word} in {}", shown.body);
    }
    let ends = format!("{LIST}{}", no_gain("2027-01-01", "until = 2027-12-31\n"));
    let refused = send(&fixture, "own.toml", &ends, &at).await;
    assert_eq!(refused.code(), 422);
    assert!(refused.body.contains("其后没有条件"), "{}", refused.body);
    // A bound that is no minimum may end, and the preview says when.
    let brief = REWARD
        .replace("reward.min.self_or_joint", "pit.cash_reward.included")
        .replace("2020-01-01\nvalue", "2027-01-01\nuntil = 2027-12-31\nvalue");
    let shown = send(&fixture, "own.toml", &brief, &at).await;
    assert_eq!(shown.code(), 200, "{}", shown.body);
    for word in [
        "2028-01-01",
        "到期，其后没有",
        "甲省促进科技成果转化条例第9条",
        "50%",
    ] {
        assert!(shown.body.contains(word), "{word} in {}", shown.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_law_file_says_file_and_line_and_loses_nothing() {
    let fixture = Fixture::new();
    let before = fixture.entries();
    let at = [("folder", "CN-XB"), ("reason", "试")];
    let reply = send(&fixture, "region.toml", REGION, &at).await;
    assert_eq!(reply.code(), 422);
    assert!(
        reply.body.contains("law/CN-XB/region.toml"),
        "{}",
        reply.body
    );
    assert!(reply.body.contains("第1行"));
    assert!(reply.body.contains("value=\"CN-XB\"") && reply.body.contains("value=\"试\""));
    // A province's rules are not the country's because a field was left empty.
    let nowhere = send(&fixture, "region.toml", REGION, &[("reason", "试")]).await;
    assert_eq!(nowhere.code(), 422);
    assert!(nowhere.body.contains("全国填 CN"), "{}", nowhere.body);
    let low = REWARD.replace("9%", "4%");
    let files = json!([{"name": "low.toml", "text": low}]).to_string();
    let fields = [CONFIRMED[0], CONFIRMED[1], ("files", files.as_str())];
    let reply = send(&fixture, "", "", &fields).await;
    assert_eq!(reply.code(), 422);
    assert!(reply.body.contains("第45条"), "{}", reply.body);
    // Without a reason the files are kept for the next try.
    let files = json!([{"name": "CN-XA/region.toml", "text": REGION}]).to_string();
    let reply = send(&fixture, "", "", &[("confirm", "yes"), ("files", &files)]).await;
    assert_eq!(reply.code(), 422);
    assert!(reply.body.contains("CN-XA/region.toml"));
    let torn = send(&fixture, "", "", &[("files", "[{"), ("reason", "试")]).await;
    assert_eq!(torn.code(), 422);
    // Nobody else may.
    let manager = fixture.of(Role::Manager);
    let form = [("files", files.as_str()), CONFIRMED[0], CONFIRMED[1]];
    let reply = fixture.post(Some(manager), "/settings/law", &form).await;
    assert_eq!(reply.code(), 403);
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_loads_a_law_file_and_may_ask_before() {
    let fixture = Fixture::new();
    let head = crate::api::token(&fixture, fixture.of(Role::OfficeHead), "*").await;
    let before = fixture.entries();
    let dry = "/api/v1/law?name=CN-XA/region.toml&reason=x&dry_run=true";
    let told = crate::reach::raw(&fixture, &head, dry, REGION).await;
    let value: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!((told.code(), &value["loaded"]), (200, &json!(false)));
    assert_eq!(value["changes"][0]["id"], "CN-XA");
    assert_eq!(fixture.entries(), before);
    let done = crate::reach::raw(&fixture, &head, &dry.replace("&dry_run=true", ""), REGION).await;
    assert_eq!(done.code(), 201, "{}", done.body);
    let bad = crate::reach::raw(&fixture, &head, "/api/v1/law?name=x.toml&reason=x", "a = ").await;
    assert_eq!(bad.code(), 422);
    assert!(bad.body.contains("law/x.toml"), "{}", bad.body);
}

/// Articles 9 and 10 of the province, and a period of each: article 10 revised it.
fn publicity_of_a() -> String {
    let article = REWARD.split("[[parameter]]").next().unwrap();
    let tenth = article.split("[[article]]").nth(1).unwrap();
    let tenth = tenth.replace("xa.9", "xa.10").replace("第9条", "第10条");
    let tenth = tenth.replace("art. 9", "art. 10");
    let value = |from: &str, days: u32, article: &str| {
        format!(
            "[[parameter.value]]\nfrom = {from}\nvalue = {days}\narticle = \"{article}\"\nmark = \"V\"\nchecked = 2026-06-01\n"
        )
    };
    let (first, revised) = (
        value("2020-01-01", 18, "xa.9"),
        value("2025-01-01", 25, "xa.10"),
    );
    format!(
        "{article}[[article]]{tenth}[[parameter]]\nid = \"price.publicity.min\"\n{first}{revised}"
    )
}

/// One law: what is loaded is what page, command and calculator say, with its article.
#[tokio::test(flavor = "multi_thread")]
async fn page_command_and_calculator_go_by_a_loaded_value_and_cite_its_article() {
    let fixture = Fixture::new();
    let head = fixture.of(Role::OfficeHead);
    let (_, deal) = crate::story::decided(&fixture, "膜");
    let files = [
        ("CN-XA/region.toml".to_owned(), REGION.to_owned()),
        ("CN-XA/publicity.toml".to_owned(), publicity_of_a()),
    ];
    let actor = fixture.actor(Role::OfficeHead);
    let loaded = fixture
        .store()
        .load_law(fixture.institution, actor, &files, "修订");
    loaded.unwrap();
    let admin = crate::api::token(&fixture, fixture.of(Role::SystemAdmin), "*").await;
    let moved = json!({"command": "institution.set_profile", "profile": {
        "name_zh": "甲大学", "name_en": "", "prefix": "JA", "jurisdiction": "CN-XA",
        "state_established": true, "central_unit": false, "contact": "",
    }});
    let reply = crate::api::call(&fixture, &admin, "/api/v1/commands", Some(moved), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);

    let page = fixture.get(Some(head), "/rules?region=CN-XA").await;
    assert!(page.body.contains("甲省促进科技成果转化条例第10条"));

    let calculator = dukou_calc::find("publicity").unwrap();
    let question = json!({"kind": "agreed_price", "posted": "2026-03-02", "days": 20,
        "jurisdiction": "CN-XA"});
    let input = question.to_string();
    let answer = fixture
        .post(Some(head), "/tools/publicity", &[("input", input.as_str())])
        .await;
    for word in ["甲省促进科技成果转化条例第10条", "25"] {
        assert!(answer.body.contains(word), "{word} in {}", answer.body);
    }
    // What the program carries says otherwise.
    let carried = dukou_calc::Env::carried(fixture.store().today());
    let other = json!({"kind": "agreed_price", "posted": "2026-03-02", "days": 20});
    let other = (calculator.run)(other, &carried).unwrap();
    assert_eq!(other["findings"], json!([]));

    let manager = crate::api::token(&fixture, fixture.of(Role::Manager), "*").await;
    let post = json!({"command": "publicity.post", "deal": deal, "days": 20, "contact": "中心",
        "notice": uuid::Uuid::now_v7(), "summary": ""});
    let reply = crate::api::call(&fixture, &manager, "/api/v1/commands", Some(post), &[]).await;
    assert_eq!(reply.code(), 422, "{}", reply.body);
    for word in [
        "publicity.too_short",
        "甲省促进科技成果转化条例第10条",
        "25",
    ] {
        assert!(reply.body.contains(word), "{word} in {}", reply.body);
    }

    // Own rules that say nothing of it take the loaded period.
    let head = crate::api::token(&fixture, head, "*").await;
    let silent = json!({"command": "institution.adopt_policy", "from": "2027-01-01", "policy": {
        "title": "办法", "distribution": {"tiers": [{"pools": {"team": "70%", "university": "30%"}}]}}});
    let reply = crate::api::call(&fixture, &head, "/api/v1/commands", Some(silent), &[]).await;
    assert_eq!(reply.code(), 201, "{}", reply.body);
    let told = crate::api::read(&fixture, &head, "/api/v1/institution").await;
    assert!(
        told.to_string().contains("\"price_publicity_days\":25"),
        "{told}"
    );
}
