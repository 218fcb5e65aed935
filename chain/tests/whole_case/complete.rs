//! A story in which every kind of event happens at least once. The store plays it
//! too, so that stored data of every version is complete; the golden events are
//! taken from it.

use serde_json::{Value, json};

use crate::runner::*;

/// Whose personal data is erased, who is given a role, who is entered by mistake.
const FORMER: u128 = 7;
/// Who inherits.
const HEIR: u128 = 8;
/// Another system.
const SERVICE: u128 = 9;
/// A second deal, for equity; a third, from before.
const EQUITY: u128 = DEAL + 1;
const PAST: u128 = DEAL + 2;
/// A case that is declined, and one from before.
const DECLINED: u128 = CASE + 1;
const OLD: u128 = CASE + 2;

/// The same command for another case or deal.
fn for_other(mut command: Value, key: &str, number: u128) -> Value {
    command[key] = json!(id(number));
    command
}

pub fn story() -> World {
    let mut world = World::new();
    office(&mut world);
    case(&mut world);
    deal(&mut world);
    equity(&mut world);
    past(&mut world);
    ends(&mut world);
    law(&mut world);
    world
}

fn office(world: &mut World) {
    world.must(
        HEAD,
        json!({"command": "institution.set_profile", "profile": {
            "name_zh": "云舟大学", "name_en": "Yunzhou University", "prefix": "YZ",
            "jurisdiction": "CN", "state_established": true, "central_unit": true,
            "contact": "科技处 010-0000001",
        }}),
    );
    world.must(
        HEAD,
        json!({
            "command": "institution.add_unit", "unit": id(900), "name_zh": "材料学院",
            "name_en": "School of Materials",
        }),
    );
    world.must(
        HEAD,
        json!({"command": "institution.adopt_year", "year": {
            "year": 2027, "notice": "测试用放假安排", "published": "2026-11-20",
            "holidays": [{
                "name": {"zh": "元旦", "en": "New Year"}, "off": ["2027-01-01", "2027-01-02"],
                "work": ["2027-01-03"],
            }],
        }}),
    );
    world.must(
        HEAD,
        json!({
            "command": "institution.set_permission", "role": "manager", "action": "deal.decide",
            "scope": "own", "reason": "授权办法第三条",
        }),
    );
    world.register(FORMER, "staff", json!([]));
    world.register(HEIR, "outside", json!([]));
    world.register(SERVICE, "service", json!([]));
    world.must(
        HEAD,
        json!({"command": "people.name_owner", "person": id(SERVICE), "owner": id(FORMER)}),
    );
    for command in [
        json!({"command": "people.grant_role", "person": id(FORMER), "role": "manager"}),
        json!({"command": "people.account", "person": id(FORMER), "what": "opened"}),
        json!({
            "command": "people.revoke_role", "person": id(FORMER), "role": "manager",
            "reason": "调离",
        }),
        json!({"command": "people.erase", "person": id(FORMER), "reason": "本人申请"}),
        json!({
            "command": "people.update", "person": id(LI), "kind": "staff", "unit": id(900),
            "seals": {"name": "seal-1-2"}, "posts": [
                {"post": "deputy", "title": "副校长", "from": "2024-01-01", "to": "2030-01-01"},
            ],
        }),
    ] {
        world.must(HEAD, command);
    }
}

