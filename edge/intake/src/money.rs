//! Receipts beside each other and beside their contracts: the same one twice, refunds,
//! sums above the price, amounts in another unit.

use std::collections::HashMap;

use dukou_kernel::{Date, Money, Severity};

use crate::batch::{Options, Read};
use crate::finding::{self, Note};
use crate::layout::Field;
use crate::row::{ReceiptDraft, contract_key};
use crate::table::{Draft, Record};

/// A receipt that could be read, with its place.
struct Paid {
    read: usize,
    record: usize,
    sheet: usize,
    row: usize,
    contract: String,
    date: Date,
    fen: i64,
    voucher: String,
    refused: bool,
}

/// A contract's price and its place.
#[derive(Clone, Copy)]
struct Priced {
    read: usize,
    record: usize,
    fen: i64,
}

/// Where a note belongs, and the note.
type Placed = (usize, usize, Note);
/// Contract, day and amount.
type Sum = (String, Date, i64);

/// Notes what receipts and contracts say against each other and against the system.
pub fn check(reads: &mut [Read], names: &[String], options: &Options<'_>) {
    let mut notes: Vec<Placed> = Vec::new();
    let mut paid = receipts(reads);
    repeated(&mut paid, names, &mut notes);
    let prices = prices(reads);
    for (contract, price) in &prices {
        let old = options.known.price(contract);
        if let Some(old) = old.filter(|old| old.fen() != price.fen) {
            let (old, new) = (old.to_string(), Money::from_fen(price.fen).to_string());
            notes.push((
                price.read,
                price.record,
                finding::contract_changed(&old, &new),
            ));
        }
        if !is_price(price.fen) {
            let shown = Money::from_fen(price.fen).to_string();
            let note = finding::price_implausible(&shown);
            notes.push((price.read, price.record, note));
        }
    }
    let mut by_contract: HashMap<String, Vec<Paid>> = HashMap::new();
    for one in paid.into_iter().filter(|one| !one.refused) {
        by_contract
            .entry(one.contract.clone())
            .or_default()
            .push(one);
    }
    for (contract, mut paid) in by_contract {
        let before = options.known.received(&contract);
        if let Some(before) = &before {
            correct(reads, &mut paid, before, &mut notes);
        }
        // Money comes in before it goes back on the same day.
        paid.sort_by_key(|one| (one.date, std::cmp::Reverse(one.fen), one.sheet, one.row));
        let price = prices.get(&contract).map(|price| price.fen);
        let price = price.or_else(|| options.known.price(&contract).map(Money::fen));
        let unknown = options.known.contract(&contract) && before.is_none();
        account(&paid, price, unknown, &mut notes);
    }
    for (read, record, note) in notes {
        let read = reads.get_mut(read);
        if let Some(record) = read.and_then(|read| read.table.records.get_mut(record)) {
            record.notes.push(note);
        }
    }
}

fn is_refused(record: &Record) -> bool {
    let mut notes = record.notes.iter();
    notes.any(|note| note.code.severity() == Severity::Refused)
}

fn receipts(reads: &[Read]) -> Vec<Paid> {
    let mut found = Vec::new();
    for (at, read) in reads.iter().enumerate() {
        for (index, record) in read.table.records.iter().enumerate() {
            let Draft::Receipt(draft) = &record.draft else {
                continue;
            };
            if let Some((contract, date, fen)) = told(draft) {
                let voucher = draft.voucher.as_deref().map(contract_key);
                found.push(Paid {
                    read: at,
                    record: index,
                    sheet: read.sheet,
                    row: record.row,
                    contract,
                    date,
                    fen,
                    voucher: voucher.unwrap_or_default(),
                    refused: is_refused(record),
                });
            }
        }
    }
    found
}

fn told(draft: &ReceiptDraft) -> Option<(String, Date, i64)> {
    Some((
        contract_key(draft.no.as_deref()?),
        draft.date?,
        draft.amount?.fen(),
    ))
}

fn prices(reads: &[Read]) -> HashMap<String, Priced> {
    let mut found = HashMap::new();
    for (at, read) in reads.iter().enumerate() {
        for (index, record) in read.table.records.iter().enumerate() {
            if let Draft::Contract(draft) = &record.draft
                && let (Some(no), Some(amount)) = (&draft.no, draft.amount)
            {
                found.entry(contract_key(no)).or_insert(Priced {
                    read: at,
                    record: index,
                    fen: amount.fen(),
                });
            }
        }
    }
    found
}

