//! What each person is owed and was paid: the inventor's own page reads this.

use dukou_kernel::{Date, Finding, Money, PersonId, ReceiptId, Severity, text};

use super::{Distribution, Division};
use crate::history::PastDistribution;
use crate::law;

/// One award of one person from one receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// Who.
    pub person: PersonId,
    /// Of which receipt; `None` for opening balances.
    pub receipt: Option<ReceiptId>,
    /// `cash` or `opening`.
    pub kind: &'static str,
    /// Since when.
    pub on: Date,
    /// How much, less what was taken back.
    pub amount: Money,
    /// How much was paid.
    pub paid: Money,
}

impl Division {
    /// What each person was awarded of this receipt; nothing before it is approved.
    pub fn awards(&self, receipt: ReceiptId) -> Vec<Award> {
        let Some((on, _)) = &self.approved else {
            return Vec::new();
        };
        let award = |person| Award {
            person,
            receipt: Some(receipt),
            kind: "cash",
            on: *on,
            amount: self.awarded(person),
            paid: self.paid_to(person),
        };
        self.people().into_iter().map(award).collect()
    }

    /// How many persons were awarded something of this receipt.
    pub fn awarded_people(&self) -> usize {
        self.people().len()
    }
}

impl Distribution {
    /// What was given before Dukou.
    pub fn opening_awards(&self) -> impl Iterator<Item = Award> {
        let of = |(on, past): &(Date, PastDistribution)| {
            let on = *on;
            let people = past.people.clone();
            people.into_iter().map(move |(person, amount)| Award {
                person,
                receipt: None,
                kind: "opening",
                on,
                amount,
                paid: amount,
            })
        };
        self.openings.iter().flat_map(of)
    }

    /// Every award, opening balances first.
    pub fn awards(&self) -> Vec<Award> {
        let divided = self.divisions.iter();
        let divided = divided.flat_map(|(receipt, it)| it.awards(*receipt));
        self.opening_awards().chain(divided).collect()
    }

    /// What the compliance panel says of the money.
    pub fn findings(&self, _today: Date) -> Vec<Finding> {
        let mut found = Vec::new();
        let newest = self
            .divisions
            .values()
            .filter_map(|it| it.approved.as_ref())
            .next_back();
        if let Some((_, approved)) = newest {
            found.extend(approved.findings.clone());
        }
        for division in self.divisions.values().filter(|it| it.approved.is_some()) {
            match &division.reward {
                Some(reward) if reward.closed.is_some() => found.push(
                    Finding::new(
                        Severity::Info,
                        "reward.published",
                        text!("奖励公示已满期", "Rewards were published for the full period"),
                    )
                    .cite(law::citation("most_2018_103")),
                ),
                Some(_) => {}
                None => found.push(
                    Finding::new(
                        Severity::Warning,
                        "reward.unpublished",
                        text!(
                            "现金奖励还没有公示；不公示不能享受个税减半",
                            "The cash reward is not published; without it the income-tax relief does not apply"
                        ),
                    )
                    .cite(law::citation("most_2018_103")),
                ),
            }
        }
        found.dedup_by(|a, b| a.code == b.code);
        found
    }
}
