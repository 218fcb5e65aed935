//! One deal with many receipts: whether the next one costs more than the first.

use std::time::Instant;

use dukou_chain::whole::Command;
use dukou_chain::{distribution, income};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{DealId, Money, PersonId, ReceiptId};
use dukou_store::{Clock, Config, Envelope, Store, Value as Cell};
use serde_json::{Value, json};

use super::load::{self, Cast};
use super::{tenths, text};

/// Receipts over which a figure is the median.
const WINDOW: usize = 20;

/// Drives one deal through so many receipts, each received, proposed and approved by
/// its own command, and tells what the first and the last of them cost.
///
/// # Errors
/// When the folder holds something else or a command is refused.
pub fn measure(config: &Config, receipts: usize) -> Result<Value, String> {
    let cast = load::build(config, 1)?;
    let store = Store::open(config.clone()).map_err(text)?;
    let deal = the_deal(&store, &cast)?;
    let mut took: Vec<[f64; 3]> = Vec::with_capacity(receipts);
    let mut sizes: Vec<[i64; 2]> = Vec::with_capacity(receipts);
    for number in 0..receipts {
        let receipt = ReceiptId(uuid::Uuid::now_v7());
        let amount = 1_000_003 + i64::try_from(number).unwrap_or(0) * 17;
        let receive = income::Command::Receive {
            receipt,
            received: store.today(),
            amount: Money::from_fen(amount),
            payer: "青岚新能源有限公司".to_owned(),
            bank_ref: format!("LONG{number:06}"),
            paper: None,
        };
        let propose = distribution::Command::Propose { receipt };
        let approve = distribution::Command::Approve {
            receipt,
            note: "同意。".to_owned(),
        };
        let steps: [(PersonId, Command); 3] = [
            (cast.finance(), Command::Income(deal, receive)),
            (cast.manager(), Command::Distribution(deal, propose)),
            (cast.approver(), Command::Distribution(deal, approve)),
        ];
        let mut ms = [0.0; 3];
        for (slot, (person, command)) in ms.iter_mut().zip(steps) {
            let envelope = Envelope::new(cast.institution, Actor::Person(person), command);
            let began = Instant::now();
            store.execute(envelope).map_err(text)?;
            *slot = began.elapsed().as_secs_f64() * 1000.0;
        }
        took.push(ms);
        sizes.push(last_sizes(&store, &cast)?);
    }
    let people = 2;
    drop(store);
    let reader = Store::open_reader(config.clone()).map_err(text)?;
    let began = Instant::now();
    reader
        .state(cast.institution, StreamId::Deal(deal))
        .map_err(text)?;
    let load_ms = began.elapsed().as_secs_f64() * 1000.0;
    let began = Instant::now();
    let entries = reader.replay().map_err(text)?;
    let replay = entries as f64 / began.elapsed().as_secs_f64();
    let at = |from: usize| {
        let step = |which: usize| {
            let window = took.iter().skip(from).take(WINDOW);
            let mut all: Vec<f64> = window.filter_map(|it| it.get(which).copied()).collect();
            all.sort_by(f64::total_cmp);
            let middle = all.get(all.len() / 2).copied().unwrap_or(0.0);
            (middle * 100.0).round() / 100.0
        };
        let bytes = sizes.get((from + WINDOW).min(sizes.len()).saturating_sub(1));
        let [proposed, approved] = bytes.copied().unwrap_or_default();
        json!({
            "receive_ms": step(0), "propose_ms": step(1), "approve_ms": step(2),
            "proposed_bytes": proposed, "approved_bytes": approved,
        })
    };
    Ok(json!({
        "receipts": receipts, "people": people,
        "first": at(0), "middle": at(receipts.saturating_sub(WINDOW) / 2),
        "last": at(receipts.saturating_sub(WINDOW)),
        "load_deal_ms": tenths(load_ms), "replay_entries_per_s": replay.round(),
    }))
}

/// The data folder of a deal of so many receipts, apart from any load.
pub fn place(config: &Config, receipts: usize) -> Config {
    let mut config = config.clone();
    config.data_dir = config.data_dir.join(format!("bench-deal-{receipts}"));
    config.database_url = None;
    config.clock = Clock::System;
    config
}

fn the_deal(store: &Store, cast: &Cast) -> Result<DealId, String> {
    let sql = "SELECT id FROM deal_view WHERE institution = $1 AND received_minor > 0 LIMIT 1";
    let any = "SELECT id FROM deal_view WHERE institution = $1 LIMIT 1";
    let key = [Cell::from(cast.institution.to_string())];
    let row = store.read(|db| match db.row(sql, &key)? {
        Some(row) => Ok(Some(row)),
        None => db.row(any, &key),
    });
    let row = row.map_err(text)?.ok_or("the load has no deal")?;
    row.text(0).parse().map_err(text)
}

/// Bytes of the newest proposal and of the newest approval.
fn last_sizes(store: &Store, cast: &Cast) -> Result<[i64; 2], String> {
    let mut found = [0; 2];
    let kinds = ["distribution.proposed.v2", "distribution.approved.v2"];
    for (slot, kind) in found.iter_mut().zip(kinds) {
        let sql = "SELECT LENGTH(bytes) FROM journal WHERE institution = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1";
        let key = [Cell::from(cast.institution.to_string()), kind.into()];
        let row = store.read(|db| db.row(sql, &key)).map_err(text)?;
        *slot = row.map_or(0, |it| it.int(0));
    }
    Ok(found)
}
