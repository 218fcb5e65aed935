//! What may happen on the way besides: refunds, reversals, ends, new names,
//! amendments, history.

use dukou_ledger::Account;
use serde_json::json;

use crate::runner::*;

#[test]
fn a_refund_after_the_distribution_claws_back_from_everybody() {
    let mut world = World::with_money();
    world.distributed(500);
    let li = world.owed(500, LI).fen();
    let pay = world.pay(500, LI, li);
    world.must(FINANCE, pay);
    let refund = world.refund_command(600, 500, yuan(1_000_000));
    let events = world.must(FINANCE, refund);
    assert_eq!(events.len(), 2, "the refund, and what it takes back");
    assert_eq!(
        world.owed(500, LI).fen(),
        -li / 3,
        "already paid: must come back"
    );
    assert_eq!(
        world.owed(500, WANG).fen(),
        yuan(3_000_000) * 7 / 10 * 4 / 10 * 2 / 3
    );
    assert_eq!(world.balance(&Account::Clearing), 0);
    assert_eq!(world.balance(&Account::Payer), -yuan(2_000_000));
    assert_eq!(
        world.balance(&Account::Pool("university".into())),
        yuan(400_000)
    );
    let pay = world.pay(500, LI, 1);
    world.refused(FINANCE, pay, "pay.too_much");
    let more = world.refund_command(601, 500, yuan(2_000_000) + 1);
    world.refused(FINANCE, more, "refund.exceeds_receipt");
    // The rest goes back as well: everything stands at what was paid out.
    let rest = world.refund_command(601, 500, yuan(2_000_000));
    world.must(FINANCE, rest);
    assert_eq!(world.owed(500, LI).fen(), -li);
    assert_eq!(world.owed(500, WANG).fen(), 0);
    assert_eq!(world.balance(&Account::Payer), 0);
}

#[test]
fn a_refund_before_the_distribution_lessens_it_and_voids_the_proposal() {
    let mut world = World::with_money();
    let (propose, approve) = (world.propose(500), world.approve(500));
    world.must(MANAGER, propose.clone());
    let refund = world.refund_command(600, 500, yuan(1_000_000));
    assert_eq!(world.must(FINANCE, refund).len(), 1);
    world.refused(APPROVER, approve, "distribution.no_proposal");
    world.distributed(500);
    assert_eq!(world.owed(500, LI).fen(), yuan(2_000_000) * 7 / 10 * 6 / 10);
    assert_eq!(world.balance(&Account::Clearing), 0);
}

#[test]
fn a_wrong_receipt_is_reversed_and_leaves_the_books_even() {
    let mut world = World::with_money();
    let reverse = json!({
        "command": "income.reverse", "deal": id(DEAL), "receipt": id(500), "reason": "多录一个零",
    });
    world.must(FINANCE, reverse.clone());
    assert_eq!(world.balance(&Account::Clearing), 0);
    assert_eq!(world.balance(&Account::Payer), 0);
    world.refused(FINANCE, reverse.clone(), "income.unknown_receipt");
    let propose = world.propose(500);
    world.refused(MANAGER, propose, "distribution.no_money");
    // Entered rightly, under the same bank line, and used: it stays.
    let mut right = world.receive_command(501, yuan(300_000));
    right["bank_ref"] = json!("B500");
    world.must(FINANCE, right);
    world.distributed(501);
    let mut used = reverse;
    used["receipt"] = json!(id(501));
    world.refused(FINANCE, used, "income.used");
}

#[test]
fn receipts_are_distributed_in_the_order_of_arrival() {
    let mut world = World::with_money();
    world.receive(501, yuan(10));
    let second = world.propose(501);
    world.refused(MANAGER, second, "distribution.order");
    world.distributed(500).distributed(501);
}

