//! What the system already has.

use std::collections::{HashMap, HashSet};

use dukou_kernel::{Date, Money};

use crate::row::contract_key;

/// Answers whether the system already has a right, a contract, a receipt.
pub trait Known {
    /// A right by its number in normal form.
    fn right(&self, number: &str) -> bool;
    /// An achievement without a number by its title, without blanks.
    fn title(&self, _title: &str) -> bool {
        false
    }
    /// A contract by its number, as [`contract_key`] spells it.
    fn contract(&self, key: &str) -> bool;
    /// The price of a contract of this key.
    fn price(&self, _key: &str) -> Option<Money> {
        None
    }
    /// Days and amounts of everything received under a contract of this key; refunds are
    /// negative. `None` when it is not known.
    fn received(&self, _key: &str) -> Option<Vec<(Date, Money)>> {
        None
    }
    /// A credit code that fails the formula and that the institution has seen on the
    /// licence: 18 characters, upper case.
    fn keeps_code(&self, _code: &str) -> bool {
        false
    }
    /// A receipt by the key of an earlier import.
    fn receipt(&self, _key: &str) -> bool {
        false
    }
    /// A distribution by the key of an earlier import.
    fn distribution(&self, _key: &str) -> bool {
        false
    }
}

/// An empty system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Known for Nothing {
    fn right(&self, _number: &str) -> bool {
        false
    }

    fn contract(&self, _key: &str) -> bool {
        false
    }
}

/// A system given as sets.
#[derive(Clone, Debug, Default)]
pub struct KnownSets {
    rights: HashSet<String>,
    titles: HashSet<String>,
    contracts: HashSet<String>,
    prices: HashMap<String, Money>,
    received: HashMap<String, Vec<(Date, Money)>>,
    receipts: HashSet<String>,
    distributions: HashSet<String>,
}

impl KnownSets {
    /// Adds a right.
    pub fn add_right(&mut self, number: &str) {
        self.rights.insert(number.to_owned());
    }

    /// Adds an achievement without a number.
    pub fn add_title(&mut self, title: &str) {
        self.titles.insert(crate::row::title_key(title));
    }

    /// Adds a contract.
    pub fn add_contract(&mut self, no: &str) {
        self.contracts.insert(contract_key(no));
    }

    /// Adds the price of a contract.
    pub fn add_price(&mut self, no: &str, price: Money) {
        self.prices.insert(contract_key(no), price);
    }

    /// Adds what was received under a contract on a day.
    pub fn add_received(&mut self, no: &str, day: Date, amount: Money) {
        let paid = self.received.entry(contract_key(no)).or_default();
        paid.push((day, amount));
    }

    /// Adds the key of an imported receipt.
    pub fn add_receipt(&mut self, key: &str) {
        self.receipts.insert(key.to_owned());
    }

    /// Adds the key of an imported distribution.
    pub fn add_distribution(&mut self, key: &str) {
        self.distributions.insert(key.to_owned());
    }
}

impl Known for KnownSets {
    fn right(&self, number: &str) -> bool {
        self.rights.contains(number)
    }

    fn title(&self, title: &str) -> bool {
        self.titles.contains(title)
    }

    fn contract(&self, key: &str) -> bool {
        self.contracts.contains(key)
    }

    fn price(&self, key: &str) -> Option<Money> {
        self.prices.get(key).copied()
    }

    fn received(&self, key: &str) -> Option<Vec<(Date, Money)>> {
        self.received.get(key).cloned()
    }

    fn receipt(&self, key: &str) -> bool {
        self.receipts.contains(key)
    }

    fn distribution(&self, key: &str) -> bool {
        self.distributions.contains(key)
    }
}
