//! Half of a cash reward left out of the income tax: filed in the month after, due on
//! the day that is moved off rest days, and a task until somebody filed it.

use dukou_chain::distribution::filing;
use dukou_chain::law;
use dukou_chain::whole::{self, State, Task};
use serde_json::{Value, json};

use crate::runner::*;

const TASK: &str = "distribution.file_relief";

/// Registered, distributed and published; paid from 2026-11-11 on.
fn published() -> World {
    let mut world = World::with_money();
    world.must(
        MANAGER,
        json!({
            "command": "agreement.register", "deal": id(DEAL), "register_no": "2026330001",
            "registered": world.today.to_string(), "technology_amount": yuan(3_000_000),
        }),
    );
    world.distributed(500);
    world.must(
        MANAGER,
        json!({
            "command": "distribution.post_reward", "deal": id(DEAL), "receipt": id(500),
            "notice": id(402), "days": 15, "contact": "科技处",
        }),
    );
    world.on("2026-11-11").must(
        MANAGER,
        json!({
            "command": "distribution.close_reward", "deal": id(DEAL), "receipt": id(500),
            "result": "无异议",
        }),
    );
    world
}

fn tasks(world: &World) -> Vec<Task> {
    let state = world.state(dukou_journal::StreamId::Institution);
    let State::Institution(institution) = state.as_ref() else {
        panic!("no institution");
    };
    let all = whole::deal_tasks(&world.deal(), institution);
    all.into_iter().filter(|it| it.code == TASK).collect()
}

fn file(month: &str, filed: &str) -> Value {
    json!({
        "command": TASK, "deal": id(DEAL), "receipt": id(500), "month": month, "filed": filed,
        "paper": paper(),
    })
}

fn pay(world: &mut World, day: &str, amount: i64) {
    let command = world.on(day).pay(500, LI, amount);
    world.must(FINANCE, command);
}

#[test]
fn what_is_paid_under_the_relief_waits_until_it_is_filed() {
    let mut world = published();
    assert!(tasks(&world).is_empty(), "nothing is paid");
    pay(&mut world, "2026-11-12", 100);
    pay(&mut world, "2026-11-30", 200);
    pay(&mut world, "2026-12-01", 400);
    let open = tasks(&world);
    let dues: Vec<_> = open.iter().map(|it| it.due.as_ref().unwrap()).collect();
    assert_eq!(dues[0].end, Some(day("2026-12-15")));
    assert!(open[0].what.zh.contains("2026年11月") && open[0].what.zh.contains("3.00"));
    // The arrangement of 2027 is not published: only the day as counted is known.
    assert_eq!((dues[1].raw, dues[1].end), (day("2027-01-15"), None));
    assert_eq!(dues.len(), 2);

    world.refused(FINANCE, file("2026-10-01", "2026-12-01"), "filing.nothing");
    world.refused(FINANCE, file("2026-11-01", "2026-11-29"), "filing.early");
    world.refused(FINANCE, file("2026-11-01", "2026-12-02"), "date.future");
    world.must(FINANCE, file("2026-11-30", "2026-12-01"));
    assert_eq!(tasks(&world).len(), 1, "December is still open");
    world.refused(FINANCE, file("2026-11-01", "2026-12-01"), "filing.nothing");
}

#[test]
fn a_payment_entered_after_its_month_was_filed_waits_again() {
    let mut world = published();
    pay(&mut world, "2026-11-12", 100);
    world.on("2026-12-16");
    let events = world.must(FINANCE, file("2026-11-01", "2026-12-16"));
    let late = format!("{:?}", events[0]);
    assert!(
        late.contains("filing.late"),
        "one day after the 15th: {late}"
    );
    assert!(tasks(&world).is_empty());
    let mut command = world.pay(500, LI, 100);
    command["paid"] = json!("2026-11-20");
    world.must(FINANCE, command);
    assert_eq!(tasks(&world).len(), 1);
}

#[test]
fn what_carries_no_relief_is_not_filed() {
    let mut world = World::with_money();
    world.distributed(500);
    pay(&mut world, "2026-11-12", 100);
    assert!(tasks(&world).is_empty(), "the contract is not registered");
    world.refused(FINANCE, file("2026-11-01", "2026-11-12"), "filing.nothing");
}

#[test]
fn the_day_of_filing_moves_off_rest_days() {
    let world = World::new();
    let state = world.state(dukou_journal::StreamId::Institution);
    let State::Institution(institution) = state.as_ref() else {
        panic!("no institution");
    };
    for (paid, counted, moved) in [
        ("2026-09-10", "2026-10-15", "2026-10-22"),
        ("2026-07-31", "2026-08-15", "2026-08-17"),
        ("2026-11-11", "2026-12-15", "2026-12-15"),
    ] {
        let (due, citation) = filing::due(institution, day(paid)).unwrap();
        assert_eq!(
            (due.raw, due.end),
            (day(counted), Some(day(moved))),
            "{paid}"
        );
        assert_eq!(citation.id, "sta_2018_30.2");
    }
}

/// What waits with each receipt, counted without words, is what the list of tasks says.
fn counted_as_listed(world: &World) {
    let state = world.state(dukou_journal::StreamId::Institution);
    let State::Institution(institution) = state.as_ref() else {
        panic!("no institution");
    };
    let deal = world.deal();
    let mut all = Vec::new();
    let mut add = |_, _, (_, due): (_, Option<law::Due>), _, _, _| all.push(due);
    let (money, income) = (&deal.distribution, &deal.income);
    for receipt in income.standing() {
        money.tasks(receipt, institution, &mut add);
    }
    let listed = all.iter().flatten().map(|it| it.shown()).min();
    let waiting = income
        .standing()
        .map(|(id, _)| money.waiting(id, institution));
    let counted = waiting.fold((0, None), |(count, nearest), (more, day)| {
        (count + more, nearest.into_iter().chain(day).min())
    });
    assert_eq!(counted, (all.len(), listed));
}

#[test]
fn what_waits_is_counted_as_it_is_listed() {
    let mut world = World::with_money();
    counted_as_listed(&world);
    let propose = world.propose(500);
    world.must(MANAGER, propose);
    counted_as_listed(&world);
    let mut world = published();
    counted_as_listed(&world);
    for (day, amount) in [
        ("2026-11-12", 100),
        ("2026-11-13", 200),
        ("2026-12-01", 300),
    ] {
        pay(&mut world, day, amount);
        counted_as_listed(&world);
    }
    for who in [LI, WANG] {
        let owed = world.owed(500, who).fen();
        let command = world.pay(500, who, owed);
        world.must(FINANCE, command);
        counted_as_listed(&world);
    }
    world.must(FINANCE, file("2026-11-01", "2026-12-01"));
    world.must(FINANCE, file("2026-12-01", "2026-12-01"));
    counted_as_listed(&world);
}
