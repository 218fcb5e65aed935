//! One case driven wrongly: each step is refused with its reason, and nothing
//! is lost or doubled. (`World::refused` checks that nothing was written.)

use dukou_chain::whole::{self, Command, Event};
use dukou_ledger::Account;
use serde_json::json;

use crate::runner::*;

/// A licence whose terms are decided and in the open.
fn in_the_open() -> World {
    let mut world = World::ready_to_publish();
    world.posted();
    world
}

/// A licence whose terms wait for the decision.
fn terms_agreed() -> World {
    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world
        .protected()
        .opened("licence")
        .on("2026-09-15")
        .agree(&terms);
    world
}

/// A manager put over the case, or in place of another.
fn managed_by(command: &str, manager: u128) -> serde_json::Value {
    json!({"command": command, "case": id(CASE), "manager": id(manager)})
}

/// What a contributor says to the own share.
fn confirm_share() -> serde_json::Value {
    json!({"command": "disclosure.confirm_share", "case": id(CASE)})
}

/// A post held since 2024, entered by the head of the office.
fn give_post(world: &mut World, post: &str, title: &str) {
    let posts = json!([{"post": post, "title": title, "from": "2024-01-01"}]);
    world.must(
        HEAD,
        json!({
            "command": "people.update", "person": id(LI), "kind": "staff", "posts": posts,
        }),
    );
}

#[test]
fn signing_without_publicity_is_refused() {
    let mut world = World::ready_to_publish();
    world.on("2026-10-09");
    let sign = world.sign_command();
    let refusal = world.refused(HEAD, sign.clone(), "publicity.missing");
    assert!(
        refusal.is_legal(),
        "an article says no, so the attempt stays on the record"
    );
    let kept = whole::refused(&Command::from_json(sign).unwrap(), &refusal).unwrap();
    assert!(matches!(kept.event, Event::Closing(_)), "without effect");
    let close = world.close_command();
    world.refused(MANAGER, close, "publicity.none");
}

#[test]
fn signing_on_day_nine_of_fifteen_is_refused_with_the_first_lawful_day() {
    let mut world = in_the_open();
    world.on("2026-09-30");
    let sign = world.sign_command();
    let refusal = world.refused(HEAD, sign, "publicity.running");
    let finding = refusal
        .findings
        .iter()
        .find(|it| it.code == "publicity.running")
        .unwrap();
    assert_eq!(finding.earliest, Some(day("2026-10-09")));
    assert!(
        finding.message.zh.contains("公示第9日，须满15日"),
        "{}",
        finding.message.zh
    );
    // A contract dated back, or ahead, does not help.
    world.on("2026-10-10");
    let mut sign = world.sign_command();
    sign["signed"] = json!("2026-10-08");
    world.refused(HEAD, sign.clone(), "publicity.running");
    sign["signed"] = json!("2026-10-11");
    world.refused(HEAD, sign, "date.future");
}

#[test]
fn fourteen_days_of_publicity_are_too_short() {
    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world.protected().opened("licence").decided(&terms);
    let post = world.post_command(400, 14);
    world.refused(MANAGER, post, "publicity.too_short");
}

#[test]
fn an_open_objection_holds_the_contract_and_an_upheld_one_voids_the_notice() {
    let mut world = in_the_open();
    world.on("2026-09-25");
    world.must(
        MANAGER,
        json!({"command": "publicity.object", "deal": id(DEAL), "text": "价格偏低"}),
    );
    world.on("2026-10-09");
    let (close, sign) = (world.close_command(), world.sign_command());
    world.refused(MANAGER, close, "publicity.objection_open");
    world.refused(HEAD, sign.clone(), "publicity.objection_open");
    world.must(MANAGER, json!({
        "command": "publicity.answer", "deal": id(DEAL), "objection": 1, "text": "属实", "upheld": true,
    }));
    world.refused(HEAD, sign, "publicity.missing");
}