fn case(world: &mut World) {
    world.submitted();
    let declined = world.details(&[(WANG, "1")]);
    world.must(
        WANG,
        json!({"command": "disclosure.submit", "case": id(DECLINED), "details": declined}),
    );
    world.must(
        HEAD,
        json!({
            "command": "disclosure.decline", "case": id(DECLINED), "reason": "非职务科技成果",
        }),
    );
    world.must(
        HEAD,
        json!({
            "command": "disclosure.return", "case": id(CASE), "reason": "补充实验记录",
        }),
    );
    let mut details = world.details(&[(LI, "60%"), (WANG, "2/5")]);
    details["funding"] = json!(["university", "national"]);
    details["funding_note"] = json!("测试项目 001");
    details["disclosed"] = json!("planned");
    details["disclosed_on"] = json!("2026-12-01");
    details["unit"] = json!(id(900));
    details["evidence"] = json!([paper()]);
    world.must(
        LI,
        json!({"command": "disclosure.resubmit", "case": id(CASE), "details": details}),
    );
    world.must(
        HEAD,
        json!({
            "command": "disclosure.accept", "case": id(CASE), "manager": id(HEAD),
        }),
    );
    world.must(
        HEAD,
        json!({
            "command": "disclosure.assign", "case": id(CASE), "manager": id(MANAGER),
        }),
    );
    world.must(
        WANG,
        json!({"command": "disclosure.object_share", "case": id(CASE), "reason": "应为一半"}),
    );
    world.halve_shares();
    let confirm = json!({
        "command": "disclosure.confirm_share", "case": id(CASE), "paper": paper(),
    });
    world.must(
        MANAGER,
        json!({
            "command": "disclosure.revise_shares", "case": id(CASE), "reason": "重新商定",
            "contributors": [
                {"person": id(LI), "role": "设计", "share": "60%", "main": true},
                {"person": id(WANG), "role": "制备", "share": "2/5"},
            ],
        }),
    );
    world.must(
        LI,
        json!({"command": "disclosure.confirm_share", "case": id(CASE)}),
    );
    world.give_for(MANAGER, Some(WANG), confirm).unwrap();
    rights(world);
}

fn rights(world: &mut World) {
    world.on("2026-08-12");
    let right = |number: u128, granted: Value| {
        json!({
            "command": "protection.record_right", "case": id(CASE), "right": id(number),
            "kind": "invention", "number": format!("CN 20261000{number:04}.2"), "filed": "2026-08-12",
            "granted": granted, "owners": "云舟大学", "paper": paper(),
        })
    };
    for command in [
        json!({
            "command": "assessment.conclude", "case": id(CASE), "conclusion": "file",
            "evaluator": "技术转移办公室", "readiness": 5, "market": "动力电池",
            "summary": "可专利性好", "report": paper(),
        }),
        right(300, json!(null)),
        right(301, json!("2026-08-12")),
        json!({
            "command": "protection.record_grant", "case": id(CASE), "right": id(300),
            "granted": "2026-08-12", "paper": paper(),
        }),
        json!({
            "command": "protection.end_right", "case": id(CASE), "right": id(301),
            "ended": "2026-08-12", "reason": "合并申请",
        }),
        json!({
            "command": "protection.record_cost", "case": id(CASE), "kind": "maintenance",
            "amount": yuan(1_000), "paid_on": "2026-08-12", "voucher": "F-1", "paper": paper(),
            "paid_by": {"who": "inventor", "person": id(WANG)},
        }),
        json!({
            "command": "valuation.note", "case": id(CASE), "method": "royalty",
            "low": yuan(2_000_000), "high": yuan(4_000_000), "basis": "同类许可费率 3%",
            "paper": paper(),
        }),
    ] {
        world.must(MANAGER, command);
    }
}

fn deal(world: &mut World) {
    world.on("2026-09-01");
    world.must(
        MANAGER,
        json!({
            "command": "matching.open", "deal": id(DEAL), "cases": [id(CASE)], "mode": "licence",
            "asking": yuan(3_500_000), "note": "展会相识",
            "party": {
                "name": "青岚新能源有限公司", "kind": "private", "size": "small",
                "uscc": "91350100M000100Y43",
            },
        }),
    );
    world.must(
        MANAGER,
        json!({
            "command": "matching.note_contact", "deal": id(DEAL), "on": "2026-09-01",
            "text": "来访，看了样品",
        }),
    );
    let terms = world.licence(3_000_000);
    world.on("2026-09-15").agree(&terms);
    world.must(LI, json!({
        "command": "deal.declare_interest", "deal": id(DEAL), "related": true, "note": "持有对方股份",
    }));
    world.must(MANAGER, json!({
        "command": "deal.market_proof", "deal": id(DEAL), "place": "省技术交易市场", "paper": paper(),
    }));
    let decide = world.decide_command();
    world.must(HEAD, decide);
    world.on("2026-09-21");
    let mut post = world.post_command(400, 15);
    post["summary"] = json!("室温离子电导率高的固态电解质膜，可用于动力电池");
    world.must(MANAGER, post);
    let sign = world.sign_command();
    world.tried(HEAD, sign, "publicity.running");
    world.must(
        MANAGER,
        json!({
            "command": "publicity.object", "deal": id(DEAL), "text": "价格偏低", "paper": paper(),
        }),
    );
    world.must(
        MANAGER,
        json!({
            "command": "publicity.answer", "deal": id(DEAL), "objection": 1, "text": "经复核不成立",
            "upheld": false, "paper": paper(),
        }),
    );
    world.signed();
    let dearer = world.licence(3_200_000);
    for command in [
        json!({
            "command": "agreement.register", "deal": id(DEAL), "register_no": "2026110000000001",
            "registered": "2026-10-09", "technology_amount": yuan(3_000_000), "paper": paper(),
        }),
        json!({
            "command": "agreement.amend", "deal": id(DEAL), "terms": dearer,
            "reason": "补充协议", "paper": paper(),
        }),
        json!({
            "command": "agreement.rename_party", "deal": id(DEAL), "paper": paper(),
            "party": {"name": "青岚固态电池股份有限公司", "kind": "private", "size": "small"},
        }),
    ] {
        world.must(HEAD, command);
    }
    money(world);
}

