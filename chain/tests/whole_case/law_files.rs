//! Law files of the installation: loaded, revised, refused, and what happens when
//! a later program does not understand one.

use dukou_chain::contract::Stage;
use dukou_chain::institution::{Event, Institution, LONGEST, LawFile, LawLoaded, TOGETHER, hash};
use dukou_chain::whole::State;
use dukou_journal::StreamId;
use dukou_rules::{Article, Rulebook};
use serde_json::{Value, json};

use crate::runner::{CASE, DEAL, HEAD, MANAGER, World, day, id};

const REGION: &str = "[region]\ncode = \"CN-XA\"\nzh = \"甲省\"\nen = \"Province A\"\n";

fn reward(share: &str, from: &str) -> String {
    format!(
        r#"[[document]]
id = "xa"
zh = "甲省条例"
en = "Regulations of A"
[[article]]
id = "xa.1"
zh = "甲省条例第1条"
en = "Regulations of A art. 1"
document = "xa"
article = "第1条"
mark = "V"
quote = "不低于"
checked = 2026-01-01
[[parameter]]
id = "reward.min.transfer_license"
[[parameter.value]]
from = {from}
value = "{share}"
article = "xa.1"
mark = "V"
checked = 2026-01-01
"#
    )
}

fn load(files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|(name, text)| json!({"name": name, "file": hash(text), "text": text}))
        .collect();
    json!({"command": "institution.load_law", "reason": "条例施行", "files": files})
}

fn codes(world: &mut World, command: Value) -> Vec<(String, String)> {
    let refusal = world.give(HEAD, command).unwrap_err();
    let told = refusal.findings.iter();
    told.map(|it| (it.code.to_string(), it.message.en.clone()))
        .collect()
}

fn institution(world: &World) -> Institution {
    match world.state(StreamId::Institution).as_ref() {
        State::Institution(it) => it.clone(),
        _ => panic!("not the institution"),
    }
}

fn least(world: &World) -> String {
    let institution = institution(world);
    let rules = institution.rulebook().at(day("2026-09-21")).within("CN-XA");
    let share = rules.share("reward.min.transfer_license").unwrap();
    format!("{} {}", share.value.to_percent_text(), share.citation.id)
}

#[test]
fn a_province_is_loaded_and_revised_and_holds_at_once() {
    let mut world = World::new();
    assert_eq!(least(&world), "50% transfer_law.45.1");
    let first = reward("60%", "2020-01-01");
    world.must(
        HEAD,
        load(&[("CN-XA/region.toml", REGION), ("CN-XA/reward.toml", &first)]),
    );
    assert_eq!(least(&world), "60% xa.1");
    let profile = json!({"command": "institution.set_profile", "profile": {
        "name_zh": "甲大学", "name_en": "", "prefix": "JA", "jurisdiction": "CN-XA",
        "state_established": true, "central_unit": false, "contact": "",
    }});
    world.must(HEAD, profile);
    let again = codes(&mut world, load(&[("CN-XA/reward.toml", &first)]));
    assert_eq!(again[0].0, "law.same");
    let revised = first.clone()
        + "[[parameter.value]]\nfrom = 2026-01-01\nvalue = \"65%\"\narticle = \"xa.1\"\nmark = \"V\"\nchecked = 2026-01-01\n";
    world.must(HEAD, load(&[("CN-XA/reward.toml", &revised)]));
    assert_eq!(least(&world), "65% xa.1");
    // Withdrawn.
    world.must(HEAD, load(&[("CN-XA/reward.toml", "# 撤下\n")]));
    assert_eq!(least(&world), "50% transfer_law.45.1");
}