/// The same contract, day, amount and voucher in two sheets is one receipt; without a
/// voucher, or twice in one sheet, it may be two.
fn repeated(paid: &mut [Paid], names: &[String], notes: &mut Vec<Placed>) {
    let mut seen: HashMap<Sum, Vec<(usize, usize, String)>> = HashMap::new();
    for one in paid {
        let key = (one.contract.clone(), one.date, one.fen);
        let before = seen.entry(key).or_default();
        let known = before.iter().find(|(_, _, voucher)| {
            *voucher == one.voucher || voucher.is_empty() || one.voucher.is_empty()
        });
        if let Some((sheet, row, voucher)) = known {
            let name = names.get(*sheet).map_or("", String::as_str);
            let (day, sum) = (one.date.to_string(), Money::from_fen(one.fen).to_string());
            let told = format!("{} {day} {sum} 元", one.contract);
            let same = !one.voucher.is_empty() && *voucher == one.voucher;
            let note = if same && *sheet != one.sheet {
                one.refused = true;
                finding::duplicate(Field::Voucher, &format!("{told} {voucher}"), name, *row)
            } else {
                finding::receipt_repeated(&told, name, *row)
            };
            notes.push((one.read, one.record, note));
        }
        before.push((one.sheet, one.row, one.voucher.clone()));
    }
}

/// Receipts beside those the system has of the same contract: the same day and amount is
/// the same receipt, and another amount in its place corrects it. What the system has and
/// the ledger has not is added, for it was received too.
fn correct(
    reads: &mut [Read],
    paid: &mut Vec<Paid>,
    before: &[(Date, Money)],
    notes: &mut Vec<Placed>,
) {
    let mut left: Vec<(Date, i64)> = before.iter().map(|(day, sum)| (*day, sum.fen())).collect();
    let (mut new, mut stands) = (Vec::new(), Vec::new());
    for one in paid.iter() {
        let same = left.iter().position(|it| *it == (one.date, one.fen));
        let Some(at) = same else {
            new.push((one.read, one.record, one.date, one.fen));
            continue;
        };
        left.swap_remove(at);
        let read = reads.get_mut(one.read);
        let record = read.and_then(|read| read.table.records.get_mut(one.record));
        if let Some(Draft::Receipt(draft)) = record.map(|record| &mut record.draft) {
            draft.already = true;
        }
    }
    for (read, record, date, fen) in new {
        let of_day = |(day, old): &(Date, i64)| *day == date && old.signum() == fen.signum();
        let Some(at) = left.iter().position(of_day) else {
            continue;
        };
        let (_, old) = left.swap_remove(at);
        let (old, sum) = (Money::from_fen(old), Money::from_fen(fen));
        let note = finding::receipt_changed(&date.to_string(), &old.to_string(), &sum.to_string());
        notes.push((read, record, note));
        paid.retain(|one| (one.read, one.record) != (read, record));
        stands.push((date, old.fen()));
    }
    paid.extend(left.into_iter().chain(stands).map(|(date, fen)| Paid {
        read: usize::MAX,
        record: usize::MAX,
        sheet: 0,
        row: 0,
        contract: String::new(),
        date,
        fen,
        voucher: String::new(),
        refused: false,
    }));
}

/// The receipts of one contract in the order of their days. `unknown`: the system has the
/// contract, and what it received under it is not known here.
fn account(paid: &[Paid], price: Option<i64>, unknown: bool, notes: &mut Vec<Placed>) {
    let mut sum = 0i64;
    let mut told = false;
    let price = price.filter(|fen| *fen > 0);
    for one in paid {
        let after = sum.saturating_add(one.fen);
        if one.fen < 0 && after < 0 && !unknown {
            let had = Money::from_fen(sum).to_string();
            let back = Money::from_fen(one.fen.saturating_neg()).to_string();
            notes.push((one.read, one.record, finding::refund_exceeds(&back, &had)));
            continue;
        }
        sum = after;
        let Some(price) = price else { continue };
        let (shown, whole) = (Money::from_fen(one.fen), Money::from_fen(price));
        let (shown, whole) = (shown.to_string(), whole.to_string());
        if is_implausible(one.fen, price) {
            let note = finding::amount_implausible(&shown, &whole);
            notes.push((one.read, one.record, note));
            told = true;
        } else if one.fen > 0 && sum > price && !told {
            let sum = Money::from_fen(sum).to_string();
            notes.push((one.read, one.record, finding::receipts_exceed(&sum, &whole)));
            told = true;
        }
    }
}

/// A receipt is a hundredth, a ten-thousandth, a hundred or ten thousand times the price,
/// or nothing like it: units were mixed up.
fn is_implausible(fen: i64, price: i64) -> bool {
    let (fen, price) = (i128::from(fen.saturating_abs()), i128::from(price));
    let exact = [100, 10_000]
        .into_iter()
        .any(|times| fen * times == price || fen == price * times);
    exact || fen > price * 20 || fen * 5_000 < price
}

/// From a hundred yuan to a thousand million: any contract of a university.
fn is_price(fen: i64) -> bool {
    fen == 0 || (100 * 100..1_000_000_000 * 100).contains(&fen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_another_unit_stand_out() {
        for (fen, price) in [
            (35, 350_000),
            (3_500, 350_000),
            (35_000_000, 350_000),
            (1, 9_999),
        ] {
            assert!(is_implausible(fen, price), "{fen} {price}");
        }
        for (fen, price) in [(350_000, 350_000), (35_000, 350_000), (7_000, 350_000)] {
            assert!(!is_implausible(fen, price), "{fen} {price}");
        }
        assert!(is_price(0) && is_price(1_000_000) && !is_price(9_999));
    }
}