#[test]
fn an_ended_deal_takes_nothing_more_but_still_pays_and_refunds() {
    let mut world = World::with_money();
    world.distributed(500);
    let end = json!({
        "command": "closing.end", "deal": id(DEAL), "outcome": "terminated", "reason": "对方破产",
    });
    world.must(HEAD, end.clone());
    world.refused(HEAD, end, "closing.ended");
    let (receive, terms) = (
        world.receive_command(501, yuan(1)),
        world.licence(4_000_000),
    );
    world.refused(FINANCE, receive, "closing.ended");
    world.refused(HEAD, json!({
        "command": "agreement.amend", "deal": id(DEAL), "terms": terms, "reason": "加价", "paper": paper(),
    }), "closing.ended");
    let (pay, refund) = (
        world.pay(500, LI, 100),
        world.refund_command(600, 500, yuan(1)),
    );
    world.must(FINANCE, pay);
    world.must(FINANCE, refund);
    // A note may still be written; another deal over the case may begin.
    world.must(
        MANAGER,
        json!({"command": "closing.note", "deal": id(DEAL), "text": "存档"}),
    );
    world.must(MANAGER, json!({
        "command": "matching.open", "deal": id(DEAL + 1), "cases": [id(CASE)], "mode": "transfer",
        "party": {"name": "海东科技有限公司", "kind": "private", "size": "small"},
    }));
}

#[test]
fn an_ended_case_goes_no_further() {
    let mut world = World::new();
    world.protected();
    world.must(HEAD, json!({
        "command": "closing.end", "case": id(CASE), "outcome": "withdrawn", "reason": "完成人撤回",
    }));
    world.refused(MANAGER, json!({
        "command": "valuation.note", "case": id(CASE), "method": "royalty", "low": 1, "high": 2, "basis": "x",
    }), "closing.ended");
    world.refused(
        MANAGER,
        json!({
            "command": "matching.open", "deal": id(DEAL), "cases": [id(CASE)], "mode": "licence",
            "party": {"name": "某公司", "kind": "private", "size": "small"},
        }),
        "deal.case_ended",
    );
}

#[test]
fn a_party_changes_its_name_and_the_contract_follows() {
    let mut world = World::new();
    world.contract();
    let rename = |name: &str, uscc: Option<&str>| {
        json!({
            "command": "agreement.rename_party", "deal": id(DEAL), "paper": paper(),
            "party": {"name": name, "kind": "private", "size": "small", "uscc": uscc},
        })
    };
    world.refused(
        MANAGER,
        rename("新名", Some("91350100M000100Y44")),
        "uscc.check_digit",
    );
    world.must(
        MANAGER,
        rename("青岚固态电池股份有限公司", Some("91350100M000100Y43")),
    );
    let deal = world.deal();
    assert_eq!(
        deal.agreement.party().unwrap().name,
        "青岚固态电池股份有限公司"
    );
    assert_eq!(
        deal.agreement.signed.unwrap().1.party.name,
        "青岚新能源有限公司"
    );
}

#[test]
fn an_amendment_below_the_published_price_is_refused() {
    let mut world = World::new();
    world.contract();
    let amend = |terms: serde_json::Value| {
        json!({
            "command": "agreement.amend", "deal": id(DEAL), "terms": terms, "reason": "补充协议", "paper": paper(),
        })
    };
    let cheaper = world.licence(2_999_999);
    let refusal = world.refused(HEAD, amend(cheaper), "agreement.price_lowered");
    assert_eq!(refusal.findings[0].field.as_deref(), Some("terms.price"));
    let mut other = world.licence(3_000_000);
    other["mode"] = json!("transfer");
    world.refused(HEAD, amend(other), "agreement.mode");
    let dearer = world.licence(3_500_000);
    world.must(HEAD, amend(dearer.clone()));
    assert_eq!(world.deal().terms().unwrap().price.fen(), yuan(3_500_000));
    // Agreed terms no longer change behind the contract.
    world.refused(
        MANAGER,
        json!({
            "command": "deal.agree_terms", "deal": id(DEAL), "terms": dearer,
        }),
        "deal.signed",
    );
}

#[test]
fn a_deceased_inventors_money_goes_to_the_heir() {
    let mut world = World::with_money();
    world.distributed(500);
    world.must(
        HEAD,
        json!({
            "command": "people.update", "person": id(WANG), "kind": "deceased", "posts": [],
        }),
    );
    let pay = world.pay(500, WANG, 100);
    world.refused(FINANCE, pay.clone(), "pay.no_heir");
    world.register(7, "outside", json!([]));
    world.must(
        HEAD,
        json!({
            "command": "people.name_heir", "person": id(WANG), "heir": id(7), "paper": paper(),
        }),
    );
    let events = world.must(FINANCE, pay);
    assert!(events[0].to_body().contains(&id(7)));
    assert_eq!(world.owed(500, WANG).fen(), yuan(840_000) - 100);
}