/// What the school's own rules leave out is what holds here, not what the program
/// carries.
#[test]
fn own_rules_that_are_silent_take_the_defaults_of_the_loaded_law() {
    let mut world = World::new();
    let adopt = |from: &str, more: Value| {
        let mut policy = json!({"title": "办法", "distribution": {"tiers": [
            {"pools": {"team": "70%", "university": "30%"}}]}});
        for (key, value) in more.as_object().unwrap() {
            policy[key] = value.clone();
        }
        json!({"command": "institution.adopt_policy", "from": from, "policy": policy})
    };
    let told = |world: &World, on: &str| {
        let institution = institution(world);
        let it = institution.policy_on(day(on)).unwrap().clone();
        (
            it.main_contributors.to_percent_text(),
            it.equity_team.to_percent_text(),
            [it.price_publicity_days, it.reply_days, it.objection_days],
        )
    };
    let shares = |main: &str, equity: &str| (main.to_owned(), equity.to_owned());
    world.must(HEAD, adopt("2027-01-01", json!({})));
    let (main, equity) = shares("50%", "50%");
    assert_eq!(told(&world, "2027-01-01"), (main, equity, [15, 15, 15]));
    let parameter = |id: &str, value: &str| {
        format!(
            "[[parameter]]\nid = \"{id}\"\n[[parameter.value]]\nfrom = 2026-01-01\nvalue = {value}\narticle = \"xa.1\"\nmark = \"V\"\nchecked = 2026-01-01\n"
        )
    };
    let text = reward("60%", "2020-01-01")
        + &parameter("reward.main_contributor.min", "\"60%\"")
        + &parameter("reward.min.equity", "\"55%\"")
        + &parameter("price.publicity.min", "20")
        + &parameter("default.reply_days", "10");
    let files = [
        ("CN-XA/region.toml", REGION),
        ("CN-XA/own.toml", text.as_str()),
    ];
    world.must(HEAD, load(&files));
    let profile = json!({"command": "institution.set_profile", "profile": {
        "name_zh": "甲大学", "name_en": "", "prefix": "JA", "jurisdiction": "CN-XA",
        "state_established": true, "central_unit": false, "contact": "",
    }});
    world.must(HEAD, profile);
    world.must(HEAD, adopt("2027-02-01", json!({"objection_days": 7})));
    let (main, equity) = shares("60%", "55%");
    assert_eq!(told(&world, "2027-02-01"), (main, equity, [20, 10, 7]));
    // What was adopted before stays as it was written down.
    assert_eq!(told(&world, "2027-01-31").2, [15, 15, 15]);
    let low = adopt("2027-03-01", json!({"price_publicity_days": 15}));
    assert_eq!(
        codes(&mut world, low)[0].0,
        "policy.price_publicity_too_short"
    );
}

#[test]
fn a_wrong_file_is_refused_with_its_line_and_loses_nothing() {
    let mut world = World::new();
    let good = reward("60%", "2020-01-01");
    world.must(
        HEAD,
        load(&[("CN-XA/region.toml", REGION), ("CN-XA/reward.toml", &good)]),
    );
    let low = reward("40%", "2020-01-01");
    let told = codes(&mut world, load(&[("CN-XA/reward.toml", &low)]));
    assert_eq!(told[0].0, "law.file");
    assert!(
        told[0].1.contains("law/CN-XA/reward.toml, line 16"),
        "{}",
        told[0].1
    );
    assert!(told[0].1.contains("below the minimum"));
    let twice = codes(&mut world, load(&[("CN-XA/more.toml", &good)]));
    assert!(twice[0].1.contains("one id has one text"), "{}", twice[0].1);
    let broken = codes(&mut world, load(&[("tax.toml", "[[parameter")]));
    assert!(
        broken[0].1.contains("law/tax.toml, line 1"),
        "{}",
        broken[0].1
    );
    let stranger = codes(
        &mut world,
        load(&[("CN-XB/tax.toml", "[[parameter]]\nid = \"a\"\n")]),
    );
    assert!(stranger[0].1.contains("region.toml"));
    for name in ["../x.toml", "a/b/c.toml", "x.txt", "", ".toml", "CN-XA/"] {
        assert_eq!(
            codes(&mut world, load(&[(name, REGION)]))[0].0,
            "law.name",
            "{name}"
        );
    }
    let mut other = load(&[("CN-XA/region.toml", REGION)]);
    other["files"][0]["text"] = json!("# changed");
    assert_eq!(codes(&mut world, other)[0].0, "law.hash");
    let mut bare = load(&[("x.toml", "# nothing\n")]);
    bare["reason"] = json!("");
    let told = codes(&mut world, bare);
    assert_eq!(told[0].0, "field.required");
    assert_eq!(codes(&mut world, load(&[]))[0].0, "law.files");
    assert_eq!(
        codes(&mut world, load(&[("x.toml", " ")]))[0].0,
        "law.empty"
    );
    assert_eq!(least(&world), "60% xa.1");
}

