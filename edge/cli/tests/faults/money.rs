//! The way of money: it comes in, is divided by one person and approved by another, is
//! paid out in part, and goes back in part. Its commands move many accounts at once, and
//! a refund writes two entries, so that something could be left of them by half.

use std::collections::BTreeMap;

use dukou_store::{Clock, Store};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::office::{AMOUNT, Promised, id};

const PAID: i64 = 5_000;
const BACK: i64 = 2_345;
const STEPS: [&str; 5] = ["receive", "propose", "approve", "pay", "refund"];

/// The contracts under which money comes in, and the step that comes next. A caller
/// that got no answer sends the same again, in the next round if need be.
pub struct Road {
    pub deals: Vec<u128>,
    person: String,
    step: usize,
    receipt: Uuid,
    asked: Option<Value>,
}

impl Road {
    pub fn new(deals: Vec<u128>, person: String) -> Self {
        Self {
            deals,
            person,
            step: 0,
            receipt: Uuid::nil(),
            asked: None,
        }
    }

    /// What stands to be asked: its key, whether the approver asks, and the command.
    pub fn next(&mut self) -> (String, bool, Value) {
        let at = self.step % STEPS.len();
        let turn = self.step / STEPS.len() % self.deals.len();
        let key = format!("{}-{}-{}", STEPS[at], self.deals[0], self.step);
        let command = self.asked.take().unwrap_or_else(|| {
            if at == 0 {
                self.receipt = Uuid::now_v7();
            }
            self.command(at, &id(self.deals[turn]), &key)
        });
        self.asked = Some(command.clone());
        (key, STEPS[at] == "approve", command)
    }

    fn command(&self, at: usize, deal: &str, key: &str) -> Value {
        let (receipt, today) = (self.receipt, Clock::System.today());
        match STEPS[at] {
            "receive" => json!({
                "command": "income.receive", "deal": deal, "receipt": receipt,
                "received": "2026-01-05", "amount": AMOUNT, "payer": "老客户", "bank_ref": key,
            }),
            "pay" => json!({
                "command": "distribution.pay", "deal": deal, "receipt": receipt,
                "person": self.person, "amount": PAID, "paid": today, "voucher": key,
            }),
            "refund" => json!({
                "command": "income.refund", "deal": deal, "refund": Uuid::now_v7(),
                "of": receipt, "paid": today, "amount": BACK, "reason": key,
            }),
            step => json!({
                "command": format!("distribution.{step}"), "deal": deal, "receipt": receipt,
            }),
        }
    }

    pub fn answered(&mut self) {
        self.step += 1;
        self.asked = None;
    }
}

/// What the entries say that was moved, by their number, told without the program's own
/// ledger; and how many commands of each kind there were.
#[derive(Default)]
pub struct Moved {
    entries: BTreeMap<i64, i64>,
    kinds: BTreeMap<String, i64>,
}

impl Moved {
    pub fn add(&mut self, seq: i64, kind: &str, body: &Value) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        let amount = match kind {
            "income.received.v1" | "distribution.approved.v2" => AMOUNT,
            "income.refunded.v1" | "distribution.clawed_back.v2" => BACK,
            "distribution.paid.v1" => PAID,
            _ => return,
        };
        let told = &body["amount"];
        assert!(told.is_null() || told == &json!(amount), "{body}");
        self.entries.insert(seq, amount);
    }

    fn count(&self, kind: &str) -> i64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    /// The books hold what the entries moved, each entry's whole sum, and are even.
    pub fn booked(&self, store: &Store) {
        // A sum of whole numbers comes as text from PostgreSQL, which counts wider.
        let sum = |of: &str| format!("CAST(COALESCE(SUM({of}), 0) AS BIGINT)");
        let (all, given) = (
            sum("amount_minor"),
            sum("CASE WHEN amount_minor > 0 THEN amount_minor ELSE 0 END"),
        );
        let rows = |sql: &str| store.read(|db| db.rows(sql, &[])).unwrap();
        let booked = rows(&format!(
            "SELECT seq, {all}, {given} FROM posting GROUP BY seq"
        ));
        let mut there = BTreeMap::new();
        for row in booked {
            assert_eq!(row.int(1), 0, "entry {} is not even", row.int(0));
            there.insert(row.int(0), row.int(2));
        }
        assert_eq!(there, self.entries, "the ledger and the journal differ");
        let lines = rows(&format!(
            "SELECT account, {all} FROM posting GROUP BY account HAVING SUM(amount_minor) <> 0 ORDER BY account"
        ));
        let kept = rows(
            "SELECT account, amount_minor FROM balance WHERE amount_minor <> 0 ORDER BY account",
        );
        let accounts = |rows: &[dukou_store::Record]| -> BTreeMap<String, i64> {
            let of = |row: &dukou_store::Record| (row.text(0).to_owned(), row.int(1));
            rows.iter().map(of).collect()
        };
        let kept = accounts(&kept);
        assert_eq!(
            accounts(&lines),
            kept,
            "a balance is not what its lines say"
        );
        let balance = |account: &str| kept.get(account).copied().unwrap_or(0);
        let (came, back) = (
            self.count("income.received.v1"),
            self.count("income.refunded.v1"),
        );
        assert_eq!(balance("payer"), BACK * back - AMOUNT * came);
        assert_eq!(
            balance("paid_out"),
            PAID * self.count("distribution.paid.v1")
        );
    }
}

/// The kinds that one command wrote: a refund of what was divided takes it back in the
/// same step; every other writes one entry.
pub fn in_one_piece(kinds: &[String]) -> bool {
    match kinds {
        [only] => only != "income.refunded.v1" && only != "distribution.clawed_back.v2",
        [refund, back] => refund == "income.refunded.v1" && back == "distribution.clawed_back.v2",
        _ => false,
    }
}

impl Promised {
    /// Steps of the way of money that were never acknowledged.
    pub fn untried(&self) -> Vec<&'static str> {
        let tried = |step: &str| self.entries.keys().any(|key| key.starts_with(step));
        STEPS.into_iter().filter(|step| !tried(step)).collect()
    }
}