fn money(world: &mut World) {
    world.on("2026-10-20").receive(500, yuan(3_000_000));
    world.receive(501, yuan(30));
    world.must(
        FINANCE,
        json!({
            "command": "income.reverse", "deal": id(DEAL), "receipt": id(501), "reason": "多录一笔",
        }),
    );
    let (propose, approve) = (world.propose(500), world.approve(500));
    world.must(MANAGER, propose.clone());
    world.must(
        APPROVER,
        json!({
            "command": "distribution.reject", "deal": id(DEAL), "receipt": id(500),
            "reason": "先核对费用",
        }),
    );
    world.must(MANAGER, propose);
    world.must(APPROVER, approve);
    world.must(
        MANAGER,
        json!({
            "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
            "notice": id(402), "days": 15, "contact": "科技处", "registrar": "云舟市技术市场管理办公室",
        }),
    );
    world.on("2026-11-11");
    world.must(
        MANAGER,
        json!({
            "command": "distribution.close_reward", "deal": id(DEAL), "receipt": id(500),
            "result": "无异议",
        }),
    );
    let li = world.owed(500, LI).fen();
    let pay = world.pay(500, LI, li);
    world.must(FINANCE, pay);
    let mut refund = world.refund_command(600, 500, yuan(1_000_000));
    refund["paper"] = paper();
    world.must(FINANCE, refund);
    for command in [
        json!({
            "command": "people.update", "person": id(WANG), "kind": "deceased", "posts": [],
        }),
        json!({
            "command": "people.name_heir", "person": id(WANG), "heir": id(HEIR), "paper": paper(),
        }),
    ] {
        world.must(HEAD, command);
    }
    // The amended contract is registered again: the relief of what is paid from now on.
    world.must(
        HEAD,
        json!({
            "command": "agreement.register", "deal": id(DEAL), "register_no": "2026110000000002",
            "registered": world.today.to_string(), "technology_amount": yuan(3_000_000),
        }),
    );
    let mut pay = world.pay(500, WANG, yuan(1));
    pay["paper"] = paper();
    world.must(FINANCE, pay);
    world.must(
        FINANCE,
        json!({
            "command": "distribution.file_relief", "deal": id(DEAL), "receipt": id(500),
            "month": world.today.to_string(), "filed": world.today.to_string(), "paper": paper(),
        }),
    );
}

