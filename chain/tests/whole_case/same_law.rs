//! One law: the same facts through a calculator and through a case give the same
//! codes, weights, articles and days.

use std::collections::BTreeSet;

use dukou_calc::Env;
use dukou_chain::agreement;
use dukou_chain::distribution;
use dukou_chain::whole::{self, Event, State};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date, Finding, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::runner::*;

/// What a finding says, apart from its words.
type Said = (String, String, String);

fn of_case<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    prefixes: &[&str],
) -> BTreeSet<Said> {
    findings
        .into_iter()
        .filter(|it| prefixes.iter().any(|prefix| it.code.starts_with(prefix)))
        .map(|it| {
            let severity = serde_json::to_value(it.severity).unwrap();
            let article = it.citation.as_ref().map(|it| it.id.clone());
            (
                it.code.clone(),
                severity.as_str().unwrap().to_owned(),
                article.unwrap_or_default(),
            )
        })
        .collect()
}

fn of_calc(answer: &Value, prefixes: &[&str]) -> BTreeSet<Said> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                text(&it["code"]),
                text(&it["severity"]),
                text(&it["citation"]["id"]),
            )
        })
        .filter(|(code, ..)| prefixes.iter().any(|prefix| code.starts_with(prefix)))
        .collect()
}

fn refused(findings: &BTreeSet<Said>) -> BTreeSet<Said> {
    let no = findings
        .iter()
        .filter(|(_, severity, _)| severity == "refused");
    no.cloned().collect()
}

fn calc(name: &str, today: Date, question: Value) -> Result<Value, String> {
    let calculator = dukou_calc::find(name).unwrap();
    (calculator.run)(question, &Env::carried(today)).map_err(|error| error.code)
}

/// What a command gives: the findings of its event, or those of its refusal.
fn findings(given: &Result<Vec<Event>, Refusal>) -> Vec<Finding> {
    match given {
        Err(no) => no.findings.clone(),
        Ok(events) => events
            .iter()
            .flat_map(|event| match event {
                Event::Distribution(distribution::Event::Paid(it)) => it.findings.clone(),
                Event::Distribution(distribution::Event::EquityAllotted(it)) => it.findings.clone(),
                Event::Agreement(agreement::Event::Signed(it)) => {
                    it.findings.read().unwrap().into_owned()
                }
                _ => Vec::new(),
            })
            .collect(),
    }
}

impl World {
    fn region(&mut self, region: &str) {
        self.must(
            HEAD,
            json!({"command": "institution.set_profile", "profile": {
                "name_zh": "云舟大学", "name_en": "Yunzhou University", "prefix": "YZ",
                "jurisdiction": region, "state_established": true, "central_unit": false,
                "contact": "科技处 010-0000000",
            }}),
        );
    }

    fn lead(&mut self, who: u128, post: &str) {
        let posts = json!([{"post": post, "title": "", "from": "2024-01-01"}]);
        self.must(
            HEAD,
            json!({"command": "people.update", "person": id(who), "kind": "staff", "posts": posts}),
        );
    }

