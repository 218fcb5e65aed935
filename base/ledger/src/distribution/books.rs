//! Totals of a distribution and its postings.

use dukou_kernel::{Money, MoneyError};
use dukou_rules::{Ordered, TEAM};
use serde::{Deserialize, Serialize};

use super::parts::ReceiptSplit;
use super::{DistributionState, zeros};
use crate::account::{Account, Posting, PostingError};

/// What a distribution has given so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Divided.
    pub net_fen: Money,
    /// By pool.
    pub pools: Ordered<Money>,
    /// By person.
    pub people: Ordered<Money>,
    /// Costs recovered.
    pub recovered_fen: Money,
    /// Returned to the inventors.
    pub returned_to_inventors_fen: Money,
    /// Awarded and not yet paid, by person.
    pub held_fen: Ordered<Money>,
}

impl DistributionState {
    /// What was given so far.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn totals(&self) -> Result<Totals, MoneyError> {
        let flows = || self.entries.values().map(|entry| &entry.flow);
        let mut pools = zeros(self.pools.iter().map(|pool| pool.name.as_str()));
        for pool in &self.pools {
            pools.set(&pool.name, pool.given);
        }
        let people = self
            .people
            .iter()
            .map(|it| (it.who.id.clone(), it.given))
            .collect();
        let held_fen = self
            .people
            .iter()
            .map(|it| (it.who.id.clone(), it.unpaid))
            .collect();
        Ok(Totals {
            net_fen: self.net,
            pools,
            people,
            recovered_fen: Money::sum(flows().map(super::parts::Flow::recovered))?,
            returned_to_inventors_fen: Money::sum(flows().map(|flow| flow.returned))?,
            held_fen,
        })
    }
}

impl ReceiptSplit {
    /// The movements of this receipt: from the payer into clearing, and out of
    /// clearing to costs, inventors, pools and people. Clearing ends where it
    /// began. The team's pool goes to its people where there are any; their keys
    /// are then ids of persons.
    ///
    /// # Errors
    /// When a person's key is no id.
    pub fn postings(&self) -> Result<Vec<Posting>, PostingError> {
        let mut postings = Vec::new();
        postings.extend(Posting::signed(
            Account::Payer,
            Account::Clearing,
            self.fen,
        )?);
        let mut out = |to: Account, amount: Money| -> Result<(), PostingError> {
            postings.extend(Posting::signed(Account::Clearing, to, amount)?);
            Ok(())
        };
        out(Account::InventorReturn, self.returned_to_inventors_fen)?;
        out(Account::CostRecovery, self.recovered_fen)?;
        for (name, amount) in self.pools.iter() {
            if name != TEAM || self.people.is_empty() {
                out(Account::Pool(name.to_owned()), *amount)?;
            }
        }
        for (key, amount) in self.people.iter() {
            let person = key
                .parse()
                .map_err(|_| PostingError::NoPerson(key.to_owned()))?;
            out(Account::Person(person), *amount)?;
        }
        Ok(postings)
    }
}