#[test]
fn imported_history_is_an_opening_balance_that_later_steps_proceed_from() {
    let mut world = World::new();
    let past = world.imported(yuan(100), yuan(40), yuan(28));
    let origin = past["past"]["origin"].clone();
    assert_eq!(world.balance(&Account::Clearing), 0);
    assert_eq!(world.balance(&Account::PaidOut), yuan(28));
    // Taken once; not divided a second time. Another year's is another one.
    world.refused(MANAGER, past, "import.known");
    let later = |key: &str| {
        json!({"command": "history.distribution", "deal": id(DEAL), "past": {
            "net": 0, "pools": [["team", 0]], "people": [[id(WANG), 0]], "key": key,
            "origin": origin,
        }})
    };
    world.must(MANAGER, later("2020"));
    world.must(MANAGER, later("2021"));
    world.refused(MANAGER, later("2021"), "import.known");
    let propose = world.propose(500);
    world.refused(MANAGER, propose, "distribution.history");
    // What arrives from now on is divided by the rules in force.
    world.must(
        LI,
        json!({"command": "disclosure.confirm_share", "case": id(CASE)}),
    );
    world
        .on("2026-10-20")
        .receive(501, yuan(60))
        .distributed(501);
    assert_eq!(world.owed(501, LI).fen(), yuan(42));
    assert_eq!(world.balance(&Account::Clearing), 0);
}

#[test]
fn what_is_still_due_to_an_inventor_survives_a_change_of_shares() {
    let mut world = World::new();
    world.contract().confirm_shares();
    world.must(
        MANAGER,
        json!({
            "command": "protection.record_cost", "case": id(CASE), "kind": "maintenance",
            "amount": 100_001, "paid_on": "2026-08-12", "voucher": "F-1",
            "paid_by": {"who": "inventor", "person": id(WANG)},
        }),
    );
    // Double is due; the first receipt covers a part of it.
    world.on("2026-10-20").receive(500, 50_001).distributed(500);
    assert_eq!(world.owed(500, WANG).fen(), 50_001);
    world.halve_shares();
    world.receive(501, 1_150_001).distributed(501);
    let net = 1_150_001 - (200_002 - 50_001);
    assert_eq!(world.owed(501, LI).fen(), net * 7 / 10 / 2);
    assert_eq!(
        world.owed(501, WANG).fen(),
        net * 7 / 10 / 2 + 200_002 - 50_001
    );
    assert_eq!(world.balance(&Account::Clearing), 0);
}

/// What a refund un-recovers under earlier shares is due again, and the next
/// receipt pays it: the university's cost and the inventor's double return.
#[test]
fn a_refund_under_earlier_shares_makes_its_costs_due_again() {
    for by_inventor in [false, true] {
        let mut world = World::new();
        world.contract().confirm_shares();
        let paid_by = if by_inventor {
            json!({"who": "inventor", "person": id(WANG)})
        } else {
            json!({"who": "university"})
        };
        world.must(
            MANAGER,
            json!({
                "command": "protection.record_cost", "case": id(CASE), "kind": "maintenance",
                "amount": 100_000, "paid_on": "2026-08-12", "voucher": "F-1", "paid_by": paid_by,
            }),
        );
        world
            .on("2026-10-20")
            .receive(500, 300_000)
            .distributed(500);
        world.halve_shares();
        // A receipt under the new shares, then the first one goes back whole.
        world.receive(501, 100_000).distributed(501);
        let refund = world.refund_command(600, 500, 300_000);
        world.must(FINANCE, refund);
        assert_eq!(world.owed(500, WANG).fen(), 0);
        world.receive(502, 500_000).distributed(502);
        let first = if by_inventor { 200_000 } else { 100_000 };
        let part = (500_000 - first) * 7 / 10 / 2;
        let returned = if by_inventor { first } else { 0 };
        assert_eq!(world.owed(502, LI).fen(), part);
        assert_eq!(world.owed(502, WANG).fen(), part + returned);
        assert_eq!(world.balance(&Account::Clearing), 0);
        // And only once.
        world.receive(503, 100_000).distributed(503);
        assert_eq!(world.owed(503, LI).fen(), 35_000);
        assert_eq!(world.owed(503, WANG).fen(), 35_000);
    }
}

