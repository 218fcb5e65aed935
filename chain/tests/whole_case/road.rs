//! One case from disclosure to paid shares.

use dukou_chain::whole::{self, State, Stop};
use dukou_journal::StreamId;
use dukou_ledger::Account;
use serde_json::json;

use crate::runner::*;

#[test]
fn one_case_goes_from_disclosure_to_paid_shares() {
    let mut world = World::new();
    world.protected().confirm_shares();
    assert_eq!(world.case().disclosure.number, "YZ-2026-0001");
    for (who, amount) in [
        (json!({"who": "university"}), 5_000),
        (json!({"who": "inventor", "person": id(WANG)}), 1_000),
    ] {
        world.must(
            MANAGER,
            json!({
                "command": "protection.record_cost", "case": id(CASE), "kind": "maintenance",
                "amount": yuan(amount), "paid_on": "2026-08-12", "paid_by": who, "voucher": "F-12",
            }),
        );
    }
    let terms = world.licence(3_000_000);
    world.opened("licence").decided(&terms).posted().signed();
    assert_eq!(world.deal().number(), "YZ-D-2026-0001");
    world.must(
        MANAGER,
        json!({
            "command": "agreement.register", "deal": id(DEAL), "register_no": "2026110000000001",
            "registered": "2026-10-09", "technology_amount": yuan(3_000_000),
        }),
    );
    world
        .on("2026-10-20")
        .receive(500, yuan(3_000_000))
        .distributed(500);

    // What an inventor paid comes back double; the rest is divided 70 : 10 : 20.
    let balance = |world: &World, account: Account| world.balance(&account);
    assert_eq!(balance(&world, Account::Clearing), 0);
    assert_eq!(balance(&world, Account::Payer), -yuan(3_000_000));
    assert_eq!(balance(&world, Account::CostRecovery), yuan(5_000));
    let net = yuan(3_000_000 - 5_000 - 2_000);
    assert_eq!(balance(&world, Account::Pool("college".into())), net / 10);
    assert_eq!(balance(&world, Account::Pool("university".into())), net / 5);
    let (li, wang) = (net * 7 / 10 * 6 / 10, net * 7 / 10 * 4 / 10 + yuan(2_000));
    assert_eq!(world.owed(500, LI).fen(), li);
    assert_eq!(world.owed(500, WANG).fen(), wang);

    world.on("2026-11-02");
    for (who, amount) in [(LI, li), (WANG, wang)] {
        let pay = world.pay(500, who, amount);
        world.must(FINANCE, pay);
        assert_eq!(world.owed(500, who).fen(), 0);
    }
    assert_eq!(balance(&world, Account::PaidOut), li + wang);
    let deal = world.deal();
    assert!(deal.distribution.all_paid());
    assert_eq!(whole::deal_stop(&deal), Stop::Payment);

    // The same road is driven through the store on both engines.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/road.jsonl");
    let road = world.taken.join("\n") + "\n";
    if std::env::var_os("DUKOU_WRITE_ROAD").is_some() {
        std::fs::write(path, &road).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        kept, road,
        "DUKOU_WRITE_ROAD=1 cargo test -p dukou-chain writes {path} anew"
    );
}

#[test]
fn a_notice_runs_over_the_holiday_and_names_the_first_lawful_day() {
    let mut world = World::new();
    let terms = world.licence(3_000_000);
    world.protected().opened("licence").decided(&terms).posted();
    // Posted on 21 September; day 15 is 6 October, a holiday, so 8 October counts.
    let notice = world.deal().publicity.notices[0].clone();
    let due = notice.due(dukou_chain::law::builtin_calendar().as_ref());
    assert_eq!(
        (due.raw, due.end),
        (day("2026-10-06"), Some(day("2026-10-08")))
    );
    for early in ["2026-10-06", "2026-10-07", "2026-10-08"] {
        world.on(early);
        let (close, sign) = (world.close_command(), world.sign_command());
        world.refused(MANAGER, close, "publicity.running");
        let no = world.refused(HEAD, sign, "publicity.running");
        assert_eq!(no.findings[0].earliest, Some(day("2026-10-09")));
        assert!(no.findings[0].citation.is_some());
    }
    world.signed();
    let signed = world.deal().agreement.signed.unwrap().1;
    assert!(
        signed
            .findings
            .read()
            .unwrap()
            .iter()
            .any(|it| it.code == "publicity.complete")
    );
}

#[test]
fn every_stream_gives_rows_that_fit_their_tables() {
    let mut world = World::new();
    world.contract().confirm_shares();
    world
        .on("2026-10-20")
        .receive(500, yuan(10))
        .distributed(500);
    let institution = match world.state(StreamId::Institution).as_ref() {
        State::Institution(it) => it.clone(),
        _ => panic!("not an institution"),
    };
    let mut seen = std::collections::BTreeSet::new();
    for stream in world.stream_ids() {
        for row in whole::rows(stream, &world.state(stream), &institution) {
            let table = whole::tables()
                .iter()
                .find(|it| it.name == row.table)
                .unwrap();
            assert_eq!(table.columns.len(), row.cells.len(), "{}", row.table);
            seen.insert(row.table);
        }
    }
    for table in [
        "case_view",
        "deal_view",
        "notice",
        "receipt_view",
        "award",
        "person_view",
        "task",
    ] {
        assert!(
            seen.contains(table),
            "{table} has no row; there are {seen:?}"
        );
    }
}

/// An entry takes effect on the legal day that it names, not on the day somebody
/// came to write it down.
#[test]
fn an_entry_takes_effect_on_the_day_it_names() {
    let mut world = World::new();
    world.contract().confirm_shares();
    world.on("2026-10-20");
    let mut receive = world.receive_command(500, yuan(100));
    receive["received"] = json!("2026-10-13");
    let events = world.must(FINANCE, receive);
    assert_eq!(events[0].own_day(), Some(day("2026-10-13")));
    let note = json!({"command": "closing.note", "deal": id(DEAL), "text": "电话"});
    assert_eq!(world.must(FINANCE, note)[0].own_day(), None);
}