fn equity(world: &mut World) {
    world.must(
        MANAGER,
        json!({
            "command": "matching.open", "deal": id(EQUITY), "cases": [id(CASE)], "mode": "equity",
            "party": {"name": "海东科技有限公司", "kind": "private", "size": "small"},
        }),
    );
    let terms = json!({
        "mode": "equity", "price": 0, "pricing": "agreement",
        "equity": {"holding": "20%", "valued": yuan(8_000_000)},
    });
    world.must(
        MANAGER,
        json!({
            "command": "deal.agree_terms", "deal": id(EQUITY), "terms": terms, "paper": paper(),
        }),
    );
    let decide = for_other(world.decide_appraised(), "deal", EQUITY);
    let post = for_other(world.post_command(403, 15), "deal", EQUITY);
    world.must(HEAD, decide);
    world.must(MANAGER, post);
    world.on("2026-11-27");
    let close = for_other(world.close_command(), "deal", EQUITY);
    world.must(MANAGER, close);
    let mut sign = for_other(world.sign_command(), "deal", EQUITY);
    sign["contract_no"] = json!("YZ-2026-089");
    sign["export"] = json!({
        "abroad": false, "catalogue": "free", "intent_no": "意向 2026-3",
        "permit_no": "登记 2026-8", "permit_on": "2026-11-26",
    });
    world.must(HEAD, sign);
    world.must(
        HEAD,
        json!({
            "command": "distribution.allot_equity", "deal": id(EQUITY), "paper": paper(),
            "people": [{"person": id(WANG), "holding": "14%"}],
        }),
    );
}

fn past(world: &mut World) {
    let origin = json!({"batch": id(800), "file": "台账.xlsx", "sheet": "合同", "row": 3});
    for command in [
        json!({"command": "history.case", "case": id(OLD), "past": {
            "title": "旧成果", "kind": "invention", "right_number": "ZL201910000001.X",
            "contributors": [{"person": id(LI), "share": "1"}], "unit": id(900),
            "filed": "2019-01-02", "granted": "2020-01-03", "origin": origin,
        }}),
        json!({"command": "history.deal", "deal": id(PAST), "past": {
            "contract_no": "HT-2019-1", "cases": [id(OLD)], "mode": "licence",
            "licence": "exclusive", "pricing": "agreement",
            "party": {"name": "老客户", "kind": "private", "size": "unknown"},
            "amount": yuan(100), "signed": "2019-05-06", "origin": origin,
        }}),
        json!({"command": "history.receipt", "deal": id(PAST), "past": {
            "receipt": id(510), "received": "2019-06-01", "amount": yuan(40), "payer": "老客户",
            "origin": origin,
        }}),
        json!({"command": "history.distribution", "deal": id(PAST), "past": {
            "net": yuan(40), "pools": [["team", yuan(28)], ["university", yuan(12)]],
            "people": [[id(LI), yuan(28)]], "key": "2019", "origin": origin,
        }}),
    ] {
        world.must(MANAGER, command);
    }
}

fn ends(world: &mut World) {
    let noted = json!({
        "command": "closing.note", "deal": id(DEAL), "text": "对方寄来第 1 批样品", "files": [paper()],
    });
    world.must(MANAGER, noted);
    let entry = world.entries.last().unwrap().meta.seq;
    world.must(
        MANAGER,
        json!({
            "command": "closing.correct", "deal": id(DEAL), "entry": entry, "text": "是第 2 批",
        }),
    );
    world.must(HEAD, json!({
        "command": "closing.end", "deal": id(DEAL), "outcome": "terminated", "reason": "对方破产",
        "paper": paper(),
    }));
}

/// A region that the program does not carry.
fn law(world: &mut World) {
    let region = "[region]\ncode = \"CN-XA\"\nzh = \"甲省\"\nen = \"Province A\"\n";
    world.must(
        HEAD,
        json!({
            "command": "institution.load_law", "reason": "甲省条例施行",
            "files": [{
                "name": "CN-XA/region.toml", "file": dukou_chain::institution::hash(region),
                "text": region,
            }],
        }),
    );
}

#[test]
fn every_kind_of_event_happens_in_the_story() {
    let world = story();
    let missing: Vec<&str> = dukou_chain::whole::Event::kinds()
        .filter(|kind| !world.kinds.contains(kind))
        .collect();
    assert!(missing.is_empty(), "let it happen in story(): {missing:?}");

    // The store plays the same story.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/story.jsonl");
    let story = world.taken.join("\n") + "\n";
    if std::env::var_os("DUKOU_WRITE_STORY").is_some() {
        std::fs::write(path, &story).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == story,
        "DUKOU_WRITE_STORY=1 cargo test -p dukou-chain writes {path} anew"
    );
}