/// What one institution loads is limited, over all its files and all its loads.
#[test]
fn all_files_together_are_limited() {
    let mut world = World::new();
    let long = format!("# {}\n", "法".repeat(LONGEST - 3));
    let names: Vec<String> = (0..=TOGETHER / LONGEST)
        .map(|n| format!("f{n}.toml"))
        .collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|it| (it.as_str(), long.as_str()))
        .collect();
    let (last, fit) = files.split_last().unwrap();
    let told = codes(&mut world, load(&files));
    assert_eq!(told[0].0, "law.too_much");
    assert!(
        told[0].1.contains("4200000") && told[0].1.contains("4000000"),
        "{}",
        told[0].1
    );
    world.must(HEAD, load(fit));
    assert_eq!(codes(&mut world, load(&[*last]))[0].0, "law.too_much");
    // What is withdrawn makes room.
    world.must(HEAD, load(&[(fit[0].0, "# 撤下\n")]));
    world.must(HEAD, load(&[("f.toml", "# 短\n")]));
}

/// Why [`dukou_chain::law::citation`] may be asked where no institution is at hand:
/// no loaded file puts an article that the program carries in other words.
#[test]
fn an_article_is_the_same_for_every_institution() {
    let mut world = World::new();
    let carried = Rulebook::builtin();
    let written = |it: &Article, en: &str| {
        let (id, zh, document) = (&it.citation.id, &it.citation.zh, &it.document);
        format!(
            "[[article]]\nid = \"{id}\"\nzh = \"{zh}\"\nen = \"{en}\"\ndocument = \"{document}\"\narticle = \"x\"\nmark = \"K\"\nchecked = 2026-01-01\n"
        )
    };
    let mut all = String::new();
    for article in carried.articles() {
        let other = written(article, "something else");
        let error = carried.with_layer(&[("law/x.toml", &other)]).unwrap_err();
        assert!(error.message.en.contains("one id has one text"), "{error}");
        all += &written(article, &article.citation.en);
    }
    world.must(
        HEAD,
        load(&[("x.toml", &all), ("CN-XA/region.toml", REGION)]),
    );
    let institution = institution(&world);
    assert!(institution.rulebook().region("CN-XA").is_some());
    for article in carried.articles() {
        let id = &article.citation.id;
        assert_eq!(institution.article(id), dukou_chain::law::citation(id));
    }
}

/// An event of before, whose file this program reads otherwise.
#[test]
fn what_is_no_longer_understood_is_loud_and_stops_what_needs_it() {
    let mut world = World::new();
    let mut institution = institution(&world);
    let text = "[[parameter]]\nid = \"of.another.time\"\ncolour = 1\n";
    let event = Event::LawLoaded(LawLoaded {
        files: vec![LawFile {
            name: "old.toml".to_owned(),
            file: hash(text).parse().unwrap(),
            text: text.to_owned(),
        }],
        reason: String::new(),
    });
    institution.apply(event, day("2026-09-21"));
    let fault = institution.law().fault().unwrap();
    assert_eq!((fault.file.as_str(), fault.line), ("law/old.toml", 3));
    assert!(institution.law().sound().is_err());
    assert!(
        institution
            .rulebook()
            .parameter("of.another.time")
            .is_none()
    );

    world.accepted();
    world.put(StreamId::Institution, State::Institution(institution));
    let note =
        json!({"command": "closing.note", "case": id(CASE), "text": "仍可记录", "files": []});
    world.must(MANAGER, note);
    let open = json!({"command": "matching.open", "deal": id(DEAL), "cases": [id(CASE)],
        "mode": "licence", "party": {"name": "乙公司", "kind": "private", "size": "small"}});
    let refusal = world.give(MANAGER, open).unwrap_err();
    assert_eq!(refusal.code(), "law.unreadable");
    let mended = json!({"command": "institution.load_law", "reason": "改正", "files": [
        {"name": "old.toml", "file": hash("# 撤下"), "text": "# 撤下"}]});
    world.must(HEAD, mended);
    assert!(self::institution(&world).law().fault().is_none());
}