#[test]
fn shares_of_99_or_101_per_cent_are_refused() {
    let mut world = World::new();
    for (li, wang, code) in [
        ("60%", "39%", "shares.sum"),
        ("60%", "41%", "shares.sum"),
        ("1/3", "0.66", "shares.sum"),
        ("1", "0", "shares.zero"),
    ] {
        let details = world.details(&[(LI, li), (WANG, wang)]);
        let submit = json!({"command": "disclosure.submit", "case": id(CASE), "details": details});
        let refusal = world.refused(LI, submit, code);
        assert_eq!(refusal.findings[0].field.as_deref(), Some("contributors"));
    }
    let details = world.details(&[(LI, "1/2"), (LI, "1/2")]);
    let submit = json!({"command": "disclosure.submit", "case": id(CASE), "details": details});
    world.refused(LI, submit, "shares.twice");
    world.submitted();
    world.refused(
        MANAGER,
        json!({
            "command": "disclosure.revise_shares", "case": id(CASE), "reason": "改",
            "contributors": [{"person": id(LI), "share": "99/100"}],
        }),
        "shares.sum",
    );
}

#[test]
fn nothing_is_distributed_before_money_came() {
    let mut world = World::new();
    world.contract().confirm_shares();
    let propose = world.propose(500);
    let refusal = world.refused(MANAGER, propose, "distribution.no_money");
    assert!(refusal.is_legal());
    // Nor is money taken before there is a contract.
    let mut world = in_the_open();
    let receive = world.receive_command(500, yuan(1));
    world.refused(FINANCE, receive, "agreement.missing");
    let propose = world.propose(500);
    world.refused(MANAGER, propose, "agreement.missing");
}

#[test]
fn nobody_manages_assesses_decides_or_approves_an_own_case() {
    let mut world = World::new();
    world.submitted();
    world.refused(HEAD, managed_by("disclosure.accept", WANG), "case.own");
    world.must(HEAD, managed_by("disclosure.accept", MANAGER));
    world.refused(HEAD, managed_by("disclosure.assign", LI), "case.own");
    world.refused(
        LI,
        json!({
            "command": "assessment.conclude", "case": id(CASE), "conclusion": "file",
            "evaluator": "本人", "readiness": 5, "market": "", "summary": "好",
        }),
        "case.own",
    );

    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world
        .protected()
        .confirm_shares()
        .opened("licence")
        .on("2026-09-15")
        .agree(&terms);
    let decide = world.decide_command();
    world.refused(LI, decide, "case.own");

    let mut world = World::with_money();
    let (propose, approve) = (world.propose(500), world.approve(500));
    world.must(MANAGER, propose);
    world.refused(WANG, approve, "case.own");
}

#[test]
fn nobody_approves_what_the_same_hand_proposed() {
    let mut world = World::with_money();
    let (propose, approve) = (world.propose(500), world.approve(500));
    world.must(MANAGER, propose);
    world.refused(MANAGER, approve.clone(), "distribution.same_hand");
    world.must(APPROVER, approve.clone());
    world.refused(APPROVER, approve, "distribution.no_proposal");

    let mut world = terms_agreed();
    let decide = world.decide_command();
    world.refused(MANAGER, decide, "deal.same_hand");
}

#[test]
fn a_state_secret_is_never_taken_in() {
    let mut world = World::new();
    let mut details = world.details(&[(LI, "1")]);
    details["secrecy"] = json!("yes_or_maybe");
    details["title"] = json!("不得保存的名称");
    let submit = json!({"command": "disclosure.submit", "case": id(CASE), "details": details});
    let refusal = world.refused(LI, submit.clone(), "disclosure.secret");
    // Not even the record of the refusal holds a word of it.
    let kept = whole::refused(&Command::from_json(submit).unwrap(), &refusal).unwrap();
    assert!(!kept.event.to_body().contains("不得保存"));

    world.submitted();
    world.must(
        MANAGER,
        json!({"command": "disclosure.return", "case": id(CASE), "reason": "补"}),
    );
    world.refused(
        LI,
        json!({
            "command": "disclosure.resubmit", "case": id(CASE), "details": details,
        }),
        "disclosure.secret",
    );
}

#[test]
fn unconfirmed_shares_are_not_distributed() {
    let mut world = World::new();
    world.contract();
    world.on("2026-10-20").receive(500, yuan(3_000_000));
    let propose = world.propose(500);
    world.refused(MANAGER, propose.clone(), "distribution.shares_unconfirmed");
    world.refused(LI, confirm_share(), "share.confirmed_already");
    world.refused(MANAGER, confirm_share(), "share.not_contributor");
    let confirm = confirm_share();
    let no = world
        .give_for(MANAGER, Some(WANG), confirm.clone())
        .unwrap_err();
    assert_eq!(no.code(), "share.paper", "on behalf only with signed paper");
    let mut signed = confirm;
    signed["paper"] = paper();
    world.give_for(MANAGER, Some(WANG), signed).unwrap();
    world.must(MANAGER, propose);
    // An objection after the proposal stops the approval.
    world.must(
        WANG,
        json!({
            "command": "disclosure.object_share", "case": id(CASE), "reason": "应为一半",
        }),
    );
    let approve = world.approve(500);
    world.refused(APPROVER, approve, "distribution.shares_unconfirmed");
}