/// The first 1,000 yuan of net income go to the team whole, what follows in half.
fn adopt_tiers(world: &mut World, window: &str) {
    let mut policy = serde_json::to_value(dukou_rules::SchoolPolicy::example()).unwrap();
    policy["distribution"]["window"] = json!(window);
    policy["distribution"]["tiers"] = json!([
        {"up_to_fen": 100_000, "pools": {"team": "100%"}},
        {"up_to_fen": null, "pools": {"team": "50%", "university": "50%"}},
    ]);
    world.must(
        HEAD,
        json!({"command": "institution.adopt_policy", "from": "2026-01-02", "policy": policy}),
    );
}

#[test]
fn tiers_go_on_through_a_change_of_shares_and_a_refund() {
    for window in ["lifetime", "agreement", "year"] {
        let mut world = World::new();
        adopt_tiers(&mut world, window);
        world.contract().confirm_shares();
        world.on("2026-10-20").receive(500, 80_000).distributed(500);
        let team = |world: &World, of: u128| world.owed(of, LI).fen() + world.owed(of, WANG).fen();
        assert_eq!(team(&world, 500), 80_000, "{window}");
        world.halve_shares();
        world.receive(501, 100_000).distributed(501);
        assert_eq!(team(&world, 501), 20_000 + 40_000, "{window}");
        // What goes back comes off the top of what has come so far.
        let refund = world.refund_command(600, 500, 80_000);
        world.must(FINANCE, refund);
        assert_eq!(team(&world, 500), 80_000 - 40_000, "{window}");
        world.receive(502, 10_000).distributed(502);
        assert_eq!(team(&world, 502), 5_000, "{window}");
        assert_eq!(world.balance(&Account::Clearing), 0);
    }
}

#[test]
fn tiers_go_on_from_imported_history() {
    let mut world = World::new();
    adopt_tiers(&mut world, "lifetime");
    world.imported(200_000, 90_000, 90_000);
    world.must(
        LI,
        json!({"command": "disclosure.confirm_share", "case": id(CASE)}),
    );
    world.on("2026-10-20").receive(501, 30_000).distributed(501);
    assert_eq!(world.owed(501, LI).fen(), 10_000 + 10_000);
}

#[test]
fn a_service_has_an_owner_who_is_here_and_is_no_administrator() {
    let mut world = World::new();
    world.register(30, "service", json!([]));
    let own = |person: u128, owner: u128| json!({"command": "people.name_owner", "person": id(person), "owner": id(owner)});
    world.refused(HEAD, own(LI, WANG), "people.owner_of_person");
    world.refused(HEAD, own(30, 31), "people.owner_unknown");
    world.refused(HEAD, own(30, 30), "people.owner_unknown");
    world.must(HEAD, own(30, LI));
    world.refused(HEAD, own(30, LI), "people.owner_same");
    world.refused(
        HEAD,
        json!({"command": "people.grant_role", "person": id(30), "role": "system_admin"}),
        "people.administrator_is_person",
    );
    world.must(
        HEAD,
        json!({"command": "people.grant_role", "person": id(30), "role": "finance"}),
    );
    world.must(
        HEAD,
        json!({"command": "people.update", "person": id(WANG), "kind": "left", "posts": []}),
    );
    world.refused(HEAD, own(30, WANG), "people.owner_unknown");
}

#[test]
fn what_is_whole_is_given_whole_or_not_at_all() {
    let mut world = World::new();
    for action in ["journal.read", "journal.verify", "hook.manage"] {
        let set = |scope: &str| json!({"command": "institution.set_permission", "role": "manager", "action": action, "scope": scope, "reason": "试"});
        world.refused(HEAD, set("own"), "permission.whole");
        world.refused(HEAD, set("unit"), "permission.whole");
        world.must(HEAD, set("all"));
    }
}