    fn panel(&self) -> Vec<Finding> {
        let state = self.state(StreamId::Institution);
        let State::Institution(institution) = state.as_ref() else {
            panic!("not an institution")
        };
        let (deal, case) = (self.deal(), self.case());
        let cases = [(CaseId(uuid::Uuid::from_u128(CASE)), &case)];
        whole::deal_findings(&deal, &cases, institution, self.today)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// 协议定价公示: too short, the last day, a year that nobody knows.
    #[test]
    fn a_price_notice(wait in 0i64..110, days in 1u32..40, zhejiang in any::<bool>()) {
        let region = if zhejiang { "CN-ZJ" } else { "CN" };
        let mut world = World::ready_to_publish();
        world.region(region);
        let posted = day("2026-09-15").saturating_add(jiff::Span::new().days(wait));
        world.on(&posted.to_string());
        let question = json!({
            "kind": "agreed_price", "posted": posted.to_string(), "days": days,
            "jurisdiction": region, "on_market": false,
        });
        let answer = calc("publicity", posted, question);
        let post = world.post_command(400, days);
        let given = world.give(MANAGER, post);
        let short = ["publicity.too_short"];
        if let Ok(answer) = &answer {
            prop_assert_eq!(of_case(&findings(&given), &short), of_calc(answer, &short));
        }
        if given.is_ok() {
            let due = world.deal().publicity.notices[0]
                .due(dukou_chain::law::builtin_calendar().as_ref());
            let last = answer.as_ref().ok().map(|it| it["last_day"].as_str().unwrap().to_owned());
            prop_assert_eq!(due.end.map(|it| it.to_string()), last);
            world.on("2027-12-31");
            let sign = world.sign_command();
            let no = world.give(HEAD, sign).unwrap_err();
            let codes: Vec<&str> = no.findings.iter().map(|it| it.code.as_str()).collect();
            match &answer {
                Err(code) => prop_assert!(codes.contains(&code.as_str()), "{code} in {codes:?}"),
                Ok(answer) => {
                    let market = ["publicity.not_on_market"];
                    prop_assert_eq!(of_case(&no.findings, &market), of_calc(answer, &market));
                }
            }
        }
    }

    /// 现金奖励公示: working days.
    #[test]
    fn a_reward_notice(wait in 0i64..60, days in 1u32..40) {
        let mut world = World::with_money();
        world.distributed(500);
        let posted = world.today.saturating_add(jiff::Span::new().days(wait));
        world.on(&posted.to_string());
        let question = json!({"kind": "cash_reward", "posted": posted.to_string(), "days": days});
        let answer = calc("publicity", posted, question);
        let given = world.give(MANAGER, json!({
            "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
            "notice": id(401), "days": days, "contact": "科技处",
        }));
        if let Ok(answer) = &answer {
            let short = ["publicity.too_short"];
            prop_assert_eq!(of_case(&findings(&given), &short), of_calc(answer, &short));
        }
        if given.is_ok() {
            let deal = world.deal();
            let division = deal.distribution.divisions.values().next().unwrap();
            let due = division.reward.as_ref().unwrap()
                .due(dukou_chain::law::builtin_calendar().as_ref());
            let last = answer.as_ref().ok().map(|it| it["last_day"].as_str().unwrap().to_owned());
            prop_assert_eq!(due.end.map(|it| it.to_string()), last);
            if let Err(code) = answer {
                world.on("2027-12-31");
                world.refused(MANAGER, json!({
                    "command": "distribution.close_reward", "deal": id(DEAL), "receipt": id(500),
                    "result": "无异议",
                }), &code);
            }
        }
    }

    /// 股权奖励: who may have it, and how much at least.
    #[test]
    fn equity_for_people(
        first in 1u64..14, second in 1u64..6,
        posts in (0usize..POSTS.len(), 0usize..POSTS.len()), zhejiang in any::<bool>(),
    ) {
        let region = if zhejiang { "CN-ZJ" } else { "CN" };
        let mut world = equity_deal("done");
        world.region(region);
        world.lead(LI, POSTS[posts.0]);
        world.lead(WANG, POSTS[posts.1]);
        let given = world.give(HEAD, json!({
            "command": "distribution.allot_equity", "deal": id(DEAL), "paper": paper(),
            "people": [{"person": id(LI), "holding": format!("{first}%")},
                {"person": id(WANG), "holding": format!("{second}%")}],
        }));
        let all = first + second;
        let answer = calc("equity", world.today, json!({
            "holding": "20%", "team": format!("{all}/20"), "jurisdiction": region,
            "people": [
                {"id": "L", "share": format!("{first}/{all}"), "post": POSTS[posts.0]},
                {"id": "W", "share": format!("{second}/{all}"), "post": POSTS[posts.1]},
            ],
        })).unwrap();
        let law = ["leader.", "reward."];
        let asked = of_calc(&answer, &law);
        prop_assert_eq!(of_case(&findings(&given), &law), if given.is_err() { refused(&asked) } else { asked });
    }

    /// 兑现: publication of leaders and regions, and every condition of 58号.
    #[test]
    fn a_payment(
        post in 0usize..POSTS.len(), published in any::<bool>(), registered in 0usize..3,
        zhejiang in any::<bool>(), wait in 0i64..1500,
    ) {
        let region = if zhejiang { "CN-ZJ" } else { "CN" };
        let mut world = World::with_money();
        let received = world.today;
        if registered > 0 {
            world.must(MANAGER, json!({
                "command": "agreement.register", "deal": id(DEAL), "register_no": "2026330001",
                "registered": world.today.to_string(), "technology_amount": yuan(3_000_000),
            }));
        }
        if registered > 1 {
            let mut terms = world.licence(3_000_000);
            terms["term_years"] = json!(12);
            world.must(MANAGER, json!({
                "command": "agreement.amend", "deal": id(DEAL), "terms": terms,
                "reason": "延长期限", "paper": paper(),
            }));
        }
        world.distributed(500);
        if published {
            world.must(MANAGER, json!({
                "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
                "notice": id(401), "days": 15, "contact": "科技处",
            }));
            world.on("2026-11-20");
            world.must(MANAGER, json!({
                "command": "distribution.close_reward", "deal": id(DEAL), "receipt": id(500),
                "result": "无异议",
            }));
        }
        world.lead(LI, POSTS[post]);
        world.region(region);
        let paid = world.today.saturating_add(jiff::Span::new().days(wait));
        world.on(&paid.to_string());
        let pay = world.pay(500, LI, yuan(1));
        let given = world.give(FINANCE, pay);
        let found = findings(&given);
        let leader = calc("leader", paid, json!({
            "post": POSTS[post], "award": "cash", "published": published, "jurisdiction": region,
        })).unwrap();
        let law = ["leader.", "reward."];
        prop_assert_eq!(of_case(&found, &law), of_calc(&leader, &law));
        if given.is_ok() {
            let pit = calc("pit", paid, json!({
                "award_fen": 100, "other_taxable_fen": 0, "mode": "licence",
                "received": received.to_string(), "paid": paid.to_string(),
                "contract_registered": registered == 1, "published": published,
                "result_kind": "patent",
            })).unwrap();
            let mut case = of_case(&found, &["pit."]);
            let filed: Vec<Said> = case.iter().filter(|it| it.0 == "pit.file_by").cloned().collect();
            prop_assert_eq!(filed.len() == 1, pit["relief"].as_bool().unwrap());
            for it in &filed {
                case.remove(it);
                let by = pit["file_by_rolled"].as_str().or(pit["file_by"].as_str()).unwrap();
                let words = found.iter().find(|it| it.code == "pit.file_by").unwrap();
                prop_assert!(words.message.zh.contains(by) && words.message.en.contains(by));
            }
            prop_assert_eq!(case, of_calc(&pit, &["pit."]));
        }
    }

    /// 认定登记: the technology part of the price.
    #[test]
    fn a_registration(technology in 0i64..4_000_000, price in 1i64..9_000_000) {
        let mut world = World::new();
        let terms = world.licence(price);
        world.protected().opened("licence").decided(&terms).posted().signed();
        let given = world.give(MANAGER, json!({
            "command": "agreement.register", "deal": id(DEAL), "register_no": "2026330001",
            "registered": world.today.to_string(), "technology_amount": yuan(technology),
        }));
        let answer = calc("contract-amounts", world.today, json!({
            "total_fen": yuan(price), "technology_fen": yuan(technology),
        })).unwrap();
        let law = ["contract.technology"];
        prop_assert_eq!(of_case(&findings(&given), &law), of_calc(&answer, &law));
        prop_assert_eq!(given.is_err(), technology > price);
    }
}

const POSTS: &[&str] = &[
    "none",
    "head_of_unit",
    "party_secretary",
    "head_of_legal_person_subunit",
    "deputy",
    "head_of_internal_body",
];

/// An equity deal on the way to its contract; signed when it was appraised.
fn equity_deal(appraisal: &str) -> World {
    let mut world = World::new();
    let terms = json!({
        "mode": "equity", "price": 0, "pricing": "agreement",
        "equity": {"holding": "20%", "valued": yuan(8_000_000)},
    });
    world.protected().confirm_shares().opened("equity");
    world.on("2026-09-15").agree(&terms);
    let mut decide = world.decide_appraised();
    if appraisal != "done" {
        decide = world.decide_command();
        decide["appraisal"] = json!(appraisal);
    }
    world.must(HEAD, decide);
    world.posted();
    if appraisal == "done" {
        world.signed();
    }
    world
}

/// 资产评估: the state-asset answer and the Company Law's own.
#[test]
fn an_appraisal() {
    for appraisal in ["done", "waived"] {
        let mut world = equity_deal(appraisal);
        let answer = calc(
            "appraisal-need",
            world.today,
            json!({
                "on": world.today.to_string(), "central_unit": false, "taker": "other",
                "mode": "equity", "appraised": appraisal == "done",
            }),
        )
        .unwrap();
        let law = ["company_law."];
        let found = if appraisal == "done" {
            let deal = world.deal();
            deal.agreement
                .signed
                .unwrap()
                .1
                .findings
                .read()
                .unwrap()
                .into_owned()
        } else {
            world.on("2026-10-09");
            let (close, sign) = (world.close_command(), world.sign_command());
            world.must(MANAGER, close);
            world.refused(HEAD, sign, "company_law.appraisal").findings
        };
        assert_eq!(of_case(&found, &law), of_calc(&answer, &law));
        if appraisal == "done" {
            let need = found.iter().find(|it| it.code == "appraisal.need").unwrap();
            assert_eq!(need.citation.as_ref().unwrap().id, answer["citation"]["id"]);
        }
    }
}

/// 尽职免责: what the dossier misses, in the country and where a region says less.
#[test]
fn an_exemption() {
    for region in ["CN", "CN-BJ", "CN-ZJ", "CN-SH"] {
        for (market, posted, declared) in [
            (false, false, false),
            (true, false, true),
            (false, true, true),
            (true, true, true),
        ] {
            let mut world = World::ready_to_publish();
            world.region(region);
            if market {
                world.must(
                    MANAGER,
                    json!({
                        "command": "deal.market_proof", "deal": id(DEAL), "place": "省技术交易市场",
                        "paper": paper(),
                    }),
                );
            }
            if posted {
                // Zhejiang asks for an abstract (zj.17).
                let mut post = world.on("2026-09-21").post_command(400, 15);
                post["summary"] = json!("可公开的内容摘要");
                world.must(MANAGER, post);
                world.on("2026-10-09");
                let close = world.close_command();
                world.must(MANAGER, close);
            }
            if declared {
                for who in [LI, WANG] {
                    world.must(
                        who,
                        json!({
                            "command": "deal.declare_interest", "deal": id(DEAL), "related": false,
                        }),
                    );
                }
            }
            let answer = calc(
                "exemption",
                world.today,
                json!({
                    "pricing": "agreement", "published_in_unit": posted,
                    "published_on_market": market, "publicity_complete": posted,
                    "collective_decision": true, "conflicts_declared": declared,
                    "jurisdiction": region,
                }),
            )
            .unwrap();
            let law = ["exemption."];
            assert_eq!(
                of_case(&world.panel(), &law),
                of_calc(&answer, &law),
                "{region} {market} {posted} {declared}"
            );
        }
    }
}

/// 技术合同登记: a contract that was amended is registered again.
#[test]
fn an_amended_contract_is_registered_again() {
    let mut world = World::with_money();
    let register = json!({
        "command": "agreement.register", "deal": id(DEAL), "register_no": "2026330001",
        "registered": "2026-10-20", "technology_amount": yuan(3_000_000),
    });
    world.must(MANAGER, register.clone());
    let again = |world: &World| {
        let panel = world.panel();
        panel.iter().any(|it| it.code == "agreement.register_again")
    };
    assert!(!again(&world));
    let mut terms = world.licence(3_500_000);
    terms["term_years"] = json!(12);
    world.must(
        MANAGER,
        json!({
            "command": "agreement.amend", "deal": id(DEAL), "terms": terms, "reason": "增加品种",
            "paper": paper(),
        }),
    );
    assert!(again(&world));
    assert!(world.deal().agreement.certificate().is_none());
    let state = world.state(StreamId::Institution);
    let State::Institution(institution) = state.as_ref() else {
        panic!("not an institution")
    };
    let tasks = whole::deal_tasks(&world.deal(), institution);
    assert!(tasks.iter().any(|it| it.code == "agreement.register"));
    world.must(MANAGER, register);
    assert!(!again(&world));
}

/// 技术出境: abroad or not is never guessed, and the border asks its own.
#[test]
fn a_contract_across_the_border() {
    let sign = |kind: &str, export: Value| {
        let mut world = World::new();
        let terms = world.licence(3_000_000);
        world.protected().confirm_shares().opened("licence");
        world.must(
            MANAGER,
            json!({
                "command": "matching.open", "deal": id(DEAL + 1), "cases": [id(CASE)],
                "mode": "licence", "party": {"name": "Acme", "kind": kind, "size": "large"},
            }),
        );
        let on_other = |mut command: Value| {
            command["deal"] = json!(id(DEAL + 1));
            command
        };
        world.on("2026-09-15");
        for (who, command) in [
            (
                MANAGER,
                json!({"command": "deal.agree_terms", "terms": terms, "paper": paper()}),
            ),
            (HEAD, world.decide_command()),
        ] {
            world.must(who, on_other(command));
        }
        world.on("2026-09-21");
        let post = world.post_command(400, 15);
        world.must(MANAGER, on_other(post));
        world.on("2026-10-09");
        let close = world.close_command();
        world.must(MANAGER, on_other(close));
        let mut sign = on_other(world.sign_command());
        if !export.is_null() {
            sign["export"] = export;
        }
        let given = world.give(HEAD, sign);
        of_case(&findings(&given), &["export."])
            .into_iter()
            .filter(|(_, severity, _)| severity != "info")
            .map(|(code, severity, _)| format!("{code} {severity}"))
            .collect::<Vec<_>>()
    };
    assert!(sign("foreign_invested", Value::Null).is_empty());
    assert_eq!(
        sign("foreign", Value::Null),
        ["export.recipient_unclear refused"]
    );
    assert!(sign("foreign", json!({"abroad": false})).is_empty());
    assert_eq!(sign("abroad", Value::Null), ["export.catalogue refused"]);
    let without = sign("abroad", json!({"catalogue": "free"}));
    assert!(
        without.contains(&"export.registration warning".to_owned()),
        "{without:?}"
    );
    assert_eq!(
        refused_codes(&sign("abroad", json!({"catalogue": "restricted"}))),
        ["export.intent_before_negotiation refused"]
    );
    assert_eq!(
        refused_codes(&sign("abroad", json!({"catalogue": "prohibited"}))),
        ["export.not_forbidden refused"]
    );
    let done = sign(
        "abroad",
        json!({"catalogue": "free", "permit_no": "登记 2026-8", "permit_on": "2026-10-08"}),
    );
    assert!(
        !done.iter().any(|it| it.contains("export.registration ")),
        "{done:?}"
    );
}

fn refused_codes(all: &[String]) -> Vec<String> {
    all.iter()
        .filter(|it| it.ends_with("refused"))
        .cloned()
        .collect()
}