#[test]
fn changed_shares_or_costs_make_a_proposal_stale() {
    let mut world = World::with_money();
    let (propose, approve) = (world.propose(500), world.approve(500));
    world.must(MANAGER, propose);
    world.must(MANAGER, json!({
        "command": "protection.record_cost", "case": id(CASE), "kind": "agent",
        "amount": yuan(800), "paid_on": "2026-10-20", "paid_by": {"who": "university"}, "voucher": "F-2",
    }));
    world.refused(APPROVER, approve, "distribution.stale");
}

#[test]
fn nobody_is_paid_more_than_is_owed_or_before_approval() {
    let mut world = World::with_money();
    let pay = world.pay(500, LI, 1);
    world.refused(FINANCE, pay, "distribution.not_approved");
    world.distributed(500);
    let owed = world.owed(500, LI).fen();
    let pay = world.pay(500, LI, owed + 1);
    world.refused(FINANCE, pay, "pay.too_much");
    let pay = world.pay(500, LI, owed - 1);
    world.must(FINANCE, pay);
    let pay = world.pay(500, LI, 2);
    world.refused(FINANCE, pay, "pay.too_much");
    let pay = world.pay(500, MANAGER, 1);
    world.refused(FINANCE, pay, "pay.too_much");
    for amount in [0, -1] {
        let pay = world.pay(500, LI, amount);
        world.refused(FINANCE, pay, "amount.not_positive");
    }
    let mut early = world.pay(500, LI, 1);
    early["paid"] = json!("2026-10-19");
    world.refused(FINANCE, early, "pay.early");
    assert_eq!(world.balance(&Account::PaidOut), owed - 1);
}

#[test]
fn new_terms_void_the_decision_and_the_notice() {
    let mut world = in_the_open();
    let cheaper = world.licence(2_000_000);
    world.on("2026-09-28").agree(&cheaper);
    world.on("2026-10-09");
    let (sign, post) = (world.sign_command(), world.post_command(401, 15));
    let refusal = world.refused(HEAD, sign, "decision.missing");
    assert!(
        refusal
            .findings
            .iter()
            .any(|it| it.code == "publicity.missing")
    );
    world.refused(MANAGER, post.clone(), "decision.missing");
    let close = world.close_command();
    world.refused(MANAGER, close, "publicity.none");
    // The way back: a decision on the new terms, then a new notice.
    let decide = world.decide_command();
    world.must(HEAD, decide);
    world.must(MANAGER, post);
    assert_eq!(world.deal().publicity.current(2).unwrap().posted.ordinal, 2);
    let sign = world.sign_command();
    world.refused(HEAD, sign, "publicity.running");
}

#[test]
fn a_decision_against_the_terms_stops_them() {
    let mut world = terms_agreed();
    let mut decide = world.decide_command();
    decide["approved"] = json!(false);
    world.must(HEAD, decide.clone());
    let post = world.post_command(400, 15);
    world.refused(MANAGER, post, "decision.refused");
    decide["held"] = json!("2026-09-14");
    world.refused(HEAD, decide, "deal.decided_before_terms");
}

