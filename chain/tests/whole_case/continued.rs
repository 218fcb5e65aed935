//! A deal that an older program divided goes on under this one to the same fen.
//!
//! `tests/stored/deal.v1.jsonl` was written by version 0.1.0: per line a command, and
//! the entries that it made of it, the ones before it that no line names included.

use dukou_chain::contract::Row;
use dukou_chain::distribution;
use dukou_chain::institution::Institution;
use dukou_chain::whole::{Event, changed_rows, rows, tables};
use dukou_journal::{Entry, StreamId};
use dukou_kernel::DealId;
use serde_json::{Value, json};

use crate::runner::*;

fn lines() -> Vec<Value> {
    include_str!("../stored/deal.v1.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn entries(line: &Value, key: &str) -> Vec<Entry<'static>> {
    let texts = line[key].as_array().unwrap().iter();
    texts
        .map(|it| {
            Entry::from_bytes(it.as_str().unwrap())
                .unwrap()
                .into_owned()
        })
        .collect()
}

fn split_of(event: &Event) -> Option<Value> {
    let split = match event {
        Event::Distribution(distribution::Event::Proposed(it)) => &it.split,
        Event::Distribution(distribution::Event::Approved(it)) => &it.split,
        Event::Distribution(distribution::Event::ClawedBack(it)) => &it.split,
        _ => return None,
    };
    Some(serde_json::to_value(split).unwrap())
}

/// At each step the stored events before it are read, and this program decides.
#[test]
fn an_old_deal_is_divided_on_to_the_same_fen() {
    let mut world = World::empty();
    let mut compared = 0;
    for line in lines() {
        for entry in entries(&line, "before") {
            world.take_stored(entry);
        }
        let who = line["by"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
        let mut now = world.clone();
        now.on(line["on"].as_str().unwrap());
        let made = now.must(who.as_u128(), line["command"].clone());
        let stored = entries(&line, "entries");
        assert_eq!(made.len(), stored.len(), "{}", line["command"]);
        for (event, entry) in made.iter().zip(&stored) {
            let old: Value = serde_json::from_str(&entry.body).unwrap();
            if let Some(split) = split_of(event) {
                for key in ["gross", "recovered", "returned", "net", "pools", "people"] {
                    assert_eq!(
                        split[key], old["split"][key],
                        "{key} of {}",
                        line["command"]
                    );
                }
                compared += 1;
            }
        }
        for entry in stored {
            world.take_stored(entry);
        }
    }
    assert_eq!(compared, 12);
}

/// The other way: from the first division on everything is divided and stored anew.
#[test]
fn a_deal_divided_anew_gives_the_same_fen() {
    let mut world = World::empty();
    let mut compared = 0;
    for line in lines() {
        for entry in entries(&line, "before") {
            world.take_stored(entry);
        }
        let who = line["by"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
        world.on(line["on"].as_str().unwrap());
        let made = world.must(who.as_u128(), line["command"].clone());
        for (event, entry) in made.iter().zip(&entries(&line, "entries")) {
            let old: Value = serde_json::from_str(&entry.body).unwrap();
            if let Some(split) = split_of(event) {
                assert_eq!(
                    split["people"], old["split"]["people"],
                    "{}",
                    line["command"]
                );
                assert_eq!(
                    split["returned"], old["split"]["returned"],
                    "{}",
                    line["command"]
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 12);
}

/// What an older program explained in prose is read as lines, each of known meaning.
#[test]
fn old_prose_becomes_lines_with_subjects() {
    let mut seen = 0;
    for line in lines() {
        for entry in entries(&line, "entries") {
            let event = Event::from_body(&entry.meta.kind, &entry.body).unwrap();
            let lines = match &event {
                Event::Distribution(distribution::Event::Proposed(it)) => it.lines(),
                Event::Distribution(distribution::Event::ClawedBack(it)) => it.lines(),
                _ => continue,
            };
            assert!(lines.iter().all(|it| it.rule != "told"), "{lines:#?}");
            assert!(lines.len() > 5);
            seen += 1;
        }
    }
    assert_eq!(seen, 7);
}

/// Every trace, of old prose and of new computations, is what the published schema says.
#[test]
fn every_trace_fits_the_published_schema() {
    let schema = include_str!("../../../docs/schema/dukou.trace.v1.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = 0;
    let mut fits = |lines: &Value| {
        let trace = json!({"schema": "dukou.trace/v1", "lines": lines});
        let wrong: Vec<String> = validator
            .iter_errors(&trace)
            .map(|it| it.to_string())
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        seen += lines.as_array().unwrap().len();
    };
    let kept = include_str!("../../../base/ledger/tests/golden/trace.v1.json");
    let kept: Vec<Value> = serde_json::from_str(kept).unwrap();
    kept.iter().for_each(|case| fits(&case["lines"]));
    let mut world = World::empty();
    for line in lines() {
        for entry in entries(&line, "before")
            .into_iter()
            .chain(entries(&line, "entries"))
        {
            let event = Event::from_body(&entry.meta.kind, &entry.body).unwrap();
            if let Event::Distribution(distribution::Event::Proposed(it)) = &event {
                fits(&serde_json::to_value(it.lines()).unwrap());
            }
            world.take_stored(entry);
        }
    }
    world.on("2026-11-03").receive(700, 123_457);
    let propose = world.propose(700);
    for event in world.must(MANAGER, propose) {
        if let Event::Distribution(distribution::Event::Proposed(it)) = &event {
            fits(&serde_json::to_value(it.lines()).unwrap());
        }
    }
    assert!(seen > 60, "{seen}");
}

/// The size of an event, and the time to take it in, do not grow with what came before.
#[test]
fn five_hundred_receipts_leave_events_as_small_as_the_first() {
    let mut world = World::new();
    world.contract().confirm_shares();
    world.on("2026-10-20");
    let mut sizes = Vec::new();
    for number in 0..500u128 {
        let (receipt, refund) = (10_000 + number, 20_000 + number);
        world.receive(receipt, 1_000_003 + i64::try_from(number).unwrap());
        world.distributed(receipt);
        if number % 50 == 7 {
            let refund = world.refund_command(refund, receipt, 77);
            world.must(FINANCE, refund);
        }
        for entry in world.entries.drain(..) {
            if entry.meta.kind.starts_with("distribution.") {
                sizes.push(entry.to_bytes().unwrap().len());
            }
        }
    }
    let people = 2;
    let most = sizes.iter().max().unwrap();
    assert!(*most <= 2048 + 200 * people, "{most}");
    let (first, last) = (sizes[1], *sizes.last().unwrap());
    assert!(last <= first + 120, "{first} {last}");
    // Conserved, and nobody a whole fen above the exact share.
    let deal = world.deal();
    let net: i64 = deal
        .distribution
        .divisions
        .values()
        .map(|it| {
            let approved = &it.approved.as_ref().unwrap().1;
            let back: i64 = it.clawed_back.iter().map(|it| it.split.net.fen()).sum();
            approved.split.net.fen() + back
        })
        .sum();
    let received: i64 = (0..500i64).map(|it| 1_000_003 + it).sum::<i64>() - 77 * 10;
    assert_eq!(net, received);
}

/// Rows that an event left alone are neither made nor compared, and the others come out
/// as if all had been.
#[test]
fn rows_of_earlier_receipts_stay_where_they_are() {
    let mut world = World::with_money();
    world.distributed(500);
    let stream = StreamId::Deal(DealId(uuid::Uuid::from_u128(DEAL)));
    let institution = Institution::default();
    let mut left = 0;
    // Ids that stand before and behind those known, so that rows must move.
    for number in [501, 502, 3, 503, 4] {
        for step in 0..4 {
            let was = world.state(stream);
            match step {
                0 => _ = world.receive(number, 1_000 + i64::try_from(number).unwrap()),
                1 => {
                    let propose = world.propose(number);
                    world.must(MANAGER, propose);
                }
                2 => {
                    let approve = world.approve(number);
                    world.must(APPROVER, approve);
                }
                _ => {
                    let refund = world.refund_command(900 + number, number, 7);
                    world.must(FINANCE, refund);
                }
            }
            let is = world.state(stream);
            let (old, new) = changed_rows(stream, (&was, &institution), (&is, &institution));
            let (all_old, all_new) = (
                rows(stream, &was, &institution),
                rows(stream, &is, &institution),
            );
            for (some, all) in [(&old, &all_old), (&new, &all_new)] {
                assert_eq!(some.len(), all.len());
                for (one, whole) in some.iter().zip(all) {
                    assert_eq!(one.table, whole.table);
                    assert!(one.is_unchanged() || one == whole, "{one:?} {whole:?}");
                }
            }
            for table in tables() {
                let of = |rows: &[Row]| -> Vec<Row> {
                    rows.iter()
                        .filter(|it| it.table == table.name)
                        .cloned()
                        .collect()
                };
                let (some, before, after) = (of(&new), of(&all_old), of(&all_new));
                for (line, one) in some.iter().enumerate() {
                    if one.is_unchanged() {
                        assert_eq!(before[line], after[line], "{} {line}", table.name);
                        left += 1;
                    }
                }
            }
        }
    }
    assert!(left > 30, "{left}");
}

/// An event that does not follow from what stood before it divides nothing more.
#[test]
fn a_distribution_that_does_not_follow_closes_the_deal() {
    let mut world = World::with_money();
    world.distributed(500);
    world.on("2026-10-21").receive(501, 100);
    let entry = world
        .entries
        .iter()
        .find(|it| it.meta.kind == "distribution.approved.v2")
        .unwrap();
    let mut body: Value = serde_json::from_str(&entry.body).unwrap();
    body["receipt"] = json!(id(502));
    body["basis"]["computation"]["before"]["net"] = json!(5);
    body["basis"]["computation"]["entries"][0]["costs"] = json!([[99, "agent", 5, 5]]);
    let forged = Entry {
        body: body.to_string().into(),
        ..entry.clone()
    };
    world.take_stored(forged);
    let propose = world.propose(501);
    world.refused(MANAGER, propose, "distribution.broken");
}
