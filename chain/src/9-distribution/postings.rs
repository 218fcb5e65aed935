//! The movements of money behind each event: always from one account to
//! another, so that what came in is what was paid and what is still held.

use dukou_kernel::{Money, PersonId};
use dukou_ledger::{Account, Posting};

use super::{Event, Split};
use crate::{history, income};

fn moved(from: Account, to: Account, amount: Money) -> Option<Posting> {
    Posting::signed(from, to, amount).ok().flatten()
}

fn pool(name: &str) -> Account {
    Account::Pool(name.to_owned())
}

/// Money that arrived, went back, or was entered wrongly: between the payer and
/// what the deal holds.
pub fn of_income(event: &income::Event) -> Vec<Posting> {
    let posting = match event {
        income::Event::Received(it) => moved(Account::Payer, Account::Clearing, it.amount),
        income::Event::Refunded(it) => moved(Account::Clearing, Account::Payer, it.amount),
        income::Event::Reversed(it) => moved(Account::Clearing, Account::Payer, it.amount),
    };
    posting.into_iter().collect()
}

fn of_split(split: &Split) -> Vec<Posting> {
    let mut postings = Vec::new();
    let mut out = |to: Account, amount: Money| {
        postings.extend(moved(Account::Clearing, to, amount));
    };
    out(Account::CostRecovery, split.recovered);
    for (name, amount) in &split.pools {
        if name != "team" || split.people.is_empty() {
            out(pool(name), *amount);
        }
    }
    for (person, amount) in split.people.iter().chain(&split.returned) {
        out(Account::Person(*person), *amount);
    }
    postings
}

/// What an approval, a claw-back or a payment moves.
pub fn of_distribution(event: &Event) -> Vec<Posting> {
    match event {
        Event::Approved(it) => of_split(&it.split),
        Event::ClawedBack(it) => of_split(&it.split),
        Event::Paid(it) => moved(Account::Person(it.person), Account::PaidOut, it.amount)
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// Imported history: receipts came in, and what was distributed went out again
/// before Dukou.
pub fn of_history(event: &history::Event) -> Vec<Posting> {
    match event {
        history::Event::Receipt(it) => moved(Account::Payer, Account::Clearing, it.amount)
            .into_iter()
            .collect(),
        history::Event::Distribution(it) => past(it),
        _ => Vec::new(),
    }
}

fn past(it: &history::PastDistribution) -> Vec<Posting> {
    let mut postings = Vec::new();
    for (name, amount) in &it.pools {
        if name != "team" || it.people.is_empty() {
            postings.extend(moved(Account::Clearing, pool(name), *amount));
        }
    }
    let people: &[(PersonId, Money)] = &it.people;
    for (person, amount) in people {
        postings.extend(moved(Account::Clearing, Account::Person(*person), *amount));
        postings.extend(moved(Account::Person(*person), Account::PaidOut, *amount));
    }
    postings
}