#[test]
fn the_head_of_the_university_gets_no_equity_and_the_team_no_less_than_half() {
    let mut world = World::new();
    give_post(&mut world, "head_of_unit", "校长");
    let terms = json!({
        "mode": "equity", "price": 0, "pricing": "agreement",
        "equity": {"holding": "20%", "valued": yuan(8_000_000)},
    });
    world
        .protected()
        .confirm_shares()
        .opened("equity")
        .decided(&terms)
        .posted()
        .signed();
    let allot = |parts: &[(u128, &str)]| {
        let people: Vec<_> = parts
            .iter()
            .map(|(who, part)| json!({"person": id(*who), "holding": part}))
            .collect();
        json!({"command": "distribution.allot_equity", "deal": id(DEAL), "people": people, "paper": paper()})
    };
    let refusal = world.refused(
        HEAD,
        allot(&[(LI, "6%"), (WANG, "8%")]),
        "leader.equity_refused",
    );
    assert_eq!(
        refusal.findings[0].citation.as_ref().unwrap().id,
        "sc_2016_16.8"
    );
    world.refused(HEAD, allot(&[(WANG, "9%")]), "reward.below_minimum");
    world.refused(HEAD, allot(&[(WANG, "21%")]), "equity.too_much");
    world.refused(
        HEAD,
        allot(&[(WANG, "9%"), (MANAGER, "2%")]),
        "equity.not_contributor",
    );
    world.refused(WANG, allot(&[(WANG, "14%")]), "case.own");
    world.must(HEAD, allot(&[(WANG, "14%")]));
    assert_eq!(
        world
            .deal()
            .distribution
            .equity
            .unwrap()
            .1
            .university
            .to_percent_text(),
        "6%"
    );
    world.refused(HEAD, allot(&[(WANG, "14%")]), "equity.allotted");
}

#[test]
fn a_year_without_an_official_arrangement_keeps_the_contract_locked() {
    let mut world = World::ready_to_publish();
    world.on("2026-12-20");
    let post = world.post_command(400, 15);
    world.must(MANAGER, post);
    let due = world.deal().publicity.notices[0].due(dukou_chain::law::builtin_calendar().as_ref());
    assert_eq!((due.raw, due.end), (day("2027-01-04"), None));
    world.on("2027-03-01");
    let (close, sign) = (world.close_command(), world.sign_command());
    world.refused(MANAGER, close, "calendar.year_unknown");
    world.refused(HEAD, sign, "calendar.year_unknown");
    // The arrangement arrives, without a release: 4 January is a rest day in it.
    world.must(
        HEAD,
        json!({"command": "institution.adopt_year", "year": {
            "year": 2027, "notice": "测试用放假安排", "published": "2026-11-20",
            "holidays": [{
                "name": {"zh": "元旦", "en": "New Year"}, "off": ["2027-01-01", "2027-01-04"],
            }],
        }}),
    );
    let mut early = world.sign_command();
    early["signed"] = json!("2027-01-05");
    let refusal = world.refused(HEAD, early, "publicity.running");
    let finding = refusal
        .findings
        .iter()
        .find(|it| it.code == "publicity.running")
        .unwrap();
    assert_eq!(finding.earliest, Some(day("2027-01-06")));
    let (close, sign) = (world.close_command(), world.sign_command());
    world.must(MANAGER, close);
    world.must(HEAD, sign);
}

#[test]
fn a_leader_is_paid_only_after_the_reward_stood_in_the_open() {
    let mut world = World::with_money();
    give_post(&mut world, "deputy", "副校长");
    world.distributed(500);
    let pay = world.pay(500, LI, 100);
    world.refused(FINANCE, pay, "leader.unpublished");
    let post = |days: u32| {
        json!({
            "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
            "notice": id(402), "days": days, "contact": "科技处",
        })
    };
    let close = json!({
        "command": "distribution.close_reward", "deal": id(DEAL), "receipt": id(500), "result": "无异议",
    });
    world.refused(MANAGER, post(14), "publicity.too_short");
    world.must(MANAGER, post(15));
    // 15 working days from Tuesday 20 October: Tuesday 10 November.
    let refusal = world
        .on("2026-11-10")
        .refused(MANAGER, close.clone(), "publicity.running");
    assert_eq!(refusal.findings[0].earliest, Some(day("2026-11-11")));
    world.on("2026-11-11").must(MANAGER, close);
    let pay = world.pay(500, LI, 100);
    world.must(FINANCE, pay);
}

#[test]
fn a_number_belongs_to_one_right_and_one_contract() {
    let mut world = World::new();
    world.protected();
    world.refused(MANAGER, json!({
        "command": "protection.record_right", "case": id(CASE), "right": id(301),
        "kind": "invention", "number": "cn202610000001 .2", "filed": "2026-08-12", "owners": "云舟大学",
    }), "protection.number_taken");
}

#[test]
fn the_same_bank_line_is_entered_once() {
    let mut world = World::with_money();
    let again = world.receive_command(500, yuan(3_000_000));
    world.refused(FINANCE, again, "income.twice");
    let mut other = world.receive_command(501, yuan(3_000_000));
    other["bank_ref"] = json!(" B500 ");
    world.refused(FINANCE, other, "income.twice");
}
